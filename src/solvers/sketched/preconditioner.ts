/**
 * M = (SA)ᵀ(SA) + λI, the sketched Hessian, as something to divide by.
 *
 * At least as many rows as columns: M = L·Lᵀ. Fewer: M⁻¹g = (g − (SA)ᵀ((SA)(SA)ᵀ + λI)⁻¹(SA)g)/λ, a factor of the side of the sketch.
 * @module
 */
import { DomainError, NadirError } from '../../errors.ts'
import { compute } from '../../matrix/createCompute.ts'
import { type Dense, dense, transpose } from '../../matrix/dense.ts'
import { cholesky } from '../../matrix/factor/cholesky.ts'
import { qr } from '../../matrix/factor/qr.ts'
import { solveCholesky, solveTriangular } from '../../matrix/factor/triangular.ts'

/** A symmetric positive definite M ∈ R^{d × d}. */
export interface Preconditioner {
  /** m, rows of the sketch; 0 for the identity. */
  readonly rows: number
  /** M⁻¹·g. */
  solve(g: Float64Array): Float64Array
  /** L⁻¹·g and L⁻ᵀ·g for M = L·Lᵀ; absent where no such factor is held. */
  readonly half?: (g: Float64Array) => Float64Array
  readonly halfT?: (g: Float64Array) => Float64Array
}

/** M = I: no preconditioner. */
export const identityPreconditioner: Preconditioner = {
  rows: 0,
  solve: g => g.slice(),
  half: g => g.slice(),
  halfT: g => g.slice(),
}

const RANK_CUTOFF = 1e-13

/**
 * Factors the sketched Hessian. Cost m·d² + d³/3 flops for λ > 0 and m ≥ d, 4·m·d² (QR) for λ = 0, m²·d + m³/3 for m < d.
 *
 * @throws DomainError (E_SKETCH_TOO_SMALL) when λ = 0 and m < d; (E_RANK) when λ = 0 and SA has not full rank.
 */
export function sketchedHessian(sa: Dense, lambda: number): Preconditioner {
  const { rows: m, cols: d } = sa
  if (lambda === 0 && m < d)
    throw new DomainError(
      `sketchedHessian: without a ridge the sketch must have at least the ${d} rows of the columns; got ${m}. Take 4 times the columns.`,
      'E_SKETCH_TOO_SMALL',
    )
  if (m < d) return woodbury(sa, lambda) ?? triangular(qr(ridged(sa, lambda)).r, m)
  if (lambda > 0) {
    const lower = ridgedFactor(sa, lambda)
    if (lower !== undefined) return triangular(transpose(lower), m)
  }
  const { r } = qr(lambda > 0 ? ridged(sa, lambda) : sa)
  let [least, most] = [Infinity, 0]
  for (let j = 0; j < d; j++) {
    least = Math.min(least, r.data[j * d + j])
    most = Math.max(most, r.data[j * d + j])
  }
  if (!(least > RANK_CUTOFF * most))
    throw new DomainError(
      `sketchedHessian: without a ridge the columns must be independent; after sketching they are not to thirteen digits. Use method direct, a ridge, or drop columns.`,
      'E_RANK',
    )
  return triangular(r, m)
}

/** M = RᵀR. */
export function triangular(r: Dense, rows: number): Preconditioner {
  const half = (g: Float64Array) => solveTriangular(r, g, { upper: true, transpose: true })
  const halfT = (g: Float64Array) => solveTriangular(r, g, { upper: true })
  return { rows, half, halfT, solve: g => halfT(half(g)) }
}

/** The lower Cholesky factor of AᵀA + λI, or undefined when rounding left it indefinite. */
export function ridgedFactor(a: Dense, lambda: number): Dense | undefined {
  return factorOrNothing(gram(a, true, lambda))
}

/** The lower Cholesky factor of AAᵀ + λI, or undefined when rounding left it indefinite. */
export function ridgedRowFactor(a: Dense, lambda: number): Dense | undefined {
  return factorOrNothing(gram(a, false, lambda))
}

function woodbury(sa: Dense, lambda: number): Preconditioner | undefined {
  const { rows: m, cols: d } = sa
  const lower = ridgedRowFactor(sa, lambda)
  if (lower === undefined) return undefined
  const { kernels } = compute()
  return {
    rows: m,
    solve(g) {
      const inner = new Float64Array(m)
      kernels.gemv(false, m, d, 1, sa.data, d, g, 0, inner)
      const out = g.slice()
      kernels.gemv(true, m, d, -1, sa.data, d, solveCholesky(lower, inner), 1, out)
      for (let j = 0; j < d; j++) out[j] /= lambda
      return out
    },
  }
}

/** AᵀA + λI, or AAᵀ + λI; only the lower triangle is filled. */
export function gram(a: Dense, columns: boolean, lambda: number): Dense {
  const side = columns ? a.cols : a.rows
  const out = dense(side, side)
  compute().syrk(columns, side, columns ? a.rows : a.cols, 1, a.data, a.cols, 0, out.data, side)
  for (let j = 0; j < side; j++) out.data[j * side + j] += lambda
  return out
}

export function factorOrNothing(g: Dense): Dense | undefined {
  try {
    return cholesky(g, { out: g })
  } catch (error) {
    if (error instanceof NadirError && error.code === 'E_NOT_POSITIVE_DEFINITE') return undefined
    throw error
  }
}

function ridged(a: Dense, lambda: number): Dense {
  const out = dense(a.rows + a.cols, a.cols)
  out.data.set(a.data)
  for (let j = 0; j < a.cols; j++) out.data[(a.rows + j) * a.cols + j] = Math.sqrt(lambda)
  return out
}
