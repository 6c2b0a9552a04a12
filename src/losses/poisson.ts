/**
 * Poisson loss, half the deviance of a count y ≥ 0 with log-mean z: ℓ(z, y) = e^z − y·z + (y·log y − y) ≥ 0;
 * ℓ*(t) = q·log(q/y) + t·log y − t with q = t + y ≥ 0 (t·log t − t for y = 0). Its curvature e^z has no bound.
 * @module
 */
import { DomainError, UnsupportedError } from '../errors.ts'
import { bind, type LossOptions } from './bind.ts'
import type { Loss } from './loss.ts'
import { type ScalarForm, scalarLoss } from './scalarLoss.ts'

const form: ScalarForm = {
  name: 'poisson',
  smoothness: Infinity,
  value(z, y) {
    if (y === 0) return Math.exp(z)
    // y·(e^r − 1 − r), r = z − log y: no terms that cancel near the least value 0.
    const r = z - Math.log(y)
    if (Math.abs(r) < 0.05)
      return (
        ((y * r * r) / 2) * (1 + (r / 3) * (1 + (r / 4) * (1 + (r / 5) * (1 + (r / 6) * (1 + (r / 7) * (1 + r / 8))))))
      )
    return y * (Math.expm1(r) - r)
  },
  slope: (z, y) => Math.exp(z) - y,
  curvature: z => Math.exp(z),
  conjugate(t, y) {
    const q = t + y
    return (q > 0 ? q * Math.log(y > 0 ? q / y : q) : 0) + (y > 0 ? t * Math.log(y) : 0) - t
  },
  magnitude(t, y) {
    // Rounding of q = t + y counts by the slope of ℓ*, log(q/y), which is large next to the end of the domain.
    const size = Math.abs(t) + y
    const q = Math.max(t + y, 1e-17 * size)
    const turned = y > 0 ? Math.abs(Math.log(y)) : 0
    return q > 0 ? size * (2 + turned + Math.abs(Math.log(y > 0 ? q / y : q))) : 0
  },
  low: y => 0 - y,
  high: () => Infinity,
}

/**
 * L(f) = Σ_i w_i (exp(f_i + o) − y_i (f_i + o) + y_i log y_i − y_i): counts, whose logarithm of the mean is f.
 *
 * @param targets counts y ≥ 0 in R^n, not necessarily whole.
 * @param options weights w ∈ R^n, offset o ∈ R^1 (log of the exposure, where it is the same for all).
 * @throws DomainError (E_DOMAIN) for a target < 0; UnsupportedError for several outputs; else as `bind`.
 */
export function poissonLoss(targets: ArrayLike<number>, options: LossOptions = {}): Loss {
  if ((options.outputs ?? 1) !== 1)
    throw new UnsupportedError(`poissonLoss: counts have one output; got outputs = ${options.outputs}. Fit each apart.`)
  const bound = bind('poissonLoss', targets, 1, options)
  const at = bound.targets.findIndex(y => y < 0)
  if (at >= 0)
    throw new DomainError(`poissonLoss: counts must be ≥ 0; got ${bound.targets[at]} at ${at}. Use squared loss.`)
  return scalarLoss(form, bound)
}
