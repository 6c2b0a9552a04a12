/**
 * The hyperplanes {x_i·u = 0} as few lines in few coordinates, with a bound of what that changed.
 *
 * X = C·B + E, B ∈ R^{r × d} with nearly orthonormal rows: since (a)₊ is 1-Lipschitz,
 *   g_X(θ) ≤ ‖B‖·g_C(θ) + ‖θ‖·‖E‖.
 * With r the rank of X, E is rounding. With a smaller r this is the low-rank bound, ‖E‖ = σ_{r+1}.
 * Rows of C that are parallel make one line a_l: c_i = f·a_l + e gives t(c_i·u)₊ = t|f|·(a_l·u)₊ + [f < 0]·t·f·(a_l·u), up to |t|‖e‖.
 * @module
 */
import type { Compute } from '../../matrix/compute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { gamma, normUp, UNIT, up } from '../rounding.ts'
import { squaredLengths } from './spectral.ts'

/** Lines closer in direction than this (radians) are one. */
const NOISE = 2 ** -45
/** Singular values below this part of the largest count as 0; what they are is still in `residual`. */
const RANK_TOLERANCE = 1e-12

/** X up to `residual` as multiples of unit lines in R^rank. */
export interface Arrangement {
  readonly rank: number
  /** Unit normals, m × rank, no two parallel. */
  readonly lines: Dense
  /** Line of each row in {−1, …, m − 1}; −1 for a row that is 0. */
  readonly lineOf: Int32Array
  /** c_i = factor_i·line + something at most off_i long. */
  readonly factor: Float64Array
  readonly off: Float64Array
  /** rank × d; null means the identity. */
  readonly basis: Dense | null
  /** Whether rank is that of X, so that the residual is rounding. */
  readonly complete: boolean
  /** ≥ ‖X − C·basis‖₂. */
  readonly residual: number
  /** ≥ ‖basis‖₂. */
  readonly widen: number
}

/** θ, one output, on the lines: ℓ·u + Σ_l weight_l·(a_l·u)₊ is tᵀ(Cu)₊ up to `slack` for ‖u‖ ≤ 1. */
export interface LineWeights {
  readonly weight: Float64Array
  readonly linear: Float64Array
  readonly slack: number
}

/**
 * The arrangement of X in its own rank, or in its `most` leading directions when the rank is larger.
 *
 * Cost an SVD of X (4·n·d²) when the rank is less than d or larger than `most`, then n·log n.
 */
export function arrangementOf(x: Dense, most: number, compute: Compute): Arrangement {
  const { values, vt } = svd(x, { compute })
  let rank = 0
  while (rank < values.length && values[rank] > RANK_TOLERANCE * values[0]) rank++
  const kept = Math.min(rank, most)
  if (kept === x.cols) return merged(x, { rank: kept, complete: true, basis: null, residual: 0, widen: 1 })
  const [n, d] = [x.rows, x.cols]
  const basis = dense(kept, d, vt.data.slice(0, kept * d))
  const c = dense(n, kept)
  if (kept > 0) compute.gemm(false, true, n, kept, d, 1, x.data, d, basis.data, d, 0, c.data, kept)
  const rest = x.data.slice()
  if (kept > 0) compute.gemm(false, false, n, d, kept, -1, c.data, kept, basis.data, d, 1, rest, d)
  // ‖E‖₂ from above: of the computed remainder, and what computing it may have cost an entry.
  const size = up(normUp(c.data) * 1.01 + normUp(x.data), 4)
  const cost = up(gamma(kept + 4) * size * Math.sqrt(kept + 1), 4)
  const frobenius = normUp(rest)
  const tail = kept < rank ? values[kept] * (1 + 1e-9) + 1e-13 * values[0] : Infinity
  let skew = 0
  for (let i = 0; i < kept; i++)
    for (let j = 0; j < kept; j++) {
      let sum = i === j ? -1 : 0
      for (let k = 0; k < d; k++) sum += basis.data[i * d + k] * basis.data[j * d + k]
      skew += sum * sum
    }
  return merged(c, {
    rank: kept,
    complete: kept === rank,
    basis,
    residual: up(Math.min(frobenius, provedTail(rest, n, d, tail, compute)) + cost),
    widen: up(1 + Math.sqrt(skew) + gamma(d + 2) * kept),
  })
}

