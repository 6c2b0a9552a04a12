/**
 * Certificates of one-dimensional ReLU networks with free biases: f(x) = c + Σ_j z_j (s_j (x − k_j))₊, s_j = ±1.
 *
 * Training charges β·½Σ(u_j² + v_j²) for slopes u_j and output weights v_j and nothing for biases, which balanced is β·Σ|z_j|.
 * For every θ ∈ dom L* with 1ᵀθ = 0 and g(θ) = max_a max_± |Σ_i θ_i (±(x_i − a))₊| ≤ β,
 *
 *   −L*(θ) ≤ min over networks of any width ≤ L(f) + β Σ_j|z_j|.
 *
 * a ↦ Σ θ_i (x_i − a)₊ is linear between data points, constant left of them (there 1ᵀθ = 0 is needed) and 0 right of them: its
 * maximum is at a data point, found by one sweep from each side. The sum of θ is made to vanish exactly, the sweeps carry
 * their rounding errors along, and the bound is global.
 * @module
 */
import { DomainError, NadirError, ShapeError, UnsupportedError } from '../errors.ts'
import { bestScale } from '../losses/bestScale.ts'
import type { Loss } from '../losses/loss.ts'
import type { Certificate } from './certificate.ts'
import { balanced } from './certifyLinear.ts'
import { PAIR_UNIT, type Pair, plus, product, times } from './doubleDouble.ts'
import { compensatedSum, down, UNIT, up } from './rounding.ts'
import { statement } from './statement.ts'

/** f(x) = constant + Σ_j coefficients_j · (sides_j (x − knots_j))₊; all arrays in R^m. */
export interface HingeSpline {
  readonly constant: number
  readonly knots: Float64Array
  /** +1: rises to the right of its knot; −1: to the left. */
  readonly sides: Float64Array
  readonly coefficients: Float64Array
}

/** The training problem of a spline, in sum form. */
export interface SplineData {
  /** x ∈ R^n, in any order. */
  readonly x: Float64Array
  /** Bound to n samples, one output. */
  readonly loss: Loss
  /** β = n·lambda > 0. */
  readonly beta: number
}

const SUBJECT = 'ReLU network of one input with free biases'

/**
 * How far a spline is from the best network of one input, whatever its width.
 *
 * @param candidates dual points θ ∈ R^n to try beside ∇L at the fit; others than finite ones of that size are passed over.
 * @throws ShapeError, DomainError for parts that do not fit or are not finite. Cost: O(n·m + n log n).
 */
export function certifySpline(
  spline: HingeSpline,
  data: SplineData,
  candidates: readonly Float64Array[] = [],
): Certificate {
  checkSpline('certifySpline', spline, data)
  const { loss } = data
  const n = data.x.length
  const { upper, fit } = splineValue(spline, data)
  const order = ascending(data.x)
  const sorted = Float64Array.from(order, i => data.x[i])
  let best: { lower: number; witness: Float64Array } | null = null
  for (const candidate of [loss.gradient(fit), ...candidates]) {
    const found = boundOf(candidate, { ...data, order, sorted })
    if (found !== null && (best === null || found.lower > best.lower)) best = found
  }
  const witness = best?.witness ?? new Float64Array(n)
  const primal = up(upper / n)
  const dual = down((best?.lower ?? lowerValue(loss, witness)) / n)
  return bracket(primal, dual, { subject: SUBJECT, witness })
}

/** The certificate of two numbers proved by a closed form. @throws NadirError when they cross, which is a fault. */
export function bracket(
  primal: number,
  dual: number,
  { subject, witness, what }: { readonly subject: string; readonly witness: Float64Array; readonly what?: string },
): Certificate {
  if (dual > primal)
    throw new NadirError(
      'E_BOUND_ABOVE_PRIMAL',
      `certify: the lower bound must not exceed the objective; got ${dual} above ${primal}. This is a bug in Nadir: please report it.`,
    )
  const gap = primal - dual
  const claim = {
    primal,
    dual,
    relativeGap: gap === 0 ? 0 : gap / Math.abs(primal),
    scope: 'global',
    oracle: 'closed-form',
  } as const
  return { ...claim, gap, statement: statement({ ...claim, subject, ...(what && { what }) }), witness }
}

interface Ordered extends SplineData {
  readonly order: Int32Array
  readonly sorted: Float64Array
}

/** The best bound on the ray of `candidate`, moved to sum 0; null when it is not finite. */
function boundOf(candidate: Float64Array, data: Ordered): { lower: number; witness: Float64Array } | null {
  const { loss, beta, order, sorted } = data
  if (candidate.length !== sorted.length || !candidate.every(Number.isFinite)) return null
  const theta = balanced(loss.project(candidate))
  const limit = hingeNorm(
    sorted,
    Float64Array.from(order, i => theta[i]),
  )
  let { scale } = bestScale(loss, theta, limit > 0 ? beta / limit : Infinity)
  for (let attempt = 0; attempt < 30 && scale > 0; attempt++) {
    const witness = balanced(loss.project(theta.map(t => scale * t)))
    const reached = hingeNorm(
      sorted,
      Float64Array.from(order, i => witness[i]),
    )
    if (reached <= beta) return { lower: lowerValue(loss, witness), witness }
    scale *= (beta / reached) * (1 - 8 * UNIT)
  }
  return null
}

function lowerValue(loss: Loss, witness: Float64Array): number {
  return down(-loss.conjugate(witness) - up(32 * UNIT * loss.conjugateMagnitude(witness)))
}

