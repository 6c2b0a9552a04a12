/**
 * Losses that are a sum of scalar terms: L(f) = Σ_i w_i Σ_k ℓ(f_ik + o_k, y_ik).
 *
 * Everything a loss must know follows from ℓ:
 *   ∂L/∂f_ik = w_i ℓ'(f_ik + o_k),   L*(θ) = Σ_{w_i > 0} w_i ℓ*(θ_ik / w_i) − θ_ik o_k,
 * because (wℓ)*(t) = w ℓ*(t/w) and a shift of the argument by o adds −t·o. Where w_i = 0 the term is the conjugate of 0:
 * 0 at θ = 0 and +∞ elsewhere. Sums are compensated (Neumaier), so that they cost no more than a few ulp.
 * @module
 */
import { type Bound, checkLength } from './bind.ts'
import type { Loss, LossName } from './loss.ts'

/** ℓ(z, y) with its derivatives in z and its conjugate in z. */
export interface ScalarForm {
  readonly name: LossName
  readonly parameter?: number
  /** sup ℓ''. */
  readonly smoothness: number
  value(z: number, y: number): number
  slope(z: number, y: number): number
  curvature(z: number, y: number): number
  /** ℓ*(t, y) for t in [low(y), high(y)]. */
  conjugate(t: number, y: number): number
  /** Sum of the absolute values of the terms of `conjugate`. */
  magnitude(t: number, y: number): number
  /** Domain of ℓ*(·, y): a closed interval around 0. */
  low(y: number): number
  high(y: number): number
}

/** How far outside its domain a conjugate still takes a point for a rounding error, as a part of the weight. */
const SLACK = 1e-12

/** Binds the scalar form to data. */
export function scalarLoss(form: ScalarForm, bound: Bound): Loss {
  const { samples, outputs, targets, weights, offset } = bound
  const size = samples * outputs
  const who = `${form.name} loss`
  const weight = (at: number) => (weights === null ? 1 : weights[outputs === 1 ? at : Math.floor(at / outputs)])
  const shift = (at: number) => offset[outputs === 1 ? 0 : at % outputs]

  return {
    name: form.name,
    samples,
    outputs,
    targets,
    weights,
    offset,
    ...(form.parameter !== undefined && { parameter: form.parameter }),
    smoothness: form.smoothness * bound.heaviest,
    value(f) {
      checkLength(who, f, size)
      return total(size, at => weight(at) * form.value(f[at] + shift(at), targets[at]))
    },
    gradient(f, out = new Float64Array(size)) {
      checkLength(who, f, size)
      for (let at = 0; at < size; at++) out[at] = weight(at) * form.slope(f[at] + shift(at), targets[at])
      return out
    },
    curvature(f, out = new Float64Array(size)) {
      checkLength(who, f, size)
      for (let at = 0; at < size; at++) out[at] = weight(at) * form.curvature(f[at] + shift(at), targets[at])
      return out
    },
    conjugate(theta) {
      checkLength(who, theta, size)
      return total(size, at => {
        const [w, y] = [weight(at), targets[at]]
        if (w === 0) return theta[at] === 0 ? 0 : Infinity
        const t = theta[at] / w
        const [low, high] = [form.low(y), form.high(y)]
        if (!(t >= low - SLACK && t <= high + SLACK)) return Infinity
        return w * form.conjugate(Math.min(high, Math.max(low, t)), y) - theta[at] * shift(at)
      })
    },
    conjugateMagnitude(theta) {
      checkLength(who, theta, size)
      return total(size, at => {
        const w = weight(at)
        return w === 0 ? 0 : w * form.magnitude(theta[at] / w, targets[at]) + Math.abs(theta[at] * shift(at))
      })
    },
    domainScale(theta) {
      checkLength(who, theta, size)
      let scale = Infinity
      for (let at = 0; at < size; at++) {
        if (theta[at] === 0) continue
        const w = weight(at)
        const end = theta[at] > 0 ? form.high(targets[at]) : -form.low(targets[at])
        // Written so that an unbounded end stays unbounded, and w = 0 gives 0.
        scale = Math.min(scale, w === 0 ? 0 : (w * end) / Math.abs(theta[at]))
      }
      return scale
    },
    project(theta, out = new Float64Array(size)) {
      checkLength(who, theta, size)
      for (let at = 0; at < size; at++) {
        const w = weight(at)
        // Ends are 0, ±1, ±δ or ±∞; times w they may round up, hence one step inwards where that can happen.
        const end = (e: number) => (w === 0 ? 0 : Math.abs(e) === 1 || w === 1 ? w * e : w * e * (1 - 2 ** -52))
        out[at] = Math.min(end(form.high(targets[at])), Math.max(end(form.low(targets[at])), theta[at])) + 0
      }
      return out
    },
  }
}

/** Neumaier's compensated sum of term(0 … count − 1); +∞ as soon as a term is. */
export function total(count: number, term: (at: number) => number): number {
  let [sum, lost] = [0, 0]
  for (let at = 0; at < count; at++) {
    const value = term(at)
    if (value === Infinity) return Infinity
    const next = sum + value
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + lost
}
