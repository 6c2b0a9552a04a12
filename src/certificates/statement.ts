/**
 * Certificates in words. The one place where a bound becomes a sentence; nobody else writes them.
 *
 * The words follow the scope: 'global' speaks of every network of the class, 'restricted' of the given patterns only and
 * says so, 'stationary' claims no bound.
 * @module
 */
import type { Oracle, Scope } from './certificate.ts'

/** What a sentence is made from: the two numbers and what they cover. */
export interface Claim {
  readonly primal: number
  readonly dual: number
  readonly relativeGap: number
  readonly scope: Scope
  readonly oracle: Oracle
  /** What kind of network it is, as a noun phrase: 'ReLU network', 'gated ReLU network'. */
  readonly subject: string
  /** Patterns (or gates) the bound runs over. */
  readonly patterns?: number
  /** Networks of one given width only; default false: of any. */
  readonly oneWidth?: boolean
  /** What is as low as can be, as a noun: default 'training objective'. */
  readonly what?: string
  /** Of a bound that is not exact: by what factor its oracle may overestimate, and the bound that an exact one could give at most (from the dual points tried). */
  readonly loose?: { readonly factor: number; readonly bound: number }
  /** The point breaks its constraint by no more than this; default 0. */
  readonly violation?: number
}

const HOW: Record<Oracle, string> = {
  enumeration: 'every activation pattern of these data was enumerated',
  'closed-form': 'by a closed form',
  spectral: 'by a spectral bound',
  sdp: 'by a semidefinite relaxation',
  'low-rank': 'by enumeration of a low-rank approximation and its distance',
  dictionary: 'over the given patterns',
  none: 'no bound',
}

/** One plain sentence (two where a warning belongs to it). */
export function statement(claim: Claim): string {
  const { primal, dual, relativeGap, scope, oracle, subject, patterns, oneWidth = false, loose, violation = 0 } = claim
  const { what = 'training objective' } = claim
  if (scope === 'stationary')
    return `No bound: the ${what} is ${number(primal)}, and nothing is proved about how much lower it could be.`
  const bounds = `objective ${number(primal)}, bound ${number(dual)}`
  const count = patterns === undefined ? 'the given' : `the ${patterns}`
  if (scope === 'global')
    return `Proved: ${below(`no ${subject}${oneWidth ? '' : ' of this form, of any width'}`, relativeGap, what)} (${bounds}; ${HOW[oracle]}).${loose ? ` ${looseness(loose)}` : ''}${broken(violation)}`
  return (
    `Proved among ${count} activation patterns only: ${below(`no ${subject} that uses just these`, relativeGap, what)} (${bounds}). ` +
    'Networks with other patterns may be better.'
  )
}

/** What a sentence about a linear or quadratic program is made from. */
export interface ProgramClaimWords {
  readonly primal: number
  readonly dual: number
  /** Entries up to this are covered. */
  readonly reach: number
  /** The point breaks no constraint by more than this. */
  readonly violation: number
  readonly proved: boolean
}

/** One plain sentence about a program, and one more when the point may break a constraint. */
export function programStatement({ primal, dual, reach, violation, proved }: ProgramClaimWords): string {
  const point = broken(violation)
  if (!proved)
    return `No bound: nothing is proved about how much lower than ${number(primal)} the objective could be.${point}`
  const gap = Math.max(0, primal - dual)
  return `Proved: no point that meets the constraints, with entries up to ${reach.toExponential(0)}, has an objective more than ${gap === 0 ? '0' : (gap * 1.05).toExponential(1)} below ${number(primal)}, that of this one.${point}`
}

/** What a sentence about a range of predictions is made from; numbers in the unit of the target. */
export interface RangeWords {
  readonly scope: 'global' | 'restricted'
  readonly subject: string
  /** Objectives up to this part above that of the network count. */
  readonly within: number
  readonly low: number
  readonly high: number
  readonly bound: { readonly low: number; readonly high: number }
  /** Which row, as a phrase: 'row 3 of new.csv'. */
  readonly where: string
}

/** How far equally good networks can differ at one row, in a sentence; the bounds are rounded outwards, what is reached inwards. */
export function rangeStatement({ scope, subject, within, low, high, bound, where }: RangeWords): string {
  const class_ = scope === 'global' ? `no ${subject} of this form, of any width,` : `no ${subject} over these patterns`
  const warning = scope === 'global' ? '' : ' Networks with other patterns may differ more.'
  return `Proved: ${class_} whose objective is at most ${(100 * within).toPrecision(2)} % above this one's predicts below ${outwards(bound.low, -1)} or above ${outwards(bound.high, 1)} at ${where}; predictions from ${outwards(low, 1)} to ${outwards(high, -1)} are reached by such networks.${warning}`
}

/** Six digits, not below (side 1) or not above (side −1) the value. */
function outwards(value: number, side: 1 | -1): string {
  if (!Number.isFinite(value) || value === 0) return String(value)
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 5)
  const rounded = Number(value.toPrecision(6))
  const moved = side * (value - rounded) > 0 ? rounded + side * unit : rounded
  return String(Number(moved.toPrecision(6)))
}

function broken(violation: number): string {
  return violation > 0 ? ` This point may break a constraint by ${violation.toExponential(1)}, rounding included.` : ''
}

/** How much of the gap may be the oracle's; factor and bound rounded so that neither is made to look better. */
function looseness({ factor, bound }: NonNullable<Claim['loose']>): string {
  return `The bound holds but may be loose: at this network the oracle overestimates by up to a factor of ${(Math.ceil(factor * 100) / 100).toFixed(2)}, and an exact one could raise the bound to ${number(bound)} at most, from the same dual points.`
}

function below(who: string, relativeGap: number, what: string): string {
  if (relativeGap === 0) return `${who} has a lower ${what}`
  if (relativeGap >= 1) return `${who} has a negative ${what}, which says nothing: the bound is too loose`
  return `${who} has a ${what} more than ${percent(relativeGap)} below this one`
}

/** Rounded up, so that the sentence never promises more than the number. */
function percent(part: number): string {
  const value = part * 100
  const digits = Math.max(0, 1 - Math.floor(Math.log10(value)))
  if (digits > 12) return 'a trillionth of a percent'
  const unit = 10 ** -digits
  return `${Math.min(100, Math.ceil(value / unit) * unit).toFixed(digits)} %`
}

function number(value: number): string {
  return String(Number(value.toPrecision(7)))
}
