/**
 * Certificates of the smallest network through given points: min ½Σ(u_j² + v_j²) over one-input ReLU networks with f(x_i) = y_i.
 *
 * The piecewise linear interpolant has the least norm, R(f) (`models/splines/pieces.ts`). Proof by duality: θᵀy ≤ Σ|z_j| for every θ with
 * 1ᵀθ = 0 and |Σθ_i (±(x_i − a))₊| ≤ 1, and G_k = Σθ_i (x_i − x_k)₊ may be chosen point by point: +1 at rising and −1 at falling
 * kinks, shifted where the first slope is steeper than the kinks provide. `primal` is R of the exact interpolant, rounding counted.
 * @module
 */
import type { Certificate } from './certificate.ts'
import { balanced } from './certifyLinear.ts'
import { bracket, hingeNorm } from './certifySpline.ts'
import { PAIR_UNIT, type Pair, plus, product } from './doubleDouble.ts'
import { compensatedSum, down, UNIT, up } from './rounding.ts'

const CLAIM = {
  subject: 'ReLU network of one input with free biases through these points',
  what: 'norm ½Σ(u² + v²)',
} as const

/** Certifies the interpolant of points with distinct x ∈ R^n (ascending) and y ∈ R^n. Cost O(n). */
export function certifyInterpolation(x: Float64Array, y: Float64Array): Certificate {
  const n = x.length
  if (n < 2) return bracket(0, 0, { ...CLAIM, witness: new Float64Array(n) })
  const slopes = Float64Array.from({ length: n - 1 }, (_, k) => (y[k + 1] - y[k]) / (x[k + 1] - x[k]))
  const jumps = Float64Array.from({ length: n - 2 }, (_, k) => slopes[k + 1] - slopes[k])
  const variation = compensatedSum(jumps.map(Math.abs))
  const ends = slopes[0] + slopes[n - 2]
  // Each slope is off by 3 round-offs, each jump by those of its two slopes and its own.
  const size = 2 * compensatedSum(slopes.map(Math.abs))
  const value = 0.5 * (variation + Math.max(variation, Math.abs(ends)))
  const primal = up(value + up(8 * UNIT * (size + value), n), 8)
  const witness = feasible(x, pricesOf(x, slopes, jumps))
  let sum: Pair = [0, 0]
  let terms = 0
  for (let i = 0; i < n; i++) {
    const term = product(witness[i], y[i])
    sum = plus(sum, term)
    terms += Math.abs(term[0])
  }
  const dual = Math.max(0, down(sum[0] + sum[1]) - up(8 * (n + 4) * PAIR_UNIT * terms, n))
  return bracket(primal, dual, { ...CLAIM, witness })
}

/** θ with the values G_k that the signs of the kinks ask for. */
function pricesOf(x: Float64Array, slopes: Float64Array, jumps: Float64Array): Float64Array {
  const n = x.length
  let [rising, falling] = [0, 0]
  for (const jump of jumps) {
    if (jump > 0) rising += jump
    else falling -= jump
  }
  const first = slopes[0] > falling ? 1 : slopes[0] < -rising ? -1 : 0
  const [high, low] = [Math.min(1, 1 + first), Math.max(-1, first - 1)]
  const g = new Float64Array(n)
  g[0] = first
  for (let k = 1; k < n - 1; k++)
    g[k] = jumps[k - 1] > 0 ? high : jumps[k - 1] < 0 ? low : Math.max(low, Math.min(high, g[k - 1]))
  // Σ_{i > k} θ_i is minus the slope of G between x_k and x_{k+1}.
  const theta = new Float64Array(n)
  for (let k = 0; k < n - 1; k++) {
    const tail = (g[k] - g[k + 1]) / (x[k + 1] - x[k])
    theta[k] -= tail
    theta[k + 1] += tail
  }
  return theta
}

/** θ with an exact sum of 0, scaled until its constraints hold beyond doubt. */
function feasible(x: Float64Array, prices: Float64Array): Float64Array {
  let scale = 1
  for (let attempt = 0; attempt < 30; attempt++) {
    const theta = balanced(prices.map(t => scale * t))
    const reached = hingeNorm(x, theta)
    if (reached <= 1) return theta
    scale *= (1 / reached) * (1 - 8 * UNIT)
  }
  return new Float64Array(x.length)
}
