/**
 * The target column: numbers for regression, or classes whose labels are kept as given.
 * @module
 */
import { DomainError } from '../errors.ts'
import { strayRow } from './encoding.ts'
import { FEW } from './learnEncoding.ts'
import { foreignNumberRow, PLAIN_NUMBERS } from './notation.ts'
import { listed } from './suggest.ts'
import { type Column, cellText, isMissing, isNumeric, requireFinite, type Table, type TextColumn } from './table.ts'

/** What the model predicts. Classes are coded 0 … C−1 in the order of `labels` (numbers by size, texts by character code). */
export type TargetEncoding =
  | { readonly kind: 'number'; readonly name: string }
  | { readonly kind: 'classes'; readonly name: string; readonly labels: readonly string[] }

/** What is predicted: numbers or classes. */
export type Task = 'regression' | 'classification'

/** Most classes that are taken from a column. */
export const MOST_CLASSES = 100

/**
 * Decides what a target column is. Texts are classes. Numbers with two values are classes, and so are whole numbers with 3 to
 * 20 values that each come up five times or more on average; all others are regression. `task` overrules.
 *
 * @returns the encoding, and a note when numbers were taken for classes without being told.
 * @throws DomainError when the target is missing somewhere, constant, has one class only, or cannot be what `task` says.
 */
export function learnTarget(column: Column, table: Table, task?: Task): { target: TargetEncoding; notes: string[] } {
  const { name } = column
  const count = table.rows
  for (let i = 0; i < count; i++)
    if (isMissing(column, i))
      throw new DomainError(
        `data: the target must be known in every row; "${name}" is missing in row ${i + 1} of ${table.source}. Remove the rows without a target, as by --sql 'select * from data where "${name}" is not null'.`,
        'E_TARGET',
      )
  if (column.kind === 'number') requireFinite(column, table.source)
  const labels = [...new Set(Array.from({ length: count }, (_, i) => cellText(column, i) as string))]
  const guessed = task === undefined
  if (guessed && column.kind === 'text' && labels.length > FEW) refuseNumbers(column, labels.length, table.source)
  const classes = task === undefined ? looksLikeClasses(column, labels) : task === 'classification'
  if (labels.length === 1)
    throw new DomainError(
      classes && column.kind === 'text'
        ? `data: two classes at least are needed; "${name}" is "${labels[0]}" in all ${count} rows. Choose another target.`
        : `data: the target must vary; "${name}" is ${labels[0]} in all ${count} rows. Choose another target, or predict that constant.`,
      'E_TARGET',
    )
  if (!classes) {
    if (column.kind === 'text')
      throw new DomainError(
        `data: a regression target must hold numbers; "${name}" holds texts such as ${listed(labels, 3)}. Use a classification loss (logistic), or correct the column.`,
        'E_TARGET',
      )
    return { target: { kind: 'number', name }, notes: [] }
  }
  if (labels.length > MOST_CLASSES)
    throw new DomainError(
      `data: at most ${MOST_CLASSES} classes are taken; "${name}" has ${labels.length} different values. Choose another target, or a regression loss (squared).`,
      'E_TARGET',
    )
  if (column.kind === 'number') labels.sort((a, b) => Number(a) - Number(b))
  else labels.sort()
  const note = `target "${name}" has ${labels.length} different numbers (${labels.slice(0, 3).join(', ')}${labels.length > 3 ? ' …' : ''}): taken as classes. For regression say --loss squared.`
  return {
    target: { kind: 'classes', name, labels },
    notes: guessed && column.kind === 'number' ? [note] : [],
  }
}

/**
 * Codes a target column: the numbers themselves, or class indices.
 *
 * @throws DomainError when a class was not there in training, or a number is not finite.
 */
export function encodeTarget(target: TargetEncoding, column: Column, source: string): Float64Array {
  const count = column.values.length
  const out = new Float64Array(count)
  const index = new Map(target.kind === 'classes' ? target.labels.map((label, k) => [label, k]) : [])
  for (let i = 0; i < count; i++) {
    const text = cellText(column, i)
    if (text === null)
      throw new DomainError(
        `data: the target must be known in every row; "${column.name}" is missing in row ${i + 1} of ${source}.`,
        'E_TARGET',
      )
    if (target.kind === 'number') {
      out[i] = column.kind === 'number' ? column.values[i] : Number.NaN
      if (!Number.isFinite(out[i]))
        throw new DomainError(
          `data: the target must hold finite numbers; got "${text}" in row ${i + 1}, column "${column.name}" of ${source}.`,
          'E_TARGET',
        )
    } else {
      const k = index.get(text)
      if (k === undefined)
        throw new DomainError(
          `data: every class must have been there in training; got "${text}" in row ${i + 1}, column "${column.name}" of ${source}. The model knows ${listed(target.labels)}.`,
          'E_LABELS',
        )
      out[i] = k
    }
  }
  return out
}

/** @throws DomainError for a target of texts that are numbers, but for their notation or for a few cells. */
function refuseNumbers({ name, values }: TextColumn, classes: number, source: string): void {
  const foreign = foreignNumberRow(values)
  if (foreign >= 0)
    throw new DomainError(
      `data: target "${name}" holds numbers written as "${values[foreign]}" in row ${foreign + 1} of ${source}, which would be ${classes} classes. ${PLAIN_NUMBERS}.`,
      'E_TARGET',
    )
  const numeric = values.filter(text => text !== null && isNumeric(text)).length
  if (numeric < 0.8 * values.length || numeric === values.length) return
  const i = strayRow({ values })
  throw new DomainError(
    `data: target "${name}" holds numbers except "${values[i]}" in row ${i + 1} of ${source}. Correct the cell, or remove the row; to predict texts say so with a classification loss.`,
    'E_TARGET',
  )
}

function looksLikeClasses(column: Column, labels: readonly string[]): boolean {
  if (column.kind === 'text' || labels.length === 2) return true
  const whole = labels.every(label => Number.isInteger(Number(label)))
  return whole && labels.length <= 20 && column.values.length >= 5 * labels.length
}
