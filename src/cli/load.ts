/**
 * From the flags --sql, --target, --features, --weights, --valid and --valid-fraction to data sets; from a table to a matrix.
 * @module
 */
import { extname } from 'node:path'
import { type Dataset, type DatasetOptions, datasetOf, weightsOf } from '../data/dataset.ts'
import { encode } from '../data/encoding.ts'
import { trainTestSplit } from '../data/split.ts'
import { type Column, columnOf, isMissing, requireFinite, rowsOf, type Table } from '../data/table.ts'
import { encodeTarget, type Task } from '../data/target.ts'
import { DomainError, ShapeError } from '../errors.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import type { Rows } from '../formats/onRows.ts'
import { readTable } from '../formats/readTable.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import type { Io } from './io.ts'
import type { DataFlags, HoldoutFlags } from './options.ts'

/**
 * Reads a table; when --target names a .npy file, its numbers become the last column, called y.
 *
 * @throws ShapeError when that file has another number of rows; DomainError (E_USAGE) when no file is named.
 */
export async function loadTable(
  paths: string | readonly string[],
  flags: DataFlags,
  io: Io,
): Promise<{ table: Table; target?: string }> {
  if (paths.length === 0)
    throw new DomainError(
      'data: a file to read is needed; got none. Name a CSV, Parquet, JSON or .npy file, "-" for standard input, or diabetes to try.',
      'E_USAGE',
    )
  const table = await readTable(paths, {
    ...(io.stdin !== undefined && { stdin: io.stdin }),
    ...(flags.sql !== undefined && { sql: flags.sql }),
  })
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
export async function loadDataset(
  paths: string | readonly string[],
  flags: DataFlags & { readonly task?: Task },
  io: Io,
): Promise<Dataset> {
  const { table, target } = await loadTable(paths, flags, io)
  return datasetOf(table, rolesOf(flags, target))
}

/** Rows to train on, and those to judge by. */
export interface Split {
  readonly data: Dataset
  /** null when none were asked for. */
  readonly held: (Rows & { readonly source: string }) | null
}

/**
 * Reads what is trained on, and what --valid or --valid-fraction keep apart for judging: a file, or a share of the rows drawn by
 * the seed, class by class. Encodings are learned from the rows trained on alone.
 *
 * @throws DomainError when both are given; else as the reading of tables.
 */
export async function loadSplit(
  paths: readonly string[],
  flags: DataFlags & HoldoutFlags & { readonly task?: Task; readonly seed: number },
  io: Io,
): Promise<Split> {
  const { valid, validFraction } = flags
  if (valid !== undefined && validFraction !== undefined)
    throw new DomainError('data: give --valid or --valid-fraction, not both.', 'E_USAGE')
  const { table, target } = await loadTable(paths, flags, io)
  if (valid !== undefined) {
    const data = datasetOf(table, rolesOf(flags, target))
    const other = await loadTable(valid, {}, io)
    return { data, held: { ...heldOut(other.table, data, flags), source: other.table.source } }
  }
  const roles = rolesOf(flags, target)
  const whole = datasetOf(table, roles)
  if (validFraction === undefined) return { data: whole, held: null }
  const { train, test } = splitRows(whole, validFraction, flags.seed)
  const task: Task = whole.target.kind === 'number' ? 'regression' : 'classification'
  const data = datasetOf(rowsOf(table, train), { ...roles, target: whole.target.name, task })
  // What the reader and the whole table had to say, not once more what the guess of the task was.
  const notes = [...new Set([...whole.notes, ...data.notes])]
  const source = `${test.length} rows held out of ${table.source}`
  return { data: { ...data, notes }, held: { ...heldOut(rowsOf(table, test), data, flags), source } }
}

/** The rows to train on and those held out, as --valid-fraction draws them. */
export function splitRows(
  { y, target }: Pick<Dataset, 'y' | 'target'>,
  fraction: number,
  seed: number,
): { train: number[]; test: number[] } {
  return trainTestSplit(y.length, { test: fraction, seed, ...(target.kind === 'classes' && { classes: y }) })
}

/** Rows of a table, coded as a data set is. */
export function heldOut(
  table: Table,
  { encoding, target }: Pick<Dataset, 'encoding' | 'target'>,
  flags: Pick<DataFlags, 'weights'> = {},
): Rows {
  return {
    x: encode(encoding, table).x,
    y: encodeTarget(target, columnOf(table, target.name, 'target'), table.source),
    weights: flags.weights === undefined ? null : weightsOf(table, flags.weights),
  }
}

/** Which columns the flags name for what. */
export function rolesOf(flags: DataFlags & { readonly task?: Task }, target: string | undefined): DatasetOptions {
  return {
    ...(target !== undefined && { target }),
    ...(flags.features !== undefined && { features: flags.features }),
    ...(flags.exclude !== undefined && { apart: flags.exclude }),
    ...(flags.weights !== undefined && { weights: flags.weights }),
    ...(flags.task !== undefined && { task: flags.task }),
  }
}

/**
 * Reads a table of numbers as a matrix: all columns, or those named.
 *
 * @throws DomainError for texts, missing cells and numbers that are not finite.
 */
export async function loadMatrix(path: string, io: Io, features?: readonly string[]): Promise<Dense> {
  const table = await readTable(path, io.stdin === undefined ? {} : { stdin: io.stdin })
  const chosen = features === undefined ? table.columns : features.map(name => columnOf(table, name, 'feature'))
  return matrixOfColumns(table, chosen)
}

/**
 * Columns of numbers as a matrix, in the order given.
 *
 * @throws DomainError for texts, missing cells and numbers that are not finite.
 */
export function matrixOfColumns(table: Table, chosen: readonly Column[]): Dense {
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
  paths: string | readonly string[],
  options: {
    readonly target?: string | undefined
    readonly weights: string | null
    readonly sql?: string | undefined
    /** Whether they are the rows of training: those that --valid-fraction held out are then left out again. */
    readonly trained?: boolean
    readonly io: Io
  },
): Promise<LoadedRows> {
  const { weights, io } = options
  const flags = {
    ...(options.target !== undefined && { target: options.target }),
    ...(options.sql !== undefined && { sql: options.sql }),
  }
  const loaded = await loadTable(paths, flags, io)
  const { target = model.target.name } = loaded
  const table = options.trained ? trainedOn(model, loaded.table, target) : loaded.table
  const y = encodeTarget(model.target, columnOf(table, target, 'target'), table.source)
  const w = weights === null ? null : weightsOf(table, weights)
  const other =
    options.target !== undefined && target === options.target && target !== model.target.name
      ? [`the model predicts "${model.target.name}": its predictions are compared with "${target}".`]
      : []
  const { x, notes } = encode(model.encoding, table, { known: [target, weights ?? model.training.weights ?? target] })
  return { rows: { x, y, weights: w }, source: table.source, target, notes: [...table.notes, ...other, ...notes] }
}

/** The rows of training in a table: all of it, or without those that --valid-fraction held out, drawn again. */
function trainedOn({ target, training }: SavedModel, table: Table, name: string): Table {
  const { validFraction, rows, seed } = training
  if (validFraction === undefined || table.rows === rows) return table
  const y = encodeTarget(target, columnOf(table, name, 'target'), table.source)
  const { train } = splitRows({ y, target }, validFraction, seed)
  if (train.length !== rows) return table
  const note = `the ${table.rows - rows} rows that --valid-fraction ${validFraction} held out at training are left out again.`
  const part = rowsOf(table, train)
  return { ...part, notes: [...part.notes, note] }
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
