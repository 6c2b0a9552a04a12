/**
 * Inputs as users give them: a matrix or an array of rows, checked cell by cell.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'
import { type Dense, dense, fromRows } from '../matrix/dense.ts'

/** X ∈ R^{n × d}: a matrix, or an array of equally long rows. */
export type Inputs = Dense | readonly ArrayLike<number>[]

/**
 * The inputs as a matrix (not copied when they are one already).
 *
 * @throws ShapeError when rows differ in length or d = 0; DomainError (E_NONFINITE) for NaN or infinite cells.
 */
export function matrixOf(x: Inputs, who: string): Dense {
  const matrix = 'data' in x ? dense(x.rows, x.cols, x.data) : fromRows(x)
  if (matrix.cols === 0)
    throw new ShapeError(`${who}: x must have one column at least; got none for ${matrix.rows} rows.`)
  for (let at = 0; at < matrix.data.length; at++)
    if (!Number.isFinite(matrix.data[at]))
      throw new DomainError(
        `${who}: x must hold finite numbers; got ${matrix.data[at]} in row ${Math.floor(at / matrix.cols)}, column ${at % matrix.cols}. Fill or remove missing values.`,
        'E_NONFINITE',
      )
  return matrix
}

/** The rows of X named in `index`, copied. */
export function takeRows(x: Dense, index: readonly number[]): Dense {
  const out = dense(index.length, x.cols)
  index.forEach((i, at) => {
    out.data.set(x.data.subarray(i * x.cols, (i + 1) * x.cols), at * x.cols)
  })
  return out
}

/**
 * Sample weights as a vector.
 *
 * @throws ShapeError for another length; DomainError for negative or non-finite ones, or when all are 0.
 */
export function weightsOf(weights: ArrayLike<number> | undefined, rows: number): Float64Array | null {
  if (weights === undefined) return null
  if (weights.length !== rows)
    throw new ShapeError(`fit: there must be one weight a row of x; got ${weights.length} for ${rows} rows.`)
  const out = Float64Array.from(weights)
  const bad = out.findIndex(w => !(w >= 0 && w < Infinity))
  if (bad >= 0) throw new DomainError(`fit: weights must be finite and ≥ 0; got ${out[bad]} in row ${bad}.`)
  if (out.every(w => w === 0)) throw new DomainError('fit: some weight must be above 0; all are 0.')
  return out
}
