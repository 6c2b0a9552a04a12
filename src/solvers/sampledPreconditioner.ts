/**
 * The Hessian on a support with AᵀDA summed over a sample of the rows, factored: a preconditioner for Newton–CG.
 *
 * M = (n/s) Σ over s sampled rows of D a aᵀ + the curvature of the norms + a small ridge, one block an output.
 * Cost s·D² + D³/3 flops and D² numbers an output, D = groups in use · d, s = min(n, SAMPLE·D).
 * Source: a row sample as preconditioner as in Rokhlin and Tygert, A fast randomized algorithm for overdetermined linear
 * least-squares regression, 2008.
 * @module
 */
import type { Loss } from '../losses/loss.ts'
import type { Region } from '../matrix/compute.ts'
import { dense } from '../matrix/dense.ts'
import { cholesky } from '../matrix/factor/cholesky.ts'
import type { GatedOperator } from '../matrix/gated.ts'
import { masks as emptyMasks, type Masks, maskBit, selectMasks, setMaskBit } from '../matrix/masks.ts'
import { norm } from '../matrix/vector.ts'
import { gather, type Part, partsOf, SupportOperator } from './supportOperator.ts'

/** Rows sampled per column of the support. */
const SAMPLE = 2
/** Relative ridge that keeps a factor of duplicated directions positive. */
const RIDGE = 1e-10

/** Flops of a factor: sampled Gram and Cholesky of every output. */
export function factorFlops(support: readonly number[], operator: GatedOperator): number {
  const outputs = Math.floor((support.at(-1) ?? 0) / operator.groups) + 1
  let flops = 0
  for (const { patterns } of partsOf(support, operator.groups, outputs)) {
    const side = patterns.length * operator.groupSize
    flops += Math.min(operator.rows, SAMPLE * side) * side ** 2 + side ** 3 / 3
  }
  return flops
}

/** Cholesky factors of H, one an output, with the rows sampled; on the support at which they were made. */
export class SampledPreconditioner {
  readonly region: Region
  readonly #operator: GatedOperator
  readonly #loss: Loss
  readonly #beta: number
  readonly #support: readonly number[]
  readonly #parts: readonly Part[]
  readonly #slot: Map<number, number>
  readonly #u: Float64Array
  readonly #factors: Float64Array[]
  readonly #work: Float64Array

  constructor(operator: GatedOperator, loss: Loss, beta: number, u: Float64Array, support: readonly number[]) {
    const d = operator.groupSize
    this.region = operator.compute.region()
    this.#operator = operator
    this.#loss = loss
    this.#beta = beta
    this.#support = support
    this.#parts = partsOf(support, operator.groups, loss.outputs)
    this.#slot = new Map(support.map((g, k) => [g, k]))
    this.#u = gather(u, support, d, this.region.float64(support.length * d))
    this.#factors = this.#parts.map(({ patterns }) => this.region.float64((patterns.length * d) ** 2))
    this.#work = this.region.float64(support.length * d)
  }

  /** Whether `support` has outgrown the one the factors were made for. */
  aged(support: readonly number[]): boolean {
    return support.some(g => !this.#slot.has(g)) || support.length < 0.6 * this.#support.length
  }

  /** Forms and factors; yields between the parts, which may take a second each on large supports. */
  *build(): Generator<string, void, void> {
    const rows = this.#loss.samples * this.#loss.outputs
    const scratch = this.#operator.compute.region()
    let curvature: Float64Array
    try {
      const part = new SupportOperator(this.#operator, this.#loss.outputs, this.#support, scratch)
      curvature = this.#loss.curvature(part.apply(this.#u, scratch.float64(rows)))
    } finally {
      scratch.dispose()
    }
    for (const [k, part] of this.#parts.entries()) {
      if (part.patterns.length === 0) continue
      this.#gram(part, k, curvature)
      yield 'gram'
      this.#addNorms(part, this.#factors[k])
      const side = part.patterns.length * this.#operator.groupSize
      const factor = dense(side, side, this.#factors[k])
      cholesky(factor, { compute: this.#operator.compute, out: factor })
      yield 'factor'
    }
  }

  /** AᵀDA of output k over a stride of the rows. */
  #gram({ patterns }: Part, k: number, curvature: Float64Array): void {
    const { x, masks, compute, groupSize: d } = this.#operator
    const { outputs } = this.#loss
    const rows = Math.min(x.rows, SAMPLE * patterns.length * d)
    const sample = Int32Array.from({ length: rows }, (_, r) => Math.floor((r * x.rows) / rows))
    const region = compute.region()
    try {
      const sampled = dense(rows, d, region.float64(rows * d))
      const weights = region.float64(rows)
      for (let r = 0; r < rows; r++) {
        sampled.data.set(x.data.subarray(sample[r] * d, (sample[r] + 1) * d), r * d)
        weights[r] = (curvature[sample[r] * outputs + k] * x.rows) / rows
      }
      const bits = region.ownMasks(sampleMasks(selectMasks(masks, patterns), sample))
      compute.gatedGram(sampled, bits, bits, this.#factors[k], weights)
    } finally {
      region.dispose()
    }
  }

  /** Adds the curvature of the norms, and RIDGE of the mean diagonal. */
  #addNorms({ first, last }: Part, h: Float64Array): void {
    const d = this.#operator.groupSize
    const side = (last - first) * d
    let trace = 0
    for (let g = 0; g < last - first; g++) {
      const unit = this.#u.subarray((first + g) * d, (first + g + 1) * d)
      const length = norm(unit)
      for (let a = 0; a < d; a++) {
        const row = (g * d + a) * side + g * d
        for (let b = 0; b < d; b++) h[row + b] -= (this.#beta * unit[a] * unit[b]) / (length * length * length)
        h[row + a] += this.#beta / length
        trace += h[row + a]
      }
    }
    for (let j = 0; j < side; j++) h[j * side + j] += (RIDGE * trace) / side
  }

  /** M⁻¹ r on a support within the one of the factors. */
  apply(r: Float64Array, support: readonly number[]): Float64Array {
    const { compute, groupSize: d } = this.#operator
    this.#work.fill(0)
    for (const [k, g] of support.entries()) this.#work.set(r.subarray(k * d, (k + 1) * d), this.#slot.get(g)! * d)
    for (const [k, { first, last }] of this.#parts.entries()) {
      const side = (last - first) * d
      if (side === 0) continue
      const part = this.#work.subarray(first * d, last * d)
      compute.kernels.trsm(false, side, 1, 1, this.#factors[k], side, part, 1)
      compute.kernels.trsm(true, side, 1, 1, this.#factors[k], side, part, 1)
    }
    const out = new Float64Array(r.length)
    for (const [k, g] of support.entries()) {
      const from = this.#slot.get(g)! * d
      out.set(this.#work.subarray(from, from + d), k * d)
    }
    return out
  }
}

/** The masks on a sample of the samples. */
function sampleMasks(m: Masks, sample: Int32Array): Masks {
  if (sample.length === m.samples) return m
  const out = emptyMasks(m.patterns, sample.length)
  for (let k = 0; k < m.patterns; k++)
    for (let i = 0; i < sample.length; i++) if (maskBit(m, k, sample[i])) setMaskBit(out, k, i)
  return out
}
