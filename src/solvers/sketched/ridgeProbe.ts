/**
 * What one small sketch tells of a ridge problem before anything is spent on it: the effective dimension d_λ, and how many products plain CG will take.
 *
 * CG is rehearsed on the sketched system ((SA)ᵀ(SA) + λI)·x = −g, an iteration of which costs m/n of a real one. The rehearsal stops where the real method would, at
 * ‖r‖²/λ ≤ tolerance·‖b‖², or after a thousand iterations.
 *
 * The sketch is doubled while d_λ comes out above half its rows: below that the estimate saturates at m and means nothing.
 * @module
 */
import { compute } from '../../matrix/createCompute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { denseOperator } from '../../matrix/denseOperator.ts'
import { axpy, dot } from '../../matrix/vector.ts'
import type { DrawOptions } from '../../sketch/draw.ts'
import { sjlt } from '../../sketch/sjlt.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import { type SketchChoice, sketchMatrix } from './drawing.ts'
import { factoredDimension } from './effectiveDimension.ts'
import { sketchedHessian } from './preconditioner.ts'
import { pcgFactor } from './rates.ts'
import type { RidgeProblem } from './ridgeProblem.ts'

/** What was found. */
export interface RidgeProbe {
  /** The sketch. */
  readonly sa: Dense
  /** Estimated d_λ; at least this where `reliable` is false. */
  readonly effectiveDimension: number
  /** Whether the sketch has at least twice as many rows as that. */
  readonly reliable: boolean
  /** Products that CG would take. */
  readonly cgProducts: number
  /** Products that PCG with a sketch of m rows would take, at the predicted contraction. */
  pcgProducts(rows: number): number
}

/** Tolerance, seed and start of a probe. */
export interface ProbeOptions extends Pick<SketchChoice, 'kind'> {
  /** Relative energy error to reach, squared (that of `SolverContext`). */
  readonly tolerance: number
  readonly seed: number
  /** ∇f at the start; default −Aᵀb, which costs half a product. */
  readonly gradient?: Float64Array
}

const FEWEST_ROWS = 64
const MOST_ROWS = 512
const MOST_STEPS = 1000
/** Accuracy of d_λ: a choice depends on no more. */
const ROUGHLY = 0.01
/** Relative energy below which double precision does not go. */
const FINEST = 1e-28

/** Rows of the first probe: d/4, within 64 and 512. */
export function probeRows({ rows: n, cols: d }: { readonly rows: number; readonly cols: number }): number {
  return Math.min(n, MOST_ROWS, Math.max(FEWEST_ROWS, Math.ceil(d / 4)))
}

/** Flops of a probe of m rows: the sketch, (SA)(SA)ᵀ, some five factors, and a rehearsal of two hundred steps. */
export function probeWork(n: number, d: number, m: number): number {
  const side = Math.min(m, d)
  return 24 * n * d + m * d * side + 7 * side ** 3 + 200 * 4 * m * d
}

/** Probes a problem with λ > 0. Cost `probeWork`, at most four times. */
export function probeRidge(problem: RidgeProblem, options: ProbeOptions): RidgeProbe {
  const { operator, lambda, target } = problem
  const { rows: n, cols: d } = operator
  // Half the signs of the default are enough for an estimate.
  const { seed, kind = (o: DrawOptions) => sjlt({ ...o, sparsity: Math.min(4, o.rows) }) } = options
  const gradient = options.gradient ?? operator.applyT(target).map(v => -v)
  const most = Math.min(n, MOST_ROWS, 2 * d)
  for (let [rows, k] = [probeRows(operator), 0]; ; rows = Math.min(2 * rows, most), k++) {
    const sa = sketchMatrix(problem, { kind }, rows, stepSeed(stepSeed(seed, 0x9e3), k))
    const effectiveDimension = Math.min(d, factoredDimension(sa, lambda, ROUGHLY) ?? d)
    const reliable = 2 * effectiveDimension <= sa.rows || rows >= Math.min(n, 2 * d)
    if (!reliable && rows < most) continue
    const limit = lambda * Math.max(options.tolerance, FINEST) * dot(target, target)
    // ‖g‖² is about tr(H)/d of the energy error, spread evenly once preconditioned; the energy at the start is that of the sketched solution.
    const energy = dot(gradient, sketchedHessian(sa, lambda).solve(gradient))
    const digits = Math.max(0, Math.log(((dot(sa.data, sa.data) / d + lambda) * energy) / limit))
    return {
      sa,
      effectiveDimension,
      reliable,
      cgProducts: rehearse(sa, { lambda, gradient, limit }),
      pcgProducts: m => Math.ceil(digits / (-2 * Math.log(pcgFactor({ dimension: effectiveDimension, rows: m })))) + 1,
    }
  }
}

/** Products of CG on ((SA)ᵀ(SA) + λI)·x = −g until ‖r‖² ≤ limit, the first gradient counted. */
function rehearse(
  sa: Dense,
  { lambda, gradient, limit }: { readonly lambda: number; readonly gradient: Float64Array; readonly limit: number },
): number {
  const region = compute().region()
  try {
    const operator = denseOperator(dense(sa.rows, sa.cols, region.own(sa.data)))
    const [r, p, q] = [gradient.slice(), gradient.slice(), new Float64Array(sa.cols)]
    const image = new Float64Array(sa.rows)
    let delta = dot(r, r)
    for (let k = 0; k < MOST_STEPS; k++) {
      if (delta <= limit) return k + 1
      operator.applyT(operator.apply(p, image), q)
      axpy(lambda, p, q)
      axpy(-delta / dot(p, q), q, r)
      const next = dot(r, r)
      for (let j = 0; j < p.length; j++) p[j] = r[j] + (next / delta) * p[j]
      delta = next
    }
    return MOST_STEPS
  } finally {
    region.dispose()
  }
}
