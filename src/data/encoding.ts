/**
 * From named columns to a matrix of numbers, and the same again at prediction.
 *
 * - numbers: as they are. A missing cell becomes the training mean, and a column `name (missing)` says where (when some cell
 *   was missing in training).
 * - dates: days since 1970-01-01, then as numbers.
 * - true/false texts: one column of 0 and 1; upper and lower case are alike.
 * - other texts: one column of 0 and 1 a category (`name=category`), in sorted order. A missing cell is a category of its own
 *   if training had one; a category never seen becomes all zeros.
 * - columns that are the same in every row are left out.
 * Standardising is not done here: it is part of the model. How an encoding is learned: `learnEncoding.ts`.
 * @module
 */
import { DomainError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { daysOf } from './dates.ts'
import { listed, suggestion } from './suggest.ts'
import {
  type Column,
  cellText,
  columnOf,
  isMissing,
  isNumeric,
  requireFinite,
  type Table,
  type TextColumn,
} from './table.ts'

/** How one column of a table becomes columns of X. */
export type FeatureEncoding =
  | { readonly kind: 'number'; readonly column: string; readonly mean: number; readonly indicator: boolean }
  /** Days since 1970-01-01 of ISO texts (`dates.ts`). */
  | { readonly kind: 'date'; readonly column: string; readonly mean: number; readonly indicator: boolean }
  | { readonly kind: 'boolean'; readonly column: string; readonly falseText: string; readonly trueText: string }
  | {
      readonly kind: 'category'
      readonly column: string
      readonly categories: readonly string[]
      readonly missing: boolean
    }

/** One entry a used column, in the order in which the model takes them. Plain data: saved with the model. */
export type Encoding = readonly FeatureEncoding[]

/** Names of the matrix columns, in order. */
export function encodedNames(encoding: Encoding): string[] {
  return encoding.flatMap(feature => {
    if (feature.kind === 'number' || feature.kind === 'date')
      return feature.indicator ? [feature.column, `${feature.column} (missing)`] : [feature.column]
    if (feature.kind === 'boolean') return [feature.column]
    const all = feature.categories.map(category => `${feature.column}=${category}`)
    return feature.missing ? [...all, `${feature.column} (missing)`] : all
  })
}

/** Applies an encoding to the parts of a table, one after the other. */
export interface Encoder {
  /** Rows as a matrix in R^{rows × d}. */
  encode(table: Table): Dense
  /** Remarks on all rows so far. */
  notes(): string[]
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
  const encoder = encoderOf(encoding, options)
  const x = encoder.encode(table)
  return { x, notes: encoder.notes() }
}

/** An encoder that `encode`s tables of the same columns in parts, and keeps its remarks. */
export function encoderOf(encoding: Encoding, options: { readonly known?: readonly string[] } = {}): Encoder {
  const cols = encodedNames(encoding).length
  const used = [...encoding.map(feature => feature.column), ...(options.known ?? [])]
  const ignored = new Set<string>()
  const tallies = encoding.map(() => ({ filled: 0, unseen: new Set<string>() }))
  return {
    encode(table) {
      requireColumns(encoding, table)
      for (const { name } of table.columns) if (!used.includes(name)) ignored.add(name)
      const x = dense(table.rows, cols)
      let at = 0
      encoding.forEach((feature, k) => {
        const column = columnOf(table, feature.column, 'feature')
        if (feature.kind === 'number' || feature.kind === 'date') {
          tallies[k].filled += encodeNumber(numbersOf(feature.kind, column, table), feature, { x, at })
          at += feature.indicator ? 2 : 1
        } else at = encodeText(feature, column, { x, at }, tallies[k].unseen)
      })
      return x
    },
    notes() {
      const notes = ignored.size > 0 ? [`ignored, since the model does not use them: ${listed([...ignored], 6)}.`] : []
      encoding.forEach((feature, k) => {
        const { filled, unseen } = tallies[k]
        const numeric = feature.kind === 'number' || feature.kind === 'date'
        if (numeric && filled > 0 && !feature.indicator)
          notes.push(
            `column "${feature.column}" has ${filled} missing cell(s) and had none in training: filled with the training mean.`,
          )
        if (!numeric && unseen.size > 0)
          notes.push(
            `column "${feature.column}" holds ${listed([...unseen], 4)}, never seen in training: coded as ${feature.kind === 'boolean' ? feature.falseText : 'none of the known categories'}.`,
          )
      })
      return notes
    },
  }
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

interface Place {
  readonly x: Dense
  readonly at: number
}

/** The cells of a column as numbers; NaN where they are missing. */
function numbersOf(kind: 'number' | 'date', column: Column, table: Table): (i: number) => number {
  const { source, firstRow = 0 } = table
  const wrong = (i: number) =>
    new DomainError(
      kind === 'date'
        ? `data: column "${column.name}" must hold dates such as 2024-05-17, as in training; got "${cellText(column, i)}" in row ${firstRow + i + 1} of ${source}. Write the cell so, or leave it empty if the value is missing.`
        : `data: column "${column.name}" must hold numbers, as in training; got "${cellText(column, i)}" in row ${firstRow + i + 1} of ${source}. Correct the cell, or leave it empty if the value is missing.`,
      'E_COLUMN',
    )
  if (kind === 'number' && column.kind === 'number') {
    requireFinite(column, source, firstRow)
    return i => (isMissing(column, i) ? Number.NaN : column.values[i])
  }
  // A column without one value comes in as text: it is missing throughout, which a number may be.
  if (kind === 'number' && column.kind === 'text') {
    if (column.values.some(text => text !== null)) throw wrong(strayRow(column))
    return () => Number.NaN
  }
  return i => {
    const text = cellText(column, i)
    if (text === null) return Number.NaN
    const days = daysOf(text)
    if (Number.isNaN(days)) throw wrong(i)
    return days
  }
}

/** Fills one column, and the one that marks missing cells; gives back how many were missing. */
function encodeNumber(
  value: (i: number) => number,
  { mean, indicator }: { readonly mean: number; readonly indicator: boolean },
  { x, at }: Place,
): number {
  let filled = 0
  for (let i = 0; i < x.rows; i++) {
    const number = value(i)
    const missing = Number.isNaN(number)
    if (missing) filled++
    x.data[i * x.cols + at] = missing ? mean : number
    if (indicator) x.data[i * x.cols + at + 1] = missing ? 1 : 0
  }
  return filled
}

function encodeText(
  feature: Extract<FeatureEncoding, { kind: 'boolean' | 'category' }>,
  column: Column,
  { x, at }: Place,
  unseen: Set<string>,
): number {
  const boolean = feature.kind === 'boolean'
  const categories = boolean ? [feature.trueText] : feature.categories
  const known = new Map(categories.map((category, k) => [category, at + k]))
  const width = categories.length + (feature.kind === 'category' && feature.missing ? 1 : 0)
  for (let i = 0; i < x.rows; i++) {
    const written = cellText(column, i)
    // true in a JSON file is True in one written by pandas.
    const text = boolean && written?.toLowerCase() === feature.trueText.toLowerCase() ? feature.trueText : written
    const own = text === null ? undefined : known.get(text)
    if (own !== undefined) x.data[i * x.cols + own] = 1
    else if (text === null && width > categories.length) x.data[i * x.cols + at + width - 1] = 1
    else if (text === null) unseen.add('(missing)')
    else if (!boolean || text.toLowerCase() !== feature.falseText.toLowerCase()) unseen.add(text)
  }
  return at + width
}

/** The first text of a column that is no number; the first there is when all are. */
export function strayRow({ values }: Pick<TextColumn, 'values'>): number {
  const i = values.findIndex(text => text !== null && !isNumeric(text))
  return i >= 0 ? i : values.findIndex(text => text !== null)
}
