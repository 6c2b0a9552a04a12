/**
 * The exact oracle: g(θ) over every cell of the arrangement of X, for rank 2, 3 and, for few samples, 4.
 *
 * In rank r every cell has a two-dimensional face, in the plane orthogonal to some r − 2 of the lines. So each such plane is swept
 * once around: the other lines cut its circle into arcs, q = Σ_{active} weight_l·a_l changes by one term from arc to arc, and each
 * arc touches the 2^{r−2} cells on the sides of the r − 2 lines. Nothing is stored: rank 3 takes O(m² log m) time and O(m) memory.
 *
 * On a cell f is the linear q·u, so its maximum over the cell and the ball is at q/‖q‖ when that lies in the cell, and on the
 * cell's boundary otherwise; and so on down the faces. Hence g is the largest of: the values at vertices; at arcs, the length
 * of q's part in the plane when it points into the arc; for every further face at the arc, the length of q's part in the
 * face when that satisfies all lines (one violated line is enough to drop it, and the arc's own ends nearly always are).
 *
 * Cells thinner than about 2⁻⁴⁵ radians may be missed. A direction in one lies that near to an arc that was visited, and f is
 * Lipschitz with Σ|weight_l|, so the bound is raised by 2⁻⁴³·Σ|weight_l|: part of its rounding.
 * @module
 */
import { UnsupportedError } from '../../errors.ts'
import type { Compute } from '../../matrix/compute.ts'
import { compute as sharedCompute } from '../../matrix/createCompute.ts'
import type { Dense } from '../../matrix/dense.ts'
import { gamma, normUp, UNIT, up } from '../rounding.ts'
import { type Arrangement, arrangementOf, type LineWeights, weightsOnLines } from './arrangement.ts'
import { type Direction, halvesOf, type OracleResult } from './oracle.ts'
import { type Arc, sweepPlane } from './sweepPlane.ts'

/** How far enumeration goes. */
export interface EnumerationOptions {
  readonly compute?: Compute
  /** Cells below this need no attention: the result is max(floor, g). Default 0. */
  readonly floor?: number
  /** Arcs visited at most; default 4e7. */
  readonly cap?: number
  /** The arrangement of X, where it is known already; one of lower rank gives the low-rank bound, of kind 'upper'. */
  readonly arrangement?: Arrangement
}

/** About a minute. */
const CAP = 4e7
/** What cells too thin to be seen may add, as a part of Σ|weight|. */
const THIN = 2 ** -43
/** Beyond a face by less than this part of the length is on it: a bound can only grow by that. */
const INSIDE = 1e-13

/** Arcs that a sweep over m lines of this rank visits; Infinity above rank 4. */
export function arcsOf({ lines, rank }: Arrangement): number {
  const m = lines.rows
  if (rank <= 2) return 2 * m
  if (rank === 3) return 2 * m * m
  return rank === 4 ? m * m * m : Infinity
}

/**
 * g(θ) to rounding (never below it), with the best direction of each half that exceeds `floor`.
 *
 * @throws UnsupportedError (E_TOO_MANY_PATTERNS) above rank 4, or when more arcs than the cap would be visited.
 */
export function normByEnumeration(x: Dense, theta: Float64Array, options: EnumerationOptions = {}): OracleResult {
  const { compute = sharedCompute(), floor = 0, cap = CAP } = options
  const arrangement = options.arrangement ?? arrangementOf(x, 5, compute)
  const arcs = arcsOf(arrangement)
  if (arcs > cap)
    throw new UnsupportedError(
      `normByEnumeration: ${arrangement.lines.rows} distinct rows of rank ${arrangement.rank > 4 ? '5 or more' : arrangement.rank} must be swept in at most ${cap} arcs; it takes ${arcs === Infinity ? 'far more' : arcs}. Use the spectral or the sdp oracle.`,
      'E_TOO_MANY_PATTERNS',
    )
  let value = floor
  const directions: Direction[] = []
  for (const { output, sign, t } of halvesOf(theta, x.rows)) {
    if (sign < 0) continue
    const weights = weightsOnLines(arrangement, t)
    const found = sweep(
      arrangement,
      weights,
      Math.max(0, (value * (1 - 4 * UNIT) - slackOf(arrangement, weights, t)) / arrangement.widen),
    )
    for (const [half, u] of found.directions) {
      const back = inFullSpace(arrangement, u)
      const length = normUp(back)
      if (!(length > 0)) continue
      const unit = back.map(v => v / length)
      directions.push({ output, sign: half, u: unit, value: reached(x, t, half, unit) })
    }
    value = Math.max(value, up(up(arrangement.widen * found.most) + slackOf(arrangement, weights, t)))
  }
  directions.sort((a, b) => b.value - a.value)
  const kind = arrangement.complete ? 'exact' : 'upper'
  return { value, kind, oracle: 'enumeration', witness: { directions, proofs: [] } }
}

