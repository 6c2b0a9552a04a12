/**
 * A-optimal subsampling: instead of random sums, the m rows that say most, in three steps.
 *
 * 1. Initial estimator: least squares on the chosen rows. 'row-norm' takes the largest rows: tr((X_sᵀX_s)⁻¹) ≥ d²/tr(X_sᵀX_s), so a bound of the
 *    A-optimality criterion is made small. 'leverage' takes the rows of largest leverage, which makes the criterion itself smaller.
 *    'sampled' draws rows by `aOptimalProbabilities`.
 * 2. Ridged preconditioner: M = X_sᵀX_s + (c·(tr XᵀX − tr X_sᵀX_s)/d)·I, rows left out counted as isotropic; c in {0, 0.01, 0.1, 1} by a probe
 *    of the condition κ of M⁻¹H (five Lanczos steps each).
 * 3. Steps: conjugate gradients with M, factor (√κ − 1)/(√κ + 1); or the published exact line search, (κ − 1)/(κ + 1).
 *
 * X is A with columns scaled to unit mean square, since row norms depend on units; x is in the units of A throughout.
 *
 * Deviations. The published ridge could not be read: step 2 is our choice. Conjugate gradients are the default, at the same cost a step.
 * Source: A. Zhang, H. Zhang, G. Yin, Adaptive iterative Hessian sketch via A-optimal subsampling, 2019.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { fold, key, normals } from '../../random/index.ts'
import { aOptimalProbabilities } from '../../sketch/aOptimalProbabilities.ts'
import { leverageRows } from '../../sketch/leverageRows.ts'
import { leverageScores } from '../../sketch/leverageScores.ts'
import { sketchRows } from './drawing.ts'
import { errorBounds } from './errorBounds.ts'
import { lanczosExtremes } from './lanczos.ts'
import { iteratePcg, type RidgeSolver } from './pcg.ts'
import { type Preconditioner, sketchedHessian } from './preconditioner.ts'
import { Contraction, type RidgeReport, type RidgeStep, ridgeReport, ridgeStep } from './report.ts'
import { acceptsRidge, gradientNoise, type RidgeProblem, type RidgeState, ridgeState } from './ridgeProblem.ts'

/** Rows, criterion and steps of A-optimal subsampling. */
export interface AOptimalOptions {
  /** m, rows that are kept; default min(n, 10·d). */
  readonly rows?: number
  /** Which rows; default 'row-norm'. */
  readonly criterion?: 'row-norm' | 'leverage' | 'sampled'
  /** Conjugate gradients (default), or the published exact line search. */
  readonly accelerate?: boolean
  /** c ≥ 0 of the preconditioner's ridge; default by the probe. */
  readonly ridge?: number
  /** Default 0. */
  readonly seed?: number
}

const RIDGES = [0, 0.01, 0.1, 1]
const PROBE_STEPS = 5

/**
 * The solver. Cost: one pass for the norms (2nd² more for leverages), m·d² + d³/3 for each of the four probes with five products, then 4nd + 2d² a step.
 *
 * `iterate` throws DomainError: as `sketchedPcg` for the rows; E_PARAM_RANGE for a negative ridge; E_RANK when the chosen rows do not determine x.
 */
export function aOptimal(options: AOptimalOptions = {}): RidgeSolver {
  const { criterion = 'row-norm', accelerate = true, seed = 0 } = options
  return {
    name: 'a-optimal',
    reference: 'Zhang, Zhang and Yin, Adaptive iterative Hessian sketch via A-optimal subsampling, 2019',
    accepts: acceptsRidge,
    *iterate(problem, context) {
      const stated = problem as RidgeProblem
      const { operator, lambda, target } = stated
      const { rows: n, cols: d } = operator
      const m = sketchRows('aOptimal', stated, { rows: options.rows ?? Math.min(n, 10 * d) })
      if (options.ridge !== undefined && !(options.ridge >= 0 && options.ridge < Infinity))
        throw new DomainError(
          `aOptimal: ridge must be a number ≥ 0; got ${options.ridge}. Leave it out for the probe.`,
          'E_PARAM_RANGE',
        )
      const report = ridgeReport(accelerate ? 'a-optimal' : 'a-optimal-line-search')
      const begin = ridgeState(stated, context.start)
      yield ridgeStep(begin, report, 'sketch')
      const scales = columnScales(operator.matrix)
      const chosen = chooseRows(operator.matrix, target, { m, criterion, scales, lambda, seed })
      report.sketchRows = m
      const state =
        context.start === undefined ? ridgeState(stated, initialEstimate(chosen, lambda * Math.min(1, m / n))) : begin
      yield ridgeStep(state, report, 'estimate')
      const probe = normals(fold(key(seed), 'a-optimal'), d)
      const missing = Math.max(0, n * d - scaledTrace(chosen.rows, scales)) / d
      let best: { m: Preconditioner; condition: number; c: number } | undefined
      for (const c of options.ridge === undefined ? RIDGES : [options.ridge]) {
        const tried = ridgedSubset(chosen.rows, lambda, (j: number) => c * missing * scales[j] ** 2)
        if (tried === undefined) continue
        const { least, most } = lanczosExtremes(preconditioned(stated, tried, state), probe, PROBE_STEPS)
        yield ridgeStep(state, report, 'probe')
        const condition = least > 0 ? most / least : Infinity
        if (best === undefined || condition < best.condition) best = { m: tried, condition, c }
      }
      if (best === undefined)
        throw new DomainError(
          `aOptimal: the ${m} chosen rows must determine the ${d} coefficients; they do not. Take more rows, a ridge, or method pcg.`,
          'E_RANK',
        )
      const root = Math.sqrt(best.condition)
      const { condition } = best
      report.predicted = accelerate ? (root - 1) / (root + 1) : (condition - 1) / (condition + 1)
      report.choices = { criterion, ridge: best.c, condition, standardised: true }
      const bounds = errorBounds(stated, report, { tolerance: context.tolerance, seed })
      if (accelerate) yield* iteratePcg(stated, state, best.m, { report, bounds })
      else yield* lineSearch(stated, state, best.m, { report, bounds })
    },
  }
}

