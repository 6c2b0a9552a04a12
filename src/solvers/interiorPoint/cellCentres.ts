/**
 * A point well inside each cell K_p = {u : σ_i x̂_i·u ≥ 0}: its analytic centre, near enough; and the half-spaces it needs.
 *
 * The minimiser of F(u) = −Σ_i log(σ_i x̂_i·u) + (m/2)‖u‖² over the m half-spaces of a cell has length 1 and Kᵀ(1/s) = m·u,
 * which is where the central path of the ReLU program starts. Newton steps on F for all cells at once, from a given vector of
 * the cell (its gate) or, where none is given or it does not lie strictly inside, from the widest-margin point:
 * min ‖u‖ with K u ≥ 1. Up to three dimensions the half-spaces are the facets alone.
 * @module
 */
import type { Compute, Region } from '../../matrix/compute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { leastDistance } from '../../matrix/factor/leastDistance.ts'
import { type Masks, maskBit } from '../../matrix/masks.ts'
import { allRows, type CellRows, chosenRows } from './cellRows.ts'
import { FACET_DIMENSIONS, facets } from './facets.ts'
import { factorBlock, packedSize, solveBlock, traceBlock } from './smallBlocks.ts'

/** Newton steps at most; vectors near a vertex of their cell take the longest. */
const STEPS = 24
/** Newton decrement squared below which every cell counts as centred: the path starts well from rough centres. */
const CENTRED = 0.1
/** Below this least σ_i x̂_i·u (u of length 1) a point counts as on the boundary. */
const STRICT = 1e-10

/** Numbers that the cells centred together, in matrix products, may need. Cells with facets are centred one by one. */
const ENTRIES = 1 << 21
/** Cells between two breaths. */
const BREATH = 64

export interface CellCentres {
  /** P × d, unit rows; zero where the cell has no interior. */
  readonly points: Float64Array
  /** 1 where the cell has an interior point. */
  readonly inside: Uint8Array
  /** The rows of `unit` that bound each cell; null: all of them, for every cell. */
  readonly bounds: readonly Int32Array[] | null
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
  region: Region,
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
    if (p % BREATH === BREATH - 1) yield
  }
  const bounds: Int32Array[] | null = d <= FACET_DIMENSIONS ? [] : null
  const chunk = bounds ? 1 : Math.max(1, Math.floor(ENTRIES / Math.max(1, m * q)))
  for (let first = 0; first < cells; first += chunk) {
    const end = Math.min(cells, first + chunk)
    for (let p = first; bounds && p < end; p++)
      bounds.push(
        inside[p] === 1
          ? facets(masks, p, { unit, index }, points.subarray(p * d, (p + 1) * d))
          : Int32Array.from({ length: m }, (_, i) => i),
      )
    const rows = bounds ? chosenRows(bounds.slice(first, end), unit, d) : allRows(end - first, unit, d, compute, region)
    centre(points.subarray(first * d, end * d), inside.subarray(first, end), rows, d)
    if (!bounds || end % BREATH === 0) yield
  }
  return { points, inside, bounds }
}

/** Newton steps on F for the cells of `rows`, from and to u (cells × d). */
function centre(u: Float64Array, use: Uint8Array, rows: CellRows, d: number): void {
  const { start } = rows
  const cells = start.length - 1
  const q = packedSize(d)
  const s = rows.times(u, new Float64Array(start[cells]))
  const inverse = new Float64Array(s.length)
  const ds = new Float64Array(s.length)
  const blocks = new Float64Array(cells * q)
  const gradient = new Float64Array(cells * d)
  const side = new Float64Array(d)
  for (let step = 0; step < STEPS; step++) {
    for (let k = 0; k < s.length; k++) inverse[k] = 1 / s[k]
    for (let p = 0; p < cells; p++)
      for (let j = p * d; j < (p + 1) * d; j++) gradient[j] = (start[p + 1] - start[p]) * u[j]
    rows.addTransposed(inverse, -1, gradient)
    for (let k = 0; k < s.length; k++) inverse[k] *= inverse[k]
    rows.curvature(inverse, blocks)
    let farthest = 0
    for (let p = 0; p < cells; p++) {
      if (!use[p]) {
        gradient.fill(0, p * d, (p + 1) * d)
        continue
      }
      for (let a = 0; a < d; a++) blocks[p * q + (a * (a + 1)) / 2 + a] += start[p + 1] - start[p]
      factorBlock(blocks, p * q, d, 1e-14 * traceBlock(blocks, p * q, d))
      let decrement = 0
      for (let j = p * d; j < (p + 1) * d; j++) side[j - p * d] = gradient[j]
      solveBlock(blocks, p * q, d, gradient, p * d)
      for (let j = 0; j < d; j++) decrement += side[j] * gradient[p * d + j]
      if (decrement > farthest) farthest = decrement
    }
    for (let j = 0; j < gradient.length; j++) gradient[j] = -gradient[j]
    rows.times(gradient, ds)
    for (let p = 0; p < cells; p++) {
      let lowest = 0
      for (let k = start[p]; k < start[p + 1]; k++) lowest = Math.min(lowest, ds[k] / s[k])
      const move = lowest < -0.8 ? -0.8 / lowest : 1
      for (let j = p * d; j < (p + 1) * d; j++) u[j] += move * gradient[j]
      for (let k = start[p]; k < start[p + 1]; k++) s[k] += move * ds[k]
    }
    if (farthest < CENTRED) break
  }
  for (let p = 0; p < cells; p++) normalise(u.subarray(p * d, (p + 1) * d))
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

/** out ← argmin ‖u‖ with K u ≥ 1 (zero when there is none). */
function widestPoint(
  masks: Masks,
  p: number,
  unit: Float64Array,
  index: Int32Array,
  d: number,
  out: Float64Array,
): void {
  const cone = dense(index.length, d)
  for (let i = 0; i < index.length; i++) {
    const sign = maskBit(masks, p, index[i]) ? 1 : -1
    for (let j = 0; j < d; j++) cone.data[i * d + j] = sign * unit[i * d + j]
  }
  out.set(leastDistance(cone)?.u ?? new Float64Array(d))
}