function slackOf({ residual }: Arrangement, { weight, slack }: LineWeights, t: Float64Array): number {
  let size = 0
  for (let l = 0; l < weight.length; l++) size += Math.abs(weight[l])
  // q is carried along a circle of 2m steps, each rounded once.
  return up(slack + up(residual * normUp(t)) + size * (THIN + 4 * gamma(2 * weight.length + 16)), weight.length + 4)
}

/** The largest value over all faces of all cells, at least `floor`, and where each sign's record was met. */
function sweep(
  { lines, rank: r }: Arrangement,
  { weight, linear }: LineWeights,
  floor: number,
): { most: number; directions: Map<1 | -1, Float64Array> } {
  const m = lines.rows
  let most = floor
  const directions = new Map<1 | -1, Float64Array>()
  if (m === 0) return { most: Math.max(most, normUp(linear)), directions }
  const q = new Float64Array(r)
  const v = new Float64Array(r)
  const keep = (value: number, u: Float64Array, sign: 1 | -1): void => {
    most = value
    directions.set(
      sign,
      u.map(c => sign * c),
    )
  }
  /** Whether ±v lies on the cell's side of line l, or within rounding of it. */
  const violates = (l: number, active: number, sign: 1 | -1, tolerance: number): boolean =>
    (active === 1 ? sign : -sign) * inner(lines, l, v) < -tolerance
  const outside = ({ active, ends, through, side }: Arc, face: number, sign: 1 | -1, tolerance: number): boolean => {
    for (let k = 0; k < ends.length; k++) if (violates(ends[k], active[ends[k]], sign, tolerance)) return true
    if (face === 0) return false
    for (let k = 0; k < through.length; k++) if (violates(through[k], side[k], sign, tolerance)) return true
    for (let l = 0; l < m; l++) if (violates(l, active[l], sign, tolerance)) return true
    return false
  }
  const consider = (arc: Arc): void => {
    const { e, f, angle, chosen } = arc
    let p = 0
    let s = 0
    let square = 0
    for (let j = 0; j < r; j++) {
      p += q[j] * e[j]
      s += q[j] * f[j]
      square += q[j] * q[j]
    }
    if (square <= most * most) return
    // The vertex where the arc begins.
    if (p * p + s * s > most * most) {
      const cos = Math.cos(angle)
      const sin = Math.sin(angle)
      const vertex = p * cos + s * sin
      const half = vertex > 0 ? 1 : -1
      // `keep` turns what it gets by the sign.
      for (let j = 0; j < r; j++) v[j] = half * (cos * e[j] + sin * f[j])
      if (half * vertex > most) keep(half * vertex, v, half)
    }
    // Faces of growing dimension: the arc, then with some of the chosen lines no longer held at equality.
    const held = chosen.length
    for (let free = 0; free < 1 << held; free++) {
      if (free === 0) for (let j = 0; j < r; j++) v[j] = p * e[j] + s * f[j]
      else {
        v.set(q)
        removeParts(lines, chosen, free, v)
      }
      let length = 0
      for (let j = 0; j < r; j++) length += v[j] * v[j]
      length = Math.sqrt(length)
      if (!(length > most)) continue
      const tolerance = INSIDE * length
      if (!outside(arc, free, 1, tolerance)) keep(length, v, 1)
      else if (!outside(arc, free, -1, tolerance)) keep(length, v, -1)
    }
  }
  for (const chosen of planes(m, r)) sweepPlane(lines, weight, linear, chosen, q, consider)
  return { most, directions }
}

/** Takes out of v its parts along the chosen lines whose bit in `free` is 0. */
function removeParts(lines: Dense, chosen: readonly number[], free: number, v: Float64Array): void {
  const r = v.length
  // At most one line is held here: with both, the face is the arc.
  chosen.forEach((l, k) => {
    if (((free >> k) & 1) === 1) return
    const along = inner(lines, l, v)
    for (let j = 0; j < r; j++) v[j] -= along * lines.data[l * r + j]
  })
}

/** All (r − 2)-subsets of the lines, the empty one for r ≤ 2. */
function* planes(m: number, r: number): Generator<number[], void, void> {
  if (r <= 2) yield []
  else if (r === 3) for (let i = 0; i < m; i++) yield [i]
  else for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) yield [i, j]
}

function inner(lines: Dense, l: number, v: Float64Array): number {
  let sum = 0
  for (let j = 0, at = l * lines.cols; j < lines.cols; j++, at++) sum += lines.data[at] * v[j]
  return sum
}

function inFullSpace({ basis, rank }: Arrangement, u: Float64Array): Float64Array {
  if (basis === null) return u
  const out = new Float64Array(basis.cols)
  for (let k = 0; k < rank; k++) for (let j = 0; j < basis.cols; j++) out[j] += u[k] * basis.data[k * basis.cols + j]
  return out
}

/** sign·tᵀ(Xu)₊. */
function reached(x: Dense, t: Float64Array, sign: number, u: Float64Array): number {
  let sum = 0
  for (let i = 0, at = 0; i < x.rows; i++) {
    let inner = 0
    for (let j = 0; j < x.cols; j++, at++) inner += x.data[at] * u[j]
    if (inner > 0) sum += t[i] * inner
  }
  return sign * sum
}
