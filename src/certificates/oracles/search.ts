/**
 * max tᵀ(Xu)₊ over the unit ball from below: ascent on zonotopes from many starts, and from roundings of a relaxation.
 *
 * With P = {t_i > 0}, N = {t_i < 0}, Z_P and Z_N the rows |t_i|·x_i, the maximum is the directed Hausdorff distance
 *
 *   max_{h ∈ [0,1]^P} min_{κ ∈ [0,1]^N} ‖Z_Pᵀh − Z_Nᵀκ‖,
 *
 * and u = (Z_Pᵀh − Z_Nᵀκ)/‖·‖ at a solution. Convex–concave steps: h from the signs of X_P u, κ by coordinate descent on
 * the box, a new u; the value never falls. It finds the maximum of small problems nearly always and proves nothing.
 * Rounding (Goemans and Williamson): starts u = B·r, r Gaussian, with the factor B of a solved relaxation; sample i is then cut by
 * the sign of z_i·u, which is the hyperplane r through the vectors Bᵀz_i.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import { norm } from '../../matrix/vector.ts'
import { fold, type Key, key as keyOf, normals } from '../../random/index.ts'
import { absoluteReach } from '../dualNorm.ts'
import { gamma, normUp } from '../rounding.ts'
import { type Direction, type Half, halvesOf, type OracleResult } from './oracle.ts'

/** How hard is looked. */
export interface SearchOptions {
  readonly key?: Key
  /** Random starts for each output and sign; default 20, fewer for large data. */
  readonly starts?: number
  /** Further starts, in R^d. */
  readonly from?: readonly Float64Array[]
  /** For roundings: a factor B ∈ R^{d × d} for each half, in the order of `halvesOf`. */
  readonly factors?: readonly Dense[]
}

const STEPS = 60
const SWEEPS = 25
/** Multiplications that one call may cost, roughly. */
const BUDGET = 1e9

/**
 * A lower bound of g(θ), and the best direction of every half, best first.
 *
 * Cost: for each start up to 60 steps of up to 25 sweeps of 4·n·d flops, cut to about 1e9 in all.
 */
export function normBySearch(x: Dense, theta: Float64Array, options: SearchOptions = {}): OracleResult {
  const { key = keyOf(0), from = [], factors } = options
  const halves = halvesOf(theta, x.rows)
  const room = Math.floor(BUDGET / (halves.length * 100 * Math.max(1, x.data.length)))
  const starts = Math.max(2, Math.min(options.starts ?? 20, room))
  const directions = halves.map((half, at) => {
    const random = normals(fold(key, at), starts * x.cols)
    const begin = [...from]
    for (let s = 0; s < starts; s++) {
      const r = random.subarray(s * x.cols, (s + 1) * x.cols)
      begin.push(factors === undefined ? r : times(factors[at], r))
    }
    let best: Direction = { output: half.output, sign: half.sign, u: new Float64Array(x.cols), value: 0 }
    for (const u of begin) {
      const found = climb(x, half, u)
      if (found.value > best.value) best = found
    }
    return best
  })
  directions.sort((a, b) => b.value - a.value)
  return { value: directions[0]?.value ?? 0, kind: 'lower', oracle: 'search', witness: { directions, proofs: [] } }
}

/** Convex–concave ascent of one half from `start`; never ends below it. */
export function climb(x: Dense, { t, output, sign }: Half, start: Float64Array): Direction {
  const d = x.cols
  const squares = new Float64Array(x.rows)
  for (let i = 0; i < x.rows; i++) for (let j = 0; j < d; j++) squares[i] += (t[i] * x.data[i * d + j]) ** 2
  let u: Float64Array = start.slice()
  let value = -Infinity
  let best: Direction = { output, sign, u: unit(u), value: valueDown(x, t, unit(u)) }
  const kappa = new Float64Array(x.rows)
  const q = new Float64Array(d)
  for (let step = 0; step < STEPS; step++) {
    // q = Z_Pᵀh − Z_Nᵀκ at the signs of u; the slopes κ start from them only once, then carry over.
    q.fill(0)
    for (let i = 0; i < x.rows; i++) {
      if (t[i] === 0) continue
      const z = inner(x, i, u)
      if (t[i] < 0 && step === 0) kappa[i] = z > 0 ? 1 : 0
      const h = t[i] > 0 ? (z > 0 ? 1 : 0) : kappa[i]
      if (h !== 0) for (let j = 0; j < d; j++) q[j] += h * t[i] * x.data[i * d + j]
    }
    nearestSlopes(x, t, squares, kappa, q, SWEEPS)
    if (!(norm(q) > 0)) break
    u = unit(q)
    const now = heightOf(x, t, u)
    if (!(now > value * (1 + 1e-13))) break
    value = now
    const down = valueDown(x, t, u)
    if (down > best.value) best = { output, sign, u, value: down }
  }
  return best
}

/**
 * Coordinate descent for min over κ ∈ [0,1]^N of ‖q‖, where q = (something) − Σ_N κ_i|t_i|x_i is updated along with κ.
 */
export function nearestSlopes(
  x: Dense,
  t: Float64Array,
  squares: Float64Array,
  kappa: Float64Array,
  q: Float64Array,
  sweeps: number,
): void {
  const d = x.cols
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let moved = 0
    for (let i = 0; i < x.rows; i++) {
      if (!(t[i] < 0) || squares[i] === 0) continue
      // z_i = |t_i|x_i; the best step along it is z·q/‖z‖².
      const along = (-t[i] * inner(x, i, q)) / squares[i]
      const next = Math.min(1, Math.max(0, kappa[i] + along))
      const change = next - kappa[i]
      if (change === 0) continue
      kappa[i] = next
      for (let j = 0; j < d; j++) q[j] += change * t[i] * x.data[i * d + j]
      moved = Math.max(moved, Math.abs(change) * Math.sqrt(squares[i]))
    }
    if (moved <= 1e-14 * norm(q)) break
  }
}

/** tᵀ(Xu)₊. */
function heightOf(x: Dense, t: Float64Array, u: Float64Array): number {
  let sum = 0
  for (let i = 0; i < x.rows; i++) if (t[i] !== 0) sum += t[i] * Math.max(0, inner(x, i, u))
  return sum
}

/** A number ≤ tᵀ(Xu)₊/‖u‖: the computed one less the rounding of its products and sums. */
function valueDown(x: Dense, t: Float64Array, u: Float64Array): number {
  const length = normUp(u)
  if (!(length > 0)) return 0
  return (heightOf(x, t, u) - gamma(x.rows + x.cols + 4) * absoluteReach(x, t) * length) / length
}

function inner(x: Dense, i: number, u: Float64Array): number {
  let sum = 0
  for (let j = 0, at = i * x.cols; j < x.cols; j++, at++) sum += x.data[at] * u[j]
  return sum
}

function unit(u: Float64Array): Float64Array {
  const length = norm(u)
  return length > 0 ? u.map(v => v / length) : u.slice()
}

function times(b: Dense, r: Float64Array): Float64Array {
  return Float64Array.from({ length: b.rows }, (_, i) => {
    let sum = 0
    for (let j = 0; j < b.cols; j++) sum += b.data[i * b.cols + j] * r[j]
    return sum
  })
}
