/**
 * The report in Chromium: in light and dark, on a desk and on a telephone, it asks for nothing, fits its width, clips no letter,
 * and its text stands out from its background.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nadir } from '../cli/terminal.ts'
import { launch } from './chromium.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-pages-'))
const at = (name: string) => join(folder, name)
const LONG = 'a_name_without_any_place_to_break_it_that_goes_on_and_on_and_on_for_ever_and_ever'
const ROWS = Array.from({ length: 60 }, (_, i) => `${(i - 30) / 9},${['red', LONG, ''][i % 3]},${Math.abs(i - 30) / 9}`)
const FAST = [
  '--model',
  'gated',
  '--patterns',
  '20',
  '--lambda',
  '0.05max',
  '--gap',
  '1e-3',
  '--backend',
  'wasm',
  '--report',
]

const PAGES: readonly (readonly [string, readonly string[]])[] = [
  ['regression', ['long.csv', '-t', 'y']],
  ['two classes', ['breast-cancer', '--features', 'mean_radius,mean_texture,worst_concave_points']],
  ['three classes', ['wine']],
]

let browser: Browser
beforeAll(async () => {
  writeFileSync(at('long.csv'), `x,${LONG},y\n${ROWS.join('\n')}\n`)
  for (const [name, [data, ...flags]] of PAGES) {
    const path = data.endsWith('.csv') ? at(data) : data
    const ran = await nadir(['fit', path, ...flags, ...FAST, '--out', at(name), '-q'])
    expect([ran.code, ran.err], name).toEqual([0, ''])
  }
  browser = await launch()
})
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function look<T>(
  name: string,
  how: { width: number; dark: boolean },
  see: (page: Page) => Promise<T>,
): Promise<T> {
  const page = await browser.newPage({
    viewport: { width: how.width, height: 800 },
    colorScheme: how.dark ? 'dark' : 'light',
  })
  const asked: string[] = []
  const complaints: string[] = []
  page.on('request', request => asked.push(request.url()))
  page.on('console', message => complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(String(error)))
  try {
    const url = pathToFileURL(join(at(name), 'report.html')).href
    await page.goto(url)
    const seen = await see(page)
    expect(asked).toEqual([url])
    expect(complaints).toEqual([])
    return seen
  } finally {
    await page.close()
  }
}

describe.each(PAGES)('the report of %s', name => {
  it.each([
    [320, false],
    [375, true],
    [375, false],
    [1100, false],
    [1100, true],
  ])('at %i px, dark %s: no scrolling sideways, nothing clipped, readable', async (width, dark) => {
    const seen = await look(name, { width, dark }, page => page.evaluate(measure))
    expect(seen.scrollWidth).toBeLessThanOrEqual(width)
    expect(seen.clipped).toEqual([])
    expect(seen.squeezed).toEqual([])
    expect(seen.smallest).toBeGreaterThanOrEqual(width < 400 ? 9 : 10.5)
    expect(seen.faint).toEqual([])
    expect(seen.drawings).toBeGreaterThan(10)
    expect(seen.dark).toBe(dark)
  })

  it('is XML as well but for its void elements, and holds no script', async () => {
    const text = readFileSync(join(at(name), 'report.html'), 'utf8')
    const xml = text.replace('<!doctype html>', '').replaceAll(/<meta ([^>]*)>/g, '<meta $1/>')
    const problem = await look(name, { width: 375, dark: false }, page =>
      page.evaluate(source => {
        const parsed = new DOMParser().parseFromString(source, 'application/xml')
        return [parsed.querySelector('parsererror')?.textContent ?? null, document.scripts.length] as const
      }, xml),
    )
    expect(problem).toEqual([null, 0])
  })

  it('on paper it is light', async () => {
    const background = await look(name, { width: 800, dark: true }, async page => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
      return page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    })
    expect(background).toBe('rgb(255, 255, 255)')
  })
})

/** Runs in the page. */
function measure() {
  const luminance = (colour: string) => {
    const [r, g, b] = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(part => {
      const c = Number(part) / 255
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const background = (element: Element): string => {
    for (let e: Element | null = element; e !== null; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor
      if (colour !== 'rgba(0, 0, 0, 0)' && colour !== 'transparent') return colour
    }
    return 'rgb(255, 255, 255)'
  }
  const contrast = (a: string, b: string) => {
    const [low, high] = [luminance(a), luminance(b)].sort((p, q) => p - q)
    return (high + 0.05) / (low + 0.05)
  }
  const faint: string[] = []
  for (const element of document.querySelectorAll('p, li, a, dt, dd, h1, h2, h3, figcaption, th, td, caption, code'))
    if (contrast(getComputedStyle(element).color, background(element)) < 4.5) faint.push(element.outerHTML.slice(0, 80))
  const clipped: string[] = []
  let smallest = Infinity
  const letters = document.querySelectorAll('figure svg[role=img] text')
  for (const text of letters) {
    const box = text.getBoundingClientRect()
    if (box.left < -1 || box.right > document.documentElement.clientWidth + 1)
      clipped.push(`${text.textContent} ${box.left} ${box.right}`)
    const svg = text.closest('svg') as SVGSVGElement
    const frame = svg.getBoundingClientRect()
    if (box.top < frame.top - 6 || box.bottom > frame.bottom + 6) clipped.push(`${text.textContent} above or below`)
    const size = Number.parseFloat(getComputedStyle(text).fontSize)
    smallest = Math.min(smallest, (size * svg.getBoundingClientRect().width) / svg.viewBox.baseVal.width)
    if (contrast(getComputedStyle(text).fill, background(svg)) < 4.5) faint.push(`svg ${text.textContent}`)
  }
  // A cell whose text goes down letter by letter: fewer than four of them on a line.
  const squeezed = [...document.querySelectorAll('td, th')]
    .filter(cell => {
      const range = document.createRange()
      range.selectNodeContents(cell)
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size
      return lines > 2 && (cell.textContent ?? '').length < 4 * lines
    })
    .map(cell => cell.textContent ?? '')
  return {
    scrollWidth: document.documentElement.scrollWidth,
    clipped,
    squeezed,
    smallest,
    faint,
    drawings: document.querySelectorAll('figure svg[role=img]').length,
    dark: luminance(getComputedStyle(document.body).backgroundColor) < 0.2,
  }
}
