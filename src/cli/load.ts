/**
 * From the flags --target, --features and --weights to a data set; from a table to a matrix.
 * @module
 */
import { extname } from 'node:path'
import { type Dataset, datasetOf, weightsOf } from '../data/dataset.ts'
import { encode } from '../data/encoding.ts'
import { type Column, columnOf, isMissing, requireFinite, type Table } from '../data/table.ts'
import { encodeTarget, type Task } from '../data/target.ts'
import { DomainError, ShapeError } from '../errors.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import type { Rows } from '../formats/onRows.ts'
import { readTable } from '../formats/readTable.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import type { Io } from './io.ts'
import type { DataFlags } from './options.ts'

/**
 * Reads a table; when --target names a .npy file, its numbers become the last column, called y.
 *
 * @throws ShapeError when that file has another number of rows.
 */
export async function loadTable(path: string, flags: DataFlags, io: Io): Promise<{ table: Table; target?: string }> {
  const table = await readTable(path, io.stdin === undefined ? {} : { stdin: io.stdin })
  const { target } = flags
  if (target === undefined) return { table }
  if (extname(target) !== '.npy' || table.columns.some(column => column.name === target)) return { table, target }
  const other = await readTable(target)
  if (other.columns.length !== 1)
    throw new ShapeError(
      `data: a target file must hold one number a row; ${target} has ${other.columns.length} columns. Save one of them.`,
    )
  if (other.rows !== table.rows)
    throw new ShapeError(`data: target and data must have equally many rows; got ${other.rows} and ${table.rows}.`)
  const name = freeName(table)
  const column: Column = { ...other.columns[0], name }
  return { table: { ...table, columns: [...table.columns, column] }, target: name }
}

/** Reads a table and makes a data set of it. */
export async function loadDataset(path: string, flags: DataFlags & { readonly task?: Task }, io: Io): Promise<Dataset> {
  const { table, target } = await loadTable(path, flags, io)
  return datasetOf(table, {
    ...(target !== undefined && { target }),
    ...(flags.features !== undefined && { features: flags.features }),
    ...(flags.weights !== undefined && { weights: flags.weights }),
    ...(flags.task !== undefined && { task: flags.task }),
  })
}

/**
 * Reads a table of numbers as a matrix: all columns, or those named.
 *
 * @throws DomainError for texts, missing cells and numbers that are not finite.
 */
export async function loadMatrix(path: string, io: Io, features?: readonly string[]): Promise<Dense> {
  const table = await readTable(path, io.stdin === undefined ? {} : { stdin: io.stdin })
  const chosen = features === undefined ? table.columns : features.map(name => columnOf(table, name, 'feature'))
  const a = dense(table.rows, chosen.length)
  chosen.forEach((column, j) => {
    if (column.kind === 'text')
      throw new DomainError(
        `data: every column must hold numbers; "${column.name}" of ${table.source} holds texts. Name the columns to use with --features.`,
      )
    requireFinite(column, table.source)
    for (let i = 0; i < table.rows; i++) {
      if (isMissing(column, i))
        throw new DomainError(
          `data: no cell may be missing; row ${i + 1} of column "${column.name}" of ${table.source} is. Fill it first.`,
        )
      a.data[i * chosen.length + j] = column.values[i]
    }
  })
  return a
}

/** Rows for a model, with where they came from and remarks. */
export interface LoadedRows {
  readonly rows: Rows
  readonly source: string
  /** Name of the target column. */
  readonly target: string
  readonly notes: readonly string[]
}

/**
 * Reads rows whose target is known and encodes them as the model does.
 *
 * @param options the target (default: as in training), and the column of weights (null: none).
 * @throws DomainError naming row and column for what the model cannot take.
 */
export async function loadRows(
  model: SavedModel,
  path: string,
  options: { readonly target?: string | undefined; readonly weights: string | null; readonly io: Io },
): Promise<LoadedRows> {
  const { weights, io } = options
  const flags = options.target === undefined ? {} : { target: options.target }
  const { table, target = model.target.name } = await loadTable(path, flags, io)
  const y = encodeTarget(model.target, columnOf(table, target, 'target'), table.source)
  const w = weights === null ? null : weightsOf(table, weights)
  const { x, notes } = encode(model.encoding, table, { known: [target, weights ?? model.training.weights ?? target] })
  return { rows: { x, y, weights: w }, source: table.source, target, notes: [...table.notes, ...notes] }
}

/** What a loss says about the target; nothing when the loss is to be chosen by the target. */
export function taskOf(loss: string): Task | undefined {
  if (loss === 'auto') return undefined
  return loss === 'squared' || loss === 'huber' ? 'regression' : 'classification'
}

function freeName(table: Table): string {
  if (table.columns.every(column => column.name !== 'y')) return 'y'
  throw new DomainError('data: a column is called "y" already, and the target file needs that name. Rename the column.')
}
