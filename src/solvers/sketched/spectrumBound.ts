/**
 * A lower bound on the smallest eigenvalue of B = L⁻¹(AᵀA + λI)L⁻ᵀ, M = L·Lᵀ, that fails with a chance known in advance, whatever A and M are:
 * what turns gᵀM⁻¹g, which a solver has, into the error gᵀH⁻¹g ≤ gᵀM⁻¹g/λ_min(B), which it has not.
 *
 * Lanczos from a random start u, uniform on the sphere of R^d. Let θ be the largest Ritz value of C ⪰ 0 after k products and suppose
 * θ < (1 − ε)·λ_1. Every polynomial p of degree k − 1 then has Σ u_i²p(λ_i)²(λ_i − (1 − ε)λ_1) < 0; with p the Chebyshev polynomial T_{k−1} of
 * [0, (1 − ε)λ_1] this says u_1² < (1 − ε)/(ε·τ²), τ = T_{k−1}((1 + ε)/(1 − ε)). The density of u_1 is at most √(d/2π), so the chance is at most
 *   √(2d/π)·√((1 − ε)/ε)/τ.
 * Used twice, for C = B (giving c ≥ λ_max with θ_max/(1 − ε)) and for C = λ_max·I − B (the same Krylov space), which gives
 *   λ_min ≥ (θ_min − ε·c)/(1 − ε).
 * Same idea as J. Kuczyński, H. Woźniakowski, Estimating the largest eigenvalue by the power and Lanczos algorithms with a random start, 1992.
 * The basis is kept orthogonal to working accuracy; what rounding may add is taken off as 1e-12 of the largest value, an allowance, not a proof.
 * @module
 */
import { dense, rowOf } from '../../matrix/dense.ts'
import { axpy, dot, norm } from '../../matrix/vector.ts'
import { fold, key, normals } from '../../random/index.ts'
import { tridiagonalExtremes } from './lanczos.ts'

/** What rounding may do to a Ritz value, as a part of the largest. */
const ROUNDING = 1e-12

/** Seed, confidence and cost of a bound on the spectrum. */
export interface SpectrumOptions {
  /** Seed of the start. */
  readonly seed: number
  /** Chance of failure, over the start; default 1e-9. */
  readonly failure?: number
  /** Products at most; default 120. */
  readonly maxProducts?: number
}

/** Bounds that hold together with probability ≥ 1 − failure. */
export interface SpectrumBound {
  /** ≤ λ_min(B); 0 when nothing positive was proved. */
  readonly least: number
  /** ≥ λ_max(B). */
  readonly most: number
  readonly products: number
}

/**
 * Bounds the spectrum of the symmetric positive semidefinite B ∈ R^{d × d}; yields before each product, so that a caller can breathe.
 *
 * Stops as soon as the bound is half the smallest Ritz value. Cost: k products and k²·d flops, k about 25 to 60 for a spectrum within a factor of 10.
 */
export function* spectrumBound(
  d: number,
  product: (v: Float64Array) => Float64Array,
  options: SpectrumOptions,
): Generator<void, SpectrumBound, void> {
  const { seed, failure = 1e-9, maxProducts = 120 } = options
  const limit = Math.min(d, maxProducts)
  const basis = dense(limit + 1, d)
  const start = normals(fold(key(seed), 'spectrum'), d)
  rowOf(basis, 0).set(start.map(v => v / norm(start)))
  const diagonal: number[] = []
  const beside: number[] = []
  let found: SpectrumBound = { least: 0, most: Infinity, products: 0 }
  for (let k = 1; k <= limit; k++) {
    yield
    const q = rowOf(basis, k - 1)
    const w = product(q)
    const size = norm(w)
    diagonal.push(dot(q, w))
    // Twice is enough: the second pass takes off what rounding left.
    for (let pass = 0; pass < 2; pass++) for (let i = 0; i < k; i++) axpy(-dot(rowOf(basis, i), w), rowOf(basis, i), w)
    const length = norm(w)
    // A basis of the whole space, or an invariant one (which a random start has only when it holds all different eigenvalues).
    const whole = k === d || length <= 1e-13 * size
    if (whole || k % 4 === 0 || k === limit) {
      const { least: bottom, most: high } = tridiagonalExtremes(diagonal, beside)
      const low = bottom - ROUNDING * high
      const epsilon = whole ? 0 : accuracy(k, d, failure / 2)
      const most = epsilon < 1 ? high / (1 - epsilon) : Infinity
      const least = epsilon < 1 ? Math.max(0, (low - epsilon * most) / (1 - epsilon)) : 0
      found = { least: Math.max(found.least, least), most: Math.min(found.most, most), products: k }
      if (whole || found.least >= 0.5 * low) return found
    }
    beside.push(length)
    rowOf(basis, k).set(w.map(v => v / length))
  }
  return found
}

/** The least ε at which k products fail with chance ≤ `failure`; 1 when there is none. */
export function accuracy(k: number, d: number, failure: number): number {
  const chance = (epsilon: number) => {
    // T_{k−1}((1 + ε)/(1 − ε)) = ½(q^{k−1} + q^{1−k}), q = (1 + √ε)/(1 − √ε).
    const power = ((1 + Math.sqrt(epsilon)) / (1 - Math.sqrt(epsilon))) ** (k - 1)
    return (Math.sqrt((2 * d) / Math.PI) * Math.sqrt((1 - epsilon) / epsilon)) / (0.5 * (power + 1 / power))
  }
  let [low, high] = [0, 1]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (chance(middle) <= failure) high = middle
    else low = middle
  }
  return high
}
