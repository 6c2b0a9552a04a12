/**
 * Training at one lambda: reformulate, solve, recover, improve the patterns, certify.
 *
 * Over sampled patterns a ReLU network is improved in rounds. Before the first solve and after each one, the search for
 * missing neurons (`networks/missingNeurons.ts`) and a descent that lets neurons cross into other cells
 * (`networks/polish.ts`) give a better network; the patterns it shows, and those of the missing neurons, are added, and the
 * larger program is solved. With `global` an exact oracle, where one is affordable, has the last word on what is missing. The better network is a point of it, and the best network is kept throughout: the objective
 * never rises from round to round.
 * @module
 */
import { type Certificate, certifyGlobal } from '../certificates/index.ts'
import { NadirError, UnsupportedError } from '../errors.ts'
import { fold, key } from '../random/index.ts'
import { chooseSolver } from '../solvers/chooseSolver.ts'
import { type Progress, type Solution, type Status, solve } from '../solvers/solve.ts'
import { descend, type Found, search } from './descend.ts'
import { betaOf } from './lambda.ts'
import type { Network, PatternSet, TrainingData } from './model.ts'
import { priceExactly } from './networks/exactPricing.ts'
import { mergeNeurons } from './networks/mergeNeurons.ts'
import { minimalWidth } from './networks/minimalWidth.ts'
import { fitOf, networkObjective } from './networks/network.ts'
import { joinPatterns, patternsOf } from './networks/patterns/patternsOf.ts'
import { networkOf } from './networks/recover.ts'
import type { FitOptions, TrainOptions } from './options.ts'
import type { Prepared } from './prepare.ts'

/** How the search for patterns ended. */
export type Pricing = 'nothing violated' | 'little to gain' | 'rounds spent' | 'stopped' | 'not needed'

