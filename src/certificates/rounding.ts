/**
 * A-priori bounds of rounding errors: what makes the two numbers of a certificate hold in exact arithmetic.
 *
 * Standard model, fl(a ∘ b) = (a ∘ b)(1 + δ), |δ| ≤ u = 2⁻⁵³. A sum of k rounded products in any order, fused or not, is off
 * by at most γ_k Σ|a_i b_i|, γ_k = k·u/(1 − k·u). A compensated sum of rounded products is off by at most
 * 2u·|sum| + (u + (k·u)²·2)·Σ|a_i b_i|.
 * Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, chapters 3 and 4.
 * @module
 */

/** Unit round-off. */
export const UNIT: number = 2 ** -53
/** Below every product that matters; covers underflow, to which the standard model does not apply. */
const TINY = 1e-290

/** γ_k. */
export function gamma(k: number): number {
  return (k * UNIT) / (1 - k * UNIT)
}

/** A number above the exact value of a formula of at most `k` roundings whose terms are all ≥ 0 and gave `x`. */
export function up(x: number, k = 4): number {
  return x + Math.abs(x) * 2 * (k + 1) * UNIT + TINY
}

/** A number below it. */
export function down(x: number, k = 4): number {
  return x - Math.abs(x) * 2 * (k + 1) * UNIT - TINY
}

/** Σ terms, compensated (Neumaier): relative error 2u for terms ≥ 0. */
export function compensatedSum(terms: ArrayLike<number>): number {
  let [sum, lost] = [0, 0]
  for (let i = 0; i < terms.length; i++) {
    const value = terms[i]
    const next = sum + value
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + lost
}

/** A number ≥ ‖x‖₂. */
export function normUp(x: Float64Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i]
  return up(Math.sqrt(sum), x.length + 2)
}
