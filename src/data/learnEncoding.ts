/**
 * Learns how the columns of a table become numbers (`encoding.ts`).
 * @module
 */
import { DomainError } from '../errors.ts'
import { areDates, daysOf } from './dates.ts'
import { type Encoding, type FeatureEncoding, strayRow } from './encoding.ts'
import { listed } from './suggest.ts'
import {
  type Column,
  cellText,
  columnOf,
  isMissing,
  isNumeric,
  type NumberColumn,
  requireFinite,
  type Table,
  type TextColumn,
} from './table.ts'

/** Most categories one column may have: beyond, it is an identifier or wants grouping. */
export const MOST_CATEGORIES = 100

/**
 * Learns the encoding of the columns `names` of a table.
 *
 * @returns the encoding, and remarks for the user.
 * @throws DomainError for an unknown column, NaN or infinite cells (row and column named), a stray text in a column of
 *   numbers, a column of identifiers, or when no column is left (d = 0).
 */
export function learnEncoding(table: Table, names: readonly string[]): { encoding: Encoding; notes: string[] } {
  const encoding: FeatureEncoding[] = []
  const constant: string[] = []
  const notes: string[] = []
  for (const name of new Set(names)) {
    const column = columnOf(table, name, 'feature')
    if (column.kind === 'number') requireFinite(column, table.source)
    if (isConstant(column)) constant.push(name)
    else encoding.push(column.kind === 'number' ? numberFeature(column) : textFeature(column, table))
  }
  if (constant.length > 0)
    notes.push(
      constant.length === 1
        ? `column ${listed(constant)} is the same in every row and is left out.`
        : `${constant.length} columns are the same in every row and are left out: ${listed(constant, 4)}.`,
    )
  for (const feature of encoding)
    if (feature.kind === 'date')
      notes.push(
        `column "${feature.column}" holds dates: taken as days since 1970-01-01${feature.indicator ? '; missing ones are filled with the mean, and a column says where they were' : ''}.`,
      )
    else if (feature.kind === 'category' && looksLikeDates(feature.categories))
      notes.push(
        `column "${feature.column}" looks like dates, and is taken as ${feature.categories.length} categories: dates are read when they are written as 2024-05-17.`,
      )
    else if (feature.kind === 'number' && feature.indicator)
      notes.push(
        `column "${feature.column}" has missing cells: filled with the mean, and a column says where they were.`,
      )
  if (encoding.length === 0)
    throw new DomainError(
      names.length === 0
        ? `data: at least one feature column is needed beside the target; ${table.source} has none. Add columns, or check --features.`
        : `data: at least one feature must vary; all of ${listed(names, 5)} are the same in every row of ${table.source}. Choose other features.`,
      'E_EMPTY',
    )
  return { encoding, notes }
}

function isConstant(column: Column): boolean {
  const first = cellText(column, 0)
  for (let i = 1; i < column.values.length; i++) if (cellText(column, i) !== first) return false
  return true
}

function numberFeature(column: NumberColumn): FeatureEncoding {
  return { kind: 'number', column: column.name, ...meanOf(column, i => column.values[i]) }
}

/** The mean of the cells that are there, and whether some are not. */
function meanOf(column: Column, value: (i: number) => number): { mean: number; indicator: boolean } {
  let mean = 0
  let count = 0
  for (let i = 0; i < column.values.length; i++) {
    if (isMissing(column, i)) continue
    count++
    // Running mean: no overflow at huge values.
    mean += (value(i) - mean) / count
  }
  return { mean, indicator: count < column.values.length }
}

function textFeature(column: TextColumn, table: Table): FeatureEncoding {
  const { name, values } = column
  if (areDates(values)) return { kind: 'date', column: name, ...meanOf(column, i => daysOf(values[i] as string)) }
  const present = values.filter(text => text !== null)
  const categories = [...new Set(present)].sort()
  const missing = present.length < values.length
  const lower = categories.map(text => text.toLowerCase())
  if (lower.length === 2 && lower[0] === 'false' && lower[1] === 'true' && !missing)
    return { kind: 'boolean', column: name, falseText: categories[0], trueText: categories[1] }
  const numeric = present.filter(isNumeric).length
  if (numeric >= 0.8 * present.length && numeric < present.length && categories.length > 10) {
    const i = strayRow(column)
    throw new DomainError(
      `data: column "${name}" holds numbers except "${values[i]}" in row ${i + 1} of ${table.source}. Correct the cell, or leave it empty if the value is missing.`,
      'E_COLUMN',
    )
  }
  if (categories.length > MOST_CATEGORIES)
    throw new DomainError(
      `data: a column of texts may have at most ${MOST_CATEGORIES} categories; "${name}" has ${categories.length} in ${values.length} rows of ${table.source}. Leave it out with --exclude, or group its values${looksLikeDates(present) ? '; dates are read when they are written as 2024-05-17' : ''}.`,
      'E_COLUMN',
    )
  return { kind: 'category', column: name, categories, missing }
}

/** Whether texts are dates in one of the ways that are not read. */
function looksLikeDates(texts: readonly string[]): boolean {
  const some = texts.slice(0, 20)
  return (
    some.length > 0 &&
    some.every(text => /^\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|^\d{1,2}[ -][A-Za-z]{3,}[ -]\d{2,4}/.test(text))
  )
}
