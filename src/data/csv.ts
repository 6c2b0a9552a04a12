/**
 * Writing CSV (RFC 4180): cells in quotes where they must be.
 * @module
 */

/** One CSV cell, quoted where it must be. */
export function csvCell(value: string | number): string {
  const text = String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A table as CSV text, with a header line. Numbers have all their digits; null is an empty cell. */
export function csvText({ header, rows }: CsvTable): string {
  return [header, ...rows].map(row => `${row.map(cell => (cell === null ? '' : csvCell(cell))).join(',')}\n`).join('')
}

/** Named columns, and rows of as many cells. */
export interface CsvTable {
  readonly header: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}
