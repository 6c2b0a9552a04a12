/**
 * Systems with a Cholesky factor already at hand, in place.
 * @module
 */

/** v ← (L Lᵀ)⁻¹ v, rows of L contiguous. */
export function solveFactor(n: number, l: Float64Array, v: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = v[i]
    for (let j = 0, at = i * n; j < i; j++) sum -= l[at + j] * v[j]
    v[i] = sum / l[i * n + i]
  }
  for (let i = n - 1; i >= 0; i--) {
    const value = v[i] / l[i * n + i]
    v[i] = value
    for (let j = 0, at = i * n; j < i; j++) v[j] -= l[at + j] * value
  }
}
