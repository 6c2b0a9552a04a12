/**
 * Proximal Newton: gated programs with any smooth loss on one output.
 *
 * At fitted values f with gradient g and curvature h, the next point solves the weighted quadratic
 *   min_u ½‖√h ∘ (A u − f) + g/√h‖² + β Σ_g ‖u_g‖,
 * a gated program on the rows √h_i·x_i, by `semismoothNewton`, warm started and only until most of what there is to gain
 * is gained; then a line search on the true objective. The inner dual points are dual feasible for the whole problem
 * (same A, same β), so they are tried as bounds beside the residual.
 * Where the loss is straight (Huber's tails) h is FLOOR·smoothness: the step stays a descent step; where it is flat the
 * sample drops out.
 * Source: Lee, Sun and Saunders, Proximal Newton-type methods for minimizing composite functions, 2014.
 * @module
 */
import { bestScale } from '../losses/bestScale.ts'
import { dense } from '../matrix/dense.ts'
import { type GatedOperator, groupNorms } from '../matrix/gated.ts'
import { dot, max } from '../matrix/vector.ts'
import { acceptsGated, groupBeta, groupPenalty } from './gatedProgram.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import { newtonAugmentedLagrangian } from './semismoothNewton.ts'
import type { Solver, SolverContext, Step } from './solver.ts'

const FLOOR = 1e-3
/** Inner problems are solved until what is left is this share of what there was to gain. */
const INNER_SHARE = 0.1
const MAX_INNER_STEPS = 400

/** Use it for every loss but the squared one, while n is at most a few thousand; `supportNewton` for more. */
export const proximalNewton: Solver = {
  name: 'proximal-newton',
  reference: 'Lee, Sun and Saunders, Proximal Newton-type methods for minimizing composite functions, 2014',
  accepts: acceptsGated,
  iterate,
}

function* iterate(problem: Problem, context: SolverContext): Generator<Step, void, void> {
  const { operator, loss } = problem as CompositeProblem
  const { x, masks, compute } = operator as GatedOperator
  const [n, d] = [x.rows, x.cols]
  const beta = groupBeta(problem as CompositeProblem)
  const region = compute.region()
  try {
    const scaled = dense(n, d, region.float64(n * d))
    const u = context.start?.slice() ?? new Float64Array(operator.cols)
    const next = new Float64Array(u.length)
    const fit = new Float64Array(n)
    const nextFit = new Float64Array(n)
    const gradient = new Float64Array(n)
    const curvature = new Float64Array(n)
    const root = new Float64Array(n)
    const target = new Float64Array(n)
    const innerDual = new Float64Array(n)
    const correlations = new Float64Array(operator.cols)
    const dualPoint = new Float64Array(n)
    const trial = new Float64Array(u.length)
    const trialFit = new Float64Array(n)
    let bound = -Infinity
    let active = 0

    const tryDual = (theta: Float64Array) => {
      operator.applyT(theta, correlations)
      const claim = bestScale(loss, theta, beta / max(groupNorms(correlations, d)))
      if (!(claim.bound > bound)) return
      bound = claim.bound
      for (let i = 0; i < n; i++) dualPoint[i] = claim.scale * theta[i]
    }
    const stepOf = (phase: string): Step => ({ x: u, objective, bound, dualPoint, active, phase })

    operator.apply(u, fit)
    if (context.startDual) tryDual(context.startDual)
    let objective = loss.value(fit) + groupPenalty(u, d, beta)
    for (;;) {
      loss.gradient(fit, gradient)
      loss.curvature(fit, curvature)
      tryDual(gradient)
      active = groupNorms(u, d).reduce((count, length) => count + (length > 0 ? 1 : 0), 0)
      yield stepOf('newton')

      // Inner steps are not monotone: what counts is the progress over the start, ½‖g/√h‖² + Ω(u).
      let standing = groupPenalty(u, d, beta)
      for (let i = 0; i < n; i++) {
        const flat = gradient[i] === 0 ? 0 : FLOOR * loss.smoothness
        root[i] = Math.sqrt(curvature[i] > 0 ? curvature[i] : flat)
        target[i] = root[i] > 0 ? root[i] * fit[i] - gradient[i] / root[i] : 0
        if (root[i] > 0) standing += 0.5 * (gradient[i] / root[i]) ** 2
        for (let j = 0; j < d; j++) scaled.data[i * d + j] = root[i] * x.data[i * d + j]
      }
      let inner = 0
      const program = { x: scaled, masks, y: target, beta, compute }
      for (const step of newtonAugmentedLagrangian(program, { tolerance: 1e-12, start: u }, root)) {
        next.set(step.x)
        if (step.dualPoint !== null) innerDual.set(step.dualPoint)
        const left = step.objective - step.bound
        if (left <= Math.max(INNER_SHARE * (standing - step.bound), 1e-14 * standing) || ++inner > MAX_INNER_STEPS)
          break
        yield stepOf(step.phase)
      }

      tryDual(innerDual)
      operator.apply(next, nextFit)
      const decrease =
        dot(gradient, nextFit) - dot(gradient, fit) + groupPenalty(next, d, beta) - groupPenalty(u, d, beta)
      for (let t = 1; t > 1e-8; t /= 2) {
        for (let j = 0; j < u.length; j++) trial[j] = u[j] + t * (next[j] - u[j])
        for (let i = 0; i < n; i++) trialFit[i] = fit[i] + t * (nextFit[i] - fit[i])
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
