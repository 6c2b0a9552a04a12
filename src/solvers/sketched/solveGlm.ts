/**
 * Generalised linear models solved: loss in, coefficients with a duality gap out.
 * @module
 */
import { UnsupportedError } from '../../errors.ts'
import type { Loss } from '../../losses/loss.ts'
import type { Dense } from '../../matrix/dense.ts'
import { relativeGap, type SolveOptions, type Status, solve } from '../solve.ts'
import type { Solver } from '../solver.ts'
import { chooseGlmSolver } from './chooseGlmSolver.ts'
import { type GlmOptions, glmProblem } from './glmProblem.ts'
import { type GlmSolver, type NewtonReport, newton } from './newton.ts'
import { newtonLess } from './newtonLess.ts'
import { newtonSketch } from './newtonSketch.ts'

/** Names of methods; `auto` measures, chooses and says why. */
export type GlmMethod =
  | 'auto'
  | 'newton'
  | 'newton-ada'
  | 'newton-less'
  | 'newton-sketch'
  | 'newton-published'
  | 'newton-decrement'

/** The methods of `solveGlm` by name. */
export const GLM_METHODS: readonly GlmMethod[] = [
  'auto',
  'newton',
  'newton-ada',
  'newton-less',
  'newton-sketch',
  'newton-published',
  'newton-decrement',
]

/** Ridge, intercept, method and stopping of `solveGlm`. */
export interface SolveGlmOptions
  extends GlmOptions,
    Pick<SolveOptions, 'maxIterations' | 'maxTime' | 'signal' | 'onProgress'> {
  /** A name, or a solver made with options of its own; default 'auto'. */
  readonly method?: GlmMethod | GlmSolver
  /** Relative duality gap to stop at; default 1e-10. Without a ridge rounding may keep it from going below about 1e-8. */
  readonly tolerance?: number
  /** Rows of the sketch, the first ones where it grows. */
  readonly rows?: number
  /** Default 0. */
  readonly seed?: number
}

/** x with the bound claimed for it; `certifyLinear` proves it, rounding included. */
export interface GlmSolution {
  readonly x: Float64Array
  /** x₀; null without one. */
  readonly intercept: number | null
  /** L(Ax + x₀) + ½λ‖x‖², sum form. */
  readonly objective: number
  /** Lower bound of the objective, over unpenalised entries up to a thousand times the largest. */
  readonly bound: number
  readonly relativeGap: number
  /** The θ that proves the bound. */
  readonly dualPoint: Float64Array | null
  readonly status: Status
  readonly iterations: number
  readonly seconds: number
  readonly method: string
  readonly reason: string
  readonly report: NewtonReport
}

/**
 * Minimises L(A·x + x₀) + ½λ‖x‖² by a Newton method.
 *
 * @throws ShapeError, DomainError for data or options that are refused; NotSolvedError (E_DIVERGED) when the minimum is not attained; UnsupportedError for an
 *   unknown method.
 */
export async function solveGlm(a: Dense, loss: Loss, options: SolveGlmOptions = {}): Promise<GlmSolution> {
  const { lambda = 0, intercept = false, method = 'auto', tolerance = 1e-10, seed = 0, rows, ...limits } = options
  if (!(tolerance > 0)) throw new UnsupportedError(`solveGlm: tolerance must be > 0; got ${tolerance}. 1e-10 is usual.`)
  const problem = glmProblem(a, loss, { lambda, intercept })
  const { solver, reason } =
    method === 'auto'
      ? chooseGlmSolver(problem, { seed })
      : { solver: typeof method === 'string' ? solverOf(method, { rows, seed }) : method, reason: 'as asked' }
  let report: NewtonReport | undefined
  let dualPoint: Float64Array | null = null
  const watched: Solver = {
    ...solver,
    *iterate(stated, context) {
      let reached = false
      for (const step of solver.iterate(stated, context)) {
        report = step.report
        dualPoint = step.dualPoint
        // The gap is of the order of the error squared: one more step makes the coefficients as good as the objective.
        const last = reached && step.phase === 'newton'
        yield last ? step : { ...step, bound: -Infinity, dualPoint: null }
        reached ||= step.phase === 'newton' && relativeGap(step.objective, step.bound) <= tolerance
      }
    },
  }
  const ran = await solve(problem, watched, { ...limits, tolerance })
  if (report === undefined)
    throw new UnsupportedError(`solveGlm: ${solver.name} gave no report. Use a solver of this folder.`)
  const size = a.cols
  const { bound } = report
  const gap = relativeGap(ran.objective, bound)
  return {
    x: ran.x.slice(0, size),
    intercept: intercept ? ran.x[size] : null,
    objective: ran.objective,
    bound,
    relativeGap: gap,
    dualPoint,
    status: gap <= tolerance && ran.status === 'stalled' ? 'solved' : ran.status,
    iterations: report.decrements.length,
    seconds: ran.seconds,
    method: solver.name,
    reason,
    report,
  }
}

function solverOf(
  method: Exclude<GlmMethod, 'auto'>,
  { rows, seed }: { rows: number | undefined; seed: number },
): GlmSolver {
  const choice = { seed, ...(rows !== undefined && { rows }) }
  switch (method) {
    case 'newton':
      return newton({ steps: 'exact' })
    case 'newton-ada':
      return newton(choice)
    case 'newton-less':
      return newtonLess(choice)
    case 'newton-sketch':
      return newtonSketch(choice)
    case 'newton-published':
      return newtonSketch({ ...choice, growth: { rule: 'published' } })
    case 'newton-decrement':
      return newtonSketch({ ...choice, growth: { rule: 'decrement' } })
    default:
      throw new UnsupportedError(
        `solveGlm: the method must be one of ${GLM_METHODS.join(', ')}; got ${String(method)}.`,
      )
  }
}
