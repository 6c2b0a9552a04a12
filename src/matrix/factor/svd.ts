/**
 * Thin singular value decomposition: A = U·diag(s)·Vᵀ.
 *
 * LAPACK's divide and conquer where the backend has it; else our own: QR of a tall matrix, bidiagonal form of the square
 * one, divide and conquer, back-transformation. Nothing is squared: every singular value has an error of order
 * 2^−53·s_0, so small ones are right down to rounding of the largest.
 * @module
 */
import { NotSolvedError } from '../../errors.ts'
import type { Compute, Region } from '../compute.ts'
import { compute as defaultCompute } from '../createCompute.ts'
import { type Dense, dense, transpose } from '../dense.ts'
import { bidiagonalize } from './bidiagonal.ts'
import { bidiagonalSvd } from './bidiagonalDivide.ts'
import { applyReflectors } from './householder.ts'
import { checkFinite, type FactorOptions, scaleOf } from './input.ts'
import { qr } from './qr.ts'

/** A = U·diag(s)·Vᵀ, thin. */
export interface Svd {
  /** m × r, orthonormal columns, r = min(m, n). */
  readonly u: Dense
  /** Descending and ≥ 0, in R^r. */
  readonly values: Float64Array
  /** r × n, orthonormal rows. */
  readonly vt: Dense
}

/**
 * Thin SVD of A ∈ R^{m × n}, any shape and rank.
 *
 * Cost for m ≥ n about 4mn² (QR) + 8n³/3 + at most 8n³/3 + 4n³ + 2mn² flops; memory 12n² + 3mn.
 *
 * @throws DomainError for entries that are not finite.
 * @throws NotSolvedError when LAPACK reports failure.
 */
export function svd(a: Dense, options: FactorOptions = {}): Svd {
  checkFinite('svd', a)
  const { compute = defaultCompute() } = options
  if (a.rows < a.cols) {
    const { u, values, vt } = svd(transpose(a), { compute })
    return { u: transpose(vt), values, vt: transpose(u) }
  }
  const [m, n] = [a.rows, a.cols]
  const result = { u: dense(m, n), values: new Float64Array(n), vt: dense(n, n) }
  if (n === 0) return result
  const scale = scaleOf(a.data)
  const scaled = dense(
    m,
    n,
    a.data.map(v => v / scale),
  )
  const region = compute.region()
  try {
    if (compute.kernels.gesdd) byLapack(scaled, result, compute, region)
    else byDivision(scaled, result, compute, region)
  } finally {
    region.dispose()
  }
  for (let i = 0; i < n; i++) result.values[i] *= scale
  return result
}

function byLapack(a: Dense, { u, values, vt }: Svd, compute: Compute, region: Region): void {
  const [m, n] = [a.rows, a.cols]
  const [work, left, right] = [region.own(a.data), region.float64(m * n), region.float64(n * n)]
  if (!compute.kernels.gesdd?.(m, n, work, left, values, right))
    throw new NotSolvedError(`svd: LAPACK must converge on the ${m} × ${n} matrix; it did not. Use the wasm backend.`)
  u.data.set(left)
  vt.data.set(right)
}

function byDivision(a: Dense, { u, values, vt }: Svd, compute: Compute, region: Region): void {
  const [m, n] = [a.rows, a.cols]
  const factors = m > n ? qr(a, { compute }) : null
  const square = region.own(factors ? factors.r.data : a.data)
  const b = bidiagonalize(n, square, compute, region)
  const [left, right] = [region.float64(n * n).fill(0), region.float64(n * n).fill(0)]
  bidiagonalSvd(n, b.d, b.e, left, right, compute, region)
  applyReflectors(n, b.left, left, n, compute, region)
  applyReflectors(n, b.right, right, n, compute, region)
  // Ascending to descending; left vectors are rows, and become columns.
  for (let i = 0; i < n; i++) {
    const from = n - 1 - i
    values[i] = b.d[from]
    vt.data.set(right.subarray(from * n, (from + 1) * n), i * n)
  }
  const columns = region.float64(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) columns[j * n + i] = left[(n - 1 - i) * n + j]
  if (!factors) {
    u.data.set(columns)
    return
  }
  const product = region.float64(m * n)
  compute.gemm(false, false, m, n, n, 1, region.own(factors.q.data), n, columns, n, 0, product, n)
  u.data.set(product)
}
