/**
 * Continuous piecewise linear functions on an interval, and the smallest ReLU network that is one.
 *
 * With slopes s_0 … s_K, jumps J_k = s_k − s_{k−1} and T = Σ|J_k|, the least Σ|z_j| of a network
 * f(x) = c + Σ z_j (±(x − k_j))₊ that equals f on the interval is
 *
 *   R(f) = ½ (T + max(T, |s_0 + s_K|)).
 *
 * A kink of jump J is a hinge to the right or to the left, or a mixture: each costs |J|, and hinges to the left bring the slope −ΣJ
 * at the left end. Slopes s_0 from −T₊ to T₋ (sums of the positive and the negative jumps) therefore come for free; what is
 * beyond that is one more hinge from the first node. The lower bound is duality (`certificates/certifySpline.ts`).
 * Total variation of slopes alone, as the literature has it, forgets the second term.
 * @module
 */
import type { HingeSpline } from '../../certificates/certifySpline.ts'

/** f on [nodes_0, nodes_last], linear between nodes; both in R^{K+2} (R^1 for a constant on a point). */
export interface Pieces {
  /** Strictly ascending. */
  readonly nodes: Float64Array
  readonly values: Float64Array
}

/** s_0 … s_K. */
export function slopesOf({ nodes, values }: Pieces): Float64Array {
  return Float64Array.from(
    { length: Math.max(0, nodes.length - 1) },
    (_, j) => (values[j + 1] - values[j]) / (nodes[j + 1] - nodes[j]),
  )
}

/** J_1 … J_K, at the inner nodes. */
export function jumpsOf(pieces: Pieces): Float64Array {
  const s = slopesOf(pieces)
  return Float64Array.from({ length: Math.max(0, s.length - 1) }, (_, k) => s[k + 1] - s[k])
}

/** R(f), the least Σ|z_j| of a network that is f on the interval. */
export function roughness(pieces: Pieces): number {
  const s = slopesOf(pieces)
  if (s.length === 0) return 0
  const variation = jumpsOf(pieces).reduce((sum, jump) => sum + Math.abs(jump), 0)
  return 0.5 * (variation + Math.max(variation, Math.abs(s[0] + s[s.length - 1])))
}

/** A jump below this part of the terms that make it is rounding. */
const NOISE = 4 * 2 ** -53

/** A slope within this part of the slopes of what is free is free. */
const FREE = 1e-14

/**
 * A network that is f on the interval with Σ|z_j| = R(f): one hinge a kink, at most one kink with two, and one from the first
 * node where the slopes need it.
 */
export function hingesOf(pieces: Pieces): HingeSpline {
  const { nodes, values } = pieces
  const s = slopesOf(pieces)
  const jumps = jumpsOf(pieces)
  const hinges: { knot: number; side: number; coefficient: number }[] = []
  let [up, fall, size] = [0, 0, 0]
  for (const jump of jumps) {
    if (jump > 0) up += jump
    else fall -= jump
  }
  for (const slope of s) size = Math.max(size, Math.abs(slope))
  const first = s.length === 0 ? 0 : s[0]
  const heights = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  const slack = FREE * (size + up + fall) + (s.length === 0 ? 0 : (NOISE * heights) / (nodes[1] - nodes[0]))
  const within = (a: number, b: number) => Math.abs(a - b) <= slack
  // How much of the slope at the left end the hinges to the left bring, by jumps of the sign opposite to it.
  const brought = Math.max(-up, Math.min(fall, first))
  const rest = within(first, brought) ? 0 : first - brought
  let missing = Math.abs(brought)
  if (within(brought, fall) || within(brought, -up)) missing = Infinity
  jumps.forEach((jump, k) => {
    const knot = nodes[k + 1]
    const share = jump * brought < 0 ? Math.min(Math.abs(jump), missing) : 0
    missing -= share
    const left = Math.sign(jump) * share
    const right = share === Math.abs(jump) ? 0 : jump - left
    if (right !== 0) hinges.push({ knot, side: 1, coefficient: right })
    if (left !== 0) hinges.push({ knot, side: -1, coefficient: left })
  })
  if (rest !== 0) hinges.unshift({ knot: nodes[0], side: 1, coefficient: rest })
  let constant = values[0]
  for (const { knot, side, coefficient } of hinges) if (side < 0) constant -= coefficient * (knot - nodes[0])
  return {
    constant,
    knots: Float64Array.from(hinges, ({ knot }) => knot),
    sides: Float64Array.from(hinges, ({ side }) => side),
    coefficients: Float64Array.from(hinges, ({ coefficient }) => coefficient),
  }
}

