/**
 * Binding targets, weights and offset to a loss: copies and checks, once, before any solver starts.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'

/** What is bound to a loss beside its targets. */
export interface LossOptions {
  /** Sample weights w ≥ 0 in R^n, not all 0; default all 1. */
  readonly weights?: ArrayLike<number> | null
  /** c ≥ 1; default 1 (for classes: the largest index + 1, at least 2). */
  readonly outputs?: number
  /** Added to every fitted value before the loss sees it, in R^c; default 0. */
  readonly offset?: ArrayLike<number>
}

export interface Bound {
  readonly samples: number
  readonly outputs: number
  readonly targets: Float64Array
  readonly weights: Float64Array | null
  /** max w_i. */
  readonly heaviest: number
  readonly offset: Float64Array
}

/**
 * Copies and checks what a loss is made of; `perSample` numbers of `targets` belong to each sample.
 *
 * @throws DomainError for a target, weight or offset that is not finite, a negative weight, or weights that are all 0.
 * @throws ShapeError for lengths that do not fit together.
 */
export function bind(who: string, targets: ArrayLike<number>, perSample: number, options: LossOptions): Bound {
  const { outputs = 1 } = options
  if (!Number.isInteger(outputs) || outputs < 1)
    throw new ShapeError(`${who}: outputs must be a positive whole number; got ${outputs}. Count the target columns.`)
  if (targets.length === 0 || targets.length % perSample !== 0)
    throw new ShapeError(
      `${who}: targets must hold ${perSample} number${perSample > 1 ? 's' : ''} for each of at least one sample; got ${targets.length}. Pass them sample by sample.`,
    )
  const samples = targets.length / perSample
  const bound = finite(who, 'targets', targets)
  const offset = options.offset ? finite(who, 'offset', options.offset) : new Float64Array(outputs)
  if (offset.length !== outputs)
    throw new ShapeError(
      `${who}: offset must hold one number an output, ${outputs}; got ${offset.length}. Use bestConstant.`,
    )
  const weights = options.weights ? checkWeights(who, options.weights, samples) : null
  return { samples, outputs, targets: bound, weights, heaviest: weights ? largest(weights) : 1, offset }
}

/**
 * @throws DomainError when a label is not one of −1 and +1.
 */
export function checkSigns(who: string, targets: Float64Array): void {
  const at = targets.findIndex(y => y !== 1 && y !== -1)
  if (at >= 0)
    throw new DomainError(
      `${who}: labels must be -1 or +1; got ${targets[at]} at ${at}. Encode the two classes as -1 and +1.`,
      'E_LABELS',
    )
}

/**
 * Checks that `values` ∈ R^size.
 *
 * @throws ShapeError otherwise.
 */
export function checkLength(who: string, values: Float64Array, size: number): void {
  if (values.length !== size)
    throw new ShapeError(`${who}: fitted values and dual points must hold n·c = ${size} numbers; got ${values.length}.`)
}

function checkWeights(who: string, source: ArrayLike<number>, samples: number): Float64Array {
  const weights = finite(who, 'weights', source)
  if (weights.length !== samples)
    throw new ShapeError(`${who}: weights must hold one number a sample, ${samples}; got ${weights.length}.`)
  const at = weights.findIndex(w => w < 0)
  if (at >= 0)
    throw new DomainError(
      `${who}: weights must be >= 0; got ${weights[at]} at ${at}. A weight of 0 leaves a sample out.`,
    )
  if (largest(weights) === 0)
    throw new DomainError(
      `${who}: some weight must be > 0; got ${samples} zeros. Leave weights out to count all alike.`,
    )
  return weights
}

function finite(who: string, what: string, source: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(source)
  const at = values.findIndex(v => !Number.isFinite(v))
  if (at >= 0)
    throw new DomainError(
      `${who}: ${what} must be finite numbers; got ${values[at]} at ${at}. Drop or fill in that row.`,
    )
  return values
}

function largest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), 0)
}
