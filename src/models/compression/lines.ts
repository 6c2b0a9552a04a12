/**
 * Rows and columns of a matrix as vectors, and squared distances.
 * @module
 */
import { type Dense, rowOf, transpose } from '../../matrix/dense.ts'

/** The rows of a matrix (live views). */
export function rowsAsLines(a: Dense): Float64Array[] {
  return Array.from({ length: a.rows }, (_, i) => rowOf(a, i))
}

/** The columns of a matrix, copied. */
export function columnsAsLines(a: Dense): Float64Array[] {
  return rowsAsLines(transpose(a))
}

/** ‖A − B‖²_F, or ‖A‖²_F. */
export function squaredDistance(a: Dense, b?: Dense): number {
  let sum = 0
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i] - (b === undefined ? 0 : b.data[i])) ** 2
  return sum
}
