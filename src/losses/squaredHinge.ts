/**
 * Squared hinge loss ℓ(z, y) = ½(1 − yz)₊², y = ±1; ℓ*(t) = ½q² − q with q = −y·t ≥ 0.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import { bind, checkSigns, type LossOptions } from './bind.ts'
import type { Loss } from './loss.ts'
import { type ScalarForm, scalarLoss } from './scalarLoss.ts'

const short = (z: number, y: number): number => Math.max(0, 1 - y * z)

const form: ScalarForm = {
  name: 'squared-hinge',
  smoothness: 1,
  value: (z, y) => 0.5 * short(z, y) * short(z, y),
  slope: (z, y) => -y * short(z, y),
  curvature: (z, y) => (y * z < 1 ? 1 : 0),
  conjugate: (t, y) => 0.5 * t * t + y * t,
  magnitude: t => 0.5 * t * t + Math.abs(t),
  low: y => (y > 0 ? -Infinity : 0),
  high: y => (y > 0 ? 0 : Infinity),
}

/**
 * L(f) = Σ_i w_i ½(1 − y_i (f_i + o))₊²: two classes by margin; samples beyond the margin weigh nothing.
 *
 * @param targets labels −1 or +1 in R^n.
 * @param options weights w ∈ R^n, offset o ∈ R^1.
 * @throws DomainError (E_LABELS) for other labels; UnsupportedError for several outputs; else as `bind`.
 */
export function squaredHingeLoss(targets: ArrayLike<number>, options: LossOptions = {}): Loss {
  if ((options.outputs ?? 1) !== 1)
    throw new UnsupportedError(
      `squaredHingeLoss: labels -1 and +1 have one output; got outputs = ${options.outputs}. Use multinomialLoss for classes.`,
    )
  const bound = bind('squaredHingeLoss', targets, 1, options)
  checkSigns('squaredHingeLoss', bound.targets)
  return scalarLoss(form, bound)
}
