/**
 * a·Ω for a > 0: prox with step a·step, polar over a, distance by ∂(aΩ) = a·∂Ω.
 * @module
 */
import { checkPenalty } from '../check.ts'
import type { Penalty } from '../penalty.ts'

/**
 * The penalty a·Ω.
 *
 * @throws DomainError when the factor is not a positive number.
 */
export function scaled(penalty: Penalty, factor: number): Penalty {
  checkPenalty('scaled', penalty.size, factor)
  return {
    name: `scaled ${penalty.name}`,
    size: penalty.size,
    homogeneous: penalty.homogeneous === true,
    value: v => factor * penalty.value(v),
    prox: (v, step, out) => factor * penalty.prox(v, step * factor, out),
    polar: s => penalty.polar(s) / factor,
    distance: (v, gradient) =>
      factor *
      penalty.distance(
        v,
        gradient.map(g => g / factor),
      ),
  }
}
