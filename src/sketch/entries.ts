/**
 * Sketches with few entries, held by column: rows of A that no entry asks for are never touched.
 * @module
 */
import type { RowDraw } from './draw.ts'
import { rowDraw } from './rowDraw.ts'

/** Entry k of E: coefficient[k] at (row[k], column[k]). Repeated places add up. */
export interface Entries {
  readonly row: ArrayLike<number>
  readonly column: ArrayLike<number>
  readonly coefficient: ArrayLike<number>
}

/** The draw of S = scale·E. Entries of a row of S are added in the order of columns, equal columns in the order given. */
export function entriesDraw(
  kind: string,
  { rows: m, samples, scale }: Pick<RowDraw, 'rows' | 'samples' | 'scale'>,
  { row, column, coefficient }: Entries,
): RowDraw {
  const order = Array.from({ length: row.length }, (_, k) => k).sort((a, b) => column[a] - column[b] || a - b)
  const at = Float64Array.from(order, k => column[k])
  return rowDraw({
    kind,
    rows: m,
    samples,
    scale,
    add(rowOffset, { rows, cols, data }, acc) {
      for (let t = firstFrom(at, rowOffset); t < at.length && at[t] < rowOffset + rows; t++) {
        const from = (at[t] - rowOffset) * cols
        const to = row[order[t]] * cols
        const factor = coefficient[order[t]]
        for (let c = 0; c < cols; c++) acc.data[to + c] += factor * data[from + c]
      }
    },
  })
}

/** First place of an ascending array whose value is ≥ `value`. */
function firstFrom(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}
