/**
 * Small convolutional networks on short signals, to the global optimum: f(x) = c + Σ_j v_j·share Σ_k φ(patch_k(x)·u_j).
 *
 *   minimise (1/n) Σ w_i ℓ(f(x_i), y_i) + lambda·½ Σ_j (‖u_j‖² + v_j²)
 *
 * over any number of filters, by the convex program over the cells of the patches (`convolution.ts`, `trainCells.ts`). The constant c is the best one without
 * filters and stays. Signals are taken as they are: a filter sees all places alike, so columns must not be scaled one by one. Patches of rank up to
 * 3 are enumerated and the optimum is global; of wider filters patterns are sampled, and the certificate is about these.
 * @module
 */
import {
  type Certificate,
  certifyHomogeneous,
  type HomogeneousProgram,
  homogeneousOracles,
  reluRows,
} from '../../certificates/index.ts'
import { DomainError, UnsupportedError } from '../../errors.ts'
import { bestConstant, createLoss, type LossName } from '../../losses/index.ts'
import type { Dense } from '../../matrix/dense.ts'
import { key } from '../../random/index.ts'
import type { Status } from '../../solvers/solve.ts'
import { ACTIVATIONS, type Activation, activationFrom, activationName, checkedActivation } from '../activation.ts'
import { type Inputs, matrixOf, weightsOf } from '../inputs.ts'
import { betaOf } from '../lambda.ts'
import { cellBound, enumeratePatterns, rankUpTo } from '../networks/patterns/enumeratePatterns.ts'
import { patternsOf } from '../networks/patterns/patternsOf.ts'
import { featureOf } from './cells.ts'
import { type Convolution, convolutionRows } from './convolution.ts'
import { gaussGates } from './subsample.ts'
import { trainCells, trainSampled } from './trainCells.ts'

/** The layer, the objective and when to stop. */
export interface ConvolutionOptions extends Convolution {
  /** 'relu' (default), 'leaky:κ', 'abs', 'linear', or two slopes. */
  readonly activation?: string | Activation
  /** One output: default squared. */
  readonly loss?: Exclude<LossName, 'multinomial'>
  readonly delta?: number
  readonly weights?: ArrayLike<number>
  /** Mean form, > 0; or as a fraction of lambdaMax. One of both. */
  readonly lambda?: number
  readonly lambdaFraction?: number
  /** A constant in the output; default true. */
  readonly intercept?: boolean
  /** Gaussian vectors to draw where the cells are too many; default 300. */
  readonly draws?: number
  readonly seed?: number
  readonly tolerance?: number
  readonly maxTime?: number
  readonly signal?: AbortSignal
}

/** A trained network; values in mean form. */
export interface FittedConvolution {
  /** m × width. */
  readonly filters: Dense
  /** In R^m. */
  readonly output: Float64Array
  readonly constant: number
  readonly activation: Activation
  readonly layer: Required<Convolution>
  readonly objective: number
  readonly lambda: number
  readonly lambdaMax: number
  readonly certificate: Certificate
  /** Patterns, and whether they are all there are. */
  readonly patterns: { readonly count: number; readonly complete: boolean }
  readonly status: Status
  readonly iterations: number
  /** f on signals of any number of rows. */
  predict(signals: Inputs): Float64Array
}

/** Cells listed at most. */
const MOST_CELLS = 4000

/**
 * Trains on signals, one a row. Cost as `trainCells` over n·K patches.
 *
 * @throws ShapeError, DomainError, UnsupportedError as `convolutionRows`, the loss and the activation; DomainError (E_LAMBDA) for lambda.
 */
export async function fitConvolution(
  signals: Inputs,
  y: ArrayLike<number>,
  options: ConvolutionOptions,
): Promise<FittedConvolution> {
  const { width, stride = 1, padding = 0, pool = 'sum' } = options
  const layer = { width, stride, padding, pool }
  const { loss: name = 'squared', intercept = true, draws = 300, seed = 0, tolerance = 1e-6 } = options
  const given = options.activation ?? ACTIVATIONS.relu
  const slopes =
    typeof given === 'string' ? activationFrom(given, 'fitConvolution') : checkedActivation(given, 'fitConvolution')
  if ((name as LossName) === 'multinomial')
    throw new UnsupportedError('fitConvolution: one output is trained; multinomial loss has several. Use logistic.')
  const raw = matrixOf(signals, 'fitConvolution')
  const weights = weightsOf(options.weights, raw.rows)
  const shared = {
    ...(weights !== null && { weights }),
    ...(options.delta !== undefined && { delta: options.delta }),
  }
  const offset = intercept ? bestConstant(name, y, shared) : new Float64Array(1)
  const loss = createLoss(name, { targets: y, ...shared, offset })
  const { x, pooling } = convolutionRows(raw, layer)
  const shape = { x, pooling, slopes, loss, freeBias: false, constant: 'none', linear: null } as const
  const rows = reluRows(shape).rows
  const linear = slopes.positive === slopes.negative
  const rank = rankUpTo(x, 3)
  const few = rank <= 3 && cellBound(x.rows, rank) <= MOST_CELLS
  const found = few ? enumeratePatterns(rows) : patternsOf(rows, gaussGates(x, draws, key(seed)))
  const [oracle] = homogeneousOracles(shape, linear ? {} : { patterns: found.masks })
  const lambdaMax = oracle.norm(loss.gradient(new Float64Array(raw.rows)), 0).value / raw.rows
  const lambda = lambdaOf(options, lambdaMax)
  const program: HomogeneousProgram = { ...shape, beta: betaOf(lambda, raw.rows) }
  const complete = few || linear
  const trained = await (complete ? trainCells : trainSampled)(program, found.masks, {
    tolerance: tolerance / 2,
    ...(options.maxTime !== undefined && { maxTime: options.maxTime }),
    ...(options.signal && { signal: options.signal }),
  })
  const { network } = trained
  const certificate = certifyHomogeneous(network, program, {
    candidates: [trained.dualPoint],
    subject: `convolutional ${activationName(slopes)}`,
    ...(!complete && { patterns: found.masks }),
  })
  return {
    filters: network.hidden,
    output: network.output.data,
    constant: offset[0],
    activation: slopes,
    layer,
    objective: trained.objective / raw.rows,
    lambda,
    lambdaMax,
    certificate,
    patterns: { count: found.masks.patterns, complete },
    status: certificate.relativeGap <= tolerance ? 'solved' : trained.status === 'solved' ? 'stalled' : trained.status,
    iterations: trained.rounds,
    predict(more) {
      const patches = convolutionRows(matrixOf(more, 'predict'), layer)
      const out = new Float64Array(patches.pooling.samples).fill(offset[0])
      for (let j = 0; j < network.hidden.rows; j++) {
        const u = network.hidden.data.subarray(j * width, (j + 1) * width)
        featureOf({ ...patches, slopes }, u).forEach((value, i) => {
          out[i] += network.output.data[j] * value
        })
      }
      return out
    },
  }
}

function lambdaOf({ lambda, lambdaFraction }: ConvolutionOptions, lambdaMax: number): number {
  if ((lambda === undefined) === (lambdaFraction === undefined))
    throw new DomainError('fitConvolution: lambda or lambdaFraction is needed, and only one of them.', 'E_LAMBDA')
  const found = lambda ?? (lambdaFraction as number) * lambdaMax
  if (!(found > 0 && found < Infinity))
    throw new DomainError(`fitConvolution: lambda must be a positive number; got ${found}.`, 'E_LAMBDA')
  return found
}
