/**
 * Dates as numbers: days since 1970-01-01, of ISO 8601 texts such as 2024-05-17, 2024-05-17T09:30 or 2024-05-17 09:30:00+02:00.
 *
 * A text without an offset is taken as UTC, so that the number does not depend on the machine. Other ways to write dates are not
 * read, since 03/04/2024 may be March or April.
 * @module
 */

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/

const MS_A_DAY = 86_400_000

/** Days since 1970-01-01 of an ISO date or time; NaN for any other text, or a day that does not exist. */
export function daysOf(text: string): number {
  const match = DATE.exec(text)
  if (match === null) return Number.NaN
  const [, year, month, day, hour = '0', minute = '0', second = '0', part = '', zone = 'Z'] = match
  const start = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const date = new Date(start)
  // Date.UTC rolls 30 February over to March, and day 0 back to the month before.
  if (date.getUTCMonth() !== Number(month) - 1) return Number.NaN
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN
  const digits = zone.replace(':', '')
  const offset =
    zone === 'Z' ? 0 : (zone[0] === '-' ? -1 : 1) * (Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3) || 0))
  const seconds =
    (Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second) + Number(part === '' ? 0 : `0${part}`)
  return (start + 1000 * seconds) / MS_A_DAY
}

/** The date of a day: 0 is 1970-01-01. */
export function dateOf(day: number): string {
  return new Date(day * MS_A_DAY).toISOString().slice(0, 10)
}

/** Whether all texts that are there are dates, and there is one. */
export function areDates(values: readonly (string | null)[]): boolean {
  let any = false
  for (const text of values) {
    if (text === null) continue
    if (Number.isNaN(daysOf(text))) return false
    any = true
  }
  return any
}
