/**
 * Rows of a regression problem as they come: from memory, from a file larger than memory, from a generator. Every pass begins anew.
 * @module
 */
import { DomainError, ShapeError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'

/** Some rows in order; the arrays may be used again once the next block is asked for. */
export interface RegressionBlock {
  /** In R^{rows × d}. */
  readonly x: Dense
  /** In R^{rows × c}, a column a target. */
  readonly y: Dense
  /** In R^rows, ≥ 0; null means all 1. */
  readonly weights: Float64Array | null
}

/** The same rows, in the same order, at every call of `blocks`; how they are cut into blocks changes nothing. */
export interface RowSource {
  /** d. */
  readonly cols: number
  /** c. */
  readonly targets: number
  /** What messages call the targets; default their numbers. */
  readonly targetNames?: readonly string[]
  blocks(): AsyncIterable<RegressionBlock>
}

/** Matrices in memory as a source. */
export interface RowsInMemory {
  /** In R^n, ≥ 0. */
  readonly weights?: Float64Array | null
  /** Rows of a block; default 4096. */
  readonly blockRows?: number
}

/**
 * X ∈ R^{n × d} and Y ∈ R^{n × c}, not copied, as a source.
 *
 * @throws ShapeError when the rows of X, Y and the weights differ in number; DomainError (E_PARAM_RANGE) for a weight below 0.
 */
export function rowsInMemory(x: Dense, y: Dense, { weights = null, blockRows = 4096 }: RowsInMemory = {}): RowSource {
  if (y.rows !== x.rows || (weights !== null && weights.length !== x.rows))
    throw new ShapeError(
      `rowsInMemory: matrix, targets and weights must have equally many rows; got ${[x.rows, y.rows, ...(weights ? [weights.length] : [])].join(', ')}.`,
    )
  const negative = weights?.findIndex(w => !(w >= 0)) ?? -1
  if (weights !== null && negative >= 0)
    throw new DomainError(
      `rowsInMemory: weights must be ≥ 0; got ${weights[negative]} in row ${negative}.`,
      'E_PARAM_RANGE',
    )
  return {
    cols: x.cols,
    targets: y.cols,
    async *blocks() {
      for (let from = 0; from < x.rows; from += blockRows) {
        const end = Math.min(x.rows, from + blockRows)
        const part = (a: Dense) => dense(end - from, a.cols, a.data.subarray(from * a.cols, end * a.cols))
        yield { x: part(x), y: part(y), weights: weights?.subarray(from, end) ?? null }
      }
    },
  }
}
