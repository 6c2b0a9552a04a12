/**
 * Proximal Newton: gated programs with any smooth loss and any number of separable outputs.
 *
 * At fitted values f with gradient g and diagonal curvature h, each output k solves the weighted quadratic
 *   min_u ½‖√h_k ∘ (A u − f_k) + g_k/√h_k‖² + β Σ_g ‖u_g‖,
 * a gated program on the rows √h_k·x_i, by one of the quadratic solvers, warm started and only until most of what there
 * is to gain is gained; then a line search on the true objective. The inner dual points are dual feasible for the whole
 * problem (same A, same β), so they are tried as bounds beside the residual.
 * Where the loss is straight (Huber's tails) h is FLOOR·smoothness: the step stays a descent step; where it is flat the
 * sample drops out.
 * Source: Lee, Sun and Saunders, Proximal Newton-type methods for minimizing composite functions, 2014.
 * @module
 */
import { bestScale } from '../losses/bestScale.ts'
import { squaredLoss } from '../losses/squared.ts'
import { dense } from '../matrix/dense.ts'
import { type GatedOperator, gatedOperator, groupNorms, isGated } from '../matrix/gated.ts'
import { isSeparable } from '../matrix/separable.ts'
import { dot, max } from '../matrix/vector.ts'
import { groupL2 } from '../penalties/groupL2.ts'
import { type GatedProgram, groupBeta, groupPenalty } from './gatedProgram.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import { newtonAugmentedLagrangian } from './semismoothNewton.ts'
import type { Solver, SolverContext, Step } from './solver.ts'
import { supportNewton } from './supportNewton.ts'

const FLOOR = 1e-3
/** Inner problems are solved until what is left is this share of what there was to gain. */
const INNER_SHARE = 0.1
const MAX_INNER_STEPS = 400

/** Use it for every loss but the squared one on a single output, which the quadratic solvers take at once. */
export const proximalNewton: Solver = {
  name: 'proximal-newton',
  reference: 'Lee, Sun and Saunders, Proximal Newton-type methods for minimizing composite functions, 2014',
  accepts(problem) {
    if (problem.kind !== 'composite') return 'it has cone constraints; use interiorPoint.'
    if (problem.penalty.name !== 'group-l2') return `its penalty is ${problem.penalty.name}, not group-l2; use fista.`
    return isGated(problem.operator) || isSeparable(problem.operator) || 'its operator is not a gated one; use fista.'
  },
  iterate,
}

/** Rows above which an n × n factor is out of the question and `supportNewton` takes the quadratic problems. */
export const TALL = 4000

