/**
 * One-dimensional data: the best ReLU network of any width with free hidden and output biases, as a linear spline.
 *
 *   minimise   (1/n) Σ w_i ℓ(f(x_i), y_i) + lambda · ½ Σ_j (u_j² + v_j²),      f(x) = c + Σ_j v_j (u_j x + b_j)₊
 *
 * Here c and the b_j are not penalised, unlike in `fit`, where the hidden biases are; optimal values differ. Without c the
 * infimum would not be attained: v((x + t + k)₊ − (x + t)₊) is the constant vk on the data at a norm that vanishes as v does.
 * Equivalent are a Lasso over hinges at the data and the spline problem of `trendFilter.ts`; the certificate covers every width.
 * Between the outermost data and infinity f goes on by the hinges chosen, which the data do not determine when there are ties.
 * @module
 */

import { ascending } from '../../certificates/certifySpline.ts'
import { type Certificate, certifyInterpolation, certifySpline, type HingeSpline } from '../../certificates/index.ts'
import { DomainError, ShapeError, UnsupportedError } from '../../errors.ts'
import { bestConstant } from '../../losses/bestConstant.ts'
import { createLoss } from '../../losses/createLoss.ts'
import type { Loss, LossName } from '../../losses/loss.ts'
import { dense } from '../../matrix/dense.ts'
import type { Status } from '../../solvers/solve.ts'
import { betaOf } from '../lambda.ts'
import type { Network } from '../model.ts'
import { chooseByKnots, chooseByValidation } from './chooseLambda.ts'
import { distinctPoints, interpolant } from './interpolate.ts'
import { evaluateHinges, hingesOf, jumpsOf, type Pieces, roughness, sparsest, withoutFlatNodes } from './pieces.ts'
import { correlations, type Filtered, type Line, placesOf, trendFilter } from './trendFilter.ts'

/** What is fitted, and how closely. One of lambda, lambdaFraction, knots and interpolate; by cross-validation when none is given. */
export interface SplineOptions {
  /** Weight of the penalty in the mean objective, > 0. */
  readonly lambda?: number
  /** The same as a part of lambdaMax, in (0, 1). */
  readonly lambdaFraction?: number
  /** At most so many kinks inside the data: the least lambda found that keeps them. */
  readonly knots?: number
  /** The smallest network through all points. */
  readonly interpolate?: boolean
  /** Of all fits of the same objective the one with the fewest kinks, which then need not be at data points. */
  readonly sparsest?: boolean
  /** 'squared' (default), 'huber', or for labels ±1 'logistic' and 'squared-hinge'. */
  readonly loss?: Exclude<LossName, 'multinomial' | 'poisson'>
  /** Huber's δ > 0; default 1. */
  readonly delta?: number
  /** Sample weights ≥ 0 in R^n. */
  readonly weights?: ArrayLike<number>
  /** Relative gap; default 1e-8. */
  readonly tolerance?: number
  /** Steps of one solve, each O(n); default 10 000. */
  readonly maxIterations?: number
  /** Of the folds of cross-validation; default 0. */
  readonly seed?: number
}

/** A fitted spline. */
export interface Spline {
  /** Kinks inside the range of x, ascending. */
  readonly knots: Float64Array
  /** f at the knots. */
  readonly values: Float64Array
  /** By how much the slope rises at each knot. */
  readonly jumps: Float64Array
  /** Smallest and largest x, and f there. */
  readonly ends: { readonly x: readonly [number, number]; readonly values: readonly [number, number] }
  /** f(x_i), in the order of the data. */
  readonly fitted: Float64Array
  /** The ReLU network: hidden m × 2 (slope, bias), balanced; its offset is the free output bias. */
  readonly network: Network
  /** The same by kinks, in which no large x cancels. */
  readonly hinges: HingeSpline
  /** Mean objective; when interpolating, the norm. */
  readonly objective: number
  /** ½Σ(u² + v²) = R(f). */
  readonly penalty: number
  /** 0 when interpolating. */
  readonly lambda: number
  /** From where on a constant is optimal; null when interpolating. */
  readonly lambdaMax: number | null
  /** Relative gap of the certificate. */
  readonly gap: number
  readonly certificate: Certificate
  readonly status: Status
  readonly iterations: number
  readonly notes: readonly string[]
  /** f at any points. */
  predict(x: ArrayLike<number>): Float64Array
}

/**
 * Fits a spline. O(n log n) to sort, then O(n) a step.
 *
 * @param x n finite numbers, and y as many (labels ±1 for 'logistic' and 'squared-hinge').
 * @throws ShapeError, DomainError for data or options that make no sense; DomainError (E_DUPLICATE_X) when points cannot be
 *   interpolated.
 * @example spline1d([0, 1, 2, 3], [0, 1, 0, 1], { lambda: 0.01 }).knots
 */
