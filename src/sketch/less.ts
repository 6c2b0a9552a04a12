/**
 * Leverage-score sparsified embedding: row i of S is Σ_{k<s} ±e_j/√(m·s·p_j), j = j_ik drawn with replacement by p. With p the leverage
 * scores and s about d it behaves as a Gaussian sketch, inversion bias included, at m·s·d operations.
 *
 * Address: j_ik inverts the prefix sums of p at counter (i, 2k) of stream 8; its sign is bit 0 of x0 at (i, 2k + 1).
 *
 * Source: M. Dereziński, Z. Liao, E. Dobriban, M. Mahoney, Sparse sketches with small inversion bias, 2021.
 * @module
 */
import { key, STREAM, threefry, u53 } from '../random/index.ts'
import { checkSizes, type DrawOptions, outOfRange, type RowDraw } from './draw.ts'
import { entriesDraw } from './entries.ts'
import type { WeightedOptions } from './leverageRows.ts'
import { type Probabilities, probabilities } from './probabilities.ts'

/** Sparsity and sampling weights of a LESS sketch. */
export interface LessOptions extends WeightedOptions {
  /** s ≥ 1, entries a row. */
  readonly sparsity: number
}

/** Sparsity of a LESS sketch with uniform weights. */
export interface LessUniformOptions extends DrawOptions {
  /** s ≥ 1, entries a row. */
  readonly sparsity: number
}

/**
 * LESS with the given probabilities.
 *
 * @throws ShapeError or DomainError (E_PARAM_RANGE) for sizes, probabilities or a sparsity that are refused.
 */
export function less(options: LessOptions): RowDraw {
  checkSizes('less', options)
  return draw('less', options, probabilities('less', options.probabilities, options.samples))
}

/**
 * LESS with p = 1/n: needs no scores, but where few rows of A dominate it is no better than `uniformRows` until s is near n.
 *
 * @throws DomainError (E_PARAM_RANGE) for sizes or a sparsity that are refused.
 */
export function lessUniform(options: LessUniformOptions): RowDraw {
  checkSizes('lessUniform', options)
  const { samples } = options
  return draw('less-uniform', options, {
    total: 1,
    of: () => 1 / samples,
    at: u => Math.min(Math.floor(u * samples), samples - 1),
  })
}

function draw(kind: string, options: LessUniformOptions, p: Probabilities): RowDraw {
  const { rows: m, samples, seed = 0, sparsity: s } = options
  if (!(Number.isInteger(s) && s >= 1))
    throw outOfRange(`${kind}: sparsity must be a whole number ≥ 1; got ${s}. The columns of the data are usual.`)
  const stream = key(seed, STREAM.less)
  const block = { x0: 0, x1: 0 }
  const column = new Uint32Array(m * s)
  const coefficient = new Float64Array(m * s)
  for (let i = 0; i < m; i++)
    for (let k = 0; k < s; k++) {
      const j = p.at(u53(threefry(stream, i, 2 * k, block)))
      const sign = (threefry(stream, i, 2 * k + 1, block).x0 & 1) === 0 ? 1 : -1
      column[i * s + k] = j
      coefficient[i * s + k] = sign / Math.sqrt(m * s * p.of(j))
    }
  const row = column.map((_, t) => Math.floor(t / s))
  return entriesDraw(kind, { rows: m, samples, scale: 1 }, { row, column, coefficient })
}
