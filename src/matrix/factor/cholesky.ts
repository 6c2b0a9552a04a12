/**
 * Cholesky: A = L·Lᵀ for symmetric positive definite A, with L lower triangular and a positive diagonal.
 *
 * Blocked and right-looking on R = Lᵀ, whose rows are contiguous: factor a 64 × 64 diagonal block, solve for the rest of
 * its rows (trsm), subtract their outer product from what remains (gemm, upper strips only). n³/3 flops, nearly all BLAS-3.
 * @module
 */
import { DomainError, ShapeError } from '../../errors.ts'
import type { Compute } from '../compute.ts'
import { compute as defaultCompute } from '../createCompute.ts'
import { type Dense, dense } from '../dense.ts'
import { checkFinite, checkSquare, type FactorOptions, transposeInto } from './input.ts'

const BLOCK = 64
const STRIP = 128

/** Options of `cholesky`. */
export interface CholeskyOptions extends FactorOptions {
  /** Receives L; may be `a` itself. */
  readonly out?: Dense
}

/**
 * L ∈ R^{n × n} with A = L·Lᵀ; only the lower triangle of `a` is read, the upper triangle of L is zero.
 *
 * Use it for systems and log-determinants of matrices known to be positive definite; `choleskyPivoted` when the rank is
 * in doubt. Cost n³/3 flops, memory n².
 *
 * @throws ShapeError when `a` is not square or `out` has another shape.
 * @throws DomainError for entries that are not finite, and (code E_NOT_POSITIVE_DEFINITE) when a pivot is not positive.
 */
export function cholesky(a: Dense, options: CholeskyOptions = {}): Dense {
  checkSquare('cholesky', a)
  const { compute = defaultCompute(), out = dense(a.rows, a.cols) } = options
  if (out.rows !== a.rows || out.cols !== a.cols)
    throw new ShapeError(`cholesky: out must be ${a.rows} × ${a.cols}; got ${out.rows} × ${out.cols}.`)
  const n = a.rows
  if (compute.kernels.potrf) {
    if (out !== a) out.data.set(a.data)
    if (!compute.kernels.potrf(n, out.data, n)) refuse(out === a ? undefined : a)
  } else {
    const region = compute.region()
    try {
      const r = region.float64(n * n)
      transposeInto(n, n, a.data, n, r, n)
      if (!factorUpper(n, r, region.float64(BLOCK * BLOCK), compute)) refuse(a)
      transposeInto(n, n, r, n, out.data, n)
    } finally {
      region.dispose()
    }
  }
  for (let i = 0; i < n; i++) out.data.fill(0, i * n + i + 1, (i + 1) * n)
  for (let i = 0; i < n; i++) if (!Number.isFinite(out.data[i * n + i])) refuse(out === a ? undefined : a)
  return out
}

/** R in the upper triangle of r, in place; false when a pivot is not positive. */
function factorUpper(n: number, r: Float64Array, corner: Float64Array, compute: Compute): boolean {
  for (let k = 0; k < n; k += BLOCK) {
    const nb = Math.min(BLOCK, n - k)
    for (let i = 0; i < nb; i++) for (let j = 0; j <= i; j++) corner[i * nb + j] = r[(k + j) * n + k + i]
    if (!factorSmall(nb, corner)) return false
    for (let i = 0; i < nb; i++) for (let j = 0; j <= i; j++) r[(k + j) * n + k + i] = corner[i * nb + j]
    const next = k + nb
    if (next === n) break
    compute.kernels.trsm(false, nb, n - next, 1, corner, nb, r.subarray(k * n + next), n)
    for (let s = next; s < n; s += STRIP) {
      const rows = Math.min(STRIP, n - s)
      const panel = r.subarray(k * n + s)
      compute.gemm(true, false, rows, n - s, nb, -1, panel, n, panel, n, 1, r.subarray(s * n + s), n)
    }
  }
  return true
}

/** Row by row on a dense n × n lower triangle. */
function factorSmall(n: number, l: Float64Array): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = l[i * n + j]
      for (let p = 0; p < j; p++) sum -= l[i * n + p] * l[j * n + p]
      if (j < i) l[i * n + j] = sum / l[j * n + j]
      else if (sum > 0) l[i * n + i] = Math.sqrt(sum)
      else return false
    }
  }
  return true
}

function refuse(a: Dense | undefined): never {
  if (a) checkFinite('cholesky', a)
  throw new DomainError(
    'cholesky: the matrix must be positive definite; got a pivot that is not positive. Add to its diagonal, or use choleskyPivoted.',
    'E_NOT_POSITIVE_DEFINITE',
  )
}
