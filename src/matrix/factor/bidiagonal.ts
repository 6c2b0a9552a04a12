/**
 * Reduction of a square matrix to upper bidiagonal form: A = Q·B·Pᵀ with Q = H_0·…·H_{n−1} and P = G_0·…·G_{n−2}.
 *
 * Step i reflects column i (from row i) and then row i (from column i + 1); with y and x such that
 * A ← A − v·yᵀ − x·uᵀ, the updates of 32 steps are put off and applied together by one product. Half of the 8n³/3 flops
 * are products with vectors, half are BLAS-3. Source: as `tridiagonal.ts`.
 * @module
 */
import type { Compute, Region } from '../compute.ts'
import { type Reflectors, reflection } from './householder.ts'

const PANEL = 32

export interface Bidiagonal {
  readonly d: Float64Array
  /** e[i] = B_{i,i+1}, in R^{n−1}. */
  readonly e: Float64Array
  readonly left: Reflectors
  readonly right: Reflectors
}

/** B and the reflections; `a` ∈ R^{n × n} is destroyed. */
export function bidiagonalize(n: number, a: Float64Array, compute: Compute, region: Region): Bidiagonal {
  const { kernels } = compute
  const d = new Float64Array(n)
  const e = new Float64Array(Math.max(0, n - 1))
  const left = { v: region.float64(n * n).fill(0), tau: new Float64Array(n), offset: 0 }
  const right = { v: region.float64(n * n).fill(0), tau: new Float64Array(n), offset: 1 }
  // [V; X] and [Y; U] of the panel: their product is the update V·Yᵀ + X·Uᵀ.
  const vx = region.float64(2 * PANEL * n).fill(0)
  const yu = region.float64(2 * PANEL * n).fill(0)
  const x = vx.subarray(PANEL * n)
  const column = region.float64(n)
  const product = region.float64(n)
  const [alpha, beta] = [region.float64(PANEL), region.float64(PANEL)]

  for (let start = 0; start < n; start += PANEL) {
    const size = Math.min(PANEL, n - start)
    const v = left.v.subarray(start * n)
    const u = right.v.subarray(start * n)
    /** target −= Σ_{p < count} first[p, i]·second[p, from..] for two coefficient rows and two vector blocks. */
    const update = (count: number, i: number, f: Float64Array, g: Float64Array, from: number, target: Float64Array) => {
      if (count === 0) return
      for (let p = 0; p < count; p++) alpha[p] = f[p * n + i]
      kernels.gemv(true, count, target.length, -1, g.subarray(from), n, alpha, 1, target)
    }
    /** target −= Σ_{p < count} second[p, to..]·(first[p, from..]·y). */
    const project = (
      count: number,
      f: Float64Array,
      from: number,
      y: Float64Array,
      g: Float64Array,
      to: number,
      target: Float64Array,
    ) => {
      if (count === 0) return
      kernels.gemv(false, count, y.length, 1, f.subarray(from), n, y, 0, beta)
      kernels.gemv(true, count, target.length, -1, g.subarray(to), n, beta, 1, target)
    }
    for (let c = 0; c < size; c++) {
      const i = start + c
      const next = i + 1
      const rest = n - next
      // Column i, brought up to date.
      const t = column.subarray(0, n - i)
      for (let r = i; r < n; r++) t[r - i] = a[r * n + i]
      update(c, i, yu, v, i, t)
      update(c, i, u, x, i, t)
      const h = reflection(t)
      const vRow = left.v.subarray(i * n + i, next * n)
      vRow.set(t)
      left.tau[i] = h.tau
      d[i] = h.beta
      if (rest === 0) break
      // y = τ·Aᵀv on the columns beyond i.
      const y = product.subarray(0, rest)
      kernels.gemv(true, n - i, rest, 1, a.subarray(i * n + next), n, vRow, 0, y)
      project(c, v, i, vRow, yu, next, y)
      project(c, x, i, vRow, u, next, y)
      const yRow = yu.subarray(c * n, (c + 1) * n).fill(0, 0, next)
      for (let j = 0; j < rest; j++) yRow[next + j] = h.tau * y[j]
      // Row i, brought up to date (v_i included).
      const s = column.subarray(0, rest)
      s.set(a.subarray(i * n + next, next * n))
      update(c + 1, i, v, yu, next, s)
      update(c, i, x, u, next, s)
      const g = reflection(s)
      const uRow = right.v.subarray(i * n + next, next * n)
      uRow.set(s)
      right.tau[i] = g.tau
      e[i] = g.beta
      // x = τ·A·u on the rows beyond i.
      const w = product.subarray(0, rest)
      kernels.gemv(false, rest, rest, 1, a.subarray(next * n + next), n, uRow, 0, w)
      project(c + 1, yu, next, uRow, v, next, w)
      project(c, u, next, uRow, x, next, w)
      const xRow = x.subarray(c * n, (c + 1) * n).fill(0, 0, next)
      for (let j = 0; j < rest; j++) xRow[next + j] = g.tau * w[j]
    }
    const next = start + size
    const rest = n - next
    if (rest === 0) break
    vx.set(v.subarray(0, size * n))
    yu.set(u.subarray(0, size * n), PANEL * n)
    const target = a.subarray(next * n + next)
    compute.gemm(true, false, rest, rest, 2 * PANEL, -1, vx.subarray(next), n, yu.subarray(next), n, 1, target, n)
  }
  return { d, e, left, right }
}
