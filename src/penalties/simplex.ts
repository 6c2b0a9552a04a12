/**
 * Ω = 0 on the simplex {x ≥ 0, Σ x_i = R} and +∞ elsewhere. Prox: x_i = max(0, v_i − μ) with the μ at which the sum is R.
 * Normal cone: {μ·1 − ν : ν ≥ 0, ν_i = 0 where x_i > 0}.
 * @module
 */
import { max } from '../matrix/vector.ts'
import { checkRadius, leastDistance } from './ballParts.ts'
import { type Constraint, MARGIN } from './constraint.ts'

/**
 * The indicator of the simplex of size R (default 1) in R^size.
 *
 * @throws ShapeError as `checkPenalty`; DomainError when R is not a number > 0. Cost: O(size log size) a projection.
 */
export function simplex(size: number, { radius = 1 }: { readonly radius?: number } = {}): Constraint {
  checkRadius('simplex', size, radius)
  const inside = (v: Float64Array) =>
    v.every(x => x >= 0) && Math.abs(v.reduce((sum, x) => sum + x, 0) - radius) <= MARGIN * radius
  return {
    name: 'simplex',
    size,
    set: { kind: 'simplex', radius },
    homogeneous: false,
    value: v => (inside(v) ? 0 : Infinity),
    prox(v, _step, out) {
      const threshold = simplexThreshold(v, radius)
      for (let i = 0; i < size; i++) out[i] = Math.max(0, v[i] - threshold)
      return 0
    },
    support: s => radius * max(s),
    polar: s => (max(s) <= 0 ? 0 : Infinity),
    distance(v, gradient) {
      if (!inside(v)) return Infinity
      return leastDistance(v, {
        least: -Infinity,
        support: (i, t) => -gradient[i] - t,
        rest: (i, t) => Math.max(0, -gradient[i] - t),
      })
    },
  }
}

/** The μ with Σ max(0, v_i − μ) = R: by sorting. */
export function simplexThreshold(v: Float64Array, radius: number): number {
  const sorted = v.slice().sort()
  let [sum, threshold] = [0, 0]
  for (let k = 1; k <= sorted.length; k++) {
    const value = sorted[sorted.length - k]
    sum += value
    const next = (sum - radius) / k
    if (k > 1 && next >= value) break
    threshold = next
  }
  return threshold
}
