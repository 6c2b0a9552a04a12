/**
 * FISTA: accelerated proximal gradient with adaptive step and restart, for min L(A x) + Ω(x).
 *
 * The plain first-order method: any operator, loss and penalty. Each step costs one A, one Aᵀ (and one A per rejected
 * step size). Momentum t⁺ = (1 + √(1 + 4t²))/2; restart when the step turns against the momentum (gradient-mapping test).
 * @module
 */
import { bestScale } from '../losses/bestScale.ts'
import { norm } from '../matrix/vector.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import type { Solver, SolverContext, Step } from './solver.ts'

/** Steps between two evaluations of the dual bound. */
const BOUND_EVERY = 10

/** Use it to start, to identify a support, and where nothing else fits; for high accuracy the Newton methods are faster. */
export const fista: Solver = {
  name: 'fista',
  reference:
    'Beck and Teboulle, A fast iterative shrinkage-thresholding algorithm, 2009; restart: O’Donoghue and Candès, 2015',
  accepts: problem => problem.kind === 'composite' || 'it is conic; use interiorPoint.',
  iterate,
}

function* iterate(problem: Problem, context: SolverContext): Generator<Step, void, void> {
  const { operator, loss, penalty } = problem as CompositeProblem
  const size = operator.cols
  const x = context.start?.slice() ?? new Float64Array(size)
  const extrapolated = x.slice()
  const next = new Float64Array(size)
  const trial = new Float64Array(size)
  const fit = new Float64Array(operator.rows)
  const nextFit = new Float64Array(operator.rows)
  const theta = new Float64Array(operator.rows)
  const gradient = new Float64Array(size)
  const dualPoint = new Float64Array(operator.rows)
  let step = 1 / (loss.smoothness * (yield* squaredNorm(problem as CompositeProblem)))
  let momentum = 1
  let bound = -Infinity
  let hasBound = false
  for (let k = 0; ; k++) {
    operator.apply(extrapolated, fit)
    loss.gradient(fit, theta)
    operator.applyT(theta, gradient)
    const value = loss.value(fit)
    if (k % BOUND_EVERY === 0) {
      const { scale, bound: candidate } = bestScale(loss, theta, 1 / penalty.polar(gradient))
      if (candidate > bound) {
        bound = candidate
        hasBound = true
        for (let i = 0; i < theta.length; i++) dualPoint[i] = scale * theta[i]
      }
    }
    let penaltyAt: number
    let nextValue: number
    let quadratic: number
    let rise: number
    for (;;) {
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
    } else {
      const grown = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2
      const weight = (momentum - 1) / grown
      for (let j = 0; j < size; j++) extrapolated[j] = next[j] + weight * (next[j] - x[j])
      momentum = grown
    }
    if (quadratic > 5 * rise) step *= 1.25
    x.set(next)
    yield {
      x,
      objective: nextValue + penaltyAt,
      bound,
      dualPoint: hasBound ? dualPoint : null,
      active: countActive(x, problem as CompositeProblem),
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
