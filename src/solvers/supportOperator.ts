/**
 * A over the groups in use, for one or several outputs.
 * @module
 */
import type { Region } from '../matrix/compute.ts'
import type { GatedOperator } from '../matrix/gated.ts'
import { type Masks, selectMasks } from '../matrix/masks.ts'

/** A over the groups of a support; a group's number is output·P + pattern, fitted values are sample-major. */
export class SupportOperator {
  readonly #operator: GatedOperator
  readonly #outputs: number
  /** Per output: its masks, and the first and last + 1 of its groups within the support. */
  readonly #parts: { readonly masks: Masks; readonly first: number; readonly last: number }[]
  readonly #single: Float64Array

  constructor(operator: GatedOperator, outputs: number, support: readonly number[], region: Region) {
    this.#operator = operator
    this.#outputs = outputs
    this.#single = region.float64(operator.rows)
    this.#parts = partsOf(support, operator.groups, outputs).map(({ patterns, first, last }) => ({
      masks: region.ownMasks(selectMasks(operator.masks, patterns)),
      first,
      last,
    }))
  }

  apply(u: Float64Array, out: Float64Array): Float64Array {
    const { x, compute, groupSize: d } = this.#operator
    for (const [k, { masks, first, last }] of this.#parts.entries()) {
      const f = this.#outputs === 1 ? out : this.#single
      compute.gatedForward(x, masks, u.subarray(first * d, last * d), f)
      if (f !== out) for (let i = 0; i < x.rows; i++) out[i * this.#outputs + k] = f[i]
    }
    return out
  }

  applyT(r: Float64Array, out: Float64Array): Float64Array {
    const { x, compute, groupSize: d } = this.#operator
    for (const [k, { masks, first, last }] of this.#parts.entries()) {
      const column = this.#outputs === 1 ? r : this.#single
      if (column !== r) for (let i = 0; i < x.rows; i++) column[i] = r[i * this.#outputs + k]
      compute.gatedAdjoint(x, masks, column, out.subarray(first * d, last * d))
    }
    return out
  }
}

/** The groups of one output within a support: places first … last − 1. */
export interface Part {
  readonly patterns: number[]
  readonly first: number
  readonly last: number
}

/** Cuts an ascending support by output. */
export function partsOf(support: readonly number[], patterns: number, outputs: number): Part[] {
  let first = 0
  return Array.from({ length: outputs }, (_, k) => {
    const mine = support.filter(g => Math.floor(g / patterns) === k)
    const part = { patterns: mine.map(g => g % patterns), first, last: first + mine.length }
    first = part.last
    return part
  })
}

/** Packs the named groups of d numbers one after another. */
export function gather(full: Float64Array, groups: readonly number[], d: number, out: Float64Array): Float64Array {
  for (const [k, g] of groups.entries()) out.set(full.subarray(g * d, (g + 1) * d), k * d)
  return out
}
