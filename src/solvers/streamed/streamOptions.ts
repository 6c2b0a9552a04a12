/**
 * What `streamRidge` may be told and tells, the choice of its method and of its path, and what it refuses.
 * @module
 */
import { DomainError, UnsupportedError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { Status } from '../solve.ts'
import type { StreamModel } from './models.ts'
import type { StreamProgress } from './passes.ts'
import type { RowSource } from './rowSource.ts'
import type { Program } from './survey.ts'

/** How `streamRidge` works. */
export type StreamMethod = 'auto' | 'gram' | 'pcg'

/** The methods of `streamRidge` by name. */
export const STREAM_METHODS: readonly StreamMethod[] = ['auto', 'gram', 'pcg']

/** Which λ: a list, or a number of them spaced evenly in log(λ). */
export type PathOfLambdas =
  | { readonly lambdas: readonly number[] }
  | {
      /** How many; ≥ 1. */
      readonly count: number
      /** The smallest as a part of the largest, in (0, 1). The largest is the sum of the squares of the (standardised) columns over n: there d_λ ≤ 1. */
      readonly ratio: number
    }

/** Program, method and limits of `streamRidge`. */
export interface StreamRidgeOptions {
  /** Default one λ, 0. Each λ ≥ 0, in the mean form above. */
  readonly path?: PathOfLambdas
  /** Default true. */
  readonly intercept?: boolean
  /** σ_j: the (weighted) standard deviation, of the square mean where there is no intercept; default false, 1. */
  readonly standardise?: boolean
  /** Default 'auto': gram up to 2048 columns, else pcg. */
  readonly method?: StreamMethod
  /** Bound on the energy error relative to the target, √(2n(f − f*))/‖√w(y − ȳ)‖, to stop at; default 1e-8. */
  readonly tolerance?: number
  /** Rows of the sketch; default 4·D. */
  readonly rows?: number
  /** Seed of the sketch; default 0. */
  readonly seed?: number
  /** Default 200. */
  readonly maxPasses?: number
  /** Seconds; default none. */
  readonly maxTime?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: StreamProgress) => void
}

/** Models by target and λ, and what they took. */
export interface StreamRidgeSolution {
  /** [target][λ], λ in the order of `lambdas`. */
  readonly models: readonly (readonly StreamModel[])[]
  /** Mean form, largest first. */
  readonly lambdas: readonly number[]
  readonly status: Status
  readonly method: Exclude<StreamMethod, 'auto'>
  /** Why this method. */
  readonly reason: string
  /** n. */
  readonly rows: number
  /** Passes over all rows. */
  readonly passes: number
  /** Rows of the sketch; 0 without one. */
  readonly sketchRows: number
  /** Raw columns that never vary; their coefficients are 0. */
  readonly constant: readonly number[]
  /** Most partial sums and most numbers held at once, the caller's block apart: they grow with the logarithm of n. */
  readonly held: { readonly sums: number; readonly numbers: number }
  readonly seconds: number
  readonly seed: number
  readonly warnings: readonly string[]
}

const GRAM_COLUMNS = 2048
const MOST_COLUMNS = 8192
function listed(path: PathOfLambdas | undefined): number[] {
  return path !== undefined && 'lambdas' in path ? [...path.lambdas].sort((a, b) => b - a) : [0]
}

/** The λ of a path, mean form, largest first. */
export function pathOf(
  path: PathOfLambdas | undefined,
  { norms, moments, penalty, coordinates, rows }: Program,
): number[] {
  if (path === undefined || 'lambdas' in path) return listed(path)
  let top = 0
  for (let j = coordinates.intercept ? 1 : 0; j < norms.length; j++)
    top += (norms[j] ** 2 - (coordinates.intercept ? moments[j] ** 2 / norms[0] ** 2 : 0)) / penalty[j] / rows
  const { count, ratio } = path
  return Array.from({ length: count }, (_, k) => top * ratio ** (count === 1 ? 0 : k / (count - 1)))
}

/** Which method, and why. */
export function chooseMethod(
  method: StreamMethod,
  cols: number,
): { readonly method: Exclude<StreamMethod, 'auto'>; readonly reason: string } {
  if (method !== 'auto') return { method, reason: 'as asked' }
  return cols <= GRAM_COLUMNS
    ? { method: 'gram', reason: `one pass for the Gram matrix: ${cols} columns, at most ${GRAM_COLUMNS}` }
    : {
        method: 'pcg',
        reason: `one pass for a sketch, and a pass for each step: ${cols} columns, more than ${GRAM_COLUMNS}`,
      }
}

/** @throws DomainError (E_TARGET) for a target that never varies. */
export function requireTargets({ centred, coordinates, sizes }: Program, { targetNames }: RowSource): void {
  centred.forEach((size, t) => {
    if (coordinates.intercept && !(size > 1e-13 * sizes[t]))
      throw new DomainError(
        `streamRidge: a target must vary; target ${targetNames === undefined ? t : `"${targetNames[t]}"`} is the same in every row. Choose another.`,
        'E_TARGET',
      )
  })
}

/** @throws DomainError (E_SKETCH_TOO_SMALL) when no ridge helps a sketch of fewer rows than columns. */
export function requireRows(sa: Dense, lambdas: readonly number[]): void {
  if (sa.rows < sa.cols && Math.min(...lambdas) === 0)
    throw new DomainError(
      `streamRidge: without a ridge the sketch must have at least ${sa.cols} rows; got ${sa.rows}. Take ${4 * sa.cols}.`,
      'E_SKETCH_TOO_SMALL',
    )
}

/** @throws DomainError (E_PARAM_RANGE), UnsupportedError, for options and shapes that are refused. */
export function checkOptions(
  { cols, targets }: RowSource,
  { path, tolerance = 1e-8, rows, method = 'auto' }: StreamRidgeOptions,
): void {
  const bad = (message: string) => new DomainError(`streamRidge: ${message}`, 'E_PARAM_RANGE')
  if (!(tolerance > 0)) throw bad(`tolerance must be > 0; got ${tolerance}. 1e-8 is usual.`)
  if (!(cols >= 1 && targets >= 1)) throw bad(`columns and targets are needed; got ${cols} and ${targets}.`)
  if (!STREAM_METHODS.includes(method)) throw bad(`method must be one of ${STREAM_METHODS.join(', ')}; got ${method}.`)
  if (rows !== undefined && !(Number.isInteger(rows) && rows >= 1))
    throw bad(`rows of the sketch must be a whole number ≥ 1; got ${rows}.`)
  if (cols > MOST_COLUMNS)
    throw new UnsupportedError(
      `streamRidge: at most ${MOST_COLUMNS} columns are taken, since factors of that side are kept; got ${cols}. Use solveRidge with method cg.`,
    )
  if (path === undefined) return
  if ('lambdas' in path) {
    const wrong = path.lambdas.find(lambda => !(lambda >= 0 && lambda < Infinity))
    if (path.lambdas.length === 0 || wrong !== undefined)
      throw bad(`lambdas must be numbers ≥ 0; got ${wrong ?? 'none'}.`)
  } else if (!(Number.isInteger(path.count) && path.count >= 1 && path.ratio > 0 && path.ratio < 1))
    throw bad(`a path needs a whole count ≥ 1 and a ratio in (0, 1); got ${path.count} and ${path.ratio}.`)
}
