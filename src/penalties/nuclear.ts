/**
 * Ω(X) = β‖X‖_* = β Σ σ_i(X), X ∈ R^{rows × cols} row-major. Prox: singular values shrink by step·β. Ω°(S) = σ_1(S)/β.
 * ∂Ω(X) = β(UVᵀ + W) with UᵀW = 0, WV = 0, σ_1(W) ≤ 1, for X = U diag(σ) Vᵀ of full rank r.
 * @module
 */
import { type Dense, dense } from '../matrix/dense.ts'
import { checkPenalty } from './check.ts'
import type { Penalty } from './penalty.ts'

/** Thin singular value decomposition A = U·diag(σ)·Vᵀ, σ descending; row i of `vt` belongs to σ_i. */
export type ThinSvd = (a: Dense) => { readonly u: Dense; readonly values: Float64Array; readonly vt: Dense }

/** Shape and weight of `nuclear`. */
export interface NuclearOptions {
  readonly rows: number
  readonly cols: number
  /** β > 0; default 1. */
  readonly beta?: number
}

/** Singular values at most this part of the largest count as 0 in the subdifferential. */
const RANK = 1e-12

/**
 * β times the sum of singular values of X ∈ R^{rows × cols}.
 *
 * @param svd the decomposition to use, from `matrix/factor`.
 * @throws DomainError, ShapeError as `checkPenalty` and `dense`. Cost: one SVD a call.
 */
export function nuclear(svd: ThinSvd, { rows, cols, beta = 1 }: NuclearOptions): Penalty {
  checkPenalty('nuclear', rows * cols, beta)
  const view = (v: Float64Array) => dense(rows, cols, v)
  const sum = (s: Float64Array) => s.reduce((a, b) => a + b, 0)
  return {
    name: 'nuclear',
    size: rows * cols,
    homogeneous: true,
    value: v => beta * sum(svd(view(v)).values),
    prox(v, step, out) {
      const { u, values: s, vt } = svd(view(v))
      const kept = s.map(x => Math.max(0, x - step * beta))
      compose(u, kept, vt, out)
      return beta * sum(kept)
    },
    polar: s => svd(view(s)).values[0] / beta,
    distance(v, gradient) {
      const { u, values: s, vt } = svd(view(v))
      const rank = s.filter(x => x > RANK * s[0]).length
      // −G = β·UVᵀ + β·W + rest; what W can take is the part of −G that U and V do not see, up to σ_1 ≤ β.
      const free = gradient.map(x => -x)
      project(free, u, rank, vt)
      const tangent = Float64Array.from(gradient, (g, at) => -g - free[at])
      const ones = s.map((_x, i) => (i < rank ? beta : 0))
      const goal = compose(u, ones, vt, new Float64Array(v.length))
      const seen = tangent.reduce((total, x, at) => total + (x - goal[at]) ** 2, 0)
      const excess = svd(view(free)).values.reduce((total, x) => total + Math.max(0, x - beta) ** 2, 0)
      return Math.sqrt(seen + excess)
    },
  }

  /** a ← (I − UUᵀ) a (I − VVᵀ) with the first `rank` vectors. */
  function project(a: Float64Array, u: Dense, rank: number, vt: Dense): void {
    for (let k = 0; k < rank; k++) {
      for (let j = 0; j < cols; j++) {
        let inner = 0
        for (let i = 0; i < rows; i++) inner += u.data[i * u.cols + k] * a[i * cols + j]
        for (let i = 0; i < rows; i++) a[i * cols + j] -= inner * u.data[i * u.cols + k]
      }
      for (let i = 0; i < rows; i++) {
        let inner = 0
        for (let j = 0; j < cols; j++) inner += vt.data[k * cols + j] * a[i * cols + j]
        for (let j = 0; j < cols; j++) a[i * cols + j] -= inner * vt.data[k * cols + j]
      }
    }
  }

  /** out ← U·diag(s)·Vᵀ. */
  function compose(u: Dense, s: Float64Array, vt: Dense, out: Float64Array): Float64Array {
    out.fill(0)
    for (let k = 0; k < s.length; k++)
      if (s[k] !== 0)
        for (let i = 0; i < rows; i++) {
          const left = s[k] * u.data[i * u.cols + k]
          for (let j = 0; j < cols; j++) out[i * cols + j] += left * vt.data[k * cols + j]
        }
    return out
  }
}
