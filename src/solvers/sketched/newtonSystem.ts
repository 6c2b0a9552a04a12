/**
 * The linear system of a Newton step: (RᵀR + G)·v = −g, with a tall root R ∈ R^{n × d} that can be sketched and a part G that is cheap.
 *
 * For a loss L(A·x), R = diag(√L″)·A. Sketching R leaves the d-dimensional geometry of the Hessian in m rows.
 * @module
 */
import { compute } from '../../matrix/createCompute.ts'
import { type Dense, dense, transpose } from '../../matrix/dense.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import { factorOrNothing, gram, type Preconditioner, sketchedHessian, triangular } from './preconditioner.ts'

/** G: λI, a diagonal > 0, or a symmetric positive semidefinite matrix. */
export type Rest =
  | { readonly kind: 'ridge'; readonly lambda: number }
  | { readonly kind: 'diagonal'; readonly values: Float64Array }
  | { readonly kind: 'matrix'; readonly matrix: Dense }

/** One Newton system. */
export interface NewtonSystem {
  readonly root: Dense
  readonly rest: Rest
  /** g, where unknowns that can be eliminated (an intercept) are. */
  readonly gradient: Float64Array
  /** The full step of v: puts back what was eliminated. */
  expand(v: Float64Array): Float64Array
}

/** (RᵀR + G)·v. Cost 4nd flops. */
export function hessianProduct({ root, rest }: NewtonSystem, v: Float64Array): Float64Array {
  const { kernels } = compute()
  const image = new Float64Array(root.rows)
  kernels.gemv(false, root.rows, root.cols, 1, root.data, root.cols, v, 0, image)
  const out = timesRest(rest, v)
  kernels.gemv(true, root.rows, root.cols, 1, root.data, root.cols, image, 1, out)
  return out
}

/**
 * The factor of (SR)ᵀ(SR) + G for a sketched root, or for R itself.
 *
 * @throws DomainError (E_RANK) when the sum is singular.
 */
export function systemFactor(sketched: Dense, rest: Rest): Preconditioner {
  if (rest.kind === 'ridge') return sketchedHessian(sketched, rest.lambda)
  if (rest.kind === 'diagonal') return scaledFactor(sketched, rest.values.map(Math.sqrt))
  const d = sketched.cols
  const sum = gram(sketched, true, 0)
  for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) sum.data[i * d + j] += rest.matrix.data[i * d + j]
  const lower = factorOrNothing(sum)
  if (lower !== undefined) return triangular(transpose(lower), sketched.rows)
  // Squares have lost too many digits: QR of the two roots, one on the other.
  const { values, vectors } = eigh(rest.matrix)
  const stacked = dense(sketched.rows + d, d)
  stacked.data.set(sketched.data)
  for (let k = 0; k < d; k++)
    for (let j = 0; j < d; j++)
      stacked.data[(sketched.rows + k) * d + j] = Math.sqrt(Math.max(0, values[k])) * vectors.data[k * d + j]
  return sketchedHessian(stacked, 0)
}

/** With G = D², M = D·((SRD⁻¹)ᵀ(SRD⁻¹) + I)·D. */
function scaledFactor(sketched: Dense, scale: Float64Array): Preconditioner {
  const d = sketched.cols
  const scaled = dense(
    sketched.rows,
    d,
    sketched.data.map((v, t) => v / scale[t % d]),
  )
  const inner = sketchedHessian(scaled, 1)
  const divide = (v: Float64Array) => v.map((x, j) => x / scale[j])
  const { half, halfT } = inner
  return {
    rows: inner.rows,
    solve: g => divide(inner.solve(divide(g))),
    ...(half && { half: (g: Float64Array) => half(divide(g)) }),
    ...(halfT && { halfT: (g: Float64Array) => divide(halfT(g)) }),
  }
}

function timesRest(rest: Rest, v: Float64Array): Float64Array {
  if (rest.kind === 'ridge') return v.map(x => rest.lambda * x)
  if (rest.kind === 'diagonal') return v.map((x, j) => rest.values[j] * x)
  const { rows, cols, data } = rest.matrix
  const out = new Float64Array(rows)
  compute().kernels.gemv(false, rows, cols, 1, data, cols, v, 0, out)
  return out
}
