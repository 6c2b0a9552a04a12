/**
 * Thin QR: A = Q·R with orthonormal columns in Q and R upper triangular with a diagonal ≥ 0 (which makes it unique for
 * full column rank, whatever backend computed it).
 *
 * Blocked Householder reflections on Aᵀ, whose rows are the columns of A: 8 columns are reflected one by one, then the
 * rest of their panel of 32 at once, then the rest of the matrix (compact WY, BLAS-3).
 * @module
 */
import { NotSolvedError } from '../../errors.ts'
import type { Compute, Region } from '../compute.ts'
import { compute as defaultCompute } from '../createCompute.ts'
import { type Dense, dense } from '../dense.ts'
import { dot } from '../vector.ts'
import { applyBlock, reflection } from './householder.ts'
import { checkFinite, type FactorOptions, scaleOf, transposeInto } from './input.ts'

const PANEL = 32
const STRIP = 8

/** A = Q·R, thin. */
export interface Qr {
  /** m × r with QᵀQ = I, r = min(m, n). */
  readonly q: Dense
  /** r × n, upper triangular (trapezoidal when m < n), diagonal ≥ 0. */
  readonly r: Dense
}

/**
 * Thin QR of A ∈ R^{m × n}, any shape. Column-wise backward stable; a rank-deficient A gives zeros (to rounding) on the
 * diagonal of R, not necessarily at the end, since columns are not exchanged.
 *
 * Cost about 4mn·r − 4r³/3 flops with Q; memory 3mn.
 *
 * @throws DomainError for entries that are not finite.
 * @throws NotSolvedError when LAPACK reports failure.
 */
export function qr(a: Dense, options: FactorOptions = {}): Qr {
  checkFinite('qr', a)
  const { compute = defaultCompute() } = options
  const [m, n] = [a.rows, a.cols]
  const side = Math.min(m, n)
  const scale = scaleOf(a.data)
  const q = dense(m, side)
  const r = dense(side, n)
  if (side === 0) return { q, r }
  const region = compute.region()
  try {
    if (compute.kernels.geqrf) byLapack(a, scale, q, r, compute, region)
    else byReflections(a, scale, q, r, compute, region)
  } finally {
    region.dispose()
  }
  orient(q, r)
  if (scale !== 1) for (let i = 0; i < r.data.length; i++) r.data[i] *= scale
  return { q, r }
}

function byLapack(a: Dense, scale: number, q: Dense, r: Dense, compute: Compute, region: Region): void {
  const [m, n, side] = [a.rows, a.cols, q.cols]
  // LAPACK factors the leading square or tall part; columns beyond it are multiplied by Qᵀ.
  const [head, orthogonal, triangle] = [region.float64(m * side), region.float64(m * side), region.float64(side * side)]
  for (let i = 0; i < m; i++) for (let j = 0; j < side; j++) head[i * side + j] = a.data[i * n + j] / scale
  if (!compute.kernels.geqrf?.(m, side, head, orthogonal, triangle))
    throw new NotSolvedError(`qr: LAPACK must factor the ${m} × ${n} matrix; it did not. Use the wasm backend.`)
  q.data.set(orthogonal)
  for (let i = 0; i < side; i++) for (let j = i; j < side; j++) r.data[i * n + j] = triangle[i * side + j]
  if (n === side) return
  const [tail, product] = [region.float64(m * (n - side)), region.float64(side * (n - side))]
  const rest = n - side
  for (let i = 0; i < m; i++) for (let j = 0; j < rest; j++) tail[i * rest + j] = a.data[i * n + side + j] / scale
  compute.gemm(true, false, side, rest, m, 1, orthogonal, side, tail, rest, 0, product, rest)
  for (let i = 0; i < side; i++) r.data.set(product.subarray(i * rest, (i + 1) * rest), i * n + side)
}

/** Makes the diagonal of R ≥ 0. */
function orient(q: Dense, r: Dense): void {
  const sign = Float64Array.from({ length: q.cols }, (_, i) => (r.data[i * r.cols + i] < 0 ? -1 : 1))
  for (let k = 0, at = 0; k < q.rows; k++) for (let i = 0; i < q.cols; i++, at++) q.data[at] *= sign[i]
  for (let i = 0; i < r.rows; i++) if (sign[i] < 0) for (let j = i; j < r.cols; j++) r.data[i * r.cols + j] *= -1
}

function byReflections(a: Dense, scale: number, q: Dense, r: Dense, compute: Compute, region: Region): void {
  const [m, n, side] = [a.rows, a.cols, q.cols]
  const at = region.float64(n * m)
  transposeInto(m, n, a.data, n, at, m)
  if (scale !== 1) for (let i = 0; i < at.length; i++) at[i] /= scale
  const rt = new Float64Array(n * side)
  const tau = new Float64Array(side)
  const work = region.float64(2 * PANEL * (PANEL + Math.max(n, side)))
  const blockAt = (start: number, size: number) => {
    return { size, length: m - start, v: at.subarray(start * m + start), ldv: m, tau: tau.subarray(start) }
  }
  for (let start = 0; start < side; start += PANEL) {
    const end = Math.min(start + PANEL, side)
    for (let first = start; first < end; first += STRIP) {
      const last = Math.min(first + STRIP, end)
      for (let i = first; i < last; i++) {
        const v = at.subarray(i * m + i, (i + 1) * m)
        const h = reflection(v)
        tau[i] = h.tau
        for (let p = i + 1; p < last; p++) {
          const row = at.subarray(p * m + i, (p + 1) * m)
          const s = h.tau * dot(v, row)
          for (let j = 0; j < row.length; j++) row[j] -= s * v[j]
        }
        // Row i of Aᵀ up to i is column i of R; what remains there is the reflection.
        rt.set(at.subarray(i * m, i * m + i), i * side)
        rt[i * side + i] = h.beta
        at.fill(0, i * m, i * m + i)
      }
      applyBlock(compute, blockAt(first, last - first), true, at.subarray(last * m + first), end - last, m, work)
    }
    applyBlock(compute, blockAt(start, end - start), true, at.subarray(end * m + start), n - end, m, work)
  }
  for (let i = side; i < n; i++) rt.set(at.subarray(i * m, i * m + side), i * side)
  transposeInto(n, side, rt, side, r.data, n)

  // Rows of Qᵀ: the unit vectors, reflected by the blocks from last to first. Block `start` leaves earlier ones alone.
  const qt = region.float64(side * m).fill(0)
  for (let i = 0; i < side; i++) qt[i * m + i] = 1
  for (let start = PANEL * (Math.ceil(side / PANEL) - 1); start >= 0; start -= PANEL) {
    const block = blockAt(start, Math.min(PANEL, side - start))
    applyBlock(compute, block, false, qt.subarray(start * m + start), side - start, m, work)
  }
  transposeInto(side, m, qt, m, q.data, side)
}
