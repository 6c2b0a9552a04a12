/**
 * Plain delimited text (CSV, TSV …) without any package: what is used when DuckDB is not installed, and in browsers.
 *
 * RFC 4180 with the usual liberties: delimiter comma, tab, semicolon or bar (found from the first record), quotes doubled
 * inside quotes, line ends LF, CRLF or CR, a byte order mark is skipped, blank lines are skipped. A column is numeric when
 * all its cells that are not missing are numbers.
 * @module
 */

import { FormatError } from '../errors.ts'
import { type Column, requireNames, type Table } from './table.ts'

/** Cells that mean: no value. The same list goes to DuckDB. NaN is not among them on purpose (see `data/table.ts`). */
export const MISSING_TEXTS: readonly string[] = ['', 'NA', 'N/A', 'n/a', '<NA>', '#N/A', 'NULL', 'null', 'None', '?']

/** A first line that says nothing but the delimiter. */
export const SEP: RegExp = /^\uFEFF?sep=([,;|\t])\r?\n/i

const BLANK = /\s/
const DELIMITERS = [',', '\t', ';', '|']
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const DECIMAL_COMMA = /^[+-]?\d*,\d+([eE][+-]?\d+)?$/
const NOT_FINITE = /^[+-]?(nan|inf|infinity)$/i

/**
 * Parses delimited text.
 *
 * @param text the whole file.
 * @param options `source` for messages; `delimiter` when it is known.
 * @throws FormatError for an empty file, a ragged line (its number named), an open quote, or two columns of one name.
 */
export function parseDelimited(text: string, options: { readonly source: string; readonly delimiter?: string }): Table {
  const { source } = options
  if (text.includes('\0'))
    throw new FormatError(`csv: ${source} is not text (it has a zero byte). Give a CSV, Parquet, JSON or .npy file.`)
  // Excel's own way to name the delimiter. A blank line in its place keeps the numbers of the others.
  const told = SEP.exec(text)
  const delimiter = options.delimiter ?? told?.[1] ?? sniffDelimiter(text)
  const { records, lines } = recordsOf(told === null ? text : `\n${text.slice(told[0].length)}`, delimiter, source)
  if (records.length === 0) throw new FormatError(`csv: ${source} is empty. Give a file with a header line and rows.`)
  const width = records[0].length
  for (let i = 1; i < records.length; i++)
    if (records[i].length !== width)
      throw new FormatError(
        `csv: every line must have ${width} cells, as the first has; line ${lines[i]} of ${source} has ${records[i].length}. ${width === 1 ? 'If the first line is a title or a remark, remove it. Else correct that line' : 'Correct that line'} (a text with a ${delimiter === '\t' ? 'tab' : `"${delimiter}"`} in it needs quotes).`,
      )
  const headed = hasHeader(records)
  const names = namesOf(records[0], headed)
  requireNames(names, source)
  const rows = headed ? records.slice(1) : records
  if (rows.length === 0) throw new FormatError(`csv: ${source} has a header line and no rows. Give a file with data.`)
  return {
    rows: rows.length,
    columns: names.map((name, j) =>
      columnFrom(
        name,
        rows.map(row => row[j]),
        delimiter,
      ),
    ),
    source,
    notes: headed ? [] : [`${source} has no header line: its columns are called column0 … column${width - 1}.`],
  }
}

/**
 * A column from texts: numeric when every cell that is not missing is a number (NaN and infinities included). Where the
 * delimiter is not the comma, a column of 1,5 and 2,25 is numeric too.
 */
