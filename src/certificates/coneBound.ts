/**
 * min_{α ≥ 0} ‖q + Kᵀα‖ from above, K = (2D_k − I) X: the length of the projection of q on the cell {u : K u ≥ 0}.
 *
 * The minimum needs few rows of K, so NNLS runs on a working set of them: rows that q + Kᵀα violates come in until none
 * is left. Whatever α ≥ 0 comes out is valid; its sum is bounded with its rounding.
 * @module
 */
import { type Dense, dense } from '../matrix/dense.ts'
import { nnls } from '../matrix/factor/nnls.ts'
import { type Masks, maskBit } from '../matrix/masks.ts'
import { gamma, normUp, up } from './rounding.ts'

/** Rounds of adding violated rows; each lowers the bound, and stopping early is only looser. */
const ROUNDS = 100
/** A row is violated when K_i·u is below this part of ‖K_i‖‖u‖. */
const TIGHT = 1e-12
/** A round that lowers the bound by less than this part was about rounding. */
const STALL = 1e-14

/**
 * A number ≥ min_{α ≥ 0} ‖q* + K_kᵀα‖ for every q* within `error` of q ∈ R^d; stops as soon as it is ≤ `enough`.
 *
 * Cost: a few passes of n·d flops over X and small NNLS problems.
 */
export function coneBound(x: Dense, m: Masks, k: number, q: Float64Array, error: number, enough: number): number {
  const d = x.cols
  const u = q.slice()
  let best = up(normUp(q) + error)
  let chosen: number[] = []
  for (let round = 0; round < ROUNDS && best > enough; round++) {
    const violated = violatedRows(x, m, k, u, chosen)
    if (violated.length === 0) break
    const kept = chosen.length
    chosen.push(...violated.slice(0, 2 * d + 8))
    const rows = coneRows(x, m, k, chosen)
    // Rows of the last round keep their place, where they were positive: a warm start.
    const { x: alpha } = nnls(
      rows,
      q.map(v => -v),
      { passive: Array.from({ length: kept }, (_, at) => at) },
    )
    // u = q + Kᵀα with few terms a coordinate, rounding bounded by their absolute values.
    let size = normUp(q)
    let terms = 1
    u.set(q)
    for (let at = 0; at < alpha.length; at++) {
      if (!(alpha[at] > 0)) continue
      const row = rows.data.subarray(at * d, (at + 1) * d)
      for (let j = 0; j < d; j++) u[j] += alpha[at] * row[j]
      size = up(size + up(alpha[at] * normUp(row)))
      terms++
    }
    const bound = up(normUp(u) + up(gamma(terms + 2) * size) + error)
    const stalled = bound >= best * (1 - STALL)
    best = Math.min(best, bound)
    if (stalled) break
    chosen = chosen.filter((_row, at) => alpha[at] > 0)
  }
  return best
}

/** Rows not yet chosen with K_i·u < −TIGHT·‖K_i‖‖u‖, the worst angle first. */
function violatedRows(x: Dense, m: Masks, k: number, u: Float64Array, chosen: readonly number[]): number[] {
  const d = x.cols
  const length = normUp(u)
  const isChosen = new Set(chosen)
  const found: [number, number][] = []
  for (let i = 0; i < x.rows; i++) {
    if (isChosen.has(i)) continue
    let [inner, square] = [0, 0]
    for (let j = 0; j < d; j++) {
      const value = x.data[i * d + j]
      inner += value * u[j]
      square += value * value
    }
    const cosine = (maskBit(m, k, i) ? inner : -inner) / (Math.sqrt(square) * length)
    if (cosine < -TIGHT) found.push([cosine, i])
  }
  return found.sort((a, b) => a[0] - b[0]).map(([, i]) => i)
}

/** The signed rows (2D_k − I) X of the cone of pattern k, for the rows named. */
function coneRows(x: Dense, m: Masks, k: number, rows: readonly number[]): Dense {
  const out = dense(rows.length, x.cols)
  rows.forEach((i, at) => {
    const sign = maskBit(m, k, i) ? 1 : -1
    for (let j = 0; j < x.cols; j++) out.data[at * x.cols + j] = sign * x.data[i * x.cols + j]
  })
  return out
}