/** f at points; outside the interval as the hinges go on. */
export function evaluateHinges(
  { constant, knots, sides, coefficients }: HingeSpline,
  at: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(at, x => {
    let sum = constant
    for (let j = 0; j < knots.length; j++) sum += coefficients[j] * Math.max(0, sides[j] * (x - knots[j]))
    return sum
  })
}

/**
 * The same values at the data with the fewest kinks: in a run of kinks of one sign at neighbouring data points the first and second,
 * third and fourth … become one, where the outer two lines meet; a run of m keeps ⌈m/2⌉. R stays.
 *
 * @param points all data points, ascending and distinct; the nodes are among them.
 * @see T. Debarre, Q. Denoyelle, M. Unser, J. Fageot, "Sparsest piecewise-linear regression of one-dimensional data", 2020, for the
 *   lower bound.
 */
export function sparsest(pieces: Pieces, points: Float64Array): Pieces {
  const { nodes, values } = pieces
  const s = slopesOf(pieces)
  const jumps = jumpsOf(pieces)
  const place = placesOf(nodes, points)
  const kept: [number, number][] = [[nodes[0], values[0]]]
  for (let k = 1; k <= jumps.length; k++) {
    const [jump, next] = [jumps[k - 1], jumps[k]]
    if (k < jumps.length && jump * next > 0 && place[k + 1] === place[k] + 1) {
      const along = (nodes[k + 1] - nodes[k]) * (next / (jump + next))
      kept.push([nodes[k] + along, values[k] + s[k - 1] * along])
      k++
    } else kept.push([nodes[k], values[k]])
  }
  if (nodes.length > 1) kept.push([nodes[nodes.length - 1], values[nodes.length - 1]])
  return { nodes: Float64Array.from(kept, ([x]) => x), values: Float64Array.from(kept, ([, v]) => v) }
}

/** Where each node is among the points. */
function placesOf(nodes: Float64Array, points: Float64Array): Int32Array {
  const place = new Int32Array(nodes.length)
  let at = 0
  nodes.forEach((node, k) => {
    while (points[at] < node) at++
    place[k] = at
  })
  return place
}

/** f without the nodes at which it has no kink beyond rounding. */
export function withoutFlatNodes({ nodes, values }: Pieces): Pieces {
  const keep = [0]
  for (let k = 1; k + 1 < nodes.length; k++) {
    const last = keep[keep.length - 1]
    const [before, after] = [nodes[k] - nodes[last], nodes[k + 1] - nodes[k]]
    const [left, right] = [(values[k] - values[last]) / before, (values[k + 1] - values[k]) / after]
    const heights = Math.max(Math.abs(values[last]), Math.abs(values[k]), Math.abs(values[k + 1]))
    const places = Math.max(Math.abs(nodes[last]), Math.abs(nodes[k + 1]))
    // Decimal data are rounded themselves: three points on a line are on it up to that.
    const error = (heights + Math.abs(right) * places) / after + (heights + Math.abs(left) * places) / before
    if (Math.abs(right - left) > NOISE * error) keep.push(k)
  }
  if (nodes.length > 1) keep.push(nodes.length - 1)
  return { nodes: Float64Array.from(keep, k => nodes[k]), values: Float64Array.from(keep, k => values[k]) }
}
