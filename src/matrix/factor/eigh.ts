/**
 * Eigenvalues and vectors of a symmetric matrix: A = Σ_i w_i·v_i·v_iᵀ.
 *
 * LAPACK's divide and conquer where the backend has it; else our own: tridiagonal form, divide and conquer, back-
 * transformation. Backward stable: errors of order 2^−53·‖A‖ in every value, vectors orthonormal to working accuracy.
 * @module
 */
import { NotSolvedError } from '../../errors.ts'
import { compute as defaultCompute } from '../createCompute.ts'
import { type Dense, dense } from '../dense.ts'
import { applyReflectors } from './householder.ts'
import { checkFinite, checkSquare, type FactorOptions, scaleOf } from './input.ts'
import { tridiagonalize } from './tridiagonal.ts'
import { tridiagonalEigen } from './tridiagonalDivide.ts'

/** A = Vᵀ·diag(w)·V of a symmetric matrix. */
export interface SymmetricEigen {
  /** Ascending, in R^n. */
  readonly values: Float64Array
  /** n × n; ROW i is the unit vector of values[i], so A = Vᵀ·diag(w)·V. */
  readonly vectors: Dense
}

/**
 * All eigenvalues and vectors of a symmetric A ∈ R^{n × n}; only the lower triangle is read.
 *
 * Cost about 4n³/3 (reduction) + at most 4n³/3 (vectors) + 2n³ (back-transformation) flops; memory 8n².
 *
 * @throws ShapeError when `a` is not square.
 * @throws DomainError for entries that are not finite.
 * @throws NotSolvedError when LAPACK reports failure.
 */
export function eigh(a: Dense, options: FactorOptions = {}): SymmetricEigen {
  checkSquare('eigh', a)
  checkFinite('eigh', a)
  const { compute = defaultCompute() } = options
  const n = a.rows
  const values = new Float64Array(n)
  const vectors = dense(n, n)
  if (n === 0) return { values, vectors }
  const scale = scaleOf(a.data)
  const region = compute.region()
  try {
    const work = region.float64(n * n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) work[i * n + j] = work[j * n + i] = a.data[i * n + j] / scale
    if (compute.kernels.syevd) {
      if (!compute.kernels.syevd(n, work, values))
        throw new NotSolvedError(
          `eigh: LAPACK must converge on the ${n} × ${n} matrix; it did not. Use the wasm backend.`,
        )
      vectors.data.set(work)
    } else {
      const t = tridiagonalize(n, work, compute, region)
      const q = region.float64(n * n).fill(0)
      tridiagonalEigen(n, t.d, t.e, q, compute, region)
      applyReflectors(n, t.reflectors, q, n, compute, region)
      values.set(t.d)
      vectors.data.set(q)
    }
  } finally {
    region.dispose()
  }
  for (let i = 0; i < n; i++) values[i] *= scale
  return { values, vectors }
}
