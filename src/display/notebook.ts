/**
 * How results show themselves in notebooks.
 *
 * A kernel asks the value of a cell for its pictures: Deno's by the method under Symbol.for('Jupyter.display'), IJavascript by
 * `_toMime`. Both get a bundle of texts by media type. The methods are not enumerable, so that results print, compare, spread
 * and go through JSON and between threads as if they had none; and HTML is made only when asked for. Nothing here needs a
 * package: the core stays without.
 * @module
 */
import { type Html, html } from './html.ts'
import { figure } from './words.ts'

/** Texts by media type; 'text/plain' for kernels that show no HTML. */
export type MimeBundle = Readonly<Record<'text/html' | 'text/plain', string>>

/** The name under which Deno's Jupyter kernel looks for a method. */
export const JUPYTER_DISPLAY: symbol = Symbol.for('Jupyter.display')

/**
 * Teaches an object to show itself in notebooks, and gives it back.
 *
 * @param show its HTML, and the same in plain words; called when a kernel asks.
 */
export function showing<T extends object>(result: T, show: (result: T) => { html: Html; plain: string }): T {
  const bundle = (): MimeBundle => {
    const { html: shown, plain } = show(result)
    return { 'text/html': shown.html, 'text/plain': plain }
  }
  for (const name of [JUPYTER_DISPLAY, '_toMime']) Object.defineProperty(result, name, { value: bundle })
  return result
}

/** A table; numbers are written with `digits` significant figures. */
export function notebookTable(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  digits = 5,
): Html {
  const cell = (value: string | number) => (typeof value === 'number' ? figure(value, digits) : value)
  const head =
    header.length > 0 && html`<thead><tr>${header.map(name => html`<th scope="col">${name}</th>`)}</tr></thead>`
  return html`<table>${head}<tbody>${rows.map(row => html`<tr>${row.map(value => html`<td>${cell(value)}</td>`)}</tr>`)}</tbody></table>`
}

/** A line through points, of which only finite ones are drawn. */
export interface Line {
  readonly label: string
  readonly points: readonly (readonly [number, number])[]
  readonly dashed?: boolean
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [420, 190, 64, 34, 12]

/**
 * A small drawing of lines, in the colour of the text around it, so that it fits light and dark pages.
 *
 * @returns null when no line has two finite points to draw.
 */
export function notebookChart(
  lines: readonly Line[],
  options: { readonly x: string; readonly y: string; readonly logX?: boolean; readonly logY?: boolean },
): Html | null {
  const { x, y, logX = false, logY = false } = options
  const along = (value: number, log: boolean) => (log ? Math.log10(value) : value)
  const placed = lines
    .map(line => ({
      ...line,
      points: line.points
        .map(([a, b]) => [along(a, logX), along(b, logY)] as const)
        .filter(point => point.every(Number.isFinite)),
    }))
    .filter(line => line.points.length > 1)
  if (placed.length === 0) return null
  const all = placed.flatMap(line => line.points)
  const spanX = spanOf(all.map(([a]) => a))
  const spanY = spanOf(all.map(([, b]) => b))
  const toX = (value: number) => LEFT + ((value - spanX.from) / spanX.length) * (WIDTH - LEFT - 8)
  const toY = (value: number) => HEIGHT - BOTTOM - ((value - spanY.from) / spanY.length) * (HEIGHT - BOTTOM - TOP)
  const label = (value: number, log: boolean) => figure(log ? 10 ** value : value, 3)
  const path = ({ points }: Pick<Line, 'points'>) =>
    points.map(([a, b]) => `${toX(a).toFixed(1)},${toY(b).toFixed(1)}`).join(' ')
  const end = { x: spanX.from + spanX.length, y: spanY.from + spanY.length }
  const legend =
    placed.length > 1 ? `: ${placed.map(({ label: l, dashed }) => `${l}${dashed ? ' (dashed)' : ''}`).join(', ')}` : ''
  const alt = `${y} against ${x}${legend}`
  return html`<svg role="img" aria-label="${alt}" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" style="max-width:100%;height:auto" font-size="11" fill="currentColor"><g stroke="currentColor" fill="none"><path opacity=".4" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - 8}"/>${placed.map(
    line =>
      html`<polyline stroke-width="1.6"${line.dashed === true && html` stroke-dasharray="5 3"`} points="${path(line)}"/>`,
  )}</g><text x="${LEFT}" y="${HEIGHT - 18}">${label(spanX.from, logX)}</text><text x="${WIDTH - 8}" y="${HEIGHT - 18}" text-anchor="end">${label(end.x, logX)}</text><text x="${LEFT - 5}" y="${HEIGHT - BOTTOM}" text-anchor="end">${label(spanY.from, logY)}</text><text x="${LEFT - 5}" y="${TOP + 8}" text-anchor="end">${label(end.y, logY)}</text><text x="${(LEFT + WIDTH) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${alt}</text></svg>`
}

/** From the least to the greatest; a single value gets room around it. */
function spanOf(values: readonly number[]): { from: number; length: number } {
  const from = values.reduce((a, b) => Math.min(a, b))
  const length = values.reduce((a, b) => Math.max(a, b)) - from
  return length > 0 ? { from, length } : { from: from - 0.5, length: 1 }
}
