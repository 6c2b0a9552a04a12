/**
 * The one place where the public lambda (mean of the losses) and the beta of the programs (their sum) meet.
 * @module
 */
import { DomainError } from '../errors.ts'

/**
 * beta = n·lambda.
 *
 * @throws DomainError (E_LAMBDA) unless lambda is a positive number.
 */
export function betaOf(lambda: number, samples: number): number {
  if (!(lambda > 0 && lambda < Infinity))
    throw new DomainError(
      `fit: lambda must be a positive number; got ${lambda}. Without weight decay the best network is not unique and the theorem does not hold; take a small fraction of lambdaMax.`,
      'E_LAMBDA',
    )
  return samples * lambda
}

/** Points of a path from the largest lambda down, evenly spaced in log, both ends included. */
export function lambdaPath(largest: number, points: number, smallestFraction: number): number[] {
  if (!(Number.isInteger(points) && points >= 1))
    throw new DomainError(`path: points must be a whole number ≥ 1; got ${points}.`)
  if (!(smallestFraction > 0 && smallestFraction <= 1))
    throw new DomainError(`path: the smallest fraction of lambdaMax must be in (0, 1]; got ${smallestFraction}.`)
  return Array.from({ length: points }, (_, k) =>
    points === 1 ? largest : largest * smallestFraction ** (k / (points - 1)),
  )
}
