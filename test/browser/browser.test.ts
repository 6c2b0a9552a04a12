/**
 * The core in Chromium: one bundle without packages or Node modules, trained networks with the same bits as in Node, with
 * workers where the page is cross-origin isolated and without where it is not.
 */
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as nadir from '../../src/index.ts'
import { root } from '../structure/sources.ts'
import { launch } from './chromium.ts'
import { serve } from './server.ts'
import { type Outcome, train } from './train.ts'

async function bundle(entry: string): Promise<{ code: string; imports: string[] }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, entry)],
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    write: false,
    metafile: true,
    outdir: '/out',
  })
  const output = Object.values(metafile.outputs)[0]
  return { code: outputFiles[0].text, imports: output.imports.map(({ path }) => path) }
}

describe('in Chromium', () => {
  let browser: Browser
  let library: Awaited<ReturnType<typeof bundle>>
  let files: Map<string, string>
  let here: Outcome

  beforeAll(async () => {
    library = await bundle('src/index.ts')
    files = new Map([
      ['index.html', '<!doctype html><title>nadir</title><script type="module" src="/page.js"></script>'],
      ['nadir.js', library.code],
      ['page.js', (await bundle('test/browser/page.ts')).code],
    ])
    browser = await launch()
    here = await train(nadir, 1)
  })

  afterAll(async () => {
    await browser?.close()
  })

  /** Opens the page and trains there; what the page complains about is a failure. */
  async function trainInPage(isolated: boolean, threads: number): Promise<Outcome> {
    const server = await serve(files, { isolated })
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', error => complaints.push(String(error)))
    try {
      await page.goto(server.url)
      await page.waitForFunction('typeof trainHere === "function"')
      const outcome = await page.evaluate(count => globalThis.trainHere(count), threads)
      expect(complaints).toEqual([])
      return outcome
    } finally {
      await page.close()
      await server.close()
    }
  }

  it('the bundle asks for nothing else', () => {
    expect(library.imports).toEqual([])
  })

  it('trains with workers in an isolated page: the bits of Node', async () => {
    const there = await trainInPage(true, 2)
    expect(there).toEqual({ ...here, isolated: true, threads: 2 })
  })

  it('trains without workers in a plain page: the bits of Node', async () => {
    const there = await trainInPage(false, 2)
    expect(there).toEqual({ ...here, isolated: false, threads: 1 })
  })

  it('what was trained is certified', () => {
    expect(here.backend).toBe('wasm')
    expect(here.scopes).toEqual(['restricted', 'restricted'])
    for (const gap of here.gaps) expect(gap).toBeLessThanOrEqual(1e-6)
    for (const bits of here.bits) expect(bits).toMatch(/[1-9a-f]/)
  })
})
