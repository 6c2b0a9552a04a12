/**
 * From a foreign ReLU network to a better one: our solver, started from its weights and over its patterns.
 *
 * The convex program keeps the output bias c. Its optimal value p(c) is convex with p'(c) = 1ᵀ∇L (+ βc), so the best c is the zero of a
 * rising function, found by regula falsi over a few solves, for all outputs at once (they do not meet in the program). A hidden bias that
 * costs nothing is the weight of a column τ: its cost (b/τ)² is small, and what counts in the end is the objective itself, without it.
 * Every step is judged by that objective, from above: the result is never above the network it started from.
 * @module
 */
import { type HomogeneousNetwork, homogeneousValue } from '../../certificates/index.ts'
import { UnsupportedError } from '../../errors.ts'
import { createLoss, type Loss } from '../../losses/index.ts'
import type { Compute } from '../../matrix/compute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import type { Network, PatternSet } from '../model.ts'
import { patternsOf } from '../networks/patterns/patternsOf.ts'
import { relu } from '../networks/relu.ts'
import { trainAt } from '../train.ts'
import { fedBy, hiddenLength, type Measured, outputOf } from './program.ts'

export interface ImproveOptions {
  readonly lambda: number
  readonly tolerance: number
  readonly seed: number
  readonly compute: Compute
  readonly maxTime?: number
  readonly signal?: AbortSignal
}

/** A network no worse than the one given. */
export interface Improved {
  readonly network: HomogeneousNetwork
  /** Mean form, from above. */
  readonly objective: number
  /** Dual points met on the way, in sum form. */
  readonly candidates: readonly Float64Array[]
  readonly patterns: PatternSet
  readonly status: string
  readonly iterations: number
}

/** Solves at most; they end when p'(c) is below this part of ‖∇L‖₁. */
const TURNS = 16
const FLAT = 1e-6
/** τ over the largest entry of X. */
const FAR = 512

/** null, or why this class is not trained here. */
export function notImprovable({ subject, network, outputBias, loss }: Measured): string | null {
  if (subject !== 'ReLU network') return `only ReLU networks are trained here, not this class: ${subject}`
  if (network.linear !== null) return 'networks with a linear way around the hidden layer are not trained here'
  if (loss.name === 'multinomial' && outputBias === 'penalised')
    return 'with multinomial loss a penalised output bias is not trained here'
  return null
}

/**
 * The better network, with the dual points of the solves.
 *
 * @throws UnsupportedError for classes that `notImprovable` names.
 */
export async function improve(measured: Measured, options: ImproveOptions): Promise<Improved> {
  const reason = notImprovable(measured)
  if (reason !== null)
    throw new UnsupportedError(`audit: ${reason}. Leave --improve out; the report needs no training.`)
  const { lambda, tolerance, seed, compute, maxTime = Infinity, signal } = options
  const { freeBias, outputBias, loss } = measured
  const program = measured.program(lambda)
  const began = performance.now()
  const objectiveOf = (network: HomogeneousNetwork) => homogeneousValue(network, program).upper / loss.samples
  const far = freeBias
    ? 2 ** Math.ceil(Math.log2(FAR * (1 + program.x.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0))))
    : 1
  const x = withLastColumn(program.x, far)

  let best = measured.network
  let objective = objectiveOf(best)
  const candidates: Float64Array[] = []
  let patterns: PatternSet = patternsOf(x, withLastColumn(best.hidden, 1 / far))
  let [status, iterations] = ['solved', 0]
  let dualPoint: Float64Array | null = null
  keep({ ...best, constant: bestConstants(measured, best, program.beta) })
  const moving = outputBias === 'free' || outputBias === 'penalised'
  const searches = Array.from(best.constant, () => zeroSearch())
  let offset = moving ? best.constant : loss.offset
  for (let turn = 0; turn < TURNS; turn++) {
    const left = maxTime - (performance.now() - began) / 1000
    if (signal?.aborted || !(left > 0)) {
      status = signal?.aborted ? 'aborted' : 'max-time'
      break
    }
    const start: Network = {
      kind: 'relu',
      hidden: withLastColumn(best.hidden, 1 / far),
      output: best.output,
      gates: null,
      offset,
    }
    const trained = await trainAt({ model: relu, x, loss: withOffset(loss, offset), patterns, compute, seed }, lambda, {
      start: { network: start, patterns, dualPoint },
      tolerance: tolerance / 2,
      global: true,
      ...(maxTime < Infinity && { maxTime: left }),
      ...(signal && { signal }),
    })
    status = trained.status
    iterations += trained.iterations
    patterns = trained.patterns
    dualPoint = trained.dualPoint
    if (dualPoint !== null) candidates.unshift(dualPoint)
    const found = {
      ...best,
      hidden: withLastColumn(trained.network.hidden, far),
      output: trained.network.output,
      constant: moving ? offset : best.constant,
    }
    keep(balanced(found, freeBias))
    keep({ ...best, constant: bestConstants(measured, best, program.beta) })
    if (!moving) break
    const slopes = loss.gradient(homogeneousValue(found, program).fit)
    const curves = loss.curvature(homogeneousValue(found, program).fit)
    let flat = true
    const weight = outputBias === 'penalised' ? program.beta : 0
    offset = offset.map((b, k) => {
      const own = outputOf(slopes, k, loss.outputs)
      const slope = own.reduce((sum, s) => sum + s, 0) + weight * b
      if (Math.abs(slope) > FLAT * own.reduce((sum, s) => sum + Math.abs(s), 0)) flat = false
      const curvature = outputOf(curves, k, loss.outputs).reduce((sum, v) => sum + v, 0) + weight
      return searches[k](b, slope, curvature)
    })
    if (flat) break
  }
  return { network: best, objective, candidates: candidates.slice(0, 3), patterns, status, iterations }

  function keep(candidate: HomogeneousNetwork): void {
    const value = objectiveOf(candidate)
    if (value < objective) [best, objective] = [candidate, value]
  }
}

