/**
 * Descent of ReLU networks without a convex solve: add missing neurons, let all move, again.
 *
 * Column generation with a heuristic oracle and a non-convex corrective step. It comes near the optimum quickly and proves
 * nothing; it finds patterns for the program (`train.ts`), and networks good enough to compare lambdas by
 * (`crossValidate.ts`).
 * @module
 */
import type { Compute } from '../matrix/compute.ts'
import { fold, type Key } from '../random/index.ts'
import { breathe } from '../solvers/solve.ts'
import type { Network, TrainingData } from './model.ts'
import { mergeNeurons } from './networks/mergeNeurons.ts'
import { type Missing, missingNeurons } from './networks/missingNeurons.ts'
import { networkObjective } from './networks/network.ts'
import { polish } from './networks/polish.ts'

const BREATH_MS = 16

/** One search: what was missing, and the network that a descent with it gives. */
export interface Found {
  readonly missing: readonly Missing[]
  readonly network: Network
}

export interface SearchOptions {
  readonly key: Key
  readonly compute: Compute
  /** Asked at every breath; ends the search without a result. */
  readonly stopped: () => boolean
  /** Effort of one search; defaults of `missingNeurons` and `polish`. */
  readonly effort?: {
    readonly starts: number
    readonly most: number
    readonly settled?: number
    readonly maxIterations: number
  }
}

/** Missing neurons and a descent with them; null when none is missing, or it was stopped. */
export async function search(network: Network, data: TrainingData, options: SearchOptions): Promise<Found | null> {
  const { key, compute, stopped, effort } = options
  const missing = await run(missingNeurons(network, data, { key, ...effort }), stopped)
  if (missing === null || missing.length === 0) return null
  const better = await run(polish(network, data, { add: missing, compute, ...effort }), stopped)
  return better === null ? null : { missing, network: mergeNeurons(better, data) }
}

/**
 * Searches while one gains the part `worth` of the objective, at most `most` times. The objective never rises.
 */
export async function descend(
  network: Network,
  data: TrainingData,
  options: SearchOptions & { readonly worth: number; readonly most: number },
): Promise<{ network: Network; last: Found | null }> {
  let best = network
  let objective = networkObjective(network, data)
  let last: Found | null = null
  for (let k = 0; k < options.most && !options.stopped(); k++) {
    const found = await search(best, data, { ...options, key: fold(options.key, k) })
    if (found === null) break
    last = found
    const value = networkObjective(found.network, data)
    const gained = objective - value
    if (gained > 0) [best, objective] = [found.network, value]
    if (gained < options.worth * objective) break
  }
  return { network: best, last }
}

/** Runs a computation that yields, breathing; null when it was stopped. */
async function run<T>(work: Generator<void, T, void>, stopped: () => boolean): Promise<T | null> {
  let breath = performance.now()
  for (;;) {
    const next = work.next()
    if (next.done) return next.value
    if (performance.now() - breath < BREATH_MS) continue
    await breathe()
    breath = performance.now()
    if (stopped()) return null
  }
}
