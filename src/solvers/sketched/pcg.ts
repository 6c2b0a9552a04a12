/**
 * Conjugate gradients on H·x = Aᵀb, plain or with one fixed sketched Hessian M as preconditioner: the default method.
 *
 * Written on the residual A·x − b (CGLS), so that AᵀA is never met. With a Gaussian-like sketch of m rows the error ‖x − x*‖_H shrinks by
 * about √(d/m) a step however ill-conditioned A is; without one, by (√κ − 1)/(√κ + 1).
 *
 * Sources: M. Hestenes, E. Stiefel, 1952; V. Rokhlin, M. Tygert, A fast randomized algorithm for overdetermined linear least-squares
 * regression, 2008; H. Avron, P. Maymounkov, S. Toledo, Blendenpik, 2010.
 * @module
 */
import { dot, norm } from '../../matrix/vector.ts'
import { powerAbove } from '../../sketch/srht.ts'
import type { Problem } from '../problem.ts'
import type { Solver, SolverContext } from '../solver.ts'
import { type SketchChoice, sketchMatrix, sketchRows } from './drawing.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import { type ErrorBounds, errorBounds } from './errorBounds.ts'
import { identityPreconditioner, type Preconditioner, sketchedHessian } from './preconditioner.ts'
import { pcgFactor } from './rates.ts'
import { Contraction, type RidgeReport, type RidgeStep, ridgeReport, ridgeStep } from './report.ts'
import { acceptsRidge, gradientNoise, type RidgeProblem, type RidgeState, ridgeState } from './ridgeProblem.ts'
import { ridgeStepper } from './ridgeStepper.ts'

/** A solver of ridge problems: its steps carry a report. */
export interface RidgeSolver extends Solver {
  iterate(problem: Problem, context: SolverContext): Generator<RidgeStep, void, void>
}

/** Steps between two recomputations of the residual, which otherwise drifts. */
const REFRESH_EVERY = 50
/** Steps without a smaller gradient before the method gives up, at least. */
const PATIENCE = 40
/** Columns up to which d_λ is estimated, since that costs an eigendecomposition. */
const ESTIMATE_COLUMNS = 600

/** Plain conjugate gradients; for well-conditioned problems. */
export function conjugateGradient({ seed = 0 }: { readonly seed?: number } = {}): RidgeSolver {
  return {
    name: 'cg',
    reference: 'Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, 1952',
    accepts: acceptsRidge,
    *iterate(problem, context) {
      const stated = problem as RidgeProblem
      const report = ridgeReport('cg')
      const bounds = errorBounds(stated, report, { tolerance: context.tolerance, seed })
      yield* iteratePcg(stated, ridgeState(stated, context.start), identityPreconditioner, {
        report,
        bounds,
        tolerance: context.tolerance,
      })
    },
  }
}

/**
 * PCG with a sketched Hessian of `rows` rows (default 4d).
 *
 * Cost: the sketch, m·d² + d³/3, then 4nd + 2d² a step; about 2·log(1/accuracy)/log(m/d) steps.
 *
 * `iterate` throws DomainError: E_PARAM_RANGE, E_SKETCH_TOO_LARGE, E_SKETCH_TOO_SMALL for the rows; E_RANK for dependent columns and λ = 0.
 */
export function sketchedPcg(options: SketchChoice = {}): RidgeSolver {
  return {
    name: 'sketched-pcg',
    reference:
      'Rokhlin and Tygert, A fast randomized algorithm for overdetermined linear least-squares regression, 2008',
    accepts: acceptsRidge,
    *iterate(problem, context) {
      const stated = problem as RidgeProblem
      const { seed = 0 } = options
      const rows = sketchRows('sketchedPcg', stated, options)
      const report = ridgeReport('pcg')
      const state = ridgeState(stated, context.start)
      yield ridgeStep(state, report, 'sketch')
      const sa = sketchMatrix(stated, options, rows, seed)
      report.sketchRows = sa.rows
      yield ridgeStep(state, report, 'factor')
      const m = sketchedHessian(sa, stated.lambda)
      if (stated.lambda === 0 || Math.min(sa.rows, sa.cols) <= ESTIMATE_COLUMNS)
        report.effectiveDimension = effectiveDimension(sa, stated.lambda)
      report.predicted = pcgFactor({
        dimension: report.effectiveDimension,
        rows: sa.rows,
        ...(options.kind === 'srht' && { hadamard: powerAbove(stated.operator.rows) }),
      })
      const bounds = errorBounds(stated, report, { tolerance: context.tolerance, seed })
      yield* iteratePcg(stated, state, m, { report, bounds, tolerance: context.tolerance })
    },
  }
}

/** Report, bounds and goal of `iteratePcg`. */
export interface IterateOptions {
  readonly report: RidgeReport
  readonly bounds: ErrorBounds
  /** As `SolverContext.tolerance`; default 0. */
  readonly tolerance?: number
}

/** Steps from `state`, which is moved, until the gradient is noise or does not shrink any more. */
export function* iteratePcg(
  problem: RidgeProblem,
  state: RidgeState,
  m: Preconditioner,
  { report, bounds, tolerance = 0 }: IterateOptions,
): Generator<RidgeStep, void, void> {
  const { operator } = problem
  const { gradient } = state
  const noise = gradientNoise(problem)
  const contraction = new Contraction(report)
  const stepper = ridgeStepper(problem, state, { tolerance })
  let z = m.solve(gradient)
  let delta = dot(gradient, z)
  const p = z.map(v => -v)
  let [best, since] = [Infinity, 0]
  for (let k = 1; ; k++) {
    const quiet = norm(gradient) <= noise(state)
    contraction.add(delta, quiet)
    for (const _ of bounds.update(state, m, delta)) yield ridgeStep(state, report, 'spectrum')
    yield ridgeStep(state, report, m.rows === 0 ? 'cg' : 'pcg')
    since = delta < best ? 0 : since + 1
    best = Math.min(best, delta)
    if (quiet || since > Math.max(PATIENCE, operator.cols)) return
    const curvature = stepper.along(p)
    if (!(curvature > 0)) return
    stepper.move(-dot(gradient, p) / curvature)
    if (k % REFRESH_EVERY === 0) state.refresh()
    z = m.solve(gradient)
    const next = dot(gradient, z)
    for (let j = 0; j < p.length; j++) p[j] = -z[j] + (next / delta) * p[j]
    delta = next
  }
}
