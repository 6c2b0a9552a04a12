/**
 * Newton's method for ridged generalised linear models, with exact or adaptively sketched steps and Armijo's rule.
 *
 * Every step yields a bound: the dual point is the gradient linearised at the step, ∇L + L″·(A·v), put into the domain of L*.
 * Nothing diverges unseen: f never rises, and without a ridge a solution that runs away while f falls is an error that says so.
 * @module
 */
import { NotSolvedError } from '../../errors.ts'
import { norm } from '../../matrix/vector.ts'
import type { ObliviousKind } from '../../sketch/sketch.ts'
import type { Problem } from '../problem.ts'
import type { Solver, SolverContext, Step } from '../solver.ts'
import { acceptsGlm, fenchelBound, type GlmProblem, reachOf } from './glmProblem.ts'
import { adaptiveDirection, exactDirection, type NewtonDirection, type SketchMemory } from './newtonStep.ts'
import type { NewtonSystem } from './newtonSystem.ts'
import { type SketchReport, sketchReport } from './report.ts'
import { type ArmijoOptions, armijo } from './smoothProgram.ts'

/** What a Newton method tells beside its point. */
export interface NewtonReport extends SketchReport {
  /** λ̃²/Σw of each step: squared decrements of the mean objective. */
  readonly decrements: number[]
  /** Best lower bound so far, in sum form. */
  bound: number
}

/** A step of a Newton method. */
export interface NewtonIterate extends Step {
  readonly report: NewtonReport
}

/** A solver of generalised linear models: its steps carry a report. */
export interface GlmSolver extends Solver {
  iterate(problem: Problem, context: SolverContext): Generator<NewtonIterate, void, void>
}

/** Steps and sketch of `newton`. */
export interface NewtonOptions {
  /** Exact steps from the factor of the Hessian, or CG with a sketch of adaptive size; default 'adaptive'. */
  readonly steps?: 'exact' | 'adaptive'
  /** Default 'sjlt'. */
  readonly kind?: ObliviousKind
  /** ρ in (0, 1); default 0.5. */
  readonly shrink?: number
  /** m to begin with; default max(16, ⌈d/16⌉), at most min(n, 4d). */
  readonly rows?: number
  /** Go over to exact steps once a sketched one has cost as much as the factor would have; default false. */
  readonly budgeted?: boolean
  /** Default 0. */
  readonly seed?: number
}

/** Steps of growing size with falling f that count as running away. */
const RUNAWAY = 20

/**
 * Newton's method.
 *
 * Cost a step: exact nd² + d³/3; adaptive a sketch of m rows (m about 3 to 4 effective dimensions in the end), its factor, and 4nd for each of
 * about five products; with `budgeted` never more than twice the exact step.
 *
 * `iterate` throws DomainError (E_RANK) for dependent columns without a ridge; NotSolvedError (E_DIVERGED) when the minimum is at infinity.
 */
export function newton(options: NewtonOptions = {}): GlmSolver {
  const { steps = 'adaptive', kind = 'sjlt', shrink = 0.5, budgeted = false, seed = 0 } = options
  return {
    name: steps === 'exact' ? 'newton' : 'newton-ada',
    reference: 'Lacotte, Wang and Pilanci, Adaptive Newton sketch, 2021',
    accepts: acceptsGlm,
    *iterate(problem, context) {
      const stated = problem as GlmProblem
      const { rows: n, cols: d } = stated.operator
      const report = newtonReport(steps === 'exact' ? 'newton' : 'newton-ada')
      const maxRows = Math.min(n, 4 * d)
      const memory: SketchMemory = {
        rows: Math.min(options.rows ?? Math.max(16, Math.ceil(d / 16)), maxRows),
        sketches: 0,
        exact: false,
      }
      // Without a ridge a sketch below d rows has no factor.
      if (stated.lambda === 0) memory.rows = Math.max(memory.rows, maxRows)
      yield* iterateNewton(stated, context, report, function* (system) {
        if (steps === 'exact') return exactDirection(system, report)
        return yield* adaptiveDirection(system, memory, report, {
          kind,
          seed,
          shrink,
          maxRows,
          budgeted,
          scale: stated.program.scale,
        })
      })
    },
  }
}

/** Where the loop stands when it asks for a direction. */
export interface Standing {
  readonly value: number
  /** By how much the last step lowered f; 0 at first. */
  readonly decrease: number
}

