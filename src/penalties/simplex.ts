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
    project(v, weights, out) {
      const threshold = simplexThreshold(v, radius, weights)
      for (let i = 0; i < size; i++) out[i] = Math.max(0, v[i] - threshold / weights[i])
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

/** The μ with Σ max(0, v_i − μ/w_i) = R (weights default 1): entry i is positive for μ < w_i·v_i, so that sorting these finds which are. */
export function simplexThreshold(v: Float64Array, radius: number, weights?: Float64Array): number {
  const breaks = weights === undefined ? v : v.map((x, i) => x * weights[i])
  const order = Array.from(breaks.keys()).sort((i, j) => breaks[j] - breaks[i])
  let [sum, inverse, threshold] = [0, 0, 0]
  for (const [k, i] of order.entries()) {
    sum += v[i]
    inverse += weights === undefined ? 1 : 1 / weights[i]
    const next = (sum - radius) / inverse
    if (k > 0 && next >= breaks[i]) break
    threshold = next
  }
  return threshold
}
