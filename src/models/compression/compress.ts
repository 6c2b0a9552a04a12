/**
 * Compression by low rank and low precision: A ≈ Q + L·R in few bits, with the error known.
 *
 *   minimise ‖A − Â‖_F   over all Â of the formats below whose payload has at most β·n·d bits
 *
 *   direct    entry by entry on one of three grids
 *   lplr, lplr-svd, dsvd   the published factorisations (`publishedFactors.ts`)
 *   graded    factors of odd whole numbers, many bits for large components and few for small ones, every code at its best value given the
 *             others (`gradedFactors.ts`)
 *   caldera   Q + L·R, also weighted by calibration inputs (`caldera.ts`)
 *   auto      tries them and keeps the best
 *
 * The problem is a lattice problem; no method claims its optimum. What is claimed is the error: it is measured on what is stored. Findings the
 * choice rests on (docs/math/compression.md has the table): at one bit a min-max grid is worse than the zero matrix; rounded singular vectors win
 * at eight bits and lose at four; bits graded by component beat every even choice.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { powerBelow } from '../../matrix/factor/input.ts'
import type { Svd } from '../../matrix/factor/svd.ts'
import { breathe } from '../../solvers/solve.ts'
import type { Candidate, Draft, Workload } from './candidates.ts'
import { bitsOf, type Compressed, measureError, relativeErrorOf } from './compressed.ts'
import { type CompressOptions, checkOptions, planOf } from './compressOptions.ts'
import { leadingFactors } from './leadingFactors.ts'

/** What listeners hear. */
export interface CompressProgress {
  readonly phase: string
  readonly step: number
  readonly relativeError: number
  readonly seconds: number
}

/** One way that was tried. */
export interface Tried {
  readonly name: string
  readonly bits: number
  readonly relativeError: number
}

/** Â, and how it came about. */
export interface Compression {
  readonly compressed: Compressed
  /** Bits of the payload: codes, scales, codebooks. */
  readonly bits: number
  readonly bitsPerEntry: number
  readonly relativeError: number
  /** Name of what was chosen, and why. */
  readonly method: string
  readonly reason: string
  /** All that was tried, best first. */
  readonly tried: readonly Tried[]
  readonly status: 'done' | 'max-time' | 'aborted'
  readonly steps: number
  readonly seconds: number
  readonly seed: number
}

/** Rounds of the trial, after which only the best two go on. */
const TRIAL_STEPS = 3
/** Squared errors above this many times the least are not improved further. */
const HOPELESS = 4
/** A round that gains less than this part ends the improvement. */
const LEAST_GAIN = 1e-4

/**
 * Compresses A ∈ R^{n × d}.
 *
 * Given `bitsPerEntry` alone it searches over methods, rank and bits; given `bits` and `rank` it does what it is told. A constant matrix becomes
 * its value, 64 bits. Breathes between steps and stops at a signal or a time with the best so far. Deterministic given the seed.
 *
 * Cost a singular value decomposition (randomised above a side of 2000) and 4·n·d·m + (n + d)·m² flops a round, m the rank.
 *
 * @throws DomainError (E_NONFINITE) naming the entry, (E_PARAM_RANGE) for rank or bits out of range, (E_BUDGET) when nothing fits the budget,
 * (E_DOMAIN) when ‖A‖ overflows, (E_CLAIM) for `unbiased` with a method that is not; UnsupportedError for an unknown method; ShapeError for an empty matrix or calibration
 * inputs of another width.
 */
