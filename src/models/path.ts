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
import { showingPath } from './showResults.ts'
import type { Targets } from './targets.ts'
import { type Trained, trainAt } from './train.ts'

/** The lambdas of a path, when they are not spaced evenly. */
export interface PathLambdas extends PathShape {
  /** The lambdas themselves, largest first; overrules points and smallestFraction. */
  readonly lambdas?: readonly number[]
  /** The lambdas as fractions of lambdaMax, largest first, instead. */
  readonly fractions?: readonly number[]
}

/** Options of `fitPath`. */
export interface PathOptions extends TrainOptions, PathLambdas {
  /** Called with each network as it is done, the number of it, and how many there will be. */
  readonly onFit?: (fitted: Fitted, at: number, points: number) => void
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
    const lambdas = lambdasOf(prepared, options)
    for await (const { trained, lambda } of walk(prepared, lambdas, options)) {
      if (fits.length > 0 && stopped(trained)) {
        complete = false
        break
      }
      const fitted = fittedOf(prepared, trained, lambda)
      options.onFit?.(fitted, fits.length, lambdas.length)
      fits.push(fitted)
    }
    return showingPath({
      lambdaMax: prepared.lambdaMax,
      fits,
      complete: complete && !stopped(fits[fits.length - 1]),
    })
  } finally {
    if (prepared.ownCompute) prepared.compute.close()
  }
}

/** The lambdas that the options ask for. */
export function lambdasOf(prepared: Pick<Prepared, 'lambdaMax'>, options: PathLambdas): readonly number[] {
  const { fractions, points = 30, smallestFraction = 1e-3 } = options
  if (fractions !== undefined && options.lambdas !== undefined)
    throw new DomainError('path: give lambdas or fractions of lambdaMax, not both.', 'E_LAMBDA')
  const lambdas = options.lambdas ?? fractions?.map(fraction => fraction * prepared.lambdaMax)
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
  options: TrainOptions & { readonly clock?: number },
): AsyncGenerator<{ trained: Trained; lambda: number }, void, void> {
  const { clock = performance.now() } = options
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
