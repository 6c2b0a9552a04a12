/**
 * Tables in files as the rows of a regression problem, read anew for each pass and a block at a time: memory does not grow with their number.
 *
 * Only numbers, all of them there: what a text or a missing cell should become is learned from all rows, which a stream does not hold. `--sql` can say it.
 * @module
 */
import { suggestion } from '../data/suggest.ts'
import { columnOf, isMissing, requireFinite, type Table } from '../data/table.ts'
import { DomainError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import type { RowSource } from '../solvers/streamed/rowSource.ts'
import { type OpenFile, openFile, type Stdin } from './openFile.ts'
import { streamTable } from './readTable.ts'

/** Which columns play which part. */
export interface RegressionRowsOptions {
  /** Columns to predict: a name, names separated by commas, or undefined for the last column. */
  readonly target?: string
  /** Default all others. */
  readonly features?: readonly string[]
  readonly exclude?: readonly string[]
  readonly weights?: string
  readonly sql?: string
  readonly stdin?: Stdin
  /** Rows of a block, about; default 16384. */
  readonly blockRows?: number
}

/** An open source; close it. */
export interface RegressionRows {
  readonly source: RowSource
  /** Names of the columns of X, and of the targets. */
  readonly names: readonly string[]
  readonly targets: readonly string[]
  readonly notes: readonly string[]
  close(): Promise<void>
}

/** Files that are read as tables of numbers, again and again. */
export interface NumberTables {
  /** Names of all columns, and of the source. */
  readonly columns: readonly string[]
  readonly source: string
  readonly notes: readonly string[]
  /** The rows in order from the beginning, in blocks, the columns named as numbers. */
  blocks(names: readonly string[]): AsyncGenerator<Table, void, void>
  close(): Promise<void>
}

const BLOCK = 16_384

/**
 * Opens files. Standard input and pipes are copied to a temporary file first, since they can be read only once.
 *
 * @throws FormatError as `streamTable`.
 */
export async function numberTables(
  paths: string | readonly string[],
  { sql, stdin, blockRows = BLOCK }: Pick<RegressionRowsOptions, 'sql' | 'stdin' | 'blockRows'> = {},
): Promise<NumberTables> {
  const held: OpenFile[] = []
  const close = async () => {
    for (const file of held) await file.close()
  }
  try {
    for (const path of typeof paths === 'string' ? [paths] : paths)
      held.push(await openFile(path, stdin === undefined ? {} : { stdin }))
    const tables = (names: readonly string[]) =>
      streamTable(
        held.map(({ file }) => file),
        { most: blockRows, numbers: new Set(names), ...(sql !== undefined && { sql }) },
      )
    // A first look for the names, which reads no types.
    const head = await firstOf(tables([]))
    return {
      columns: head.columns.map(column => column.name),
      source: head.source,
      notes: head.notes,
      blocks: tables,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Opens files as a source of rows.
 *
 * @throws DomainError (E_COLUMN) for unknown columns; while reading, DomainError naming row and column for texts, missing cells, numbers that are not
 *   finite and weights below 0; FormatError as `streamTable`.
 */
export async function regressionRows(
  paths: string | readonly string[],
  options: RegressionRowsOptions = {},
): Promise<RegressionRows> {
  const { features, exclude = [], weights } = options
  const tables = await numberTables(paths, options)
  try {
    const targets = targetsOf(options.target, tables.columns)
    const apart = new Set([...targets, ...exclude, ...(weights === undefined ? [] : [weights])])
    const names = features ?? tables.columns.filter(name => !apart.has(name))
    for (const [list, role] of [
      [targets, 'target'],
      [names, 'feature'],
      [exclude, 'column to leave out,'],
      [weights === undefined ? [] : [weights], 'weights'],
    ] as const)
      for (const name of list) requireColumn(tables, name, role)
    const twice = names.find(name => targets.includes(name) || name === weights)
    if (twice !== undefined)
      throw new DomainError(`data: "${twice}" cannot be a feature and a target or the weights at once. Take it out.`)
    if (names.length === 0)
      throw new DomainError(
        `data: at least one feature column is needed beside the target; ${tables.source} has none. Add columns.`,
        'E_EMPTY',
      )
    const numbers = [...names, ...targets, ...(weights === undefined ? [] : [weights])]
    const source: RowSource = {
      cols: names.length,
      targets: targets.length,
      targetNames: targets,
      async *blocks() {
        for await (const table of tables.blocks(numbers))
          yield {
            x: numbersOf(table, names),
            y: numbersOf(table, targets),
            weights: weights === undefined ? null : weightsOf(table, weights),
          }
      },
    }
    const notes = [
      ...tables.notes,
      ...(options.target === undefined ? [`no target given: the last column, "${targets[0]}", is predicted.`] : []),
    ]
    return { source, names, targets, notes, close: tables.close }
  } catch (error) {
    await tables.close()
    throw error
  }
}

/** @throws DomainError (E_COLUMN) naming the nearest column when there is none. */
export function requireColumn({ columns, source }: NumberTables, name: string, role: string): void {
  if (columns.includes(name)) return
  throw new DomainError(
    `data: ${role} "${name}" is not a column of ${source}. ${suggestion(name, columns)}`,
    'E_COLUMN',
  )
}

/** Names of targets: one that is a column as it stands, else separated by commas; the last column when nothing is said. */
export function targetsOf(target: string | undefined, columns: readonly string[]): string[] {
  if (target === undefined) return columns.slice(-1)
  if (columns.includes(target)) return [target]
  const list = target.split(',').map(name => name.trim())
  const twice = list.find((name, k) => list.indexOf(name) !== k)
  if (list.includes('') || twice !== undefined)
    throw new DomainError(`data: targets must be different names, separated by commas; got "${target}".`, 'E_COLUMN')
  return list
}

async function firstOf(tables: AsyncGenerator<Table, void, void>): Promise<Table> {
  for await (const table of tables) return table
  throw new DomainError('data: some row is needed; got none. Add data.', 'E_EMPTY')
}

/**
 * Columns of a block as a matrix.
 *
 * @throws DomainError naming row and column for texts, missing cells and numbers that are not finite.
 */
export function numbersOf(table: Table, names: readonly string[]): Dense {
  const { rows, source, firstRow = 0 } = table
  const out = dense(rows, names.length)
  names.forEach((name, j) => {
    const column = columnOf(table, name)
    const missing = (i: number) =>
      new DomainError(
        `data: read in blocks of rows, no cell may be missing; row ${firstRow + i + 1} of column "${name}" of ${source} is. Fill it with --sql (coalesce), or leave the column out with --exclude.`,
        'E_MISSING',
      )
    if (column.kind === 'text') {
      const i = column.values.findIndex(text => text !== null)
      if (i < 0) throw missing(0)
      const stray = column.values.findIndex(text => text !== null && !Number.isFinite(Number(text)))
      throw new DomainError(
        `data: read in blocks of rows, every column must hold numbers; column "${name}" has "${column.values[Math.max(stray, 0)]}" in row ${firstRow + Math.max(stray, 0) + 1} of ${source}. Leave it out with --exclude, or make numbers of it with --sql.`,
        'E_COLUMN',
      )
    }
    requireFinite(column, source, firstRow)
    for (let i = 0; i < rows; i++) {
      if (isMissing(column, i)) throw missing(i)
      out.data[i * names.length + j] = column.values[i]
    }
  })
  return out
}

function weightsOf(table: Table, name: string): Float64Array {
  const { data } = numbersOf(table, [name])
  const i = data.findIndex(w => w < 0)
  if (i >= 0)
    throw new DomainError(
      `data: weights must be numbers ≥ 0; got ${data[i]} in row ${(table.firstRow ?? 0) + i + 1}, column "${name}" of ${table.source}. Correct the cell.`,
    )
  return data
}
