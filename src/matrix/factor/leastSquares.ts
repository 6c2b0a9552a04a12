/**
 * Linear least squares: the x of smallest norm among the minimisers of ‖A·x − b‖₂.
 *
 * Householder QR when A has full rank, judged by an estimate of the smallest singular value of the triangular factor
 * (inverse iteration); otherwise the singular value decomposition of that factor, whose values ≤ cutoff·s_0 count as zero.
 * The matrix AᵀA is never formed: the solution is as accurate as the condition of A allows, not its square.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import { type Dense, dense, rowOf, transpose } from '../dense.ts'
import { dot } from '../vector.ts'
import { safeNorm } from './householder.ts'
import { checkFinite, type FactorOptions, ROUND_OFF } from './input.ts'
import { qr } from './qr.ts'
import { svd } from './svd.ts'
import { solveTriangular } from './triangular.ts'

/** Options of `leastSquares`. */
export interface LeastSquaresOptions extends FactorOptions {
  /** Singular values ≤ cutoff·(the largest) count as zero; default 2·max(m, n)·2^−53. */
  readonly cutoff?: number
}

/** The shortest minimiser of ‖A·x − b‖, with its residual. */
export interface LeastSquares {
  /** In R^n. */
  readonly x: Float64Array
  /** b − A·x, in R^m. */
  readonly residual: Float64Array
  /** Numerical rank of A. */
  readonly rank: number
}

/**
 * x for A ∈ R^{m × n}, b ∈ R^m, any shape and rank. Cost that of `qr`, plus `svd` of a min(m, n) square when the rank is deficient.
 *
 * @throws ShapeError when b is not in R^m.
 * @throws DomainError for entries that are not finite.
 */
export function leastSquares(a: Dense, b: Float64Array, options: LeastSquaresOptions = {}): LeastSquares {
  if (b.length !== a.rows)
    throw new ShapeError(`leastSquares: the right-hand side must have ${a.rows} numbers; got ${b.length}.`)
  checkFinite('leastSquares', a)
  checkFinite('leastSquares right-hand side', dense(1, b.length, b))
  const { cutoff = 2 * Math.max(a.rows, a.cols) * ROUND_OFF } = options
  const wide = a.rows < a.cols
  // Tall: A = Q·R. Wide: Aᵀ = Q·R, so x = Q·R⁻ᵀ·b is the solution of least norm.
  const { q, r } = qr(wide ? transpose(a) : a, options)
  const side = r.rows
  const small = cutoff * safeNorm(r.data)
  if (side > 0 && smallestSingular(r) > small) {
    const x = wide
      ? apply(q, solveTriangular(r, b, { upper: true, transpose: true }))
      : solveTriangular(r, applyT(q, b), { upper: true })
    return { x, residual: residual(a, x, b), rank: side }
  }
  const { u, values, vt } = svd(r, options)
  let rank = 0
  while (rank < side && values[rank] > cutoff * values[0]) rank++
  // R = U·S·Vᵀ, or Rᵀ = V·S·Uᵀ.
  const [left, right] = wide ? [transpose(vt), transpose(u)] : [u, vt]
  const c = applyT(left, wide ? b : applyT(q, b))
  for (let k = 0; k < side; k++) c[k] = k < rank ? c[k] / values[k] : 0
  const y = applyT(right, c)
  const x = wide ? apply(q, y) : y
  return { x, residual: residual(a, x, b), rank }
}

/** An estimate (from above, within a small factor) of the smallest singular value of R: inverse iteration on RᵀR. */
function smallestSingular(r: Dense): number {
  const n = r.rows
  for (let i = 0; i < n; i++) if (r.data[i * n + i] === 0) return 0
  // Alternating signs with growing sizes: a start that no structured R is likely to be orthogonal to.
  let x: Float64Array = Float64Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : -1) * (1 + i / n))
  let estimate = Infinity
  for (let step = 0; step < 4; step++) {
    const size = safeNorm(x)
    const y = solveTriangular(
      r,
      x.map(v => v / size),
      { upper: true, transpose: true },
    )
    x = solveTriangular(r, y, { upper: true })
    const growth = safeNorm(x)
    if (!(growth < Infinity)) return 0
    estimate = Math.min(estimate, 1 / Math.sqrt(growth))
  }
  return estimate
}

function apply(a: Dense, x: Float64Array): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, i) => dot(rowOf(a, i), x))
}

function applyT(a: Dense, y: Float64Array): Float64Array {
  const out = new Float64Array(a.cols)
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) out[j] += y[i] * a.data[i * a.cols + j]
  return out
}

function residual(a: Dense, x: Float64Array, b: Float64Array): Float64Array {
  return b.map((v, i) => v - dot(rowOf(a, i), x))
}
