/**
 * The groups an interior-point run works on, and A, Aᵀ over them.
 *
 * A group is (output k, pattern p, sign ±): its block is A_g = ± D_p X, seen by output k alone. Groups of one output and
 * one pattern share D_p X, so they are summed before X is touched: every pass costs one per pattern, not one per sign.
 * Vectors over samples are output-major here: r[k·n + i].
 * @module
 */
import type { Compute, Region } from '../../matrix/compute.ts'
import type { Dense } from '../../matrix/dense.ts'
import { type Masks, selectMasks } from '../../matrix/masks.ts'

/** One group: `home` is its place in the variable of the problem (x[home·d … home·d + d)). */
export interface Group {
  readonly output: number
  readonly pattern: number
  readonly sign: 1 | -1
  readonly home: number
}

/** The patterns in use for one output: `slots` of them, the groups first … last − 1 are theirs. */
export interface OutputBlock {
  readonly masks: Masks
  readonly slots: number
  readonly first: number
  readonly last: number
}

export interface Groups {
  readonly list: readonly Group[]
  readonly blocks: readonly OutputBlock[]
  /** Place of each group's pattern in its block. */
  readonly slot: Int32Array
  readonly sign: Float64Array
}

/** Every group of the ReLU program (both signs) or of the gated program (plus only), output-major. */
export function allGroups(outputs: number, patterns: number, signs: readonly (1 | -1)[]): Group[] {
  const list: Group[] = []
  for (let output = 0; output < outputs; output++)
    for (const sign of signs)
      for (let pattern = 0; pattern < patterns; pattern++) list.push({ output, pattern, sign, home: list.length })
  return list
}

/** Lays `list` (ordered by output) out in blocks, with the masks each output needs. */
export function layOut(list: readonly Group[], outputs: number, masks: Masks, region: Region): Groups {
  const slot = new Int32Array(list.length)
  const sign = Float64Array.from(list, g => g.sign)
  const blocks: OutputBlock[] = []
  for (let output = 0, first = 0; output < outputs; output++) {
    const place = new Map<number, number>()
    let last = first
    for (; last < list.length && list[last].output === output; last++) {
      const { pattern } = list[last]
      if (!place.has(pattern)) place.set(pattern, place.size)
      slot[last] = place.get(pattern) as number
    }
    blocks.push({
      masks: region.ownMasks(selectMasks(masks, [...place.keys()])),
      slots: place.size,
      first,
      last,
    })
    first = last
  }
  return { list, blocks, slot, sign }
}

/** The products with A over the groups; `scratch` holds one d-vector a slot of the largest block. */
export interface GroupOperator {
  /** out ← A U, output-major. */
  apply(u: Float64Array, out: Float64Array): Float64Array
  /** Row g of out ← A_gᵀ r. */
  applyT(r: Float64Array, out: Float64Array): Float64Array
}

/** A over `groups`. Cost of a product: 2·n·d flops a pattern and output. */
export function groupOperator(groups: Groups, x: Dense, compute: Compute, region: Region): GroupOperator {
  const n = x.rows
  const d = x.cols
  const widest = Math.max(0, ...groups.blocks.map(block => block.slots))
  const scratch = region.float64(widest * d)
  const { blocks, slot, sign } = groups
  return {
    apply(u, out) {
      blocks.forEach((block, k) => {
        const sums = scratch.subarray(0, block.slots * d).fill(0)
        for (let g = block.first; g < block.last; g++) {
          const at = slot[g] * d
          const s = sign[g]
          for (let j = 0; j < d; j++) sums[at + j] += s * u[g * d + j]
        }
        const part = out.subarray(k * n, (k + 1) * n)
        if (block.slots > 0) compute.gatedForward(x, block.masks, sums, part)
        else part.fill(0)
      })
      return out
    },
    applyT(r, out) {
      blocks.forEach((block, k) => {
        if (block.slots === 0) return
        const sums = scratch.subarray(0, block.slots * d)
        compute.gatedAdjoint(x, block.masks, r.subarray(k * n, (k + 1) * n), sums)
        for (let g = block.first; g < block.last; g++) {
          const at = slot[g] * d
          const s = sign[g]
          for (let j = 0; j < d; j++) out[g * d + j] = s * sums[at + j]
        }
      })
      return out
    },
  }
}
