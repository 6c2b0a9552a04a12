/**
 * CountSketch: every column of S has one entry ±1.
 *
 * Address: column j takes its row ⌊u·m⌋ from counter (j, 0) of stream 3, its sign from bit 0 of x0 at (j, 1).
 *
 * Source: M. Charikar, K. Chen, M. Farach-Colton, Finding frequent items in data streams, 2002.
 * @module
 */
import { key, STREAM, threefry, u53 } from '../random/index.ts'
import { checkSizes, type DrawOptions, type RowDraw } from './draw.ts'
import { scatterDraw } from './rowDraw.ts'

/**
 * The cheapest sketch: n·d additions. Where few rows of A dominate, two of them share a row of S with probability about d²/(2m), and
 * the sketch is then useless: `sjlt` has not this weakness.
 *
 * @throws DomainError (E_PARAM_RANGE) for sizes out of range.
 */
export function countsketch(options: DrawOptions): RowDraw {
  checkSizes('countsketch', options)
  const { rows: m, samples, seed = 0 } = options
  const stream = key(seed, STREAM.countsketch)
  const block = { x0: 0, x1: 0 }
  return scatterDraw({
    kind: 'countsketch',
    rows: m,
    samples,
    scale: 1,
    scatter(rowOffset, rows) {
      const bucket = new Int32Array(rows)
      const sign = new Float64Array(rows)
      for (let j = 0; j < rows; j++) {
        bucket[j] = Math.min(Math.floor(u53(threefry(stream, rowOffset + j, 0, block)) * m), m - 1)
        sign[j] = (threefry(stream, rowOffset + j, 1, block).x0 & 1) === 0 ? 1 : -1
      }
      return [{ bucket, sign }]
    },
  })
}
