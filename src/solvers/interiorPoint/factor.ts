/**
 * Dense Cholesky in place (temporary home).
 * @module
 */
import type { Kernels } from '../../matrix/compute.ts'

/** L in the lower triangle of the row-major n × n matrix; false when not positive definite. */
export function factorInPlace(kernels: Kernels, n: number, a: Float64Array): boolean {
  if (kernels.potrf) return kernels.potrf(n, a, n)
  const block = 48
  for (let from = 0; from < n; from += block) {
    const size = Math.min(block, n - from)
    const rest = n - from - size
    if (from > 0) {
      const panel = a.subarray(from * n)
      kernels.syrk(false, size, from, -1, panel, n, 1, a.subarray(from * n + from), n)
      if (rest > 0)
        kernels.gemm(false, true, rest, size, from, -1, a.subarray((from + size) * n), n, panel, n, 1, a.subarray((from + size) * n + from), n)
    }
    for (let i = from; i < from + size; i++)
      for (let j = from; j <= i; j++) {
        let sum = a[i * n + j]
        for (let k = from; k < j; k++) sum -= a[i * n + k] * a[j * n + k]
        if (i === j) {
          if (!(sum > 0)) return false
          a[i * n + i] = Math.sqrt(sum)
        } else a[i * n + j] = sum / a[j * n + j]
      }
    for (let i = from + size; i < n; i++)
      for (let j = from; j < from + size; j++) {
        let sum = a[i * n + j]
        for (let k = from; k < j; k++) sum -= a[i * n + k] * a[j * n + k]
        a[i * n + j] = sum / a[j * n + j]
      }
  }
  return true
}

/** v ← (L Lᵀ)⁻¹ v. */
export function solveFactor(n: number, l: Float64Array, v: Float64Array): Float64Array {
  for (let i = 0; i < n; i++) {
    let sum = v[i]
    for (let j = 0, at = i * n; j < i; j++) sum -= l[at + j] * v[j]
    v[i] = sum / l[i * n + i]
  }
  for (let i = n - 1; i >= 0; i--) {
    const value = (v[i] /= l[i * n + i])
    for (let j = 0, at = i * n; j < i; j++) v[j] -= l[at + j] * value
  }
  return v
}
