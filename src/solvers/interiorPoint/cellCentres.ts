/**
 * A point well inside each cell K_p = {u : σ_i x̂_i·u ≥ 0}: its analytic centre, near enough.
 *
 * The minimiser of F(u) = −Σ_i log(σ_i x̂_i·u) + (m/2)‖u‖² has length 1 and Kᵀ(1/s) = m·u, which is where the central path of
 * the ReLU program starts. Newton steps on F for all cells at once, from a given vector of the cell (its gate) or, where
 * none is given or it does not lie strictly inside, from the widest-margin point: min ‖u‖ with K u ≥ 1, by NNLS.
 * Source of the NNLS form (least distance programming): Lawson and Hanson, Solving Least Squares Problems, 1974, ch. 23.
 * @module
 */
import type { Compute } from '../../matrix/compute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { nnls } from '../../matrix/factor/nnls.ts'
import { type Masks, maskBit } from '../../matrix/masks.ts'
import { factorBlock, packedSize, solveBlock, traceBlock } from './smallBlocks.ts'

/** Newton steps at most; vectors near a vertex of their cell take the longest. */
const STEPS = 24
/** Newton decrement squared below which every cell counts as centred: the path starts well from rough centres. */
const CENTRED = 0.1
/** Below this least σ_i x̂_i·u (u of length 1) a point counts as on the boundary. */
const STRICT = 1e-10

export interface CellCentres {
  /** P × d, unit rows; zero where the cell has no interior. */
  readonly points: Float64Array
  /** 1 where the cell has an interior point. */
  readonly inside: Uint8Array
}

/**
 * Centres of the cells of `masks` over the unit rows `unit` (m × d, row i being row index[i] of X).
 *
 * Yields every few milliseconds. Cost per cell: STEPS·m·d² flops, and an NNLS of (d + 1) × m where no gate helps.
 */
export function* cellCentres(
  masks: Masks,
  unit: Float64Array,
  index: Int32Array,
  d: number,
  gates: Dense | undefined,
  compute: Compute,
): Generator<void, CellCentres, void> {
  const [cells, m, q] = [masks.patterns, index.length, packedSize(d)]
  const points = new Float64Array(cells * d)
  const inside = new Uint8Array(cells)
  for (let p = 0; p < cells; p++) {
    const row = points.subarray(p * d, (p + 1) * d)
    if (gates) row.set(gates.data.subarray(p * d, (p + 1) * d))
    if (!normalise(row) || margin(masks, p, unit, index, d, row) < STRICT) {
      widestPoint(masks, p, unit, index, d, row)
      if (!normalise(row) || margin(masks, p, unit, index, d, row) < STRICT) {
        row.fill(0)
        continue
      }
    }
    inside[p] = 1
    if ((p & 63) === 63) yield
  }
  const chunk = Math.max(1, Math.floor((1 << 21) / Math.max(1, m * q)))
  const rowChunk = Math.max(1, Math.min(m, Math.floor((1 << 20) / q)))
  const products = new Float64Array(rowChunk * q)
  for (let first = 0; first < cells; first += chunk) {
    const count = Math.min(chunk, cells - first)
    centre(points.subarray(first * d, (first + count) * d), inside.subarray(first, first + count), count)
    yield
  }
  return { points, inside }

  function centre(u: Float64Array, use: Uint8Array, count: number): void {
    const s = new Float64Array(count * m)
    const inverse = new Float64Array(count * m)
    const blocks = new Float64Array(count * q)
    const gradient = new Float64Array(count * d)
    const ds = new Float64Array(count * m)
    const side = new Float64Array(d)
    compute.gemm(false, true, count, m, d, 1, u, d, unit, d, 0, s, m)
    for (let step = 0; step < STEPS; step++) {
      for (let i = 0; i < s.length; i++) inverse[i] = 1 / s[i]
      for (let j = 0; j < u.length; j++) gradient[j] = m * u[j]
      compute.gemm(false, false, count, d, m, -1, inverse, m, unit, d, 1, gradient, d)
      for (let i = 0; i < s.length; i++) inverse[i] *= inverse[i]
      for (let from = 0; from < m; from += rowChunk) {
        const size = Math.min(rowChunk, m - from)
        for (let i = 0, to = 0; i < size; i++)
          for (let a = 0, at = (from + i) * d; a < d; a++)
            for (let b = 0; b <= a; b++, to++) products[to] = unit[at + a] * unit[at + b]
        const weights = inverse.subarray(from)
        compute.gemm(false, false, count, q, size, 1, weights, m, products, q, from === 0 ? 0 : 1, blocks, q)
      }
      let farthest = 0
      for (let p = 0; p < count; p++) {
        if (!use[p]) {
          gradient.fill(0, p * d, (p + 1) * d)
          continue
        }
        for (let a = 0; a < d; a++) blocks[p * q + (a * (a + 1)) / 2 + a] += m
        factorBlock(blocks, p * q, d, 1e-14 * traceBlock(blocks, p * q, d))
        let decrement = 0
        for (let j = p * d; j < (p + 1) * d; j++) side[j - p * d] = gradient[j]
        solveBlock(blocks, p * q, d, gradient, p * d)
        for (let j = 0; j < d; j++) decrement += side[j] * gradient[p * d + j]
        if (decrement > farthest) farthest = decrement
      }
      compute.gemm(false, true, count, m, d, -1, gradient, d, unit, d, 0, ds, m)
      for (let p = 0; p < count; p++) {
        let lowest = 0
        for (let i = p * m; i < (p + 1) * m; i++) lowest = Math.min(lowest, ds[i] / s[i])
        const move = lowest < -0.8 ? -0.8 / lowest : 1
        for (let j = p * d; j < (p + 1) * d; j++) u[j] -= move * gradient[j]
        for (let i = p * m; i < (p + 1) * m; i++) s[i] += move * ds[i]
      }
      if (farthest < CENTRED) break
    }
    for (let p = 0; p < count; p++) normalise(u.subarray(p * d, (p + 1) * d))
  }
}

