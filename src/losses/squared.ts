/**
 * Squared loss ℓ(z, y) = ½(z − y)², ℓ*(t) = ½t² + t·y on R.
 * @module
 */
import { bind, type LossOptions } from './bind.ts'
import type { Loss } from './loss.ts'
import { type ScalarForm, scalarLoss } from './scalarLoss.ts'

const form: ScalarForm = {
  name: 'squared',
  smoothness: 1,
  value: (z, y) => 0.5 * (z - y) * (z - y),
  slope: (z, y) => z - y,
  curvature: () => 1,
  conjugate: (t, y) => 0.5 * t * t + t * y,
  magnitude: (t, y) => 0.5 * t * t + Math.abs(t * y),
  low: () => -Infinity,
  high: () => Infinity,
}

/**
 * L(f) = Σ_i w_i ½‖f_i + o − y_i‖²: the loss of regression, on one output or c at once.
 *
 * @param targets Y in R^{n·c}, sample by sample.
 * @param options weights w ∈ R^n, outputs c (default 1), offset o ∈ R^c.
 * @throws DomainError, ShapeError as `bind`. Cost: O(n·c) a call.
 */
export function squaredLoss(targets: ArrayLike<number>, options: LossOptions = {}): Loss {
  return scalarLoss(form, bind('squaredLoss', targets, options.outputs ?? 1, options))
}
