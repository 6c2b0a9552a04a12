/**
 * What a constraint adds to a bound, from the set's definition alone: a number ≥ max { sᵀx − ½β‖x‖² : x ∈ C } for every s within e of the one given.
 *
 * Box: entry by entry; the maximum is convex in s_j, so its largest value is at an end of s_j ± e_j. Others: for any P,
 *   sᵀx − ½β‖x‖² ≤ ½β‖P‖² + (s − βP)ᵀx ≤ ½β‖P‖² + σ_C(s − βP),
 * which is met with equality where P is the maximiser. Every rounding is counted.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import type { ConstraintSet } from '../penalties/constraint.ts'
import { l1Ball } from '../penalties/l1Ball.ts'
import { l2Ball } from '../penalties/l2Ball.ts'
import { simplex } from '../penalties/simplex.ts'
import { compensatedSum, normUp, UNIT, up } from './rounding.ts'

/** Ridge and cut of `constraintBound`. */
export interface ConstraintBoundOptions {
  /** e ≥ 0, a bound on the error of each s_j. */
  readonly errors: Float64Array
  /** β ≥ 0. */
  readonly beta: number
  /** R: only entries up to this are covered; needed for unbounded boxes without a ridge. */
  readonly reach: number
}

/** The upper bound. Cost O(d log d). */
export function constraintBound(set: ConstraintSet, s: Float64Array, options: ConstraintBoundOptions): number {
  const { errors, beta, reach } = options
  if (set.kind === 'box') {
    const [low, high] = [Math.max(set.low, -reach), Math.min(set.high, reach)]
    const terms = s.map((v, j) =>
      Math.max(entry(v - errors[j], { low, high, beta }), entry(v + errors[j], { low, high, beta })),
    )
    return up(compensatedSum(terms) + compensatedSum(terms.map(v => 4 * UNIT * Math.abs(v))), 8)
  }
  const d = s.length
  const { radius } = set
  const point = new Float64Array(d)
  if (beta > 0)
    ballOf(set, d).prox(
      s.map(v => v / beta),
      1,
      point,
    )
  const slack = s.map((v, j) => errors[j] + 8 * UNIT * (Math.abs(v) + beta * Math.abs(point[j])))
  const rest = s.map((v, j) => v - beta * point[j])
  const decay = up(0.5 * beta * compensatedSum(point.map(v => v * v)), 8)
  return up(decay + up(radius * supportOf(set, rest, slack), 4))
}

/** By how much x leaves C at most, roundings included; 0 when it is in C for certain. */
export function violationOf(set: ConstraintSet, x: Float64Array): number {
  if (set.kind === 'box') return x.reduce((most, v) => Math.max(most, set.low - v, v - set.high), 0)
  const { kind, radius } = set
  const size = kind === 'l2-ball' ? normUp(x) : up(compensatedSum(x.map(Math.abs)), 2)
  if (kind !== 'simplex') return Math.max(0, size - radius)
  const sum = compensatedSum(x)
  const negative = x.reduce((most, v) => Math.max(most, -v), 0)
  return Math.max(negative, sum === radius ? 0 : up(Math.abs(sum - radius) + 2 * UNIT * radius))
}

/** The set as a noun phrase. */
export function constraintWords(set: ConstraintSet): string {
  if (set.kind !== 'box')
    return {
      'l1-ball': `coefficients whose sizes add to ${set.radius} at most`,
      'l2-ball': `coefficients of length ${set.radius} at most`,
      simplex: `nonnegative coefficients that add to ${set.radius}`,
    }[set.kind]
  if (set.low === 0 && set.high === Infinity) return 'nonnegative coefficients'
  return `coefficients between ${set.low} and ${set.high}`
}

/** max over [low, high] of s·x − ½β·x², from above. */
function entry(s: number, { low, high, beta }: { low: number; high: number; beta: number }): number {
  const at = (x: number) => {
    const [linear, square] = [s * x, 0.5 * beta * x * x]
    return linear - square + 16 * UNIT * (Math.abs(linear) + square)
  }
  if (beta === 0) return up(Math.max(at(low), at(high)))
  // Where rounding moves s/β over an end, the two formulas differ by a square of the rounding.
  if (s / beta < low) return up(at(low))
  if (s / beta > high) return up(at(high))
  return up((s * s) / (2 * beta))
}

function ballOf(set: ConstraintSet, d: number) {
  switch (set.kind) {
    case 'l1-ball':
      return l1Ball(d, set)
    case 'l2-ball':
      return l2Ball(d, set)
    case 'simplex':
      return simplex(d, set)
    default:
      throw new UnsupportedError(`constraintBound: the set must be a ball or a simplex; got ${set.kind}.`)
  }
}

/** σ(w)/R for every w within `slack` of `rest`, from above. */
function supportOf(set: ConstraintSet, rest: Float64Array, slack: Float64Array): number {
  if (set.kind === 'l2-ball') return normUp(rest.map((v, j) => Math.abs(v) + slack[j]))
  const signed = set.kind === 'simplex'
  return up(rest.reduce((most, v, j) => Math.max(most, (signed ? v : Math.abs(v)) + slack[j]), -Infinity))
}
