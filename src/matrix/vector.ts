/**
 * Vectors are plain `Float64Array`s; these are the few loops everybody needs.
 * @module
 */

/** xᵀy, summed in four fixed lanes (the same bits on every machine). */
export function dot(x: Float64Array, y: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = x.length & ~3
  for (let i = 0; i < whole; i += 4) {
    a += x[i] * y[i]
    b += x[i + 1] * y[i + 1]
    c += x[i + 2] * y[i + 2]
    d += x[i + 3] * y[i + 3]
  }
  for (let i = whole; i < x.length; i++) a += x[i] * y[i]
  return a + b + (c + d)
}

/** ‖x‖₂ (no guard against overflow: standardised data). */
export function norm(x: Float64Array): number {
  return Math.sqrt(dot(x, x))
}

/** y ← y + alpha·x, returned. */
export function axpy(alpha: number, x: Float64Array, y: Float64Array): Float64Array {
  for (let i = 0; i < y.length; i++) y[i] += alpha * x[i]
  return y
}

/** Largest entry; −∞ for an empty vector. */
export function max(x: Float64Array): number {
  let best = -Infinity
  for (let i = 0; i < x.length; i++) if (x[i] > best) best = x[i]
  return best
}
