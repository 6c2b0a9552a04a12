/**
 * The package as a stranger gets it: packed, laid into an empty project (its dependencies linked, so that nothing is downloaded),
 * imported by every subpath, type-checked, bundled for browsers (esbuild, Vite), run as a command and in Chromium; and its sizes.
 */
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch } from '../browser/chromium.ts'
import { serve } from '../browser/server.ts'
import { root } from '../structure/sources.ts'

const project = mkdtempSync(join(tmpdir(), 'nadir-package-'))
const installed = join(project, 'node_modules', 'nadir')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const run = (command: string, args: string[], cwd = project) => execFileSync(command, args, { cwd, encoding: 'utf8' })
let packed = 0

beforeAll(() => {
  run('npm', ['run', '--silent', 'build'], root)
  const report = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root)
  const [{ filename, size }] = JSON.parse(report)
  packed = size
  mkdirSync(installed, { recursive: true })
  run('tar', ['-xzf', filename, '--strip-components=1', '-C', installed])
  // Everything but Nadir itself, as `npm install` would lay it beside.
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.') && name !== 'nadir')
      symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name))
  writeFileSync(join(project, 'package.json'), '{ "name": "stranger", "type": "module" }')
}, 240_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

describe('the package', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const subpaths = Object.keys(manifest.exports).filter(path => !path.endsWith('.json'))

  it('holds built code, data and papers, and nothing else', () => {
    const top = readdirSync(installed)
    for (const name of ['CHANGELOG.md', 'LICENSE', 'README.md', 'data', 'dist', 'package.json'])
      expect(top).toContain(name)
    for (const name of ['src', 'test', 'bench', 'docs']) expect(top).not.toContain(name)
    const files = readdirSync(join(installed, 'dist'), { recursive: true }).map(String)
    expect(files.filter(file => /\.test\.(js|d\.ts)$/.test(file))).toEqual([])
  })

  it.each(subpaths)('imports: %s', path => {
    const name = path.replace(/^\./, 'nadir')
    const count = run(process.execPath, ['-e', `import('${name}').then(m => console.log(Object.keys(m).length))`])
    expect(Number(count)).toBeGreaterThan(0)
  })

  it('has types for a strict project', () => {
    writeFileSync(
      join(project, 'use.ts'),
      `import { fit, type Fitted } from 'nadir'
       import { normals, key } from 'nadir/random'
       export const fitted: Promise<Fitted> = fit([[1, 2], [2, 1], [3, 5]], [1, 2, 3], { lambda: 0.1 })
       export const draws: Float64Array = normals(key(0), 3)`,
    )
    const options = '--noEmit --strict --module nodenext --moduleResolution nodenext --target es2022 --skipLibCheck'
    expect(run(bin('tsc'), [...options.split(' '), 'use.ts'])).toBe('')
  })

  it('runs as a command', () => {
    const command = join(installed, manifest.bin.nadir)
    expect(run(process.execPath, [command, '--version']).trim()).toBe(manifest.version)
    writeFileSync(join(project, 'points.csv'), 'a,b,y\n1,2,1\n2,1,3\n3,5,2\n4,4,6\n5,1,9\n0,3,1\n')
    const args = 'fit points.csv --target y --lambda 0.1max --json --out model.json'
    const printed = run(process.execPath, [command, ...args.split(' ')])
    expect(JSON.parse(printed)).toMatchObject({ command: 'fit', status: 'solved', certificate: { scope: 'global' } })
  })

  it('bundles for a browser, within its size', () => {
    writeFileSync(join(project, 'page.js'), "import { fit } from 'nadir'\nglobalThis.fit = fit\n")
    const args = 'page.js --bundle --minify --format=esm --platform=browser --outfile=page.out.js --log-level=warning'
    run(bin('esbuild'), args.split(' '))
    const bundle = statSync(join(project, 'page.out.js')).size
    console.log(`core bundle ${Math.round(bundle / 1000)} kB minified, package ${Math.round(packed / 1000)} kB packed`)
    expect(bundle).toBeLessThan(300_000)
    expect(packed).toBeLessThan(1_000_000)
  })

  it('goes through Vite without a word of configuration, and trains in the browser', async () => {
    const app = join(project, 'app')
    mkdirSync(app)
    writeFileSync(
      join(app, 'index.html'),
      '<!doctype html><title>…</title><script type="module" src="./main.js"></script>',
    )
    writeFileSync(
      join(app, 'main.js'),
      `import { fit } from 'nadir'
       const model = await fit([[1, 2], [2, 1], [3, 5], [4, 0]], [1, 2, 3, 5], { lambda: 0.1 })
       document.title = model.certificate.scope + ' ' + (model.certificate.relativeGap <= 1e-6)`,
    )
    const printed = run(bin('vite'), ['build', '--logLevel', 'warn', '--base', './', '--target', 'es2022'], app)
    expect(printed.trim()).toBe('')
    const built = join(app, 'dist')
    const files = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter(name => /\.\w+$/.test(name))
    const server = await serve(new Map(files.map(name => [name, readFileSync(join(built, name))])), { isolated: false })
    const browser = await launch()
    try {
      const page = await browser.newPage()
      const faults: string[] = []
      page.on('pageerror', error => faults.push(error.message))
      await page.goto(server.url)
      await page.waitForFunction(() => document.title !== '…', undefined, { timeout: 60_000 })
      expect([await page.title(), faults]).toEqual(['global true', []])
    } finally {
      await browser.close()
      await server.close()
    }
  })
})
