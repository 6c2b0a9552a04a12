/**
 * The group lasso in the Gram domain: min_u ½uᵀG u − cᵀu + β Σ_g ‖u_g‖, free of the number of samples.
 *
 * Two moves alternate: exact block minimisation (it settles which groups are zero) and Newton steps on the support
 * (they finish). A block minimises ½vᵀB v − qᵀv + β‖v‖, B = G_gg = QΛQᵀ: zero when ‖q‖ ≤ β, else with h = ‖v‖ the root
 * of Σ_j (Qᵀq)_j² / (λ_j h + β)² = 1, found by Newton's method (the sum is convex and decreasing in h).
 * Cost: D² a sweep, s³/3 + D·s a Newton step, D = groups·d and s = support·d. Memory: D² for G, s² for the factor.
 * @module
 */
import type { Compute } from '../matrix/compute.ts'
import { dense } from '../matrix/dense.ts'
import { cholesky } from '../matrix/factor/cholesky.ts'
import { eigh } from '../matrix/factor/eigh.ts'
import { dot } from '../matrix/vector.ts'

const SWEEPS = 2
/** Relative ridge on the Newton matrix: 1e-13 of the mean diagonal keeps duplicated directions factorable. */
const RIDGE = 1e-13

/** Spectral form of one diagonal block. */
interface Block {
  readonly values: Float64Array
  /** Row i is eigenvector i. */
  readonly vectors: Float64Array
}

export class GramProgram {
  readonly d: number
  beta: number
  readonly #compute: Compute
  #side = 0
  #capacity = 0
  #gram: Float64Array = new Float64Array(0)
  #linear: Float64Array = new Float64Array(0)
  readonly #blocks: Block[] = []
  /** Current point, and G u − c. */
  u: Float64Array = new Float64Array(0)
  gradient: Float64Array = new Float64Array(0)

  constructor(d: number, beta: number, compute: Compute) {
    this.d = d
    this.beta = beta
    this.#compute = compute
  }

  get groups(): number {
    return this.#side / this.d
  }

