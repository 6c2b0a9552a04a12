/**
 * One half of a dual norm from the multipliers of a lifted proof: the re-check's own.
 *
 * The numbers are a scale a (power of two), g, γ and a symmetric Λ over p = (1, s, r), s = (Xu)₊/a, r = s − Xu/a. With s, r ≥ 0 and s_i·r_i = 0
 * pᵀΛp ≥ 0 when Λ ≥ 0 outside the entries (s_i, r_i). Written out over (1, u, s), ‖u‖ = 1,
 *   g − a·tᵀs ≥ (1, u, s)ᵀ H (1, u, s) ≥ −δ·(2 + ‖X/a‖²) where H + δI ⪰ 0,
 * H = −(a·t in the first row, halved) − (Λ pulled back) + (g − γ)e_0e_0ᵀ + γ·I_u. δ is found and proved by `definite.ts`.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import { factorises, largestEigenvalue } from './definite.ts'
import { ROUND } from './plainSums.ts'

/** A number ≥ max over ‖u‖ ≤ 1 of tᵀ(Xu)₊, or what is wrong with the proof. Cost O((d + n)³). */
export function liftedFromDefinition(x: Dense, t: Float64Array, weights: Float64Array): number | string {
  const [n, d] = [x.rows, x.cols]
  const m = 1 + 2 * n
  const needed = 3 + (m * (m + 1)) / 2
  if (weights.length !== needed) return `it must have ${needed} numbers, not ${weights.length}`
  const [scale, g, shift] = weights
  if (!(scale > 0) || 2 ** Math.round(Math.log2(scale)) !== scale) return 'its scale is not a power of two'
  if (!weights.every(value => Number.isFinite(value))) return 'it has numbers that are not finite'
  const at = (a: number, b: number) => weights[3 + (a >= b ? (a * (a + 1)) / 2 + b : (b * (b + 1)) / 2 + a)]
  for (let a = 0; a < m; a++)
    for (let b = 0; b <= a; b++) if (at(a, b) < 0 && !(a > n && b === a - n)) return `multiplier ${a}, ${b} is negative`

  // Pull back: index 0, then u (d), then s (n). r_i = s_i − row_i·u.
  const size = 1 + d + n
  const h = new Float64Array(size * size)
  const add = (i: number, j: number, value: number) => {
    h[i * size + j] += value
  }
  const row = (i: number, j: number) => x.data[i * d + j] / scale
  const [S, R] = [(i: number) => 1 + i, (i: number) => 1 + n + i]
  let squares = 0
  let heaviest = 0
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) squares += row(i, j) ** 2
  for (let a = 0; a < m; a++) for (let b = 0; b < m; b++) heaviest += at(a, b) ** 2
  add(0, 0, g - shift - at(0, 0))
  for (let j = 0; j < d; j++) add(1 + j, 1 + j, shift)
  // Products Λ_{·r}·X, used twice.
  const one = new Float64Array(d)
  const bySample = new Float64Array(n * d)
  for (let k = 0; k < n; k++)
    for (let j = 0; j < d; j++) {
      one[j] += at(0, R(k)) * row(k, j)
      for (let i = 0; i < n; i++) bySample[i * d + j] += (at(S(i), R(k)) + at(R(i), R(k))) * row(k, j)
    }
  const bySelf = new Float64Array(n * d)
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++) {
      const value = at(R(i), R(k))
      if (value !== 0) for (let j = 0; j < d; j++) bySelf[i * d + j] += value * row(k, j)
    }
  for (let j = 0; j < d; j++) {
    add(1 + j, 0, one[j])
    for (let l = 0; l <= j; l++) {
      let sum = 0
      for (let i = 0; i < n; i++) sum += row(i, j) * bySelf[i * d + l]
      add(1 + j, 1 + l, -sum)
    }
  }
  for (let i = 0; i < n; i++) {
    add(1 + d + i, 0, (-scale * t[i]) / 2 - at(0, S(i)) - at(0, R(i)))
    for (let j = 0; j < d; j++) add(1 + d + i, 1 + j, bySample[i * d + j])
    for (let k = 0; k <= i; k++)
      add(1 + d + i, 1 + d + k, -(at(S(i), S(k)) + at(S(i), R(k)) + at(R(i), S(k)) + at(R(i), R(k))))
  }
  // Entries are sums of at most 4n² products; in the 2-norm off by that many round-offs of ‖Λ‖_F·(1 + 2n + ‖X/a‖_F²) + ‖a·t‖ + |g| + |γ|.
  let reach = Math.sqrt(heaviest) * (1 + 2 * n + squares) + Math.abs(g) + 2 * Math.abs(shift)
  for (let i = 0; i < n; i++) reach += Math.abs(scale * t[i])
  const error = (4 * n + 2 * d + 16) * 1.01 * ROUND * reach
  const delta = leastShift(h, size) + error
  const gram = new Float64Array(d * d)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++) for (let k = 0; k <= j; k++) gram[j * d + k] += row(i, j) * row(i, k)
  const spread = 2 + largestEigenvalue(gram, d, (n + 8) * 1.01 * ROUND)
  return (g + delta * spread) * (1 + 8 * ROUND) + 8 * ROUND * Math.abs(g)
}

/** A number δ with H + δI ⪰ 0, near the least. */
function leastShift(h: Float64Array, size: number): number {
  let [largest, trace] = [0, 0]
  for (let i = 0; i < size; i++) {
    let sum = 0
    for (let j = 0; j < size; j++) sum += Math.abs(i >= j ? h[i * size + j] : h[j * size + i])
    largest = Math.max(largest, sum)
    trace += Math.abs(h[i * size + i])
  }
  if (largest === 0) return 0
  // At `high` = the largest row sum it is diagonally dominant.
  let [low, high] = [0, largest * (1 + 1e-12)]
  const tiny = 1e-15 * largest
  if (factorises(h, size, tiny)) high = tiny
  for (let step = 0; step < 60 && high - low > 1e-3 * high && high > tiny; step++) {
    const middle = low === 0 ? high / 16 : Math.sqrt(low * high)
    if (middle <= tiny) break
    if (factorises(h, size, middle)) high = middle
    else low = middle
  }
  for (let step = 0; step < 60 && high - low > 2e-15 * largest; step++) {
    const middle = (low + high) / 2
    if (factorises(h, size, middle)) high = middle
    else low = middle
  }
  return high + (2 * size + 8) * 1.01 * ROUND * (trace + size * high)
}
