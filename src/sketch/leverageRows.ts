/**
 * m rows drawn with replacement by probabilities p (leverage scores): row t of S is e_j/√(m·p_j), j = j_t.
 *
 * Address: j_t inverts the prefix sums of p at the uniform of counter (t, 0) of stream 7.
 *
 * Source: P. Drineas, M. Mahoney, S. Muthukrishnan, Sampling algorithms for l2 regression and applications, 2006.
 * @module
 */
import { key, STREAM, threefry, u53 } from '../random/index.ts'
import { checkSizes, type DrawOptions, type RowDraw } from './draw.ts'
import { entriesDraw } from './entries.ts'
import { probabilities } from './probabilities.ts'

/** Sampling weights of the rows. */
export interface WeightedOptions extends DrawOptions {
  /** p ∈ R^n, ≥ 0, up to a factor: see `leverageScores` and `samplingProbabilities`. */
  readonly probabilities: ArrayLike<number>
}

/**
 * Rows drawn by their importance. Unbiased when p_j > 0 for every row of A that is not zero; floor p as `samplingProbabilities` does.
 *
 * @throws ShapeError or DomainError (E_PARAM_RANGE) for sizes or probabilities that are refused.
 */
export function leverageRows(options: WeightedOptions): RowDraw {
  checkSizes('leverageRows', options)
  const { rows: m, samples, seed = 0 } = options
  const p = probabilities('leverageRows', options.probabilities, samples)
  const stream = key(seed, STREAM.sample)
  const block = { x0: 0, x1: 0 }
  const column = Uint32Array.from({ length: m }, (_, t) => p.at(u53(threefry(stream, t, 0, block))))
  const coefficient = Float64Array.from(column, j => 1 / Math.sqrt(m * p.of(j)))
  return entriesDraw('leverage', { rows: m, samples, scale: 1 }, { row: column.map((_, t) => t), column, coefficient })
}
