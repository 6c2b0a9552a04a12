/**
 * Each row kept on its own, with probability q_j = min(1, m·p_j) and weight 1/√q_j: about m rows, exactly unbiased, one pass.
 *
 * Address: row j is kept when the uniform of counter (j, 1) of stream 7 is below q_j.
 * @module
 */
import { key, STREAM, threefry, u53 } from '../random/index.ts'
import { checkSizes, outOfRange, type RowDraw } from './draw.ts'
import { entriesDraw } from './entries.ts'
import type { WeightedOptions } from './leverageRows.ts'
import { probabilities } from './probabilities.ts'

/**
 * Rows kept independently; `draw.rows` is how many were. Cost: n draws when made.
 *
 * @param options rows: the m wanted on average; probabilities p up to a factor.
 * @throws ShapeError or DomainError (E_PARAM_RANGE) as `leverageRows`, and when no row at all was kept.
 */
export function bernoulliRows(options: WeightedOptions): RowDraw {
  checkSizes('bernoulliRows', options)
  const { rows: m, samples, seed = 0 } = options
  const p = probabilities('bernoulliRows', options.probabilities, samples)
  const stream = key(seed, STREAM.sample)
  const block = { x0: 0, x1: 0 }
  const column: number[] = []
  const coefficient: number[] = []
  for (let j = 0; j < samples; j++) {
    const q = Math.min(1, m * p.of(j))
    if (!(u53(threefry(stream, j, 1, block)) < q)) continue
    column.push(j)
    coefficient.push(1 / Math.sqrt(q))
  }
  if (column.length === 0)
    throw outOfRange(
      `bernoulliRows: some row must be kept; got none of ${samples}. Take more rows than ${m}, or another seed.`,
    )
  const parts = { rows: column.length, samples, scale: 1 }
  return entriesDraw('bernoulli', parts, { row: column.map((_, t) => t), column, coefficient })
}
