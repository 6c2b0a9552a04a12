/**
 * Ω(x_1, …, x_k) = Σ Ω_i(x_i) on stacked variables: everything acts part by part.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import type { Penalty } from '../penalty.ts'

/**
 * The sum of penalties on consecutive parts of the variable.
 *
 * The polar is the largest one of the parts: exact when every Ω_i(0) = 0, an upper bound otherwise.
 * @throws ShapeError for no parts.
 */
export function separableSum(parts: readonly Penalty[]): Penalty {
  if (parts.length === 0) throw new ShapeError('separableSum: there must be at least one part; got none.')
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + part.size, 0))
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const cut = (v: Float64Array, i: number) => v.subarray(starts[i], starts[i] + parts[i].size)
  return {
    name: 'separable sum',
    size,
    homogeneous: parts.every(part => part.homogeneous === true),
    value: v => parts.reduce((sum, part, i) => sum + part.value(cut(v, i)), 0),
    prox: (v, step, out) => parts.reduce((sum, part, i) => sum + part.prox(cut(v, i), step, cut(out, i)), 0),
    polar: s => parts.reduce((most, part, i) => Math.max(most, part.polar(cut(s, i))), 0),
    distance: (v, gradient) =>
      Math.sqrt(parts.reduce((sum, part, i) => sum + part.distance(cut(v, i), cut(gradient, i)) ** 2, 0)),
  }
}
