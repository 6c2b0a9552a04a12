/**
 * S_ij = z_ij/√m with independent standard normal z: the reference that theory is exact for.
 *
 * Address: z_ij from the block at counter (j, ⌊i/2⌋) of stream 1, the cosine for even i and the sine for odd.
 * @module
 */
import { key, normalPair, STREAM, threefry } from '../random/index.ts'
import { checkSizes, type DrawOptions, type RowDraw } from './draw.ts'
import { rowDraw } from './rowDraw.ts'

/**
 * A Gaussian sketch. For tests, and where exact laws are wanted; else `sjlt` does the same for a fraction of the cost.
 *
 * Cost of S·A: m·n normal numbers (80 ns each) and 2·m·n·d flops.
 *
 * @throws DomainError (E_PARAM_RANGE) for sizes out of range.
 */
export function gaussian(options: DrawOptions): RowDraw {
  checkSizes('gaussian', options)
  const { rows: m, samples, seed = 0 } = options
  const stream = key(seed, STREAM.gauss)
  const block = { x0: 0, x1: 0 }
  const pair = { even: 0, odd: 0 }
  return rowDraw({
    kind: 'gaussian',
    rows: m,
    samples,
    scale: 1 / Math.sqrt(m),
    add(rowOffset, { rows, cols, data }, acc) {
      for (let j = 0; j < rows; j++)
        for (let i = 0; i < m; i += 2) {
          normalPair(threefry(stream, rowOffset + j, i >> 1, block), pair)
          for (let c = 0; c < cols; c++) acc.data[i * cols + c] += pair.even * data[j * cols + c]
          if (i + 1 < m) for (let c = 0; c < cols; c++) acc.data[(i + 1) * cols + c] += pair.odd * data[j * cols + c]
        }
    },
  })
}
