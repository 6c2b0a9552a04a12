/**
 * A figure: a drawing, the words for it, and the numbers it was drawn from.
 *
 * Drawings are static SVG by Observable Plot on linkedom's document, narrow enough for a telephone: they grow with the
 * page, and letters never fall below what can be read. Colours are names of the style sheet, so one drawing serves light,
 * dark and paper.
 * @module
 */

import { type PlotOptions, plot } from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import type { CsvTable } from '../data/csv.ts'
import { escapeHtml } from '../display/html.ts'
import { figure } from '../display/words.ts'

/** A drawing with its words and numbers. */
export interface Figure {
  /** Name of its file of numbers; its anchor in the page is figure-<id>. */
  readonly id: string
  readonly title: string
  /** A sentence or two on how to read it. */
  readonly caption: string
  /** What it shows, for those who do not see it. */
  readonly alt: string
  /** One SVG element. */
  readonly svg: string
  readonly legend?: readonly { readonly label: string; readonly colour: string; readonly dashed?: boolean }[]
  readonly data: CsvTable
}

/** Width of every drawing, in its own units: 16 px below the width of a small telephone. */
export const WIDTH = 343

/** Colours of the style sheet. */
export const COLOURS = {
  first: 'var(--first)',
  second: 'var(--second)',
  third: 'var(--third)',
  quiet: 'var(--quiet)',
  grid: 'var(--grid)',
  negative: 'var(--second)',
  positive: 'var(--first)',
} as const

/** The colour of the k-th series. */
export function seriesColour(k: number): string {
  return `var(--series-${k % 8})`
}

/** Ticks of a linear or logarithmic scale, without the prefixes and exponents of the library's own. */
export function tick(value: unknown): string {
  return figure(Number(value), 4)
}

/** Most points in one drawing: beyond, a page is slow and a cloud no clearer. The numbers beside have them all. */
export const MOST_POINTS = 1500

/** Every k-th of the items, so that at most `MOST_POINTS` are left; the last one stays. */
export function thinned<T>(items: readonly T[]): readonly T[] {
  const step = Math.ceil(items.length / MOST_POINTS)
  return items.filter((_, i) => i % step === 0 || i === items.length - 1)
}

/** Draws, and names the drawing for screen readers. Class names and styles of the library are left out. */
export function draw(alt: string, options: PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const element = plot({
    width: WIDTH,
    height: 230,
    marginLeft: 52,
    marginBottom: 38,
    ...options,
    style: { fontSize: '11px', overflow: 'visible' },
    document,
  })
  for (const style of element.querySelectorAll('style')) style.remove()
  for (const part of [element, ...element.querySelectorAll('*')]) {
    for (const name of ['class', 'xmlns', 'xmlns:xlink', 'aria-label', 'aria-hidden', 'aria-description'])
      part.removeAttribute(name)
  }
  element.removeAttribute('width')
  element.removeAttribute('height')
  // The document escapes texts in full, but only the quotes of attributes: this one is written by our own hand.
  return element.outerHTML.replace('<svg ', () => `<svg role="img" aria-label="${escapeHtml(alt)}" `)
}
