/**
 * One pass over the rows: rows in the coordinates go into a sum whose bits depend on neither blocks nor workers (`rowSum`).
 * @module
 */
import { DomainError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { CHUNK, checkRows } from '../../sketch/draw.ts'
import { type RowSummand, rowSum } from '../../sketch/rowSum.ts'
import { breathe, type Status } from '../solve.ts'
import { type Coordinates, learnCoordinates, prepare } from './coordinates.ts'
import type { RegressionBlock, RowSource } from './rowSource.ts'

/** How far the work is. */
export interface StreamProgress {
  /** 1 for the first pass. */
  readonly pass: number
  readonly phase: string
  /** Rows of this pass so far. */
  readonly rows: number
  /** Rows of a pass; NaN in the first. */
  readonly of: number
  readonly seconds: number
}

/** What a run of passes shares. */
export interface Run {
  readonly source: RowSource
  readonly intercept: boolean
  readonly stop: () => Status | null
  readonly onProgress: (progress: Omit<StreamProgress, 'seconds'>) => void
  coordinates: Coordinates | null
  /** n; NaN before the end of the first pass. */
  rows: number
  /** Σw, summed in the first pass. */
  weight: number
  passes: number
  /** Most matrices of partial sums held at once, and most numbers in sums and the rows that wait. */
  held: number
  numbers: number
  status: Status | null
}

/** The sum over all rows, or null when the run was stopped. */
export async function passOver(
  run: Run,
  phase: string,
  makeSummand: (coordinates: Coordinates) => RowSummand,
): Promise<Dense | null> {
  run.passes++
  let summand: RowSummand | null = null
  let sum: ReturnType<typeof rowSum> | null = null
  let [rows, weight] = [0, 0]
  let breath = performance.now()
  const add = (block: RegressionBlock, coordinates: Coordinates) => {
    const width = coordinates.side + run.source.targets
    summand ??= makeSummand(coordinates)
    sum ??= rowSum(summand, width)
    sum.add(rows, prepare(block, coordinates))
    for (let i = 0; i < block.x.rows; i++) weight += block.weights?.[i] ?? 1
    rows += block.x.rows
    run.held = Math.max(run.held, sum.held)
    run.numbers = Math.max(run.numbers, (sum.held * summand.rows + CHUNK) * width)
  }
  // Until the coordinates are known, which takes the first chunk.
  let waiting: RegressionBlock[] = []
  let first = 0
  const begin = () => {
    run.coordinates = learnCoordinates(waiting, { cols: run.source.cols, intercept: run.intercept })
    for (const block of waiting) add(block, run.coordinates)
    waiting = []
    first = 0
  }
  for await (const block of run.source.blocks()) {
    if (block.x.rows === 0) continue
    // In the columns that the caller knows; later passes see the same rows.
    if (Number.isNaN(run.rows))
      for (const part of [block.x, block.y]) checkRows('streamRidge', part, part.rows, rows + first)
    if (run.coordinates !== null) add(block, run.coordinates)
    else {
      waiting.push(copied(block))
      first += block.x.rows
      if (first >= CHUNK) begin()
    }
    run.onProgress({ pass: run.passes, phase, rows: rows + first, of: run.rows })
    if (performance.now() - breath > 16) {
      await breathe()
      breath = performance.now()
    }
    run.status = run.stop()
    if (run.status !== null) return null
  }
  if (waiting.length > 0) begin()
  const done = sum as ReturnType<typeof rowSum> | null
  if (done === null) throw new DomainError('streamRidge: some row is needed; got none. Add data.', 'E_EMPTY')
  if (Number.isFinite(run.rows) && rows !== run.rows)
    throw new DomainError(
      `streamRidge: every pass must have the ${run.rows} rows of the first; got ${rows}. Do not change the data meanwhile.`,
      'E_ROW_ORDER',
    )
  run.rows = rows
  run.weight = weight
  return done.result(rows)
}

/** A block may be gone once the next is asked for. */
function copied({ x, y, weights }: RegressionBlock): RegressionBlock {
  const own = (a: Dense) => dense(a.rows, a.cols, a.data.slice())
  return { x: own(x), y: own(y), weights: weights?.slice() ?? null }
}
