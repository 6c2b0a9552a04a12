/**
 * What everybody does: descend on the network's own, non-convex objective from several random starts, and keep the best.
 *
 *   min_{u, v}  L(Σ_j (X u_j)₊ v_jᵀ) + (beta/2)·Σ_j (‖u_j‖² + ‖v_j‖²)
 *
 * No bound comes out: this is the baseline for the convex method, on the same objective. L-BFGS, restarted.
 * @module
 */
import { DomainError, UnsupportedError } from '../../errors.ts'
import { dense } from '../../matrix/dense.ts'
import { fold, key, normals } from '../../random/index.ts'
import type { Network, TrainingData } from '../model.ts'
import { lbfgs } from './lbfgs.ts'

/** Width, starts and steps of a local search. */
export interface LocalSearchOptions {
  /** m ≥ 1; default 50. */
  readonly neurons?: number
  /** Starts ≥ 1; default 5. */
  readonly restarts?: number
  readonly seed?: number
  /** Steps of each start; default 500. */
  readonly maxIterations?: number
}

/** The best network of all starts, and what each start reached. */
export interface LocalSearchResult {
  /** The best of all starts. */
  readonly network: Network
  /** Its objective in sum form. */
  readonly objective: number
  /** Objective of every start, in order. */
  readonly objectives: readonly number[]
}

/**
 * Restarted local search for a ReLU network of m neurons. Cost: O(n·d·m) an iteration.
 *
 * @throws DomainError when neurons or restarts is not a whole number ≥ 1; UnsupportedError for several outputs.
 */
export function localSearch(data: TrainingData, options: LocalSearchOptions = {}): LocalSearchResult {
  const { neurons: m = 50, restarts = 5, seed = 0, maxIterations = 500 } = options
  for (const [name, value] of [
    ['neurons', m],
    ['restarts', restarts],
  ] as const)
    if (!(Number.isInteger(value) && value >= 1))
      throw new DomainError(`localSearch: ${name} must be a whole number ≥ 1; got ${value}.`)
  const { x, loss } = data
  if (loss.outputs !== 1)
    throw new UnsupportedError(
      `localSearch: the loss must have one output; got ${loss.outputs}. With several, the convex program charges a neuron for each output it feeds, so the objectives would not compare.`,
    )
  const c = loss.outputs
  const d = x.cols
  const objective = objectiveOf(data, m)
  const objectives: number[] = []
  let best: { w: Float64Array; value: number } | null = null
  for (let start = 0; start < restarts; start++) {
    const w = normals(fold(fold(key(seed), 'local-search'), start), m * (d + c))
    // Variances 1/d and 1/m keep the first fit of order 1.
    for (let i = 0; i < m * d; i++) w[i] /= Math.sqrt(d)
    for (let i = m * d; i < w.length; i++) w[i] /= Math.sqrt(m)
    const found = lbfgs(objective, w, { maxIterations })
    objectives.push(found.value)
    if (best === null || found.value < best.value) best = found
  }
  const { w, value } = best as { w: Float64Array; value: number }
  const network: Network = {
    kind: 'relu',
    hidden: dense(m, d, w.slice(0, m * d)),
    output: dense(m, c, w.slice(m * d)),
    gates: null,
    offset: loss.offset.slice(),
  }
  return { network, objective: value, objectives }
}

/** The objective and its gradient in w = (u row by row, v row by row); at a kink the left derivative is taken. */
function objectiveOf({ x, loss, beta }: TrainingData, m: number): (w: Float64Array, g: Float64Array) => number {
  const c = loss.outputs
  const d = x.cols
  const hidden = new Float64Array(x.rows * m)
  const fitted = new Float64Array(x.rows * c)
  const slope = new Float64Array(x.rows * c)
  return (w, g) => {
    fitted.fill(0)
    for (let i = 0; i < x.rows; i++)
      for (let j = 0; j < m; j++) {
        let z = 0
        for (let a = 0; a < d; a++) z += x.data[i * d + a] * w[j * d + a]
        hidden[i * m + j] = Math.max(z, 0)
        if (z > 0) for (let k = 0; k < c; k++) fitted[i * c + k] += z * w[m * d + j * c + k]
      }
    loss.gradient(fitted, slope)
    let penalty = 0
    for (let p = 0; p < w.length; p++) {
      penalty += w[p] * w[p]
      g[p] = beta * w[p]
    }
    for (let i = 0; i < x.rows; i++)
      for (let j = 0; j < m; j++) {
        const h = hidden[i * m + j]
        if (h === 0) continue
        let back = 0
        for (let k = 0; k < c; k++) {
          g[m * d + j * c + k] += h * slope[i * c + k]
          back += slope[i * c + k] * w[m * d + j * c + k]
        }
        for (let a = 0; a < d; a++) g[j * d + a] += back * x.data[i * d + a]
      }
    return loss.value(fitted) + (beta / 2) * penalty
  }
}
