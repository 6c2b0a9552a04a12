/**
 * Ω = 0 on the ball {‖x‖₂ ≤ R} and +∞ elsewhere. Prox: scaling to the sphere. Normal cone on the sphere: {t·x : t ≥ 0}; {0} inside.
 * @module
 */
import { dot, max, norm } from '../matrix/vector.ts'
import { checkRadius } from './ballParts.ts'
import { type Constraint, MARGIN } from './constraint.ts'

/**
 * The indicator of the Euclidean ball of radius R in R^size.
 *
 * @throws ShapeError as `checkPenalty`; DomainError when R is not a number > 0. Cost: O(size) a call.
 */
export function l2Ball(size: number, { radius }: { readonly radius: number }): Constraint {
  checkRadius('l2Ball', size, radius)
  // A hair inside, so that the roundings of a projection do not lead out.
  const within = radius * (1 - 2 * (size + 16) * 2 ** -53)
  return {
    name: 'l2-ball',
    size,
    set: { kind: 'l2-ball', radius },
    homogeneous: false,
    value: v => (norm(v) <= radius * (1 + MARGIN) ? 0 : Infinity),
    prox(v, _step, out) {
      const length = norm(v)
      const scale = length <= within ? 1 : within / length
      for (let i = 0; i < size; i++) out[i] = scale * v[i]
      return 0
    },
    // x_i = w_i·v_i/(w_i + μ) with the μ ≥ 0 at which the length is R: it falls with μ, so bisection finds it.
    project(v, weights, out) {
      let [low, high] = [0, norm(v) <= within ? 0 : (max(weights) * norm(v)) / within]
      const at = (mu: number) => {
        for (let i = 0; i < size; i++) out[i] = (weights[i] * v[i]) / (weights[i] + mu)
        return norm(out)
      }
      for (let k = 0; k < 200 && high > low; k++) {
        const middle = (low + high) / 2
        if (middle === low || middle === high) break
        if (at(middle) > within) low = middle
        else high = middle
      }
      at(high)
    },
    support: s => radius * norm(s),
    polar: s => (s.every(x => x === 0) ? 0 : Infinity),
    distance(v, gradient) {
      const length = norm(v)
      if (length > radius * (1 + MARGIN)) return Infinity
      const along = length < radius * (1 - MARGIN) ? 0 : Math.max(0, -dot(gradient, v) / (length * length))
      return norm(gradient.map((g, i) => g + along * v[i]))
    },
  }
}
