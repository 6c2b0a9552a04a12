/**
 * The smallest network through given points, in closed form: connect the dots.
 *
 * min Σ|z_j| such that f(x_i) = y_i is solved by the piecewise linear interpolant, R of which is the value
 * (`certificates/certifyInterpolation.ts` proves it point by point). It is one of many solutions; the one with the fewest kinks is
 * `sparsest` of it.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { type Pieces, withoutFlatNodes } from './pieces.ts'

/** Points with distinct x, ascending, and where each first stood. */
export interface Points {
  readonly x: Float64Array
  readonly y: Float64Array
}

/**
 * Sorts points and drops repetitions.
 *
 * @throws DomainError (E_DUPLICATE_X) when two points have equal x and different y: nothing passes through both.
 */
export function distinctPoints(x: Float64Array, y: Float64Array): Points {
  const order = Array.from(x.keys()).sort((a, b) => x[a] - x[b] || a - b)
  const kept: number[] = []
  for (const i of order) {
    const last = kept[kept.length - 1]
    if (kept.length === 0 || x[last] !== x[i]) kept.push(i)
    else if (y[last] !== y[i])
      throw new DomainError(
        `spline: to interpolate, equal x must have equal y; got y = ${y[last]} and ${y[i]} at x = ${x[i]}. Use lambda > 0, which fits their mean.`,
        'E_DUPLICATE_X',
      )
  }
  return { x: Float64Array.from(kept, i => x[i]), y: Float64Array.from(kept, i => y[i]) }
}

/** The interpolant, without the points that lie on a line with their neighbours. */
export function interpolant({ x, y }: Points): Pieces {
  return withoutFlatNodes({ nodes: x, values: y })
}