/** x ← x − (gᵀu/‖u‖²_H)·u, u = M⁻¹g. */
function* lineSearch(
  problem: RidgeProblem,
  state: RidgeState,
  m: Preconditioner,
  { report, bounds }: { readonly report: RidgeReport; readonly bounds: ReturnType<typeof errorBounds> },
): Generator<RidgeStep, void, void> {
  const { operator, lambda } = problem
  const noise = gradientNoise(problem)
  const contraction = new Contraction(report)
  const image = new Float64Array(operator.rows)
  let [best, since] = [Infinity, 0]
  for (let k = 1; ; k++) {
    const u = m.solve(state.gradient)
    const slope = dot(state.gradient, u)
    const quiet = norm(state.gradient) <= noise(state)
    contraction.add(slope, quiet)
    for (const _ of bounds.update(state, m, slope)) yield ridgeStep(state, report, 'spectrum')
    yield ridgeStep(state, report, 'line-search')
    since = slope < best ? 0 : since + 1
    best = Math.min(best, slope)
    operator.apply(u, image)
    const curvature = dot(image, image) + lambda * dot(u, u)
    if (quiet || since > 40 || !(curvature > 0)) return
    state.move(-slope / curvature, u, image)
    if (k % 50 === 0) state.refresh()
  }
}

interface Chosen {
  /** m × d, in the units of A. */
  readonly rows: Dense
  readonly target: Float64Array
}

interface ChoiceOptions extends Required<Pick<AOptimalOptions, 'criterion' | 'seed'>> {
  readonly m: number
  readonly scales: Float64Array
  readonly lambda: number
}

function chooseRows(a: Dense, b: Float64Array, { m, criterion, scales, lambda, seed }: ChoiceOptions): Chosen {
  const { rows: n, cols: d } = a
  if (criterion === 'sampled') {
    const draw = leverageRows({ rows: m, samples: n, seed, probabilities: aOptimalProbabilities(a, { lambda, seed }) })
    return { rows: draw.apply(a), target: draw.apply(dense(n, 1, b)).data }
  }
  const scores = criterion === 'leverage' ? leverageScores(a, { lambda }) : rowNorms(a, scales)
  // Ties go to the earlier row.
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => scores[j] - scores[i] || i - j)
  const kept = order.slice(0, m).sort((i, j) => i - j)
  const rows = dense(m, d)
  kept.forEach((i, t) => {
    rows.data.set(rowOf(a, i), t * d)
  })
  return { rows, target: Float64Array.from(kept, i => b[i]) }
}

/** Least squares on the chosen rows; 0 where they do not determine it. */
function initialEstimate({ rows, target }: Chosen, lambda: number): Float64Array {
  const m = ridgedSubset(rows, lambda, () => 0)
  const correlations = new Float64Array(rows.cols)
  for (let i = 0; i < rows.rows; i++)
    for (let j = 0; j < rows.cols; j++) correlations[j] += rows.data[i * rows.cols + j] * target[i]
  return m === undefined ? correlations.fill(0) : m.solve(correlations)
}

/** The factor of X_sᵀX_s + λI + diag(extra), or nothing when it is singular. */
function ridgedSubset(rows: Dense, lambda: number, extra: (j: number) => number): Preconditioner | undefined {
  const { rows: m, cols: d } = rows
  const stacked = dense(m + d, d)
  stacked.data.set(rows.data)
  for (let j = 0; j < d; j++) stacked.data[(m + j) * d + j] = Math.sqrt(extra(j))
  try {
    return sketchedHessian(stacked, lambda)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'E_RANK') return undefined
    throw error
  }
}

/** v ↦ L⁻¹HL⁻ᵀv. */
function preconditioned(problem: RidgeProblem, m: Preconditioner, state: RidgeState) {
  const { operator, lambda } = problem
  const { half, halfT } = m as Required<Preconditioner>
  return (v: Float64Array) => {
    const inner = halfT(v)
    const out = operator.applyT(operator.apply(inner))
    for (let j = 0; j < out.length; j++) out[j] += lambda * inner[j]
    state.products++
    return half(out)
  }
}

/** √(mean of squares) of each column; 1 for a column of zeros. */
function columnScales({ rows, cols, data }: Dense): Float64Array {
  const squares = new Float64Array(cols)
  for (let t = 0; t < data.length; t++) squares[t % cols] += data[t] * data[t]
  return squares.map(s => (s > 0 ? Math.sqrt(s / rows) : 1))
}

function rowNorms(a: Dense, scales: Float64Array): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, i) =>
    rowOf(a, i).reduce((sum, v, j) => sum + (v / scales[j]) ** 2, 0),
  )
}

function scaledTrace(a: Dense, scales: Float64Array): number {
  return rowNorms(a, scales).reduce((sum, v) => sum + v, 0)
}
