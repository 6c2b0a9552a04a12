/**
 * A dense matrix as an operator, its columns in groups of equal size.
 * @module
 */
import { ShapeError } from '../errors.ts'
import type { Compute } from './compute.ts'
import { compute as defaultCompute } from './createCompute.ts'
import { type Dense, dense } from './dense.ts'
import { groupNorms } from './gated.ts'
import type { GroupedOperator, Traits } from './operator.ts'

/** Groups, declared traits and compute of a dense operator. */
export interface DenseOperatorOptions {
  /** Columns of a group; default 1. Divides the number of columns. */
  readonly groupSize?: number
  readonly traits?: Traits
  readonly compute?: Compute
}

/** A dense matrix as a grouped operator. */
export interface DenseOperator extends GroupedOperator {
  readonly kind: 'dense'
  /** A ∈ R^{rows × cols}, not copied. */
  readonly matrix: Dense
  restrict(active: ArrayLike<number>): DenseOperator
}

/**
 * The operator of A ∈ R^{n × (G·g)}: group k holds columns k·g … k·g + g − 1.
 *
 * Products cost 2·n·G·g flops. Where many are made, let A lie in the arena (`compute.region()`): the wasm backend copies
 * what lies outside at each call.
 *
 * @throws ShapeError when the groups do not fill the columns.
 */
export function denseOperator(matrix: Dense, options: DenseOperatorOptions = {}): DenseOperator {
  const { groupSize = 1, traits = {}, compute = defaultCompute() } = options
  const { rows, cols, data } = matrix
  if (!Number.isInteger(groupSize) || groupSize < 1 || cols % groupSize !== 0)
    throw new ShapeError(`denseOperator: groupSize must divide the ${cols} columns; got ${groupSize}.`)
  const groups = cols / groupSize
  const { kernels } = compute
  const scratch = new Float64Array(cols)
  const applyT = (y: Float64Array, out: Float64Array = new Float64Array(cols)) => {
    // A kernel given no rows leaves its output alone.
    if (rows === 0) return out.fill(0)
    kernels.gemv(true, rows, cols, 1, data, cols, y, 0, out)
    return out
  }
  return {
    kind: 'dense',
    matrix,
    rows,
    cols,
    groups,
    groupSize,
    traits,
    apply(x, out = new Float64Array(rows)) {
      if (cols === 0) return out.fill(0)
      kernels.gemv(false, rows, cols, 1, data, cols, x, 0, out)
      return out
    },
    applyT,
    applyBlock(x, out = dense(x.rows, rows)) {
      compute.gemm(false, true, x.rows, rows, cols, 1, x.data, cols, data, cols, 0, out.data, rows)
      return out
    },
    applyTBlock(y, out = dense(y.rows, cols)) {
      compute.gemm(false, false, y.rows, cols, rows, 1, y.data, rows, data, cols, 0, out.data, cols)
      return out
    },
    correlations: (r, out = new Float64Array(groups)) => groupNorms(applyT(r, scratch), groupSize, out),
    restrict: active => denseOperator(columnsOf(matrix, active, groupSize), { groupSize, compute }),
    gram(active) {
      const a = columnsOf(matrix, active, groupSize)
      const out = dense(a.cols, a.cols)
      if (a.cols === 0 || rows === 0) return out
      compute.syrk(true, a.cols, rows, 1, a.data, a.cols, 0, out.data, a.cols)
      for (let i = 0; i < a.cols; i++) for (let j = 0; j < i; j++) out.data[j * a.cols + i] = out.data[i * a.cols + j]
      return out
    },
  }
}

/** The columns of the groups of `active`, copied, in that order. */
function columnsOf(a: Dense, active: ArrayLike<number>, groupSize: number): Dense {
  checkGroups('denseOperator', active, a.cols / groupSize)
  const out = dense(a.rows, active.length * groupSize)
  for (let i = 0; i < a.rows; i++)
    for (let k = 0; k < active.length; k++) {
      const from = i * a.cols + active[k] * groupSize
      out.data.set(a.data.subarray(from, from + groupSize), i * out.cols + k * groupSize)
    }
  return out
}

/** @throws ShapeError naming the first group that is not in 0..groups − 1. */
export function checkGroups(who: string, active: ArrayLike<number>, groups: number): void {
  for (let k = 0; k < active.length; k++)
    if (!(Number.isInteger(active[k]) && active[k] >= 0 && active[k] < groups))
      throw new ShapeError(`${who}: groups must be in 0..${groups - 1}; got ${active[k]}.`)
}
