/**
 * Coordinates in which rows are summed: z_j = √w·(x_j − s_j)/u_j behind a column √w for the intercept, and the same of the targets.
 *
 * s is the mean and u a power of two near the largest deviation, both of the first 4096 rows: a fixed choice, the same for any blocking. Any shift
 * gives the same program, since the intercept is a variable; a good one loses no digits. A column that never leaves its first value is exactly 0.
 * @module
 */
import { type Dense, dense } from '../../matrix/dense.ts'
import { CHUNK } from '../../sketch/draw.ts'
import type { RegressionBlock } from './rowSource.ts'

/** How raw columns become the summed ones. */
export interface Coordinates {
  readonly intercept: boolean
  /** Raw columns in use; others never vary. */
  readonly kept: readonly number[]
  /** Of d features, then c targets. */
  readonly shift: Float64Array
  readonly unit: Float64Array
  /** d. */
  readonly cols: number
  /** D: the intercept and the columns in use. */
  readonly side: number
}

/**
 * Learned from the first rows: `blocks` must hold the first 4096 rows, or all there are.
 */
export function learnCoordinates(
  blocks: readonly RegressionBlock[],
  { cols, intercept }: { readonly cols: number; readonly intercept: boolean },
): Coordinates {
  const all = cols + blocks[0].y.cols
  const shift = new Float64Array(all)
  const unit = new Float64Array(all).fill(1)
  for (let j = 0; j < all; j++) {
    const first = at(blocks[0], 0, j, cols)
    let [count, mean, same] = [0, 0, true]
    each(blocks, (block, i) => {
      const v = at(block, i, j, cols)
      count++
      mean += (v - mean) / count
      same = same && v === first
    })
    if (intercept) shift[j] = same ? first : mean
    let most = 0
    each(blocks, (block, i) => {
      most = Math.max(most, Math.abs(at(block, i, j, cols) - shift[j]))
    })
    if (most > 0 && most < Infinity) unit[j] = 2 ** Math.max(-500, Math.min(500, Math.floor(Math.log2(most))))
  }
  const kept = Array.from({ length: cols }, (_, j) => j)
  return { intercept, kept, shift, unit, cols, side: cols + (intercept ? 1 : 0) }
}

function each(blocks: readonly RegressionBlock[], visit: (block: RegressionBlock, i: number) => void): void {
  let rows = 0
  for (const block of blocks) for (let i = 0; i < block.x.rows && rows < CHUNK; i++, rows++) visit(block, i)
}

function at({ x, y }: RegressionBlock, i: number, j: number, cols: number): number {
  return j < cols ? x.data[i * cols + j] : y.data[i * y.cols + j - cols]
}

/** Rows in the coordinates: D columns, then c targets. Each entry is off by at most 4 roundings of its own size. */
export function prepare({ x, y, weights }: RegressionBlock, coordinates: Coordinates): Dense {
  const { intercept, kept, shift, unit, cols, side } = coordinates
  const width = side + y.cols
  const out = dense(x.rows, width)
  for (let i = 0; i < x.rows; i++) {
    const root = weights === null ? 1 : Math.sqrt(weights[i])
    let t = i * width
    if (intercept) out.data[t++] = root
    for (const j of kept) out.data[t++] = root * ((x.data[i * cols + j] - shift[j]) / unit[j])
    for (let k = 0; k < y.cols; k++)
      out.data[t++] = root * ((y.data[i * y.cols + k] - shift[cols + k]) / unit[cols + k])
  }
  return out
}

/** Without the columns of a mask of D. */
export function without(coordinates: Coordinates, gone: readonly boolean[]): Coordinates {
  const { intercept, kept } = coordinates
  const lead = intercept ? 1 : 0
  const left = kept.filter((_, k) => !gone[lead + k])
  return { ...coordinates, kept: left, side: left.length + lead }
}

/** A point in the coordinates as raw coefficients, for target `t`. */
export function toRaw(
  x: Float64Array,
  { intercept, kept, shift, unit, cols }: Coordinates,
  t: number,
): { readonly coefficients: Float64Array; readonly intercept: number; readonly size: number } {
  const lead = intercept ? 1 : 0
  const scale = unit[cols + t]
  const coefficients = new Float64Array(cols)
  // A power of two: exact.
  kept.forEach((j, k) => {
    coefficients[j] = (x[lead + k] / unit[j]) * scale
  })
  if (!intercept) return { coefficients, intercept: 0, size: 0 }
  let value = shift[cols + t] + x[0] * scale
  let size = Math.abs(shift[cols + t]) + Math.abs(x[0] * scale)
  for (const j of kept) {
    value -= shift[j] * coefficients[j]
    size += Math.abs(shift[j] * coefficients[j])
  }
  // Rounding of the sum, in the coordinate of the intercept.
  return { coefficients, intercept: value, size: (size * (kept.length + 3) * 2 ** -52) / scale }
}
