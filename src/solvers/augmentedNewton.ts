/**
 * The Newton system of the augmented Lagrangian: I + σ A M Aᵀ over the active groups, ‖z_g‖ > σβ, with
 *   M_g = a I + (1 − a) ẑẑᵀ,  a = 1 − σβ/‖z_g‖.
 *
 * It is applied through the streamed operator and preconditioned by the Cholesky factor of an *older* one: on a
 * 500 × 4000 problem a handful of factors serve thirty Newton steps.
 * Cost: 4·n·d·active flops a product; n²·d·active + n³/3 a factor. Memory 2·n².
 * @module
 */
import type { Region } from '../matrix/compute.ts'
import { dense } from '../matrix/dense.ts'
import { cholesky } from '../matrix/factor/cholesky.ts'
import { type Masks, selectMasks } from '../matrix/masks.ts'
import { axpy, dot, norm } from '../matrix/vector.ts'
import type { GatedProgram } from './gatedProgram.ts'

/** CG steps beyond which the old Newton matrix has aged too much to precondition. */
const STALE_AFTER = 12
const MAX_CG = 40
/** CG stops at this fraction of the gradient: Newton steps need no more until the last one. */
const FORCING = 0.05

/** The active groups of a step: those with ‖z_g‖ > σβ. */
export class Active {
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
export function shrink(
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
export class NewtonMatrix {
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

  constructor(program: GatedProgram, region: Region) {
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
