/**
 * Naive twins of the kernels: the definitions, entry by entry, sharing no code with what they judge.
 * @module
 */
import type { Dense } from '../../src/matrix/dense.ts'
import { type Masks, maskBit } from '../../src/matrix/masks.ts'

type Numbers = Float64Array | Float32Array

/** alpha·op(A)·op(B) + beta·C as a new array laid out as `c`; entries of `c` outside the m × n matrix are kept. */
export function naiveGemm(
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: Numbers,
  lda: number,
  b: Numbers,
  ldb: number,
  beta: number,
  c: Numbers,
  ldc: number,
): Float64Array {
  const out = Float64Array.from(c)
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let p = 0; p < k; p++) sum += a[transA ? p * lda + i : i * lda + p] * b[transB ? j * ldb + p : p * ldb + j]
      out[i * ldc + j] = alpha * sum + (beta === 0 ? 0 : beta * c[i * ldc + j])
    }
  return out
}

/** f_i = Σ_k bit(k, i)·x_i·u_k. */
export function naiveForward(x: Dense, m: Masks, u: Float64Array): Float64Array {
  return Float64Array.from({ length: x.rows }, (_, i) => {
    let sum = 0
    for (let k = 0; k < m.patterns; k++)
      if (maskBit(m, k, i)) for (let j = 0; j < x.cols; j++) sum += x.data[i * x.cols + j] * u[k * x.cols + j]
    return sum
  })
}

/** Row k = Σ_i bit(k, i)·r_i·x_i. */
export function naiveAdjoint(x: Dense, m: Masks, r: Float64Array): Float64Array {
  const out = new Float64Array(m.patterns * x.cols)
  for (let k = 0; k < m.patterns; k++)
    for (let i = 0; i < x.rows; i++)
      if (maskBit(m, k, i)) for (let j = 0; j < x.cols; j++) out[k * x.cols + j] += r[i] * x.data[i * x.cols + j]
  return out
}

/** Block (a, b) = Σ_i bit(a, i)·bit(b, i)·w_i·x_i x_iᵀ. */
export function naiveGram(x: Dense, left: Masks, right: Masks, w?: Float64Array): Float64Array {
  const [d, width] = [x.cols, right.patterns * x.cols]
  const out = new Float64Array(left.patterns * d * width)
  for (let a = 0; a < left.patterns; a++)
    for (let b = 0; b < right.patterns; b++)
      for (let i = 0; i < x.rows; i++)
        if (maskBit(left, a, i) && maskBit(right, b, i))
          for (let p = 0; p < d; p++)
            for (let q = 0; q < d; q++)
              out[(a * d + p) * width + b * d + q] += (w?.[i] ?? 1) * x.data[i * d + p] * x.data[i * d + q]
  return out
}

/** Full Σ_k D_k X F_kᵀ F_k Xᵀ D_k, n × n. */
export function naiveOuter(x: Dense, m: Masks, factors: Float64Array): Float64Array {
  const [n, d] = [x.rows, x.cols]
  const out = new Float64Array(n * n)
  for (let k = 0; k < m.patterns; k++) {
    const y = new Float64Array(n * d)
    for (let i = 0; i < n; i++)
      if (maskBit(m, k, i))
        for (let p = 0; p < d; p++)
          for (let q = 0; q < d; q++) y[i * d + p] += factors[(k * d + p) * d + q] * x.data[i * d + q]
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) for (let p = 0; p < d; p++) out[i * n + j] += y[i * d + p] * y[j * d + p]
  }
  return out
}

/** H a with H[i][j] = (−1)^{popcount(i & j)}. */
export function naiveHadamard(a: Float64Array, rows: number, cols: number): Float64Array {
  const out = new Float64Array(rows * cols)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++) {
      let parity = 0
      for (let v = i & j; v !== 0; v &= v - 1) parity ^= 1
      for (let c = 0; c < cols; c++) out[i * cols + c] += (parity === 0 ? 1 : -1) * a[j * cols + c]
    }
  return out
}

/** S a with S[bucket[i]][i] = sign[i], added to `out`. */
export function naiveCountSketch(
  a: Float64Array,
  rows: number,
  cols: number,
  bucket: Int32Array,
  sign: Float64Array,
  out: Float64Array,
): Float64Array {
  const sum = out.slice()
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) sum[bucket[i] * cols + j] += sign[i] * a[i * cols + j]
  return sum
}
