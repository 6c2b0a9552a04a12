/**
 * Tables of equal columns, one below the other.
 * @module
 */
import { DomainError } from '../errors.ts'
import { listed } from './suggest.ts'
import { type Column, cellText, isMissing, type Table } from './table.ts'

/**
 * The rows of all tables in their order. Columns are found by name; their order is that of the first table. A column that is of
 * numbers here and of texts there becomes one of texts.
 *
 * @throws DomainError (E_COLUMN) when a table lacks a column of the first, or has another.
 */
export function joinTables(tables: readonly Table[]): Table {
  const [first, ...others] = tables
  if (others.length === 0) return first
  const names = first.columns.map(column => column.name)
  for (const table of others) {
    const own = table.columns.map(column => column.name)
    const lacking = names.filter(name => !own.includes(name))
    const more = own.filter(name => !names.includes(name))
    if (lacking.length > 0 || more.length > 0)
      throw new DomainError(
        `data: files read together must have the same columns; ${table.source} ${lacking.length > 0 ? `lacks ${listed(lacking, 6)}, which ${first.source} has` : `has ${listed(more, 6)}, which ${first.source} lacks`}. Name them alike, or say --sql.`,
        'E_COLUMN',
      )
  }
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const columns = names.map(name =>
    joinColumns(tables.map(table => table.columns.find(column => column.name === name) as Column)),
  )
  return {
    rows,
    columns,
    source:
      tables.length <= 3
        ? tables.map(table => table.source).join(' + ')
        : `${first.source} and ${others.length} more files`,
    notes: tables.flatMap(table => table.notes),
  }
}

function joinColumns(parts: readonly Column[]): Column {
  const [{ name }] = parts
  const empty = (column: Column) => column.kind === 'text' && column.values.every(text => text === null)
  if (!parts.every(column => column.kind === 'number' || empty(column)) || parts.every(empty))
    return {
      kind: 'text',
      name,
      values: parts.flatMap(column => Array.from({ length: column.values.length }, (_, i) => cellText(column, i))),
    }
  const count = parts.reduce((sum, column) => sum + column.values.length, 0)
  const values = new Float64Array(count)
  const missing = new Uint8Array(count)
  let at = 0
  for (const column of parts) {
    if (column.kind === 'number') values.set(column.values, at)
    for (let i = 0; i < column.values.length; i++) missing[at + i] = isMissing(column, i) ? 1 : 0
    at += column.values.length
  }
  return { kind: 'number', name, values, missing: missing.includes(1) ? missing : null }
}
