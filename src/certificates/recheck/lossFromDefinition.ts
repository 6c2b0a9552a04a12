/**
 * The losses once more, from their definitions, for the re-check alone: value, slope, conjugate and domain of one sample.
 *
 * Written apart from `losses/` on purpose: two implementations that agree are evidence, one that calls itself is not.
 * @module
 */
import { UnsupportedError } from '../../errors.ts'

/** A loss as data; every `Loss` is one. */
export interface LossDescription {
  readonly name: string
  readonly outputs: number
  readonly targets: Float64Array
  readonly weights: Float64Array | null
  readonly parameter?: number
  readonly offset: Float64Array
}

/** ℓ of one sample: z, t ∈ R^c hold fitted values (offset added) and dual values over the weight. */
export interface SampleLoss {
  /** sup of the largest eigenvalue of ∇²ℓ. */
  readonly smoothness: number
  value(z: Float64Array, i: number): number
  /** ∂ℓ/∂z_k. */
  slope(z: Float64Array, i: number, k: number): number
  /** ℓ*(t) for t in the domain. */
  conjugate(t: Float64Array, i: number): number
  /** Absolute values of the terms of ℓ* with what rounding of t can change, in units of round-off. */
  conjugateError(t: Float64Array, i: number): number
  /** Whether w·(domain of ℓ*) contains theta, without rounding. */
  contains(theta: Float64Array, w: number, i: number): boolean
  /** Moves theta into w·(domain), in place. */
  repair(theta: Float64Array, w: number, i: number): void
}

/**
 * The sample loss of a description.
 *
 * @throws UnsupportedError for a name it does not know.
 */
export function lossFromDefinition(description: LossDescription): SampleLoss {
  const { name, targets, outputs: c, parameter = 1 } = description
  switch (name) {
    case 'squared':
      return quadratic(targets, c, Infinity)
    case 'huber':
      return quadratic(targets, c, parameter)
    case 'logistic':
      return logistic(targets)
    case 'squared-hinge':
      return hinge(targets)
    case 'multinomial':
      return classes(targets, c)
    default:
      throw new UnsupportedError(`recheck: the loss must be one it knows the definition of; got ${name}.`)
  }
}

/** Squared loss, and Huber's with slopes cut at δ. */
function quadratic(y: Float64Array, c: number, delta: number): SampleLoss {
  return {
    smoothness: 1,
    value(z, i) {
      let sum = 0
      for (let k = 0; k < c; k++) {
        const r = Math.abs(z[k] - y[i * c + k])
        const inner = Math.min(r, delta)
        sum += inner * (r - inner / 2)
      }
      return sum
    },
    slope: (z, i, k) => Math.min(delta, Math.max(-delta, z[k] - y[i * c + k])),
    conjugate: (t, i) => t.reduce((sum, v, k) => sum + v * (v / 2 + y[i * c + k]), 0),
    conjugateError: (t, i) =>
      8 * t.reduce((sum, v, k) => sum + Math.abs(v) * (Math.abs(v) + Math.abs(y[i * c + k])), 0),
    contains: (theta, w) => (w === 0 ? theta.every(v => v === 0) : theta.every(v => atMost(Math.abs(v), w, delta))),
    repair(theta, w) {
      for (let k = 0; k < c; k++) {
        while (!atMost(Math.abs(theta[k]), w, delta)) {
          const cut = w === 0 ? 0 : Math.sign(theta[k]) * w * delta
          theta[k] = Math.abs(cut) < Math.abs(theta[k]) ? cut : theta[k] * (1 - 2 ** -52)
        }
      }
    },
  }
}

/** a ≤ w·δ exactly: the product as an unevaluated sum of two doubles (Dekker). */
function atMost(a: number, w: number, delta: number): boolean {
  if (delta === Infinity) return w > 0 || a === 0
  const product = w * delta
  const split = (v: number): [number, number] => {
    const high = 134217729 * v - (134217729 * v - v)
    return [high, v - high]
  }
  const [wh, wl] = split(w)
  const [dh, dl] = split(delta)
  const rest = wl * dl - (product - wh * dh - wl * dh - wh * dl)
  return a < product || (a === product && rest >= 0)
}

