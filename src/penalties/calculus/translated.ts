/**
 * x ↦ Ω(x − b): prox_{τ}(v) = b + prox_{τΩ}(v − b).
 * @module
 */
import { ShapeError, UnsupportedError } from '../../errors.ts'
import { dot } from '../../matrix/vector.ts'
import type { Penalty } from '../penalty.ts'

/**
 * The penalty moved by b ∈ R^size.
 *
 * For a homogeneous Ω, sup_x sᵀx − tΩ(x − b) = sᵀb + (0 or ∞), so the polar is Ω°(s) where sᵀb ≤ 0 and +∞ elsewhere.
 * @throws ShapeError when b has another size; UnsupportedError from `polar` when Ω is not homogeneous.
 */
export function translated(penalty: Penalty, shift: Float64Array): Penalty {
  const { size } = penalty
  if (shift.length !== size)
    throw new ShapeError(`translated: the shift must have ${size} numbers; got ${shift.length}.`)
  const b = shift.slice()
  const back = (v: Float64Array) => v.map((x, i) => x - b[i])
  return {
    name: `translated ${penalty.name}`,
    size,
    value: v => penalty.value(back(v)),
    prox(v, step, out) {
      const value = penalty.prox(back(v), step, out)
      for (let i = 0; i < size; i++) out[i] += b[i]
      return value
    },
    polar(s) {
      if (penalty.homogeneous !== true)
        throw new UnsupportedError(
          `translated: the polar needs a homogeneous penalty; got ${penalty.name}. Translate the data instead.`,
        )
      return dot(s, b) <= 0 ? penalty.polar(s) : Infinity
    },
    distance: (v, gradient) => penalty.distance(back(v), gradient),
  }
}