/**
 * A number ≥ g(θ) = max_a max_± |Σ_i θ_i (±(x_i − a))₊|, for θ whose sum is exactly 0.
 *
 * @param x ascending, repetitions allowed. @param theta in the order of x. Cost O(n).
 */
export function hingeNorm(x: Float64Array, theta: Float64Array): number {
  const n = x.length
  let most = 0
  for (const side of [1, -1]) {
    // slope = Σ θ over the samples passed, value = Σ θ_i |x_i − a|; each with a bound of its error.
    let [slope, slopeError, value, valueError] = [0, 0, 0, 0]
    for (let k = 0; k < n - 1; k++) {
      const i = side > 0 ? n - 1 - k : k
      slope += theta[i]
      slopeError += UNIT * Math.abs(slope)
      const step = Math.abs(x[i] - x[i - side])
      if (step === 0) continue
      const product = slope * step
      value += product
      valueError += slopeError * step * (1 + 4 * UNIT) + 3 * UNIT * Math.abs(product) + UNIT * Math.abs(value)
      most = Math.max(most, Math.abs(value) + valueError)
    }
  }
  return up(most, 8 * n)
}

/** L(f) + β Σ|z_j| from above, and the fit. */
function splineValue(spline: HingeSpline, { x, loss, beta }: SplineData): { upper: number; fit: Float64Array } {
  const { fit, error } = fitOfHinges(spline, x)
  const slope = loss.gradient(fit)
  const excess = Float64Array.from(fit, (f, i) => {
    const e = error[i] + 8 * UNIT * (Math.abs(f) + Math.abs(loss.offset[0]))
    return (Math.abs(slope[i]) * (1 + 1e-9) + loss.smoothness * e) * e
  })
  const penalty = up(compensatedSum(spline.coefficients.map(Math.abs)), 4)
  const value = up(loss.value(fit), 32) + up(compensatedSum(excess), 8)
  return { upper: up(value + up(beta * penalty, 4), 4), fit }
}

/**
 * f(x_i) and a bound of its error, in one sweep from each side: between knots f = c + A·x − B with A and B sums over the hinges that
 * are on, which cancel; they are kept as pairs of doubles.
 */
export function fitOfHinges(
  { constant, knots, sides, coefficients }: HingeSpline,
  x: Float64Array,
): { fit: Float64Array; error: Float64Array } {
  const [n, m] = [x.length, knots.length]
  const parts: Pair[] = new Array<Pair>(n).fill([constant, 0])
  const size = new Float64Array(n).fill(Math.abs(constant))
  const order = ascending(x)
  const hinges = ascending(knots)
  for (const side of [1, -1]) {
    let [a, b]: [Pair, Pair] = [
      [0, 0],
      [0, 0],
    ]
    let [steep, far, next] = [0, 0, 0]
    for (let k = 0; k < n; k++) {
      const i = order[side > 0 ? k : n - 1 - k]
      for (; next < m; next++) {
        const j = hinges[side > 0 ? next : m - 1 - next]
        if (sides[j] === side) {
          if (side * (x[i] - knots[j]) <= 0) break
          const shift = product(side * coefficients[j], knots[j])
          a = plus(a, [side * coefficients[j], 0])
          b = plus(b, shift)
          steep += Math.abs(coefficients[j])
          far += Math.abs(shift[0])
        }
      }
      parts[i] = plus(parts[i], plus(times(a, x[i]), [-b[0], -b[1]]))
      size[i] += steep * Math.abs(x[i]) + far
    }
  }
  return {
    fit: Float64Array.from(parts, ([high]) => high),
    error: size.map((terms, i) => up(8 * (m + 4) * PAIR_UNIT * terms, m + 8) + UNIT * Math.abs(parts[i][0])),
  }
}

/** The order that sorts x, stable. */
export function ascending(x: Float64Array): Int32Array {
  return Int32Array.from(x.keys()).sort((a, b) => x[a] - x[b] || a - b)
}

function checkSpline(who: string, { constant, knots, sides, coefficients }: HingeSpline, data: SplineData): void {
  const { x, loss, beta } = data
  if (loss.samples !== x.length || loss.outputs !== 1)
    throw new ShapeError(
      `${who}: the loss must have one output for each of the ${x.length} samples; got ${loss.samples} × ${loss.outputs}.`,
    )
  if (sides.length !== knots.length || coefficients.length !== knots.length)
    throw new ShapeError(
      `${who}: knots, sides and coefficients must be equally many; got ${knots.length}, ${sides.length} and ${coefficients.length}.`,
    )
  if (!Number.isFinite(loss.smoothness))
    throw new UnsupportedError(`${who}: the loss must have a Lipschitz gradient; got ${loss.name}.`)
  if (!(beta > 0 && beta < Infinity))
    throw new DomainError(`${who}: beta must be a positive number; got ${beta}. Use lambda > 0.`, 'E_LAMBDA')
  for (const [what, values] of Object.entries({ x, knots, coefficients, constant: Float64Array.of(constant) })) {
    const at = values.findIndex(v => !Number.isFinite(v))
    if (at >= 0) throw new DomainError(`${who}: ${what} must be finite; got ${values[at]} at ${at}.`, 'E_NONFINITE')
  }
  const at = sides.findIndex(s => s !== 1 && s !== -1)
  if (at >= 0) throw new DomainError(`${who}: sides must be +1 or −1; got ${sides[at]} at ${at}.`)
}