function logistic(y: Float64Array): SampleLoss {
  return {
    smoothness: 0.25,
    value: (z, i) => Math.max(0, -y[i] * z[0]) + Math.log1p(Math.exp(-Math.abs(z[0]))),
    slope(z, i) {
      const e = Math.exp(-Math.abs(z[0]))
      return -y[i] * (y[i] * z[0] > 0 ? e / (1 + e) : 1 / (1 + e))
    },
    conjugate(t, i) {
      const q = Math.min(1, Math.max(0, -y[i] * t[0]))
      return xlogx(q) + xlogx(1 - q)
    },
    // 1 − q and q = θ/w are rounded: both shift (1 − q)·log(1 − q) by at most 40 round-offs.
    conjugateError: () => 96,
    contains: (theta, w, i) => (y[i] > 0 ? theta[0] <= 0 && theta[0] >= -w : theta[0] >= 0 && theta[0] <= w),
    repair(theta, w, i) {
      theta[0] = y[i] > 0 ? Math.max(-w, Math.min(0, theta[0])) : Math.min(w, Math.max(0, theta[0]))
    },
  }
}

function hinge(y: Float64Array): SampleLoss {
  return {
    smoothness: 1,
    value(z, i) {
      const margin = Math.max(0, 1 - y[i] * z[0])
      return (margin * margin) / 2
    },
    slope: (z, i) => -y[i] * Math.max(0, 1 - y[i] * z[0]),
    conjugate: (t, i) => t[0] * (t[0] / 2 + y[i]),
    conjugateError: t => 8 * Math.abs(t[0]) * (Math.abs(t[0]) + 1),
    contains: (theta, w, i) => (w === 0 ? theta[0] === 0 : y[i] * theta[0] <= 0),
    repair(theta, w, i) {
      if (w === 0 || y[i] * theta[0] > 0) theta[0] = 0
    },
  }
}

function classes(y: Float64Array, c: number): SampleLoss {
  const exponentials = (z: Float64Array): [number, number] => {
    let top = -Infinity
    for (let k = 0; k < c; k++) top = Math.max(top, z[k])
    let sum = 0
    for (let k = 0; k < c; k++) sum += Math.exp(z[k] - top)
    return [top, sum]
  }
  return {
    smoothness: 0.5,
    value(z, i) {
      // log Σ e^{z_k − z_y} = log1p(Σ_{k≠y} e^{z_k − z_y}), unless that overflows.
      let [most, rest] = [-Infinity, 0]
      for (let k = 0; k < c; k++) if (k !== y[i]) most = Math.max(most, z[k] - z[y[i]])
      if (most < 30) {
        for (let k = 0; k < c; k++) if (k !== y[i]) rest += Math.exp(z[k] - z[y[i]])
        return Math.log1p(rest)
      }
      const [top, sum] = exponentials(z)
      return top - z[y[i]] + Math.log(sum)
    },
    slope(z, i, k) {
      const [top, sum] = exponentials(z)
      if (k !== y[i]) return Math.exp(z[k] - top) / sum
      let others = 0
      for (let j = 0; j < c; j++) if (j !== k) others += Math.exp(z[j] - top)
      return -others / sum
    },
    conjugate(t, i) {
      let sum = 0
      for (let k = 0; k < c; k++) sum += xlogx(Math.max(0, k === y[i] ? 1 + t[k] : t[k]))
      return sum
    },
    conjugateError: () => 48 * (c + 1),
    contains(theta, w, i) {
      let total = 0
      for (let k = 0; k < c; k++) {
        if (k === y[i] ? theta[k] > 0 || theta[k] < -w : theta[k] < 0 || (w === 0 && theta[k] !== 0)) return false
        const next = total + theta[k]
        // An addition without rounding gives both operands back; one with rounding is no proof of membership.
        if (next - total !== theta[k] || next - theta[k] !== total) return false
        total = next
      }
      return total === 0
    },
    repair(theta, w, i) {
      // On multiples of w·2⁻⁵⁰, rounded to a power of two: sums of c of them below w are exact.
      const grid = w > 0 ? 2 ** (Math.floor(Math.log2(w)) - 50) : 1
      let rest = w > 0 ? Math.floor(w / grid) : 0
      let used = 0
      for (let k = 0; k < c; k++) {
        if (k === y[i]) continue
        const steps = Math.min(rest, Math.max(0, Math.round(theta[k] / grid)))
        rest -= steps
        used += steps
        theta[k] = steps * grid
      }
      theta[y[i]] = 0 - used * grid
    },
  }
}

function xlogx(p: number): number {
  return p > 0 ? p * Math.log(p) : 0
}
