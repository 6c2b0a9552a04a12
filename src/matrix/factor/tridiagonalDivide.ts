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
import { BOTH, LOWER, permuteRows, sortedOrder, UPPER } from './deflation.ts'
import { ROUND_OFF } from './input.ts'
import { loewner, secularRoot } from './secular.ts'

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
  if (high - low === 1) {
    s.q[low * s.n + low] = 1
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
  const { n, d, q, compute, middle, packed, fresh } = s
  const [size, sizeUpper, sizeLower] = [high - low, mid - low, high - mid]
  // z with ‖z‖ = 1, for rho = 2|cut|.
  const rho = 2 * Math.abs(cut)
  const z = new Float64Array(size)
  const [first, second] = [Math.SQRT1_2, cut < 0 ? -Math.SQRT1_2 : Math.SQRT1_2]
  for (let i = low; i < mid; i++) z[i - low] = first * q[i * n + mid - 1]
  for (let i = mid; i < high; i++) z[i - low] = second * q[i * n + mid]

  const part = d.subarray(low, high)
  const order = sortedOrder(part)
  const kind = new Uint8Array(size).fill(UPPER, 0, sizeUpper).fill(LOWER, sizeUpper)
  const { kept, dropped } = deflate(s, low, high, order, z, rho, kind)
  const count = kept.length

  const problem = {
    count,
    d: Float64Array.from(kept, i => part[i]),
    zeta: Float64Array.from(kept, i => z[i] * z[i]),
    rho,
    squared: false,
  }
  const values = new Float64Array(size)
  for (let k = 0; k < count; k++) values[k] = secularRoot(problem, k, middle.subarray(k * count, (k + 1) * count))

  if (count > 0) {
    const zHat = loewner(
      problem,
      Float64Array.from(kept, i => z[i]),
      middle,
      count,
    )
    const { position, counts } = grouped(kept, kind)
    const row = new Float64Array(count)
    for (let k = 0; k < count; k++) {
      const target = middle.subarray(k * count, (k + 1) * count)
      let sum = 0
      for (let j = 0; j < count; j++) {
        const v = zHat[j] / target[j]
        row[position[j]] = v
        sum += v * v
      }
      const scale = 1 / Math.sqrt(sum)
      for (let j = 0; j < count; j++) target[j] = row[j] * scale
    }
    const [upper, both, lower] = counts
    const lowerStart = (upper + both) * sizeUpper
    kept.forEach((i, j) => {
      const p = position[j]
      const source = (low + i) * n
      if (kind[i] !== LOWER) packed.set(q.subarray(source + low, source + mid), p * sizeUpper)
      if (kind[i] !== UPPER) packed.set(q.subarray(source + mid, source + high), lowerStart + (p - upper) * sizeLower)
    })
    compute.gemm(false, false, count, sizeUpper, upper + both, 1, middle, count, packed, sizeUpper, 0, fresh, size)
    compute.gemm(
      false,
      false,
      count,
      sizeLower,
      both + lower,
      1,
      middle.subarray(upper),
      count,
      packed.subarray(lowerStart),
      sizeLower,
      0,
      fresh.subarray(sizeUpper),
      size,
    )
  }
  dropped.forEach((i, k) => {
    values[count + k] = part[i]
    const source = (low + i) * n
    fresh.set(q.subarray(source + low, source + high), (count + k) * size)
  })
  permuteRows(values, fresh, size, part, q, low * n + low, n)
}

/** Splits the entries, in ascending order of d, into those that enter the secular equation and those already solved. */
function deflate(
  s: State,
  low: number,
  high: number,
  order: Uint32Array,
  z: Float64Array,
  rho: number,
  kind: Uint8Array,
): { kept: number[]; dropped: number[] } {
  const { n, q } = s
  const part = s.d.subarray(low, high)
  let top = 0
  for (let i = 0; i < part.length; i++) top = Math.max(top, Math.abs(part[i]), Math.abs(z[i]))
  const tolerance = 8 * ROUND_OFF * top
  const kept: number[] = []
  const dropped: number[] = []
  let previous = -1
  for (const j of order) {
    if (rho * Math.abs(z[j]) <= tolerance) {
      dropped.push(j)
      continue
    }
    if (previous >= 0) {
      // A rotation of the two vectors moves all of z into entry j; the off-diagonal it creates is (d_j − d_i)·c·s.
      const i = previous
      const size = Math.hypot(z[i], z[j])
      const [cos, sin] = [z[j] / size, -z[i] / size]
      const distance = part[j] - part[i]
      if (Math.abs(distance * cos * sin) <= tolerance) {
        z[j] = size
        z[i] = 0
        if (kind[i] !== kind[j]) kind[j] = BOTH
        const [x, y] = [(low + i) * n, (low + j) * n]
        for (let c = low; c < high; c++) {
          const [a, b] = [q[x + c], q[y + c]]
          q[x + c] = cos * a + sin * b
          q[y + c] = cos * b - sin * a
        }
        const [di, dj] = [part[i], part[j]]
        part[i] = di * cos * cos + dj * sin * sin
        part[j] = di * sin * sin + dj * cos * cos
        dropped.push(i)
      } else kept.push(i)
    }
    previous = j
  }
  if (previous >= 0) kept.push(previous)
  return { kept, dropped }
}

/** Where each kept entry goes so that upper, mixed and lower vectors are contiguous. */
function grouped(
  kept: readonly number[],
  kind: Uint8Array,
): { position: Uint32Array; counts: [number, number, number] } {
  const counts: [number, number, number] = [0, 0, 0]
  for (const i of kept) counts[kind[i]]++
  const next = [0, counts[UPPER], counts[UPPER] + counts[BOTH]]
  const position = Uint32Array.from(kept, i => next[kind[i]]++)
  return { position, counts }
}