  /**
   * Appends groups: `rows` ∈ R^{k·d × (D + k·d)} holds their Gram rows against the old groups and themselves, `linear`
   * their part of c, `start` of u.
   */
  append(rows: Float64Array, linear: Float64Array, start: Float64Array): void {
    const { d } = this
    const added = linear.length
    const [old, side] = [this.#side, this.#side + added]
    this.#reserve(side)
    for (let i = 0; i < added; i++) {
      const row = rows.subarray(i * side, (i + 1) * side)
      this.#gram.set(row, (old + i) * this.#capacity)
      for (let j = 0; j < old; j++) this.#gram[j * this.#capacity + old + i] = row[j]
    }
    this.#side = side
    this.#linear = concat(this.#linear, linear)
    this.u = concat(this.u, start)
    for (let g = old / d; g < side / d; g++) this.#blocks.push(this.#spectral(g))
    this.refresh()
  }

  /** Recomputes the gradient G u − c from scratch (updates drift). */
  refresh(): void {
    this.gradient = new Float64Array(this.#side)
    for (let g = 0; g < this.groups; g++) this.#addColumns(g, this.u.subarray(g * this.d, (g + 1) * this.d))
    for (let j = 0; j < this.#side; j++) this.gradient[j] -= this.#linear[j]
  }

  /** Largest violation of optimality over the groups, in units of β. */
  violation(): number {
    const { d, u, gradient, beta } = this
    let worst = 0
    for (let g = 0; g < this.groups; g++) {
      let [length, size, moved] = [0, 0, 0]
      for (let j = g * d; j < (g + 1) * d; j++) length += u[j] * u[j]
      length = Math.sqrt(length)
      for (let j = g * d; j < (g + 1) * d; j++) {
        size += gradient[j] * gradient[j]
        if (length > 0) moved += (gradient[j] + (beta * u[j]) / length) ** 2
      }
      worst = Math.max(worst, length > 0 ? Math.sqrt(moved) : Math.sqrt(size) - beta)
    }
    return worst / beta
  }

  /** ½uᵀG u − cᵀu + β Σ ‖u_g‖. */
  objective(): number {
    let value = 0
    for (let j = 0; j < this.#side; j++) value += 0.5 * this.u[j] * (this.gradient[j] - this.#linear[j])
    return value + this.beta * this.#norms(this.u)
  }

  /** One round: sweeps, then a Newton step on the support. Yields between its parts. */
  *improve(): Generator<void, void, void> {
    for (let s = 0; s < SWEEPS; s++) yield* this.#sweep()
    yield* this.#newton()
  }

  *#sweep(): Generator<void, void, void> {
    const { d, u } = this
    const next = new Float64Array(d)
    const change = new Float64Array(d)
    for (let g = 0; g < this.groups; g++) {
      if (g % 64 === 63) yield
      this.#minimiseBlock(g, next)
      let moved = false
      for (let c = 0; c < d; c++) {
        change[c] = next[c] - u[g * d + c]
        if (change[c] !== 0) moved = true
      }
      if (!moved) continue
      this.#addColumns(g, change)
      u.set(next, g * d)
    }
  }

  #minimiseBlock(g: number, out: Float64Array): void {
    const { d, u, gradient, beta } = this
    const { values, vectors } = this.#blocks[g]
    // q = B u_g − gradient_g, in the eigenbasis.
    const q = new Float64Array(d)
    let square = 0
    let length = 0
    for (let e = 0; e < d; e++) {
      let [along, slope] = [0, 0]
      for (let c = 0; c < d; c++) {
        along += vectors[e * d + c] * u[g * d + c]
        slope += vectors[e * d + c] * gradient[g * d + c]
      }
      q[e] = values[e] * along - slope
      square += q[e] * q[e]
      length += along * along
    }
    out.fill(0)
    if (square <= beta * beta) return
    let h = Math.sqrt(length) || (Math.sqrt(square) - beta) / (values[d - 1] || 1)
    for (let k = 0; k < 60; k++) {
      let [sum, slope] = [-1, 0]
      for (let e = 0; e < d; e++) {
        const denominator = values[e] * h + beta
        const t = (q[e] / denominator) ** 2
        sum += t
        slope -= (2 * t * values[e]) / denominator
      }
      let next = h - sum / slope
      if (!(next > 0)) next = h / 2
      const done = Math.abs(next - h) <= 1e-13 * h
      h = next
      if (done) break
    }
    for (let e = 0; e < d; e++) {
      const weight = (q[e] * h) / (values[e] * h + beta)
      for (let c = 0; c < d; c++) out[c] += weight * vectors[e * d + c]
    }
  }

  *#newton(): Generator<void, void, void> {
    const { d, u, gradient, beta } = this
    const support: number[] = []
    for (let g = 0; g < this.groups; g++) if (u.subarray(g * d, (g + 1) * d).some(v => v !== 0)) support.push(g)
    if (support.length === 0) return
    const side = support.length * d
    const region = this.#compute.region()
    try {
      const h = region.float64(side * side)
      const direction = region.float64(side)
      let trace = 0
      for (let a = 0; a < support.length; a++) {
        for (let i = 0; i < d; i++) {
          const from = (support[a] * d + i) * this.#capacity
          for (let b = 0; b <= a; b++)
            h.set(this.#gram.subarray(from + support[b] * d, from + support[b] * d + d), (a * d + i) * side + b * d)
        }
        const at = support[a] * d
        let length = 0
        for (let i = 0; i < d; i++) length += u[at + i] * u[at + i]
        length = Math.sqrt(length)
        for (let i = 0; i < d; i++) {
          const row = (a * d + i) * side + a * d
          for (let j = 0; j < d; j++) h[row + j] -= ((beta / length) * u[at + i] * u[at + j]) / (length * length)
          h[row + i] += beta / length
          trace += h[row + i]
          direction[a * d + i] = -(gradient[at + i] + (beta * u[at + i]) / length)
        }
      }
      for (let i = 0; i < side; i++) h[i * side + i] += (RIDGE * trace) / side
      yield
      const factor = dense(side, side, h)
      cholesky(factor, { compute: this.#compute, out: factor })
      yield
      const step = direction.slice()
      this.#compute.kernels.trsm(false, side, 1, 1, h, side, step, 1)
      this.#compute.kernels.trsm(true, side, 1, 1, h, side, step, 1)
      this.#lineSearch(support, direction, step)
    } finally {
      region.dispose()
    }
  }

  /** Halves the Newton step until the objective falls enough; keeps the point when it never does. */
  #lineSearch(support: number[], descent: Float64Array, step: Float64Array): void {
    const { d, u, gradient, beta } = this
    const full = new Float64Array(this.#side)
    for (const [a, g] of support.entries()) full.set(step.subarray(a * d, (a + 1) * d), g * d)
    const image = new Float64Array(this.#side)
    for (const g of support) this.#addColumns(g, full.subarray(g * d, (g + 1) * d), image)
    const slope = -dot(descent, step)
    const linear = dot(gradient, full)
    const curvature = dot(full, image)
    const penalty = this.#norms(u)
    const trial = new Float64Array(this.#side)
    for (let t = 1; t > 1e-6; t /= 2) {
      for (let j = 0; j < u.length; j++) trial[j] = u[j] + t * full[j]
      const change = t * linear + 0.5 * t * t * curvature + beta * (this.#norms(trial) - penalty)
      if (change <= 1e-4 * t * slope) {
        u.set(trial)
        for (let j = 0; j < gradient.length; j++) gradient[j] += t * image[j]
        return
      }
    }
  }

  #norms(v: Float64Array): number {
    let sum = 0
    for (let g = 0, at = 0; g < this.groups; g++) {
      let square = 0
      for (let c = 0; c < this.d; c++, at++) square += v[at] * v[at]
      sum += Math.sqrt(square)
    }
    return sum
  }

  /** out ← out + G[:, g]·v; the rows of G serve as its columns. */
  #addColumns(g: number, v: Float64Array, out: Float64Array = this.gradient): void {
    const { kernels } = this.#compute
    const { d } = this
    for (let c = 0; c < d; c++) {
      if (v[c] === 0) continue
      const from = (g * d + c) * this.#capacity
      kernels.axpy(v[c], this.#gram.subarray(from, from + this.#side), out)
    }
  }

  #spectral(g: number): Block {
    const { d } = this
    const block = dense(d, d)
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) block.data[i * d + j] = this.#gram[(g * d + i) * this.#capacity + g * d + j]
    const { values, vectors } = eigh(block)
    for (let e = 0; e < d; e++) values[e] = Math.max(values[e], 0)
    return { values, vectors: vectors.data }
  }

  #reserve(side: number): void {
    if (side <= this.#capacity) return
    const capacity = Math.max(side, Math.min(2 * this.#capacity, side + 64 * this.d))
    const grown = new Float64Array(capacity * capacity)
    for (let i = 0; i < this.#side; i++)
      grown.set(this.#gram.subarray(i * this.#capacity, i * this.#capacity + this.#side), i * capacity)
    this.#gram = grown
    this.#capacity = capacity
  }
}

function concat(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}
