/**
 * The best constant fit: argmin_b Σ_i w_i ℓ(b, y_i), the offset from which a network starts.
 * @module
 */
import { DomainError } from '../errors.ts'
import { bind, checkSigns, type LossOptions } from './bind.ts'
import type { LossName } from './loss.ts'
import { total } from './scalarLoss.ts'

/** Weights, outputs and Huber's δ of the loss whose best constant is sought. */
export interface ConstantOptions extends Pick<LossOptions, 'weights' | 'outputs'> {
  /** Huber's δ; default 1. */
  readonly delta?: number
}

type Constant = (y: Float64Array, w: (i: number) => number, outputs: number, delta: number) => Float64Array

const CONSTANTS: Record<LossName, Constant> = {
  squared: (y, w, c) => perOutput(y, c, column => weightedMean(column, w)),
  poisson(y, w) {
    const mean = weightedMean(y, w)
    if (!(mean > 0))
      throw new DomainError(`bestConstant: some count must be > 0; got a mean of ${mean}. There is nothing to fit.`)
    return Float64Array.of(Math.log(mean))
  },
  huber: (y, w, c, delta) => perOutput(y, c, column => huberCentre(column, w, delta)),
  logistic(y, w) {
    const [plus, minus] = bothSigns(y, w)
    return Float64Array.of(Math.log(plus / minus))
  },
  // Both sides of the hinge are active for |b| ≤ 1, so (W₊ − W₋)/(W₊ + W₋) is where the slope vanishes.
  'squared-hinge'(y, w) {
    const [plus, minus] = bothSigns(y, w)
    return Float64Array.of((plus - minus) / (plus + minus))
  },
  multinomial(y, w, c) {
    const mass = new Float64Array(c)
    for (let i = 0; i < y.length; i++) mass[y[i]] += w(i)
    const all = mass.reduce((a, b) => a + b, 0)
    // An absent class would get −∞: it counts as half an average sample.
    const half = all / (2 * y.length)
    return mass.map(m => Math.log((m > 0 ? m : half) / all))
  },
}

/**
 * argmin_b Σ_i w_i ℓ(b, y_i) in R^c: mean, log-odds, log class shares, the hinge's balance, or Huber's centre (to the last
 * bit, by bisection on a monotone slope).
 *
 * @param name of the loss.
 * @param targets as that loss wants them; options: weights w ∈ R^n, outputs c, Huber's delta.
 * @throws DomainError for targets the loss refuses, or labels of one sign only (the best constant is infinite).
 */
export function bestConstant(name: LossName, targets: ArrayLike<number>, options: ConstantOptions = {}): Float64Array {
  const classes = name === 'multinomial'
  let outputs = options.outputs ?? 1
  if (classes && options.outputs === undefined)
    for (let i = 0; i < targets.length; i++) outputs = Math.max(outputs, targets[i] + 1)
  const bound = bind('bestConstant', targets, classes ? 1 : outputs, { weights: options.weights ?? null, outputs })
  if (name === 'logistic' || name === 'squared-hinge') checkSigns('bestConstant', bound.targets)
  if (classes) {
    const at = bound.targets.findIndex(y => !Number.isInteger(y) || y < 0 || y >= outputs)
    if (at >= 0)
      throw new DomainError(
        `bestConstant: targets must be class indices 0..${outputs - 1}; got ${bound.targets[at]} at ${at}. Number the classes from 0.`,
        'E_LABELS',
      )
  }
  const weight = (i: number) => (bound.weights === null ? 1 : bound.weights[i])
  return CONSTANTS[name](bound.targets, weight, outputs, options.delta ?? 1)
}

function perOutput(y: Float64Array, c: number, centre: (column: Float64Array) => number): Float64Array {
  return Float64Array.from({ length: c }, (_, k) => centre(y.filter((_value, at) => at % c === k)))
}

function weightedMean(y: Float64Array, w: (i: number) => number): number {
  return total(y.length, i => w(i) * y[i]) / total(y.length, w)
}

function bothSigns(y: Float64Array, w: (i: number) => number): [number, number] {
  const plus = total(y.length, i => (y[i] > 0 ? w(i) : 0))
  const minus = total(y.length, i => (y[i] < 0 ? w(i) : 0))
  if (plus === 0 || minus === 0)
    throw new DomainError(
      `bestConstant: both labels must occur; got only ${plus > 0 ? '+1' : '-1'}. There is nothing to tell apart: check the target.`,
    )
  return [plus, minus]
}

/** Zero of b ↦ Σ w clip(b − y, ±δ), which is monotone. */
function huberCentre(y: Float64Array, w: (i: number) => number, delta: number): number {
  const slope = (b: number) => total(y.length, i => w(i) * Math.max(-delta, Math.min(delta, b - y[i])))
  let low = y.reduce((a, b) => Math.min(a, b))
  let high = y.reduce((a, b) => Math.max(a, b))
  for (;;) {
    const middle = low + (high - low) / 2
    if (middle <= low || middle >= high) return slope(high) <= -slope(low) ? high : low
    if (slope(middle) < 0) low = middle
    else high = middle
  }
}
