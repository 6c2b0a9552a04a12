/**
 * When does a Newton sketch need more rows? Three published answers, as pure functions of the squared sketched decrements l = λ̃² of the mean objective.
 * @module
 */
import { DomainError } from '../../errors.ts'

/** What is known at a new point, before its step. */
export interface Progressed {
  /** l at the last accepted point, and here. */
  readonly before: number
  readonly now: number
  /** By how much the last step lowered the mean objective. */
  readonly decrease: number
}

/** 'keep' the size, 'grow' it for the next steps, or 'reject': go back, and grow it. */
export type Verdict = 'keep' | 'grow' | 'reject'

/** A rule of growth. */
export type Growth = (progressed: Progressed) => Verdict

/** Constants of the published test. */
export interface PublishedOptions {
  /** ε in (0, 1/8], the precision asked of the sketch; default 1/8. */
  readonly epsilon?: number
  /** τ in [0, 1]: order 1 + τ of the local phase; default 0. */
  readonly tau?: number
  /** Armijo's a and b; default 0.1 and 0.5. */
  readonly decrease?: number
  readonly shrink?: number
  /** c ≥ 1 such that c·f is self-concordant; default 1. */
  readonly selfConcordance?: number
}

/** η, ν and α of the published test, of λ̃ (not its square). */
export function publishedConstants(options: PublishedOptions = {}): {
  readonly eta: number
  readonly nu: number
  readonly alpha: number
} {
  const { epsilon = 1 / 8, tau = 0, decrease: a = 0.1, shrink: b = 0.5 } = options
  const q = (1 + epsilon) / (1 - epsilon)
  if (!(epsilon > 0 && q * q * 0.5 + a < 1))
    throw new DomainError(
      `publishedConstants: q²/2 + a must be below 1, q = (1 + ε)/(1 − ε); got ε = ${epsilon}, a = ${a}. Take ε = 1/8, a = 0.1.`,
      'E_PARAM_RANGE',
    )
  if (!(tau >= 0 && tau <= 1))
    throw new DomainError(`publishedConstants: tau must be in [0, 1]; got ${tau}.`, 'E_PARAM_RANGE')
  const eta = (1 - (q * q) / 2 - a) / (8 * q ** 3)
  const nu = (a * b * eta * eta) / (1 + q * eta)
  const alpha = (Math.sqrt(1 + epsilon) / (1 - epsilon) ** ((1 + tau) / 2)) * (0.57 + 16 ** tau / 15)
  return { eta, nu, alpha }
}

/**
 * The published test: while λ̃ > η a step must lower f by ν; after that it must bring λ̃ below α·λ̃^{1+τ}; else it is rejected.
 *
 * With its constants ν is about 1e-6: the test accepts nearly every damped step, and m may stay far too small for hundreds of them.
 */
export function publishedGrowth(options: PublishedOptions = {}): Growth {
  const { tau = 0, selfConcordance: c = 1 } = options
  const { eta, nu, alpha } = publishedConstants(options)
  return ({ before, now, decrease }) => {
    const [old, next] = [Math.sqrt(c * before), Math.sqrt(c * now)]
    const accepted = old > eta ? c * decrease >= nu : next <= alpha * old ** (1 + tau)
    return accepted ? 'keep' : 'reject'
  }
}

/** Constants of the rule on decrements. */
export interface DecrementOptions {
  /** c > 0; default 0.5. */
  readonly contraction?: number
  /** p ≥ 1; default 1. With p = 2 the sketch always ends as large as the data. */
  readonly power?: number
  /** c₂; default 6. */
  readonly powerFactor?: number
}

/** The rule of the authors' experiments: keep every step, grow when l > c·l_old·min(1, c₂·l_old^{p−1}). */
export function decrementGrowth({
  contraction: c = 0.5,
  power: p = 1,
  powerFactor = 6,
}: DecrementOptions = {}): Growth {
  if (!(c > 0 && p >= 1 && powerFactor > 0))
    throw new DomainError(
      `decrementGrowth: contraction and powerFactor must be > 0, power ≥ 1; got ${c}, ${powerFactor}, ${p}.`,
      'E_PARAM_RANGE',
    )
  return ({ before, now }) =>
    now > c * before * Math.min(1, p === 1 ? 1 : powerFactor * before ** (p - 1)) ? 'grow' : 'keep'
}
