/**
 * A certificate for a linear model: how much lower could (1/n)·Σ w_i ℓ(a_iᵀx + x₀, y_i) + ½λ‖x‖² be?
 *
 * Fenchel: for every θ in the domain of L*,  L(Ax + x₀1) + ½β‖x‖² ≥ −L*(θ) + θᵀ(Ax + x₀1) + ½β‖x‖² ≥ −L*(θ) − ‖Aᵀθ‖²/(2β) if 1ᵀθ = 0,
 * which is met exactly: θ is rounded to a grid and its heavier side shrunk until the integers sum to 0. Without a ridge
 * −L*(θ) − R·‖Aᵀθ‖₁ − R·|1ᵀθ| over all entries ≤ R, a thousand times the largest; the statement says so. For coefficients confined to a convex set C what
 * is taken off is max { −θᵀAx − ½β‖x‖² : x ∈ C } (`constraintBound`), and by how much x itself may leave C is `violation`. Every rounding is counted: Aᵀθ by compensated sums with their a-priori error, the rest as in `dualBound` and `networkValue`.
 * @module
 */
import { NotSolvedError, ShapeError } from '../errors.ts'
import type { Loss } from '../losses/loss.ts'
import type { Dense } from '../matrix/dense.ts'
import type { ConstraintSet } from '../penalties/constraint.ts'
import type { Certificate } from './certificate.ts'
import { constraintBound, constraintWords, violationOf } from './constraintBound.ts'
import { compensatedSum, down, gamma, UNIT, up } from './rounding.ts'
import { statement } from './statement.ts'

/** A linear model with its data. */
export interface LinearModel {
  /** A ∈ R^{n × d}. */
  readonly x: Dense
  /** Bound to n samples, one output. */
  readonly loss: Loss
  /** λ ≥ 0 of the public (mean) objective. */
  readonly lambda: number
  /** x ∈ R^d. */
  readonly coefficients: Float64Array
  /** x₀; null when the model has none. */
  readonly intercept: number | null
  /** C ⊂ R^d, to which x (not x₀) is confined; default none. */
  readonly constraint?: ConstraintSet
}

/** Dual points to try beside the gradient of the loss. */
export interface CertifyLinearOptions {
  readonly candidates?: readonly Float64Array[]
}

/** A certificate, and how far its unpenalised coefficients range. */
export interface LinearCertificate extends Certificate {
  /** R: coefficients up to this size are covered; null where all are. */
  readonly reach: number | null
  /** x leaves C by no more than this; 0 without a constraint. */
  readonly violation: number
}

const REACH = 1000
/** Bits of the grid on which dual points are balanced. */
const GRID = 44

/**
 * Certifies coefficients from data alone. Cost: one pass over A, and one for each candidate.
 *
 * @throws ShapeError when sizes do not fit.
 */
export function certifyLinear(model: LinearModel, { candidates = [] }: CertifyLinearOptions = {}): LinearCertificate {
  const { x, loss, lambda, coefficients, intercept, constraint } = model
  if (loss.samples !== x.rows || loss.outputs !== 1 || coefficients.length !== x.cols)
    throw new ShapeError(
      `certifyLinear: loss, matrix and coefficients must fit together; got ${loss.samples} samples, ${x.rows} × ${x.cols}, ${coefficients.length} coefficients.`,
    )
  const n = x.rows
  const { upper, fit } = linearValue(model)
  const primal = Number.isFinite(upper) ? up(upper / n) : Infinity
  // Under a constraint θ is balanced, and the intercept is covered whatever its size.
  const free = constraint === undefined ? Math.abs(intercept ?? 0) : 0
  const largest = coefficients.reduce((most, v) => Math.max(most, Math.abs(v)), free)
  const open = constraint === undefined || (constraint.kind === 'box' && !(constraint.high - constraint.low < Infinity))
  const reach = lambda === 0 && open ? REACH * Math.max(1, largest) : null
  const violation = constraint === undefined ? 0 : violationOf(constraint, coefficients)
  let dual = -Infinity
  let witness: Float64Array | null = null
  for (const candidate of [loss.gradient(fit), ...candidates]) {
    if (candidate.length !== n || !candidate.every(Number.isFinite)) continue
    const inside = loss.project(candidate)
    const theta = intercept !== null && (lambda > 0 || constraint !== undefined) ? balanced(inside) : inside
    const lower = down(lowerBound(model, theta, reach ?? 0) / n)
    if (!(lower > dual)) continue
    dual = lower
    witness = theta
  }
  const proved = witness !== null && primal < Infinity
  if (proved && dual > primal && violation === 0)
    throw new NotSolvedError(
      `certifyLinear: the bound must not exceed the value; got ${dual} above ${primal}. This is a fault in nadir: please report it with the data.`,
    )
  // A point outside may lie below the optimum: then its distance from the bound is an error too.
  const gap = proved ? up(Math.abs(primal - dual), 1) : Infinity
  const relativeGap = proved ? (gap === 0 ? 0 : gap / Math.abs(primal)) : Infinity
  const scope = proved ? 'global' : 'stationary'
  const oracle = proved ? 'closed-form' : 'none'
  const kinds = [
    ...(constraint === undefined ? [] : [constraintWords(constraint)]),
    ...(reach === null
      ? []
      : [`${constraint === undefined ? 'coefficients ' : ''}up to ${reach.toExponential(0)} in size`]),
  ]
  const subject = `linear model of this form${kinds.length === 0 ? '' : ` with ${kinds.join(', ')}`}`
  const words = statement({ primal, dual, relativeGap, scope, oracle, subject, oneWidth: true, violation })
  return { primal, dual, gap, relativeGap, scope, oracle, statement: words, witness, reach, violation }
}

