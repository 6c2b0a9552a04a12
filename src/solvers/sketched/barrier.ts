/**
 * Linear and quadratic programs by the logarithmic barrier: min cᵀx + ½xᵀQx with A·x ≤ b, as min t·(cᵀx + ½xᵀQx) − Σ log(b_i − a_iᵀx) for growing t.
 *
 * The barrier's Hessian has the root diag(1/(b − Ax))·A, tall when constraints are many: it is what is sketched, as in `newtonStep.ts`.
 *
 * Bound. For every y ≥ 0 and every z, all feasible x with entries up to R have cᵀx + ½xᵀQx ≥ −½zᵀQz − bᵀy − R·‖c + Qz + Aᵀy‖₁. The Newton step v at x gives
 * z = x + v and y = (1 + A·v/s)/(t·s), s = b − A·x, for which the last term vanishes up to rounding; y ≥ 0 once λ̃ ≤ 1.
 *
 * Source: S. Boyd, L. Vandenberghe, Convex Optimization, 2004, chapter 11.
 * @module
 */
import { NotSolvedError } from '../../errors.ts'
import { compute } from '../../matrix/createCompute.ts'
import { dense } from '../../matrix/dense.ts'
import { dot, max } from '../../matrix/vector.ts'
import type { InequalityProblem, Problem } from '../problem.ts'
import type { Solver, SolverContext } from '../solver.ts'
import { type NewtonIterate, type NewtonReport, newtonReport } from './newton.ts'
import { adaptiveDirection, exactDirection, type SketchMemory } from './newtonStep.ts'
import type { NewtonSystem, Rest } from './newtonSystem.ts'
import { armijo, type SmoothProgram } from './smoothProgram.ts'

/** Steps and path of `barrier`. */
export interface BarrierOptions {
  /** Newton steps from a factor, or by CG with a sketch of adaptive size (which needs n > 4d); default 'exact'. */
  readonly steps?: 'exact' | 'adaptive'
  /** t ← t·growth; default 10. */
  readonly growth?: number
  /** A strictly feasible x; `context.start` is taken first. */
  readonly start: Float64Array
  /** Default 0. */
  readonly seed?: number
}

/** Solver of programs with inequalities. */
export interface BarrierSolver extends Solver {
  iterate(problem: Problem, context: SolverContext): Generator<NewtonIterate, void, void>
}

/** λ̃² below which a stage counts as centred. */
const CENTRED = 1e-4
const ACCURACY = 1e-9
const STEPS_A_STAGE = 60
const STAGES = 60
/** Entries beyond this many times the start's mean that nothing holds the objective. */
const FAR = 1e9
/** The bound covers entries up to this many times the largest. */
const REACH = 1000

/**
 * The solver. About log(n/gap)/log(growth) stages of about 10 Newton steps. Cost a step: nd² (a QR: 4nd²) + d³, or 8nd + 16d³ + 4nd a product with a sketch.
 *
 * `iterate` throws NotSolvedError (E_UNBOUNDED) when the objective falls without end, DomainError (E_RANK) when the constraints leave a direction free.
 */
export function barrier(options: BarrierOptions): BarrierSolver {
  const { steps = 'exact', growth = 10, seed = 0 } = options
  return {
    name: steps === 'exact' ? 'barrier' : 'barrier-ada',
    reference: 'Boyd and Vandenberghe, Convex Optimization, 2004',
    accepts: problem =>
      problem.kind === 'inequalities' || 'it is no linear or quadratic program; make it with inequalityProblem.',
    *iterate(problem, context) {
      const stated = problem as InequalityProblem
      const { operator, bounds } = stated
      const { rows: n, cols: d } = operator
      const report = newtonReport(steps === 'exact' ? 'barrier' : 'barrier-ada')
      const x = (context.start ?? options.start).slice()
      const fit = operator.apply(x)
      const memory: SketchMemory = { rows: Math.min(n, 4 * d), sketches: 0, exact: steps === 'exact' }
      let dualPoint: Float64Array | null = null
      const limit = FAR * Math.max(1, max(x.map(Math.abs)))
      const step = (phase: string): NewtonIterate => ({
        x,
        objective: objectiveOf(stated, x),
        bound: report.bound,
        dualPoint,
        active: d,
        phase,
        report,
      })
      yield step('start')
      let t = firstWeight(stated, x, fit)
      let sketched = steps === 'adaptive'
      for (let stage = 0; stage < STAGES; stage++, t *= growth) {
        const program = centering(stated, t)
        let centred = false
        for (let k = 0; k < STEPS_A_STAGE; k++) {
          const gradient = program.gradient(fit, x)
          report.products++
          const system = program.system(fit, x, gradient)
          const seeking = direction(system, memory, report, { sketched, seed, n })
          let found = seeking.next()
          for (; !found.done; found = seeking.next()) yield step('cg')
          const { v, decrement } = found.value
          report.decrements.push(Math.max(0, decrement))
          const image = operator.apply(v)
          report.products += 0.5
          if (decrement < 1) {
            const y = fit.map((f, i) => Math.max(0, (1 + image[i] / (bounds[i] - f)) / (t * (bounds[i] - f))))
            const z = x.map((value, j) => value + v[j])
            const bound = boundOf(stated, y, z, REACH * Math.max(1, max(x.map(Math.abs))))
            report.products += 0.5
            if (bound > report.bound) {
              report.bound = bound
              // The witness of the bound is (y, z).
              dualPoint = new Float64Array(n + d)
              dualPoint.set(y)
              dualPoint.set(z, n)
            }
          }
          if (!(decrement > 0)) {
            centred = true
            break
          }
          const value = program.value(fit, x)
          const moved = armijo(program, { z: x, fit, value }, { v, image, slope: -decrement }, { anew: true })
          if (moved.step === 0) break
          report.products += 0.5
          yield step('newton')
          if (max(x.map(Math.abs)) > limit)
            throw new NotSolvedError(
              `barrier: the objective must be bounded below on the feasible points; it has fallen to ${objectiveOf(stated, x).toExponential(1)} with entries of ${limit.toExponential(0)} and goes on. Add bounds on the variables.`,
              'E_UNBOUNDED',
            )
          centred = decrement <= CENTRED
          if (centred) break
        }
        if (sketched && !centred) {
          sketched = false
          report.warnings.push(
            'a stage was not centred with sketched steps, whose systems have become too ill-conditioned: exact steps take over.',
          )
        }
      }
    },
  }
}