function* iterate(problem: Problem, context: SolverContext): Generator<Step, void, void> {
  const { operator, loss } = problem as CompositeProblem
  const base: GatedOperator = isSeparable(operator) ? operator.base : (operator as GatedOperator)
  const { x, masks, compute } = base
  const [n, d, outputs, size] = [x.rows, x.cols, loss.outputs, base.cols]
  const beta = groupBeta(problem as CompositeProblem)
  const region = compute.region()
  try {
    const scaledX = dense(n, d, region.float64(n * d))
    const u = context.start?.slice() ?? new Float64Array(operator.cols)
    const next = new Float64Array(u.length)
    const fit = new Float64Array(n * outputs)
    const nextFit = new Float64Array(n * outputs)
    const gradient = new Float64Array(n * outputs)
    const curvature = new Float64Array(n * outputs)
    const innerDual = new Float64Array(n * outputs)
    const correlations = new Float64Array(operator.cols)
    const dualPoint = new Float64Array(n * outputs)
    let bound = -Infinity
    let active = 0

    const tryDual = (theta: Float64Array, limit: number) => {
      const claim = bestScale(loss, theta, limit)
      if (!(claim.bound > bound)) return
      bound = claim.bound
      for (let i = 0; i < theta.length; i++) dualPoint[i] = claim.scale * theta[i]
    }

    operator.apply(u, fit)
    if (context.startDual) {
      operator.applyT(context.startDual, correlations)
      tryDual(context.startDual, beta / max(groupNorms(correlations, d)))
    }
    let objective = loss.value(fit) + groupPenalty(u, d, beta)
    for (;;) {
      loss.gradient(fit, gradient)
      loss.curvature(fit, curvature)
      operator.applyT(gradient, correlations)
      tryDual(gradient, beta / max(groupNorms(correlations, d)))
      active = groupNorms(u, d).reduce((count, length) => count + (length > 0 ? 1 : 0), 0)
      yield { x: u, objective, bound, dualPoint, active, phase: 'newton' }

      for (let k = 0; k < outputs; k++) {
        const root = new Float64Array(n)
        const target = new Float64Array(n)
        for (let i = 0, at = k; i < n; i++, at += outputs) {
          const flat = gradient[at] === 0 ? 0 : FLOOR * loss.smoothness
          root[i] = Math.sqrt(curvature[at] > 0 ? curvature[at] : flat)
          target[i] = root[i] > 0 ? root[i] * fit[at] - gradient[at] / root[i] : 0
          for (let j = 0; j < d; j++) scaledX.data[i * d + j] = root[i] * x.data[i * d + j]
        }
        const program: GatedProgram = { x: scaledX, masks, y: target, beta, compute }
        const start = u.subarray(k * size, (k + 1) * size)
        // Inner steps are not monotone: what counts is the progress over the start, ½‖g/√h‖² + Ω(u).
        let standing = groupPenalty(start, d, beta)
        for (let i = 0, at = k; i < n; i++, at += outputs)
          if (root[i] > 0) standing += 0.5 * (gradient[at] / root[i]) ** 2
        let steps = 0
        for (const step of quadraticSteps(program, start, root)) {
          next.set(step.x, k * size)
          if (step.dualPoint !== null) for (let i = 0; i < n; i++) innerDual[i * outputs + k] = step.dualPoint[i]
          const left = step.objective - step.bound
          if (left <= INNER_SHARE * (standing - step.bound) || left <= 1e-14 * standing || ++steps > MAX_INNER_STEPS)
            break
          yield { x: u, objective, bound, dualPoint, active, phase: step.phase }
        }
      }

      // The inner points keep ‖A_gᵀθ‖ ≤ β up to rounding; the exact limit is recomputed. Class scores are invariant to a
      // shift, so the dual of the multinomial loss lives on rows of sum 0.
      if (loss.name === 'multinomial') centreRows(innerDual, outputs)
      operator.applyT(innerDual, correlations)
      tryDual(innerDual, beta / max(groupNorms(correlations, d)))
      operator.apply(next, nextFit)
      const penalty = groupPenalty(u, d, beta)
      const decrease = dot(gradient, nextFit) - dot(gradient, fit) + groupPenalty(next, d, beta) - penalty
      const trial = new Float64Array(u.length)
      const trialFit = new Float64Array(fit.length)
      for (let t = 1; t > 1e-8; t /= 2) {
        for (let j = 0; j < u.length; j++) trial[j] = u[j] + t * (next[j] - u[j])
        for (let i = 0; i < fit.length; i++) trialFit[i] = fit[i] + t * (nextFit[i] - fit[i])
        const value = loss.value(trialFit) + groupPenalty(trial, d, beta)
        if (value <= objective + 1e-4 * t * decrease + 1e-15 * Math.abs(objective)) {
          u.set(trial)
          fit.set(trialFit)
          objective = value
          break
        }
      }
    }
  } finally {
    region.dispose()
  }
}

/** Steps of the quadratic solver for the shape; dual points are scaled back by `root`. */
function* quadraticSteps(program: GatedProgram, start: Float64Array, root: Float64Array): Generator<Step, void, void> {
  const context = { tolerance: 1e-12, start }
  if (program.x.rows <= TALL) {
    yield* newtonAugmentedLagrangian(program, context, root)
    return
  }
  const { x, masks, y, beta, compute } = program
  const operator = gatedOperator(x, masks, compute)
  const penalty = groupL2(operator.cols, { groupSize: x.cols, beta })
  const problem: Problem = { kind: 'composite', operator, loss: squaredLoss(y), penalty }
  for (const step of supportNewton.iterate(problem, context))
    yield { ...step, dualPoint: step.dualPoint?.map((v, i) => v * root[i]) ?? null }
}

/** Takes the mean off every row of an n × c array. */
function centreRows(a: Float64Array, columns: number): void {
  for (let from = 0; from < a.length; from += columns) {
    const row = a.subarray(from, from + columns)
    const mean = row.reduce((sum, v) => sum + v, 0) / columns
    for (let k = 0; k < columns; k++) row[k] -= mean
  }
}
