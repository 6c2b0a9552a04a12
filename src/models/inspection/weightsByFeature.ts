/**
 * How much weight a network puts on each feature: Σ_j ‖v_j‖·‖u_j restricted to the feature's columns‖, on standardised
 * columns.
 *
 * For one column and one output it bounds the slope of f along the feature, in standard deviations of target for one of the feature,
 * wherever the rows lie: no gate can open more than all neurons. It is read off the weights, and needs no data.
 * @module
 */
import { rowOf } from '../../matrix/dense.ts'
import { norm } from '../../matrix/vector.ts'
import type { Network } from '../model.ts'

/** Columns of X that belong to one feature of the table: one for a number, several for categories. */
export interface ColumnGroup {
  readonly name: string
  readonly columns: readonly number[]
}

/** The weight of each group of columns, in their order. Cost O(m·(d + c)). */
export function weightsByFeature(network: Network, groups: readonly ColumnGroup[]): Float64Array {
  const out = new Float64Array(groups.length)
  for (let j = 0; j < network.hidden.rows; j++) {
    const u = rowOf(network.hidden, j)
    const size = norm(rowOf(network.output, j))
    groups.forEach(({ columns }, k) => {
      out[k] += size * norm(Float64Array.from(columns, column => u[column]))
    })
  }
  return out
}
