/**
 * Eigenvalues and vectors of a symmetric tridiagonal matrix by divide and conquer.
 *
 * T = diag(T_1, T_2) + ρ·b·bᵀ (b has two entries ±1 at the cut). With T_i = Q_i·D_i·Q_iᵀ the middle is D + ρ·z·zᵀ, whose
 * eigenvalues solve the secular equation and whose vectors are ẑ_j/(d_j − λ). Entries with negligible z, and one of each
 * pair of close d (after a rotation), are already solved ("deflation"). What remains is one product with Q_1, Q_2.
 *
 * Sources: J. Cuppen, A divide and conquer method for the symmetric tridiagonal eigenproblem, 1981; M. Gu,
 * S. Eisenstat, A divide-and-conquer algorithm for the symmetric tridiagonal eigenproblem, 1995.
 * @module
 */
import type { Compute, Region } from '../compute.ts'
import { combine, deflate, gather, grouping, LOWER, rotateRows, sortedOrder, UPPER } from './deflation.ts'
import { powerBelow, ROUND_OFF } from './input.ts'
import { loewner, secularRoot } from './secular.ts'
import { tridiagonalQl } from './tridiagonalQl.ts'

/** Up to this size rotations are cheaper than secular equations. */
const LEAF = 24

interface State {
  readonly n: number
  readonly d: Float64Array
  readonly e: Float64Array
  /** Row i: vector of d[i]; block diagonal over the parts solved so far. */
  readonly q: Float64Array
  readonly compute: Compute
  /** Room for vectors of the middle, packed old vectors, and new ones. */
  readonly middle: Float64Array
  readonly packed: Float64Array
  readonly fresh: Float64Array
}

/**
 * d ∈ R^n becomes the eigenvalues, ascending; row i of q ∈ R^{n × n} (zero on entry) the vector of d[i]. e ∈ R^{n−1} is the
 * off-diagonal. Cost at most about 4n³/3 flops in BLAS-3 plus O(n²); memory 3n² more.
 */
export function tridiagonalEigen(
  n: number,
  d: Float64Array,
  e: Float64Array,
  q: Float64Array,
  compute: Compute,
  region: Region,
): void {
  const half = Math.ceil(n / 2)
  solve(
    {
      n,
      d,
      e,
      q,
      compute,
      middle: region.float64(n * n),
      packed: region.float64(2 * n * half),
      fresh: region.float64(n * n),
    },
    0,
    n,
  )
}

function solve(s: State, low: number, high: number): void {
  if (high - low <= LEAF) {
    for (let i = low; i < high; i++) s.q[i * s.n + i] = 1
    tridiagonalQl(s.d, s.e, s.q, s.n, low, high)
    return
  }
  const mid = (low + high) >>> 1
  const rho = s.e[mid - 1]
  s.d[mid - 1] -= Math.abs(rho)
  s.d[mid] -= Math.abs(rho)
  solve(s, low, mid)
  solve(s, mid, high)
  merge(s, low, mid, high, rho)
}

function merge(s: State, low: number, mid: number, high: number, cut: number): void {
  const { n, q, compute, middle, packed, fresh } = s
  const size = high - low
  const d = s.d.subarray(low, high)
  // In units of the largest entry (a power of two), so that no square leaves the range; z has norm 1 with rho = 2|cut|.
  let unit = Math.abs(cut)
  for (let i = 0; i < size; i++) unit = Math.max(unit, Math.abs(d[i]))
  unit = powerBelow(unit)
  for (let i = 0; i < size; i++) d[i] /= unit
  const rho = (2 * Math.abs(cut)) / unit
  const z = new Float64Array(size)
  for (let i = low; i < mid; i++) z[i - low] = Math.SQRT1_2 * q[i * n + mid - 1]
  for (let i = mid; i < high; i++) z[i - low] = (cut < 0 ? -Math.SQRT1_2 : Math.SQRT1_2) * q[i * n + mid]

  const kind = new Uint8Array(size).fill(UPPER, 0, mid - low).fill(LOWER, mid - low)
  const tolerance = 8 * ROUND_OFF
  const split = deflate({
    d,
    z,
    kind,
    order: sortedOrder(d),
    smallZ: rho > 0 ? tolerance / rho : Infinity,
    smallD: tolerance,
    rotate: (i, j, cos, sin) => rotateRows(q, n, low + i, low + j, low, high, cos, sin),
  })
  const { kept, dropped } = split
  const count = kept.length
  const weights = gather(z, kept)
  const problem = {
    count,
    d: gather(d, kept),
    zeta: weights.map(v => v * v),
    rho,
    squared: false,
  }
  const values = new Float64Array(size)
  for (let k = 0; k < count; k++) values[k] = secularRoot(problem, k, middle.subarray(k * count, (k + 1) * count))
  for (let k = 0; k < dropped.length; k++) values[count + k] = d[dropped[k]]

  const zHat = loewner(problem, weights, middle, count)
  const groups = grouping(kept, kind)
  const row = new Float64Array(count)
  for (let k = 0; k < count; k++) {
    const target = middle.subarray(k * count, (k + 1) * count)
    let sum = 0
    for (let j = 0; j < count; j++) {
      const v = zHat[j] / target[j]
      row[groups.position[j]] = v
      sum += v * v
    }
    const scale = 1 / Math.sqrt(sum)
    for (let j = 0; j < count; j++) target[j] = row[j] * scale
  }
  const order = sortedOrder(values)
  combine(compute, { rows: q, ld: n, low, cut: mid, end: high }, middle, groups, split, kind, order, packed, fresh)
  for (let r = 0; r < size; r++) d[r] = values[order[r]] * unit
}
