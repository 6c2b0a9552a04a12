/**
 * Builds what the package carries as text: the WebAssembly kernels (two builds of src/matrix/backends/assembly) and the
 * source of the worker. Run by `npm run build:kernels`; a test rebuilds and compares, so what is checked in is current.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import { build } from 'esbuild'

const backends = new URL('../src/matrix/backends/', import.meta.url)
const header = '// Made by tools/build-kernels.ts; do not edit.\n'

/** File name (under src/matrix/backends/generated) → content. */
export async function buildKernels(): Promise<Map<string, string>> {
  const [plain, fused] = [await assemble([]), await assemble(['relaxed-simd'])]
  return new Map([
    [
      'kernels.ts',
      `${header}
/** A module as base64, and the place of the byte that says whether the imported memory is shared (3) or not (1). */
export interface ModuleText {
  readonly base64: string
  readonly sharedFlag: number
}

/** 128-bit SIMD, multiply and add apart. */
export const plain: ModuleText = ${text(plain)}

/** 128-bit relaxed SIMD with fused multiply-add. */
export const fused: ModuleText = ${text(fused)}
`,
    ],
    [
      'worker.ts',
      `${header}
/** The worker of src/matrix/backends/worker.ts with all it imports. */
export const workerSource: string =
  ${JSON.stringify(await bundle())}
`,
    ],
  ])
}

/** The worker as one script without imports. Names are kept short: the text is carried by every user. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('worker.ts', backends))],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    define: { 'import.meta.url': '""' },
  })
  return outputFiles[0].text
}

async function assemble(features: readonly string[]): Promise<Uint8Array> {
  let binary: Uint8Array | undefined
  const options = ['index.ts', '--baseDir', fileURLToPath(new URL('assembly', backends)), '--outFile', 'kernels.wasm']
  options.push('-O3', '--runtime', 'stub', '--noAssert', '--memoryBase', '1024')
  options.push(
    '--importMemory',
    '--sharedMemory',
    '--noExportMemory',
    '--initialMemory',
    '1',
    '--maximumMemory',
    '65536',
  )
  for (const feature of ['simd', 'threads', ...features]) options.push('--enable', feature)
  const { error, stderr } = await asc.main(options, {
    writeFile: (name, contents) => {
      if (name === 'kernels.wasm' && typeof contents !== 'string') binary = contents
    },
  })
  if (error || !binary)
    throw new Error(`build-kernels: the AssemblyScript compiler failed.\n${stderr}`, { cause: error })
  return binary
}

function text(binary: Uint8Array): string {
  return `{\n  base64:\n    '${Buffer.from(binary).toString('base64')}',\n  sharedFlag: ${sharedFlag(binary)},\n}`
}

/** The import entry reads: 3 "env" 6 "memory" 2 (a memory), then the limits, whose first byte holds the flag. */
function sharedFlag(binary: Uint8Array): number {
  const at = Buffer.from(binary).indexOf('\x03env\x06memory\x02')
  const flag = at + '\x03env\x06memory\x02'.length
  if (at < 0 || binary[flag] !== 3) throw new Error('build-kernels: the module must import one shared memory.')
  return flag
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, content] of await buildKernels()) {
    const file = new URL(`generated/${name}`, backends)
    const before = await readFile(file, 'utf8').catch(() => '')
    if (before !== content) await writeFile(file, content)
    console.log(`${name}: ${content.length} characters${before === content ? ', unchanged' : ''}`)
  }
