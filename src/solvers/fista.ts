/**
 * FISTA: accelerated proximal gradient with adaptive step and restart, for min L(A x) + Ω(x).
 *
 * The plain first-order method: any operator, loss and penalty. Each step costs one A and one Aᵀ (and one A more per
 * rejected step size). Momentum t⁺ = (1 + √(1 + 4t²))/2; restart when the step turns against the momentum (gradient-mapping test).
 * @module
 */
import { bestScale } from '../losses/bestScale.ts'
import { norm } from '../matrix/vector.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import type { Solver, SolverContext, Step } from './solver.ts'

/** Steps between two evaluations of the dual bound. */
const BOUND_EVERY = 10
/** Cuts of one step at most, 1e-39 of its length: numbers that overflow must not hold the loop. */
const MAX_CUTS = 400

/** Use it to start, to identify a support, and where nothing else fits; for high accuracy the Newton methods are faster. */
export const fista: Solver = {
  name: 'fista',
  reference:
    'Beck and Teboulle, A fast iterative shrinkage-thresholding algorithm, 2009; restart: O’Donoghue and Candès, 2015',
  accepts: problem => problem.kind === 'composite' || 'it is conic; use interiorPoint.',
  iterate,
}

function* iterate(problem: Problem, context: SolverContext): Generator<Step, void, void> {
  const stated = problem as CompositeProblem
  const x = context.start?.slice() ?? new Float64Array(stated.operator.cols)
  yield* accelerate(stated, x, accelerationMemory(stated))
}

/** What one run of accelerated steps hands to the next: the step size (NaN before the first) and the best bound. */
export interface AccelerationMemory {
  stepSize: number
  bound: number
  readonly dualPoint: Float64Array
}

/** Memory of a run that has not begun. */
export function accelerationMemory({ operator }: CompositeProblem): AccelerationMemory {
  return { stepSize: Number.NaN, bound: -Infinity, dualPoint: new Float64Array(operator.rows) }
}

/** Accelerated steps from `x`, which is moved in place; endless. The first step also tries the bound at `x`. */
export function* accelerate(
  problem: CompositeProblem,
  x: Float64Array,
  memory: AccelerationMemory,
): Generator<Step, void, void> {
  const { operator, loss, penalty } = problem
  const size = operator.cols
  const extrapolated = x.slice()
  const next = new Float64Array(size)
  const trial = new Float64Array(size)
  /** A·x and A·extrapolated: the second follows from the first by linearity. */
  const xFit = operator.apply(x, new Float64Array(operator.rows))
  const fit = xFit.slice()
  const nextFit = new Float64Array(operator.rows)
  const theta = new Float64Array(operator.rows)
  const gradient = new Float64Array(size)
  const { dualPoint } = memory
  if (Number.isNaN(memory.stepSize)) memory.stepSize = 1 / (loss.smoothness * (yield* squaredNorm(problem)))
  let step = memory.stepSize
  let momentum = 1
  for (let k = 0; ; k++) {
    loss.gradient(fit, theta)
    operator.applyT(theta, gradient)
    const value = loss.value(fit)
    if (k % BOUND_EVERY === 0) {
      const { scale, bound: candidate } = bestScale(loss, theta, 1 / penalty.polar(gradient))
      if (candidate > memory.bound) {
        memory.bound = candidate
        for (let i = 0; i < theta.length; i++) dualPoint[i] = scale * theta[i]
      }
    }
    let [penaltyAt, nextValue, quadratic, rise] = [0, 0, 0, 0]
    for (let cuts = 0; cuts < MAX_CUTS; cuts++) {
      for (let j = 0; j < size; j++) trial[j] = extrapolated[j] - step * gradient[j]
      penaltyAt = penalty.prox(trial, step, next)
      operator.apply(next, nextFit)
      nextValue = loss.value(nextFit)
      let inner = 0
      quadratic = 0
      for (let j = 0; j < size; j++) {
        const delta = next[j] - extrapolated[j]
        inner += gradient[j] * delta
        quadratic += delta * delta
      }
      rise = 2 * step * (nextValue - value - inner)
      // The slack is the rounding of the two loss values, which otherwise shrinks the step for ever near the optimum.
      if (rise <= quadratic * (1 + 1e-12) + 2 * step * 1e-14 * Math.abs(value)) break
      step *= 0.8
    }
    let turn = 0
    for (let j = 0; j < size; j++) turn += (extrapolated[j] - next[j]) * (next[j] - x[j])
    if (turn > 0) {
      momentum = 1
      extrapolated.set(next)
      fit.set(nextFit)
    } else {
      const grown = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2
      const weight = (momentum - 1) / grown
      for (let j = 0; j < size; j++) extrapolated[j] = next[j] + weight * (next[j] - x[j])
      for (let i = 0; i < fit.length; i++) fit[i] = nextFit[i] + weight * (nextFit[i] - xFit[i])
      momentum = grown
    }
    if (quadratic > 5 * rise) step *= 1.25
    memory.stepSize = step
    x.set(next)
    xFit.set(nextFit)
    yield {
      x,
      objective: nextValue + penaltyAt,
      bound: memory.bound,
      dualPoint: memory.bound > -Infinity ? dualPoint : null,
      active: countActive(x, problem),
      phase: 'fista',
    }
  }
}

/** ‖A‖² by 12 power iterations from a fixed start; an under-estimate is mended by the adaptive step. */
function* squaredNorm({ operator }: CompositeProblem): Generator<Step, number, void> {
  const v = new Float64Array(operator.cols)
  for (let j = 0; j < v.length; j++) v[j] = 1 + (j % 7) / 7
  let squared = 1
  for (let k = 0; k < 12; k++) {
    const length = norm(v) || 1
    for (let j = 0; j < v.length; j++) v[j] /= length
    v.set(operator.applyT(operator.apply(v)))
    squared = norm(v)
    yield { x: v, objective: Infinity, bound: -Infinity, dualPoint: null, active: 0, phase: 'norm' }
  }
  return squared || 1
}

function countActive(x: Float64Array, { operator }: CompositeProblem): number {
  const size = 'groupSize' in operator ? (operator.groupSize as number) : 1
  let active = 0
  for (let from = 0; from < x.length; from += size)
    for (let j = from; j < from + size; j++)
      if (x[j] !== 0) {
        active++
        break
      }
  return active
}
