/**
 * The bound that a diagonal proves: one primitive under the spectral and the semidefinite oracle.
 *
 * For t ∈ R^n, slopes κ_i ∈ [0, 1] where t_i < 0 and weights y > 0, with (a)₊ ≥ κ·a and (a)₊ = ½(a + |a|),
 *
 *   tᵀ(Xu)₊ ≤ z_0·u + Σ_{t_i>0} |z_i·u|,   z_0 = ½Σ_{t_i>0} t_i x_i + Σ_{t_i<0} t_i κ_i x_i,   z_i = ½ t_i x_i,
 *
 * so the maximum over ‖u‖ ≤ 1 is at most max_{s ∈ {±1}} ‖Σ_i s_i z_i‖, and by Cauchy–Schwarz, for every y > 0,
 *
 *   ‖Σ s_i z_i‖² = max_{‖w‖=1} (Σ s_i z_i·w)² ≤ (Σ y_i)·λ_max(S),   S = Σ_i z_i z_iᵀ / y_i ∈ R^{d × d}.
 *
 * (The same as Diag(μy) ⪰ ZZᵀ with μ = λ_max(S), by Schur's complement: a dual point of the ±1 relaxation, repaired by a factor
 * instead of a shift.) The best y gives the semidefinite relaxation, the best κ as well gives Shor's relaxation of the half.
 *
 * Rounding: S is off by at most γ·tr S, z_0 by ‖e‖ which adds to the length, λ_max comes from `eigenvalueBounds`.
 * Source: M. Goemans, D. Williamson, 1995, and Y. Nesterov, 1998, for the relaxation; the form with λ_max(S) is derived here.
 * @module
 */
import type { Compute } from '../../matrix/compute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { eigenvalueBounds } from '../eigenvalueBounds.ts'
import { gamma, normUp, up } from '../rounding.ts'

/**
 * A number ≥ max over ‖u‖ ≤ 1 of tᵀ(Xu)₊, from any slopes and weights (see `HalfProof`); ∞ where some weight is not
 * positive or some slope outside [0, 1]. Cost n·d² + O(d³) flops, memory n·d.
 *
 * @param gram `weightedGram` of the same arguments, where it is known already.
 */
export function diagonalBound(
  x: Dense,
  t: Float64Array,
  weights: Float64Array,
  compute: Compute,
  gram: Dense | null = weightedGram(x, t, weights, compute),
): number {
  if (gram === null) return Infinity
  const { z, error } = centreOf(x, t, weights.subarray(1))
  const d = x.cols
  const s = dense(d, d, gram.data.slice())
  const zero = weights[0]
  if (!(zero > 0 && zero < Infinity)) return Infinity
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) s.data[i * d + j] += (z[i] * z[j]) / zero
  let total = zero
  for (let i = 0; i < t.length; i++) if (t[i] > 0) total += weights[1 + i]
  let trace = 0
  for (let i = 0; i < d; i++) trace += s.data[i * d + i]
  const mu = Math.max(0, eigenvalueBounds(s, up(2 * gamma(t.length + 16) * trace), compute).high)
  return up(Math.sqrt(up(up(total, t.length + 2) * mu)) + error, 8)
}

/** z_0 for given slopes, and a bound of the length of its error. */
export function centreOf(x: Dense, t: Float64Array, slopes: Float64Array): { z: Float64Array; error: number } {
  const d = x.cols
  const z = new Float64Array(d)
  const size = new Float64Array(d)
  for (let i = 0; i < x.rows; i++) {
    if (t[i] === 0) continue
    const factor = t[i] * (t[i] > 0 ? 0.5 : slopes[i])
    for (let j = 0; j < d; j++) {
      const term = factor * x.data[i * d + j]
      z[j] += term
      size[j] += Math.abs(term)
    }
  }
  return { z, error: up(gamma(x.rows + 4) * normUp(size), x.rows + 4) }
}

/** Σ_{t_i > 0} z_i z_iᵀ/y_i in full storage; null where a weight or slope is out of range. */
export function weightedGram(x: Dense, t: Float64Array, weights: Float64Array, compute: Compute): Dense | null {
  const d = x.cols
  const region = compute.region()
  try {
    let rows = 0
    for (let i = 0; i < t.length; i++) if (t[i] > 0) rows++
    const scaled = region.float64(rows * d)
    for (let i = 0, at = 0; i < t.length; i++) {
      const weight = weights[1 + i]
      if (t[i] < 0 && !(weight >= 0 && weight <= 1)) return null
      if (!(t[i] > 0)) continue
      if (!(weight > 0 && weight < Infinity)) return null
      const factor = t[i] / (2 * Math.sqrt(weight))
      for (let j = 0; j < d; j++, at++) scaled[at] = factor * x.data[i * d + j]
    }
    const out = region.float64(d * d).fill(0)
    if (rows > 0) compute.syrk(true, d, rows, 1, scaled, d, 0, out, d)
    const s = dense(d, d)
    for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) s.data[i * d + j] = s.data[j * d + i] = out[i * d + j]
    return s
  } finally {
    region.dispose()
  }
}
