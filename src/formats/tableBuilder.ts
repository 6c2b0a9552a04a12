/**
 * A table from chunks of cells as a database gives them.
 * @module
 */
import { columnFrom, MISSING_TEXTS } from '../data/delimited.ts'
import type { Column, Table } from '../data/table.ts'

/** A column as it comes. */
export interface Named {
  readonly name: string
  readonly numeric: boolean
  /** Whether a column with the texts of the cells that are no numbers comes behind all others. */
  readonly tried?: boolean
}

/** Cells of a column, read in place: arrays of millions of numbers would only be collected again. */
export interface Cells {
  readonly count: number
  /** null where the cell is missing. */
  get(i: number): unknown
}

/** Takes chunks of columns, and makes a table of them. */
export interface TableBuilder {
  readonly rows: number
  readonly firstRow: number
  /** The cells of each column. */
  add(chunk: readonly Cells[]): void
  finish(): Table
}

/**
 * A builder for columns of known names and kinds.
 *
 * @param options `delimiter` for cells of CSV files, in which spaces around cells and missing marks are read as the built-in reader
 *   reads them; `numbers` names the columns that may be numbers, when not all may.
 */
export function tableBuilder(
  names: readonly Named[],
  options: {
    readonly source: string
    readonly firstRow: number
    readonly delimiter?: string
    readonly numbers?: ReadonlySet<string>
  },
): TableBuilder {
  const { source, firstRow, delimiter, numbers: may } = options
  let rows = 0
  let room = 1024
  const numbers = names.map(({ numeric }) => (numeric ? new Float64Array(room) : null))
  const missing: (Uint8Array | null)[] = names.map(() => null)
  const texts: (string | null)[][] = names.map(() => [])
  const tried = names.flatMap(({ tried }, j) => (tried ? [j] : []))
  /** By column and row, the cells that are no numbers. */
  const rests = new Map<number, Map<number, string>>()
  return {
    firstRow,
    get rows() {
      return rows
    },
    add(chunk) {
      const { count } = chunk[0]
      while (rows + count > room) room *= 2
      tried.forEach((j, k) => {
        const cells = chunk[names.length + k]
        for (let i = 0; i < count; i++) {
          const cell = cells.get(i)
          if (cell === null || MISSING_TEXTS.includes(String(cell).trim())) continue
          const rest = rests.get(j) ?? new Map<number, string>()
          rests.set(j, rest.set(rows + i, String(cell)))
        }
      })
      chunk.slice(0, names.length).forEach((cells, j) => {
        const old = numbers[j]
        if (old === null) {
          for (let i = 0; i < count; i++) {
            const cell = cells.get(i)
            texts[j].push(cell === null ? null : String(cell))
          }
          return
        }
        const into = old.length < room ? grown(old, room) : old
        numbers[j] = into
        for (let i = 0; i < count; i++) {
          const cell = cells.get(i)
          if (cell !== null) into[rows + i] = Number(cell)
          else {
            const marks = missing[j]
            const wide = marks === null ? new Uint8Array(room) : marks.length < room ? grown(marks, room) : marks
            missing[j] = wide
            wide[rows + i] = 1
          }
        }
      })
      rows += count
    },
    finish() {
      const columns = names.map(({ name }, j): Column => {
        const values = numbers[j]
        if (values !== null) {
          const marks = missing[j]
          const rest = rests.get(j)
          if (rest !== undefined) {
            const cells = Array.from(
              { length: rows },
              (_, i) => rest.get(i) ?? (marks?.[i] === 1 ? '' : String(values[i])),
            )
            return columnFrom(name, cells, delimiter ?? ',')
          }
          const whole = marks === null ? null : marks.length < rows ? grown(marks, rows) : marks.slice(0, rows)
          return { kind: 'number', name, values: values.slice(0, rows), missing: whole }
        }
        if (delimiter === undefined) return { kind: 'text', name, values: texts[j] }
        if (may !== undefined && !may.has(name)) return { kind: 'text', name, values: texts[j].map(plainText) }
        return columnFrom(
          name,
          texts[j].map(text => text ?? ''),
          delimiter,
        )
      })
      return { rows, columns, source, notes: [], ...(firstRow > 0 && { firstRow }) }
    },
  }
}

function plainText(text: string | null): string | null {
  const trimmed = text?.trim() ?? null
  return trimmed === null || MISSING_TEXTS.includes(trimmed) ? null : trimmed
}

function grown<T extends Float64Array | Uint8Array>(old: T, room: number): T {
  const wide = old instanceof Float64Array ? new Float64Array(room) : new Uint8Array(room)
  wide.set(old)
  return wide as T
}
