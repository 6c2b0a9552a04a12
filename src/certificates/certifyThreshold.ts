/**
 * Certificates of threshold networks f(x) = o + Σ_j z_j 1[x·w_j > 0], z_j = a_j s_j an amplitude times an output weight, weight decay on both:
 *
 *   −L*(θ) ≤ min over networks of every width ≤ L(f) + β·Σ|z_j|   for every θ with g(θ) = max_k |d_kᵀθ| ≤ β,
 *
 * d_k ∈ {0, 1}^n the patterns 1[Xw > 0]. Weak duality: θᵀf ≥ −g(θ)Σ|z|, and ½(a² + s²) ≥ |as|. The length of w_j changes nothing and carries no
 * penalty. With all patterns of the cells of X the bound covers every w off the hyperplanes x_i·w = 0, and the
 * statement says so where it matters (`offTheRows.ts`).
 * @module
 */
import { ShapeError, UnsupportedError } from '../errors.ts'
import type { Loss } from '../losses/loss.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { type Masks, maskBit } from '../matrix/masks.ts'
import { assemble } from './assemble.ts'
import type { Certificate } from './certificate.ts'
import { type DualBound, dualBound } from './dualBound.ts'
import { networkPatterns, withOwnPatterns } from './networkPatterns.ts'
import { lossAbove } from './networkValue.ts'
import { inHalfSpace } from './offTheRows.ts'
import { compensatedSum, down, gamma, UNIT, up } from './rounding.ts'
import type { GivenPatterns } from './twoLayer.ts'

/** Weights of a threshold network. */
export interface ThresholdNetwork {
  /** w: m × d; only their directions matter. */
  readonly directions: Dense
  /** z ∈ R^m. */
  readonly heights: Float64Array
}

/** The training problem, in sum form. */
export interface ThresholdData {
  /** X: n × d. */
  readonly x: Dense
  /** One output. */
  readonly loss: Loss
  readonly beta: number
}

/** max_k |d_kᵀθ| from above, and at least `floor`. Cost n·P. */
export function thresholdDualNorm(patterns: Masks, theta: Float64Array, floor = 0): number {
  const n = theta.length
  const size = theta.reduce((sum, t) => sum + Math.abs(t), 0)
  // Plain sums decide which patterns matter; those are summed again with compensation.
  const slack = up(gamma(n + 2) * size, n)
  let most = floor
  for (let k = 0; k < patterns.patterns; k++) {
    let sum = 0
    for (let i = 0; i < n; i++) if (maskBit(patterns, k, i)) sum += theta[i]
    if (Math.abs(sum) + slack <= most) continue
    const exact = compensatedSum(Array.from(theta, (t, i) => (maskBit(patterns, k, i) ? t : 0)))
    most = Math.max(most, up(Math.abs(exact) + up((2 * UNIT) ** 2 * n * n * size)))
  }
  return most
}

/**
 * How far a threshold network is from the best one: over all patterns ('global') or the given ones and its own ('restricted').
 *
 * @throws ShapeError when the parts do not fit together; UnsupportedError for several outputs.
 */
export function certifyThreshold(
  { directions, heights }: ThresholdNetwork,
  { x, loss, beta }: ThresholdData,
  patterns: GivenPatterns,
  candidates: readonly Float64Array[] = [],
): Certificate {
  const n = x.rows
  if (loss.outputs !== 1)
    throw new UnsupportedError(`certifyThreshold: one output is covered; got ${loss.outputs}. Certify each by itself.`)
  if (directions.rows !== heights.length || directions.cols !== x.cols || loss.samples !== n)
    throw new ShapeError(
      `certifyThreshold: rows, loss and weights must fit together; got ${n} rows of ${x.cols}, ${loss.samples} samples, ${directions.rows} × ${directions.cols} directions, ${heights.length} heights.`,
    )
  const shown = {
    kind: 'relu',
    hidden: directions,
    output: dense(heights.length, 1, heights),
    gates: null,
    offset: new Float64Array(1),
  } as const
  const own = networkPatterns(shown, x)
  const all = withOwnPatterns(patterns.masks, own, shown)
  const fit = new Float64Array(n)
  const sizes = new Float64Array(n)
  heights.forEach((z, j) => {
    for (let i = 0; i < n; i++)
      if (maskBit(own, j, i)) {
        fit[i] += z
        sizes[i] += Math.abs(z)
      }
  })
  const errors = sizes.map(size => up(gamma(heights.length + 2) * size, heights.length + 4))
  const upper = up(lossAbove(loss, fit, errors) + up(beta * compensatedSum(heights.map(Math.abs)), 8), 4)
  const ones = dense(n, 1, new Float64Array(n).fill(1))
  let best: DualBound | null = null
  for (const candidate of [loss.gradient(fit), ...candidates]) {
    const found = dualBound({ x: ones, loss, beta }, candidate, (theta, { floor }) =>
      thresholdDualNorm(all, theta, floor ?? 0),
    )
    if (found !== null && (best === null || found.lower > best.lower)) best = found
  }
  return assemble(up(upper / n), best === null ? null : { ...best, lower: down(best.lower / n) }, {
    scope: patterns.complete ? 'global' : 'restricted',
    oracle: patterns.complete ? 'enumeration' : 'dictionary',
    subject: `threshold network${patterns.complete && !inHalfSpace(x, patterns.masks) ? ' with every row off its thresholds' : ''}`,
    ...(!patterns.complete && { patterns: all.patterns }),
  })
}
