/**
 * Eigenvalues bounded by Cholesky's method: the re-check's own.
 *
 * When the method runs to its end on A in floating point, the smallest eigenvalue of A is above −γ_{n+1}/(1 − γ_{n+1})·tr A.
 * Source: S. Rump, Verification of positive definiteness, BIT 2006.
 * @module
 */
import { ROUND } from './plainSums.ts'

/** A number ≥ λ_max of every matrix within relative·tr of the one whose lower triangle is given. */
export function largestEigenvalue(gram: Float64Array, d: number, relative: number): number {
  let [trace, low] = [0, 0]
  for (let j = 0; j < d; j++) {
    trace += gram[j * d + j]
    low = Math.max(low, gram[j * d + j])
  }
  if (trace === 0) return 0
  let high = trace
  const negative = gram.map(v => -v)
  for (let step = 0; step < 60 && high - low > 1e-14 * high; step++) {
    const middle = low + (high - low) / 2
    if (factorises(negative, d, middle)) high = middle
    else low = middle
  }
  // Never taken on trust: `high` itself has been factorised, or is the trace, which is above every eigenvalue.
  const cost = (2 * d + 8) * 1.01 * ROUND * (d * high + trace)
  return high + cost + relative * trace * (1 + 1e-9)
}

/** Whether Cholesky's method on A + shift·I (lower triangle of A) comes to its end with positive pivots. */
export function factorises(a: Float64Array, size: number, shift: number): boolean {
  const l = new Float64Array(size * size)
  for (let j = 0; j < size; j++)
    for (let i = j; i < size; i++) {
      let sum = a[i * size + j] + (i === j ? shift : 0)
      for (let k = 0; k < j; k++) sum -= l[i * size + k] * l[j * size + k]
      if (i === j && !(sum > 0)) return false
      l[i * size + j] = i === j ? Math.sqrt(sum) : sum / l[j * size + j]
    }
  return true
}