export interface Trained {
  readonly network: Network
  /** Mean form: the certificate's primal value without its rounding allowance. */
  readonly objective: number
  readonly certificate: Certificate
  readonly patterns: PatternSet
  /** Patterns added to those prepared. */
  readonly added: number
  readonly pricing: Pricing
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

export interface TrainAtOptions extends TrainOptions {
  /** The neighbour on a path. */
  readonly start?: Pick<Trained, 'network' | 'patterns' | 'dualPoint'>
  /** performance.now() from which time counts; default now. */
  readonly clock?: number
  readonly checkpoint?: FitOptions['checkpoint']
}

/** A solve goes this much further than asked, so that merging and the rounding in the certificate do not cost the goal. */
const FURTHER = 0.5
/** Most descents before the first solve, which go on while one gains this part of the objective. */
const PRELUDE = { most: 6, worth: 1e-4 }
const ROUNDS = 2
const GLOBAL_ROUNDS = 30

/** What training at a lambda needs of what was prepared. */
export type Trainable = Pick<Prepared, 'model' | 'x' | 'loss' | 'patterns' | 'compute' | 'seed'> &
  Partial<Pick<Prepared, 'standardisation' | 'lambdaMax'>>

/** The network of no neurons. */
export function zeroNetwork({ model, x, loss }: Trainable): Network {
  const network = networkOf(model.name === 'gated' ? 'gated' : 'relu', [], { features: x.cols, offset: loss.offset })
  return model.activation === undefined ? network : { ...network, activation: model.activation }
}

/** Trains at lambda (mean form), from `start` and over its patterns where given. */
export async function trainAt(prepared: Trainable, lambda: number, options: TrainAtOptions): Promise<Trained> {
  const { model, x, loss, compute, seed } = prepared
  const n = x.rows
  const data: TrainingData = { x, loss, beta: betaOf(lambda, n) }
  const { tolerance = 1e-6, maxIterations, maxTime = Infinity, signal, start } = options
  const began = options.clock ?? performance.now()
  const seconds = () => (performance.now() - began) / 1000
  const outOfTime = (): Status | null => (signal?.aborted ? 'aborted' : seconds() >= maxTime ? 'max-time' : null)

  let patterns = start?.patterns ?? prepared.patterns
  let network = start?.network ?? zeroNetwork(prepared)
  let objective = networkObjective(network, data)
  let dualPoint = start?.dualPoint ?? null
  const improvable = model.name === 'relu' && !patterns.complete
  const wanted = options.global ?? false
  const oracle = wanted === true ? 'auto' : wanted
  if (oracle !== false && model.name !== 'relu')
    throw new UnsupportedError(
      `fit: global certificates by an oracle are for ReLU networks; got model ${model.name}. Use patterns: all, or model: relu.`,
    )
  const usual = oracle !== false ? GLOBAL_ROUNDS : options.gates === undefined ? ROUNDS : 0
  const rounds = improvable ? (options.rounds ?? usual) : 0
  const exact = oracle !== false && improvable ? priceExactly(data, oracle, compute) : null
  const searchKey = fold(key(seed), 'pricing')
  const searching = { compute, stopped: () => outOfTime() !== null }
  let pricing: Pricing = rounds > 0 ? 'rounds spent' : 'not needed'
  const curve: [number, number, number][] = []
  let iterations = 0
  let [solver, reason] = ['', '']
  let status: Status = 'stalled'
  let lastSaved = seconds()

  if (rounds > 0) {
    const start = await descend(network, data, { ...searching, key: fold(searchKey, 'prelude'), ...PRELUDE })
    keep(start.network, 0)
    if (start.last !== null) adopt(start.last)
  }
  for (let round = 0; ; round++) {
    status = await solveOnce()
    if (rounds === 0 || round === rounds) break
    const found = await search(network, data, { ...searching, key: fold(searchKey, round) })
    // Scaling the dual point by beta/g shows: cells whose violation is g bring at most the part 1 − beta/g of the objective.
    const known = patterns.masks.patterns
    if (found !== null && 1 - data.beta / found.missing[0].value >= tolerance) {
      adopt(found)
      // Cells that the program has already: only the exact oracle can tell whether others are missing.
      if (exact === null || patterns.masks.patterns > known) continue
    }
    if (outOfTime() !== null) {
      pricing = 'stopped'
      break
    }
    const missing = exact === null ? [] : exact(dualPoint ?? loss.gradient(fitOf(network, x)))
    const before = patterns.masks.patterns
    if (missing.length > 0) adopt({ missing, network })
    if (patterns.masks.patterns === before) {
      pricing = found === null ? 'nothing violated' : 'little to gain'
      break
    }
  }
  if (options.minimalWidth) keep(minimalWidth(network, data), 1e-9)
  const candidates = dualPoint === null ? [] : [dualPoint]
  const certificate =
    oracle !== false && !patterns.complete
      ? certifyGlobal(network, data, { oracle, candidates, compute, seed })
      : model.certify(network, data, patterns, candidates, compute)
  return {
    network,
    objective: objective / n,
    certificate,
    patterns,
    added: patterns.masks.patterns - prepared.patterns.masks.patterns,
    pricing,
    status: statusOf(outOfTime() ?? status, certificate, tolerance),
    iterations,
    seconds: seconds(),
    solver,
    reason,
    curve,
    dualPoint,
  }

  /** Solves the program over the present patterns; keeps its network when it is no worse. */
  async function solveOnce(): Promise<Status> {
    const offset = seconds()
    if (model.train !== undefined) {
      const found = await model.train(data, patterns, {
        tolerance: FURTHER * tolerance,
        maxTime: Math.max(maxTime - offset, 1e-3),
        ...(signal && { signal }),
      })
      ;[solver, reason] = [found.solver, found.reason]
      iterations += found.iterations
      dualPoint = found.dualPoint
      keep(found.network, 0)
      return found.status
    }
    if (model.reformulate === undefined) throw new NadirError('E_INTERNAL', `fit: model ${model.name} has no program.`)
    const reformulated = model.reformulate(data, patterns, compute)
    const choice = chooseSolver(reformulated.problem)
    ;[solver, reason] = [choice.solver.name, choice.reason]
    const solution: Solution = await solve(reformulated.problem, choice.solver, {
      tolerance: FURTHER * tolerance,
      maxTime: Math.max(maxTime - offset, 1e-3),
      ...(maxIterations !== undefined && { maxIterations }),
      ...(signal && { signal }),
      ...(network.hidden.rows > 0 && { start: reformulated.embed(network) }),
      ...(dualPoint !== null && { startDual: dualPoint }),
      ...(options.checkpoint && {
        checkpoint: {
          every: options.checkpoint.every,
          take(best) {
            // The run itself takes no notice: when it is saved depends on the clock, what it returns does not.
            const found = mergeNeurons(reformulated.recover(best.x), data)
            const value = networkObjective(found, data)
            const dual = best.dualPoint ?? dualPoint
            saveBest(value <= objective ? { network: found, objective: value, dual } : { network, objective, dual })
          },
        },
      }),
      ...(options.onProgress && { onProgress: progressFrom(options.onProgress, offset, iterations, n) }),
    })
    for (const [t, value, gap] of solution.curve) curve.push([offset + t, value / n, gap])
    iterations += solution.iterations
    dualPoint = solution.dualPoint ?? dualPoint
    keep(mergeNeurons(reformulated.recover(solution.x), data), 0)
    if (seconds() - lastSaved >= (options.checkpoint?.every ?? Infinity))
      saveBest({ network, objective, dual: dualPoint })
    return solution.status
  }

  /** Takes the network, and the patterns of its neurons and of the missing ones. */
  function adopt({ missing, network: better }: Found): void {
    keep(better, 0)
    const directions = networkOf(
      'relu',
      missing.map(({ atom }) => atom),
      { features: x.cols, offset: loss.offset },
    )
    for (const { hidden } of [network, directions]) patterns = joinPatterns(patterns, patternsOf(x, hidden))
  }

  function saveBest(best: { network: Network; objective: number; dual: Float64Array | null }): void {
    lastSaved = seconds()
    // A checkpoint is of a model for raw data; a network in its own coordinates has none.
    const { standardisation, lambdaMax } = prepared
    if (standardisation === undefined || lambdaMax === undefined) return
    options.checkpoint?.save({
      network: best.network,
      gates: patterns.gates,
      dualPoint: best.dual === null ? null : best.dual.slice(),
      standardisation,
      objective: best.objective / n,
      lambda,
      lambdaMax,
      seconds: seconds(),
      iterations,
    })
  }

  function keep(candidate: Network, slack: number): void {
    const value = networkObjective(candidate, data)
    if (value <= objective * (1 + slack)) [network, objective] = [candidate, value]
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
