/**
 * Least squares and ridge regression, solved and bounded: problem in, x and a proved bound on its error out.
 *
 * Stops on the relative energy error, √(2·(f(x) − f(x*)))/‖b‖ ≤ tolerance, where f(x) − f(x*) is replaced by its bound: a gap between two
 * objectives could not show less than √(round-off).
 * @module
 */
import { UnsupportedError } from '../../errors.ts'
import type { Region } from '../../matrix/compute.ts'
import { compute } from '../../matrix/createCompute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { norm } from '../../matrix/vector.ts'
import { type SolveOptions, type Status, solve } from '../solve.ts'
import type { Solver } from '../solver.ts'
import { adaptiveIhs } from './adaptiveIhs.ts'
import { adaptivePcg } from './adaptivePcg.ts'
import { aOptimal } from './aOptimal.ts'
import { type AveragedNewtonOptions, averagedNewton } from './averagedNewton.ts'
import { chooseRidgeSolver } from './chooseRidgeSolver.ts'
import { directRidge } from './directRidge.ts'
import { errorStatement } from './errorStatement.ts'
import { hessianSketch } from './hessianSketch.ts'
import { conjugateGradient, type RidgeSolver, sketchedPcg } from './pcg.ts'
import type { Variant } from './rates.ts'
import type { RidgeReport } from './report.ts'
import { ridgeProblem } from './ridgeProblem.ts'
import { provedByRidge } from './rounding.ts'

/** Names of methods; `auto` chooses and says why. */
export type RidgeMethod =
  | 'auto'
  | 'direct'
  | 'cg'
  | 'pcg'
  | 'ihs'
  | 'adaptive'
  | 'adaptive-ihs'
  | 'a-optimal'
  | 'avg-newton'

/** The methods of `solveRidge` by name. */
export const RIDGE_METHODS: readonly RidgeMethod[] = [
  'auto',
  'direct',
  'cg',
  'pcg',
  'ihs',
  'adaptive',
  'adaptive-ihs',
  'a-optimal',
  'avg-newton',
]

/** Ridge, method and stopping of `solveRidge`. */
export interface SolveRidgeOptions extends Pick<SolveOptions, 'maxIterations' | 'maxTime' | 'signal' | 'onProgress'> {
  /** λ ≥ 0 of ½‖Ax − b‖² + ½λ‖x‖² (sum form); default 0. */
  readonly lambda?: number
  /** A name, or a solver made with options of its own; default 'auto'. */
  readonly method?: RidgeMethod | RidgeSolver
  /** Bound on ‖x − x*‖_H/‖b‖ to stop at, > 0; default 1e-8. */
  readonly tolerance?: number
  /** Rows of the sketch for pcg and ihs, the first ones for adaptive. */
  readonly rows?: number
  /** Steps of ihs; default 'heavy-ball'. */
  readonly variant?: Variant
  /** Workers, debiasing and refreshing of avg-newton. */
  readonly averaging?: Pick<AveragedNewtonOptions, 'workers' | 'debias' | 'refresh' | 'kind'>
  /** Default 0. */
  readonly seed?: number
}

/** x with what is proved about it. */
export interface RidgeSolution {
  readonly x: Float64Array
  /** ½‖Ax − b‖² + ½λ‖x‖². */
  readonly objective: number
  /** f(x) − f(x*) = ½‖x − x*‖²_H ≤ this; Infinity when nothing is proved. */
  readonly errorBound: number
  /** √(2·errorBound)/‖b‖ (0 when b = 0 and x is exact). */
  readonly relativeError: number
  readonly status: Status
  readonly iterations: number
  readonly seconds: number
  readonly method: string
  /** Why this method. */
  readonly reason: string
  readonly report: RidgeReport
  /** One sentence: what is proved, and how. */
  readonly statement: string
}

/**
 * Minimises ½‖A·x − b‖² + ½λ‖x‖².
 *
 * @throws ShapeError, DomainError for data or options that are refused (`ridgeProblem` and the solvers say which); UnsupportedError for an unknown method.
 */
