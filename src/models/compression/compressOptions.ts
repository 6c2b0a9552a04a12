/**
 * What `compress` may be told, checked, and turned into the candidates to try.
 * @module
 */
import { DomainError, ShapeError, UnsupportedError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import { evenBits, rankForBudget } from './allocateBits.ts'
import {
  type Candidate,
  calderaCandidate,
  candidatesFor,
  directCandidate,
  gradedCandidate,
  gradedPlan,
  publishedCandidate,
  type Workload,
} from './candidates.ts'
import type { CompressProgress } from './compress.ts'
import { checkBits } from './quantizer.ts'

/** The methods by name. */
export type CompressMethod = 'auto' | 'direct' | 'lplr' | 'lplr-svd' | 'dsvd' | 'graded' | 'caldera'

/** Every name that `compress` takes. */
export const COMPRESS_METHODS: readonly CompressMethod[] = [
  ...(['auto', 'direct', 'lplr', 'lplr-svd', 'dsvd', 'graded', 'caldera'] as const),
]

/** Budget, shape and method of `compress`. */
export interface CompressOptions {
  /** β > 0: bits of the payload for each entry, scales and codebooks counted. Default 1, unless bits (and rank) say the size. */
  readonly bitsPerEntry?: number
  /** Default 'auto' for a budget; 'graded' when bits or rank are given. */
  readonly method?: CompressMethod
  /** 1 ≤ rank ≤ min(n, d): of L and R. */
  readonly rank?: number
  /** Bits of a code, 1..8: of Â for direct, of Q for caldera, of both factors else. */
  readonly bits?: number
  /** Bits of the codes of L and of R, where they differ. */
  readonly leftBits?: number
  readonly rightBits?: number
  /** Default 'clip'; the public code of lplr has 'min-max'. Codebooks are for direct. */
  readonly grid?: 'min-max' | 'clip' | 'codebook'
  /** One scale for a whole matrix, or one for each line of it; default 'vector', for lplr and lplr-svd 'matrix'. */
  readonly scale?: 'matrix' | 'vector'
  /** Most rounds of improvement; default 30, for the published methods 10. 0 gives the method as published. */
  readonly rounds?: number
  /** X ∈ R^{N × d}: caldera minimises the error that these inputs see. */
  readonly calibration?: Dense
  /** Round at random so that every entry of Â is right on average; direct, min-max. Doubles the error. */
  readonly unbiased?: boolean
  /** Integer in 0..2³² − 1; default 0. */
  readonly seed?: number
  readonly maxTime?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: CompressProgress) => void
}

const MOST_ROUNDS = 30
const PUBLISHED_ROUNDS = 10

/** @throws as `compress`. */
export function checkOptions(a: Dense, options: CompressOptions): { seed: number; rounds: number } {
  const { method = 'auto', bitsPerEntry, rank, bits, leftBits, rightBits, seed = 0, unbiased, calibration } = options
  if (!COMPRESS_METHODS.includes(method))
    throw new UnsupportedError(`compress: the method must be one of ${COMPRESS_METHODS.join(', ')}; got ${method}.`)
  if (a.rows === 0 || a.cols === 0)
    throw new ShapeError(`compress: the matrix must have entries; got ${a.rows} × ${a.cols}. Give one with data.`)
  checkEntries(a, 'entries')
  if (bitsPerEntry !== undefined && !(bitsPerEntry > 0 && Number.isFinite(bitsPerEntry)))
    throw new DomainError(
      `compress: bitsPerEntry must be a number > 0; got ${bitsPerEntry}. 1 is one bit for each entry.`,
      'E_BUDGET',
    )
  for (const [name, value] of Object.entries({ bits, leftBits, rightBits }))
    if (value !== undefined) checkBits('compress', value, name)
  const side = Math.min(a.rows, a.cols)
  if (rank !== undefined && !(Number.isInteger(rank) && rank >= 1 && rank <= side))
    throw new DomainError(
      `compress: rank must be a whole number in 1..${side}, the shorter side of the matrix; got ${rank}.`,
      'E_PARAM_RANGE',
    )
  const { rounds = isPublished(method) ? PUBLISHED_ROUNDS : MOST_ROUNDS } = options
  if (!(Number.isInteger(rounds) && rounds >= 0))
    throw new DomainError(`compress: rounds must be a whole number ≥ 0; got ${rounds}.`, 'E_PARAM_RANGE')
  if (unbiased && method !== 'direct')
    throw new UnsupportedError(
      `compress: only method direct is unbiased; got ${method}, whose factors are fitted to each other. Choose direct, or leave unbiased out.`,
      'E_CLAIM',
    )
  if (calibration !== undefined) {
    if (method !== 'caldera')
      throw new UnsupportedError(
        `compress: calibration inputs are for method caldera; got ${method}. Choose caldera, or leave them out.`,
      )
    if (calibration.cols !== a.cols)
      throw new ShapeError(
        `compress: calibration inputs must have ${a.cols} columns, as the matrix; got ${calibration.cols}. Give the inputs that the matrix is multiplied with.`,
      )
    checkEntries(calibration, 'calibration inputs')
  }
  return { seed, rounds }
}

