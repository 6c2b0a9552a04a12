/**
 * The spectral oracle: an upper bound of g(θ) from eigenvalues alone, O(n·d²).
 *
 * `diagonalBound` at weights in closed form: y_i ∝ t_i², which gives ½‖Xᵀt‖ + ½‖t_P‖·σ_1(X_P) (never above the plain
 * ‖t_P‖·σ_1(X_P)), or y_i ∝ |t_i|‖x_i‖, better where rows differ in length; slopes κ = ½, or such that z_0 is short.
 * y_0 = ‖z_0‖·√(Σy/μ) makes the two parts add up to ‖z_0‖ + √(μΣy) at most. Loose by a factor that no one knows beforehand:
 * at an optimal θ, where residuals cancel, 2 to 25 and more.
 * @module
 */
import type { Compute } from '../../matrix/compute.ts'
import { compute as sharedCompute } from '../../matrix/createCompute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import { norm } from '../../matrix/vector.ts'
import { centreOf, diagonalBound, weightedGram } from './diagonalBound.ts'
import { type HalfProof, halvesOf, type OracleResult } from './oracle.ts'
import { nearestSlopes } from './search.ts'

/** Sweeps for the slopes: the first few bring nearly all. */
const SWEEPS = 4
/** Weight of samples that weigh nothing; weights must be positive. */
export const NOTHING = 1e-200

/**
 * A number ≥ g(θ), with the slopes and weights that prove it.
 *
 * Cost about 4 products of n·d² flops for each output and sign, memory n·d. 100 000 × 50 takes less than a second.
 */
export function normBySpectrum(
  x: Dense,
  theta: Float64Array,
  options: { readonly compute?: Compute } = {},
): OracleResult {
  const { compute = sharedCompute() } = options
  const squares = squaredLengths(x)
  let value = 0
  const proofs: HalfProof[] = []
  for (const { output, sign, t } of halvesOf(theta, x.rows)) {
    const { weights, gram } = spectralWeights(x, t, squares, compute)
    proofs.push({ form: 'diagonal', output, sign, weights })
    value = Math.max(value, diagonalBound(x, t, weights, compute, gram))
  }
  return { value, kind: 'upper', oracle: 'spectral', witness: { directions: [], proofs } }
}

/** Slopes and weights of one half, without iterating on the weights, and their `weightedGram`. */
export function spectralWeights(
  x: Dense,
  t: Float64Array,
  squares: Float64Array,
  compute: Compute,
): { weights: Float64Array; gram: Dense } {
  const scaled = squares.map((square, i) => square * t[i] * t[i])
  const slopes = new Float64Array(t.length).fill(0.5)
  const q = centreOf(x, t, slopes).z
  nearestSlopes(x, t, scaled, slopes, q, SWEEPS)
  const length = norm(centreOf(x, t, slopes).z)
  let best = { weights: new Float64Array(t.length + 1), gram: dense(x.cols, x.cols) }
  let least = Infinity
  for (const weightOf of [(i: number) => t[i] * t[i], (i: number) => Math.sqrt(scaled[i])]) {
    const weights = new Float64Array(t.length + 1)
    let total = 0
    for (let i = 0; i < t.length; i++) {
      weights[1 + i] = t[i] > 0 ? Math.max(NOTHING, weightOf(i)) : slopes[i]
      if (t[i] > 0) total += weights[1 + i]
    }
    const gram = weightedGram(x, t, weights, compute)
    if (gram === null) continue
    const mu = eigh(gram, { compute }).values[gram.rows - 1]
    weights[0] = mu > 0 && total > 0 ? Math.max(length * Math.sqrt(total / mu), 1e-12 * total) : 1
    const bound = length + Math.sqrt(Math.max(0, total * mu))
    if (bound < least) [best, least] = [{ weights, gram }, bound]
  }
  return best
}

/** ‖x_i‖². */
export function squaredLengths(x: Dense): Float64Array {
  const out = new Float64Array(x.rows)
  for (let i = 0, at = 0; i < x.rows; i++) for (let j = 0; j < x.cols; j++, at++) out[i] += x.data[at] ** 2
  return out
}
