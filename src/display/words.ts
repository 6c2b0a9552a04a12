/**
 * Figures and durations as people read them, and what metrics are called.
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

/** How metrics are called in tables. */
export const METRIC_NAMES: Readonly<Record<string, string>> = {
  r2: 'R²',
  rmse: 'RMSE',
  mae: 'MAE',
  accuracy: 'accuracy',
  logLoss: 'log loss',
  auc: 'AUC',
}

/** Whether more of a metric is better: R², accuracy, AUC. Less is better for errors and losses. */
export function moreIsBetter(metric: string): boolean {
  return ['r2', 'accuracy', 'auc'].includes(metric)
}

/** Control characters but tab and line feed, lone surrogates, and the marks that turn the direction of writing. */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** Text of others, made fit for a page, a drawing or a terminal: what could steer it becomes spaces. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, ' ')
}

/** At most `most` characters, the middle left out: the ends of names tell them apart. */
export function shorten(text: string, most: number): string {
  const letters = [...printable(text).replaceAll(/\s+/g, ' ')]
  if (letters.length <= most) return letters.join('')
  const head = Math.ceil((most - 1) / 2)
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (most - 1 - head)).join('')}`
}
