/**
 * The dual norm of a point by covering the sphere with cones: the re-check's own way through arrangements too large to list.
 *
 * Let C be the cone of unit vectors v_1 … v_d, u = Σ λ_k v_k ∈ C, f(u) = Σ_i t_i(x_i·u)₊. Rows with x_i·v_k ≥ 0 for all k are
 * active on C, with ≤ 0 for all k are not. For the others, (·)₊ is below its chord where t_i > 0, and above σ_i x_i·u for every
 * σ_i ∈ [0, 1] where t_i < 0. So f(u) ≤ Σ λ_k r_k with numbers r_k, and for every vector c and ‖u‖ ≤ 1
 *
 *   f(u) ≤ c·u + Σ λ_k (r_k − c·v_k) ≤ ‖c‖ + max_k(r_k − c·v_k)₊ / h,   h² = ρ + (1 − ρ)/d,
 *
 * ρ the smallest v_j·v_k (‖Σλ_k v_k‖ ≥ h·Σλ_k). Cones whose bound is above what is claimed are split along their longest side.
 * Splitting ends, since the bounds of small cones are second order, and exact (by the right σ) on the kinks where maxima sit.
 * Nothing rests on how σ and c were found, and no list of cells is needed: degenerate data are like any other.
 * @module
 */
import { UnsupportedError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import { ROUND } from './plainSums.ts'

interface Cone {
  /** d × d, unit rows. */
  readonly v: Float64Array
  /** Σ_{active} t_i x_i as two parts whose sum is accurate. */
  readonly q: Float64Array
  readonly rest: Float64Array
  /** Rows undecided, with x_i·v_k in `s` (open.length × d). */
  readonly open: Int32Array
  readonly s: Float64Array
  readonly depth: number
}

/** Columns at most: the cones that are needed grow with their power. */
export const MOST_COLUMNS = 6
/** Row–cone pairs looked at, at most. */
const BUDGET = 4e9
const MOST_DEPTH = 400
/** Bounds this near (relatively) to a value that was reached are not split further. */
const SETTLED = 1e-12
/** The same where the limit has been exceeded already, and only the size of the excess is open. */
const REFUTED = 1e-6

/**
 * A number ≥ max(limit, max over ‖u‖ ≤ 1 and both signs of ±θ_cᵀ(Xu)₊), above the limit only by what could not be settled.
 *
 * @throws UnsupportedError for more than 6 columns, or when the budget is spent.
 */
export function coveringNorm(x: Dense, theta: Float64Array, limit: number): number {
  if (x.cols > MOST_COLUMNS)
    throw new UnsupportedError(
      `recheck: an enumeration is checked by covering for at most ${MOST_COLUMNS} columns; got ${x.cols}. Use --oracle sdp, whose proof is checked in any number.`,
    )
  const outputs = theta.length / x.rows
  const spent = { rows: 0 }
  let most = limit
  for (let c = 0; c < outputs; c++)
    for (const sign of [1, -1]) {
      const t = Float64Array.from({ length: x.rows }, (_, i) => sign * theta[i * outputs + c])
      most = Math.max(most, coverHalf(x, t, limit, spent))
    }
  return most
}

function coverHalf(x: Dense, t: Float64Array, limit: number, spent: { rows: number }): number {
  const d = x.cols
  const size = new Float64Array(d)
  let reach = 0
  for (let i = 0; i < x.rows; i++) {
    let square = 0
    for (let j = 0; j < d; j++) {
      size[j] += Math.abs(t[i] * x.data[i * d + j])
      square += x.data[i * d + j] ** 2
    }
    reach += Math.abs(t[i]) * Math.sqrt(square)
  }
  // Products t·x, and rows put on the wrong side by the rounding of x·v, which is worth that rounding.
  const slack = 2 * (d + 4) * ROUND * (Math.hypot(...size) + Math.sqrt(d) * reach) * 1.01
  let most = limit
  const stack: Cone[] = []
  for (let code = 0; code < 2 ** d; code++) {
    const v = new Float64Array(d * d)
    for (let k = 0; k < d; k++) v[k * d + k] = (code >> k) & 1 ? 1 : -1
    const open = Int32Array.from(t.keys()).filter(i => t[i] !== 0)
    const s = new Float64Array(open.length * d)
    open.forEach((i, at) => {
      for (let k = 0; k < d; k++) s[at * d + k] = v[k * d + k] * x.data[i * d + k]
    })
    stack.push(settled(x, t, { v, q: new Float64Array(d), rest: new Float64Array(d), open, s, depth: 0 }))
  }
  for (let cone = stack.pop(); cone !== undefined; cone = stack.pop()) {
    spent.rows += 4 * cone.open.length + 10
    if (spent.rows > BUDGET)
      throw new UnsupportedError(
        'recheck: the covering of the sphere needs too many cones for these data. Trust the certificate less, or ask for --oracle sdp.',
      )
    const bound = coneUpper(x, t, cone) + slack
    if (bound <= most) continue
    // Above the limit in truth: what is left is to find out by how much, not to split for ever.
    const inside = valueInside(t, cone, d)
    most = Math.max(most, inside)
    // What is left between the cone's own value and its bound may be rounding, which no splitting takes away.
    const settles = bound <= most * (1 + (most > limit ? REFUTED : SETTLED)) || bound <= inside + 4 * slack
    if (settles || d === 1 || cone.depth >= MOST_DEPTH) most = Math.max(most, bound)
    else stack.push(...halves(cone, x, t))
  }
  return most
}

/** f at the middle of the cone. */
function valueInside(t: Float64Array, { v, q, rest, open, s }: Cone, d: number): number {
  const middle = new Float64Array(d)
  for (let k = 0; k < d; k++) for (let j = 0; j < d; j++) middle[j] += v[k * d + j]
  let sum = 0
  for (let j = 0; j < d; j++) sum += (q[j] + rest[j]) * middle[j]
  for (let at = 0; at < open.length; at++) {
    let inner = 0
    for (let k = 0; k < d; k++) inner += s[at * d + k]
    if (inner > 0) sum += t[open[at]] * inner
  }
  return sum / Math.hypot(...middle)
}

/** Rows that lie on one side of the whole cone join q, or drop out. */
function settled(x: Dense, t: Float64Array, cone: Cone): Cone {
  const d = x.cols
  const { q, rest } = cone
  const keep: number[] = []
  for (let at = 0; at < cone.open.length; at++) {
    let [least, largest] = [Infinity, -Infinity]
    for (let k = 0; k < d; k++) {
      const s = cone.s[at * d + k]
      if (s < least) least = s
      if (s > largest) largest = s
    }
    if (largest <= 0) continue
    if (least < 0) {
      keep.push(at)
      continue
    }
    const i = cone.open[at]
    for (let j = 0; j < d; j++) {
      const term = t[i] * x.data[i * d + j]
      const next = q[j] + term
      const back = next - q[j]
      rest[j] += q[j] - (next - back) + (term - back)
      q[j] = next
    }
  }
  if (keep.length === cone.open.length) return cone
  const open = Int32Array.from(keep, at => cone.open[at])
  const s = new Float64Array(keep.length * d)
  keep.forEach((from, at) => {
    for (let k = 0; k < d; k++) s[at * d + k] = cone.s[from * d + k]
  })
  return { ...cone, open, s }
}

/** The two halves of the cone, cut at the middle of its longest side. */
function halves(cone: Cone, x: Dense, t: Float64Array): Cone[] {
  const d = x.cols
  const { v, open, s } = cone
  let [a, b, least] = [0, 1, Infinity]
  for (let j = 0; j < d; j++)
    for (let k = 0; k < j; k++) {
      const cosine = times(v, j * d, v, k * d, d)
      if (cosine < least) [a, b, least] = [k, j, cosine]
    }
  const middle = Float64Array.from({ length: d }, (_, j) => v[a * d + j] + v[b * d + j])
  const length = Math.hypot(...middle)
  for (let j = 0; j < d; j++) middle[j] /= length
  const across = Float64Array.from(open, i => times(x.data, i * d, middle, 0, d))
  return (d === 1 ? [] : [a, b]).map(k => {
    const turned = v.slice()
    turned.set(middle, k * d)
    const seen = s.slice()
    for (let at = 0; at < open.length; at++) seen[at * d + k] = across[at]
    return settled(x, t, {
      v: turned,
      q: cone.q.slice(),
      rest: cone.rest.slice(),
      open,
      s: seen,
      depth: cone.depth + 1,
    })
  })
}

function coneUpper(x: Dense, t: Float64Array, { v, q, rest, open, s }: Cone): number {
  const d = x.cols
  const m = open.length
  // Chords of convex terms, at each v_k.
  const chord = new Float64Array(d)
  let [size, concave] = [0, 0]
  for (let at = 0; at < m; at++) {
    const weight = t[open[at]]
    if (weight < 0) concave++
    for (let k = 0; k < d; k++) {
      const value = s[at * d + k]
      if (weight > 0 && value > 0) chord[k] += weight * value
      size += Math.abs(weight * value)
    }
  }
  const total = Float64Array.from(q, (value, j) => value + rest[j])
  const c = total.slice()
  const linear = solved(v, chord, d)
  if (linear !== null) for (let j = 0; j < d; j++) c[j] += linear[j]
  // Slopes of concave terms: start at the middle of the cone, then descend on ‖c‖.
  const sigma = new Float64Array(m)
  for (let at = 0; at < m; at++) {
    const i = open[at]
    if (!(t[i] < 0)) continue
    let sum = 0
    for (let k = 0; k < d; k++) sum += s[at * d + k]
    sigma[at] = sum > 0 ? 1 : 0
    if (sigma[at] > 0) for (let j = 0; j < d; j++) c[j] += t[i] * x.data[i * d + j]
  }
  const sweeps = concave === 0 ? 0 : concave <= 8 ? 300 : 3
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let moved = 0
    for (let at = 0; at < m; at++) {
      const i = open[at]
      if (!(t[i] < 0)) continue
      const square = times(x.data, i * d, x.data, i * d, d)
      const next = Math.min(1, Math.max(0, sigma[at] - times(x.data, i * d, c, 0, d) / (t[i] * square)))
      const change = next - sigma[at]
      if (change === 0) continue
      sigma[at] = next
      for (let j = 0; j < d; j++) c[j] += change * t[i] * x.data[i * d + j]
      moved = Math.max(moved, Math.abs(change))
    }
    if (moved < 1e-15) break
  }
  // From here on everything counts: r_k, and c as it is.
  const r = new Float64Array(d)
  let highest = 0
  let excess = 0
  const longest = Math.hypot(...c) * (1 + 4 * (d + 2) * ROUND)
  for (let k = 0; k < d; k++) {
    let value = chord[k]
    for (let at = 0; at < m; at++) {
      const weight = t[open[at]]
      if (weight < 0) value += weight * sigma[at] * s[at * d + k]
    }
    value += times(total, 0, v, k * d, d)
    r[k] = value
    highest = Math.max(highest, value)
    excess = Math.max(excess, value - times(c, 0, v, k * d, d))
  }
  let cosine = 1
  for (let j = 0; j < d; j++) for (let k = 0; k < j; k++) cosine = Math.min(cosine, times(v, j * d, v, k * d, d))
  const h = Math.sqrt(Math.max(0, cosine) + (1 - Math.max(0, cosine)) / d) * (1 - 16 * d * ROUND)
  const error = (m + d + 8) * 2 * ROUND * (size + Math.hypot(...total) + longest)
  return Math.min(longest + excess / h, highest / h) + error / h
}

