/**
 * Logistic loss ℓ(z, y) = log(1 + e^{−yz}), y = ±1; ℓ*(t) = q log q + (1 − q) log(1 − q) with q = −y·t ∈ [0, 1].
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import { bind, checkSigns, type LossOptions } from './bind.ts'
import type { Loss } from './loss.ts'
import { type ScalarForm, scalarLoss } from './scalarLoss.ts'

const form: ScalarForm = {
  name: 'logistic',
  smoothness: 0.25,
  value: (z, y) => softplus(-y * z),
  slope: (z, y) => -y / (1 + Math.exp(y * z)),
  curvature(z) {
    // p(1 − p) = e/(1 + e)² with e = e^{−|z|} ≤ 1: no overflow and no cancellation.
    const e = Math.exp(-Math.abs(z))
    return e / ((1 + e) * (1 + e))
  },
  conjugate: (t, y) => negativeEntropy(-y * t),
  // The two terms are at most 1/e each; the rest is room for what rounding q = θ/w does to log(1 − q) near q = 1.
  magnitude: () => 2,
  low: y => (y > 0 ? -1 : 0),
  high: y => (y > 0 ? 0 : 1),
}

/**
 * L(f) = Σ_i w_i log(1 + exp(−y_i (f_i + o))): two classes, the negative log-likelihood of the log-odds f.
 *
 * @param targets labels −1 or +1 in R^n.
 * @param options weights w ∈ R^n, offset o ∈ R^1.
 * @throws DomainError (E_LABELS) for other labels; UnsupportedError for several outputs; else as `bind`.
 */
export function logisticLoss(targets: ArrayLike<number>, options: LossOptions = {}): Loss {
  if ((options.outputs ?? 1) !== 1)
    throw new UnsupportedError(
      `logisticLoss: labels -1 and +1 have one output; got outputs = ${options.outputs}. Use multinomialLoss for classes.`,
    )
  const bound = bind('logisticLoss', targets, 1, options)
  checkSigns('logisticLoss', bound.targets)
  return scalarLoss(form, bound)
}

/** log(1 + e^x), never overflowing. */
function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))
}

/** q log q + (1 − q) log(1 − q), with 0 log 0 = 0. */
function negativeEntropy(q: number): number {
  return (q > 0 ? q * Math.log(q) : 0) + (q < 1 ? (1 - q) * Math.log1p(-q) : 0)
}
