/**
 * From named columns to a matrix of numbers, and the same again at prediction.
 *
 * - numbers: as they are. A missing cell becomes the training mean, and a column `name (missing)` says where (when some cell
 *   was missing in training).
 * - true/false texts: one column of 0 and 1.
 * - other texts: one column of 0 and 1 a category (`name=category`), in sorted order. A missing cell is a category of its own
 *   if training had one; a category never seen becomes all zeros.
 * - columns that are the same in every row are left out.
 * Standardising is not done here: it is part of the model.
 * @module
 */
import { DomainError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { listed, suggestion } from './suggest.ts'
import { type Column, cellText, columnOf, isMissing, type NumberColumn, requireFinite, type Table } from './table.ts'

/** How one column of a table becomes columns of X. */
export type FeatureEncoding =
  | { readonly kind: 'number'; readonly column: string; readonly mean: number; readonly indicator: boolean }
  | { readonly kind: 'boolean'; readonly column: string; readonly falseText: string; readonly trueText: string }
  | {
      readonly kind: 'category'
      readonly column: string
      readonly categories: readonly string[]
      readonly missing: boolean
    }

/** One entry a used column, in the order in which the model takes them. Plain data: saved with the model. */
export type Encoding = readonly FeatureEncoding[]

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
    else
      encoding.push(column.kind === 'number' ? numberFeature(column) : textFeature(column.name, column.values, table))
  }
  if (constant.length > 0)
    notes.push(
      constant.length === 1
        ? `column ${listed(constant)} is the same in every row and is left out.`
        : `${constant.length} columns are the same in every row and are left out: ${listed(constant, 4)}.`,
    )
  for (const feature of encoding)
    if (feature.kind === 'number' && feature.indicator)
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

/** Names of the matrix columns, in order. */
export function encodedNames(encoding: Encoding): string[] {
  return encoding.flatMap(feature => {
    if (feature.kind === 'number')
      return feature.indicator ? [feature.column, `${feature.column} (missing)`] : [feature.column]
    if (feature.kind === 'boolean') return [feature.column]
    const all = feature.categories.map(category => `${feature.column}=${category}`)
    return feature.missing ? [...all, `${feature.column} (missing)`] : all
  })
}

/**
 * Applies an encoding: columns are found by name in any order; columns the model does not know are ignored, with a remark
 * unless they are among `known` (target, weights).
 *
 * @returns the matrix in R^{rows × d}, and remarks (categories never seen, missing cells where training had none).
 * @throws DomainError when a column is absent, of the other kind, or holds NaN or infinite cells.
 */
export function encode(
  encoding: Encoding,
  table: Table,
  options: { readonly known?: readonly string[] } = {},
): { x: Dense; notes: string[] } {
  requireColumns(encoding, table)
  const x = dense(table.rows, encodedNames(encoding).length)
  const used = [...encoding.map(feature => feature.column), ...(options.known ?? [])]
  const ignored = table.columns.map(column => column.name).filter(name => !used.includes(name))
  const notes = ignored.length > 0 ? [`ignored, since the model does not use them: ${listed(ignored, 6)}.`] : []
  let at = 0
  for (const feature of encoding) {
    const column = columnOf(table, feature.column, 'feature')
    if (feature.kind === 'number') at = encodeNumber(feature, column, table, x, at, notes)
    else at = encodeText(feature, column, x, at, notes)
  }
  return { x, notes }
}

function requireColumns(encoding: Encoding, table: Table): void {
  const present = table.columns.map(column => column.name)
  const absent = encoding.map(feature => feature.column).filter(name => !present.includes(name))
  if (absent.length === 0) return
  const unused = present.filter(name => !encoding.some(feature => feature.column === name))
  throw new DomainError(
    `data: the model needs ${absent.length === 1 ? 'column' : 'columns'} ${listed(absent, 6)}, which ${table.source} does not have. ${
      absent.length === 1 ? suggestion(absent[0], unused) : `It has ${listed(present, 6)}.`
    }`,
    'E_COLUMN',
  )
}

