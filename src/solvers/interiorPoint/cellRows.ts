/**
 * The half-spaces σ_i x̂_i·u ≥ 0 that bound each of a list of cells, and the three products with them.
 *
 * Numbers by half-space lie cell after cell: those of cell g are start[g] … start[g + 1]. Where every cell keeps every row
 * (`allRows`) the products are matrix products; where few are left (`chosenRows`, after `facets`) they are plain loops.
 * No pass needs a sign: callers keep their numbers with the sign σ of the half-space.
 * @module
 */
import type { Compute, Region } from '../../matrix/compute.ts'
import { packedSize } from './smallBlocks.ts'

/** Numbers that one block of row products may hold. */
const PRODUCT_BUDGET = 1 << 20

export interface CellRows {
  readonly start: Int32Array
  /** Which unit row half-space k of cell g is; k counts from start[g]. */
  row(g: number, k: number): number
  /** Entries of cell g ← X̂ v_g, v being cells × d. Cost 2·d flops a half-space. */
  times(v: Float64Array, out: Float64Array): Float64Array
  /** Row g of out ← out + factor·Σ_k w_k x̂_k. */
  addTransposed(w: Float64Array, factor: number, out: Float64Array): void
  /** blocks (cells × d(d+1)/2 packed) ← Σ_k w_k x̂_k x̂_kᵀ of every cell. Cost d² flops a half-space. */
  curvature(w: Float64Array, blocks: Float64Array): void
}

/** Every cell keeps every row of `unit` (m × d). Memory for row products: at most PRODUCT_BUDGET numbers. */
export function allRows(cells: number, unit: Float64Array, d: number, compute: Compute, region: Region): CellRows {
  const m = unit.length / d
  const q = packedSize(d)
  const start = Int32Array.from({ length: cells + 1 }, (_, g) => g * m)
  /** Products x̂_a x̂_b (b ≤ a) of `most` rows at a time; formed once when one block holds all. */
  const most = Math.max(1, Math.min(m, Math.floor(PRODUCT_BUDGET / q)))
  const products = region.float64(most * q)
  let productsOf = -1
  return {
    start,
    row: (g, k) => k - start[g],
    times(v, out) {
      compute.gemm(false, true, cells, m, d, 1, v, d, unit, d, 0, out, m)
      return out
    },
    addTransposed(w, factor, out) {
      compute.gemm(false, false, cells, d, m, factor, w, m, unit, d, 1, out, d)
    },
    curvature(w, blocks) {
      for (let from = 0; from < m; from += most) {
        const count = Math.min(most, m - from)
        if (productsOf !== from) {
          for (let i = 0, to = 0; i < count; i++)
            for (let a = 0, at = (from + i) * d; a < d; a++)
              for (let b = 0; b <= a; b++, to++) products[to] = unit[at + a] * unit[at + b]
          productsOf = from
        }
        const weights = from === 0 ? w : w.subarray(from)
        compute.gemm(false, false, cells, q, count, 1, weights, m, products, q, from === 0 ? 0 : 1, blocks, q)
      }
    },
  }
}

/** Cell g keeps the rows chosen[g] of `unit` (m × d). */
export function chosenRows(chosen: readonly Int32Array[], unit: Float64Array, d: number): CellRows {
  const q = packedSize(d)
  const start = new Int32Array(chosen.length + 1)
  for (const [g, rows] of chosen.entries()) start[g + 1] = start[g] + rows.length
  const index = new Int32Array(start[chosen.length])
  for (const [g, rows] of chosen.entries()) index.set(rows, start[g])
  return {
    start,
    row: (_, k) => index[k],
    times(v, out) {
      for (let g = 0, k = 0; g < chosen.length; g++)
        for (const end = start[g + 1]; k < end; k++) {
          let sum = 0
          for (let j = 0, at = index[k] * d; j < d; j++) sum += unit[at + j] * v[g * d + j]
          out[k] = sum
        }
      return out
    },
    addTransposed(w, factor, out) {
      for (let g = 0, k = 0; g < chosen.length; g++)
        for (const end = start[g + 1]; k < end; k++) {
          const scale = factor * w[k]
          for (let j = 0, at = index[k] * d; j < d; j++) out[g * d + j] += scale * unit[at + j]
        }
    },
    curvature(w, blocks) {
      blocks.fill(0, 0, chosen.length * q)
      for (let g = 0, k = 0; g < chosen.length; g++)
        for (const end = start[g + 1]; k < end; k++)
          for (let a = 0, at = index[k] * d, to = g * q; a < d; a++) {
            const left = w[k] * unit[at + a]
            for (let b = 0; b <= a; b++, to++) blocks[to] += left * unit[at + b]
          }
    },
  }
}