function* direction(
  system: NewtonSystem,
  memory: SketchMemory,
  report: NewtonReport,
  { sketched, seed, n }: { readonly sketched: boolean; readonly seed: number; readonly n: number },
) {
  yield
  if (!sketched) {
    report.sketchRows = 0
    return exactDirection(system, report)
  }
  return yield* adaptiveDirection(system, memory, report, {
    kind: 'sjlt',
    seed,
    shrink: 0.5,
    maxRows: n,
    budgeted: false,
    scale: 1,
    // The bound lives on how well the step solves its system.
    accuracy: ACCURACY,
  })
}

/** cᵀx + ½xᵀQx. */
export function objectiveOf({ cost, quadratic }: InequalityProblem, x: Float64Array): number {
  return dot(cost, x) + (quadratic === null ? 0 : 0.5 * dot(x, timesMatrix(quadratic, x)))
}

/** −½zᵀQz − bᵀy − R·‖c + Qz + Aᵀy‖₁. */
function boundOf(
  { operator, bounds, cost, quadratic }: InequalityProblem,
  y: Float64Array,
  z: Float64Array,
  reach: number,
): number {
  const turned = quadratic === null ? new Float64Array(z.length) : timesMatrix(quadratic, z)
  const left = operator.applyT(y).map((v, j) => Math.abs(v + cost[j] + turned[j]))
  return -0.5 * dot(z, turned) - dot(bounds, y) - reach * left.reduce((sum, v) => sum + v, 0)
}

/** t with which the objective and the barrier pull about alike at x. */
function firstWeight(
  { operator, bounds, cost, quadratic }: InequalityProblem,
  x: Float64Array,
  fit: Float64Array,
): number {
  const pull = operator.applyT(fit.map((f, i) => 1 / (bounds[i] - f)))
  const own = quadratic === null ? cost.slice() : timesMatrix(quadratic, x).map((v, j) => v + cost[j])
  const size = Math.sqrt(dot(own, own))
  return size > 0 ? Math.max(1e-6, Math.sqrt(dot(pull, pull)) / size) : 1
}

/** t·objective + barrier. */
function centering(problem: InequalityProblem, t: number): SmoothProgram {
  const { operator, bounds, quadratic, cost } = problem
  const { rows: n, cols: d } = operator
  const rest: Rest =
    quadratic === null
      ? { kind: 'ridge', lambda: 0 }
      : {
          kind: 'matrix',
          matrix: dense(
            d,
            d,
            quadratic.data.map(v => t * v),
          ),
        }
  return {
    operator,
    scale: 1,
    value(fit, x) {
      let sum = t * objectiveOf(problem, x)
      for (let i = 0; i < n; i++) {
        const slack = bounds[i] - fit[i]
        if (!(slack > 0)) return Infinity
        sum -= Math.log(slack)
      }
      return sum
    },
    gradient(fit, x) {
      const out = operator.applyT(fit.map((f, i) => 1 / (bounds[i] - f)))
      const turned = quadratic === null ? null : timesMatrix(quadratic, x)
      for (let j = 0; j < d; j++) out[j] += t * (cost[j] + (turned?.[j] ?? 0))
      return out
    },
    system(fit, _x, gradient) {
      const root = dense(n, d)
      const { data } = operator.matrix
      for (let i = 0; i < n; i++) {
        const factor = 1 / (bounds[i] - fit[i])
        for (let j = 0; j < d; j++) root.data[i * d + j] = factor * data[i * d + j]
      }
      return { root, rest, gradient, expand: v => v }
    },
  }
}

function timesMatrix(
  { rows, cols, data }: { rows: number; cols: number; data: Float64Array },
  x: Float64Array,
): Float64Array {
  const out = new Float64Array(rows)
  compute().kernels.gemv(false, rows, cols, 1, data, cols, x, 0, out)
  return out
}
