/**
 * The half-spaces σ_i x̂_i·u_g ≥ 0 of all groups: slacks s ≥ 0 and multipliers α ≥ 0, G × m numbers each.
 *
 * Both are kept with the sign of their half-space, s̃ = σ s and α̃ = σ α: then X̂ u_g − s̃ is the residual, X̂ᵀα̃ is Kᵀα,
 * α/s = α̃/s̃ and αs = α̃s̃, and no pass needs to know a pattern. Rows x̂_i are the unit rows of X (zero rows constrain
 * nothing and are left out). Directions are kept relative, r = ds/s and ds/s of the multiplier, so that signs can not flip.
 * A start outside the cones leaves the residual X̂u − s̃ = −open·offset_g·σ, the same for all rows of a group; `open`
 * falls by (1 − step) each step.
 * @module
 */
import type { Compute, Region } from '../../matrix/compute.ts'
import { type Masks, maskBit } from '../../matrix/masks.ts'
import type { Group } from './groups.ts'
import { packedSize } from './smallBlocks.ts'

/** Numbers that one block of row products may hold. */
const PRODUCT_BUDGET = 1 << 20

export interface HalfSpaces {
  readonly d: number
  /** Rows that constrain. */
  readonly rows: number
  /** X̂, rows × d. */
  readonly unit: Float64Array
  /** Which row of X each is. */
  readonly index: Int32Array
  readonly s: Float64Array
  readonly alpha: Float64Array
  readonly offset: Float64Array
  open: number
  /** Relative directions of s and α. */
  readonly ds: Float64Array
  readonly dalpha: Float64Array
  readonly scratch: Float64Array
  /** Row products x̂_a x̂_b (b ≤ a) of `productRows` rows at a time; formed once when one block holds all. */
  readonly products: Float64Array
  readonly productRows: number
  productsOf: number
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
 * Half-spaces of `list` at u: s = K u for groups inside their cell, s = offset (and u = 0) for the others; αs = `product`.
 */
export function halfSpaces(
  list: readonly Group[],
  masks: Masks,
  rows: { unit: Float64Array; index: Int32Array },
  d: number,
  start: { u: Float64Array; inside: (group: Group) => boolean; offset: number; product: number },
  region: Region,
): HalfSpaces {
  const { unit, index } = rows
  const m = index.length
  const size = list.length * m
  const q = packedSize(d)
  const productRows = Math.max(1, Math.min(m, Math.floor(PRODUCT_BUDGET / q)))
  const h: HalfSpaces = {
    d,
    rows: m,
    unit,
    index,
    s: region.float64(size),
    alpha: region.float64(size),
    offset: new Float64Array(list.length),
    open: 1,
    ds: region.float64(size),
    dalpha: region.float64(size),
    scratch: region.float64(size),
    products: region.float64(productRows * q),
    productRows,
    productsOf: -1,
  }
  list.forEach((group, g) => {
    const inside = start.inside(group)
    if (!inside) h.offset[g] = start.offset
    for (let i = 0; i < m; i++) {
      let value = 0
      if (inside) for (let j = 0; j < d; j++) value += unit[i * d + j] * start.u[g * d + j]
      else value = maskBit(masks, group.pattern, index[i]) ? start.offset : -start.offset
      h.s[g * m + i] = value
      h.alpha[g * m + i] = start.product / value
    }
  })
  return h
}

/** blocks (G × q packed) ← Kᵀ diag(α/s) K of every group. Cost G·m·d² flops, as one matrix product. */
export function curvatureBlocks(h: HalfSpaces, groups: number, blocks: Float64Array, compute: Compute): void {
  const { d, rows, unit, s, alpha, scratch, products, productRows } = h
  const q = packedSize(d)
  const size = groups * rows
  for (let i = 0; i < size; i++) scratch[i] = alpha[i] / s[i]
  for (let from = 0; from < rows; from += productRows) {
    const count = Math.min(productRows, rows - from)
    if (h.productsOf !== from) {
      for (let i = 0, to = 0; i < count; i++)
        for (let a = 0, at = (from + i) * d; a < d; a++)
          for (let b = 0; b <= a; b++, to++) products[to] = unit[at + a] * unit[at + b]
      h.productsOf = from
    }
    const weights = from === 0 ? scratch : scratch.subarray(from)
    compute.gemm(false, false, groups, q, count, 1, weights, rows, products, q, from === 0 ? 0 : 1, blocks, q)
  }
}

/** Row g of out ← out + factor·X̂ᵀ v_g. */
export function addTransposed(
  h: HalfSpaces,
  groups: number,
  v: Float64Array,
  factor: number,
  out: Float64Array,
  compute: Compute,
): void {
  compute.gemm(false, false, groups, h.d, h.rows, factor, v, h.rows, h.unit, h.d, 1, out, h.d)
}

/** Right-hand side of the predictor in `scratch`: σ(−αs − α·residual)/s = −α̃(1 + residual/s). */
export function predictorMultipliers(h: HalfSpaces, groups: number): Float64Array {
  const { rows, s, alpha, offset, scratch, open } = h
  for (let g = 0, i = 0; g < groups; g++) {
    const gap = open * offset[g]
    for (const end = i + rows; i < end; i++) scratch[i] = -alpha[i] * (1 - gap / Math.abs(s[i]))
  }
  return scratch
}

/** The corrector's: σ(target − αs(1 − r − r²) − α·residual)/s, r the predictor's ds/s. */
export function correctorMultipliers(h: HalfSpaces, groups: number, target: number): Float64Array {
  const { rows, s, alpha, offset, scratch, ds, open } = h
  for (let g = 0, i = 0; g < groups; g++) {
    const gap = open * offset[g]
    for (const end = i + rows; i < end; i++) {
      const value = s[i]
      const r = ds[i]
      scratch[i] = target / value - alpha[i] * (1 - r - r * r - gap / Math.abs(value))
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
export function predictorDirections(h: HalfSpaces, groups: number, du: Float64Array, compute: Compute): PredictorReach {
  const { d, rows, unit, s, alpha, offset, scratch, ds, open } = h
  compute.gemm(false, true, groups, rows, d, 1, du, d, unit, d, 0, scratch, rows)
  let lowest = 0
  let highest = 0
  let product = 0
  let bend = 0
  for (let g = 0, i = 0; g < groups; g++) {
    const gap = open * offset[g]
    for (const end = i + rows; i < end; i++) {
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
export function correctorDirections(
  h: HalfSpaces,
  groups: number,
  du: Float64Array,
  target: number,
  compute: Compute,
): number {
  const { d, rows, unit, s, alpha, offset, scratch, ds, dalpha, open } = h
  compute.gemm(false, true, groups, rows, d, 1, du, d, unit, d, 0, scratch, rows)
  let lowest = 0
  for (let g = 0, i = 0; g < groups; g++) {
    const gap = open * offset[g]
    for (const end = i + rows; i < end; i++) {
      const value = s[i]
      const before = ds[i]
      const r = (scratch[i] - (value > 0 ? gap : -gap)) / value
      const a = target / (alpha[i] * value) - 1 + before + before * before - r
      ds[i] = r
      dalpha[i] = a
      if (r < lowest) lowest = r
      if (a < lowest) lowest = a
    }
  }
  return lowest
}

/** Takes the step. */
export function moveHalfSpaces(h: HalfSpaces, groups: number, step: number): void {
  const { rows, s, alpha, ds, dalpha } = h
  const size = groups * rows
  for (let i = 0; i < size; i++) {
    s[i] *= 1 + step * ds[i]
    alpha[i] *= 1 + step * dalpha[i]
  }
  h.open *= 1 - step
}

/** Σ αs. */
export function halfSpaceComplementarity({ rows, s, alpha }: HalfSpaces, groups: number): number {
  let sum = 0
  const size = groups * rows
  for (let i = 0; i < size; i++) sum += s[i] * alpha[i]
  return sum
}

/** min_i σ_i x̂_i·u_g as the slacks have it: above 0 means strictly inside the cone. */
export function margin({ rows, s, offset, open }: HalfSpaces, g: number): number {
  let least = Infinity
  for (let i = g * rows; i < (g + 1) * rows; i++) if (Math.abs(s[i]) < least) least = Math.abs(s[i])
  return least - open * offset[g]
}
