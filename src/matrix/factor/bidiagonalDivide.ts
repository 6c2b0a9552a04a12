/**
 * Singular values and vectors of an upper bidiagonal matrix by divide and conquer, without squaring the matrix.
 *
 * B (size × (size + 1), the last column absent in a square problem) is cut at a middle row (α, β):
 * B = [B_1 0; α·eᵀ β·eᵀ; 0 B_2], with B_i = U_i·[D_i 0]·[V_i w_i]ᵀ. The two null vectors w_i are rotated into one, q, that meets
 * the middle row and one, w, that does not; what is left is M = [z; diag(0, D_1, D_2)] (z = first row), whose singular
 * values are the roots σ of 1 + Σ z_j²/(d_j² − σ²) = 0, with right vectors ẑ_j/(d_j² − σ²) and left vectors
 * (−1, d_j·ẑ_j/(d_j² − σ²)). All differences are of d, never of d². The recursion goes down to empty problems.
 *
 * Source: M. Gu, S. Eisenstat, A divide-and-conquer algorithm for the bidiagonal SVD, 1995.
 * @module
 */
import type { Compute, Region } from '../compute.ts'
import { BOTH, combine, deflate, gather, grouping, LOWER, rotateRows, sortedOrder, UPPER } from './deflation.ts'
import { powerBelow, ROUND_OFF } from './input.ts'
import { loewner, secularRoot } from './secular.ts'

/** Stands for zero where a positive number is needed: vectors as long as its third power's inverse can still be squared. */
const TINY = 1e-40

interface State {
  readonly n: number
  readonly d: Float64Array
  readonly e: Float64Array
  /** Row i: left vector of d[i]. */
  readonly u: Float64Array
  /** Row i: right vector of d[i]; the row after a non-square part holds its null vector. */
  readonly v: Float64Array
  readonly compute: Compute
  readonly middleU: Float64Array
  readonly middleV: Float64Array
  readonly packed: Float64Array
  readonly fresh: Float64Array
}

/**
 * B = diag(d) + superdiagonal e, d ∈ R^n, e ∈ R^{n−1}. d becomes the singular values, ASCENDING; rows i of u and v
 * (n × n, zero on entry) the left and right vectors of d[i]. Cost at most about 8n³/3 flops in BLAS-3; memory 5n² more.
 */
export function bidiagonalSvd(
  n: number,
  d: Float64Array,
  e: Float64Array,
  u: Float64Array,
  v: Float64Array,
  compute: Compute,
  region: Region,
): void {
  const state = {
    n,
    d,
    e,
    u,
    v,
    compute,
    middleU: region.float64(n * n),
    middleV: region.float64(n * n),
    packed: region.float64(n * (n + 2)),
    fresh: region.float64(n * n),
  }
  solve(state, 0, n, true)
}

/** Rows low..high−1; columns low..high, or low..high−1 when square. */
function solve(s: State, low: number, high: number, square: boolean): void {
  if (low === high) {
    if (!square) s.v[high * s.n + high] = 1
    return
  }
  const mid = (low + high) >>> 1
  solve(s, low, mid, false)
  solve(s, mid + 1, high, square)
  merge(s, low, mid, high, square)
}

function merge(s: State, low: number, mid: number, high: number, square: boolean): void {
  const { n, u, v, compute, middleU, middleV, packed, fresh } = s
  const size = high - low
  const middle = mid - low
  const end = square ? high : high + 1
  const hasLower = mid + 1 < end
  const alpha = s.d[mid]
  const beta = hasLower ? s.e[mid] : 0
  const d = s.d.subarray(low, high)
  d[middle] = 0

  // In units of the largest entry (a power of two), so that squares stay in range.
  let unit = Math.max(Math.abs(alpha), Math.abs(beta))
  for (let i = 0; i < size; i++) unit = Math.max(unit, d[i])
  // Nothing but zeros: any orthonormal vectors do, and those at hand are.
  if (unit === 0) {
    u[mid * n + mid] = 1
    return
  }
  unit = powerBelow(unit)
  for (let i = 0; i < size; i++) d[i] /= unit
  const z = new Float64Array(size)
  for (let i = low; i < mid; i++) z[i - low] = (alpha / unit) * v[i * n + mid]
  for (let i = mid + 1; i < high; i++) z[i - low] = (beta / unit) * v[i * n + mid + 1]

  // Null vectors: q (row mid) meets the middle row with weight ≥ 0, w (row high) does not.
  const a = (alpha / unit) * v[mid * n + mid]
  const b = square ? 0 : (beta / unit) * v[high * n + mid + 1]
  const weight = Math.hypot(a, b)
  const [cos, sin] = weight > 0 ? [a / weight, b / weight] : [1, 0]
  if (square) {
    if (cos < 0) for (let c = low; c <= mid; c++) v[mid * n + c] = -v[mid * n + c]
  } else rotateRows(v, n, mid, high, low, end, cos, sin)
  u[mid * n + mid] = 1

  const tolerance = 8 * ROUND_OFF
  const kind = new Uint8Array(size).fill(UPPER, 0, middle).fill(LOWER, middle + 1)
  kind[middle] = BOTH
  const split = deflate({
    d,
    z,
    kind,
    order: sortedOrder(d).filter(i => i !== middle),
    smallZ: tolerance,
    smallD: tolerance,
    rotate(i, j, c, t) {
      rotateRows(u, n, low + i, low + j, low, high, c, t)
      rotateRows(v, n, low + i, low + j, low, end, c, t)
    },
  })
  // The pole at 0 always stays; weights and poles must be positive, however small.
  const { kept, dropped } = split
  z[middle] = Math.max(weight, TINY)
  if (kept.length > 0) d[kept[0]] = Math.max(d[kept[0]], TINY)
  kept.unshift(middle)

  const count = kept.length
  const weights = gather(z, kept)
  const problem = {
    count,
    d: gather(d, kept),
    zeta: weights.map(v => v * v),
    rho: 1,
    squared: true,
  }
  const values = new Float64Array(size)
  for (let k = 0; k < count; k++) values[k] = secularRoot(problem, k, middleV.subarray(k * count, (k + 1) * count))
  for (let k = 0; k < dropped.length; k++) values[count + k] = d[dropped[k]]

  const zHat = loewner(problem, weights, middleV, count)
  const groups = grouping(kept, kind)
  const { position } = groups
  const row = new Float64Array(count)
  for (let k = 0; k < count; k++) {
    const [left, right] = [middleU.subarray(k * count), middleV.subarray(k * count)]
    let [sumU, sumV] = [0, 0]
    for (let j = 0; j < count; j++) {
      const x = zHat[j] / right[j]
      const y = j === 0 ? -1 : problem.d[j] * x
      row[position[j]] = x
      left[position[j]] = y
      sumV += x * x
      sumU += y * y
    }
    const [scaleU, scaleV] = [1 / Math.sqrt(sumU), 1 / Math.sqrt(sumV)]
    for (let j = 0; j < count; j++) {
      left[j] *= scaleU
      right[j] = row[j] * scaleV
    }
  }
  const order = sortedOrder(values)
  const over = { ld: n, low, cut: mid + 1 }
  combine(compute, { rows: u, end: high, ...over }, middleU, groups, split, kind, order, packed, fresh)
  combine(compute, { rows: v, end, ...over }, middleV, groups, split, kind, order, packed, fresh)
  for (let r = 0; r < size; r++) d[r] = values[order[r]] * unit
}