/**
 * Where to look next for the zero of a rising function: a Newton step by the curvature first (and by the secant while all values have
 * one sign), then regula falsi between the two sides (Illinois).
 */
function zeroSearch(): (at: number, value: number, curvature: number) => number {
  let low: [number, number] | null = null
  let high: [number, number] | null = null
  let last: [number, number] | null = null
  return (at, value, curvature) => {
    const before = last
    last = [at, value]
    if (value <= 0) {
      if (before !== null && before[1] <= 0 && high !== null) high[1] /= 2
      low = [at, value]
    } else {
      if (before !== null && before[1] > 0 && low !== null) low[1] /= 2
      high = [at, value]
    }
    if (low !== null && high !== null) {
      const [a, b] = [low, high]
      return b[1] === a[1] ? (a[0] + b[0]) / 2 : (a[0] * b[1] - b[0] * a[1]) / (b[1] - a[1])
    }
    const slope = before === null || before[0] === at ? curvature : (value - before[1]) / (at - before[0])
    // Past the zero if anything: a bracket is worth more than a small step.
    const step = -value / (slope > 0 ? Math.min(slope, curvature || slope) : curvature || 1)
    return at + (before === null ? step : 1.5 * step)
  }
}

/** The constants that are best for the present neurons: zeros of monotone slopes, by bisection. */
export function bestConstants(measured: Measured, network: HomogeneousNetwork, beta: number): Float64Array {
  const { loss, outputBias } = measured
  if (outputBias !== 'free' && outputBias !== 'penalised') return network.constant
  const c = loss.outputs
  const { fit } = homogeneousValue({ ...network, constant: new Float64Array(c) }, measured.program(1))
  const weight = outputBias === 'penalised' ? beta : 0
  return Float64Array.from({ length: c }, (_, k) => {
    const slope = (b: number): number => {
      const moved = fit.map((f, at) => (at % c === k ? f + b : f))
      return outputOf(loss.gradient(moved), k, c).reduce((sum, s) => sum + s, 0) + weight * b
    }
    let [low, high] = [-1, 1]
    // A loss whose slope never changes sign (one class only) has no best constant: the one given stays.
    while (slope(low) > 0) if ((low *= 4) < -1e15) return network.constant[k]
    while (slope(high) < 0) if ((high *= 4) > 1e15) return network.constant[k]
    for (let step = 0; step < 200; step++) {
      const middle = low + (high - low) / 2
      if (middle <= low || middle >= high) break
      if (slope(middle) < 0) low = middle
      else high = middle
    }
    return low + (high - low) / 2
  })
}

/** Both weights of every neuron of one length, without a bias that costs nothing. */
export function balanced(network: HomogeneousNetwork, freeBias: boolean): HomogeneousNetwork {
  const [m, p, c] = [network.hidden.rows, network.hidden.cols, network.output.cols]
  const hidden = dense(m, p, network.hidden.data.slice())
  const output = dense(m, c, network.output.data.slice())
  for (let j = 0; j < m; j++) {
    const a = Math.abs(output.data[j * c + fedBy(network, j)])
    const length = hiddenLength(network, j, freeBias)
    if (a === 0 || length === 0) continue
    const scale = Math.sqrt(a / length)
    for (let l = 0; l < p; l++) hidden.data[j * p + l] *= scale
    for (let k = 0; k < c; k++) output.data[j * c + k] /= scale
  }
  return { ...network, hidden, output }
}

/** The last column times a power of two. */
function withLastColumn(a: Dense, factor: number): Dense {
  if (factor === 1) return a
  return dense(
    a.rows,
    a.cols,
    a.data.map((v, at) => (at % a.cols === a.cols - 1 ? factor * v : v)),
  )
}

function withOffset(loss: Loss, offset: Float64Array): Loss {
  return createLoss(loss.name, {
    targets: loss.targets,
    outputs: loss.outputs,
    weights: loss.weights,
    offset,
    ...(loss.parameter !== undefined && { delta: loss.parameter }),
  })
}
