/**
 * Symmetric positive definite tridiagonal systems, in O(n).
 * @module
 */

/**
 * Solves T·x = b for T with the given diagonal (R^n) and off-diagonal (R^{n−1}), by LDLᵀ without pivoting.
 *
 * @returns x ∈ R^n.
 */
export function solveTridiagonal(diagonal: Float64Array, off: Float64Array, b: Float64Array): Float64Array {
  const n = diagonal.length
  const d = diagonal.slice()
  const x = b.slice()
  for (let k = 1; k < n; k++) {
    const l = off[k - 1] / d[k - 1]
    d[k] -= l * off[k - 1]
    x[k] -= l * x[k - 1]
  }
  x[n - 1] /= d[n - 1]
  for (let k = n - 2; k >= 0; k--) x[k] = x[k] / d[k] - (off[k] / d[k]) * x[k + 1]
  return x
}