/** The candidates that the options ask for, and why these. */
export function planOf(work: Workload, options: CompressOptions): { candidates: Candidate[]; reason: string } {
  const { rows, cols } = work.a
  const side = Math.min(rows, cols)
  const { bits, grid = 'clip', seed = 0, calibration } = options
  const sized = bits !== undefined || options.rank !== undefined
  const method = options.method ?? (sized ? 'graded' : 'auto')
  const budget = options.bitsPerEntry ?? (sized ? undefined : 1)
  const total = budget === undefined ? Infinity : Math.floor(budget * rows * cols)
  const [leftBits, rightBits] = [options.leftBits ?? bits ?? 4, options.rightBits ?? bits ?? 4]
  const most = options.rank ?? side
  if (method === 'auto') {
    if (bits !== undefined || !Number.isFinite(total))
      throw new UnsupportedError(
        'compress: auto chooses the bits itself, for a budget; got bits or no budget. Give bitsPerEntry alone, or name a method.',
      )
    // No component costs less than this.
    const rank = Math.min(most, Math.floor(total / (rows + cols + 48)))
    const values = rank >= 1 ? work.factors(rank).values : new Float64Array(0)
    return needed(candidatesFor(work, total, values, Math.min(most, values.length)), total, work)
  }
  const asked = (candidate: Candidate) => ({ candidates: [candidate], reason: 'as asked' })
  if (method === 'direct') {
    const by = options.scale === 'matrix' ? 'matrix' : 'rows'
    const laid = options.unbiased ? 'min-max' : grid
    const groups = by === 'matrix' ? 1 : rows
    const costOf = (b: number) =>
      b * rows * cols + 32 * groups * (laid === 'min-max' ? 2 : 1) + (laid === 'codebook' ? 32 * 2 ** b : 0)
    const fitting = [8, 7, 6, 5, 4, 3, 2, 1].filter(b => costOf(b) <= total)
    const chosen = bits ?? fitting[0]
    if (chosen === undefined || costOf(chosen) > total) throw tooSmall(total, work, costOf(chosen ?? 1))
    return asked(directCandidate(work, { bits: chosen, grid: laid, by, ...(options.unbiased && { dither: seed }) }))
  }
  if (isPublished(method)) {
    if (grid === 'codebook')
      throw new UnsupportedError(`compress: codebooks are for method direct; got ${method}. Choose clip or min-max.`)
    const scale = options.scale ?? (method === 'dsvd' ? 'vector' : 'matrix')
    const perScale = 32 * (grid === 'min-max' ? 2 : 1)
    const rank = rankWithin(options, total, work, {
      overhead: scale === 'matrix' ? 2 * perScale : 0,
      overheadEach: scale === 'vector' ? 2 * perScale : 0,
      ...{ leftBits, rightBits },
    })
    return asked(publishedCandidate(work, { method, rank, leftBits, rightBits, grid, scale, seed }))
  }
  const even = bits !== undefined || options.leftBits !== undefined || options.rightBits !== undefined
  if (method === 'graded') {
    if (!even && budget !== undefined) {
      const plans = [1, 0.6, 0.3].map(take => gradedPlan(work.a, total, work.factors(most).values, most, take))
      return needed(
        plans.flatMap(plan => (plan === null ? [] : [gradedCandidate(work, plan)])),
        total,
        work,
      )
    }
    const rank = rankWithin(options, total, work, { overhead: 0, overheadEach: 32, leftBits, rightBits })
    return asked(gradedCandidate(work, evenBits(rank, leftBits, rightBits)))
  }
  // Q at `bits`; what is left of the budget, or `rank` components at 4 bits, for the factors.
  const own = bits ?? Math.max(1, Math.min(8, Math.floor(total / (rows * cols) - 1e-9) || 2))
  const [l, r] = [options.leftBits ?? 4, options.rightBits ?? 4]
  const rest = total - own * rows * cols - 32 * rows
  if (options.rank !== undefined) {
    if (options.rank * (rows * l + cols * r + 64) > rest)
      throw tooSmall(total, work, total - rest + options.rank * (rows * l + cols * r + 64))
    return asked(calderaCandidate(work, own, evenBits(options.rank, l, r), calibration))
  }
  if (budget === undefined) {
    const rank = Math.min(side, Math.max(1, Math.round(side / 16)))
    return asked(calderaCandidate(work, own, evenBits(rank, l, r), calibration))
  }
  const plan = gradedPlan(work.a, rest, work.factors(side).values, side)
  if (plan === null) throw tooSmall(total, work, total - rest + rows * l + cols * r + 64)
  return asked(calderaCandidate(work, own, plan, calibration))
}

