/**
 * Learns how the columns of a table become numbers (`encoding.ts`).
 * @module
 */
import { DomainError } from '../errors.ts'
import { areDates, daysOf } from './dates.ts'
import { type Encoding, type FeatureEncoding, strayRow } from './encoding.ts'
import { foreignNumberRow, PLAIN_NUMBERS } from './notation.ts'
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
/** Up to so many, texts that look like numbers may be meant as categories. */
export const FEW = 10

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
  for (const { column: name } of encoding) notes.push(...namesRows(columnOf(table, name, 'feature')))
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

/** Rows from which on a column that names them can be told from one that does not. */
const ENOUGH_ROWS = 100

/** A remark on a column that seems to name or count the rows, or to hold numbers too large for it. */
function namesRows(column: Column): string[] {
  const { name, values } = column
  if (column.kind === 'text') {
    const texts = new Set(column.values)
    if (values.length < ENOUGH_ROWS || texts.size <= values.length / 2 || areDates(column.values)) return []
    return [
      `column "${name}" has ${texts.size} different texts in ${values.length} rows: if it only names rows, leave it out with --exclude.`,
    ]
  }
  if (!column.values.every(Number.isInteger)) return []
  if (column.values.some(value => Math.abs(value) > Number.MAX_SAFE_INTEGER))
    return [
      `column "${name}" has whole numbers beyond 2^53, whose last digits a number does not hold: if it only names rows, leave it out with --exclude.`,
    ]
  const rises = column.missing === null && column.values.every((value, i) => i === 0 || value > column.values[i - 1])
  return rises && values.length >= ENOUGH_ROWS
    ? [
        `column "${name}" has another whole number in every row, and they rise: if it only counts or names rows, leave it out with --exclude.`,
      ]
    : []
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
  const foreign = categories.length > FEW ? foreignNumberRow(values) : -1
  if (foreign >= 0)
    throw new DomainError(
      `data: column "${name}" holds numbers written as "${values[foreign]}" in row ${foreign + 1} of ${table.source}, which would be ${categories.length} categories. ${PLAIN_NUMBERS}, or leave it out with --exclude.`,
      'E_COLUMN',
    )
  const numeric = present.filter(isNumeric).length
  if (numeric >= 0.8 * present.length && numeric < present.length && categories.length > FEW) {
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
