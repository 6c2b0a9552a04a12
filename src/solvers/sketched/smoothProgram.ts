/**
 * Smooth convex programs f(z) = F(A·z, z) as Newton methods see them, and the step of a line search on them.
 * @module
 */
import type { DenseOperator } from '../../matrix/denseOperator.ts'
import type { NewtonSystem } from './newtonSystem.ts'

/** f: R^D → R ∪ {∞}, known by A and functions of the fit A·z. */
export interface SmoothProgram {
  readonly operator: DenseOperator
  /** f is divided by this before decrements are compared with fixed numbers (Σw of a loss, t of a barrier). */
  readonly scale: number
  /** f; Infinity outside the domain. */
  value(fit: Float64Array, z: Float64Array): number
  /** ∇f(z): one product with Aᵀ. */
  gradient(fit: Float64Array, z: Float64Array): Float64Array
  /** The Newton system at z. Cost nd. */
  system(fit: Float64Array, z: Float64Array, gradient: Float64Array): NewtonSystem
}

/** Where a line search ended. */
export interface Moved {
  /** 0 when no step helped. */
  readonly step: number
  readonly value: number
}

/** Parameters of Armijo's rule. */
export interface ArmijoOptions {
  /** a in (0, ½): the decrease asked for, as a part of the predicted one; default 0.1. */
  readonly decrease?: number
  /** b in (0, 1); default 0.5. */
  readonly shrink?: number
  /** The step tried first; default 1. */
  readonly first?: number
  /** Compute the fit of each trial anew instead of adding to the old one: where small slacks decide. */
  readonly anew?: boolean
}

const BACKTRACKS = 50
/** Round-off of f that no line search can see through. */
const NOISE = 4 * 2 ** -52

/**
 * Armijo: the largest step t = first·b^k with f(z + t·v) ≤ f(z) + a·t·slope; moves z and fit there.
 *
 * @param slope ∇f(z)ᵀv < 0.
 */
export function armijo(
  program: SmoothProgram,
  point: { readonly z: Float64Array; readonly fit: Float64Array; readonly value: number },
  direction: { readonly v: Float64Array; readonly image: Float64Array; readonly slope: number },
  { decrease = 0.1, shrink = 0.5, first = 1, anew = false }: ArmijoOptions = {},
): Moved {
  const { z, fit, value } = point
  const { v, image, slope } = direction
  const [trialZ, trialFit] = [z.slice(), fit.slice()]
  let step = first
  for (let k = 0; k <= BACKTRACKS; k++, step *= shrink) {
    for (let j = 0; j < z.length; j++) trialZ[j] = z[j] + step * v[j]
    if (anew) program.operator.apply(trialZ, trialFit)
    else for (let i = 0; i < fit.length; i++) trialFit[i] = fit[i] + step * image[i]
    const next = program.value(trialFit, trialZ)
    // Written so that NaN counts as a step too long.
    if (!(next <= value + decrease * step * slope + NOISE * Math.abs(value))) continue
    z.set(trialZ)
    fit.set(trialFit)
    return { step, value: next }
  }
  return { step: 0, value }
}
