/**
 * What balls and simplex share: the check of their radius, and the distance from a normal cone with one multiplier.
 * @module
 */
import { DomainError } from '../errors.ts'
import { checkPenalty } from './check.ts'

/** @throws ShapeError, DomainError as `checkPenalty`; DomainError (E_PARAM_RANGE) for a radius that is not a number > 0. */
export function checkRadius(who: string, size: number, radius: number): void {
  checkPenalty(who, size)
  if (!(radius > 0 && radius < Infinity))
    throw new DomainError(`${who}: the radius must be a number > 0; got ${radius}.`, 'E_PARAM_RANGE')
}

/** The terms of a distance as functions of the multiplier t, each falling, or rising, with slope ±1 or 0. */
export interface Terms {
  /** Least multiplier. */
  readonly least: number
  /** Where v_i ≠ 0. */
  readonly support: (i: number, t: number) => number
  /** Where v_i = 0. */
  readonly rest: (i: number, t: number) => number
}

/** min over t ≥ least of the length of the terms, a convex function of t: by golden section, to round-off of its square. */
export function leastDistance(v: Float64Array, { least, support, rest }: Terms): number {
  const square = (t: number) => {
    let sum = 0
    for (let i = 0; i < v.length; i++) sum += (v[i] === 0 ? rest(i, t) : support(i, t)) ** 2
    return sum
  }
  const reach = 1 + Math.sqrt(square(Math.max(least, 0))) * 2
  let [low, high] = [Math.max(least, -reach), reach]
  const ratio = (Math.sqrt(5) - 1) / 2
  let [a, b] = [high - ratio * (high - low), low + ratio * (high - low)]
  let [fa, fb] = [square(a), square(b)]
  for (let k = 0; k < 120; k++) {
    if (fa <= fb) {
      high = b
      ;[b, fb] = [a, fa]
      a = high - ratio * (high - low)
      fa = square(a)
    } else {
      low = a
      ;[a, fa] = [b, fb]
      b = low + ratio * (high - low)
      fb = square(b)
    }
  }
  return Math.sqrt(Math.min(fa, fb, square(Math.max(least, low))))
}
