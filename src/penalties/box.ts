/**
 * Ω = 0 on the box low ≤ x ≤ high and +∞ elsewhere. Prox: clipping. Normal cone: (−∞, 0] at low, [0, ∞) at high.
 * @module
 */
import { DomainError } from '../errors.ts'
import { checkPenalty } from './check.ts'
import type { Constraint } from './constraint.ts'

/** The two ends of a box. */
export interface BoxOptions {
  /** Default −∞. */
  readonly low?: number
  /** Default +∞. */
  readonly high?: number
}

/**
 * The indicator of {x ∈ R^size : low ≤ x_i ≤ high}.
 *
 * @throws DomainError when low > high or either is not a number; ShapeError as `checkPenalty`. Cost: O(size) a call.
 */
export function box(size: number, { low = -Infinity, high = Infinity }: BoxOptions = {}): Constraint {
  checkPenalty('box', size)
  if (!(low <= high) || low === Infinity || high === -Infinity)
    throw new DomainError(`box: low must be at most high; got ${low} and ${high}. Swap them.`)
  // At the corner of largest sᵀx.
  const support = (s: Float64Array) => {
    let most = 0
    for (let i = 0; i < size; i++) if (s[i] !== 0) most += s[i] * (s[i] > 0 ? high : low)
    return most
  }
  return {
    name: low === 0 && high === Infinity ? 'nonnegative' : 'box',
    size,
    set: { kind: 'box', low, high },
    homogeneous: (low === 0 || low === -Infinity) && (high === 0 || high === Infinity),
    value: v => (v.every(x => x >= low && x <= high) ? 0 : Infinity),
    prox(v, _step, out) {
      for (let i = 0; i < size; i++) out[i] = Math.min(high, Math.max(low, v[i]))
      return 0
    },
    support,
    // Entries do not meet: the weights make no difference.
    project(v, _weights, out) {
      for (let i = 0; i < size; i++) out[i] = Math.min(high, Math.max(low, v[i]))
    },
    // 0 when sᵀx ≤ 0 on the whole box.
    polar: s => (support(s) <= 0 ? 0 : Infinity),
    distance(v, gradient) {
      let sum = 0
      for (let i = 0; i < size; i++) {
        if (!(v[i] >= low && v[i] <= high)) return Infinity
        let r = -gradient[i]
        if (v[i] === low) r = Math.max(0, r)
        if (v[i] === high) r = Math.min(0, r)
        sum += r * r
      }
      return Math.sqrt(sum)
    },
  }
}

/** The indicator of x ≥ 0 on R^size, a box without lid. */
export function nonnegative(size: number): Constraint {
  return box(size, { low: 0 })
}