/** ‖E‖₂ from above by the largest eigenvalue of EᵀE: Σ of its rows' squares where that is as good. */
function provedTail(rest: Float64Array, n: number, d: number, tail: number, compute: Compute): number {
  if (tail === Infinity || n === 0) return Infinity
  const gram = dense(d, d)
  compute.syrk(true, d, n, 1, rest, d, 0, gram.data, d)
  let [trace, frobenius] = [0, 0]
  for (let i = 0; i < d; i++) {
    trace += gram.data[i * d + i]
    for (let j = 0; j < i; j++) frobenius += 2 * gram.data[i * d + j] ** 2
    frobenius += gram.data[i * d + i] ** 2
  }
  // λ_max(G) ≤ ‖G⁴‖_F^{1/4}: within d^{1/8} of it, and no eigenvector to trust.
  let power = gram.data.slice()
  for (let i = 0; i < d; i++) for (let j = i + 1; j < d; j++) power[i * d + j] = power[j * d + i]
  if (!(frobenius > 0)) return 0
  const scale = trace
  power = power.map(v => v / scale)
  for (let k = 0; k < 4; k++) {
    const next = new Float64Array(d * d)
    compute.gemm(false, false, d, d, d, 1, power, d, power, d, 0, next, d)
    power = next
  }
  // Entries of each product are off by at most γ_d·(tr/scale)² = γ_d; four times over, and the Gram matrix by γ_n·tr.
  const length = up(normUp(power) + 64 * d * (gamma(d + 2) + gamma(n + 2)))
  return up(Math.sqrt(scale * (length ** (1 / 16) + 2 * gamma(n + 8))), 16)
}

/** Rows of C put on lines. */
function merged(c: Dense, shape: Pick<Arrangement, 'rank' | 'complete' | 'basis' | 'residual' | 'widen'>): Arrangement {
  const [n, r] = [c.rows, c.cols]
  const lengths = squaredLengths(c).map(Math.sqrt)
  const lineOf = new Int32Array(n).fill(-1)
  const factor = new Float64Array(n)
  const off = new Float64Array(n)
  const live = Array.from(lengths.keys()).filter(i => lengths[i] > 0)
  // Parallel rows agree in |probe·unit|; others hardly ever do.
  const probe = Float64Array.from({ length: r }, (_, j) => Math.SQRT2 ** (j % 7) - 0.37 * j)
  const key = new Float64Array(n)
  for (const i of live) for (let j = 0; j < r; j++) key[i] += (probe[j] * c.data[i * r + j]) / lengths[i]
  for (const i of live) key[i] = Math.abs(key[i])
  const order = live.sort((a, b) => key[a] - key[b] || a - b)
  const lines: number[] = []
  let from = 0
  for (let position = 0; position < order.length; position++) {
    const i = order[position]
    while (key[i] - key[order[from]] > 1e-12) from++
    lineOf[i] = lines.length
    factor[i] = lengths[i]
    for (let p = from; p < position; p++) {
      const l = lineOf[order[p]]
      if (lines[l] !== order[p]) continue
      let [plus, minus] = [0, 0]
      for (let j = 0; j < r; j++) {
        const [a, b] = [c.data[i * r + j] / lengths[i], c.data[lines[l] * r + j] / lengths[lines[l]]]
        plus += (a - b) ** 2
        minus += (a + b) ** 2
      }
      if (Math.sqrt(Math.min(plus, minus)) > NOISE) continue
      lineOf[i] = l
      factor[i] = plus <= minus ? lengths[i] : -lengths[i]
      break
    }
    if (lineOf[i] === lines.length) lines.push(i)
  }
  const normals = dense(lines.length, r)
  lines.forEach((i, l) => {
    for (let j = 0; j < r; j++) normals.data[l * r + j] = c.data[i * r + j] / lengths[i]
  })
  for (const i of live) {
    let square = 0
    for (let j = 0; j < r; j++) square += (c.data[i * r + j] - factor[i] * normals.data[lineOf[i] * r + j]) ** 2
    off[i] = up(Math.sqrt(square) + 4 * UNIT * lengths[i], r + 4)
  }
  return { ...shape, lines: normals, lineOf, factor, off }
}

/** The weights of t ∈ R^n. Cost O(n·rank). */
export function weightsOnLines({ lines, lineOf, factor, off, rank }: Arrangement, t: Float64Array): LineWeights {
  const weight = new Float64Array(lines.rows)
  const linear = new Float64Array(rank)
  let [slack, size] = [0, 0]
  for (let i = 0; i < t.length; i++) {
    const l = lineOf[i]
    if (l < 0 || t[i] === 0) continue
    weight[l] += t[i] * Math.abs(factor[i])
    if (factor[i] < 0) for (let j = 0; j < rank; j++) linear[j] += t[i] * factor[i] * lines.data[l * rank + j]
    slack += Math.abs(t[i]) * off[i]
    size += Math.abs(t[i] * factor[i])
  }
  return { weight, linear, slack: up(up(slack, t.length) + 2 * rank * gamma(t.length + 4) * size, t.length) }
}