export function spline1d(x: ArrayLike<number>, y: ArrayLike<number>, options: SplineOptions = {}): Spline {
  const steps = splineSteps(x, y, options)
  for (;;) {
    const next = steps.next()
    if (next.done) return next.value
  }
}

/** The same step by step, for callers that must breathe. */
export function* splineSteps(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: SplineOptions = {},
): Generator<void, Spline, void> {
  const [at, targets] = [finite('x', x), finite('y', y)]
  checkOptions(at, targets, options)
  if (options.interpolate) return interpolated(at, targets, options)
  const problem = problemOf(at, targets, options)
  const lambdaMax = lambdaMaxOf(problem)
  const notes: string[] = []
  let lambda = options.lambda ?? (options.lambdaFraction ?? 0) * lambdaMax
  let start: Pieces | undefined
  if (options.knots !== undefined) {
    const found = yield* chooseByKnots(problem, { ...options, knots: options.knots, lambdaMax })
    lambda = found.lambda
    start = found.pieces
  } else if (lambda === 0) {
    if (lambdaMax === 0) lambda = 1
    else {
      lambda = yield* chooseByValidation(problem, { ...options, lambdaMax })
      notes.push(`lambda by 5-fold cross-validation: ${lambda.toPrecision(4)}.`)
    }
  }
  const { tolerance = 1e-8, maxIterations = 10_000 } = options
  const beta = betaOf(lambda, at.length)
  const filtered = yield* trendFilter({ ...problem.line, beta }, { tolerance: tolerance / 2, maxIterations, start })
  return solved(problem, filtered, { ...options, lambda, lambdaMax, notes })
}

/** Sorted data with the loss bound in that order, and how to bind it to a part of them. */
export interface SplineProblem {
  readonly line: Omit<Line, 'beta'>
  /** The data as given. */
  readonly x: Float64Array
  readonly order: Int32Array
  /** The loss bound to the samples of `index`, in its order. */
  lossOf(index: Int32Array): Loss
}

function problemOf(x: Float64Array, y: Float64Array, options: SplineOptions): SplineProblem {
  const { loss: name = 'squared', weights, delta } = options
  const order = ascending(x)
  const lossOf = (index: Int32Array) =>
    createLoss(name, {
      targets: Float64Array.from(index, i => y[i]),
      ...(weights && { weights: Float64Array.from(index, i => weights[i]) }),
      ...(delta !== undefined && { delta }),
    })
  const sorted = Float64Array.from(order, i => x[i])
  return { line: { x: sorted, places: placesOf(sorted), loss: lossOf(order) }, x, order, lossOf }
}

/** max over kinks of |Σ θ_i (±(x_i − a))₊| / n at the best constant. */
function lambdaMaxOf({ line: { x, places, loss } }: SplineProblem): number {
  const { name, targets, weights, parameter } = loss
  const [constant] = bestConstant(name, targets, { weights, ...(parameter !== undefined && { delta: parameter }) })
  return correlations(x, places, loss.gradient(new Float64Array(x.length).fill(constant))).norm / x.length
}

/** Below this part of the loss of f = 0 an objective is rounding. */
const PERFECT = 1e-20

function solved(
  problem: SplineProblem,
  { pieces, dualPoint, iterations }: Filtered,
  options: SplineOptions & { lambda: number; lambdaMax: number; notes: readonly string[] },
): Spline {
  const { x, order, line } = problem
  const { lambda, lambdaMax, tolerance = 1e-8, maxIterations = 10_000, notes } = options
  const n = x.length
  const loss = problem.lossOf(Int32Array.from(x.keys()))
  const theta = new Float64Array(n)
  order.forEach((i, k) => {
    theta[i] = dualPoint[k]
  })
  const shown = withoutFlatNodes(options.sparsest ? sparsest(pieces, line.places) : pieces)
  const hinges = hingesOf(shown)
  const certificate = certifySpline(hinges, { x, loss, beta: betaOf(lambda, n) }, [theta])
  const fitted = evaluateHinges(hinges, x)
  const penalty = hinges.coefficients.reduce((sum, z) => sum + Math.abs(z), 0)
  // Where a constant fits perfectly the objective is rounding, and so is its gap.
  const nothing = PERFECT * loss.value(new Float64Array(n))
  const reached = certificate.relativeGap <= tolerance || certificate.gap * n <= nothing
  return {
    ...shape(shown, hinges),
    fitted,
    objective: loss.value(fitted) / n + lambda * penalty,
    penalty,
    lambda,
    lambdaMax,
    gap: certificate.relativeGap,
    certificate,
    status: reached ? 'solved' : iterations >= maxIterations ? 'max-iterations' : 'stalled',
    iterations,
    notes,
  }
}