/** L(Ax + x₀) + ½β‖x‖² from above, and the fit. */
function linearValue({ x, loss, lambda, coefficients, intercept }: LinearModel): { upper: number; fit: Float64Array } {
  const { rows: n, cols: d, data } = x
  const fit = new Float64Array(n)
  const size = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let [sum, terms] = [intercept ?? 0, Math.abs(intercept ?? 0)]
    for (let j = 0; j < d; j++) {
      const term = data[i * d + j] * coefficients[j]
      sum += term
      terms += Math.abs(term)
    }
    fit[i] = sum
    size[i] = terms
  }
  const slope = loss.gradient(fit)
  const excess = Float64Array.from(fit, (f, i) => {
    // `Loss.value` may move its argument by 2 ulp of the largest number it meets; Poisson's meets log y.
    const own = Math.abs(f) + Math.abs(loss.offset[0]) + Math.abs(Math.log(Math.max(Math.abs(loss.targets[i]), 1e-300)))
    const e = up(gamma(d + 3) * size[i], d + 4) + 8 * UNIT * own
    const bend = Number.isFinite(loss.smoothness)
      ? loss.smoothness
      : (loss.weights?.[i] ?? 1) * Math.exp(f + loss.offset[0] + e) * (1 + 1e-9)
    return (Math.abs(slope[i]) * (1 + 1e-9) + bend * e) * e
  })
  const decay = compensatedSum(coefficients.map(v => v * v))
  const value = up(loss.value(fit), 32) + up(compensatedSum(excess), 8)
  return { upper: up(value + up(0.5 * up(lambda * n) * decay, 8), 4), fit }
}

/** −L*(θ) − ‖Aᵀθ‖²/(2β) − R·|free|, from below. */
function lowerBound(model: LinearModel, theta: Float64Array, reach: number): number {
  const { x, loss, lambda, intercept, constraint } = model
  const { rows: n, cols: d, data } = x
  const beta = down(lambda * n)
  const sizes = new Float64Array(d)
  const centres = new Float64Array(d)
  const terms = new Float64Array(n)
  for (let j = 0; j < d; j++) {
    for (let i = 0; i < n; i++) terms[i] = data[i * d + j] * theta[i]
    sizes[j] = sumUp(terms)
    centres[j] = -compensatedSum(terms)
  }
  let taken = 0
  if (constraint !== undefined)
    taken = constraintBound(constraint, centres, {
      errors: sizes.map((size, j) => up(size - Math.abs(centres[j]) + 2 * UNIT * size)),
      beta: Math.max(0, beta),
      reach: reach === 0 ? Infinity : reach,
    })
  else if (lambda > 0) taken = up(compensatedSum(sizes.map(s => s * s)) / (2 * beta), 8)
  else taken = up(reach * (compensatedSum(sizes) + (intercept === null ? 0 : sumUp(theta))), 8)
  const value = down(-loss.conjugate(theta) - up(32 * UNIT * loss.conjugateMagnitude(theta)))
  return down(value - taken - 4 * UNIT * (Math.abs(value) + Math.abs(taken)))
}

/** θ moved towards 0, entry by entry, until its sum is exactly 0; it stays in the domain, which is an interval around 0 in each entry. */
export function balanced(theta: Float64Array): Float64Array {
  const largest = theta.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  if (largest === 0) return theta.slice()
  const unit = 2 ** (Math.ceil(Math.log2(largest)) - GRID)
  const whole = theta.map(v => Math.trunc(v / unit))
  let excess = 0n
  for (const k of whole) excess += BigInt(k)
  const side = excess > 0n ? 1 : -1
  const heavy = whole.reduce((sum, k) => (k * side > 0 ? sum + Math.abs(k) : sum), 0)
  const share = Number(excess < 0n ? -excess : excess) / heavy
  let left = excess < 0n ? -excess : excess
  for (let i = 0; i < whole.length && left > 0n; i++) {
    if (whole[i] * side <= 0) continue
    const cut = Math.min(Math.trunc(Math.abs(whole[i]) * share), Number(left))
    whole[i] -= side * cut
    left -= BigInt(cut)
  }
  // What truncation left over is less than one unit an entry, but for the rounding of `share`.
  while (left > 0n)
    for (let i = 0; i < whole.length && left > 0n; i++)
      if (whole[i] * side > 0) {
        whole[i] -= side
        left--
      }
  return whole.map(k => k * unit)
}

/** A number ≥ |Σ terms|, each term rounded once. */
function sumUp(terms: Float64Array): number {
  const k = terms.length + 1
  const sum = Math.abs(compensatedSum(terms))
  let absolute = 0
  for (let i = 0; i < terms.length; i++) absolute += Math.abs(terms[i])
  return up(sum * (1 + 4 * UNIT) + (UNIT + 2 * (k * UNIT) ** 2) * 2 * absolute, 8)
}
