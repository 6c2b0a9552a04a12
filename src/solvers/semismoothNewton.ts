/**
 * Semismooth Newton augmented Lagrangian on the dual of the gated program, for a moderate number of samples.
 *
 * Dual: min_ξ ½‖ξ‖² + yᵀξ subject to ‖A_gᵀξ‖ ≤ β. With multiplier u (the primal) and σ > 0 the inner problem is
 *   φ(ξ) = ½‖ξ‖² + yᵀξ + (1/2σ) Σ_g (‖z_g‖ − σβ)₊²,  z = u − σ Aᵀξ,   ∇φ = ξ + y − A p,  p = prox_{σβ}(z),
 * then u ← p and σ grows. Its Newton matrix is I + σ A M Aᵀ over the active groups, ‖z_g‖ > σβ, with
 *   M_g = a I + (1 − a) ẑẑᵀ,  a = 1 − σβ/‖z_g‖.
 * It is applied through the streamed operator and preconditioned by the Cholesky factor of an *older* one: on a
 * 500 × 4000 problem a handful of factors serve thirty Newton steps.
 * Cost: a pass over all groups (4·n·d·P flops) a Newton step and another a line search; n²·d·active + n³/3 a factor.
 * Source: the family of Li, Sun and Toh, 2018; for group penalties Zhang, Zhang, Sun and Toh, 2020.
 * @module
 */
import { dense } from '../matrix/dense.ts'
import { cholesky } from '../matrix/factor/cholesky.ts'
import { groupNorms } from '../matrix/gated.ts'
import { type Masks, selectMasks } from '../matrix/masks.ts'
import { axpy, dot, norm } from '../matrix/vector.ts'
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

/** CG steps beyond which the old Newton matrix has aged too much to precondition. */
const STALE_AFTER = 12
const MAX_CG = 40
/** CG stops at this fraction of the gradient: Newton steps need no more until the last one. */
const FORCING = 0.05
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

/** The active groups of a step: those with ‖z_g‖ > σβ. */
class Active {
  readonly index: Int32Array
  /** a_g = 1 − σβ/‖z_g‖ of each. */
  readonly shrinkage: Float64Array
  /** ẑ_g of each, m × d. */
  readonly unit: Float64Array
  readonly #d: number
  constructor(index: Int32Array, shrinkage: Float64Array, unit: Float64Array, d: number) {
    this.index = index
    this.shrinkage = shrinkage
    this.unit = unit
    this.#d = d
  }
  get count(): number {
    return this.index.length
  }
  compact(full: Float64Array): Float64Array {
    const d = this.#d
    const out = new Float64Array(this.count * d)
    for (let k = 0; k < this.count; k++) out.set(full.subarray(this.index[k] * d, (this.index[k] + 1) * d), k * d)
    return out
  }
}

/** p ← prox_{σβ}(u − σ·adjoint) group by group. */
function shrink(
  u: Float64Array,
  adjoint: Float64Array,
  sigma: number,
  d: number,
  beta: number,
  p: Float64Array,
): Active {
  const groups = u.length / d
  const index: number[] = []
  const shrinkage: number[] = []
  const unit: number[] = []
  for (let g = 0; g < groups; g++) {
    let square = 0
    for (let at = g * d; at < (g + 1) * d; at++) {
      p[at] = u[at] - sigma * adjoint[at]
      square += p[at] * p[at]
    }
    const length = Math.sqrt(square)
    const kept = length > sigma * beta ? 1 - (sigma * beta) / length : 0
    if (kept > 0) {
      index.push(g)
      shrinkage.push(kept)
    }
    for (let at = g * d; at < (g + 1) * d; at++) {
      if (kept > 0) unit.push(p[at] / length)
      p[at] *= kept
    }
  }
  return new Active(Int32Array.from(index), Float64Array.from(shrinkage), Float64Array.from(unit), d)
}

/** I + σ A M Aᵀ on the active groups, with conjugate gradients on a stale factor. */
class NewtonMatrix {
  readonly #program: GatedProgram
  readonly #outer: Float64Array
  readonly #factor: Float64Array
  readonly #work: { product: Float64Array; r: Float64Array; z: Float64Array; q: Float64Array; groups: Float64Array }
  #active!: Active
  #masks!: Masks
  #sigma = 0
  #formed = false
  #factoredAt = 0
  #lastSteps = 0

