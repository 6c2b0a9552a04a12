/**
 * Upper bounds of the dual norms, rounding included:
 *
 *   gated  Ω°(θ) = max_{k, c} ‖Xᵀ D_k θ_c‖
 *   relu   g(θ)  = max_{k, ±, c} ‖Π_{𝒦_k}(±Xᵀ D_k θ_c)‖ = max_{k, ±, c} min_{α ≥ 0} ‖±Xᵀ D_k θ_c + K_kᵀα‖,  K_k = (2D_k − I) X.
 *
 * All products come from one pass, correct up to γ_n·|X|ᵀ|θ|; only those that could decide the maximum are summed again with
 * compensation. Any α ≥ 0 gives a valid upper bound, so nothing rests on how NNLS found it.
 * @module
 */
import type { Compute } from '../matrix/compute.ts'
import type { Dense } from '../matrix/dense.ts'
import { groupNorms } from '../matrix/gated.ts'
import { type Masks, maskBit } from '../matrix/masks.ts'
import { coneBound } from './coneBound.ts'
import { gamma, normUp, UNIT, up } from './rounding.ts'

export interface DualNormOptions {
  /** Groups below this need no attention: the result is max(floor, norm). Default 0. */
  readonly floor?: number
  readonly compute?: Compute
}

/** A number ≥ max(floor, max_k ‖XᵀD_kθ_c‖) over the patterns and all outputs. Cost: 2·n·d·P·c flops. */
export function gatedDualNorm(x: Dense, m: Masks, theta: Float64Array, options: DualNormOptions = {}): number {
  return largest(x, m, theta, options, ({ products, error }) => up(normUp(products) + error))
}

/** A number ≥ max(floor, g(θ)) over the cells of the patterns. Adds an NNLS for each cell that could exceed the rest. */
export function reluDualNorm(x: Dense, m: Masks, theta: Float64Array, options: DualNormOptions = {}): number {
  return largest(x, m, theta, options, ({ products, error, k }, best) => {
    const positive = coneBound(x, m, k, products, error, best)
    const negated = products.map(v => -v)
    return Math.max(positive, coneBound(x, m, k, negated, error, Math.max(best, positive)))
  })
}

interface Group {
  readonly k: number
  /** Xᵀ D_k t, summed with compensation. */
  readonly products: Float64Array
  /** Bound of the length of its error. */
  readonly error: number
}

/** max over groups of `exact(group)` (anything ≤ best will do where it is not above), in order of falling cheap bound, until no cheap bound is above the best. */
function largest(
  x: Dense,
  m: Masks,
  theta: Float64Array,
  { floor = 0, compute }: DualNormOptions,
  exact: (group: Group, best: number) => number,
): number {
  const [n, d] = [x.rows, x.cols]
  const outputs = theta.length / n
  let best = floor
  for (let c = 0; c < outputs; c++) {
    const t = Float64Array.from({ length: n }, (_, i) => theta[i * outputs + c])
    const reach = absoluteReach(x, t)
    const all = compute
      ? compute.gatedAdjoint(x, m, t, new Float64Array(m.patterns * d))
      : plainAdjoint(x, m, t, new Float64Array(m.patterns * d))
    const slack = up(gamma(n + 2) * reach)
    const cheap = groupNorms(all, d).map(length => up(up(length, d + 2) + slack))
    const order = Array.from(cheap.keys()).sort((a, b) => cheap[b] - cheap[a])
    for (const k of order) {
      if (cheap[k] <= best) break
      // Products rounded once, their sum compensated: (u + small)·Σ|x||t| and 2u of the result.
      const products = compensatedAdjoint(x, m, k, t)
      const error = up((UNIT + 2 * (n * UNIT) ** 2) * reach + 2 * UNIT * normUp(products))
      best = Math.max(best, Math.min(cheap[k], exact({ k, products, error }, best)))
    }
  }
  return best
}

/** A number ≥ ‖|X|ᵀ|t|‖₂. */
export function absoluteReach(x: Dense, t: Float64Array): number {
  const sums = new Float64Array(x.cols)
  for (let i = 0, at = 0; i < x.rows; i++) {
    const size = Math.abs(t[i])
    for (let j = 0; j < x.cols; j++, at++) sums[j] += Math.abs(x.data[at]) * size
  }
  return up(normUp(sums), x.rows + 2)
}

/** Row k of out = Σ_i bit(k, i)·t_i·x_i, in one pass over X. */
function plainAdjoint(x: Dense, m: Masks, t: Float64Array, out: Float64Array): Float64Array {
  const d = x.cols
  const row = new Float64Array(d)
  for (let i = 0; i < x.rows; i++) {
    if (t[i] === 0) continue
    for (let j = 0; j < d; j++) row[j] = t[i] * x.data[i * d + j]
    for (let k = 0; k < m.patterns; k++) {
      if (!maskBit(m, k, i)) continue
      const at = k * d
      for (let j = 0; j < d; j++) out[at + j] += row[j]
    }
  }
  return out
}

/** One group of `plainAdjoint`, Neumaier's sum in every coordinate. */
function compensatedAdjoint(x: Dense, m: Masks, k: number, t: Float64Array): Float64Array {
  const d = x.cols
  const sum = new Float64Array(d)
  const lost = new Float64Array(d)
  for (let i = 0; i < x.rows; i++) {
    if (t[i] === 0 || !maskBit(m, k, i)) continue
    for (let j = 0; j < d; j++) {
      const value = t[i] * x.data[i * d + j]
      const next = sum[j] + value
      lost[j] += Math.abs(sum[j]) >= Math.abs(value) ? sum[j] - next + value : value - next + sum[j]
      sum[j] = next
    }
  }
  return sum.map((s, j) => s + lost[j])
}
