/**
 * Ω* of a homogeneous Ω: the indicator of C = {s : Ω°(s) ≤ 1}, with its prox (the projection on C) by Moreau's identity
 *   v = prox_{τΩ*}(v) + τ·prox_{Ω/τ}(v/τ).
 *
 * Source: J. Moreau, Proximité et dualité dans un espace hilbertien, 1965.
 * @module
 */
import { UnsupportedError } from '../../errors.ts'
import { norm } from '../../matrix/vector.ts'
import type { Penalty } from '../penalty.ts'

/** v is in C when v − Π_C(v) = prox_Ω(v) is at most this part of 1 + ‖v‖: rounding. */
const SLACK = 1e-12
/** Step of the difference quotient of `distance`, relative to the point. */
const STEP = 1e-6

/**
 * The conjugate of a norm, a cone, or a norm on a cone.
 *
 * `distance` has no closed form from Ω alone: it is the length of the projection of −gradient on the tangent cone of C,
 * taken as the difference quotient (Π_C(v − t·gradient) − v)/t at a small t; about six digits.
 * @throws UnsupportedError when Ω is not homogeneous.
 */
export function conjugate(penalty: Penalty): Penalty {
  if (penalty.homogeneous !== true)
    throw new UnsupportedError(
      `conjugate: the penalty must be homogeneous; got ${penalty.name}. Use a norm or a cone, or write the conjugate out.`,
    )
  const { size } = penalty
  const scratch = new Float64Array(size)
  const shrunk = new Float64Array(size)
  function value(v: Float64Array): number {
    penalty.prox(v, 1, shrunk)
    return norm(shrunk) <= SLACK * (1 + norm(v)) ? 0 : Infinity
  }
  return {
    name: `conjugate of ${penalty.name}`,
    size,
    value,
    prox(v, step, out) {
      for (let i = 0; i < size; i++) scratch[i] = v[i] / step
      penalty.prox(scratch, 1 / step, shrunk)
      for (let i = 0; i < size; i++) out[i] = v[i] - step * shrunk[i]
      return 0
    },
    // The support function of C is Ω again.
    polar: s => (penalty.value(s) <= 0 ? 0 : Infinity),
    distance(v, gradient) {
      if (value(v) > 0) return Infinity
      const length = norm(gradient)
      if (length === 0) return 0
      const t = (STEP * (norm(v) + 1)) / length
      const moved = v.map((x, i) => x - t * gradient[i])
      this.prox(moved, 1, moved)
      return norm(moved.map((x, i) => x - v[i])) / t
    },
  }
}
