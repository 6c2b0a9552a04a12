/**
 * Rows for `solve` and `ridge` by passes: from memory, encoded as in `fit`, or from files a block at a time, numbers only.
 * @module
 */
import { stat } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { datasetOf } from '../data/dataset.ts'
import { regressionRows, targetsOf } from '../formats/regressionRows.ts'
import { dense } from '../matrix/dense.ts'
import { type RowSource, rowsInMemory } from '../solvers/streamed/rowSource.ts'
import type { Io } from './io.ts'
import { loadTable, rolesOf } from './load.ts'
import { type DataFlags, wholeNumber } from './options.ts'

/** --stream and --block-rows. */
export interface StreamFlags {
  readonly stream?: boolean
  readonly blockRows?: number
}

/** Rows, and what their columns are called. */
export interface LinearRows {
  readonly source: RowSource
  readonly names: readonly string[]
  readonly targets: readonly string[]
  readonly notes: readonly string[]
  /** Whether they are read anew in each pass. */
  readonly streamed: boolean
  close(): Promise<void>
}

/** Files above this are read in blocks without being told. */
const LARGE = 2 ** 29

/** Adds the flags. */
export function addStream(command: Command): Command {
  return command
    .option(
      '--stream',
      'read rows in blocks, anew in each pass: memory does not grow with their number (by itself above 512 MiB)',
    )
    .addOption(new Option('--block-rows <count>', 'rows of a block; changes no digit').argParser(wholeNumber(1)))
}

/** Whether the rows are to be read in blocks: asked for, or the file is large. */
export async function wantsStream(path: string, { stream }: StreamFlags): Promise<boolean> {
  if (stream !== undefined) return stream
  const found = await stat(path).catch(() => null)
  return found?.isFile() === true && found.size > LARGE
}

/** Opens the rows; one target or several, separated by commas. */
export async function linearRows(path: string, flags: DataFlags & StreamFlags, io: Io): Promise<LinearRows> {
  const { features, exclude, weights, sql, target, blockRows } = flags
  if (await wantsStream(path, flags)) {
    const rows = await regressionRows(path, {
      ...(target !== undefined && { target }),
      ...(features !== undefined && { features }),
      ...(exclude !== undefined && { exclude }),
      ...(weights !== undefined && { weights }),
      ...(sql !== undefined && { sql }),
      ...(blockRows !== undefined && { blockRows }),
      ...(io.stdin !== undefined && { stdin: io.stdin }),
    })
    const notes = flags.stream
      ? []
      : [`${path} is larger than 512 MiB: its rows are read in blocks, anew in each pass.`]
    return { ...rows, notes: [...rows.notes, ...notes], streamed: true }
  }
  const loaded = await loadTable(path, several(target) ? { ...(sql !== undefined && { sql }) } : flags, io)
  const { table } = loaded
  const targets = targetsOf(
    several(target) ? target : loaded.target,
    table.columns.map(column => column.name),
  )
  const roles = rolesOf({ ...flags, task: 'regression' }, undefined)
  const sets = targets.map(target =>
    datasetOf(table, { ...roles, target, apart: [...(exclude ?? []), ...targets.filter(name => name !== target)] }),
  )
  const [{ x, weights: w, names }] = sets
  const y = dense(x.rows, targets.length)
  sets.forEach((set, t) => {
    for (let i = 0; i < x.rows; i++) y.data[i * targets.length + t] = set.y[i]
  })
  return {
    source: rowsInMemory(x, y, { weights: w, ...(blockRows !== undefined && { blockRows }) }),
    names,
    targets,
    notes: [
      ...new Set(sets.flatMap(set => set.notes)),
      ...(target === undefined ? [`no target given: the last column, "${targets[0]}", is predicted.`] : []),
    ],
    streamed: false,
    close: async () => {},
  }
}

/** Whether a flag names several targets. */
export function several(target: string | undefined): boolean {
  return target?.includes(',') ?? false
}
