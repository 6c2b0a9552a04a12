/**
 * The half-spaces σ_i x̂_i·u_g ≥ 0 of all groups: slacks s ≥ 0 and multipliers α ≥ 0, one number a half-space each.
 *
 * Both are kept with the sign of their half-space, s̃ = σ s and α̃ = σ α: then X̂ u_g − s̃ is the residual, X̂ᵀα̃ is Kᵀα,
 * α/s = α̃/s̃ and αs = α̃s̃, and no pass needs to know a pattern. Rows x̂_i are the unit rows of X (zero rows constrain
 * nothing and are left out); which of them a group keeps is for `cellRows` to say. Directions are kept relative, r = ds/s and
 * ds/s of the multiplier, so that signs can not flip.
 * A start outside the cones leaves the residual X̂u − s̃ = −open·offset_g·σ, the same for all rows of a group; `open`
 * falls by (1 − step) each step.
 * @module
 */
import type { Region } from '../../matrix/compute.ts'
import { type Masks, maskBit } from '../../matrix/masks.ts'
import type { CellRows } from './cellRows.ts'
import type { Group } from './groups.ts'

export interface HalfSpaces {
  /** Which rows, and the products with them; group g's numbers are rows.start[g] … rows.start[g + 1]. */
  readonly rows: CellRows
  readonly s: Float64Array
  readonly alpha: Float64Array
  readonly offset: Float64Array
  open: number
  /** What one half-space of group g counts against a norm cone. */
  readonly weight: Float64Array
  /** Relative directions of s and α. */
  readonly ds: Float64Array
  readonly dalpha: Float64Array
  readonly scratch: Float64Array
}

/** Unit rows of X without the zero ones. */
export function unitRows(
  x: { rows: number; cols: number; data: Float64Array },
  region: Region,
): { unit: Float64Array; index: Int32Array } {
  const { rows, cols, data } = x
  const index: number[] = []
  const lengths: number[] = []
  for (let i = 0; i < rows; i++) {
    let square = 0
    for (let j = 0; j < cols; j++) square += data[i * cols + j] ** 2
    if (square > 0) {
      index.push(i)
      lengths.push(Math.sqrt(square))
    }
  }
  const unit = region.float64(index.length * cols)
  index.forEach((i, row) => {
    for (let j = 0; j < cols; j++) unit[row * cols + j] = data[i * cols + j] / lengths[row]
  })
  return { unit, index: Int32Array.from(index) }
}

/**
 * Half-spaces of groups at u: s = K u for groups inside their cell, s = offset (and u = 0) for the others; αs = `product` times
 * the weight of the half-space.
 *
 * @param share what the half-spaces of one group count together, against a norm cone's 1.
 */
export function halfSpaces(
  list: readonly Group[],
  masks: Masks,
  rows: CellRows,
  index: Int32Array,
  start: {
    u: Float64Array
    inside: (group: Group) => boolean
    offset: number
    product: number
    share: number
  },
  region: Region,
): HalfSpaces {
  const size = rows.start[list.length]
  const h: HalfSpaces = {
    rows,
    s: region.float64(size),
    alpha: region.float64(size),
    offset: new Float64Array(list.length),
    open: 1,
    weight: new Float64Array(list.length),
    ds: region.float64(size),
    dalpha: region.float64(size),
    scratch: region.float64(size),
  }
  rows.times(start.u, h.s)
  list.forEach((group, g) => {
    const [from, end] = [rows.start[g], rows.start[g + 1]]
    h.weight[g] = start.share / Math.max(end - from, 1)
    const inside = start.inside(group)
    if (!inside) h.offset[g] = start.offset
    for (let k = from; k < end; k++) {
      if (!inside) h.s[k] = maskBit(masks, group.pattern, index[rows.row(g, k)]) ? start.offset : -start.offset
      h.alpha[k] = (h.weight[g] * start.product) / h.s[k]
    }
  })
  return h
}