/** The c with v_k·c = right_k; null when the cone is too flat to tell. */
function solved(v: Float64Array, right: Float64Array, d: number): Float64Array | null {
  if (right.every(value => value === 0)) return null
  const a = v.slice()
  const b = right.slice()
  for (let p = 0; p < d; p++) {
    let pivot = p
    for (let i = p + 1; i < d; i++) if (Math.abs(a[i * d + p]) > Math.abs(a[pivot * d + p])) pivot = i
    if (!(Math.abs(a[pivot * d + p]) > 1e-14)) return null
    for (let j = 0; j < d; j++) [a[p * d + j], a[pivot * d + j]] = [a[pivot * d + j], a[p * d + j]]
    ;[b[p], b[pivot]] = [b[pivot], b[p]]
    for (let i = p + 1; i < d; i++) {
      const factor = a[i * d + p] / a[p * d + p]
      for (let j = p; j < d; j++) a[i * d + j] -= factor * a[p * d + j]
      b[i] -= factor * b[p]
    }
  }
  for (let p = d - 1; p >= 0; p--) {
    for (let j = p + 1; j < d; j++) b[p] -= a[p * d + j] * b[j]
    b[p] /= a[p * d + p]
  }
  return b
}

function times(a: Float64Array, from: number, b: Float64Array, at: number, d: number): number {
  let sum = 0
  for (let j = 0; j < d; j++) sum += a[from + j] * b[at + j]
  return sum
}
