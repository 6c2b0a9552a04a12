/**
 * The dual side of a loss when networks carry constants and linear maps beside their hidden layer.
 *
 * f = Σ_j a_j φ(X w_j) + c·1 + Z V: minimising over c and V as well turns L*(θ) into
 *   L*(θ) + (1ᵀθ_k)²/(2β) for each constant c_k that costs (β/2)c_k², with 1ᵀθ_k = 0 instead where it costs nothing,
 *   L*(θ) + ‖Zᵀθ_k‖²/(2β) for the linear maps V, which cost (β/2)‖V‖²,
 * the rest of the dual program staying as it is. All of it is rounded up, so that bounds stay bounds.
 * @module
 */
import type { DualLoss } from '../losses/loss.ts'
import type { Dense } from '../matrix/dense.ts'
import { absoluteReach } from './dualNorm.ts'
import { compensatedSum, gamma, UNIT, up } from './rounding.ts'
import { zeroSum } from './zeroSum.ts'

/** What stands beside the hidden layer. */
export interface Beside {
  /** 'none': no constant, or one that is bound to the loss. 'penalised': (β/2)c². 'free': costs nothing. */
  readonly constant: 'none' | 'penalised' | 'free'
  /** Whether 1ᵀθ = 0 is asked for another reason: hidden biases that cost nothing. */
  readonly balanced: boolean
  /** Z: n × q, the inputs of the linear maps; null when there are none. */
  readonly linear: Dense | null
  readonly beta: number
}

/** The loss with its constants and linear maps minimised out, as far as dual bounds need it. */
export function withFreeConstants(loss: DualLoss, { constant, balanced, linear, beta }: Beside): DualLoss {
  const c = loss.outputs
  const column = (theta: Float64Array, k: number) => (c === 1 ? theta : theta.filter((_value, at) => at % c === k))
  const extra = (theta: Float64Array): number => {
    let most = 0
    for (let k = 0; k < c; k++) {
      const own = column(theta, k)
      if (constant === 'penalised') {
        const size = own.reduce((sum, t) => sum + Math.abs(t), 0)
        const sum = Math.abs(compensatedSum(own))
        const above = up(sum + 4 * UNIT * sum + 4 * (own.length * UNIT) ** 2 * size)
        most += up((above * above) / (2 * beta), 8)
      }
      if (linear !== null) {
        const slack = up(gamma(linear.rows + 2) * absoluteReach(linear, own), 4)
        const length = up(Math.hypot(...productWith(linear, own)), linear.cols + 4) + slack
        most += up((length * length) / (2 * beta), 8)
      }
    }
    return most
  }
  const plain = constant !== 'penalised' && linear === null
  return {
    name: loss.name,
    samples: loss.samples,
    outputs: c,
    conjugate: theta => loss.conjugate(theta) + (plain ? 0 : extra(theta)),
    conjugateMagnitude: theta => loss.conjugateMagnitude(theta) + (plain ? 0 : extra(theta)),
    domainScale: theta => loss.domainScale(theta),
    project(theta, out = new Float64Array(theta.length)) {
      const inside = loss.project(theta, out)
      // Entries move towards 0 only, so they stay inside.
      if (constant === 'free' || balanced) out.set(zeroSum(inside, c))
      return out
    },
  }
}

function productWith(z: Dense, theta: Float64Array): Float64Array {
  const out = new Float64Array(z.cols)
  for (let i = 0, at = 0; i < z.rows; i++) for (let j = 0; j < z.cols; j++, at++) out[j] += z.data[at] * theta[i]
  return out
}
