/**
 * Once around the circle of a plane: the arcs that lines cut out of it, and the cells that each arc touches.
 *
 * The plane is the orthogonal complement of `chosen` (0, 1 or 2 lines) in R^r, r = chosen + 2. A line a crosses its circle
 * where a·u = 0; between crossings the active set is constant. Lines that contain the whole plane (the chosen ones, and for two of them
 * any further line in their span) have no side on it: each arc touches one cell for every way in which they can lie.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'

/** One cell at one arc. Live buffers. */
export interface Arc {
  /** An orthonormal basis of the plane, and the angle at which the arc begins: u = cos·e + sin·f. */
  readonly e: Float64Array
  readonly f: Float64Array
  readonly angle: number
  /** 1 where the line is active in the cell. */
  readonly active: Uint8Array
  /** The lines at the arc's two ends. */
  readonly ends: readonly number[]
  /** The lines through the plane, the chosen ones first, and their sides in this cell. */
  readonly through: readonly number[]
  readonly side: Uint8Array
  readonly chosen: readonly number[]
}

/** A line contains the plane when its part in it is shorter than this. */
const INSIDE = 2 ** -40

/**
 * Calls `visit` for each cell at each arc, with q = linear + Σ_{active} weight_l·a_l in `q`.
 *
 * Cost O(m·log m) and 2m arcs.
 */
export function sweepPlane(
  lines: Dense,
  weight: Float64Array,
  linear: Float64Array,
  chosen: readonly number[],
  q: Float64Array,
  visit: (arc: Arc) => void,
): void {
  const [m, r] = [lines.rows, lines.cols]
  const [e, f] = r === 1 ? [Float64Array.of(1), Float64Array.of(0)] : planeBasis(lines, chosen)
  const angle = new Float64Array(m)
  const rising = new Uint8Array(m)
  const crossing: number[] = []
  const through: number[] = [...chosen]
  for (let l = 0; l < m; l++) {
    if (chosen.includes(l)) continue
    const [p, s] = [inner(lines, l, e), inner(lines, l, f)]
    if (Math.hypot(p, s) <= INSIDE) {
      through.push(l)
      continue
    }
    // a·u(φ) = p·cos φ + s·sin φ is 0 at φ = atan2(−p, s) modulo π, in [0, π); it rises there when its slope is positive.
    let phi = Math.atan2(-p, s)
    let up = true
    if (phi < 0) {
      phi += Math.PI
      up = false
    } else if (phi >= Math.PI) {
      phi -= Math.PI
      up = false
    }
    angle[l] = phi
    rising[l] = up ? 1 : 0
    crossing.push(l)
  }
  const sides = sidesOf(lines, through, chosen)
  const order = Int32Array.from(crossing).sort((a, b) => angle[a] - angle[b] || a - b)
  const active = new Uint8Array(m)
  const base = linear.slice()
  // Before the first crossing: what will rise is off, what will fall is on.
  for (const l of order) if (rising[l] === 0) toggle(l)
  const count = order.length
  const ends = [0, 0]
  // One object for all arcs: there can be millions.
  const arc = { e, f, angle: 0, active, ends: count === 0 ? [] : ends, through, side: sides[0], chosen }
  if (count === 0) emit(0)
  for (let step = 0; step < 2 * count; step++) {
    ends[0] = order[step % count]
    ends[1] = order[(step + 1) % count]
    toggle(ends[0])
    emit(angle[ends[0]] + (step < count ? 0 : Math.PI))
  }

  function toggle(l: number): void {
    const change = active[l] === 1 ? -weight[l] : weight[l]
    active[l] ^= 1
    for (let j = 0; j < r; j++) base[j] += change * lines.data[l * r + j]
  }

  function emit(from: number): void {
    arc.angle = from
    for (const side of sides) {
      for (let j = 0; j < r; j++) q[j] = base[j]
      for (let k = 0; k < through.length; k++) {
        const l = through[k]
        active[l] = side[k]
        if (side[k] === 1) for (let j = 0; j < r; j++) q[j] += weight[l] * lines.data[l * r + j]
      }
      arc.side = side
      visit(arc)
    }
  }
}

/** How the lines through the plane can lie in a cell next to it: every sector of their own arrangement. */
function sidesOf(lines: Dense, through: readonly number[], chosen: readonly number[]): Uint8Array[] {
  if (through.length === 0) return [new Uint8Array(0)]
  if (chosen.length < 2) return [Uint8Array.of(1), Uint8Array.of(0)]
  // Coordinates in the span of the two chosen lines.
  const r = lines.cols
  const first = lines.data.slice(chosen[0] * r, (chosen[0] + 1) * r)
  const second = lines.data.slice(chosen[1] * r, (chosen[1] + 1) * r)
  orthonormalise(second, [first])
  const spots = through.map(l => Math.atan2(-inner(lines, l, first), inner(lines, l, second)))
  const cuts = spots
    .flatMap(phi => [(phi + 2 * Math.PI) % Math.PI, ((phi + 2 * Math.PI) % Math.PI) + Math.PI])
    .sort((a, b) => a - b)
  return cuts.map((cut, k) => {
    const middle = (cut + (k + 1 < cuts.length ? cuts[k + 1] : cuts[0] + 2 * Math.PI)) / 2
    return Uint8Array.from(through, l =>
      inner(lines, l, first) * Math.cos(middle) + inner(lines, l, second) * Math.sin(middle) > 0 ? 1 : 0,
    )
  })
}

/** An orthonormal basis of the complement of the chosen lines. */
function planeBasis(lines: Dense, chosen: readonly number[]): [Float64Array, Float64Array] {
  const r = lines.cols
  const basis: Float64Array[] = []
  for (const l of chosen) {
    const row = lines.data.slice(l * r, (l + 1) * r)
    orthonormalise(row, basis)
    basis.push(row)
  }
  while (basis.length < r) {
    // The coordinate direction with most left outside what is there.
    let [best, most]: [Float64Array, number] = [new Float64Array(r), -1]
    for (let k = 0; k < r; k++) {
      const unit = new Float64Array(r)
      unit[k] = 1
      const left = orthonormalise(unit, basis)
      if (left > most) [best, most] = [unit, left]
    }
    basis.push(best)
  }
  return [basis[r - 2], basis[r - 1]]
}

/** Makes v a unit vector orthogonal to the unit vectors `others`; returns what was left of it. */
function orthonormalise(v: Float64Array, others: readonly Float64Array[]): number {
  let left = 1
  for (let pass = 0; pass < 2; pass++) {
    for (const b of others) {
      let along = 0
      for (let j = 0; j < v.length; j++) along += b[j] * v[j]
      for (let j = 0; j < v.length; j++) v[j] -= along * b[j]
    }
    const length = Math.hypot(...v)
    left *= length
    if (length > 0) for (let j = 0; j < v.length; j++) v[j] /= length
  }
  return left
}

function inner(lines: Dense, l: number, e: Float64Array): number {
  let sum = 0
  for (let j = 0, at = l * lines.cols; j < lines.cols; j++, at++) sum += lines.data[at] * e[j]
  return sum
}