/** Scales to length 1; false for the zero vector. */
function normalise(v: Float64Array): boolean {
  let square = 0
  for (const value of v) square += value * value
  if (!(square > 0)) return false
  const scale = 1 / Math.sqrt(square)
  for (let j = 0; j < v.length; j++) v[j] *= scale
  return true
}

/** min_i σ_i x̂_i·u. */
function margin(masks: Masks, p: number, unit: Float64Array, index: Int32Array, d: number, u: Float64Array): number {
  let least = Infinity
  for (let i = 0; i < index.length; i++) {
    let value = 0
    for (let j = 0; j < d; j++) value += unit[i * d + j] * u[j]
    const inside = maskBit(masks, p, index[i]) ? value : -value
    if (inside < least) least = inside
  }
  return least
}

/** out ← argmin ‖u‖ with K u ≥ 1 (zero when there is none): the residual r of min ‖[Kᵀ; 1ᵀ]μ − e‖, u = −r₁/r₂. */
function widestPoint(
  masks: Masks,
  p: number,
  unit: Float64Array,
  index: Int32Array,
  d: number,
  out: Float64Array,
): void {
  const columns = dense(index.length, d + 1)
  for (let i = 0; i < index.length; i++) {
    const sign = maskBit(masks, p, index[i]) ? 1 : -1
    for (let j = 0; j < d; j++) columns.data[i * (d + 1) + j] = sign * unit[i * d + j]
    columns.data[i * (d + 1) + d] = 1
  }
  const target = new Float64Array(d + 1)
  target[d] = 1
  // Lawson and Hanson: r = E μ − f, u_j = −r_j / r_{d+1}; `residual` is f − E μ, the sign cancels.
  const { residual } = nnls(columns, target)
  const last = residual[d]
  for (let j = 0; j < d; j++) out[j] = last > 1e-14 ? -residual[j] / last : 0
}
