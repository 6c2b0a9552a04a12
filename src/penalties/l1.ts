/**
 * Ω(x) = β‖x‖₁. Prox: soft threshold. Ω°(s) = ‖s‖_∞/β. ∂Ω: β·sign(x_i), and [−β, β] where x_i = 0.
 * @module
 */
import { checkPenalty } from './check.ts'
import type { Penalty } from './penalty.ts'

/**
 * β‖x‖₁ on R^size.
 *
 * @throws DomainError, ShapeError as `checkPenalty`. Cost: O(size) a call.
 */
export function l1(size: number, { beta = 1 }: { readonly beta?: number } = {}): Penalty {
  checkPenalty('l1', size, beta)
  return {
    name: 'l1',
    size,
    homogeneous: true,
    value: v => beta * v.reduce((sum, x) => sum + Math.abs(x), 0),
    prox(v, step, out) {
      let sum = 0
      for (let i = 0; i < size; i++) {
        const length = Math.max(0, Math.abs(v[i]) - step * beta)
        out[i] = v[i] < 0 ? -length : length
        sum += length
      }
      return beta * sum
    },
    polar: s => s.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / beta,
    distance(v, gradient) {
      let sum = 0
      for (let i = 0; i < size; i++)
        sum +=
          v[i] === 0 ? Math.max(0, Math.abs(gradient[i]) - beta) ** 2 : (gradient[i] + (v[i] > 0 ? beta : -beta)) ** 2
      return Math.sqrt(sum)
    },
  }
}
