/**
 * Probabilities of A-optimal subsampling for linear regression: p_i ∝ ‖(AᵀA + λI)⁻¹a_i‖.
 *
 * The estimator that weights sampled rows by 1/p_i has the variance σ²·Σ ‖(AᵀA)⁻¹a_i‖²/(m·p_i) in trace, which by Cauchy–Schwarz is least for these p.
 * Unlike leverage scores they depend on the units of the columns: they judge coefficients, not fitted values.
 * Source: R. Zhu, P. Ma, M. Mahoney, B. Yu, Optimal subsampling approaches for large sample linear regression, 2015.
 * @module
 */
import { type Dense, dense, rowOf } from '../matrix/dense.ts'
import { solveTriangularMany } from '../matrix/factor/triangular.ts'
import { checkRows, outOfRange } from './draw.ts'
import { sketchedFactor } from './leverageScores.ts'

/** Ridge, floor and seed of A-optimal probabilities. */
export interface AOptimalProbabilityOptions {
  /** λ ≥ 0; default 0. */
  readonly lambda?: number
  /** Seed of the sketch that stands for AᵀA; default 0. */
  readonly seed?: number
}

/**
 * p ∈ R^n, summing to 1, with a floor of 0.1/n that keeps every weight below 10·n/m. Cost 8nd (sketch) + 16d³ + 2nd².
 *
 * @throws DomainError as `leverageScores`.
 */
export function aOptimalProbabilities(a: Dense, options: AOptimalProbabilityOptions = {}): Float64Array {
  const { lambda = 0, seed = 0 } = options
  checkRows('aOptimalProbabilities', a, a.rows)
  if (!(lambda >= 0 && lambda < Infinity)) throw outOfRange(`aOptimalProbabilities: lambda must be ≥ 0; got ${lambda}.`)
  const { rows: n, cols: d } = a
  const r = sketchedFactor(a, lambda, seed)
  const identity = dense(d, d)
  for (let j = 0; j < d; j++) identity.data[j * d + j] = 1
  // R⁻¹R⁻ᵀ = (AᵀA + λI)⁻¹ up to the sketch.
  const inverse = solveTriangularMany(r, solveTriangularMany(r, identity, { upper: true, transpose: true }), {
    upper: true,
  })
  const norms = Float64Array.from({ length: n }, (_, i) => {
    const row = rowOf(a, i)
    let sum = 0
    for (let j = 0; j < d; j++) {
      const entry = rowOf(inverse, j).reduce((total, v, k) => total + v * row[k], 0)
      sum += entry * entry
    }
    return Math.sqrt(sum)
  })
  const total = norms.reduce((sum, v) => sum + v, 0)
  if (!(total > 0)) throw outOfRange(`aOptimalProbabilities: the matrix must not be zero; got ${n} × ${d} zeros.`)
  return norms.map(v => (0.9 * v) / total + 0.1 / n)
}
