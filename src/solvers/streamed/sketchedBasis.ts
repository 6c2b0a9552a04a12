/**
 * T₀ from a sketch: M = (SA)ᵀ(SA) + λP = RᵀR, T₀ = R⁻¹. The columns of A·T₀ are nearly orthonormal however ill-conditioned A is.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { type Dense, dense, transpose } from '../../matrix/dense.ts'
import { qr } from '../../matrix/factor/qr.ts'
import { solveTriangularMany } from '../../matrix/factor/triangular.ts'
import { factorOrNothing, gram } from '../sketched/preconditioner.ts'

/** Below this ratio of a pivot to its column Cholesky of the squares has lost half its digits. */
const SQUARES_CUTOFF = 1e-5
const RANK_CUTOFF = 1e-13

/** A triangular T₀ with T₀·T₀ᵀ = M⁻¹. */
export interface SketchedBasis {
  readonly basis: Dense
  solve(g: Float64Array): Float64Array
}

/**
 * Factors for one λ (sum form). Cost m·D² + 2D³/3 flops; four times that where squares would lose too much.
 *
 * @throws DomainError (E_RANK) when the columns are dependent and the ridge does not help.
 */
export function sketchedBasis(sa: Dense, lambda: number, penalty: Float64Array): SketchedBasis {
  const side = sa.cols
  const h = gram(sa, true, 0)
  for (let j = 0; j < side; j++) h.data[j * side + j] += lambda * penalty[j]
  const size = Float64Array.from({ length: side }, (_, j) => Math.sqrt(h.data[j * side + j]))
  const lower = factorOrNothing(h)
  const r =
    lower !== undefined && pivots(lower, size) > SQUARES_CUTOFF ? transpose(lower) : byRows(sa, lambda, penalty, size)
  const eye = dense(side, side)
  for (let j = 0; j < side; j++) eye.data[j * side + j] = 1
  const basis = solveTriangularMany(r, eye, { upper: true })
  return {
    basis,
    solve(g) {
      const half = new Float64Array(side)
      for (let i = 0; i < side; i++) for (let j = i; j < side; j++) half[j] += basis.data[i * side + j] * g[i]
      const out = new Float64Array(side)
      for (let i = 0; i < side; i++) for (let j = i; j < side; j++) out[i] += basis.data[i * side + j] * half[j]
      return out
    },
  }
}

function byRows(sa: Dense, lambda: number, penalty: Float64Array, size: Float64Array): Dense {
  const side = sa.cols
  const stacked = dense(sa.rows + (lambda > 0 ? side : 0), side)
  stacked.data.set(sa.data)
  if (lambda > 0) for (let j = 0; j < side; j++) stacked.data[(sa.rows + j) * side + j] = Math.sqrt(lambda * penalty[j])
  const { r } = qr(stacked)
  if (!(r.rows === side && pivots(r, size) > RANK_CUTOFF))
    throw new DomainError(
      lambda > 0
        ? `streamRidge: the ridge must tell dependent columns apart; ${lambda} (sum form) does not, to thirteen digits. Take a larger one, or drop columns.`
        : 'streamRidge: without a ridge the columns must be independent; to thirteen digits they are not. Take a ridge, or drop columns.',
      'E_RANK',
    )
  return r
}

function pivots(triangle: Dense, size: Float64Array): number {
  let least = Infinity
  for (let j = 0; j < triangle.rows; j++)
    least = Math.min(least, Math.abs(triangle.data[j * triangle.cols + j]) / size[j])
  return least
}