export function columnFrom(name: string, cells: readonly string[], delimiter: string): Column {
  let trimmed = cells.map(cell => cell.trim())
  if (delimiter !== ',' && trimmed.some(cell => DECIMAL_COMMA.test(cell))) {
    const dotted = trimmed.map(cell => (DECIMAL_COMMA.test(cell) ? cell.replace(',', '.') : cell))
    if (dotted.every(cell => MISSING_TEXTS.includes(cell) || isNumberText(cell))) trimmed = dotted
  }
  const absent = trimmed.map(cell => MISSING_TEXTS.includes(cell))
  const numeric = trimmed.every((cell, i) => absent[i] || isNumberText(cell)) && absent.includes(false)
  if (!numeric) return { kind: 'text', name, values: trimmed.map((cell, i) => (absent[i] ? null : cell)) }
  const values = Float64Array.from(trimmed, (cell, i) => (absent[i] ? 0 : numberFrom(cell)))
  return {
    kind: 'number',
    name,
    values,
    missing: absent.includes(true) ? Uint8Array.from(absent, a => (a ? 1 : 0)) : null,
  }
}

/** The delimiter that the first record has most of outside quotes; comma when there is none. */
export function sniffDelimiter(text: string): string {
  const counts = DELIMITERS.map(() => 0)
  let quoted = false
  let begun = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]
    begun ||= !BLANK.test(c)
    if (c === '"') quoted = !quoted
    else if (!quoted && (c === '\n' || c === '\r')) {
      if (begun) break
    } else if (!quoted) {
      const k = DELIMITERS.indexOf(c)
      if (k >= 0) {
        counts[k]++
        begun = true
      }
    }
  }
  const most = Math.max(...counts)
  return most === 0 ? ',' : DELIMITERS[counts.indexOf(most)]
}

/**
 * Whether the first record names the columns: no cell of it is a number, and at most two are empty. Programs that write a column of
 * row numbers before the others, or a delimiter after them, leave their names empty.
 */
export function hasHeader(records: readonly (readonly string[])[]): boolean {
  const [first] = records
  const empty = first.filter(cell => cell.trim() === '').length
  return first.every(cell => !isNumberText(cell.trim())) && empty <= Math.min(2, first.length - 1)
}

/** The names of the columns by the first record; a column without one is called by its place, as all are without a header line. */
export function namesOf(first: readonly string[], headed: boolean): string[] {
  return first.map((name, j) => (headed && name.trim() !== '' ? name.trim() : `column${j}`))
}

/** Splits into records of cells, with the line each begins on. Stops early after `most` records. */
export function recordsOf(
  text: string,
  delimiter: string,
  source: string,
  most: number = Infinity,
): { records: string[][]; lines: number[] } {
  const records: string[][] = []
  const lines: number[] = []
  let line = 1
  let i = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (i < text.length && records.length < most) {
    const first = line
    const record: string[] = []
    for (;;) {
      let cell = ''
      if (text[i] === '"') {
        const from = line
        // In whole pieces: one character at a time would make a long cell a long chain of texts.
        let close = text.indexOf('"', ++i)
        let doubled = false
        for (; close >= 0 && text[close + 1] === '"'; close = text.indexOf('"', close + 2)) doubled = true
        if (close < 0)
          throw new FormatError(
            `csv: a quote opened on line ${from} of ${source} is never closed. Close it; the file may be cut short.`,
          )
        cell = text.slice(i, close)
        for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) line++
        if (doubled) cell = cell.replace(/""/g, '"')
        i = close + 1
      }
      const start = i
      while (i < text.length && text[i] !== delimiter && text[i] !== '\n' && text[i] !== '\r') i++
      cell += text.slice(start, i)
      record.push(cell)
      if (text[i] !== delimiter || i >= text.length) break
      i++
    }
    if (text[i] === '\r' && text[i + 1] === '\n') i++
    i++
    line++
    if (record.length === 1 && record[0].trim() === '') continue
    records.push(record)
    lines.push(first)
  }
  return { records, lines }
}

function isNumberText(cell: string): boolean {
  return NUMBER.test(cell) || NOT_FINITE.test(cell)
}

function numberFrom(cell: string): number {
  if (NUMBER.test(cell)) return Number(cell)
  return /nan/i.test(cell) ? Number.NaN : cell.startsWith('-') ? -Infinity : Infinity
}
