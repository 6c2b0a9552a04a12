/**
 * The same grouped operator for each of c outputs: (u_0 … u_{c−1}) ↦ f with f[i·c + k] = (A u_k)_i.
 *
 * Variables are output-major (all groups of output 0 first), fitted values sample-major, as losses want them.
 * @module
 */
import { ShapeError } from '../errors.ts'
import { type Dense, dense } from './dense.ts'
import { checkGroups } from './denseOperator.ts'
import type { GatedOperator } from './gated.ts'
import { groupNorms } from './gated.ts'
import type { GroupedOperator } from './operator.ts'

/** One gated operator for each of several outputs, block diagonal. */
export interface SeparableOperator extends GroupedOperator {
  readonly kind: 'separable'
  readonly base: GatedOperator
  readonly outputs: number
}

/**
 * Repeats a gated operator over `outputs` outputs.
 *
 * @throws ShapeError when `outputs` is not a positive whole number.
 */
export function separableOperator(base: GatedOperator, outputs: number): SeparableOperator {
  if (!Number.isInteger(outputs) || outputs < 1)
    throw new ShapeError(`separableOperator: outputs must be a positive whole number; got ${outputs}.`)
  const [rows, cols] = [base.rows * outputs, base.cols * outputs]
  const single = new Float64Array(base.rows)
  const apply = (u: Float64Array, out: Float64Array = new Float64Array(rows)) => {
    for (let k = 0; k < outputs; k++) {
      base.apply(u.subarray(k * base.cols, (k + 1) * base.cols), single)
      for (let i = 0; i < base.rows; i++) out[i * outputs + k] = single[i]
    }
    return out
  }
  const applyT = (r: Float64Array, out: Float64Array = new Float64Array(cols)) => {
    for (let k = 0; k < outputs; k++) {
      for (let i = 0; i < base.rows; i++) single[i] = r[i * outputs + k]
      base.applyT(single, out.subarray(k * base.cols, (k + 1) * base.cols))
    }
    return out
  }
  const byRows = (a: Dense, out: Dense, f: (x: Float64Array, y: Float64Array) => unknown) => {
    for (let i = 0; i < a.rows; i++)
      f(a.data.subarray(i * a.cols, (i + 1) * a.cols), out.data.subarray(i * out.cols, (i + 1) * out.cols))
    return out
  }
  return {
    kind: 'separable',
    base,
    outputs,
    rows,
    cols,
    groups: base.groups * outputs,
    groupSize: base.groupSize,
    traits: {},
    apply,
    applyT,
    applyBlock: (u, out = dense(u.rows, rows)) => byRows(u, out, apply),
    applyTBlock: (r, out = dense(r.rows, cols)) => byRows(r, out, applyT),
    correlations: (r, out = new Float64Array(base.groups * outputs)) => groupNorms(applyT(r), base.groupSize, out),
    restrict(active) {
      checkGroups('separableOperator', active, base.groups * outputs)
      // Groups of different outputs differ in their pattern only through the index, so any subset stays separable
      // exactly when every output keeps the same patterns.
      const perOutput = Array.from({ length: outputs }, (_, k) =>
        Array.from(active)
          .filter(g => Math.floor(g / base.groups) === k)
          .map(g => g % base.groups),
      )
      if (perOutput.some(list => list.join() !== perOutput[0].join()))
        throw new ShapeError(
          'separableOperator: restrict needs the same patterns for every output; got differing ones.',
        )
      return separableOperator(base.restrict(perOutput[0]), outputs)
    },
    gram(active) {
      const side = active.length * base.groupSize
      const out = dense(side, side)
      for (let k = 0; k < outputs; k++) {
        const mine = Array.from(active, (g, at) => ({ g, at })).filter(({ g }) => Math.floor(g / base.groups) === k)
        const block = base.gram(mine.map(({ g }) => g % base.groups))
        const d = base.groupSize
        mine.forEach(({ at: a }, p) => {
          mine.forEach(({ at: b }, q) => {
            for (let i = 0; i < d; i++)
              for (let j = 0; j < d; j++)
                out.data[(a * d + i) * side + b * d + j] = block.data[(p * d + i) * block.cols + q * d + j]
          })
        })
      }
      return out
    },
  }
}

/** Whether an operator is a separable one. */
export function isSeparable(operator: object): operator is SeparableOperator {
  return 'kind' in operator && operator.kind === 'separable'
}
