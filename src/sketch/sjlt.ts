/**
 * Sparse Johnson–Lindenstrauss transform (OSNAP): the m rows are cut into s contiguous groups (the first m mod s have one row
 * more), and every column of S has one entry ±1/√s in each group. s = 1 is `countsketch` with other addresses.
 *
 * Address: group k of column j takes its row ⌊u·(rows of the group)⌋ from counter (j, 2k) of stream 4, its sign from bit 0 of x0 at (j, 2k + 1).
 *
 * Source: J. Nelson, H. Nguyen, OSNAP: faster numerical linear algebra algorithms via sparser subspace embeddings, 2013.
 * @module
 */
import { key, STREAM, threefry, u53 } from '../random/index.ts'
import { checkSizes, type DrawOptions, outOfRange, type RowDraw } from './draw.ts'
import { scatterDraw } from './rowDraw.ts'

/** Sparsity of a sparse Johnson–Lindenstrauss transform. */
export interface SjltOptions extends DrawOptions {
  /** s in 1..m, entries a column; default min(8, m). */
  readonly sparsity?: number
}

/**
 * The default sketch: one pass, exact signs, no structure in A that breaks it. Cost of S·A: s·n·d additions.
 *
 * @throws DomainError (E_PARAM_RANGE) for sizes out of range or s outside 1..m.
 */
export function sjlt(options: SjltOptions): RowDraw {
  checkSizes('sjlt', options)
  const { rows: m, samples, seed = 0, sparsity: s = Math.min(8, m) } = options
  if (!(Number.isInteger(s) && s >= 1 && s <= m))
    throw outOfRange(`sjlt: sparsity must be a whole number in 1..${m}, the rows; got ${s}. 8 is usual.`)
  const stream = key(seed, STREAM.sjlt)
  const block = { x0: 0, x1: 0 }
  const [small, extra] = [Math.floor(m / s), m % s]
  return scatterDraw({
    kind: 'sjlt',
    rows: m,
    samples,
    scale: 1 / Math.sqrt(s),
    scatter: (rowOffset, rows) =>
      Array.from({ length: s }, (_, k) => {
        const bucket = new Int32Array(rows)
        const sign = new Float64Array(rows)
        const first = k * small + Math.min(k, extra)
        const size = small + (k < extra ? 1 : 0)
        for (let j = 0; j < rows; j++) {
          threefry(stream, rowOffset + j, 2 * k, block)
          bucket[j] = first + Math.min(Math.floor(u53(block) * size), size - 1)
          sign[j] = (threefry(stream, rowOffset + j, 2 * k + 1, block).x0 & 1) === 0 ? 1 : -1
        }
        return { bucket, sign }
      }),
  })
}
