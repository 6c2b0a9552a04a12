/**
 * Threshold networks as a Lasso: f(x) = c + Σ_j a_j s_j 1[x·w_j > 0].
 *
 *   min L(f(X)) + β·½Σ(a_j² + s_j²)   =   min over z  L(Σ_k z_k d_k) + β‖z‖₁,   d_k ∈ {0, 1}^n the patterns 1[Xw > 0]
 *
 * Theorem: a neuron is its pattern, whatever the length of w, and ½(a² + s²) ≥ |as| with equality at |a| = |s|. So training is a Lasso whose columns are the
 * patterns of the data: at most 2 Σ_{k<r} C(n − 1, k) of them, all of which are there for rank r ≤ 3 and moderate n. An optimal network has at most n
 * neurons. Conditions: β > 0, L convex, w off the hyperplanes x_i·w = 0 (on them a strict threshold has patterns of its own), the constant c fixed at its
 * best value without neurons. Over sampled patterns the optimum is about these.
 *
 * Method: column generation. The pattern with the largest |d_kᵀθ| enters while it is above β.
 * Source: T. Ergen, H. Gulluk, J. Lacotte, M. Pilanci, "Globally Optimal Training of Neural Networks with Threshold Activation Functions", ICLR 2023.
 * @module
 */
import {
  type Certificate,
  certifyThreshold,
  type ThresholdData,
  type ThresholdNetwork,
  thresholdDualNorm,
} from '../../certificates/index.ts'
import { DomainError, UnsupportedError } from '../../errors.ts'
import { bestScale } from '../../losses/bestScale.ts'
import { dense, rowOf } from '../../matrix/dense.ts'
import { maskBit } from '../../matrix/masks.ts'
import { breathing } from '../breathing.ts'
import { directionLasso } from '../landscape/directionLasso.ts'
import type { PatternSet } from '../model.ts'
import { enumeratePatterns } from '../networks/patterns/enumeratePatterns.ts'

/** A trained threshold network. */
export interface TrainedThreshold {
  readonly network: ThresholdNetwork
  /** L + β·Σ|z|, in sum form. */
  readonly objective: number
  readonly certificate: Certificate
  readonly patterns: { readonly count: number; readonly complete: boolean }
  readonly rounds: number
  readonly status: 'solved' | 'stalled'
}

const ENTER = 12
const ROUNDS = 500

/**
 * Trains over all patterns, or over given ones. Cost a round n·P additions and a Lasso of a few dozen columns.
 *
 * @throws DomainError for beta; UnsupportedError for several outputs, and (E_TOO_MANY_PATTERNS) when the patterns are too many to list.
 */
export async function thresholdNetwork(
  data: ThresholdData,
  options: { readonly patterns?: PatternSet; readonly tolerance?: number; readonly signal?: AbortSignal } = {},
): Promise<TrainedThreshold> {
  const { x, loss, beta } = data
  const { patterns = enumeratePatterns(x), tolerance = 1e-8, signal } = options
  if (!(beta > 0 && beta < Infinity))
    throw new DomainError(`thresholdNetwork: beta must be a positive number; got ${beta}.`, 'E_LAMBDA')
  if (loss.outputs !== 1)
    throw new UnsupportedError(`thresholdNetwork: one output is trained; got ${loss.outputs}. Train each by itself.`)
  const found = await breathing(steps(data, patterns, tolerance), signal)
  const m = found.index.length
  const directions = dense(m, x.cols)
  found.index.forEach((k, j) => {
    directions.data.set(rowOf(patterns.gates, k), j * x.cols)
  })
  const network: ThresholdNetwork = { directions, heights: found.heights }
  const certificate = certifyThreshold(network, data, patterns, [found.theta])
  return {
    network,
    objective: found.objective,
    certificate,
    patterns: { count: patterns.masks.patterns, complete: patterns.complete },
    rounds: found.rounds,
    status: certificate.relativeGap <= tolerance ? 'solved' : 'stalled',
  }
}

/** f(x) − c on the rows of x. */
export function thresholdValues({ directions, heights }: ThresholdNetwork, x: ThresholdData['x']): Float64Array {
  const out = new Float64Array(x.rows)
  for (let i = 0; i < x.rows; i++)
    for (let j = 0; j < directions.rows; j++) {
      let t = 0
      for (let a = 0; a < x.cols; a++) t += x.data[i * x.cols + a] * directions.data[j * x.cols + a]
      if (t > 0) out[i] += heights[j]
    }
  return out
}

function* steps({ loss, beta }: ThresholdData, { masks }: PatternSet, tolerance: number) {
  const n = loss.samples
  const column = (k: number, sign: number) =>
    Float64Array.from({ length: n }, (_, i) => (maskBit(masks, k, i) ? sign : 0))
  let active: { k: number; sign: number; d: Float64Array }[] = []
  let z = new Float64Array(0)
  let fit = new Float64Array(n)
  let theta = loss.gradient(fit)
  let [bound, rounds, objective] = [-Infinity, 0, loss.value(fit)]
  for (; rounds < ROUNDS; rounds++) {
    yield
    bound = Math.max(bound, bestScale(loss, theta, beta / thresholdDualNorm(masks, theta, beta)).bound)
    if (objective - bound <= (tolerance / 2) * Math.abs(objective)) break
    const priced = Array.from({ length: masks.patterns }, (_, k) => {
      let sum = 0
      for (let i = 0; i < n; i++) if (maskBit(masks, k, i)) sum += theta[i]
      return sum
    })
    const has = new Set(active.map(({ k, sign }) => sign * (k + 1)))
    const fresh = [...priced.keys()]
      .filter(k => Math.abs(priced[k]) > beta * (1 + 1e-13) && !has.has(priced[k] > 0 ? -(k + 1) : k + 1))
      .sort((a, b) => Math.abs(priced[b]) - Math.abs(priced[a]) || a - b)
      .slice(0, ENTER)
    if (fresh.length === 0) break
    for (const k of fresh) {
      const sign = priced[k] > 0 ? -1 : 1
      active.push({ k, sign, d: column(k, sign) })
    }
    const start = new Float64Array(active.length)
    start.set(z)
    z = directionLasso(
      active.map(({ d }) => d),
      { loss, beta, start },
    ).slice()
    const keep = [...active.keys()].filter(j => z[j] > 0)
    active = keep.map(j => active[j])
    z = Float64Array.from(keep, j => z[j])
    fit = new Float64Array(n)
    active.forEach(({ d }, j) => {
      for (let i = 0; i < n; i++) fit[i] += z[j] * d[i]
    })
    theta = loss.gradient(fit)
    objective = loss.value(fit) + beta * z.reduce((sum, v) => sum + v, 0)
  }
  return {
    index: active.map(({ k }) => k),
    heights: Float64Array.from(active, ({ sign }, j) => sign * z[j]),
    theta,
    rounds,
    objective,
  }
}
