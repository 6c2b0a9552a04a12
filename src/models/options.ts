/**
 * Options of `fit`, `fitPath` and `crossValidate`.
 * @module
 */

import type { OracleChoice } from '../certificates/index.ts'
import type { LossName } from '../losses/index.ts'
import type { BackendName, Compute } from '../matrix/compute.ts'
import type { Dense } from '../matrix/dense.ts'
import type { Progress } from '../solvers/solve.ts'
import type { Activation } from './activation.ts'
import type { Network } from './model.ts'
import type { Standardisation } from './standardisation.ts'
import type { Label } from './targets.ts'

/** What is trained, on which patterns, and when to stop. */
export interface TrainOptions {
  /** 'relu' (default): the network everybody means. 'gated': fixed gates, a larger class, quicker to train. */
  readonly model?: 'relu' | 'gated'
  /**
   * Of model 'relu', one output: 'leaky:κ' (κ the slope below 0), 'abs', 'linear', or two slopes; default 'relu'. Exact over all patterns,
   * restricted to sampled ones beyond.
   */
  readonly activation?: string | Activation
  /** Default: squared for numbers, logistic for two classes, multinomial for more. */
  readonly loss?: LossName
  /** Huber's δ > 0, in units of the standardised target; default 1. */
  readonly delta?: number
  /** Names of the classes, when y holds class indices 0 … C − 1. */
  readonly classes?: readonly Label[]
  /** Gaussian gates to draw, or 'all'. Default: all when the data have rank ≤ 3 and few enough patterns, else a sample. */
  readonly patterns?: number | 'all'
  /** Gates to use instead, P × d on raw inputs, or P × (d + 1) with their bias last. */
  readonly gates?: Dense
  /** For 'relu' over sampled patterns: how often to look for missing patterns and solve again. Default 2 (0 with `gates`, 30 with `global`). */
  readonly rounds?: number
  /**
   * For 'relu': a certificate over networks of every width, by the oracle named (true: the best affordable one). Where that is exact,
   * patterns are added until the gap is met. Default false.
   */
  readonly global?: boolean | OracleChoice
  /** Integer 0 … 2³² − 1; default 0. The same seed gives the same bits. */
  readonly seed?: number
  /** Hidden biases (penalised) and a free constant in the output; default true. */
  readonly intercept?: boolean
  /** Standardise columns and numeric targets, inside the model; default true. */
  readonly standardise?: boolean
  /** Names of the columns of X, for remarks about them. */
  readonly names?: readonly string[]
  /** Sample weights ≥ 0 in R^n. */
  readonly weights?: ArrayLike<number>
  /** Relative gap to stop at; default 1e-6. */
  readonly tolerance?: number
  /** Seconds in all; default none. */
  readonly maxTime?: number
  /** Steps of one solve; default 100 000. */
  readonly maxIterations?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** Prune to linearly independent neurons; objective and fit stay. Default false. */
  readonly minimalWidth?: boolean
  readonly backend?: 'auto' | BackendName
  readonly threads?: number
  /** A `Compute` to use (not closed); overrules backend and threads. */
  readonly compute?: Compute
}

/** A network on the way, in the coordinates of training (`Fitted.network`), with what helps to go on from it. */
export interface Start {
  readonly network: Network
  /** Gates of patterns worth having, P × the width of the network. */
  readonly gates: Dense
  /** In sum form; a bound is only drawn from it after checking. */
  readonly dualPoint: Float64Array | null
}

/** The best so far, with what makes a predictor of it. */
export interface Best extends Start {
  readonly standardisation: Standardisation
  /** Mean form. */
  readonly objective: number
  readonly lambda: number
  readonly lambdaMax: number
  readonly seconds: number
  readonly iterations: number
}

/** Shape of a path of lambdas. */
export interface PathShape {
  /** Default 30. */
  readonly points?: number
  /** Smallest lambda as a fraction of lambdaMax; default 1e-3. */
  readonly smallestFraction?: number
}

/** How lambda is chosen by cross-validation. */
export interface ValidationShape extends PathShape {
  /** Default 5. */
  readonly folds?: number
  /** 'min' (default): least mean error. 'one-standard-error': the largest lambda within one standard error of it. */
  readonly rule?: 'min' | 'one-standard-error'
  /** Stops after so many lambdas in turn that did worse than the best by over one standard error. Default: never. */
  readonly patience?: number
  /** Called with each network trained within a fold, how many there have been, and how many there may be at most. */
  readonly onFold?: (done: number, most: number) => void
}

/** Options of `fit`: those of training, and how lambda is set. */
export interface FitOptions extends TrainOptions {
  /** Weight decay of the mean objective, > 0. Default: chosen by cross-validation. */
  readonly lambda?: number
  /** lambda as a fraction of lambdaMax, instead. */
  readonly lambdaFraction?: number
  /** Called with the best network so far, at most once in `every` seconds, for whoever keeps it for a day without power. */
  readonly checkpoint?: { readonly every: number; readonly save: (best: Best) => void }
  /** A network to go on from: same data, model and loss. The result is never worse than it at the lambda in use. */
  readonly start?: Start
  /** When lambda is left to cross-validation. */
  readonly validation?: ValidationShape
}
