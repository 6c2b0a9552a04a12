/**
 * A feasible point from an interior-point iterate, and its exact value.
 *
 * Groups on their way to zero are cut off: a group is kept when (β‖u‖ + uᵀA_gᵀ∇L)/(β‖u‖), which tends to 0 on the support
 * and to a positive number off it, is small. What is kept is pulled back into its cone by u + ε c, with c the centre
 * of its cell and ε the least that makes every σ_i x_i·(u + ε c) ≥ 0 as computed. So the network
 * with these weights has the value given here, to rounding.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import { groupNorms } from '../../matrix/gated.ts'
import { type Masks, maskBit } from '../../matrix/masks.ts'
import { max } from '../../matrix/vector.ts'
import type { CellCentres } from './cellCentres.ts'
import type { Group } from './groups.ts'

/** Kept are the groups below this share. */
const KEEP_BELOW = 0.2
/** Pull-backs tried before a group is given up for this iterate. */
const PULLS = 4

/**
 * out[from … from + d) ← u pulled into the cone of `pattern`; false (and zeros) when no centre helps.
 *
 * Cost n·d flops a try, usually one.
 */
export function pullIntoCone(
  x: Dense,
  masks: Masks,
  pattern: number,
  u: Float64Array,
  centre: Float64Array | null,
  out: Float64Array,
  from: number,
): boolean {
  const n = x.rows
  const d = x.cols
  for (let j = 0; j < d; j++) out[from + j] = u[j]
  for (let pull = 0; pull < PULLS; pull++) {
    let lift = 0
    for (let i = 0; i < n; i++) {
      let value = 0
      for (let j = 0; j < d; j++) value += x.data[i * d + j] * out[from + j]
      const inside = maskBit(masks, pattern, i) ? value : -value
      if (inside >= 0) continue
      if (centre === null) {
        lift = Infinity
        break
      }
      let depth = 0
      for (let j = 0; j < d; j++) depth += x.data[i * d + j] * centre[j]
      depth = maskBit(masks, pattern, i) ? depth : -depth
      lift = Math.max(lift, depth > 0 ? -inside / depth : Infinity)
    }
    if (lift === 0) return true
    if (centre === null || lift === Infinity) break
    // A shade more than needed, doubled at every try: the products above carry rounding of their own.
    const step = lift * (1 + 1e-8 * 4 ** pull)
    for (let j = 0; j < d; j++) out[from + j] += step * centre[j]
  }
  out.fill(0, from, from + d)
  return false
}

/**
 * Which groups to keep: correlations = A_gᵀ∇L(A U), row g of G × d.
 */
export function onSupport(u: Float64Array, correlations: Float64Array, beta: number, g: number, d: number): boolean {
  let square = 0
  let inner = 0
  for (let j = g * d; j < (g + 1) * d; j++) {
    square += u[j] * u[j]
    inner += u[j] * correlations[j]
  }
  const price = beta * Math.sqrt(square)
  return price > 0 && price + inner < KEEP_BELOW * price
}

/**
 * The feasible point in the variable of the problem (zeros elsewhere), without the groups shorter than `floor` times the
 * longest; returns Σ‖u‖ and the number of groups kept.
 */
export function feasiblePoint(
  list: readonly Group[],
  x: Dense,
  masks: Masks,
  u: Float64Array,
  correlations: Float64Array,
  beta: number,
  centres: CellCentres | null,
  floor: number,
  out: Float64Array,
): { norms: number; active: number } {
  const d = x.cols
  let norms = 0
  let active = 0
  out.fill(0)
  const lengths = groupNorms(u, d)
  const least = floor * max(lengths)
  list.forEach((group, g) => {
    if (lengths[g] < least || !onSupport(u, correlations, beta, g, d)) return
    const from = group.home * d
    const part = u.subarray(g * d, (g + 1) * d)
    if (centres === null) out.set(part, from)
    else {
      const { pattern } = group
      const centre = centres.inside[pattern] === 1 ? centres.points.subarray(pattern * d, (pattern + 1) * d) : null
      if (!pullIntoCone(x, masks, group.pattern, part, centre, out, from)) return
    }
    let square = 0
    for (let j = from; j < from + d; j++) square += out[j] * out[j]
    norms += Math.sqrt(square)
    active++
  })
  return { norms, active }
}
