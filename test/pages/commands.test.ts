/**
 * Every command of ours on the pages runs and prints something.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commandsOf, NADIR } from '../structure/commands.ts'
import { pages, root, textOf } from '../structure/sources.ts'

const commands = pages().flatMap(page => commandsOf(textOf(page)).map(command => [page, command] as const))

// In an empty folder and in order: a page may fit first and predict afterwards.
const folder = mkdtempSync(join(tmpdir(), 'nadir-docs-'))
// Bundled once, two folders below the root as the sources are: each command then starts in a third of the time.
const built = join(root, 'build', 'docs')
beforeAll(async () => {
  await build({
    entryPoints: [join(root, 'src', 'cli', 'main.ts')],
    outdir: built,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    packages: 'external',
    logLevel: 'error',
  })
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  rmSync(built, { recursive: true })
})
const nadir = `'${process.execPath}' '${join(built, 'main.js')}' `

it.each(commands.filter(([, command]) => command.startsWith(NADIR)))(
  '%s: %s',
  { timeout: 180_000 },
  (_page, command) => {
    const line = nadir + command.slice(NADIR.length)
    const env = { ...process.env, NO_COLOR: '1' }
    expect(execFileSync('sh', ['-c', line], { cwd: folder, stdio: 'pipe', env }).toString().trim()).not.toBe('')
  },
)
