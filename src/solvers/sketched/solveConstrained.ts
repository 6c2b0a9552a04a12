/**
 * Constrained least squares and ridge regression, solved to a duality gap.
 * @module
 */
import { UnsupportedError } from '../../errors.ts'
import { compute } from '../../matrix/createCompute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import type { Constraint } from '../../penalties/constraint.ts'
import { relativeGap, type SolveOptions, type Status, solve } from '../solve.ts'
import type { Solver } from '../solver.ts'
import { constrainedProblem } from './constrainedProblem.ts'
import {
  type ConstrainedReport,
  type ConstrainedSolver,
  type ConstrainedVariant,
  constrainedHessianSketch,
} from './constrainedSketch.ts'

/** `auto` chooses and says why; 'exact' takes the Hessian itself, 'ihs' a sketch of it. */
export type ConstrainedMethod = 'auto' | 'exact' | 'ihs'

/** The methods of `solveConstrained` by name. */
export const CONSTRAINED_METHODS: readonly ConstrainedMethod[] = ['auto', 'exact', 'ihs']

/** Constraint, ridge, method and stopping of `solveConstrained`. */
export interface SolveConstrainedOptions
  extends Pick<SolveOptions, 'maxIterations' | 'maxTime' | 'signal' | 'onProgress' | 'start'> {
  /** C: `box`, `nonnegative`, `simplex`, `l1Ball`, `l2Ball` of `nadir/penalties`. */
  readonly constraint: Constraint
  /** λ ≥ 0 of ½‖Ax − b‖² + ½λ‖x‖² (sum form); default 0. */
  readonly lambda?: number
  /** A name, or a solver made with options of its own; default 'auto'. */
  readonly method?: ConstrainedMethod | ConstrainedSolver
  /** Default 'gradient'. */
  readonly variant?: ConstrainedVariant
  /** Relative duality gap to stop at, > 0; default 1e-8. */
  readonly tolerance?: number
  /** Rows of the sketch; default 4·d. */
  readonly rows?: number
  /** Default 0. */
  readonly seed?: number
}

/** x ∈ C with the bound claimed for it; `certifyLinear` proves it, rounding included. */
export interface ConstrainedSolution {
  readonly x: Float64Array
  /** ½‖Ax − b‖² + ½λ‖x‖². */
  readonly objective: number
  readonly bound: number
  readonly relativeGap: number
  /** θ that proves the bound. */
  readonly dualPoint: Float64Array | null
  readonly status: Status
  readonly iterations: number
  readonly seconds: number
  readonly method: string
  readonly reason: string
  readonly report: ConstrainedReport
}

/** Products of a vector run at the speed of memory. */
const MEMORY_BOUND = 6

/**
 * Minimises ½‖A·x − b‖² + ½λ‖x‖² over C.
 *
 * @throws ShapeError, DomainError for data or options that are refused; UnsupportedError for an unknown method.
 */
export async function solveConstrained(
  a: Dense,
  b: Float64Array,
  options: SolveConstrainedOptions,
): Promise<ConstrainedSolution> {
  const { constraint, lambda = 0, method = 'auto', variant, tolerance = 1e-8, seed = 0, rows, ...limits } = options
  if (!(tolerance > 0))
    throw new UnsupportedError(`solveConstrained: tolerance must be > 0; got ${tolerance}. 1e-8 is usual.`)
  const region = compute().region()
  try {
    const problem = constrainedProblem(dense(a.rows, a.cols, region.own(a.data)), b, { lambda, constraint })
    const choice = { seed, ...(rows !== undefined && { rows }), ...(variant !== undefined && { variant }) }
    const { solver, reason } =
      typeof method === 'string' ? chosen(method, { a, tolerance, choice }) : { solver: method, reason: 'as asked' }
    let report: ConstrainedReport | undefined
    // Where objectives are equal to round-off, gaps still tell points apart.
    const best = { x: new Float64Array(a.cols), objective: Infinity, gap: Infinity }
    const watched: Solver = {
      ...solver,
      *iterate(stated, context) {
        for (const step of solver.iterate(stated, context)) {
          report = step.report
          if (report.gap < best.gap) {
            best.x.set(step.x)
            Object.assign(best, { objective: step.objective, gap: report.gap })
          }
          yield step
        }
      },
    }
    const ran = await solve(problem, watched, { ...limits, tolerance })
    const last = report as ConstrainedReport | undefined
    if (last === undefined) throw new UnsupportedError(`solveConstrained: ${solver.name} gave no report.`)
    const { bound, dualPoint, status, iterations, seconds } = ran
    const { x, objective } = best
    const gap = relativeGap(objective, bound)
    return {
      ...{ x, objective, bound, dualPoint, relativeGap: gap, status, iterations, seconds },
      ...{ method: solver.name, reason, report: { ...last } },
    }
  } finally {
    region.dispose()
  }
}

interface Asked {
  readonly a: Dense
  readonly tolerance: number
  readonly choice: { readonly seed: number; readonly rows?: number; readonly variant?: ConstrainedVariant }
}

function chosen(
  method: ConstrainedMethod,
  { a, tolerance, choice }: Asked,
): { readonly solver: ConstrainedSolver; readonly reason: string } {
  const sketched = () => constrainedHessianSketch(choice)
  const exact = () => constrainedHessianSketch({ seed: choice.seed, variant: 'exact' })
  if (method === 'ihs') return { solver: sketched(), reason: 'as asked' }
  if (method === 'exact') return { solver: exact(), reason: 'as asked' }
  if (method !== 'auto')
    throw new UnsupportedError(
      `solveConstrained: the method must be one of ${CONSTRAINED_METHODS.join(', ')}; got ${String(method)}.`,
    )
  const { rows: n, cols: d } = a
  // A factor of 0.8 a step with 4d rows, of 1e-3 with the Hessian itself.
  const product = 4 * n * d * MEMORY_BOUND
  const digits = Math.log(1 / tolerance)
  const work = {
    exact: n * d * d + (digits / Math.log(1e3) + 2) * product,
    sketch: 4 * d > n ? Infinity : 8 * n * d + 4 * d ** 3 + (digits / -Math.log(0.8)) * product,
  }
  const counts = `the Hessian ${flops(work.exact)}, a sketch of ${4 * d} rows ${work.sketch < Infinity ? flops(work.sketch) : 'is larger than the data'}`
  return work.sketch < work.exact
    ? { solver: sketched(), reason: `a sketch of the Hessian: the least work for ${n} × ${d} (${counts})` }
    : { solver: exact(), reason: `the Hessian itself: the least work for ${n} × ${d} (${counts})` }
}

function flops(count: number): string {
  return `${count.toExponential(1)} flops`
}
