/**
 * Ω = 0 on the ball {‖x‖₁ ≤ R} and +∞ elsewhere: the constrained form of the lasso. Prox: soft threshold at the μ ≥ 0 at which the norm is R.
 * Normal cone on the sphere: {t·z : t ≥ 0, z ∈ ∂‖x‖₁}; {0} inside.
 * @module
 */
import { norm } from '../matrix/vector.ts'
import { checkRadius, leastDistance } from './ballParts.ts'
import { type Constraint, MARGIN } from './constraint.ts'
import { simplexThreshold } from './simplex.ts'

/**
 * The indicator of the ℓ₁ ball of radius R in R^size.
 *
 * @throws ShapeError as `checkPenalty`; DomainError when R is not a number > 0. Cost: O(size log size) a projection.
 */
export function l1Ball(size: number, { radius }: { readonly radius: number }): Constraint {
  checkRadius('l1Ball', size, radius)
  // A hair inside, so that the roundings of a projection do not lead out.
  const within = radius * (1 - (size + 16) * 2 ** -53)
  const length = (v: Float64Array) => v.reduce((sum, x) => sum + Math.abs(x), 0)
  return {
    name: 'l1-ball',
    size,
    set: { kind: 'l1-ball', radius },
    homogeneous: false,
    value: v => (length(v) <= radius * (1 + MARGIN) ? 0 : Infinity),
    prox(v, _step, out) {
      const sizes = v.map(Math.abs)
      const threshold = length(v) <= within ? 0 : simplexThreshold(sizes, within)
      for (let i = 0; i < size; i++) out[i] = Math.sign(v[i]) * Math.max(0, sizes[i] - threshold)
      return 0
    },
    project(v, weights, out) {
      const sizes = v.map(Math.abs)
      const threshold = length(v) <= within ? 0 : simplexThreshold(sizes, within, weights)
      for (let i = 0; i < size; i++) out[i] = Math.sign(v[i]) * Math.max(0, sizes[i] - threshold / weights[i])
    },
    support: s => radius * s.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
    polar: s => (s.every(x => x === 0) ? 0 : Infinity),
    distance(v, gradient) {
      const at = length(v)
      if (at > radius * (1 + MARGIN)) return Infinity
      if (at < radius * (1 - MARGIN)) return norm(gradient)
      return leastDistance(v, {
        least: 0,
        support: (i, t) => gradient[i] + t * Math.sign(v[i]),
        rest: (i, t) => Math.max(0, Math.abs(gradient[i]) - t),
      })
    },
  }
}
