/**
 * Cholesky with diagonal pivoting: A ≈ L·Lᵀ for symmetric positive semidefinite A, L ∈ R^{n × rank}.
 *
 * Each step takes the largest remaining diagonal entry, so the diagonal of what is left bounds the error:
 * ‖A − L·Lᵀ‖_max = max_i (A − L·Lᵀ)_ii. Source: N. Higham, Analysis of the Cholesky decomposition of a semi-definite
 * matrix, 1990 (stopping rule (6)).
 * @module
 */
import { DomainError } from '../../errors.ts'
import { compute as defaultCompute } from '../createCompute.ts'
import { type Dense, dense } from '../dense.ts'
import { checkFinite, checkSquare, type FactorOptions, ROUND_OFF } from './input.ts'

/** When `choleskyPivoted` stops. */
export interface PivotedCholeskyOptions extends FactorOptions {
  /** Stop when the largest remaining diagonal entry is ≤ tolerance·max_i A_ii; default 2n·2^−53. */
  readonly tolerance?: number
  /** Stop at this rank at the latest; default n. */
  readonly maxRank?: number
}

/** A ≈ L·Lᵀ of low rank, from the rows that matter most. */
export interface PivotedCholesky {
  /** L ∈ R^{n × rank}, rows in the order of A; row pivots[k] is zero beyond column k. */
  readonly factor: Dense
  /** Row taken at each step, in order; they are linearly independent. */
  readonly pivots: Uint32Array
  readonly rank: number
}

/**
 * L, the pivots and the numerical rank; only the lower triangle of `a` is read.
 *
 * Use it for semidefinite matrices and for low-rank approximation from few columns. Cost n·rank² flops (BLAS-2).
 *
 * @throws ShapeError when `a` is not square.
 * @throws DomainError for entries that are not finite, or a negative diagonal entry.
 */
export function choleskyPivoted(a: Dense, options: PivotedCholeskyOptions = {}): PivotedCholesky {
  checkSquare('choleskyPivoted', a)
  checkFinite('choleskyPivoted', a)
  const n = a.rows
  const { compute = defaultCompute(), tolerance = 2 * n * ROUND_OFF, maxRank = n } = options
  const left = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    left[i] = a.data[i * n + i]
    if (left[i] < 0)
      throw new DomainError(
        `choleskyPivoted: the matrix must be positive semidefinite; got ${left[i]} at row ${i}, column ${i}.`,
      )
  }
  const stop = tolerance * left.reduce((top, v) => Math.max(top, v), 0)
  const pivots: number[] = []
  // Lᵀ, one row a step, contiguous.
  const rows = new Float64Array(n * Math.min(n, maxRank))
  const [coefficients, column] = [new Float64Array(Math.min(n, maxRank)), new Float64Array(n)]
  while (pivots.length < Math.min(n, maxRank)) {
    let p = 0
    for (let i = 1; i < n; i++) if (left[i] > left[p]) p = i
    if (!(left[p] > stop)) break
    const k = pivots.length
    for (let i = 0; i < n; i++) column[i] = i >= p ? a.data[i * n + p] : a.data[p * n + i]
    for (let j = 0; j < k; j++) coefficients[j] = rows[j * n + p]
    if (k > 0) compute.kernels.gemv(true, k, n, -1, rows, n, coefficients, 1, column)
    const pivot = Math.sqrt(left[p])
    const row = rows.subarray(k * n, (k + 1) * n)
    for (let i = 0; i < n; i++) {
      row[i] = column[i] / pivot
      left[i] -= row[i] * row[i]
    }
    row[p] = pivot
    // Rows taken are finished: what rounding left of them must not be taken again.
    for (const q of pivots) row[q] = 0
    pivots.push(p)
    for (const q of pivots) left[q] = 0
  }
  const rank = pivots.length
  const factor = dense(n, rank)
  for (let i = 0; i < n; i++) for (let k = 0; k < rank; k++) factor.data[i * rank + k] = rows[k * n + i]
  return { factor, pivots: Uint32Array.from(pivots), rank }
}
