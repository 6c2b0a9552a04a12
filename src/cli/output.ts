/**
 * Tables and texts as people read them on a terminal.
 * @module
 */
export { csvCell } from '../data/csv.ts'
export { duration, figure, METRIC_NAMES } from '../report/words.ts'

/** Rows as aligned columns: texts to the left, columns of figures to the right. */
export function columns(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, j) => Math.max(...all.map(row => width(row[j]))))
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

/** Breaks a text into lines of at most `most` characters, each behind `indent`. */
export function wrap(text: string, indent = '', most = 100): string {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > most) {
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
