/**
 * The facets of a cell in up to three dimensions: the half-spaces that are not implied by the others.
 *
 * With c strictly inside, a_i = σ_i x̂_i has a_i·c > 0, and a half-space is implied exactly when a_i is a nonnegative
 * combination of the others: when a_i/(a_i·c), a point of the plane v·c = 1, is no vertex of the convex hull of all these.
 * In the plane (d = 3) that is a polygon, on the line (d = 2) two ends. An arrangement of n planes in R³ has about four
 * facets a cell, against n half-spaces.
 * Near ties are kept: a half-space too many costs little, one too few would let a vector leave its cell.
 * Source: R. Jarvis, On the identification of the convex hull of a finite set of points in the plane, 1973.
 * @module
 */
import { type Masks, maskBit } from '../../matrix/masks.ts'

/** Largest d with facets; beyond, hulls have too many facets to be worth finding. */
export const FACET_DIMENSIONS = 3
/** A point this near an edge, as the sine of an angle, is kept with the vertices. */
const NEAR = 1e-10

/**
 * Rows of `unit` (m × d, d ≤ 3, row i being row index[i] of X) that bound the cell of `pattern` around `inside`, ascending.
 *
 * @param inside unit vector in R^d with σ_i x̂_i·inside > 0 for all i. Cost m an edge.
 */
export function facets(
  masks: Masks,
  pattern: number,
  rows: { readonly unit: Float64Array; readonly index: Int32Array },
  inside: Float64Array,
): Int32Array {
  const { unit, index } = rows
  const d = inside.length
  const [first, second] = tangents(inside)
  const m = index.length
  const px = new Float64Array(m)
  const py = new Float64Array(m)
  for (let i = 0; i < m; i++) {
    let [depth, x, y] = [0, 0, 0]
    for (let j = 0; j < d; j++) {
      const value = unit[i * d + j]
      depth += value * inside[j]
      x += value * first[j]
      y += value * second[j]
    }
    if (!maskBit(masks, pattern, index[i])) [depth, x, y] = [-depth, -x, -y]
    px[i] = x / depth
    py[i] = y / depth
  }
  const kept = new Uint8Array(m)
  if (d < 3) {
    let [low, high] = [0, 0]
    for (let i = 1; i < m; i++) {
      if (px[i] < px[low]) low = i
      if (px[i] > px[high]) high = i
    }
    if (m > 0) kept[low] = kept[high] = 1
  } else if (!wrap(px, py, kept)) kept.fill(1)
  let count = 0
  for (let i = 0; i < m; i++) count += kept[i]
  const out = new Int32Array(count)
  for (let i = 0, k = 0; i < m; i++) if (kept[i]) out[k++] = i
  return out
}

/** Marks the vertices of the hull and the points next to its edges, going round it; false when rounding leads astray. */
function wrap(px: Float64Array, py: Float64Array, kept: Uint8Array): boolean {
  const m = px.length
  let first = 0
  for (let i = 1; i < m; i++) if (px[i] < px[first] || (px[i] === px[first] && py[i] < py[first])) first = i
  let at = first
  for (let edges = 0; edges <= m; edges++) {
    kept[at] = 1
    // The next vertex leaves all others on its left; of those in line the farthest.
    let next = -1
    let [ux, uy, reach] = [0, 0, 0]
    for (let i = 0; i < m; i++) {
      const [vx, vy] = [px[i] - px[at], py[i] - py[at]]
      const length = vx * vx + vy * vy
      if (length === 0) continue
      const turn = ux * vy - uy * vx
      if (next < 0 || turn < 0 || (turn === 0 && length > reach)) {
        next = i
        ux = vx
        uy = vy
        reach = length
      }
    }
    if (next < 0) return true
    for (let i = 0; i < m; i++) {
      const [vx, vy] = [px[i] - px[at], py[i] - py[at]]
      const [wx, wy] = [px[i] - px[next], py[i] - py[next]]
      const nearer = Math.min(vx * vx + vy * vy, wx * wx + wy * wy)
      if (nearer > 0 && ux * vy - uy * vx <= NEAR * Math.sqrt(reach * nearer)) kept[i] = 1
    }
    if (next === first) return true
    at = next
  }
  return false
}

/** Two unit vectors that with v (unit, d ≤ 3) are orthogonal; zero beyond the dimension. */
function tangents(v: Float64Array): [Float64Array, Float64Array] {
  const d = v.length
  const [first, second] = [new Float64Array(d), new Float64Array(d)]
  if (d === 2) {
    first[0] = -v[1]
    first[1] = v[0]
  }
  if (d === 3) {
    // The axis that v is least along, made orthogonal to v; then the cross product.
    const axis = [0, 1, 2].reduce((a, b) => (Math.abs(v[b]) < Math.abs(v[a]) ? b : a))
    for (let j = 0; j < 3; j++) first[j] = (j === axis ? 1 : 0) - v[axis] * v[j]
    const length = Math.sqrt(first[0] * first[0] + first[1] * first[1] + first[2] * first[2])
    for (let j = 0; j < 3; j++) first[j] /= length
    for (let j = 0; j < 3; j++) second[j] = v[(j + 1) % 3] * first[(j + 2) % 3] - v[(j + 2) % 3] * first[(j + 1) % 3]
  }
  return [first, second]
}