export async function solveRidge(a: Dense, b: Float64Array, options: SolveRidgeOptions = {}): Promise<RidgeSolution> {
  const { lambda = 0, method = 'auto', tolerance = 1e-8, seed = 0, rows, variant, averaging, ...limits } = options
  if (!(tolerance > 0))
    throw new UnsupportedError(`solveRidge: tolerance must be > 0; got ${tolerance}. 1e-8 is usual.`)
  const region = compute().region()
  try {
    // Checked as given, solved with A and b scaled to about 1 by powers of two where they are far from it, so that no square over- or underflows.
    ridgeProblem(a, b, { lambda })
    const [unit, unitB] = [powerOf(Math.max(largest(a.data), 1e-100 * Math.sqrt(lambda))), powerOf(largest(b))]
    const data = scaledInto(region, a.data, unit)
    const target = b.map(v => v / unitB)
    const problem = ridgeProblem(dense(a.rows, a.cols, data), target, {
      lambda: lambda / unit / unit,
      checked: true,
    })
    const { solver, reason } =
      method === 'auto'
        ? chooseRidgeSolver(problem, { tolerance, seed })
        : {
            solver: typeof method === 'string' ? solverOf(method, { rows, seed, variant, averaging }) : method,
            reason: 'as asked',
          }
    const scale = norm(target)
    const relative = (bound: number) => (bound === 0 ? 0 : Math.sqrt(2 * bound) / scale)
    const best = {
      x: new Float64Array(a.cols),
      objective: Infinity,
      errorBound: Infinity,
      boundBy: 'none' as RidgeReport['boundBy'],
    }
    let report: RidgeReport | undefined
    let reached = false
    const watched: Solver = {
      ...solver,
      *iterate(stated, context) {
        for (const step of solver.iterate(stated, { ...context, tolerance: tolerance * tolerance })) {
          report = step.report
          const { errorBound, boundBy } = step.report
          if (errorBound < best.errorBound || (errorBound === Infinity && step.objective <= best.objective)) {
            best.x.set(step.x)
            Object.assign(best, { objective: step.objective, errorBound, boundBy })
          }
          yield step
          reached = relative(best.errorBound) <= tolerance
          if (reached) return
        }
      },
    }
    // −1: the loop itself never stops on a gap, which is too coarse.
    const ran = await solve(problem, watched, { ...limits, tolerance: -1 })
    const last = report as RidgeReport | undefined
    if (last === undefined)
      throw new UnsupportedError(`solveRidge: ${solver.name} gave no report. Use a solver of this folder.`)
    // What the ridge alone proves is proved again with every rounding counted.
    const scaledBound =
      best.boundBy === 'ridge'
        ? provedByRidge(problem, best.x, { enough: 0.5 * (tolerance * scale) ** 2 })
        : best.errorBound
    const errorBound = scaledBound * unitB * unitB
    const relativeError = relative(scaledBound)
    const status = reached ? 'solved' : ran.status
    return {
      x: best.x.map(v => (v / unit) * unitB),
      objective: best.objective * unitB * unitB,
      errorBound,
      relativeError,
      status,
      iterations: ran.iterations,
      seconds: ran.seconds,
      method: solver.name,
      reason,
      report: { ...last, errorBound, boundBy: best.boundBy },
      statement: errorStatement({ errorBound, relativeError, boundBy: best.boundBy }),
    }
  } finally {
    region.dispose()
  }
}

/** Powers of two this near to 0 are left alone: squares of such numbers are safe. */
const NEAR = 100

/** 2^⌊log₂ x⌋, or 1 for 0 and for numbers of ordinary size: dividing by it is exact. */
function powerOf(x: number): number {
  const power = Math.floor(Math.log2(x))
  return x === 0 || Math.abs(power) <= NEAR ? 1 : 2 ** Math.max(-1000, Math.min(1000, power))
}

function largest(x: Float64Array): number {
  let most = 0
  for (let t = 0; t < x.length; t++) most = Math.max(most, Math.abs(x[t]))
  return most
}

/** a/unit where kernels find it without copying: in the region, but for one thread of OpenBLAS, which reads any memory. */
function scaledInto(region: Region, a: Float64Array, unit: number): Float64Array {
  const { backend, threads } = compute()
  if (unit === 1) return backend === 'openblas' && threads === 1 ? a : region.own(a)
  const out = region.float64(a.length)
  for (let t = 0; t < out.length; t++) out[t] = a[t] / unit
  return out
}

function solverOf(
  method: Exclude<RidgeMethod, 'auto'>,
  {
    rows,
    seed,
    variant,
    averaging,
  }: {
    rows: number | undefined
    seed: number
    variant: Variant | undefined
    averaging: SolveRidgeOptions['averaging']
  },
): RidgeSolver {
  const choice = { seed, ...(rows !== undefined && { rows }) }
  switch (method) {
    case 'direct':
      return directRidge({ seed })
    case 'cg':
      return conjugateGradient({ seed })
    case 'pcg':
      return sketchedPcg(choice)
    case 'ihs':
      return hessianSketch({ ...choice, ...(variant !== undefined && { variant }) })
    case 'adaptive':
      return adaptivePcg(choice)
    case 'adaptive-ihs':
      return adaptiveIhs(choice)
    case 'a-optimal':
      return aOptimal(choice)
    case 'avg-newton':
      return averagedNewton({ ...choice, ...averaging })
    default:
      throw new UnsupportedError(
        `solveRidge: the method must be one of ${RIDGE_METHODS.join(', ')}; got ${String(method)}.`,
      )
  }
}
