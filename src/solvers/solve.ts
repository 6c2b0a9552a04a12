/**
 * The one loop: stopping, limits, finiteness, progress and breathing for every solver.
 * @module
 */
import { NotSolvedError, UnsupportedError } from '../errors.ts'
import type { Problem } from './problem.ts'
import type { Solver, Step } from './solver.ts'

/** Why the loop ended. Not converging is a status, not an error. */
export type Status = 'solved' | 'max-iterations' | 'max-time' | 'aborted' | 'stalled'

/** What progress listeners receive; holds no vectors. */
export interface Progress {
  readonly iteration: number
  readonly seconds: number
  readonly objective: number
  readonly bound: number
  readonly relativeGap: number
  readonly active: number
  readonly phase: string
  readonly solver: string
}

/** When to stop, where to start, and who listens. */
export interface SolveOptions {
  /** Relative duality gap (objective − bound)/|objective| to stop at; default 1e-6. */
  readonly tolerance?: number
  /** Default 100 000 steps. */
  readonly maxIterations?: number
  /** Seconds; default none. */
  readonly maxTime?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** Warm start in the variable of the problem; copied. */
  readonly start?: Float64Array
  readonly startDual?: Float64Array
  readonly checkpoint?: Checkpoint
}

/** Who wants the best point while the work goes on. */
export interface Checkpoint {
  /** Least seconds between two. */
  readonly every: number
  /** The best point so far and the dual point of the best bound; live, to be copied. */
  readonly take: (best: { readonly x: Float64Array; readonly dualPoint: Float64Array | null }) => void
}

/** The best point seen, copied, with the bound claimed for it (`certificates/` checks the claim). */
export interface Solution {
  readonly x: Float64Array
  readonly objective: number
  readonly bound: number
  readonly relativeGap: number
  readonly dualPoint: Float64Array | null
  readonly status: Status
  readonly iterations: number
  readonly seconds: number
  readonly active: number
  readonly solver: string
  /** [seconds, objective, relative gap] of every step. */
  readonly curve: readonly (readonly [number, number, number])[]
}

const BREATH_MS = 16

/**
 * Runs `solver` on `problem` until the relative gap is at most `tolerance`.
 *
 * Breathes (gives the event loop a turn) about every 16 ms, so that Ctrl-C, an AbortSignal and a browser stay alive.
 * Always returns the best point so far, whatever stopped it.
 *
 * @throws UnsupportedError when the solver refuses the problem (with its reason).
 * @throws NotSolvedError when not even a first finite point was produced.
 */
export async function solve(problem: Problem, solver: Solver, options: SolveOptions = {}): Promise<Solution> {
  const accepted = solver.accepts(problem)
  if (accepted !== true) throw new UnsupportedError(`solve: ${solver.name} does not take this problem: ${accepted}`)
  const { tolerance = 1e-6, maxIterations = 100_000, maxTime = Infinity, signal } = options
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const curve: [number, number, number][] = []
  const context = {
    tolerance,
    ...(options.start && { start: options.start.slice() }),
    ...(options.startDual && { startDual: options.startDual.slice() }),
  }
  let best: Pick<Solution, 'x' | 'objective' | 'active'> | null = null
  let bound = -Infinity
  let dualPoint: Float64Array | null = null
  let status: Status = 'stalled'
  let iterations = 0
  let lastBreath = started
  let lastTaken = 0

  for (const step of solver.iterate(problem, context)) {
    iterations++
    if (Number.isFinite(step.objective) && (best === null || step.objective < best.objective))
      best = { x: step.x.slice(), objective: step.objective, active: step.active }
    if (step.dualPoint !== null && step.bound > bound) {
      bound = step.bound
      dualPoint = step.dualPoint.slice()
    }
    const gap = best === null ? Infinity : relativeGap(best.objective, bound)
    curve.push([seconds(), best?.objective ?? Infinity, gap])
    options.onProgress?.(progressOf(step, gap, bound))
    if (gap <= tolerance) status = 'solved'
    else if (iterations >= maxIterations) status = 'max-iterations'
    else if (seconds() >= maxTime) status = 'max-time'
    else if (signal?.aborted) status = 'aborted'
    if (status !== 'stalled') break
    if (options.checkpoint && best !== null && seconds() - lastTaken >= options.checkpoint.every) {
      lastTaken = seconds()
      options.checkpoint.take({ x: best.x, dualPoint })
    }
    if (performance.now() - lastBreath > BREATH_MS) {
      await breathe()
      lastBreath = performance.now()
    }
  }
  if (best === null)
    throw new NotSolvedError(
      `solve: ${solver.name} produced no finite point; got status ${status}. Check the data for huge values, or standardise the columns.`,
    )
  const gap = relativeGap(best.objective, bound)
  return {
    ...best,
    bound,
    dualPoint,
    relativeGap: gap,
    status,
    iterations,
    seconds: seconds(),
    solver: solver.name,
    curve,
  }

  function progressOf(step: Step, gap: number, at: number): Progress {
    const { objective, active, phase } = step
    return {
      iteration: iterations,
      seconds: seconds(),
      objective,
      bound: at,
      relativeGap: gap,
      active,
      phase,
      solver: solver.name,
    }
  }
}

/** (objective − bound)/|objective|; 0 when they are equal, so an objective of exactly 0 can be certified. */
export function relativeGap(objective: number, bound: number): number {
  const gap = objective - bound
  return gap <= 0 ? 0 : gap / Math.abs(objective)
}

/** One macrotask: timers, signals and messages get their turn (`setTimeout` would cost 4 ms each in browsers). */
export function breathe(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise(resolve => setImmediate(resolve))
  return new Promise(resolve => {
    const channel = new MessageChannel()
    channel.port1.onmessage = () => {
      channel.port1.close()
      resolve()
    }
    channel.port2.postMessage(null)
  })
}