export async function compress(a: Dense, options: CompressOptions = {}): Promise<Compression> {
  const { seed, rounds } = checkOptions(a, options)
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const constant = a.data.every(v => v === a.data[0])
  const exponent = constant ? 0 : Math.log2(powerBelow(a.data.reduce((top, v) => Math.max(top, Math.abs(v)), 0)))
  const shape = { rows: a.rows, cols: a.cols, exponent }
  const finish = (
    draft: Draft | null,
    candidate: string,
    reason: string,
    rest: Pick<Compression, 'tried' | 'status' | 'steps'>,
  ): Compression => {
    const bare = { ...shape, mean: constant ? a.data[0] : 0, terms: draft?.terms() ?? [], error: 0, norm: 0 }
    const compressed = { ...bare, ...measureError(a, bare) }
    if (!Number.isFinite(compressed.norm))
      throw new DomainError(
        `compress: the norm of the matrix must be below 1.8e308; got ${compressed.norm}. Divide the matrix by its largest entry.`,
      )
    const bits = bitsOf(compressed)
    const summary = { bits, bitsPerEntry: bits / a.data.length, relativeError: relativeErrorOf(compressed) }
    return { compressed, ...summary, method: candidate, reason, ...rest, seconds: seconds(), seed }
  }
  if (constant) return finish(null, 'constant', 'all entries are equal', { tried: [], status: 'done', steps: 0 })

  const unit = 2 ** exponent
  const scaled = dense(a.rows, a.cols, unit === 1 ? a.data : a.data.map(v => v / unit))
  const total = scaled.data.reduce((sum, v) => sum + v * v, 0)
  const work: Workload = { a: scaled, seed, factors: sharedFactors(scaled, seed) }
  const { candidates, reason } = planOf(work, options)
  const tries = candidates.map(candidate => ({
    candidate,
    drafts: candidate.drafts(),
    draft: null as Draft | null,
    ended: false,
  }))
  let status: Compression['status'] = 'done'
  let steps = 0
  const stopped = () => {
    if (options.signal?.aborted) status = 'aborted'
    else if (options.maxTime !== undefined && seconds() >= options.maxTime) status = 'max-time'
    return status !== 'done'
  }
  /** One step of one candidate; false when there is nothing more to gain, or the work is stopped. */
  const advance = async (each: (typeof tries)[number]): Promise<boolean> => {
    for (;;) {
      // The first draft of all is made whatever happens: there is always a result.
      if (each.ended || (steps > 0 && stopped())) return false
      const { value, done } = each.drafts.next()
      await breathe()
      if (done) {
        each.ended = true
        return false
      }
      if (value === null) continue
      steps++
      if (value.value <= (each.draft?.value ?? Infinity)) each.draft = value
      options.onProgress?.({
        phase: each.candidate.name,
        step: steps,
        relativeError: Math.sqrt(value.squaredError / total),
        seconds: seconds(),
      })
      return true
    }
  }
  const reached = ({ draft }: (typeof tries)[number]) => draft?.value ?? Infinity
  const sizeOf = ({ draft }: (typeof tries)[number]) =>
    bitsOf({ ...shape, mean: 0, terms: draft?.terms() ?? [], error: 0, norm: 0 })
  // Of two that are equally near (both exact, say) the smaller one.
  const ranked = () =>
    tries.filter(each => each.draft !== null).sort((x, y) => reached(x) - reached(y) || sizeOf(x) - sizeOf(y))

  // All get a draft and a round, those within reach two more, the best two all.
  for (let step = 0; step <= Math.min(TRIAL_STEPS, rounds); step++) {
    const least = step < 2 ? Infinity : Math.min(...tries.map(reached))
    for (const each of tries) if (!(reached(each) > HOPELESS * least)) await advance(each)
  }
  for (const each of ranked().slice(0, 2)) {
    let flat = 0
    for (let round = TRIAL_STEPS; round < rounds && flat < 3; round++) {
      const before = reached(each)
      if (!(await advance(each))) break
      flat = reached(each) > before * (1 - LEAST_GAIN) ? flat + 1 : 0
    }
  }
  const order = ranked()
  const tried = order.map(
    (each): Tried => ({
      name: each.candidate.name,
      bits: sizeOf(each),
      relativeError: Math.sqrt((each.draft?.squaredError ?? 0) / total),
    }),
  )
  const [best, second] = order
  const why =
    order.length > 1
      ? `the least error of ${order.length} ways within the budget; next ${second.candidate.name} with ${tried[1].relativeError.toPrecision(3)}`
      : reason
  return finish(best.draft, best.candidate.name, why, { tried, status, steps })
}

/** Leading factors, computed once for the largest rank asked for so far. */
function sharedFactors(a: Dense, seed: number): Workload['factors'] {
  let held: Svd | null = null
  return rank => {
    const side = Math.min(a.rows, a.cols)
    if (held === null || held.values.length < Math.min(rank, side)) held = leadingFactors(a, rank, seed)
    return held
  }
}

export type { Candidate, CompressOptions }
