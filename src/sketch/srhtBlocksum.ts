/**
 * The Hadamard sketch as a sum over blocks of rows: S = [Ω_0 … Ω_{B−1}], Ω_b = L_b·P·H_{N_b}·D_b/√m, for blocks of N_b = 2^k rows. P (m of
 * N_b rows) is the same for all blocks; the signs L_b ∈ R^m and D_b are fresh, which makes E[SᵀS] = I across blocks.
 *
 * Address: D by the row of A as in `srht`; sign i of L_b is sign b·m + i of stream 5 from position 2³⁸ on (counters (·, 1) and above);
 * P from stream 6. "Block SRHT" also names another thing: see `srhtBlocksample`.
 *
 * Source: O. Balabanov, M. Beaupère, L. Grigori, V. Lederer, Block subsampled randomized Hadamard transform for low-rank approximation on
 * distributed architectures, 2023.
 * @module
 */
import { key, STREAM, sampleIndices, signs } from '../random/index.ts'
import { CHUNK, checkSizes, type DrawOptions, outOfRange, type RowDraw, tooLarge } from './draw.ts'
import { rowDraw } from './rowDraw.ts'
import { powerAbove, signedHadamard } from './srht.ts'

const LEFT_SIGNS = 2 ** 38

/** How many rows are transformed together. */
export interface BlocksumOptions extends DrawOptions {
  /** N_b, a power of two ≥ m; default the smallest one ≥ max(m, min(n, 4096)). */
  readonly blockRows?: number
}

/**
 * The Hadamard sketch for streams and distributed rows. Cost of S·A: n·d·log₂N_b additions + (n/N_b)·m·d.
 *
 * @throws DomainError (E_PARAM_RANGE) for sizes out of range or N_b not a power of two; (E_SKETCH_TOO_LARGE) when m > N_b.
 */
export function srhtBlocksum(options: BlocksumOptions): RowDraw {
  checkSizes('srhtBlocksum', options)
  const { rows: m, samples, seed = 0 } = options
  const { blockRows = powerAbove(Math.max(m, Math.min(samples, CHUNK))) } = options
  if (!(Number.isInteger(blockRows) && blockRows >= 1 && powerAbove(blockRows) === blockRows))
    throw outOfRange(`srhtBlocksum: blockRows must be a power of two; got ${blockRows}. Take ${powerAbove(m)}.`)
  if (m > blockRows)
    throw tooLarge(
      `srhtBlocksum: rows must be at most ${blockRows}, the rows of a block; got ${m}. Take blockRows: ${powerAbove(m)}.`,
    )
  const stream = key(seed, STREAM.sign)
  const chosen = sampleIndices(key(seed, STREAM.rows), m, { of: blockRows })
  return rowDraw({
    kind: 'srht-blocksum',
    rows: m,
    samples,
    scale: 1 / Math.sqrt(m),
    granule: blockRows,
    add(rowOffset, { rows, cols, data }, acc) {
      for (let at = 0; at < rows; at += blockRows) {
        const count = Math.min(blockRows, rows - at)
        const block = { rows: count, cols, data: data.subarray(at * cols, (at + count) * cols) }
        const all = signedHadamard(block, signs(stream, count, { from: rowOffset + at }), blockRows)
        const left = signs(stream, m, { from: LEFT_SIGNS + ((rowOffset + at) / blockRows) * m })
        for (let i = 0; i < m; i++)
          for (let c = 0; c < cols; c++) acc.data[i * cols + c] += left[i] * all.data[chosen[i] * cols + c]
      }
    },
  })
}
