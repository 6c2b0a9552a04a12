/**
 * Ω(x) = ½β‖x‖². Prox: x/(1 + step·β). Not homogeneous: Ω°(s) is +∞ unless s = 0.
 * @module
 */
import { checkPenalty } from './check.ts'
import type { Penalty } from './penalty.ts'

/**
 * ½β‖x‖² on R^size (weight decay).
 *
 * @throws DomainError, ShapeError as `checkPenalty`. Cost: O(size) a call.
 */
export function ridge(size: number, { beta = 1 }: { readonly beta?: number } = {}): Penalty {
  checkPenalty('ridge', size, beta)
  const value = (v: Float64Array) => 0.5 * beta * v.reduce((sum, x) => sum + x * x, 0)
  return {
    name: 'ridge',
    size,
    value,
    prox(v, step, out) {
      for (let i = 0; i < size; i++) out[i] = v[i] / (1 + step * beta)
      return value(out)
    },
    // Near 0, ½β‖x‖² falls below every linear function that is not 0.
    polar: s => (s.every(x => x === 0) ? 0 : Infinity),
    distance: (v, gradient) => Math.sqrt(v.reduce((sum, x, i) => sum + (gradient[i] + beta * x) ** 2, 0)),
  }
}
