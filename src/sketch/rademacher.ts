/**
 * S_ij = ±1/√m with fair signs.
 *
 * Address: bit i mod 64 of the block at counter (j, ⌊i/64⌋) of stream 2 (x0 holds bits 0–31), a clear bit being +1.
 * @module
 */
import { key, STREAM, threefry } from '../random/index.ts'
import { checkSizes, type DrawOptions, type RowDraw } from './draw.ts'
import { rowDraw } from './rowDraw.ts'

/**
 * A sketch of dense signs: as good as `gaussian`, cheaper to draw. Cost of S·A: m·n·d additions.
 *
 * @throws DomainError (E_PARAM_RANGE) for sizes out of range.
 */
export function rademacher(options: DrawOptions): RowDraw {
  checkSizes('rademacher', options)
  const { rows: m, samples, seed = 0 } = options
  const stream = key(seed, STREAM.rademacher)
  const block = { x0: 0, x1: 0 }
  return rowDraw({
    kind: 'rademacher',
    rows: m,
    samples,
    scale: 1 / Math.sqrt(m),
    add(rowOffset, { rows, cols, data }, acc) {
      for (let j = 0; j < rows; j++)
        for (let i = 0; i < m; i++) {
          if (i % 64 === 0) threefry(stream, rowOffset + j, i / 64, block)
          const sign = ((((i & 32) === 0 ? block.x0 : block.x1) >>> (i & 31)) & 1) === 0 ? 1 : -1
          for (let c = 0; c < cols; c++) acc.data[i * cols + c] += sign * data[j * cols + c]
        }
    },
  })
}
