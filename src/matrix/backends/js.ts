/**
 * The readable backend: every kernel as its definition, the matrix product register-blocked.
 *
 * The oracle of the other backends and the last resort where WebAssembly is missing. About 4 GFLOP/s in the product.
 * @module
 */
import type { Kernels } from '../compute.ts'
import { checkBits, checkMatrix, checkPowerOfTwo, checkSketch, checkVector, checkWords } from './check.ts'
import { product } from './product.ts'

/** The kernels in plain TypeScript; they hold no state. */
export const jsKernels: Kernels = {
  name: 'js',

  gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
    checkMatrix('gemm A', a, transA ? k : m, transA ? m : k, lda, 'Float64Array')
    checkMatrix('gemm B', b, transB ? n : k, transB ? k : n, ldb, 'Float64Array')
    checkMatrix('gemm C', c, m, n, ldc, 'Float64Array')
    product(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  },

  sgemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
    checkMatrix('sgemm A', a, transA ? k : m, transA ? m : k, lda, 'Float32Array')
    checkMatrix('sgemm B', b, transB ? n : k, transB ? k : n, ldb, 'Float32Array')
    checkMatrix('sgemm C', c, m, n, ldc, 'Float32Array')
    product(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  },

  gemv(trans, m, n, alpha, a, lda, x, beta, y) {
    checkMatrix('gemv A', a, m, n, lda, 'Float64Array')
    checkVector('gemv x', x, trans ? m : n, 'Float64Array')
    checkVector('gemv y', y, trans ? n : m, 'Float64Array')
    if (!trans) {
      for (let i = 0; i < m; i++) {
        let sum = 0
        for (let j = 0; j < n; j++) sum += a[i * lda + j] * x[j]
        y[i] = alpha * sum + (beta === 0 ? 0 : beta * y[i])
      }
      return
    }
    for (let j = 0; j < n; j++) y[j] = beta === 0 ? 0 : beta * y[j]
    for (let i = 0; i < m; i++) {
      const scale = alpha * x[i]
      for (let j = 0; j < n; j++) y[j] += scale * a[i * lda + j]
    }
  },

  syrk(trans, n, k, alpha, a, lda, beta, c, ldc) {
    checkMatrix('syrk A', a, trans ? k : n, trans ? n : k, lda, 'Float64Array')
    checkMatrix('syrk C', c, n, n, ldc, 'Float64Array')
    // Bands of rows, each up to its diagonal; the corner above the diagonal goes through a buffer and is dropped.
    const band = 64
    const corner = new Float64Array(band * band)
    for (let i = 0; i < n; i += band) {
      const rows = Math.min(band, n - i)
      const top = trans ? a.subarray(i) : a.subarray(i * lda)
      product(trans, !trans, rows, i, k, alpha, top, lda, a, lda, beta, c.subarray(i * ldc), ldc)
      product(trans, !trans, rows, rows, k, alpha, top, lda, top, lda, 0, corner, band)
      for (let p = 0; p < rows; p++)
        for (let q = 0; q <= p; q++) {
          const at = (i + p) * ldc + i + q
          c[at] = corner[p * band + q] + (beta === 0 ? 0 : beta * c[at])
        }
    }
  },

  trsm(trans, m, n, alpha, l, ldl, b, ldb) {
    checkMatrix('trsm L', l, m, m, ldl, 'Float64Array')
    checkMatrix('trsm B', b, m, n, ldb, 'Float64Array')
    for (let step = 0; step < m; step++) {
      const i = trans ? m - 1 - step : step
      for (let c = 0; c < n; c++) b[i * ldb + c] *= alpha
      for (let j = trans ? i + 1 : 0; j < (trans ? m : i); j++) {
        const factor = trans ? l[j * ldl + i] : l[i * ldl + j]
        for (let c = 0; c < n; c++) b[i * ldb + c] -= factor * b[j * ldb + c]
      }
      const pivot = l[i * ldl + i]
      for (let c = 0; c < n; c++) b[i * ldb + c] /= pivot
    }
  },

  dot(x, y) {
    checkVector('dot y', y, x.length, 'Float64Array')
    let sum = 0
    for (let i = 0; i < x.length; i++) sum += x[i] * y[i]
    return sum
  },

  axpy(alpha, x, y) {
    checkVector('axpy y', y, x.length, 'Float64Array')
    for (let i = 0; i < x.length; i++) y[i] += alpha * x[i]
  },

  transpose(rows, cols, a, lda, out, ldo) {
    checkMatrix('transpose A', a, rows, cols, lda, 'Float64Array')
    checkMatrix('transpose out', out, cols, rows, ldo, 'Float64Array')
    const tile = 16
    for (let i0 = 0; i0 < rows; i0 += tile)
      for (let j0 = 0; j0 < cols; j0 += tile)
        for (let i = i0; i < Math.min(i0 + tile, rows); i++)
          for (let j = j0; j < Math.min(j0 + tile, cols); j++) out[j * ldo + i] = a[i * lda + j]
  },

  gatedForward(words, stride, patterns, count, x, ldx, d, u, out) {
    checkWords('gatedForward', words, stride, patterns, count)
    checkMatrix('gatedForward x', x, count, d, ldx, 'Float64Array')
    checkMatrix('gatedForward u', u, patterns, d, d, 'Float64Array')
    checkVector('gatedForward out', out, count, 'Float64Array')
    for (let k = 0; k < patterns; k++)
      for (let i = 0; i < count; i++) {
        if (!bit(words, k * stride, i)) continue
        let sum = 0
        for (let j = 0; j < d; j++) sum += x[i * ldx + j] * u[k * d + j]
        out[i] += sum
      }
  },

  gatedAdjoint(words, stride, patterns, count, x, ldx, d, r, out) {
    checkWords('gatedAdjoint', words, stride, patterns, count)
    checkMatrix('gatedAdjoint x', x, count, d, ldx, 'Float64Array')
    checkVector('gatedAdjoint r', r, count, 'Float64Array')
    checkMatrix('gatedAdjoint out', out, patterns, d, d, 'Float64Array')
    for (let k = 0; k < patterns; k++)
      for (let i = 0; i < count; i++)
        if (bit(words, k * stride, i)) for (let j = 0; j < d; j++) out[k * d + j] += r[i] * x[i * ldx + j]
  },

  maskedSum(words, stride, patterns, count, z, ldz, out) {
    checkBits('maskedSum', words, stride, patterns, count)
    checkMatrix('maskedSum z', z, patterns, count, ldz, 'Float64Array')
    checkVector('maskedSum out', out, count, 'Float64Array')
    for (let k = 0; k < patterns; k++)
      for (let i = 0; i < count; i++) if (bit(words, k * stride, i)) out[i] += z[k * ldz + i]
  },

  maskedSpread(words, stride, patterns, count, r, out, ldo) {
    checkBits('maskedSpread', words, stride, patterns, count)
    checkVector('maskedSpread r', r, count, 'Float64Array')
    checkMatrix('maskedSpread out', out, patterns, count, ldo, 'Float64Array')
    for (let k = 0; k < patterns; k++)
      for (let i = 0; i < count; i++) out[k * ldo + i] = bit(words, k * stride, i) ? r[i] : 0
  },

  maskedPanel(words, d, count, xt, ldx, out, ldo) {
    checkBits('maskedPanel', words, 0, 1, count)
    checkMatrix('maskedPanel xt', xt, d, count, ldx, 'Float64Array')
    checkMatrix('maskedPanel out', out, d, count, ldo, 'Float64Array')
    for (let j = 0; j < d; j++)
      for (let i = 0; i < count; i++) out[j * ldo + i] = bit(words, 0, i) ? xt[j * ldx + i] : 0
  },

  fwht(a, rows, cols) {
    checkPowerOfTwo(rows)
    checkMatrix('fwht', a, rows, cols, cols, 'Float64Array')
    // H_{2h} = [H_h H_h; H_h −H_h]: butterflies between rows h apart, for h = 1, 2, 4 …
    for (let half = cols; half < rows * cols; half *= 2)
      for (let start = 0; start < rows * cols; start += 2 * half)
        for (let t = start; t < start + half; t++) {
          const [p, q] = [a[t], a[t + half]]
          a[t] = p + q
          a[t + half] = p - q
        }
  },

  countSketch(a, rows, cols, bucket, sign, out) {
    checkSketch(a, rows, cols, bucket, sign, out)
    for (let i = 0; i < rows; i++) {
      const to = bucket[i] * cols
      for (let j = 0; j < cols; j++) out[to + j] += sign[i] * a[i * cols + j]
    }
  },
}

function bit(words: Uint32Array, at: number, i: number): number {
  return (words[at + (i >>> 5)] >>> (i & 31)) & 1
}