  constructor(program: GatedProgram, region: ReturnType<GatedProgram['compute']['region']>) {
    const n = program.x.rows
    this.#program = program
    this.#outer = region.float64(n * n)
    this.#factor = region.float64(n * n)
    this.#work = {
      product: region.float64(n),
      r: region.float64(n),
      z: region.float64(n),
      q: region.float64(n),
      groups: region.float64(program.masks.patterns * program.x.cols),
    }
  }

  setActive(active: Active, sigma: number): void {
    const same = this.#active?.count === active.count && this.#active.index.every((g, k) => g === active.index[k])
    if (!same) this.#masks = selectMasks(this.#program.masks, active.index)
    this.#active = active
    this.#sigma = sigma
  }

  /** out ← Σ over active groups of D_k X u_k. */
  forward(compact: Float64Array, out: Float64Array): void {
    if (this.#active.count === 0) out.fill(0)
    else {
      const staged = this.#work.groups.subarray(0, compact.length)
      staged.set(compact)
      this.#program.compute.gatedForward(this.#program.x, this.#masks, staged, out)
    }
  }

  /** out ← −H⁻¹ g, inexactly. */
  solve(g: Float64Array, out: Float64Array): void {
    if (!this.#formed || this.#lastSteps > STALE_AFTER) this.#form()
    if (this.#factoredAt !== this.#sigma) this.#refactor()
    const { r, z, q, product } = this.#work
    const n = g.length
    out.fill(0)
    for (let i = 0; i < n; i++) r[i] = -g[i]
    const target = FORCING * norm(g)
    this.#precondition(r, z)
    q.set(z)
    let rz = dot(r, z)
    for (this.#lastSteps = 1; this.#lastSteps <= MAX_CG; this.#lastSteps++) {
      this.#apply(q, product)
      const step = rz / dot(q, product)
      axpy(step, q, out)
      axpy(-step, product, r)
      if (norm(r) <= target) break
      this.#precondition(r, z)
      const next = dot(r, z)
      for (let i = 0; i < n; i++) q[i] = z[i] + (next / rz) * q[i]
      rz = next
    }
  }

  #apply(v: Float64Array, out: Float64Array): void {
    const { x, compute } = this.#program
    const { shrinkage, unit, count } = this.#active
    const d = x.cols
    if (count === 0) {
      out.set(v)
      return
    }
    const w = compute.gatedAdjoint(x, this.#masks, v, this.#work.groups.subarray(0, count * d))
    for (let k = 0; k < count; k++) {
      let along = 0
      for (let c = 0; c < d; c++) along += unit[k * d + c] * w[k * d + c]
      for (let c = 0; c < d; c++)
        w[k * d + c] = shrinkage[k] * w[k * d + c] + (1 - shrinkage[k]) * along * unit[k * d + c]
    }
    compute.gatedForward(x, this.#masks, w, out)
    for (let i = 0; i < v.length; i++) out[i] = v[i] + this.#sigma * out[i]
  }

  #form(): void {
    const { x, compute } = this.#program
    const { shrinkage, unit, count } = this.#active
    const d = x.cols
    const roots = new Float64Array(count * d * d)
    for (let k = 0; k < count; k++) {
      const root = Math.sqrt(shrinkage[k])
      for (let a = 0; a < d; a++)
        for (let b = 0; b < d; b++)
          roots[(k * d + a) * d + b] = (a === b ? root : 0) + (1 - root) * unit[k * d + a] * unit[k * d + b]
    }
    this.#outer.fill(0)
    if (count > 0) compute.gatedOuter(x, this.#masks, roots, this.#outer)
    this.#formed = true
    this.#factoredAt = 0
  }

  #refactor(): void {
    const n = this.#program.x.rows
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) this.#factor[i * n + j] = this.#sigma * this.#outer[i * n + j]
      this.#factor[i * n + i] += 1
    }
    const factor = dense(n, n, this.#factor)
    cholesky(factor, { compute: this.#program.compute, out: factor })
    this.#factoredAt = this.#sigma
  }

  #precondition(r: Float64Array, z: Float64Array): void {
    const { kernels } = this.#program.compute
    const n = r.length
    z.set(r)
    kernels.trsm(false, n, 1, 1, this.#factor, n, z, 1)
    kernels.trsm(true, n, 1, 1, this.#factor, n, z, 1)
  }
}
