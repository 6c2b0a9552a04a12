/**
 * The softmax couples outputs: W_i = w_i(diag(π_i) − π_i π_iᵀ) for each sample, exactly eliminated.
 *
 * With D = diag(w π) and Π_i = I − √π_i √π_iᵀ (a projector) W = √D Π √D, so the Newton system is Π N Π y = Π √D A h with
 * N = I + √D A M Aᵀ √D, block diagonal over outputs. Writing Π as a constraint Bᵀy = 0 (one column √π_i a sample) leaves
 * one more n × n system: S λ = BᵀN⁻¹b, S = Σ_k √π_k √π_kᵀ ∘ N_k⁻¹, y = N⁻¹(b − Bλ). Cost c·n³ instead of (c·n)³/3.
 * @module
 */
import type { Loss } from '../../losses/loss.ts'
import type { Compute, Region } from '../../matrix/compute.ts'
import { dense } from '../../matrix/dense.ts'
import { cholesky } from '../../matrix/factor/cholesky.ts'
import { solveFactor } from './solveFactor.ts'

/** π (output-major) from ∇L of a multinomial loss; 1/c where a sample weighs nothing. */
export function probabilities(loss: Loss, slope: Float64Array, out: Float64Array): Float64Array {
  const { samples: n, outputs: c, weights, targets } = loss
  for (let k = 0; k < c; k++)
    for (let i = 0; i < n; i++) {
      const w = weights === null ? 1 : weights[i]
      const at = k * n + i
      out[at] = w === 0 ? 1 / c : Math.max(0, slope[at] / w + (targets[i] === k ? 1 : 0))
    }
  return out
}

/** The last system S: `add` each output's factor of N_k in turn, then `finish`; `correct` makes Bᵀy = 0. */
export interface SoftmaxCoupling {
  begin(pi: Float64Array): void
  add(k: number, factor: Float64Array): void
  finish(): void
  /** y holds N⁻¹b, output-major; becomes N⁻¹(b − Bλ). */
  correct(y: Float64Array, factors: readonly Float64Array[]): void
}

/** Memory 2·n². */
export function softmaxCoupling(n: number, compute: Compute, region: Region): SoftmaxCoupling {
  const system = region.float64(n * n)
  const inverse = region.float64(n * n)
  const product = region.float64(n * n)
  const lambda = new Float64Array(n)
  const part = new Float64Array(n)
  let roots = new Float64Array(0)
  return {
    begin(pi) {
      roots = pi.map(Math.sqrt)
      system.fill(0)
    },
    add(k, factor) {
      inverse.fill(0)
      for (let i = 0; i < n; i++) inverse[i * n + i] = 1
      compute.kernels.trsm(false, n, n, 1, factor, n, inverse, n)
      compute.syrk(true, n, n, 1, inverse, n, 0, product, n)
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) system[i * n + j] += roots[k * n + i] * roots[k * n + j] * product[i * n + j]
    },
    finish() {
      // S ≥ (Σπ = 1)·λ_min(N⁻¹) > 0 but may be tiny next to its largest entry.
      let top = 0
      for (let i = 0; i < n; i++) top = Math.max(top, system[i * n + i])
      for (let i = 0; i < n; i++) system[i * n + i] += 1e-14 * top
      const s = dense(n, n, system)
      cholesky(s, { compute, out: s })
    },
    correct(y, factors) {
      lambda.fill(0)
      for (let i = 0; i < y.length; i++) lambda[i % n] += roots[i] * y[i]
      solveFactor(n, system, lambda)
      factors.forEach((factor, k) => {
        for (let i = 0; i < n; i++) part[i] = roots[k * n + i] * lambda[i]
        solveFactor(n, factor, part)
        for (let i = 0; i < n; i++) y[k * n + i] -= part[i]
      })
    },
  }
}
