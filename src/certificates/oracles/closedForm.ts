/**
 * The closed form: a bound of g(θ) from the signs of inner products, exact on well-behaved data.
 *
 * With z_i = t_i x_i over P = {t_i > 0} and any h ∈ [0, 1]^P,
 *
 *   tᵀ(Xu)₊ ≤ Σ_P t_i(x_i·u)₊ ≤ max_h ‖Σ h_i z_i‖ ≤ √(Σ_{i,j ∈ P} max(0, z_i·z_j)),
 *
 * for all data. When x_i·x_j ≥ 0 within P and ≤ 0 between P and N = {t_i < 0}, it is attained: at u = Σ_P z_i every sample of P is
 * active and none of N is. So it is exact
 * - for orthogonal separable classes (x_i·x_j > 0 within a class, ≤ 0 across) with a monotone classification loss, whose slopes have
 *   the sign of the class at every network: training is then two one-neuron problems;
 * - for orthogonal rows (X Xᵀ diagonal, whitened data with n ≤ d), with every loss: g = max ‖Xᵀθ_±‖.
 * Squared loss on orthogonal separable data is not among them: a fit that overshoots turns the sign of its residual.
 * Source: M. Pilanci, T. Ergen, and others for the classes; the bound for all data is derived here.
 * @module
 */
import type { Compute } from '../../matrix/compute.ts'
import { compute as sharedCompute } from '../../matrix/createCompute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { gamma, normUp, up } from '../rounding.ts'
import { type Direction, halvesOf, type OracleResult } from './oracle.ts'

/**
 * A number ≥ g(θ); kind 'exact' where the inner products have the signs that make it so, for every half that could be largest.
 *
 * Cost n²·d flops for each output and sign, memory n².
 */
export function normByClosedForm(
  x: Dense,
  theta: Float64Array,
  options: { readonly compute?: Compute } = {},
): OracleResult {
  const { compute = sharedCompute() } = options
  let value = 0
  const halves: { bound: number; exact: boolean; direction: Direction }[] = []
  for (const { output, sign, t } of halvesOf(theta, x.rows)) {
    const found = half(x, t, compute)
    value = Math.max(value, found.bound)
    const length = normUp(found.sum)
    const u = length > 0 ? found.sum.map(v => v / length) : found.sum
    halves.push({ ...found, direction: { output, sign, u, value: found.exact ? length * (1 - 1e-12) : 0 } })
  }
  // A half that is not exact spoils nothing while its bound is below one that is reached.
  const reached = Math.max(0, ...halves.filter(each => each.exact).map(each => each.bound))
  const kind = halves.every(each => each.exact || each.bound <= reached) ? 'exact' : 'upper'
  const directions = halves.filter(each => each.exact).map(each => each.direction)
  directions.sort((a, b) => b.value - a.value)
  return { value, kind, oracle: 'closed-form', witness: { directions, proofs: [] } }
}

function half(x: Dense, t: Float64Array, compute: Compute): { bound: number; exact: boolean; sum: Float64Array } {
  const d = x.cols
  const [on, off] = [[], []] as [number[], number[]]
  for (let i = 0; i < t.length; i++) if (t[i] !== 0) (t[i] > 0 ? on : off).push(i)
  const rowsOf = (index: readonly number[]): Dense => {
    const out = dense(index.length, d)
    index.forEach((i, at) => {
      for (let j = 0; j < d; j++) out.data[at * d + j] = t[i] * x.data[i * d + j]
    })
    return out
  }
  const positive = rowsOf(on)
  const within = products(positive, positive, compute)
  const lengths = on.map((_, at) => normUp(positive.data.subarray(at * d, (at + 1) * d)))
  let [total, size, least] = [0, 0, 0]
  for (const value of within) {
    total += Math.max(0, value)
    least = Math.min(least, value)
  }
  for (const length of lengths) size += length
  // Each inner product is off by γ_d‖z_i‖‖z_j‖ at most, and the sum by its own rounding.
  const error = up(gamma(d + 4) * size * size + gamma(within.length + 4) * total, 8)
  // N carries the sign of t: products of P and N must not be negative there.
  const across = products(positive, rowsOf(off), compute)
  const exact = least >= 0 && across.every(value => value >= 0)
  const sum = new Float64Array(d)
  for (let at = 0; at < positive.data.length; at++) sum[at % d] += positive.data[at]
  return { bound: up(Math.sqrt(up(total + error))), exact, sum }
}

function products(a: Dense, b: Dense, compute: Compute): Float64Array {
  const out = new Float64Array(a.rows * b.rows)
  if (out.length > 0)
    compute.gemm(false, true, a.rows, b.rows, a.cols, 1, a.data, a.cols, b.data, b.cols, 0, out, b.rows)
  return out
}