/** How a direction is found; yields to breathe. null: the last step is refused, go back to where it began. */
export type DirectionRule = (system: NewtonSystem, standing: Standing) => Generator<void, NewtonDirection | null, void>

/** What a method may change of the loop: Armijo's rule, and the step it begins with, given λ̃² of the mean objective. */
export interface LoopOptions extends Pick<ArmijoOptions, 'decrease' | 'shrink'> {
  readonly first?: (decrement: number) => number
}

/** The outer loop that all Newton methods here share. */
export function* iterateNewton(
  problem: GlmProblem,
  context: SolverContext,
  report: NewtonReport,
  rule: DirectionRule,
  { first, ...search }: LoopOptions = {},
): Generator<NewtonIterate, void, void> {
  const { operator, loss, program, lambda } = problem
  const z = context.start?.slice() ?? new Float64Array(operator.cols)
  const fit = operator.apply(z)
  let value = program.value(fit, z)
  let dualPoint: Float64Array | null = null
  const step = (phase: string): NewtonIterate => ({
    x: z,
    objective: value,
    bound: report.bound,
    dualPoint,
    active: z.length,
    phase,
    report,
  })
  yield step('start')
  let [runaway, size, idle, decrease] = [0, norm(z), 0, 0]
  const held = { z: z.slice(), fit: fit.slice(), value }
  for (;;) {
    const gradient = program.gradient(fit, z)
    report.products++
    const system = program.system(fit, z, gradient)
    const seeking = rule(system, { value, decrease })
    let found = seeking.next()
    for (; !found.done; found = seeking.next()) yield step('cg')
    if (found.value === null) {
      z.set(held.z)
      fit.set(held.fit)
      value = held.value
      report.decrements.pop()
      yield step('rejected')
      continue
    }
    held.z.set(z)
    held.fit.set(fit)
    held.value = value
    const v = system.expand(found.value.v)
    const slope = gradient.reduce((sum, g, j) => sum + g * v[j], 0)
    const decrement = -slope
    report.decrements.push(Math.max(0, decrement) / program.scale)
    const image = operator.apply(v)
    // The linearised gradient, for the bound.
    const theta = loss.gradient(fit)
    const curvature = loss.curvature(fit)
    for (let i = 0; i < theta.length; i++) theta[i] += curvature[i] * image[i]
    for (const candidate of [loss.project(theta), loss.project(loss.gradient(fit))]) {
      const bound = fenchelBound(problem, candidate, reachOf(z))
      report.products += 0.5
      if (!(bound > report.bound)) continue
      report.bound = bound
      dualPoint = candidate
    }
    yield step('bound')
    if (!(decrement > 0)) return
    const before = value
    const moved = armijo(
      program,
      { z, fit, value },
      { v, image, slope },
      { ...search, first: first?.(decrement / program.scale) ?? 1 },
    )
    report.products += 0.5
    if (moved.step === 0) {
      report.warnings.push('E_STAGNATED: no step along the Newton direction lowers the objective any more.')
      return
    }
    value = moved.value
    decrease = before - value
    if (report.decrements.length % 10 === 0) operator.apply(z, fit)
    yield step('newton')
    idle = decrement <= 2 ** -50 * Math.abs(value) && decrease <= 2 ** -50 * Math.abs(value) ? idle + 1 : 0
    if (idle >= 3) return
    const next = norm(z)
    runaway = lambda === 0 && next > 1.02 * size && decrease > 0 ? runaway + 1 : 0
    size = next
    if (runaway >= RUNAWAY)
      throw new NotSolvedError(
        `newton: without a ridge the least value must be attained; the coefficients have grown for ${RUNAWAY} steps to ${next.toExponential(1)} while the objective fell${separated(problem, fit) ? ', and the two classes are separated by a hyperplane' : ''}. Add a ridge.`,
        'E_DIVERGED',
      )
  }
}

/** Whether a hyperplane already separates the classes: then no finite minimum exists. */
function separated({ loss }: GlmProblem, fit: Float64Array): boolean {
  return loss.name === 'logistic' && fit.every((f, i) => (f + loss.offset[0]) * loss.targets[i] > 0)
}

/** An empty report. */
export function newtonReport(method: string): NewtonReport {
  return { ...sketchReport(method), decrements: [], bound: -Infinity }
}
