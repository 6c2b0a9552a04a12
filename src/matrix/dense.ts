/**
 * Dense matrices: a shape over one row-major `Float64Array`.
 * @module
 */
import { ShapeError } from '../errors.ts'

/** Dense matrix in R^{rows × cols}, row-major and without gaps: entry (i, j) is `data[i·cols + j]`. */
export interface Dense {
  readonly rows: number
  readonly cols: number
  readonly data: Float64Array
}

/**
 * Wraps `data` (not copied) as a rows × cols matrix; zeros when `data` is left out.
 *
 * @throws ShapeError when the length is not rows·cols.
 */
export function dense(rows: number, cols: number, data: Float64Array = new Float64Array(rows * cols)): Dense {
  if (!Number.isInteger(rows) || !Number.isInteger(cols) || rows < 0 || cols < 0 || data.length !== rows * cols)
    throw new ShapeError(`dense: data must hold rows·cols numbers; got ${data.length} for ${rows} × ${cols}.`)
  return { rows, cols, data }
}

/**
 * Copies an array of equally long rows into a matrix.
 *
 * @throws ShapeError when the rows differ in length.
 */
export function fromRows(rows: readonly ArrayLike<number>[]): Dense {
  const cols = rows[0]?.length ?? 0
  const out = dense(rows.length, cols)
  rows.forEach((row, i) => {
    if (row.length !== cols)
      throw new ShapeError(`fromRows: every row must have ${cols} numbers; row ${i} has ${row.length}.`)
    out.data.set(row, i * cols)
  })
  return out
}

/** Row i as a live view, in R^cols. */
export function rowOf(a: Dense, i: number): Float64Array {
  return a.data.subarray(i * a.cols, (i + 1) * a.cols)
}

/** Transpose, copied. */
export function transpose(a: Dense): Dense {
  const out = dense(a.cols, a.rows)
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) out.data[j * a.rows + i] = a.data[i * a.cols + j]
  return out
}
