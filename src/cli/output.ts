/**
 * Tables and texts as people read them on a terminal.
 * @module
 */
export { csvCell } from '../data/csv.ts'
export { duration, figure, METRIC_NAMES } from '../display/words.ts'

import { figure, METRIC_NAMES } from '../display/words.ts'

/** 'R² 0.51, RMSE 55.2'. */
export function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${METRIC_NAMES[name] ?? name} ${figure(value, 4)}`)
    .join(', ')
}

/**
 * Rows as aligned columns: texts to the left, columns of figures to the right. Where a line would be longer than `most`, each row
 * becomes a paragraph of its own, a line a column.
 */
export function columns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  most: number = Infinity,
): string {
  const all = [header, ...rows]
  const widths = header.map((_, j) => Math.max(...all.map(row => width(row[j]))))
  if (widths.reduce((sum, w) => sum + w + 2, -2) > most) return paragraphs(header, rows, most)
  const right = header.map((_, j) => rows.length > 0 && rows.every(row => /^[−–—∞\d.+-]/.test(row[j]) || row[j] === ''))
  return all
    .map(row =>
      row
        .map((cell, j) =>
          right[j] ? ' '.repeat(widths[j] - width(cell)) + cell : cell + ' '.repeat(widths[j] - width(cell)),
        )
        .join('  ')
        .trimEnd(),
    )
    .map(line => `${line}\n`)
    .join('')
}

function paragraphs(header: readonly string[], rows: readonly (readonly string[])[], most: number): string {
  const names = Math.max(...header.slice(1).map(width)) + 2
  const lineOf = (name: string, cell: string): string => {
    if (cell === '') return ''
    const line = `  ${name}${' '.repeat(names - width(name))}${cell}`
    if (width(line) <= most && name !== '') return `${line}\n`
    return `${name === '' ? '' : `  ${name}\n`}${wrap(cell, { indent: '    ', most })}\n`
  }
  return rows
    .map(([first, ...cells]) => {
      const lines = cells.map((cell, j) => lineOf(header[j + 1], cell)).join('')
      return `${header[0] === '' ? '' : `${header[0]} `}${first}\n${lines}`
    })
    .join('')
}

/** Breaks a text into lines of at most `most` characters (100, or what the terminal has), each behind `indent`. */
export function wrap(
  text: string,
  { indent = '', most = 100 }: { indent?: string; most?: number | undefined } = {},
): string {
  const limit = Math.min(100, most)
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > limit) {
      lines.push(line)
      line = indent
    }
    line += (line.length > indent.length ? ' ' : '') + word
  }
  return [...lines, line].join('\n')
}

function width(text: string): number {
  return [...text].length
}

/** One JSON object on one line per level of nesting; NaN and infinities become null. */
export function jsonText(value: object): string {
  return `${JSON.stringify(value, (_, v: unknown) => (v instanceof Float64Array ? Array.from(v) : v), 2)}\n`
}

/** A remark for the user, on the error stream. */
export function note(io: { readonly err: (text: string) => void }, text: string): void {
  io.err(`note: ${text}\n`)
}

/** A text as one word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
