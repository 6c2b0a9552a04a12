/**
 * Tables: named columns of numbers or texts, as read from a file and before any encoding.
 *
 * A missing cell (empty, NA, null …) is not the same as NaN: the first is handled by `encoding.ts`, the second is an error,
 * because a NaN in a file is nearly always a computation that went wrong.
 * @module
 */
import { DomainError, FormatError, ShapeError } from '../errors.ts'
import type { Dense } from '../matrix/dense.ts'
import { suggestion } from './suggest.ts'

/** A column whose cells are numbers or missing. */
export interface NumberColumn {
  readonly kind: 'number'
  readonly name: string
  /** In R^rows; what stands at a missing cell has no meaning. */
  readonly values: Float64Array
  /** 1 where the cell is missing; null when no cell is. */
  readonly missing: Uint8Array | null
}

/** A column whose cells are texts or missing. */
export interface TextColumn {
  readonly kind: 'text'
  readonly name: string
  /** null where the cell is missing. */
  readonly values: readonly (string | null)[]
}

/** A named column of numbers or of texts. */
export type Column = NumberColumn | TextColumn

/** Named columns of equal length, as they were read. */
export interface Table {
  readonly rows: number
  readonly columns: readonly Column[]
  /** What was read, for messages: a path or 'standard input'. */
  readonly source: string
  /** Remarks of the reader (no header line, DuckDB absent …). */
  readonly notes: readonly string[]
  /** Rows of the source before these, when it is read in parts. */
  readonly firstRow?: number
}

/** A table over the columns of a matrix, named x0, x1 … unless `names` are given. */
export function tableOf(x: Dense, source: string, names?: readonly string[]): Table {
  if (names !== undefined && names.length !== x.cols)
    throw new ShapeError(`tableOf: one name a column is needed; got ${names.length} names for ${x.cols} columns.`)
  const columns = Array.from({ length: x.cols }, (_, j): NumberColumn => {
    const values = new Float64Array(x.rows)
    for (let i = 0; i < x.rows; i++) values[i] = x.data[i * x.cols + j]
    return { kind: 'number', name: names?.[j] ?? `x${j}`, values, missing: null }
  })
  return { rows: x.rows, columns, source, notes: [] }
}

/** Some rows of a table, in the order of `index`. */
export function rowsOf(table: Table, index: ArrayLike<number>): Table {
  const columns = table.columns.map((column): Column => {
    if (column.kind === 'text')
      return { ...column, values: Array.from({ length: index.length }, (_, i) => column.values[index[i]]) }
    const values = Float64Array.from({ length: index.length }, (_, i) => column.values[index[i]])
    const { missing } = column
    return {
      ...column,
      values,
      missing: missing && Uint8Array.from({ length: index.length }, (_, i) => missing[index[i]]),
    }
  })
  return { ...table, rows: index.length, columns }
}

/**
 * The column called `name`.
 *
 * @throws DomainError (E_COLUMN) naming the nearest column when there is none.
 */
export function columnOf(table: Table, name: string, role = 'column'): Column {
  const found = table.columns.find(column => column.name === name)
  if (found !== undefined) return found
  const names = table.columns.map(column => column.name)
  throw new DomainError(
    `data: ${role} "${name}" is not a column of ${table.source}. ${suggestion(name, names)}`,
    'E_COLUMN',
  )
}

/**
 * Refuses a header in which a name is empty or comes twice.
 *
 * @throws FormatError.
 */
export function requireNames(names: readonly string[], source: string): void {
  const seen = new Set<string>()
  names.forEach((name, j) => {
    if (name === '')
      throw new FormatError(`data: every column must have a name; column ${j + 1} of ${source} has none. Name it.`)
    if (seen.has(name))
      throw new FormatError(`data: column names must differ; "${name}" comes twice in ${source}. Rename one.`)
    seen.add(name)
  })
}

/** Whether cell i is missing. */
export function isMissing(column: Column, i: number): boolean {
  return column.kind === 'text' ? column.values[i] === null : column.missing !== null && column.missing[i] === 1
}

/**
 * Refuses NaN and infinite cells of a column of numbers, naming the first by row and column.
 *
 * @throws DomainError (E_NONFINITE).
 */
export function requireFinite(column: NumberColumn, source: string, firstRow: number = 0): void {
  for (let i = 0; i < column.values.length; i++) {
    if (Number.isFinite(column.values[i]) || column.missing?.[i] === 1) continue
    throw new DomainError(
      `data: every number must be finite; got ${column.values[i]} in row ${firstRow + i + 1}, column "${column.name}" of ${source}. ` +
        'Correct the cell, or leave it empty if the value is missing.',
      'E_NONFINITE',
    )
  }
}

/** A cell as a person would write it; null when it is missing. */
export function cellText(column: Column, i: number): string | null {
  if (isMissing(column, i)) return null
  return column.kind === 'text' ? column.values[i] : String(column.values[i])
}

/** Whether a text is a finite number. */
export function isNumeric(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text))
}
