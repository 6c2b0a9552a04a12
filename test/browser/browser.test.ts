/**
 * The core in Chromium: one bundle without packages or Node modules, trained networks with the bits of Node, with workers
 * where the page is cross-origin isolated and without where it is not.
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

  beforeAll(async () => {
    library = await bundle('src/index.ts')
    files = new Map([
      ['index.html', '<!doctype html><title>nadir</title><script type="module" src="/page.js"></script>'],
      ['nadir.js', library.code],
      ['page.js', (await bundle('test/browser/page.ts')).code],
    ])
    browser = await launch()
  })

  afterAll(async () => {
    await browser?.close()
  })

  /** Opens the page and trains there; what the page complains about is a failure. */
  async function trainInPage(how: { isolated: boolean; backend: 'wasm' | 'js'; threads: number }): Promise<Outcome> {
    const server = await serve(files, how)
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', error => complaints.push(String(error)))
    try {
      await page.goto(server.url)
      await page.waitForFunction('typeof trainHere === "function"')
      const outcome = await page.evaluate(({ backend, threads }) => globalThis.trainHere(backend, threads), how)
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

  it('gives the bits of Node on the plain kernels', async () => {
    expect(await trainInPage({ isolated: false, backend: 'js', threads: 1 })).toEqual(await train(nadir, 'js', 1))
  })

  // Engines choose between two builds of the embedded kernels (with and without fused multiply–add), so bits are
  // compared within one engine, and optima across: two proved intervals of one optimum must meet.
  it('gives the same bits with workers (isolated page) and without (plain page), at the optimum that Node finds', async () => {
    const alone = await trainInPage({ isolated: false, backend: 'wasm', threads: 2 })
    const together = await trainInPage({ isolated: true, backend: 'wasm', threads: 2 })
    expect([alone.isolated, alone.threads, together.isolated, together.threads]).toEqual([false, 1, true, 2])
    expect(together).toEqual({ ...alone, isolated: true, threads: 2 })

    const here = await train(nadir, 'wasm', 1)
    expect([here.backend, alone.backend]).toEqual(['wasm', 'wasm'])
    for (const { scopes, gaps } of [here, alone]) {
      expect(scopes).toEqual(['restricted', 'restricted'])
      for (const gap of gaps) expect(gap).toBeLessThanOrEqual(1e-6)
    }
    here.bounds.forEach(([dual, primal], k) => {
      expect(alone.bounds[k][0]).toBeLessThanOrEqual(primal)
      expect(dual).toBeLessThanOrEqual(alone.bounds[k][1])
    })
  })
})
