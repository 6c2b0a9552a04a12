/**
 * The effective dimension d_λ = tr AᵀA(AᵀA + λI)⁻¹ from a sketch.
 *
 * Without eigenvalues: with G = (SA)(SA)ᵀ of side k (or (SA)ᵀ(SA), whichever is smaller),
 *   Σ e/(e + λ') = k − λ'·tr (G + λ'I)⁻¹ = k − λ'·‖L⁻¹‖_F²,   G + λ'I = LLᵀ,
 * one Cholesky factor and one triangular inverse, both matrix products, where eigenvalues cost several times as much. The fixed point D = Σ e/(e + λ(1 − D/m)),
 * which undoes the bias of the plug-in, is found by secants, four or five factors.
 * @module
 */
import { type Dense, dense } from '../../matrix/dense.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import { solveTriangularMany } from '../../matrix/factor/triangular.ts'
import { dot } from '../../matrix/vector.ts'
import { factorOrNothing, gram } from './preconditioner.ts'

const MOST_FACTORS = 30

/**
 * d_λ = tr(AᵀA(AᵀA + λI)⁻¹) estimated from SA alone; d when λ = 0.
 *
 * The plain plug-in is too small, since a sketch behaves as a larger ridge: Σ s/(s + λ') over the eigenvalues s of (SA)(SA)ᵀ estimates d at
 * λ'/(1 − d/m). The fixed point of λ' = λ(1 − d/m) undoes this. Cost: five Cholesky factors of side min(m, d), or its eigenvalues where
 * rounding leaves one of them indefinite.
 */
export function effectiveDimension(sa: Dense, lambda: number): number {
  if (lambda === 0) return sa.cols
  return factoredDimension(sa, lambda) ?? sketchedDimension(sketchedSpectrum(sa), sa.rows, lambda)
}

/** Eigenvalues of (SA)(SA)ᵀ, those that are 0 by shape left out. */
export function sketchedSpectrum(sa: Dense): Float64Array {
  return eigh(gram(sa, sa.rows >= sa.cols, 0)).values
}

/** d_λ for one λ > 0 from the spectrum of a sketch of m rows. */
export function sketchedDimension(values: Float64Array, m: number, lambda: number): number {
  const at = (ridge: number) => values.reduce((sum, s) => sum + Math.max(0, s) / (Math.max(0, s) + ridge), 0)
  let estimate = at(lambda)
  for (let k = 0; k < 200; k++) {
    const next = at(lambda * Math.max(1 - estimate / m, 1e-6))
    if (Math.abs(next - estimate) <= 1e-9 * estimate) return next
    estimate = next
  }
  return estimate
}

/** d_λ from SA to a relative accuracy; undefined where rounding leaves a factor indefinite. Cost m·d·k + 4k³/3 flops for each of about five factors. */
export function factoredDimension(sa: Dense, lambda: number, accuracy = 1e-9): number | undefined {
  const { rows: m, cols: d } = sa
  const g = gram(sa, m >= d, 0)
  const k = g.rows
  const unit = dense(k, k)
  for (let i = 0; i < k; i++) unit.data[i * k + i] = 1
  const at = (ridge: number): number | undefined => {
    const shifted = dense(k, k, g.data.slice())
    for (let i = 0; i < k; i++) shifted.data[i * k + i] += ridge
    const lower = factorOrNothing(shifted)
    if (lower === undefined) return undefined
    const inverse = solveTriangularMany(lower, unit).data
    return k - ridge * dot(inverse, inverse)
  }
  const map = (estimate: number) => at(lambda * Math.max(1 - estimate / m, 1e-6))
  let before = at(lambda)
  let now = before === undefined ? undefined : map(before)
  let excess = before
  if (before === undefined || now === undefined || excess === undefined) return undefined
  // Roots of map(D) − D by secants; map rises with slope below 1 at the root.
  excess = now - before
  for (let step = 0; step < MOST_FACTORS && Math.abs(excess) > accuracy * Math.abs(now); step++) {
    const image = map(now)
    if (image === undefined) return undefined
    const next: number = image - now
    const slope = (next - excess) / (now - before)
    const moved = slope < -1e-3 ? now - next / slope : image
    ;[before, excess] = [now, next]
    now = Math.min(k, Math.max(0, moved))
    if (now === before) break
  }
  return now
}
