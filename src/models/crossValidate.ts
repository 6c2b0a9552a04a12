/**
 * Choosing lambda by k-fold cross-validation along one common path.
 *
 * Each fold trains on the other rows, patterns and standardisation included, and is judged on its own rows by the loss
 * (weighted mean, in units of the standardised target of all data). Within folds gated networks are solved to a gap of 1e-3
 * and ReLU networks come from a descent without a certificate, which is near enough to compare lambdas by: errors differ by
 * far more between folds. All folds walk down the path abreast, so that a walk that is stopped has compared the lambdas it
 * reached on all folds. Folds give a mean and a standard error for each lambda; the chosen one is the best mean, or the
 * largest lambda within one standard error of it (T. Hastie et al., The Elements of Statistical Learning, 2009, section 7.10).
 * @module
 */
import { createLoss } from '../losses/index.ts'
import type { Dense } from '../matrix/dense.ts'
import { fold as foldKey, key } from '../random/index.ts'
import { descend } from './descend.ts'
import { foldsOf } from './folds.ts'
import { type Inputs, matrixOf, takeRows, weightsOf } from './inputs.ts'
import { betaOf } from './lambda.ts'
import type { Network, TrainingData } from './model.ts'
import type { TrainOptions, ValidationShape } from './options.ts'
import { lambdasOf, type PathLambdas, walk } from './path.ts'
import { type Predictor, predictorOf } from './predictor.ts'
import { type Prepared, prepare } from './prepare.ts'
import { showingValidation } from './showResults.ts'
import { standardiseTarget } from './standardisation.ts'
import type { Label, Targets } from './targets.ts'
import { zeroNetwork } from './train.ts'

/** Options of `crossValidate`. */
export interface ValidationOptions extends TrainOptions, ValidationShape, PathLambdas {
  /** A name or number a row, in R^n: rows of one group are never in different folds. */
  readonly groups?: ArrayLike<number | string>
  /** Called when all folds have been judged at lambdas[at]. */
  readonly onLambda?: (at: number, lambdas: readonly number[]) => void
}

/** Held-out loss along a path of lambdas, and the two usual choices. */
export interface CrossValidation {
  /** Largest first; those that were reached. */
  readonly lambdas: readonly number[]
  /** Mean loss on held-out rows. */
  readonly mean: readonly number[]
  /** Standard error of the mean over folds. */
  readonly standardError: readonly number[]
  readonly lambdaMin: number
  readonly lambdaOneStandardError: number
  /** Folds that were compared; 0 when it was stopped before the first lambda was done. */
  readonly folds: number
  /** Why the smallest lambdas asked for are not among `lambdas`; null when they are. */
  readonly ended: 'stopped' | 'rising' | null
}

/** Gap of the fits within folds. */
const TOLERANCE = 1e-3
/** ReLU networks within folds come from descents, the last of which gains less than this part. */
const DESCENT = { most: 2, worth: 1e-3, effort: { starts: 10, most: 12, settled: 1e-4, maxIterations: 60 } }

/**
 * k-fold cross-validation over a path of lambdas (5 folds, 30 points by default).
 *
 * @throws as `fit`; DomainError for a wrong number of folds, or fewer groups than folds.
 */
export async function crossValidate(x: Inputs, y: Targets, options: ValidationOptions = {}): Promise<CrossValidation> {
  const prepared = prepare(x, y, options)
  try {
    return await validate(matrixOf(x, 'fit'), prepared, options)
  } finally {
    if (prepared.ownCompute) prepared.compute.close()
  }
}

