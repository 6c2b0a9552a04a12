/**
 * Where strict patterns 1[Xg > 0] of vectors on the hyperplanes x_i·g = 0 have to be thought of.
 *
 * On a hyperplane the rows that it goes through are off. Where all rows x_i ≠ 0 lie in an open half-space, as with a ones column, a small step to its other side
 * puts g into a cell without changing a bit, so that the patterns of the cells are all there are. Else rows may be positively dependent, as x and −x are, and
 * a vector on their hyperplane has a pattern that no cell has. ReLU neurons are 0 there and do not care; gates and thresholds do.
 * @module
 */
import type { Dense } from '../matrix/dense.ts'
import { type Masks, maskBit } from '../matrix/masks.ts'

/** Whether some pattern is on at every row that is not 0: for the patterns of all cells, whether the rows lie in an open half-space. */
export function inHalfSpace({ data, rows, cols }: Dense, cells: Masks): boolean {
  const live = Array.from({ length: rows }, (_, i) => i).filter(i =>
    data.subarray(i * cols, (i + 1) * cols).some(v => v !== 0),
  )
  return Array.from({ length: cells.patterns }, (_, k) => k).some(k => live.every(i => maskBit(cells, k, i)))
}
