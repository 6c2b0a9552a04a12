/**
 * What the two divide-and-conquer solvers share: deflation, and the product of the middle's vectors with the old ones.
 *
 * Entries i of a merged problem carry d_i and z_i; those with negligible z, and one of each pair of close d (after a
 * rotation that moves z into the other), are already solved. Of the rest, the vectors live on the first part, on the
 * second, or on both; ordered so, the product is two dense ones.
 * @module
 */
import type { Compute } from '../compute.ts'

/** Where a vector lives. */
export const UPPER = 0
export const BOTH = 1
export const LOWER = 2

/** Beyond this, the built-in sort; below, insertion: the input is a few ascending runs, and calls are many. */
const INSERTION = 64

/** Indices of x in ascending order of value; equal values keep their order. */
export function sortedOrder(x: Float64Array): Uint32Array {
  const order = new Uint32Array(x.length)
  for (let i = 0; i < x.length; i++) order[i] = i
  if (x.length > INSERTION) return order.sort((i, j) => x[i] - x[j] || i - j)
  for (let i = 1; i < x.length; i++) {
    let k = i
    for (; k > 0 && x[order[k - 1]] > x[i]; k--) order[k] = order[k - 1]
    order[k] = i
  }
  return order
}

/** x at the given indices (a plain loop: `Float64Array.from` is ten times slower). */
export function gather(x: Float64Array, index: ArrayLike<number>): Float64Array {
  const out = new Float64Array(index.length)
  for (let i = 0; i < out.length; i++) out[i] = x[index[i]]
  return out
}

/** A merged problem; d, z and kind are changed by `deflate`. */
export interface Merged {
  readonly d: Float64Array
  readonly z: Float64Array
  readonly kind: Uint8Array
  /** Entries to look at, ascending in d. */
  readonly order: ArrayLike<number>
  /** z_i ≤ this is zero. */
  readonly smallZ: number
  /** Off-diagonals ≤ this are zero. */
  readonly smallD: number
  /** (x_i, x_j) ← (c·x_i + s·x_j, c·x_j − s·x_i) on the vectors. */
  rotate(i: number, j: number, cos: number, sin: number): void
}

/** Splits the entries into those that enter the secular equation (ascending, distinct d) and those already solved. */
export function deflate(m: Merged): { kept: number[]; dropped: number[] } {
  const { d, z, kind, order } = m
  const kept: number[] = []
  const dropped: number[] = []
  let previous = -1
  for (let k = 0; k < order.length; k++) {
    const j = order[k]
    if (Math.abs(z[j]) <= m.smallZ) {
      dropped.push(j)
      continue
    }
    if (previous >= 0) {
      const i = previous
      const size = Math.hypot(z[i], z[j])
      const [cos, sin] = [z[j] / size, -z[i] / size]
      // The rotation moves all of z into entry j and makes the off-diagonal (d_j − d_i)·c·s.
      if (Math.abs((d[j] - d[i]) * cos * sin) <= m.smallD) {
        z[j] = size
        z[i] = 0
        if (kind[i] !== kind[j]) kind[j] = BOTH
        m.rotate(i, j, cos, sin)
        const [a, b] = [d[i], d[j]]
        d[i] = a * cos * cos + b * sin * sin
        d[j] = a * sin * sin + b * cos * cos
        dropped.push(i)
      } else kept.push(i)
    }
    previous = j
  }
  if (previous >= 0) kept.push(previous)
  return { kept, dropped }
}

/** Kept entries in groups: entry kept[j] goes to position[j]. */
export interface Grouping {
  readonly position: Uint32Array
  readonly upper: number
  readonly both: number
  readonly lower: number
}

/** Puts vectors of the upper part first, mixed ones next, those of the lower part last. */
export function grouping(kept: readonly number[], kind: Uint8Array): Grouping {
  const counts = [0, 0, 0]
  for (const i of kept) counts[kind[i]]++
  const next = [0, counts[UPPER], counts[UPPER] + counts[BOTH]]
  const position = new Uint32Array(kept.length)
  for (let j = 0; j < kept.length; j++) position[j] = next[kind[kept[j]]]++
  return { position, upper: counts[UPPER], both: counts[BOTH], lower: counts[LOWER] }
}

/** Vectors as rows `low`, low + 1 … of a matrix with row distance ld, over columns low..cut−1 (upper) and cut..end−1. */
export interface Vectors {
  readonly rows: Float64Array
  readonly ld: number
  readonly low: number
  readonly cut: number
  readonly end: number
}

/** x ← rows of the middle (K × K, columns grouped) times old kept rows, then dropped rows, then sorted by `values`. */
export function combine(
  compute: Compute,
  v: Vectors,
  middle: Float64Array,
  groups: Grouping,
  split: { readonly kept: readonly number[]; readonly dropped: readonly number[] },
  kind: Uint8Array,
  order: Uint32Array,
  packed: Float64Array,
  fresh: Float64Array,
): void {
  const { rows, ld, low, cut, end } = v
  const { kept, dropped } = split
  const { position, upper, both, lower } = groups
  const [count, width, left, right] = [kept.length, end - low, cut - low, end - cut]
  const second = (upper + both) * left
  for (let j = 0; j < count; j++) {
    const [i, p] = [kept[j], position[j]]
    const from = (low + i) * ld
    if (kind[i] !== LOWER) packed.set(rows.subarray(from + low, from + cut), p * left)
    if (kind[i] !== UPPER) packed.set(rows.subarray(from + cut, from + end), second + (p - upper) * right)
  }
  if (count > 0 && left > 0)
    compute.gemm(false, false, count, left, upper + both, 1, middle, count, packed, left, 0, fresh, width)
  if (count > 0 && right > 0) {
    const [s, old, target] = [middle.subarray(upper), packed.subarray(second), fresh.subarray(left)]
    compute.gemm(false, false, count, right, both + lower, 1, s, count, old, right, 0, target, width)
  }
  for (let k = 0; k < dropped.length; k++) {
    const from = (low + dropped[k]) * ld
    fresh.set(rows.subarray(from + low, from + end), (count + k) * width)
  }
  for (let r = 0; r < order.length; r++)
    rows.set(fresh.subarray(order[r] * width, (order[r] + 1) * width), (low + r) * ld + low)
}

/** (x, y) ← (c·x + s·y, c·y − s·x) over columns from..to−1 of rows i and j. */
export function rotateRows(
  rows: Float64Array,
  ld: number,
  i: number,
  j: number,
  from: number,
  to: number,
  cos: number,
  sin: number,
): void {
  for (let c = from, x = i * ld + from, y = j * ld + from; c < to; c++, x++, y++) {
    const [a, b] = [rows[x], rows[y]]
    rows[x] = cos * a + sin * b
    rows[y] = cos * b - sin * a
  }
}
