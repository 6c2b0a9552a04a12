/**
 * Huber loss ℓ(z, y) = ½r² for |r| ≤ δ, δ|r| − ½δ² beyond, r = z − y; ℓ*(t) = ½t² + t·y on |t| ≤ δ.
 * @module
 */
import { DomainError } from '../errors.ts'
import { bind, type LossOptions } from './bind.ts'
import type { Loss } from './loss.ts'
import { type ScalarForm, scalarLoss } from './scalarLoss.ts'

/** Options of the Huber loss. */
export interface HuberOptions extends LossOptions {
  /** δ > 0, in units of the target; default 1. */
  readonly delta?: number
}

/**
 * L(f) = Σ_i w_i huber_δ(f_i + o − y_i): regression that outliers pull no harder than δ.
 *
 * @param targets Y in R^{n·c}, sample by sample.
 * @param options delta δ; weights w ∈ R^n, outputs c (default 1), offset o ∈ R^c.
 * @throws DomainError when δ is not a positive number; else as `bind`.
 */
export function huberLoss(targets: ArrayLike<number>, options: HuberOptions = {}): Loss {
  const { delta = 1 } = options
  if (!(delta > 0 && delta < Infinity))
    throw new DomainError(
      `huberLoss: delta must be a positive number; got ${delta}. Use about 1.345 times the scale of the noise.`,
    )
  return scalarLoss(huberForm(delta), bind('huberLoss', targets, options.outputs ?? 1, options))
}

function huberForm(delta: number): ScalarForm {
  return {
    name: 'huber',
    parameter: delta,
    smoothness: 1,
    value(z, y) {
      const r = Math.abs(z - y)
      return r <= delta ? 0.5 * r * r : delta * (r - 0.5 * delta)
    },
    slope: (z, y) => Math.max(-delta, Math.min(delta, z - y)),
    curvature: (z, y) => (Math.abs(z - y) <= delta ? 1 : 0),
    conjugate: (t, y) => 0.5 * t * t + t * y,
    magnitude: (t, y) => 0.5 * t * t + Math.abs(t * y),
    low: () => -delta,
    high: () => delta,
  }
}
