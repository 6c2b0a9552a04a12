/**
 * Reduction of a symmetric matrix to tridiagonal form: A = Q·T·Qᵀ with Q = H_0·H_1·…·H_{n−2}.
 *
 * Column by column a reflection v and the vector w with A ← A − v·wᵀ − w·vᵀ; the updates of 32 columns are put off and
 * applied together by one product. Half of the 4n³/3 flops are products with vectors, half are BLAS-3.
 *
 * Source: J. Dongarra, D. Sorensen, S. Hammarling, Block reduction of matrices to condensed forms, 1989.
 * @module
 */
import type { Compute, Region } from '../compute.ts'
import { dot } from '../vector.ts'
import { type Reflectors, reflection } from './householder.ts'

const PANEL = 32

export interface Tridiagonal {
  /** Diagonal of T, in R^n. */
  readonly d: Float64Array
  /** e[i] = T_{i+1,i}, in R^{n−1}. */
  readonly e: Float64Array
  readonly reflectors: Reflectors
}

/** T and the reflections; `a` ∈ R^{n × n}, in full storage, is destroyed. */
export function tridiagonalize(n: number, a: Float64Array, compute: Compute, region: Region): Tridiagonal {
  const { kernels } = compute
  const d = new Float64Array(n)
  const e = new Float64Array(Math.max(0, n - 1))
  const tau = new Float64Array(n)
  const v = region.float64(n * n).fill(0)
  // [V; W] and [W; V] of the panel: their product is the update V·Wᵀ + W·Vᵀ.
  const vw = region.float64(2 * PANEL * n).fill(0)
  const wv = region.float64(2 * PANEL * n).fill(0)
  const w = vw.subarray(PANEL * n)
  const column = region.float64(n)
  const product = region.float64(n)
  const [alpha, beta] = [region.float64(PANEL), region.float64(PANEL)]

  for (let start = 0; start < n; start += PANEL) {
    const size = Math.min(PANEL, n - start)
    const panelV = v.subarray(start * n)
    for (let c = 0; c < size; c++) {
      const i = start + c
      const length = n - i
      const x = column.subarray(0, length)
      x.set(a.subarray(i * n + i, (i + 1) * n))
      if (c > 0) {
        for (let p = 0; p < c; p++) {
          alpha[p] = w[p * n + i]
          beta[p] = panelV[p * n + i]
        }
        kernels.gemv(true, c, length, -1, panelV.subarray(i), n, alpha, 1, x)
        kernels.gemv(true, c, length, -1, w.subarray(i), n, beta, 1, x)
      }
      d[i] = x[0]
      const next = i + 1
      const rest = n - next
      if (rest === 0) break
      const y = v.subarray(i * n + next, (i + 1) * n)
      y.set(x.subarray(1))
      const h = reflection(y)
      tau[i] = h.tau
      e[i] = h.beta
      // w = τ·(A·v) − (τ²/2)(vᵀA·v)·v, with A the matrix as updated so far.
      const z = product.subarray(0, rest)
      kernels.gemv(false, rest, rest, 1, a.subarray(next * n + next), n, y, 0, z)
      if (c > 0) {
        kernels.gemv(false, c, rest, 1, w.subarray(next), n, y, 0, alpha)
        kernels.gemv(false, c, rest, 1, panelV.subarray(next), n, y, 0, beta)
        kernels.gemv(true, c, rest, -1, panelV.subarray(next), n, alpha, 1, z)
        kernels.gemv(true, c, rest, -1, w.subarray(next), n, beta, 1, z)
      }
      for (let j = 0; j < rest; j++) z[j] *= h.tau
      const half = -0.5 * h.tau * dot(z, y)
      const row = w.subarray(c * n, (c + 1) * n)
      row.fill(0, 0, next)
      for (let j = 0; j < rest; j++) row[next + j] = z[j] + half * y[j]
    }
    const next = start + size
    const rest = n - next
    if (rest === 0) break
    vw.set(panelV.subarray(0, size * n))
    wv.set(w.subarray(0, size * n))
    wv.set(panelV.subarray(0, size * n), PANEL * n)
    const target = a.subarray(next * n + next)
    compute.gemm(true, false, rest, rest, 2 * PANEL, -1, vw.subarray(next), n, wv.subarray(next), n, 1, target, n)
  }
  return { d, e, reflectors: { v, tau, offset: 1 } }
}
