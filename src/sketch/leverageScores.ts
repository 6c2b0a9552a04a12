/**
 * Leverage scores l_i = a_iᵀ(AᵀA + λI)⁻¹a_i: how much row i of A ∈ R^{n × d} alone decides. For λ = 0 they sum to the rank; for λ > 0 to the
 * effective dimension d_λ.
 *
 * From the triangular factor R of a QR, never from AᵀA: l_i = ‖R⁻ᵀa_i‖². Approximately: R from a sketch of A, and R⁻ᵀ met only through
 * k random directions, l̃_i = ‖a_iᵀR⁻¹G‖², G ∈ R^{d × k} normal/√k.
 *
 * Source: P. Drineas, M. Magdon-Ismail, M. Mahoney, D. Woodruff, Fast approximation of matrix coherence and statistical leverage, 2012.
 * @module
 */
import { DomainError } from '../errors.ts'
import { compute } from '../matrix/createCompute.ts'
import { type Dense, dense, rowOf } from '../matrix/dense.ts'
import { qr } from '../matrix/factor/qr.ts'
import { solveTriangularMany } from '../matrix/factor/triangular.ts'
import { fold, key, normals } from '../random/index.ts'
import { checkRows, outOfRange } from './draw.ts'
import { sjlt } from './sjlt.ts'

/** Ridge and exactness of leverage scores. */
export interface LeverageOptions {
  /** λ ≥ 0; default 0. */
  readonly lambda?: number
  /** Scores within a small factor from two passes over A; default false, exact ones from a QR of A. */
  readonly approximate?: boolean
  /** Seed of the approximation; default 0. */
  readonly seed?: number
}

const RANK_CUTOFF = 1e-12

/**
 * l ∈ R^n. Cost: exact 2nd² + nd²; approximate 8nd (sketch) + 16d³ + 2nd·k with k = max(16, ⌈4 ln n⌉).
 *
 * @throws DomainError (E_RANK) when λ = 0 and A has not full column rank; (E_PARAM_RANGE) for λ < 0; (E_NONFINITE).
 */
export function leverageScores(a: Dense, options: LeverageOptions = {}): Float64Array {
  const { lambda = 0, approximate = false, seed = 0 } = options
  checkRows('leverageScores', a, a.rows)
  if (!(lambda >= 0 && lambda < Infinity)) throw outOfRange(`leverageScores: lambda must be ≥ 0; got ${lambda}.`)
  const { rows: n, cols: d } = a
  if (!approximate) {
    const { q, r } = qr(lambda > 0 ? ridged(a, lambda) : a)
    if (lambda === 0) requireRank(r, d)
    return rowNorms(dense(n, d, q.data.subarray(0, n * d)))
  }
  return leverageScorer(sketchedFactor(a, lambda, seed), { samples: n, seed })(a)
}

/**
 * Approximate scores of rows met one block after the other, from a factor R of a sketch (`factorOfSketch`): rows ↦ ‖aᵀR⁻¹G‖².
 *
 * @param options samples: n, which sets the number of directions.
 */
export function leverageScorer(
  r: Dense,
  { samples: n, seed = 0 }: { readonly samples: number; readonly seed?: number },
): (rows: Dense) => Float64Array {
  const d = r.rows
  const k = Math.max(16, Math.ceil(4 * Math.log(n)))
  const directions =
    k >= d
      ? identity(d)
      : dense(
          d,
          k,
          normals(fold(key(seed), 'leverage'), d * k).map(z => z / Math.sqrt(k)),
        )
  const mixed = solveTriangularMany(r, directions, { upper: true })
  return rows => {
    const out = dense(rows.rows, mixed.cols)
    compute().gemm(
      ...([false, false, rows.rows, mixed.cols, d, 1] as const),
      ...([rows.data, d, mixed.data, mixed.cols, 0, out.data, mixed.cols] as const),
    )
    return rowNorms(out)
  }
}

/**
 * R of a sketch SA stacked on √λ·I.
 *
 * @throws DomainError (E_RANK) when that has not full rank to twelve digits.
 */
export function factorOfSketch(sa: Dense, lambda = 0): Dense {
  const { r } = qr(lambda > 0 ? ridged(sa, lambda) : sa)
  requireRank(r, sa.cols)
  return r
}

/** p_i = 0.9·l_i/Σl + 0.1/n: the floor keeps every weight 1/(m·p_i) below 10·n/m, and a direction from being lost. */
export function samplingProbabilities(scores: Float64Array): Float64Array {
  const total = scores.reduce((sum, l) => sum + l, 0)
  if (!(total > 0)) throw outOfRange(`samplingProbabilities: scores must have a sum > 0; got ${total}.`)
  return scores.map(l => (0.9 * l) / total + 0.1 / scores.length)
}

/** R of an 8d-row sketch of A (16d when that lost rank), stacked on √λ·I. */
export function sketchedFactor(a: Dense, lambda: number, seed: number): Dense {
  const { rows: n, cols: d } = a
  for (const factor of [8, 16]) {
    const sketched = factor * d < n ? sjlt({ rows: factor * d, samples: n, seed }).apply(a) : a
    const { r } = qr(lambda > 0 ? ridged(sketched, lambda) : sketched)
    if (hasFullRank(r, d)) return r
    if (lambda > 0 || factor === 16 || sketched === a) break
  }
  throw rankError(d)
}

function ridged(a: Dense, lambda: number): Dense {
  const out = dense(a.rows + a.cols, a.cols)
  out.data.set(a.data)
  for (let j = 0; j < a.cols; j++) out.data[(a.rows + j) * a.cols + j] = Math.sqrt(lambda)
  return out
}

function hasFullRank(r: Dense, d: number): boolean {
  if (r.rows < d) return false
  let [least, most] = [Infinity, 0]
  for (let j = 0; j < d; j++) {
    const size = Math.abs(r.data[j * d + j])
    least = Math.min(least, size)
    most = Math.max(most, size)
  }
  return least > RANK_CUTOFF * most
}

function requireRank(r: Dense, d: number): void {
  if (!hasFullRank(r, d)) throw rankError(d)
}

function rankError(d: number): DomainError {
  return new DomainError(
    `leverageScores: the ${d} columns must be independent; they are not to twelve digits. Take lambda > 0, or drop columns.`,
    'E_RANK',
  )
}

function rowNorms(a: Dense): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, i) => rowOf(a, i).reduce((sum, v) => sum + v * v, 0))
}

function identity(d: number): Dense {
  const out = dense(d, d)
  for (let i = 0; i < d; i++) out.data[i * d + i] = 1
  return out
}
