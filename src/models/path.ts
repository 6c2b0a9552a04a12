/**
 * The regularisation path: one network a lambda, from the constant down to weak weight decay, each certified.
 *
 * Every solve starts from its neighbour, over the patterns found so far. Along the exact path the optimal objective
 * p(lambda) = min L/n + lambda·Ω is concave and does not fall as lambda grows (a minimum of functions that are affine in
 * lambda), Ω at the optimum does not rise, and p(lambdaMax) is the loss of the best constant.
 * @module
 */
import { DomainError } from '../errors.ts'
import { type Fitted, fittedOf } from './fitted.ts'
import type { Inputs } from './inputs.ts'
import { lambdaPath } from './lambda.ts'
import type { PathShape, TrainOptions } from './options.ts'
import { type Prepared, prepare } from './prepare.ts'
import type { Targets } from './targets.ts'
import { type Trained, trainAt } from './train.ts'

/** Options of `fitPath`. */
export interface PathOptions extends TrainOptions, PathShape {
  /** The lambdas themselves, largest first; overrules points and smallestFraction. */
  readonly lambdas?: readonly number[]
}

/** Networks along a path of lambdas. */
export interface Path {
  readonly lambdaMax: number
  /** Largest lambda first; shorter than asked for when it was stopped. */
  readonly fits: readonly Fitted[]
  /** false when a time limit or a signal ended it early. */
  readonly complete: boolean
}

/**
 * Networks along a path of lambdas: 30 of them by default, from lambdaMax to lambdaMax/1000.
 *
 * Time and signal are for the whole path; the first point is always there.
 * @throws as `fit`; DomainError when the lambdas are not positive and falling.
 */
export async function fitPath(x: Inputs, y: Targets, options: PathOptions = {}): Promise<Path> {
  const prepared = prepare(x, y, options)
  try {
    const fits: Fitted[] = []
    let complete = true
    for await (const { trained, lambda } of walk(prepared, lambdasOf(prepared, options), options)) {
      if (fits.length > 0 && stopped(trained)) {
        complete = false
        break
      }
      fits.push(fittedOf(prepared, trained, lambda))
    }
    return { lambdaMax: prepared.lambdaMax, fits, complete: complete && !stopped(fits[fits.length - 1]) }
  } finally {
    if (prepared.ownCompute) prepared.compute.close()
  }
}

/** The lambdas that the options ask for. */
export function lambdasOf(prepared: Pick<Prepared, 'lambdaMax'>, options: PathOptions): readonly number[] {
  const { lambdas, points = 30, smallestFraction = 1e-3 } = options
  if (lambdas === undefined) return lambdaPath(prepared.lambdaMax, points, smallestFraction)
  const bad = lambdas.findIndex((lambda, k) => !(lambda > 0) || (k > 0 && !(lambda < lambdas[k - 1])))
  if (bad >= 0 || lambdas.length === 0)
    throw new DomainError(
      `path: lambdas must be positive, the largest first; got ${lambdas.length === 0 ? 'none' : `${lambdas[bad]} at ${bad}`}.`,
      'E_LAMBDA',
    )
  return lambdas
}

/** Trains at each lambda in turn from the point before. */
export async function* walk(
  prepared: Prepared,
  lambdas: readonly number[],
  options: TrainOptions,
): AsyncGenerator<{ trained: Trained; lambda: number }, void, void> {
  const clock = performance.now()
  let start: Trained | undefined
  for (const lambda of lambdas) {
    const trained: Trained = await trainAt(prepared, lambda, { ...options, clock, ...(start && { start }) })
    start = trained
    yield { trained, lambda }
    if (stopped(trained)) return
  }
}

function stopped({ status }: Pick<Trained, 'status'>): boolean {
  return status === 'aborted' || status === 'max-time'
}