function rankWithin(
  options: CompressOptions,
  total: number,
  { a: { rows, cols } }: Workload,
  costs: { overhead: number; overheadEach: number; leftBits: number; rightBits: number },
): number {
  const side = Math.min(rows, cols)
  if (!Number.isFinite(total)) return options.rank ?? side
  const fits = rankForBudget({ rows, cols, budget: total / (rows * cols), ...costs })
  if (options.rank !== undefined && options.rank > fits)
    throw new DomainError(
      `compress: rank ${options.rank} must fit the budget of ${total} bits; at these bits rank ${fits} does. Lower one, or raise the budget.`,
      'E_BUDGET',
    )
  return Math.min(options.rank ?? fits, side)
}

function needed(candidates: Candidate[], total: number, work: Workload): { candidates: Candidate[]; reason: string } {
  if (candidates.length === 0) throw tooSmall(total, work, work.a.rows + work.a.cols + 48)
  return { candidates, reason: 'the only way that fits the budget' }
}

function tooSmall(total: number, { a }: Workload, least: number): DomainError {
  return new DomainError(
    `compress: the budget must pay for at least ${least} bits; got ${total} bits for ${a.rows} × ${a.cols} entries. Raise it to ${(least / (a.rows * a.cols)).toPrecision(3)} bits an entry or more.`,
    'E_BUDGET',
  )
}

function isPublished(method: CompressMethod): method is 'lplr' | 'lplr-svd' | 'dsvd' {
  return method === 'lplr' || method === 'lplr-svd' || method === 'dsvd'
}

function checkEntries(a: Dense, what: string): void {
  const at = a.data.findIndex(v => !Number.isFinite(v))
  if (at < 0) return
  throw new DomainError(
    `compress: ${what} must be finite; got ${a.data[at]} at row ${Math.floor(at / a.cols)}, column ${at % a.cols}. Correct it.`,
    'E_NONFINITE',
  )
}
