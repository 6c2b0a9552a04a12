/**
 * ‖g‖²/(2λ) as a bound that holds in exact arithmetic for the data as given: g is recomputed, and an a-priori bound e on its rounding errors added.
 *
 * With u = 2⁻⁵³ and γ_k = k·u/(1 − k·u), a sum of k products is off by at most γ_k times the sum of absolute values, so
 *   |residual − (Ax − b)| ≤ γ_{d+1}(|A||x| + |b|),   |g − ∇f| ≤ |A|ᵀ(that) + γ_{n+2}(|A|ᵀ|residual| + λ|x|)(1 + small).
 * Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, chapter 3.
 * @module
 */
import { norm } from '../../matrix/vector.ts'
import { frobeniusNorm, type RidgeProblem } from './ridgeProblem.ts'

const UNIT = 2 ** -53
/** γ_k = k·u/(1 − k·u): what k roundings in a row may do, relative to the sum of absolute values. */
export const gamma = (k: number): number => (k * UNIT) / (1 - k * UNIT)
/** Covers the roundings of the bound itself, which has only terms ≥ 0: one part in a million, far above (n + d)·u. */
export const SAFETY: number = 1 + 1e-6

/** Covers underflow, to which γ does not apply, for data scaled to about 1. */
const TINY = 1e-290

/** By how much a bound by norms may exceed what it would be without rounding before the entries are looked at one by one. */
const LOOSE = 1.05

/** A number ≥ f(x) − f(x*) for λ > 0; no effort is made to be below `enough` (default 0). Cost: two products where norms decide, else two slower passes over A. */
export function provedByRidge(
  problem: RidgeProblem,
  x: Float64Array,
  { enough = 0 }: { readonly enough?: number } = {},
): number {
  const { plain, proved } = byNorms(problem, x)
  return proved <= Math.max(enough, LOOSE * plain) ? proved : byEntries(problem, x)
}

/**
 * The same with the kernels' own products, whose order of summation does not matter, and norms for the errors: with r the computed residual,
 *   ‖r − (Ax − b)‖ ≤ γ_{d+1}(‖A‖_F‖x‖ + ‖b‖) = ρ,   ‖g − ∇f‖ ≤ ‖A‖_F·ρ + γ_{n+3}(‖A‖_F‖r‖ + λ‖x‖).
 */
function byNorms(problem: RidgeProblem, x: Float64Array): { plain: number; proved: number } {
  const { operator, target, lambda } = problem
  const { rows: n, cols: d } = operator
  const residual = operator.apply(x)
  for (let i = 0; i < n; i++) residual[i] -= target[i]
  const gradient = operator.applyT(residual)
  for (let j = 0; j < d; j++) gradient[j] += lambda * x[j]
  const [frobenius, length, size] = [frobeniusNorm(problem), norm(x), norm(gradient)]
  const off = gamma(d + 1) * (frobenius * length + norm(target))
  const error = frobenius * off + gamma(n + 3) * (frobenius * norm(residual) + lambda * length)
  const half = 1 / (2 * lambda)
  return { plain: size * size * half, proved: (size + error) ** 2 * half * SAFETY + TINY }
}

function byEntries({ operator, target, lambda }: RidgeProblem, x: Float64Array): number {
  const { rows: n, cols: d, data } = operator.matrix
  const gradient = x.map(v => lambda * v)
  const error = x.map(v => gamma(n + 3) * lambda * Math.abs(v))
  for (let i = 0; i < n; i++) {
    let [fit, size] = [-target[i], Math.abs(target[i])]
    for (let j = 0; j < d; j++) {
      const term = data[i * d + j] * x[j]
      fit += term
      size += Math.abs(term)
    }
    const off = gamma(d + 1) * size + gamma(n + 3) * (Math.abs(fit) + gamma(d + 1) * size)
    for (let j = 0; j < d; j++) {
      gradient[j] += data[i * d + j] * fit
      error[j] += Math.abs(data[i * d + j]) * off
    }
  }
  let sum = 0
  for (let j = 0; j < d; j++) sum += (Math.abs(gradient[j]) + error[j]) ** 2
  if (x.every(v => v === 0) && target.every(v => v === 0)) return 0
  return (sum / (2 * lambda)) * SAFETY + TINY
}
