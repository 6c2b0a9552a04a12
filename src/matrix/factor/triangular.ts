/**
 * Triangular systems: L·x = b and Lᵀ·x = b for lower L, R·x = b and Rᵀ·x = b for upper R.
 * @module
 */
import { DomainError, ShapeError } from '../../errors.ts'
import { compute as defaultCompute } from '../createCompute.ts'
import { type Dense, dense, transpose as transposed } from '../dense.ts'
import { checkSquare, type FactorOptions } from './input.ts'

/** Which triangle is read, and whether transposed. */
export interface TriangularOptions {
  /** The matrix is upper triangular; default lower. The other triangle is not read. */
  readonly upper?: boolean
  /** Solve with the transpose. */
  readonly transpose?: boolean
}

/**
 * x ∈ R^n with T·x = b (or Tᵀ·x = b). Cost n² flops.
 *
 * @throws ShapeError when T is not square or b not in R^n.
 * @throws DomainError when a diagonal entry is zero.
 */
export function solveTriangular(t: Dense, b: Float64Array, options: TriangularOptions = {}): Float64Array {
  checkTriangle('solveTriangular', t, b.length)
  const { upper = false, transpose = false } = options
  const n = t.rows
  const x = b.slice()
  // Rows of T are contiguous: dot products with them for T, multiples of them for Tᵀ.
  const forward = upper === transpose
  for (let s = 0; s < n; s++) {
    const i = forward ? s : n - 1 - s
    const row = i * n
    const from = upper ? i + 1 : 0
    const to = upper ? n : i
    if (transpose) {
      const v = (x[i] /= t.data[row + i])
      for (let j = from; j < to; j++) x[j] -= v * t.data[row + j]
    } else {
      let sum = x[i]
      for (let j = from; j < to; j++) sum -= t.data[row + j] * x[j]
      x[i] = sum / t.data[row + i]
    }
  }
  return x
}

/**
 * X ∈ R^{n × k} with T·X = B (or Tᵀ·X = B), the right-hand sides being the columns of B. Cost n²·k flops, BLAS-3.
 *
 * @throws ShapeError when T is not square or B has not n rows.
 * @throws DomainError when a diagonal entry is zero.
 */
export function solveTriangularMany(t: Dense, b: Dense, options: TriangularOptions & FactorOptions = {}): Dense {
  checkTriangle('solveTriangularMany', t, b.rows)
  const { upper = false, transpose = false, compute = defaultCompute() } = options
  const l = upper ? transposed(t) : t
  const region = compute.region()
  try {
    const x = region.own(b.data)
    const work = x === b.data ? region.float64(x.length) : x
    if (work !== x) work.set(x)
    if (b.cols > 0)
      compute.kernels.trsm(upper !== transpose, t.rows, b.cols, 1, region.own(l.data), t.rows, work, b.cols)
    return dense(b.rows, b.cols, work.slice())
  } finally {
    region.dispose()
  }
}

/**
 * x ∈ R^n with A·x = b, from the factor L of A = L·Lᵀ. Cost 2n² flops.
 *
 * @throws ShapeError or DomainError as `solveTriangular`.
 */
export function solveCholesky(l: Dense, b: Float64Array): Float64Array {
  return solveTriangular(l, solveTriangular(l, b), { transpose: true })
}

/**
 * X ∈ R^{n × k} with A·X = B, from the factor L of A = L·Lᵀ. Cost 2n²·k flops.
 *
 * @throws ShapeError or DomainError as `solveTriangularMany`.
 */
export function solveCholeskyMany(l: Dense, b: Dense, options: FactorOptions = {}): Dense {
  return solveTriangularMany(l, solveTriangularMany(l, b, options), { ...options, transpose: true })
}

function checkTriangle(who: string, t: Dense, rows: number): void {
  checkSquare(who, t)
  if (rows !== t.rows) throw new ShapeError(`${who}: the right-hand side must have ${t.rows} rows; got ${rows}.`)
  for (let i = 0; i < t.rows; i++)
    if (t.data[i * t.cols + i] === 0)
      throw new DomainError(`${who}: the diagonal must not vanish; got 0 at row ${i}. Use leastSquares.`)
}
