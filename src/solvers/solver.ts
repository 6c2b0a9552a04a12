/**
 * What a solver is: an endless lazy sequence of steps containing only mathematics. `solve.ts` owns the loop.
 * @module
 */
import type { Problem } from './problem.ts'

/** One step. Vectors are live buffers of the solver: copy to keep. */
export interface Step {
  /** Primal point (feasible) of value `objective`. */
  readonly x: Float64Array
  readonly objective: number
  /** Best lower bound so far on the optimum of this problem, −∞ when there is none yet. A claim: `certify` checks it. */
  readonly bound: number
  /** The dual point θ (near ∇L at the fit, scaled to be feasible) that proves `bound`. */
  readonly dualPoint: Float64Array | null
  /** Non-zero groups (or coordinates). */
  readonly active: number
  /** What was just done, for progress lines: 'newton', 'fista', 'factor', 'pricing' … */
  readonly phase: string
}

/** What a method may know of the run it is part of. */
export interface SolverContext {
  /** The relative gap the caller will stop at: inner accuracies may be set by it. */
  readonly tolerance: number
  /** Warm start, in the variable of the problem. */
  readonly start?: Float64Array
  /** Warm dual point. */
  readonly startDual?: Float64Array
}

/** A method: what it accepts, and its endless sequence of steps. */
export interface Solver {
  readonly name: string
  /** Authors, title, year. */
  readonly reference: string
  /** true, or why not and what to use instead. Asked before any work. */
  accepts(problem: Problem): true | string
  /** Yields often (each 10–50 ms of work at most, in set-up too), so that the loop can breathe. */
  iterate(problem: Problem, context: SolverContext): Generator<Step, void, void>
}
