/**
 * Growing a sketch: S = [√(m₁/m)·S₁; √(m₂/m)·S₂] for independent S₁, S₂ of m₁ and m₂ rows, m = m₁ + m₂, has E[SᵀS] = I again, and SA costs only S₂A more.
 * @module
 */
import { ShapeError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'

/**
 * S·A of the union, from S₁A and S₂A drawn with different seeds. For gaussian, rademacher, sjlt and leverage it is a sketch of the same family.
 *
 * @throws ShapeError when they have not equally many columns.
 */
export function stacked(first: Dense, second: Dense): Dense {
  if (first.cols !== second.cols)
    throw new ShapeError(`stacked: sketches must have equally many columns; got ${first.cols} and ${second.cols}.`)
  const rows = first.rows + second.rows
  const [a, b] = [Math.sqrt(first.rows / rows), Math.sqrt(second.rows / rows)]
  const out = dense(rows, first.cols)
  for (let t = 0; t < first.data.length; t++) out.data[t] = a * first.data[t]
  for (let t = 0; t < second.data.length; t++) out.data[first.data.length + t] = b * second.data[t]
  return out
}
