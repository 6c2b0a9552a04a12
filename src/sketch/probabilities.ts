/**
 * Probabilities over rows: checked, and drawn from by inverting their prefix sums.
 * @module
 */
import { ShapeError } from '../errors.ts'
import { outOfRange } from './draw.ts'

/** Weights p ≥ 0 over the n rows. */
export interface Probabilities {
  /** Σ p, summed in order. */
  readonly total: number
  /** p_j/Σp. */
  of(j: number): number
  /** The j with prefix_{j} ≤ u·Σp < prefix_{j+1}, for u in [0, 1). Never one of probability 0. Cost log₂ n. */
  at(u: number): number
}

/**
 * Checks weights, which need not sum to one.
 *
 * @throws ShapeError when there are not n; DomainError (E_PARAM_RANGE) for a negative or infinite one, or when all are 0.
 */
export function probabilities(who: string, weights: ArrayLike<number>, samples: number): Probabilities {
  if (weights.length !== samples)
    throw new ShapeError(`${who}: one probability a sample is needed, ${samples}; got ${weights.length}.`)
  const prefix = new Float64Array(samples)
  let total = 0
  let last = 0
  for (let j = 0; j < samples; j++) {
    if (!(weights[j] >= 0 && weights[j] < Infinity))
      throw outOfRange(`${who}: probabilities must be finite and ≥ 0; got ${weights[j]} for row ${j}.`)
    if (weights[j] > 0) last = j
    total += weights[j]
    prefix[j] = total
  }
  if (!(total > 0 && total < Infinity))
    throw outOfRange(`${who}: probabilities must have a finite sum > 0; got ${total}. Give some row a chance.`)
  return {
    total,
    of: j => weights[j] / total,
    at(u) {
      const goal = u * total
      let [low, high] = [0, last]
      while (low < high) {
        const middle = (low + high) >> 1
        if (prefix[middle] > goal) high = middle
        else low = middle + 1
      }
      return low
    },
  }
}