/** As `crossValidate`, on prepared data. */
export async function validate(x: Dense, prepared: Prepared, options: ValidationOptions): Promise<CrossValidation> {
  const { folds = 5, seed = 0, signal, maxTime = Infinity, patience = Infinity } = options
  const { target, standardisation } = prepared
  const c = target.outputs
  const lambdas = lambdasOf(prepared, options)
  const weights = weightsOf(options.weights, x.rows)
  const place = foldsOf(x.rows, {
    folds,
    seed,
    classes: target.classes === null ? null : target.values,
    ...(options.groups && { groups: options.groups }),
  })
  const clock = performance.now()
  const left = () => maxTime - (performance.now() - clock) / 1000
  const stopped = () => signal?.aborted === true || left() <= 0
  const walks = Array.from({ length: folds }, (_, f) => {
    const inside = [...place.keys()].filter(i => place[i] !== f)
    const outside = [...place.keys()].filter(i => place[i] === f)
    return { inside, outside, fits: null as AsyncGenerator<Predictor, void, void> | null }
  })
  /** errors[at][f]: of lambdas[at] on fold f. */
  const errors: number[][] = []
  let ended: CrossValidation['ended'] = null
  while (errors.length < lambdas.length && ended === null) {
    const row: number[] = []
    for (const each of walks) {
      each.fits ??= fits(each.inside)
      const next = stopped() ? { done: true as const } : await each.fits.next()
      if (next.done) break
      row.push(heldOutLoss(next.value, x, each.outside))
      options.onFold?.(errors.length * folds + row.length, lambdas.length * folds)
    }
    if (row.length < folds) ended = 'stopped'
    else {
      errors.push(row)
      options.onLambda?.(errors.length - 1, lambdas)
      if (errors.length < lambdas.length && rising(errors, patience)) ended = 'rising'
    }
  }
  return showingValidation({ ...summary(lambdas.slice(0, errors.length), errors), ended })

  /** Predictors along the path, trained on the rows `inside`, as far as time allows. */
  async function* fits(inside: readonly number[]): AsyncGenerator<Predictor, void, void> {
    const fold = prepare(takeRows(x, inside), targetsAt(prepared, inside), {
      ...options,
      loss: target.loss,
      ...(target.classes !== null && { classes: target.classes }),
      ...(weights !== null && { weights: Float64Array.from(inside, i => weights[i]) }),
      compute: prepared.compute,
    })
    const predictor = (network: Network): Predictor =>
      predictorOf({ network, standardisation: fold.standardisation, loss: target.loss, classes: target.classes })
    if (fold.model.name !== 'relu') {
      const solving = { tolerance: TOLERANCE, ...(signal && { signal }), maxTime, clock }
      for await (const { trained } of walk(fold, lambdas, solving)) {
        if (trained.status === 'aborted' || trained.status === 'max-time') return
        yield predictor(trained.network)
      }
      return
    }
    let network = zeroNetwork(fold)
    for (const [k, lambda] of lambdas.entries()) {
      const data: TrainingData = { x: fold.x, loss: fold.loss, beta: betaOf(lambda, fold.x.rows) }
      const searching = { compute: fold.compute, stopped, key: foldKey(foldKey(key(seed), 'validation'), k) }
      network = (await descend(network, data, { ...searching, ...DESCENT })).network
      if (stopped()) return
      yield predictor(network)
    }
  }

  /** Weighted mean loss of the rows left out, in units of the standardised target of all data. */
  function heldOutLoss(predictor: Predictor, all: Dense, index: readonly number[]): number {
    const f = predictor.values(takeRows(all, index))
    const classes = target.classes !== null
    const own = classes ? f : standardiseTarget(standardisation, f)
    const truth = classes
      ? Float64Array.from(index, i => target.values[i])
      : standardiseTarget(
          standardisation,
          Float64Array.from(index.flatMap(i => [...target.values.subarray(i * c, (i + 1) * c)])),
        )
    const w = Float64Array.from(index, i => (weights === null ? 1 : weights[i]))
    const total = w.reduce((a, b) => a + b, 0)
    if (total === 0) return 0
    const loss = createLoss(target.loss, {
      targets: truth,
      weights: w,
      outputs: c,
      ...(options.delta !== undefined && { delta: options.delta }),
    })
    return loss.value(own) / total
  }
}

/** Targets of some rows as `prepare` takes them: a matrix of numbers, or class indices. */
function targetsAt({ target }: Prepared, index: readonly number[]): Targets {
  const { values, outputs: c, classes, loss } = target
  if (classes === null) {
    const data = Float64Array.from(index.flatMap(i => [...values.subarray(i * c, (i + 1) * c)]))
    return { rows: index.length, cols: c, data }
  }
  const two = loss === 'logistic' || loss === 'squared-hinge'
  return index.map((i): Label => (two ? (values[i] + 1) / 2 : values[i]))
}

/** Whether each of the last `patience` lambdas did worse than the best so far by over one standard error of the difference. */
function rising(errors: readonly (readonly number[])[], patience: number): boolean {
  if (errors.length <= patience) return false
  const best = errors.reduce((a, b) => (meanOf(b) < meanOf(a) ? b : a))
  return errors.slice(-patience).every(row => {
    // Folds are paired: how hard a fold is does not count.
    const worse = row.map((error, f) => error - best[f])
    return meanOf(worse) > standardErrorOf(worse)
  })
}

function summary(lambdas: readonly number[], errors: readonly (readonly number[])[]): Omit<CrossValidation, 'ended'> {
  const mean = errors.map(meanOf)
  const standardError = errors.map(standardErrorOf)
  let best = 0
  for (let at = 1; at < mean.length; at++) if (mean[at] < mean[best]) best = at
  // The first within the limit is the largest, as lambdas fall.
  const simple = mean.findIndex(value => value <= mean[best] + standardError[best])
  return {
    lambdas,
    mean,
    standardError,
    lambdaMin: lambdas[best] ?? Number.NaN,
    lambdaOneStandardError: lambdas[simple] ?? Number.NaN,
    folds: errors.length === 0 ? 0 : errors[0].length,
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Of the mean of two values at least. */
function standardErrorOf(values: readonly number[]): number {
  const k = values.length
  const mean = meanOf(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (k - 1) / k)
}
