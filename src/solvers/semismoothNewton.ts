/**
 * Semismooth Newton augmented Lagrangian on the dual of the gated program, for a moderate number of samples.
 *
 * Dual: min_ξ ½‖ξ‖² + yᵀξ subject to ‖A_gᵀξ‖ ≤ β. With multiplier u (the primal) and σ > 0 the inner problem is
 *   φ(ξ) = ½‖ξ‖² + yᵀξ + (1/2σ) Σ_g (‖z_g‖ − σβ)₊²,  z = u − σ Aᵀξ,   ∇φ = ξ + y − A p,  p = prox_{σβ}(z),
 * then u ← p and σ grows. The Newton system is that of `augmentedNewton.ts`.
 * Cost: a pass over all groups (4·n·d·P flops) a Newton step and another a line search; n²·d·active + n³/3 a factor.
 * Source: the family of Li, Sun and Toh, 2018; for group penalties Zhang, Zhang, Sun and Toh, 2020.
 * @module
 */
import { dense } from '../matrix/dense.ts'
import { groupNorms } from '../matrix/gated.ts'
import { axpy, dot, norm } from '../matrix/vector.ts'
import { NewtonMatrix, shrink } from './augmentedNewton.ts'
import {
  acceptsGated,
  type GatedProgram,
  gatedProgram,
  groupPenalty,
  isSquared,
  quadraticBound,
} from './gatedProgram.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import type { Solver, SolverContext, Step } from './solver.ts'

const SIGMA_GROWTH = 5
const SIGMA_MAX = 1e8
const MAX_NEWTON = 50

/** Use it when n ≤ about 4000 or n ≤ active·d; for more rows `supportNewton` works on the support instead. */
export const semismoothNewton: Solver = {
  name: 'semismooth-newton',
  reference: 'Zhang, Zhang, Sun and Toh, An efficient Hessian based algorithm for sparse group Lasso, 2020',
  accepts: problem => {
    const gated = acceptsGated(problem)
    if (gated !== true) return gated
    return isSquared((problem as CompositeProblem).loss) || 'its loss is not squared; use proximalNewton.'
  },
  iterate(problem: Problem, context: SolverContext) {
    const { program, rowScale } = gatedProgram(problem as CompositeProblem)
    return newtonAugmentedLagrangian(program, context, rowScale)
  },
}

/**
 * The iteration itself, on a quadratic program; `rowScale` is folded into the dual points it hands out.
 */
export function* newtonAugmentedLagrangian(
  program: GatedProgram,
  context: SolverContext,
  rowScale: Float64Array | null = null,
): Generator<Step, void, void> {
  const { y, beta, compute } = program
  const region = compute.region()
  try {
    const x = dense(program.x.rows, program.x.cols, region.own(program.x.data))
    const masks = region.ownMasks(program.masks)
    const [n, d, groups] = [x.rows, x.cols, masks.patterns]
    /** Multiplier: the primal point. */
    const u = region.float64(groups * d)
    u.set(context.start ?? [])
    /** Dual point, near A u − y. */
    const xi = region.float64(n)
    /** Aᵀ ξ. */
    const adjoint = region.float64(groups * d)
    /** prox(u − σ Aᵀξ): the primal candidate of this step. */
    const p = region.float64(groups * d)
    /** A p − y. */
    const residual = region.float64(n)
    const gradient = region.float64(n)
    const direction = region.float64(n)
    const directionAdjoint = region.float64(groups * d)
    const dualPoint = new Float64Array(n)
    const newton = new NewtonMatrix({ ...program, x, masks }, region)
    let bound = -Infinity
    if (context.startDual) xi.set(context.startDual)
    else {
      compute.gatedForward(x, masks, u, xi)
      axpy(-1, y, xi)
      compute.gatedAdjoint(x, masks, xi, adjoint)
      const widest = groupNorms(adjoint, d).reduce((a, b) => Math.max(a, b), 0)
      if (widest > beta) for (let i = 0; i < n; i++) xi[i] *= beta / widest
    }
    let sigma = initialSigma(u, d, beta, program)
    let inner = 0.02 * norm(y)

    for (;;) {
      compute.gatedAdjoint(x, masks, xi, adjoint)
      for (let j = 0; j < MAX_NEWTON; j++) {
        const active = shrink(u, adjoint, sigma, d, beta, p)
        newton.setActive(active, sigma)
        newton.forward(active.compact(p), residual)
        const penaltySquares = dot(p, p)
        let gradientNorm = 0
        for (let i = 0; i < n; i++) {
          gradient[i] = xi[i] + y[i] - residual[i]
          residual[i] -= y[i]
          gradientNorm += gradient[i] * gradient[i]
        }
        gradientNorm = Math.sqrt(gradientNorm)
        const merit = 0.5 * dot(xi, xi) + dot(y, xi) + penaltySquares / (2 * sigma)
        const objective = 0.5 * dot(residual, residual) + groupPenalty(p, d, beta)
        const claim = quadraticBound(program, xi, adjoint, d)
        if (claim.bound > bound) {
          bound = claim.bound
          for (let i = 0; i < n; i++) dualPoint[i] = claim.scale * xi[i] * (rowScale === null ? 1 : rowScale[i])
        }
        yield { x: p, objective, bound, dualPoint, active: active.count, phase: 'newton' }
        const relative = Math.max(objective - bound, 0) / Math.abs(objective)
        if (j > 0 && gradientNorm <= inner * Math.sqrt(relative)) break
        newton.solve(gradient, direction)
        compute.gatedAdjoint(x, masks, direction, directionAdjoint)
        const slope = dot(gradient, direction)
        let length = 1
        for (; ; length /= 2) {
          const trial = meritAt(length)
          if (trial <= merit + 1e-4 * length * slope + 1e-15 * Math.abs(merit) || length < 1e-8) break
        }
        axpy(length, direction, xi)
        axpy(length, directionAdjoint, adjoint)

        function meritAt(t: number): number {
          let value = 0
          for (let i = 0; i < n; i++) {
            const at = xi[i] + t * direction[i]
            value += at * (0.5 * at + y[i])
          }
          let excess = 0
          for (let g = 0, at = 0; g < groups; g++) {
            let square = 0
            for (let c = 0; c < d; c++, at++) {
              const z = u[at] - sigma * (adjoint[at] + t * directionAdjoint[at])
              square += z * z
            }
            const over = Math.sqrt(square) - sigma * beta
            if (over > 0) excess += over * over
          }
          return value + excess / (2 * sigma)
        }
      }
      u.set(p)
      sigma = Math.min(sigma * SIGMA_GROWTH, SIGMA_MAX)
      inner *= 0.3
    }
  } finally {
    region.dispose()
  }
}

/** σ for which σβ is about a large group norm: of the start, or of the first gradient step when it is zero. */
function initialSigma(u: Float64Array, d: number, beta: number, { x, masks, y, compute }: GatedProgram): number {
  const largest = groupNorms(u, d).reduce((a, b) => Math.max(a, b), 0)
  if (largest > 0) return largest / beta
  // One exact line search along Aᵀy gives the size of the solution.
  const gradient = compute.gatedAdjoint(x, masks, y, new Float64Array(masks.patterns * d))
  const image = compute.gatedForward(x, masks, gradient, new Float64Array(x.rows))
  const step = dot(gradient, gradient) / (dot(image, image) || 1)
  const widest = groupNorms(gradient, d).reduce((a, b) => Math.max(a, b), 0)
  return (10 * step * widest) / beta
}
