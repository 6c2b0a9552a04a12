/**
 * The judge: primal, dual and gap of any point, the same for every contestant.
 *
 * Primal: the value of the network that the point stands for (gated: Σ 1[pattern k]·x·u_k; ReLU: Σ (x·v_k)₊ − (x·w_k)₊, so
 * a slightly infeasible cone point is taken at what its network does). Dual: the best point on the rays through ∇L at the
 * fit and through every dual point offered, scaled into ‖A_gᵀθ‖ ≤ β, for ReLU ‖P_K(±A_gᵀθ)‖ ≤ β with the projection by
 * non-negative least squares.
 * @module
 */
import { ShapeError } from '../src/errors.ts'
import { bestScale, createLoss, type Loss } from '../src/losses/index.ts'
import { type Dense, dense } from '../src/matrix/dense.ts'
import { nnls } from '../src/matrix/factor/nnls.ts'
import { maskRow } from '../src/matrix/masks.ts'
import type { RaceProblem } from './problems/problem.ts'

/** In the public (mean) objective. */
export interface Verdict {
  readonly primal: number
  readonly dual: number
  readonly relativeGap: number
  /** Groups longer than 1e-6 of the longest. */
  readonly active: number
}

/** The loss of a race problem, in sum form. */
export function lossOf({ loss, y, outputs }: RaceProblem): Loss {
  return createLoss(loss, loss === 'multinomial' ? { targets: y, outputs } : { targets: y })
}

/** Judges a point u (groups × d, as `Point`), with dual candidates of the sum form. Cost: n·P·d flops a candidate. */
export function judge(
  problem: RaceProblem,
  options: { readonly lambda: number; readonly u: Float64Array; readonly theta?: Float64Array | null },
): Verdict {
  const { lambda, u, theta } = options
  const [n, d] = [problem.x.rows, problem.x.cols]
  if (u.length !== groupsOf(problem) * d)
    throw new ShapeError(
      `judge: a point of ${problem.name} has ${groupsOf(problem)} groups of ${d}; got ${u.length} numbers.`,
    )
  const beta = n * lambda
  const loss = lossOf(problem)
  const lengths = Array.from({ length: u.length / d }, (_, g) => length(u.subarray(g * d, (g + 1) * d)))
  const f = fitted(problem, u)
  const primal = loss.value(f) + beta * lengths.reduce((sum, each) => sum + each, 0)
  let dual = -Infinity
  for (const candidate of [loss.gradient(f), ...(theta ? [theta] : [])])
    dual = Math.max(dual, bestScale(loss, candidate, beta / widest(problem, candidate)).bound)
  const longest = Math.max(...lengths)
  const active = lengths.filter(each => each > 1e-6 * longest).length
  return { primal: primal / n, dual: dual / n, relativeGap: Math.max(0, primal - dual) / Math.abs(primal), active }
}

/** The smallest lambda at which all weights are zero, for gated programs: max ‖A_gᵀ∇L(0)‖ / n. */
export function lambdaMax(problem: RaceProblem): number {
  const loss = lossOf(problem)
  return widest(problem, loss.gradient(new Float64Array(loss.samples * loss.outputs))) / problem.x.rows
}

function groupsOf({ kind, masks, outputs }: RaceProblem): number {
  return masks.patterns * (kind === 'relu' ? 2 : outputs)
}

/** Fitted values in R^{n·c}, sample-major. */
function fitted(problem: RaceProblem, u: Float64Array): Float64Array {
  const { x, masks, kind, outputs } = problem
  const [n, d, patterns] = [x.rows, x.cols, masks.patterns]
  const f = new Float64Array(n * outputs)
  for (let g = 0; g < u.length / d; g++) {
    const group = u.subarray(g * d, (g + 1) * d)
    if (group.every(value => value === 0)) continue
    const words = maskRow(masks, g % patterns)
    const part = Math.floor(g / patterns)
    const sign = kind === 'relu' && part === 1 ? -1 : 1
    for (let i = 0; i < n; i++) {
      if (kind === 'gated' && ((words[i >>> 5] >>> (i & 31)) & 1) === 0) continue
      let z = 0
      for (let j = 0; j < d; j++) z += x.data[i * d + j] * group[j]
      if (kind === 'gated') f[i * outputs + part] += z
      else if (z > 0) f[i] += sign * z
    }
  }
  return f
}

/** Ω°(Aᵀθ)·β: the largest ‖A_gᵀθ‖ over groups and outputs, for ReLU of the projections on the cones. */
function widest(problem: RaceProblem, theta: Float64Array): number {
  const { x, masks, kind, outputs } = problem
  const [n, d] = [x.rows, x.cols]
  const g = new Float64Array(d)
  let most = 0
  for (let k = 0; k < masks.patterns; k++) {
    const words = maskRow(masks, k)
    for (let c = 0; c < outputs; c++) {
      g.fill(0)
      for (let i = 0; i < n; i++) {
        if (((words[i >>> 5] >>> (i & 31)) & 1) === 0) continue
        const t = theta[i * outputs + c]
        for (let j = 0; j < d; j++) g[j] += t * x.data[i * d + j]
      }
      // The projection is no longer than g, so most cones need no least squares.
      if (length(g) <= most) continue
      if (kind === 'gated') most = length(g)
      else {
        const cone = coneRows(x, words)
        for (const sign of [1, -1]) {
          // P_K(s) = s + Kᵀα with α = argmin ‖s + Kᵀα‖, α ≥ 0: here the residual, up to its sign.
          const { residual } = nnls(
            cone,
            g.map(value => -sign * value),
          )
          most = Math.max(most, length(residual))
        }
      }
    }
  }
  return most
}

/** (2 D_k − I) X. */
function coneRows(x: Dense, words: Uint32Array): Dense {
  const out = dense(x.rows, x.cols)
  for (let i = 0; i < x.rows; i++) {
    const sign = ((words[i >>> 5] >>> (i & 31)) & 1) === 1 ? 1 : -1
    for (let j = 0; j < x.cols; j++) out.data[i * x.cols + j] = sign * x.data[i * x.cols + j]
  }
  return out
}

function length(v: Float64Array): number {
  let sum = 0
  for (const value of v) sum += value * value
  return Math.sqrt(sum)
}
