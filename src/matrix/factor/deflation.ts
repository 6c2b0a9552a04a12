/**
 * Bookkeeping shared by the two divide-and-conquer solvers.
 * @module
 */

/** A vector lives on the first part, on both (after a rotation across), or on the second. */
export const UPPER = 0
export const BOTH = 1
export const LOWER = 2

/** Indices of x in ascending order of value; equal values keep their order. */
export function sortedOrder(x: Float64Array): Uint32Array {
  return Uint32Array.from(x, (_, i) => i).sort((i, j) => x[i] - x[j] || i - j)
}

/** Writes values ascending into `out`, and the rows of `from` (side × side) in that order into `to` (start, distance ld). */
export function permuteRows(
  values: Float64Array,
  from: Float64Array,
  side: number,
  out: Float64Array,
  to: Float64Array,
  start: number,
  ld: number,
): void {
  sortedOrder(values).forEach((i, r) => {
    out[r] = values[i]
    to.set(from.subarray(i * side, (i + 1) * side), start + r * ld)
  })
}
