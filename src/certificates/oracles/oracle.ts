/**
 * Oracles: what is known about the dual norm of a residual,
 *
 *   g(θ) = max over ‖u‖ ≤ 1, outputs c, signs ± of ±θ_cᵀ(X u)₊,
 *
 * from above, from below, or both. A network is optimal exactly when g(∇L) ≤ β; a number ≥ g, however large, gives a bound
 * over networks of every width, since θ·β/g is feasible in the dual. Computing g contains Max-Cut (`docs/math/max-cut.md`).
 * @module
 */
import type { Oracle } from '../certificate.ts'

/** What is bounded: one output and one sign, t = ±θ_c ∈ R^n, so that g is the largest of the halves' max tᵀ(Xu)₊. */
export interface Half {
  readonly output: number
  readonly sign: 1 | -1
  readonly t: Float64Array
}

/** A direction u ∈ R^d, ‖u‖ = 1, and a number ≤ sign·θ_cᵀ(Xu)₊. */
export interface Direction {
  readonly output: number
  readonly sign: 1 | -1
  readonly u: Float64Array
  readonly value: number
}

/**
 * What a bound of one half rests on, enough to check it again.
 *
 * 'diagonal' (`diagonalBound.ts`): weights[0] = y_0, and for sample i weights[1 + i] = y_i > 0 where t_i > 0, the slope κ_i ∈ [0, 1] where
 * t_i < 0. 'lifted' (`liftedBound.ts`): weights = (scale, g, γ, then the lower triangle of the multipliers). Any such numbers prove
 * some bound.
 */
export interface HalfProof {
  readonly form: 'diagonal' | 'lifted'
  readonly output: number
  readonly sign: 1 | -1
  readonly weights: Float64Array
}

/** What an oracle found out about g(θ). */
export interface OracleResult {
  readonly value: number
  /** 'upper': value ≥ g, rounding included. 'lower': value ≤ g. 'exact': value ≥ g and above it by rounding only. */
  readonly kind: 'upper' | 'lower' | 'exact'
  readonly oracle: Oracle | 'search'
  /** Directions that reach what they say (best first) and the proofs of an upper bound. */
  readonly witness: { readonly directions: readonly Direction[]; readonly proofs: readonly HalfProof[] }
}

/** The halves of θ ∈ R^{n·c} (sample-major), two for each output. */
export function halvesOf(theta: Float64Array, samples: number): Half[] {
  const outputs = theta.length / samples
  const out: Half[] = []
  for (let c = 0; c < outputs; c++)
    for (const sign of [1, -1] as const)
      out.push({ output: c, sign, t: Float64Array.from({ length: samples }, (_, i) => sign * theta[i * outputs + c]) })
  return out
}
