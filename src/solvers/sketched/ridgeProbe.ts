/**
 * What one small sketch tells of a ridge problem before anything is spent on it: the effective dimension d_λ, and how many products plain CG will take.
 *
 * CG is rehearsed on the sketched system ((SA)ᵀ(SA) + λI)·x = −g. In the eigenbasis of the sketch that system is diagonal, so a rehearsal costs O(m) an
 * iteration: entries of the right-hand side along the m eigenvectors, and one for all that is orthogonal to them, where only λ is left. The rehearsal stops where
 * the real method would, at ‖r‖²/λ ≤ tolerance·‖b‖².
 *
 * The sketch is doubled while d_λ comes out above half its rows: below that the estimate saturates at m and means nothing.
 * @module
 */
import { type Dense, dense } from '../../matrix/dense.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import { dot } from '../../matrix/vector.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import { type SketchChoice, sketchMatrix } from './drawing.ts'
import { gram, sketchedDimension } from './preconditioner.ts'
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
const MOST_STEPS = 100_000
/** Two of these are a digit of the energy lost to nothing at all: the accuracy at which double precision ends. */
const FINEST = 1e-28

/** Rows of the first probe: d/4, within 64 and 512. */
export function probeRows({ rows: n, cols: d }: { readonly rows: number; readonly cols: number }): number {
  return Math.min(n, MOST_ROWS, Math.max(FEWEST_ROWS, Math.ceil(d / 4)))
}

/** Flops of a probe of m rows: the sketch, (SA)(SA)ᵀ, and its eigenvectors. */
export function probeWork(n: number, d: number, m: number): number {
  const side = Math.min(m, d)
  return 16 * n * d + m * d * side + 12 * side ** 3
}

/** Probes a problem with λ > 0. Cost `probeWork`, at most four times. */
export function probeRidge(problem: RidgeProblem, options: ProbeOptions): RidgeProbe {
  const { operator, lambda, target } = problem
  const { rows: n, cols: d } = operator
  const { seed, kind = 'sjlt' } = options
  const gradient = options.gradient ?? operator.applyT(target).map(v => -v)
  const most = Math.min(n, MOST_ROWS, 2 * d)
  for (let [rows, k] = [probeRows(operator), 0]; ; rows = Math.min(2 * rows, most), k++) {
    const sa = sketchMatrix(problem, { kind }, rows, stepSeed(stepSeed(seed, 0x9e3), k))
    const { values, weights } = spectrum(sa, gradient)
    const effectiveDimension = Math.min(d, sketchedDimension(values, sa.rows, lambda))
    const reliable = 2 * effectiveDimension <= sa.rows || rows >= Math.min(n, 2 * d)
    if (!reliable && rows < most) continue
    const tolerance = Math.max(options.tolerance, FINEST)
    const limit = lambda * tolerance * dot(target, target)
    const shifted = new Float64Array(values.length + 1).fill(lambda)
    for (let j = 0; j < values.length; j++) shifted[j] += Math.max(0, values[j])
    const cgProducts = rehearse(shifted, weights, limit)
    // ‖g‖² is about tr(H)/d of the energy error, spread evenly once preconditioned; the energy at the start is that of the sketched solution.
    const energy = weights.reduce((sum, w, j) => sum + w / shifted[j], 0)
    const trace = values.reduce((sum, v) => sum + Math.max(0, v), 0) / d + lambda
    const digits = Math.max(0, Math.log((trace * energy) / limit))
    return {
      sa,
      effectiveDimension,
      reliable,
      cgProducts,
      pcgProducts: m => Math.ceil(digits / (-2 * Math.log(pcgFactor({ dimension: effectiveDimension, rows: m })))) + 1,
    }
  }
}

/** Eigenvalues of (SA)ᵀ(SA) that shape leaves, and the squared entries of g along their vectors; last what is left of ‖g‖². */
function spectrum(sa: Dense, g: Float64Array): { values: Float64Array; weights: Float64Array } {
  const { rows: m, cols: d } = sa
  const tall = m >= d
  const { values, vectors } = eigh(gram(sa, tall, 0))
  // For m < d the vectors are those of (SA)(SA)ᵀ: v_j = (SA)ᵀu_j/√e_j.
  const image = tall ? g : along(sa, g)
  const entries = along(dense(values.length, values.length, vectors.data), image)
  const weights = new Float64Array(values.length + 1)
  let left = dot(g, g)
  const largest = values[values.length - 1]
  for (let j = 0; j < values.length; j++) {
    if (!(values[j] > 1e-14 * largest)) continue
    weights[j] = tall ? entries[j] ** 2 : entries[j] ** 2 / values[j]
    left -= weights[j]
  }
  weights[values.length] = Math.max(0, left)
  return { values, weights }
}

function along({ rows, cols, data }: Dense, v: Float64Array): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => dot(data.subarray(i * cols, (i + 1) * cols), v))
}

/** Products of CG on diag(e)·x = c, weights c², until ‖r‖² ≤ limit, the first gradient counted. */
function rehearse(e: Float64Array, weights: Float64Array, limit: number): number {
  const r = weights.map(Math.sqrt)
  const p = r.slice()
  let delta = dot(r, r)
  for (let k = 0; k < MOST_STEPS; k++) {
    if (delta <= limit) return k + 1
    let curvature = 0
    for (let j = 0; j < e.length; j++) curvature += e[j] * p[j] * p[j]
    const step = delta / curvature
    for (let j = 0; j < e.length; j++) r[j] -= step * e[j] * p[j]
    const next = dot(r, r)
    for (let j = 0; j < e.length; j++) p[j] = r[j] + (next / delta) * p[j]
    delta = next
  }
  return MOST_STEPS
}