function encodeNumber(
  feature: Extract<FeatureEncoding, { kind: 'number' }>,
  column: Column,
  table: Table,
  x: Dense,
  at: number,
  notes: string[],
): number {
  if (column.kind === 'text') {
    const i = column.values.findIndex(text => text !== null)
    // A column without one value comes in as text: it is missing throughout, which a number may be.
    if (i >= 0)
      throw new DomainError(
        `data: column "${feature.column}" must hold numbers, as in training; got "${column.values[strayRow(column.values)]}" in row ${strayRow(column.values) + 1} of ${table.source}. Correct the cell, or leave it empty if the value is missing.`,
        'E_COLUMN',
      )
  } else requireFinite(column, table.source)
  let filled = 0
  for (let i = 0; i < x.rows; i++) {
    const missing = isMissing(column, i)
    if (missing) filled++
    x.data[i * x.cols + at] = missing ? feature.mean : (column as NumberColumn).values[i]
    if (feature.indicator) x.data[i * x.cols + at + 1] = missing ? 1 : 0
  }
  if (filled > 0 && !feature.indicator)
    notes.push(
      `column "${feature.column}" has ${filled} missing cell(s) and had none in training: filled with the training mean.`,
    )
  return at + (feature.indicator ? 2 : 1)
}

function encodeText(
  feature: Extract<FeatureEncoding, { kind: 'boolean' | 'category' }>,
  column: Column,
  x: Dense,
  at: number,
  notes: string[],
): number {
  const categories = feature.kind === 'boolean' ? [feature.trueText] : feature.categories
  const known = new Map(categories.map((category, k) => [category, at + k]))
  const width = categories.length + (feature.kind === 'category' && feature.missing ? 1 : 0)
  const unseen = new Set<string>()
  for (let i = 0; i < x.rows; i++) {
    const text = cellText(column, i)
    const own = text === null ? null : known.get(text)
    if (own !== undefined && own !== null) x.data[i * x.cols + own] = 1
    else if (text === null && width > categories.length) x.data[i * x.cols + at + width - 1] = 1
    else if (text === null) unseen.add('(missing)')
    else if (feature.kind !== 'boolean' || text !== feature.falseText) unseen.add(text)
  }
  if (unseen.size > 0)
    notes.push(
      `column "${feature.column}" holds ${listed([...unseen], 4)}, never seen in training: coded as ${feature.kind === 'boolean' ? feature.falseText : 'none of the known categories'}.`,
    )
  return at + width
}

function isConstant(column: Column): boolean {
  const first = cellText(column, 0)
  for (let i = 1; i < column.values.length; i++) if (cellText(column, i) !== first) return false
  return true
}

function numberFeature(column: NumberColumn): FeatureEncoding {
  let sum = 0
  let count = 0
  for (let i = 0; i < column.values.length; i++) {
    if (isMissing(column, i)) continue
    count++
    // Running mean: no overflow at huge values.
    sum += (column.values[i] - sum) / count
  }
  return { kind: 'number', column: column.name, mean: sum, indicator: count < column.values.length }
}

function textFeature(name: string, values: readonly (string | null)[], table: Table): FeatureEncoding {
  const present = values.filter(text => text !== null)
  const categories = [...new Set(present)].sort()
  const missing = present.length < values.length
  const lower = categories.map(text => text.toLowerCase())
  if (lower.length === 2 && lower[0] === 'false' && lower[1] === 'true' && !missing)
    return { kind: 'boolean', column: name, falseText: categories[0], trueText: categories[1] }
  const numeric = present.filter(isNumeric).length
  if (numeric >= 0.8 * present.length && numeric < present.length && categories.length > 10) {
    const i = strayRow(values)
    throw new DomainError(
      `data: column "${name}" holds numbers except "${values[i]}" in row ${i + 1} of ${table.source}. Correct the cell, or leave it empty if the value is missing.`,
      'E_COLUMN',
    )
  }
  if (categories.length > MOST_CATEGORIES)
    throw new DomainError(
      `data: a column of texts may have at most ${MOST_CATEGORIES} categories; "${name}" has ${categories.length} in ${values.length} rows of ${table.source}. Name the columns to use with --features, or group its values.`,
      'E_COLUMN',
    )
  return { kind: 'category', column: name, categories, missing }
}

/** The first text that is no number. */
function strayRow(values: readonly (string | null)[]): number {
  const i = values.findIndex(text => text !== null && !isNumeric(text))
  return i >= 0 ? i : values.findIndex(text => text !== null)
}

function isNumeric(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text))
}
