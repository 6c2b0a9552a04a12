/**
 * A data set ready for training: matrix, coded target, weights, and the encodings that made them.
 * @module
 */
import { DomainError } from '../errors.ts'
import type { Dense } from '../matrix/dense.ts'
import { type Encoding, encode, encodedNames } from './encoding.ts'
import { learnEncoding } from './learnEncoding.ts'
import { columnOf, isMissing, requireFinite, type Table } from './table.ts'
import { encodeTarget, learnTarget, type TargetEncoding, type Task } from './target.ts'

/** Data ready for training, with the encodings that made them. */
export interface Dataset {
  /** In R^{n × d}: raw units, encoded. */
  readonly x: Dense
  /** In R^n: numbers, or class indices 0 … C−1. */
  readonly y: Float64Array
  /** In R^n, ≥ 0; null means all 1. */
  readonly weights: Float64Array | null
  /** Names of the columns of x. */
  readonly names: readonly string[]
  readonly encoding: Encoding
  readonly target: TargetEncoding
  readonly source: string
  readonly notes: readonly string[]
}

/** Which columns of a table play which part. */
export interface DatasetOptions {
  /** Column to predict; default the last one. */
  readonly target?: string
  /** Columns to use; default all but target and weights. */
  readonly features?: readonly string[]
  /** Column of sample weights ≥ 0. */
  readonly weights?: string
  /** Columns that are no features unless they are named as such. */
  readonly apart?: readonly string[]
  /** Overrules the guess from the target's values. */
  readonly task?: Task
}

/**
 * Makes a data set of a table: picks target, features and weights, checks every cell, encodes texts and missing cells.
 *
 * @throws DomainError naming row and column for whatever is refused (see `encoding.ts`, `target.ts`), for n < 2, or a feature
 *   that is also the target or the weights.
 */
export function datasetOf(table: Table, options: DatasetOptions = {}): Dataset {
  if (table.rows < 2)
    throw new DomainError(
      `data: at least two rows are needed to train; ${table.source} has ${table.rows}. Add data.`,
      'E_EMPTY',
    )
  const notes = [...table.notes]
  const targetName = options.target ?? lastWithCells(table)
  const targetColumn = columnOf(table, targetName, 'target')
  if (options.target === undefined) notes.push(`no target given: the last column, "${targetName}", is predicted.`)
  const weights = options.weights === undefined ? null : weightsOf(table, options.weights)
  for (const [name, role] of [
    [targetName, 'target'],
    [options.weights, 'weights'],
  ])
    if (name !== undefined && options.features?.includes(name))
      throw new DomainError(`data: "${name}" cannot be a feature and the ${role} at once. Take it out of --features.`)
  if (options.weights === targetName)
    throw new DomainError(`data: "${targetName}" cannot be the target and the weights at once. Choose another column.`)
  for (const name of options.apart ?? []) columnOf(table, name, 'column to leave out,')
  const { target, notes: targetNotes } = learnTarget(targetColumn, table, options.task)
  const names =
    options.features ??
    table.columns
      .map(column => column.name)
      .filter(name => name !== targetName && name !== options.weights && !options.apart?.includes(name))
  const { encoding, notes: encodingNotes } = learnEncoding(table, names)
  const { x } = encode(encoding, table)
  return {
    x,
    y: encodeTarget(target, targetColumn, table.source),
    weights,
    names: encodedNames(encoding),
    encoding,
    target,
    source: table.source,
    notes: [...notes, ...targetNotes, ...encodingNotes],
  }
}

/** The last column that has a cell at all: a delimiter at the end of each line makes an empty one. */
function lastWithCells({ columns, rows }: Table): string {
  const some = columns.filter(column => Array.from({ length: rows }, (_, i) => i).some(i => !isMissing(column, i)))
  return (some.at(-1) ?? columns[columns.length - 1]).name
}

/**
 * The column of sample weights.
 *
 * @throws DomainError when a weight is missing, negative or not finite, or all are 0.
 */
export function weightsOf(table: Table, name: string): Float64Array {
  const column = columnOf(table, name, 'weights')
  if (column.kind === 'text')
    throw new DomainError(`data: weights must be numbers; column "${name}" holds texts. Choose another column.`)
  requireFinite(column, table.source)
  for (let i = 0; i < table.rows; i++)
    if (isMissing(column, i) || column.values[i] < 0)
      throw new DomainError(
        `data: weights must be numbers ≥ 0; got ${isMissing(column, i) ? 'a missing cell' : column.values[i]} in row ${i + 1}, column "${name}" of ${table.source}. Correct the cell.`,
      )
  if (column.values.every(w => w === 0))
    throw new DomainError(`data: some weight must be above 0; column "${name}" is 0 throughout. Choose another column.`)
  return column.values.slice()
}