/** blocks (G × q packed) ← Kᵀ diag(α/s) K of every group. */
export function curvatureBlocks({ rows, s, alpha, scratch }: HalfSpaces, blocks: Float64Array): void {
  for (let k = 0; k < s.length; k++) scratch[k] = alpha[k] / s[k]
  rows.curvature(scratch, blocks)
}

/** Right-hand side of the predictor in `scratch`: σ(−αs − α·residual)/s = −α̃(1 + residual/s). */
export function predictorMultipliers(h: HalfSpaces): Float64Array {
  const { rows, s, alpha, offset, scratch, open } = h
  for (let g = 0, i = 0; g < offset.length; g++) {
    const gap = open * offset[g]
    for (const end = rows.start[g + 1]; i < end; i++) scratch[i] = -alpha[i] * (1 - gap / Math.abs(s[i]))
  }
  return scratch
}

/** The corrector's: σ(target − αs(1 − r − r²) − α·residual)/s, r the predictor's ds/s. */
export function correctorMultipliers(h: HalfSpaces, target: number): Float64Array {
  const { rows, s, alpha, offset, weight, scratch, ds, open } = h
  for (let g = 0, i = 0; g < offset.length; g++) {
    const gap = open * offset[g]
    const aim = target * weight[g]
    for (const end = rows.start[g + 1]; i < end; i++) {
      const value = s[i]
      const r = ds[i]
      scratch[i] = aim / value - alpha[i] * (1 - r - r * r - gap / Math.abs(value))
    }
  }
  return scratch
}

/** What the predictor's direction du does: bounds of ds/s, Σ αs and Σ αs·r(1 + r). */
export interface PredictorReach {
  readonly lowest: number
  readonly highest: number
  readonly product: number
  readonly bend: number
}

/** ds/s of the predictor for directions du (G × d); its dα/α is −1 − ds/s. */
export function predictorDirections(h: HalfSpaces, du: Float64Array): PredictorReach {
  const { rows, s, alpha, offset, scratch, ds, open } = h
  rows.times(du, scratch)
  let lowest = 0
  let highest = 0
  let product = 0
  let bend = 0
  for (let g = 0, i = 0; g < offset.length; g++) {
    const gap = open * offset[g]
    for (const end = rows.start[g + 1]; i < end; i++) {
      const value = s[i]
      const r = (scratch[i] - (value > 0 ? gap : -gap)) / value
      const weight = alpha[i] * value
      ds[i] = r
      if (r < lowest) lowest = r
      if (r > highest) highest = r
      product += weight
      bend += weight * (r + r * r)
    }
  }
  return { lowest, highest, product, bend }
}

/** ds/s and dα/α of the corrector; returns the lowest of both, −1/lowest being the step to the boundary. */
export function correctorDirections(h: HalfSpaces, du: Float64Array, target: number): number {
  const { rows, s, alpha, offset, weight, scratch, ds, dalpha, open } = h
  rows.times(du, scratch)
  let lowest = 0
  for (let g = 0, i = 0; g < offset.length; g++) {
    const gap = open * offset[g]
    const aim = target * weight[g]
    for (const end = rows.start[g + 1]; i < end; i++) {
      const value = s[i]
      const before = ds[i]
      const r = (scratch[i] - (value > 0 ? gap : -gap)) / value
      const a = aim / (alpha[i] * value) - 1 + before + before * before - r
      ds[i] = r
      dalpha[i] = a
      if (r < lowest) lowest = r
      if (a < lowest) lowest = a
    }
  }
  return lowest
}

/** Takes the step. */
export function moveHalfSpaces(h: HalfSpaces, step: number): void {
  const { s, alpha, ds, dalpha } = h
  for (let i = 0; i < s.length; i++) {
    s[i] *= 1 + step * ds[i]
    alpha[i] *= 1 + step * dalpha[i]
  }
  h.open *= 1 - step
}

/** Σ αs. */
export function halfSpaceComplementarity({ s, alpha }: HalfSpaces): number {
  let sum = 0
  for (let i = 0; i < s.length; i++) sum += s[i] * alpha[i]
  return sum
}
