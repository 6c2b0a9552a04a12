/**
 * Figures, durations and tables as people read them.
 * @module
 */

/** A number with six significant digits, exponent only where it helps. */
export function figure(value: number, digits = 6): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '—' : value > 0 ? '∞' : '−∞'
  // What is left of cancellation is no figure.
  if (Math.abs(value) < 1e-14) return '0'
  const size = Math.abs(value)
  if (size >= 1e7 || size < 1e-4) return value.toExponential(Math.max(0, digits - 3))
  return String(Number(value.toPrecision(digits)))
}

/** Seconds as 0.42 s, 12 s, 3 min 20 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '—'
  if (seconds < 10) return `${seconds.toFixed(seconds < 0.095 ? 3 : 2)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

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

/** One CSV cell, quoted where it must be. */
export function csvCell(value: string | number): string {
  const text = String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function width(text: string): number {
  return [...text].length
}

/** One JSON object on one line per level of nesting; NaN and infinities become null. */
export function jsonText(value: object): string {
  return `${JSON.stringify(value, (_, v: unknown) => (v instanceof Float64Array ? Array.from(v) : v), 2)}\n`
}

/** How metrics are called in tables. */
export const METRIC_NAMES: Readonly<Record<string, string>> = {
  r2: 'R²',
  rmse: 'RMSE',
  mae: 'MAE',
  accuracy: 'accuracy',
  logLoss: 'log loss',
  auc: 'AUC',
}

/** A remark for the user, on the error stream. */
export function note(io: { readonly err: (text: string) => void }, text: string): void {
  io.err(`note: ${text}\n`)
}
