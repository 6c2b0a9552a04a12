/**
 * Ω(x) = β Σ_g ‖x_g‖₂ over equal groups. Prox: every group shrinks by step·β. Ω°(s) = max_g ‖s_g‖/β.
 *
 * With c outputs the variable is output-major (c parts, one after the other); `joined` makes one group of the g-th run of
 * every part, so that a pattern is either used by all outputs or by none.
 * @module
 */
import { ShapeError } from '../errors.ts'
import { checkPenalty } from './check.ts'
import type { Penalty } from './penalty.ts'

/** Group size and weight of `groupL2`. */
export interface GroupL2Options {
  /** d, the numbers that stand together. */
  readonly groupSize: number
  /** β > 0; default 1. */
  readonly beta?: number
  /** c ≥ 1 parts whose g-th groups are one; default 1. */
  readonly joined?: number
}

/**
 * β Σ_g ‖x_g‖₂ on R^size, size = joined·groups·groupSize.
 *
 * @throws DomainError, ShapeError as `checkPenalty`, and when groups do not fill the size. Cost: O(size) a call.
 */
export function groupL2(size: number, { groupSize, beta = 1, joined = 1 }: GroupL2Options): Penalty {
  checkPenalty('groupL2', size, beta)
  if (![groupSize, joined].every(k => Number.isInteger(k) && k > 0) || size % (groupSize * joined) !== 0)
    throw new ShapeError(
      `groupL2: groups of ${groupSize} in ${joined} part${joined > 1 ? 's' : ''} must fill the size; got ${size}. Use a multiple.`,
    )
  const part = size / joined
  const groups = part / groupSize

  /** Calls visit(at) for every entry of group g. */
  function each(g: number, visit: (at: number) => void): void {
    for (let k = 0; k < joined; k++) {
      const from = k * part + g * groupSize
      for (let j = 0; j < groupSize; j++) visit(from + j)
    }
  }
  function length(v: Float64Array, g: number): number {
    let sum = 0
    each(g, at => {
      sum += v[at] * v[at]
    })
    return Math.sqrt(sum)
  }

  return {
    name: joined === 1 ? 'group-l2' : 'joined-group-l2',
    size,
    homogeneous: true,
    value(v) {
      let sum = 0
      for (let g = 0; g < groups; g++) sum += length(v, g)
      return beta * sum
    },
    prox(v, step, out) {
      let sum = 0
      for (let g = 0; g < groups; g++) {
        const before = length(v, g)
        const after = Math.max(0, before - step * beta)
        const factor = after === 0 ? 0 : after / before
        each(g, at => {
          out[at] = factor * v[at]
        })
        sum += after
      }
      return beta * sum
    },
    polar(s) {
      let most = 0
      for (let g = 0; g < groups; g++) most = Math.max(most, length(s, g))
      return most / beta
    },
    distance(v, gradient) {
      let total = 0
      for (let g = 0; g < groups; g++) {
        const norm = length(v, g)
        if (norm === 0) {
          total += Math.max(0, length(gradient, g) - beta) ** 2
          continue
        }
        each(g, at => {
          total += (gradient[at] + (beta * v[at]) / norm) ** 2
        })
      }
      return Math.sqrt(total)
    },
  }
}
