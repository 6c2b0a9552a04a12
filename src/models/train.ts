/**
 * Training at one lambda: reformulate, solve, recover, improve the patterns, certify.
 *
 * Over sampled patterns a ReLU network is improved in rounds: patterns of directions that violate the dual constraint, and
 * those the network's own neurons show, are added, and the larger program is solved from the network found. That
 * network is a point of the larger program, so the objective never rises.
 * @module
 */
import type { Certificate } from '../certificates/index.ts'
import { fold, key } from '../random/index.ts'
import { chooseSolver } from '../solvers/chooseSolver.ts'
import { type Progress, type Solution, type Status, solve } from '../solvers/solve.ts'
import { betaOf } from './lambda.ts'
import type { Network, PatternSet, TrainingData } from './model.ts'
import { mergeNeurons } from './networks/mergeNeurons.ts'
import { minimalWidth } from './networks/minimalWidth.ts'
import { networkObjective } from './networks/network.ts'
import { joinPatterns, patternsOf } from './networks/patterns/patternsOf.ts'
import { networkOf } from './networks/recover.ts'
import { violatedPatterns } from './networks/violatedPatterns.ts'
import type { TrainOptions } from './options.ts'
import type { Prepared } from './prepare.ts'

export interface Trained {
  readonly network: Network
  /** Mean form: the certificate's primal value without its rounding allowance. */
  readonly objective: number
  readonly certificate: Certificate
  readonly patterns: PatternSet
  /** Patterns added to those prepared. */
  readonly added: number
  /** Why the rounds of pricing ended; null when there were none. */
  readonly pricing: 'nothing violated' | 'rounds spent' | 'stopped' | null
  readonly status: Status
  readonly iterations: number
  readonly seconds: number
  readonly solver: string
  /** Why this solver. */
  readonly reason: string
  readonly curve: readonly (readonly [number, number, number])[]
  /** The last dual point, in sum form. */
  readonly dualPoint: Float64Array | null
}

/** A solve goes this much further than asked, so that merging and the rounding in the certificate do not cost the goal. */
const FURTHER = 0.5

/** The network of no neurons. */
export function zeroNetwork({ model, x, loss }: Prepared): Network {
  return networkOf(model.name === 'gated' ? 'gated' : 'relu', [], { features: x.cols, offset: loss.offset })
}

/**
 * Trains at lambda (mean form), from `start` and over `patterns` where given (a path hands both on).
 */
export async function trainAt(
  prepared: Prepared,
  lambda: number,
  options: TrainOptions & {
    readonly start?: Pick<Trained, 'network' | 'patterns' | 'dualPoint'>
    readonly clock?: number
  },
): Promise<Trained> {
  const { model, x, loss, compute, seed } = prepared
  const data: TrainingData = { x, loss, beta: betaOf(lambda, x.rows) }
  const n = x.rows
  const { tolerance = 1e-6, maxIterations, maxTime = Infinity, signal, start } = options
  const began = options.clock ?? performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const curve: [number, number, number][] = []
  let patterns = start?.patterns ?? prepared.patterns
  const before = prepared.patterns.masks.patterns
  let network = start?.network ?? zeroNetwork(prepared)
  let objective = networkObjective(network, data)
  let dualPoint = start?.dualPoint ?? null
  const canImprove = model.name === 'relu' && !patterns.complete
  const rounds = canImprove ? (options.rounds ?? (options.gates === undefined ? 5 : 0)) : 0
  let pricing: Trained['pricing'] = null
  let iterations = 0
  let [solver, reason] = ['', '']
  let status: Status = 'stalled'

  for (let round = 0; ; round++) {
    const reformulated = model.reformulate(data, patterns, compute)
    const choice = chooseSolver(reformulated.problem)
    ;[solver, reason] = [choice.solver.name, choice.reason]
    const offset = seconds()
    const known = network.hidden.rows > 0
    const solution: Solution = await solve(reformulated.problem, choice.solver, {
      tolerance: FURTHER * tolerance,
      maxTime: Math.max(maxTime - offset, 1e-3),
      ...(maxIterations !== undefined && { maxIterations }),
      ...(signal && { signal }),
      ...(known && { start: reformulated.embed(network) }),
      ...(dualPoint !== null && { startDual: dualPoint }),
      ...(options.onProgress && { onProgress: progressFrom(options.onProgress, offset, iterations, n) }),
    })
    for (const [t, value, gap] of solution.curve) curve.push([offset + t, value / n, gap])
    iterations += solution.iterations
    status = solution.status
    dualPoint = solution.dualPoint ?? dualPoint
    const found = mergeNeurons(reformulated.recover(solution.x), data)
    const value = networkObjective(found, data)
    if (value <= objective) [network, objective] = [found, value]
    if (status === 'aborted' || status === 'max-time') {
      if (rounds > 0) pricing = 'stopped'
      break
    }
    if (rounds === 0) break
    if (round === rounds) {
      pricing = 'rounds spent'
      break
    }
    const violated = violatedPatterns(network, data, { key: fold(fold(key(seed), 'pricing'), round) })
    if (violated === null) {
      pricing = 'nothing violated'
      break
    }
    const own = patternsOf(x, network.hidden)
    const size = patterns.masks.patterns
    patterns = joinPatterns(joinPatterns(patterns, own), violated)
    if (patterns.masks.patterns === size) {
      pricing = 'nothing violated'
      break
    }
  }
  if (options.minimalWidth) {
    const pruned = minimalWidth(network, data)
    const value = networkObjective(pruned, data)
    if (value <= objective * (1 + 1e-9)) [network, objective] = [pruned, value]
  }
  const certificate = model.certify(network, data, patterns, dualPoint === null ? [] : [dualPoint], compute)
  return {
    network,
    objective: objective / n,
    certificate,
    patterns,
    added: patterns.masks.patterns - before,
    pricing,
    status: statusOf(status, certificate, tolerance),
    iterations,
    seconds: seconds(),
    solver,
    reason,
    curve,
    dualPoint,
  }
}

/** What counts is the gap of the certificate, not the solver's word for it. */
function statusOf(status: Status, { relativeGap }: Certificate, tolerance: number): Status {
  if (relativeGap <= tolerance) return 'solved'
  return status === 'solved' ? 'stalled' : status
}

/** Progress in mean form, with time and steps counted over all rounds. */
function progressFrom(
  listener: (progress: Progress) => void,
  offset: number,
  steps: number,
  n: number,
): (progress: Progress) => void {
  return progress =>
    listener({
      ...progress,
      iteration: steps + progress.iteration,
      seconds: offset + progress.seconds,
      objective: progress.objective / n,
      bound: progress.bound / n,
    })
}
