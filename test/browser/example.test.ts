/**
 * The browser example in Chromium: a CSV goes in, a proof comes out; bad files and Stop are met with words; the phone has room.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../structure/sources.ts'
import { launch } from './chromium.ts'
import { type Server, serve } from './server.ts'

const folder = join(root, 'examples', 'browser')
const points = `a,b,kind\n${Array.from({ length: 40 }, (_, i) => `${Math.sin(3 * i).toFixed(3)},${Math.cos(5 * i).toFixed(3)},${Math.sin(3 * i) > Math.cos(5 * i) ? 'up' : 'down'}`).join('\n')}\n`

describe('the browser example', () => {
  let browser: Browser
  let server: Server
  let page: Page
  const requests: string[] = []
  const faults: string[] = []

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: ['page.ts', 'worker.ts'].map(name => join(folder, name)),
      ...{ bundle: true, format: 'esm', platform: 'browser', target: 'es2022', write: false, outdir: '/built' },
      conditions: ['source'],
      absWorkingDir: root,
    })
    server = await serve(
      new Map([
        ['index.html', readFileSync(join(folder, 'index.html'), 'utf8')],
        ...outputFiles.map(({ path, text }): [string, string] => [path.replaceAll('\\', '/').slice(1), text]),
      ]),
      { isolated: false },
    )
    browser = await launch()
  })

  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  async function open(width = 1000): Promise<void> {
    await page?.close()
    page = await browser.newPage({ viewport: { width, height: 800 } })
    page.on('pageerror', error => faults.push(String(error)))
    page.on('request', request => requests.push(request.url()))
    await page.goto(server.url)
  }

  const give = (name: string, text: string) =>
    page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer: Buffer.from(text) })

  it('trains on a dropped table and says what is proved', async () => {
    await open()
    await give('points.csv', points)
    await page.waitForSelector('#form:not([hidden])')
    expect(await page.inputValue('#target')).toBe('kind')
    await page.click('#train')
    await page.waitForFunction("document.getElementById('statement').textContent !== ''")
    expect(await page.textContent('#statement')).toMatch(/^Proved/)
    expect(await page.textContent('#result')).toContain('accuracy')
    expect(await page.getAttribute('#save', 'href')).toMatch(/^blob:/)
    expect(faults).toEqual([])
    for (const url of requests) expect(url.startsWith(server.url) || url.startsWith('blob:')).toBe(true)
  })

  it('says what is wrong with a bad file, and takes the next', async () => {
    await open()
    await give('bad.csv', 'a,b\n1,2\n3\n')
    await page.waitForFunction("document.getElementById('error').textContent !== ''")
    expect(await page.textContent('#error')).toContain('line 3 of bad.csv has 1')
    await give('points.csv', points)
    await page.waitForSelector('#form:not([hidden])')
    expect(await page.textContent('#error')).toBe('')
  })

  it('stops when asked, with the best so far', async () => {
    await open()
    const rows = Array.from({ length: 400 }, (_, i) =>
      Array.from({ length: 12 }, (_, j) => Math.sin(1.3 * i + 2.1 * j + 0.7 * i * j).toFixed(4)).join(','),
    )
    await give('waves.csv', `${Array.from({ length: 12 }, (_, j) => `x${j}`).join(',')}\n${rows.join('\n')}\n`)
    await page.waitForSelector('#form:not([hidden])')
    await page.selectOption('#model', 'relu')
    await page.fill('#lambda', '0.001')
    await page.click('#train')
    await page.waitForFunction("document.getElementById('state').textContent.startsWith('objective')")
    await page.click('#stop')
    await page.waitForFunction("/after/.test(document.getElementById('state').textContent)")
    expect(await page.textContent('#state')).toMatch(/^(aborted|solved) after/)
  })

  it('fits a phone', async () => {
    await open(375)
    await give('points.csv', points)
    await page.waitForSelector('#form:not([hidden])')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375)
  })
})