function interpolated(x: Float64Array, y: Float64Array, options: SplineOptions): Spline {
  const points = distinctPoints(x, y)
  const dots = interpolant(points)
  const pieces = options.sparsest ? sparsest(dots, points.x) : dots
  const hinges = hingesOf(pieces)
  const certificate = certifyInterpolation(points.x, points.y)
  return {
    ...shape(pieces, hinges),
    fitted: evaluateHinges(hinges, x),
    objective: roughness(pieces),
    penalty: roughness(pieces),
    lambda: 0,
    lambdaMax: null,
    gap: certificate.relativeGap,
    certificate,
    status: 'solved',
    iterations: 0,
    notes: [],
  }
}

function shape(pieces: Pieces, hinges: HingeSpline) {
  const { nodes, values } = pieces
  const last = nodes.length - 1
  return {
    knots: nodes.slice(1, Math.max(1, last)),
    values: values.slice(1, Math.max(1, last)),
    jumps: jumpsOf(pieces),
    ends: { x: [nodes[0], nodes[last]], values: [values[0], values[last]] } as const,
    hinges,
    network: networkOfHinges(hinges),
    predict: (at: ArrayLike<number>) => evaluateHinges(hinges, at),
  }
}

/** u_j = s_j √|z_j|, b_j = −u_j k_j, v_j = z_j/√|z_j|. */
function networkOfHinges({ constant, knots, sides, coefficients }: HingeSpline): Network {
  const m = knots.length
  const hidden = dense(m, 2)
  const output = dense(m, 1)
  for (let j = 0; j < m; j++) {
    const root = Math.sqrt(Math.abs(coefficients[j]))
    hidden.data[2 * j] = sides[j] * root
    hidden.data[2 * j + 1] = -sides[j] * root * knots[j]
    output.data[j] = Math.sign(coefficients[j]) * root
  }
  return { kind: 'relu', hidden, output, gates: null, offset: Float64Array.of(constant) }
}

function finite(what: string, source: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(source)
  const at = values.findIndex(v => !Number.isFinite(v))
  if (at >= 0)
    throw new DomainError(
      `spline: ${what} must be finite numbers; got ${values[at]} at ${at}. Drop or fill in that row.`,
      'E_NONFINITE',
    )
  return values
}

function checkOptions(x: Float64Array, y: Float64Array, options: SplineOptions): void {
  const { lambda, lambdaFraction, knots, interpolate = false, loss = 'squared', weights, tolerance } = options
  if (x.length === 0 || x.length !== y.length)
    throw new ShapeError(`spline: one y for each of at least one x is needed; got ${y.length} for ${x.length}.`)
  if (weights !== undefined && weights.length !== x.length)
    throw new ShapeError(`spline: there must be one weight a point; got ${weights.length} for ${x.length}.`)
  const given = [lambda !== undefined, lambdaFraction !== undefined, knots !== undefined, interpolate].filter(Boolean)
  if (given.length > 1)
    throw new DomainError('spline: give one of lambda, lambdaFraction, knots and interpolate; got several.')
  if (lambda !== undefined && !(lambda > 0 && lambda < Infinity))
    throw new DomainError(
      `spline: lambda must be a positive number; got ${lambda}. For lambda → 0 use interpolate.`,
      'E_LAMBDA',
    )
  if (lambdaFraction !== undefined && !(lambdaFraction > 0 && lambdaFraction < 1))
    throw new DomainError(`spline: lambdaFraction must be in (0, 1); got ${lambdaFraction}.`, 'E_LAMBDA')
  if (knots !== undefined && !(Number.isInteger(knots) && knots >= 0))
    throw new DomainError(`spline: knots must be a whole number ≥ 0; got ${knots}.`)
  if (tolerance !== undefined && !(tolerance > 0))
    throw new DomainError(`spline: tolerance must be a number > 0; got ${tolerance}.`)
  if (!['squared', 'huber', 'logistic', 'squared-hinge'].includes(loss))
    throw new UnsupportedError(
      `spline: the loss must be squared, huber, logistic or squared-hinge; got ${loss}.`,
      'E_LOSS_UNSUPPORTED',
    )
  if (interpolate && loss !== 'squared')
    throw new UnsupportedError(
      `spline: interpolation has no loss; got ${loss}. Leave the loss out, or give lambda.`,
      'E_LOSS_UNSUPPORTED',
    )
}
