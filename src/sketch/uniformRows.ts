/**
 * m of the n rows, without replacement: S = √(n/m)·(rows of the identity).
 *
 * Address: the indices of `sampleIndices` on stream 6, in draw order.
 * @module
 */
import { key, STREAM, sampleIndices } from '../random/index.ts'
import { checkSizes, type DrawOptions, type RowDraw, tooLarge } from './draw.ts'
import { entriesDraw } from './entries.ts'

/**
 * Uniformly chosen rows. Only for data whose rows are alike: where a few rows carry a direction, it is lost when they are not drawn.
 *
 * @throws DomainError (E_PARAM_RANGE) for sizes out of range; (E_SKETCH_TOO_LARGE) when m > n.
 */
export function uniformRows(options: DrawOptions): RowDraw {
  checkSizes('uniformRows', options)
  const { rows: m, samples, seed = 0 } = options
  if (m > samples) throw tooLarge(`uniformRows: rows must be at most the ${samples} samples; got ${m}. Use all rows.`)
  const column = sampleIndices(key(seed, STREAM.rows), m, { of: samples })
  const parts = { rows: m, samples, scale: Math.sqrt(samples / m) }
  return entriesDraw('uniform', parts, {
    row: column.map((_, t) => t),
    column,
    coefficient: new Float64Array(m).fill(1),
  })
}
