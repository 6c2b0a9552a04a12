/**
 * Bounds on the error of a least-squares solution, in words. The words follow how the bound was met.
 * @module
 */
import type { BoundBy } from './report.ts'

export interface ErrorClaim {
  /** f(x) − f(x*) ≤ this. */
  readonly errorBound: number
  /** √(2·errorBound)/‖b‖. */
  readonly relativeError: number
  readonly boundBy: BoundBy
}

const HOW: Record<BoundBy, string> = {
  ridge: 'from the gradient and the ridge alone, rounding included',
  orthogonality: 'from the residual and an orthonormal basis of the columns, up to rounding',
  gram: 'from the gradient and a factor of the Gram matrix of all rows, rounding included',
  spectrum:
    'by a bound on the preconditioned spectrum that fails with probability below 1e-9 over its random start, up to rounding',
  none: '',
}

/** One plain sentence. */
export function errorStatement({ errorBound, relativeError, boundBy }: ErrorClaim): string {
  if (boundBy === 'none' || !(errorBound < Infinity))
    return 'No bound: nothing is proved about how far this solution is from the best one.'
  if (relativeError >= 1) return `No useful bound: what is proved (${HOW[boundBy]}) is more than the objective at zero.`
  return (
    `Proved: no coefficients have an objective more than ${above(errorBound)} below this one; the fitted values are within ` +
    `${above(relativeError)} of the best ones, relative to the size of the target (${HOW[boundBy]}).`
  )
}

/** Two digits, rounded up. */
function above(value: number): string {
  if (value === 0) return '0'
  const digits = Math.floor(Math.log10(value)) - 1
  const tens = Math.ceil(value / 10 ** digits)
  return Number(`${tens}e${digits}`).toExponential(1)
}
