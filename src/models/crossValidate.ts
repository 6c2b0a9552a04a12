/**
 * Choosing lambda by k-fold cross-validation along one common path.
 *
 * Each fold trains on the other rows, patterns and standardisation included, and is judged on its own rows by the loss
 * (weighted mean, in units of the standardised target of all data). Within folds gated networks are solved to a gap of 1e-4;
 * ReLU networks come from a descent without a certificate, which is near enough to compare lambdas by. Folds give a mean and a standard error for each lambda; the
 * chosen one is the best mean, or the largest lambda within one standard error of it (T. Hastie et al., The Elements of
 * Statistical Learning, 2009, section 7.10).
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
import { lambdasOf, walk } from './path.ts'
import { type Predictor, predictorOf } from './predictor.ts'
import { type Prepared, prepare } from './prepare.ts'
import { standardiseTarget } from './standardisation.ts'
import type { Label, Targets } from './targets.ts'
import { zeroNetwork } from './train.ts'

/** Options of `crossValidate`. */
export interface ValidationOptions extends TrainOptions, ValidationShape {
  readonly lambdas?: readonly number[]
}

/** Held-out loss along a path of lambdas, and the two usual choices. */
export interface CrossValidation {
  /** Largest first. */
  readonly lambdas: readonly number[]
  /** Mean loss on held-out rows. */
  readonly mean: readonly number[]
  /** Standard error of the mean over folds. */
  readonly standardError: readonly number[]
  readonly lambdaMin: number
  readonly lambdaOneStandardError: number
  /** Folds that were finished; fewer than asked for when it was stopped. */
  readonly folds: number
}

/** Gap of the fits within folds: the errors differ by far more between folds. */
const TOLERANCE = 1e-4
/** ReLU networks within folds come from descents, the last of which gains less than this part. */
const DESCENT = { most: 2, worth: 1e-3, effort: { starts: 10, most: 12, maxIterations: 60 } }

/**
 * k-fold cross-validation over a path of lambdas (5 folds, 30 points by default).
 *
 * @throws as `fit`; DomainError for a wrong number of folds.
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
  const { folds = 5, seed = 0, signal, maxTime = Infinity } = options
  const { target, standardisation } = prepared
  const c = target.outputs
  const lambdas = lambdasOf(prepared, options)
  const weights = weightsOf(options.weights, x.rows)
  const place = foldsOf(x.rows, { folds, seed, classes: target.classes === null ? null : target.values })
  const clock = performance.now()
  const left = () => maxTime - (performance.now() - clock) / 1000
  const errors: number[][] = []
  for (let f = 0; f < folds && !signal?.aborted && left() > 0; f++) {
    const inside = [...place.keys()].filter(i => place[i] !== f)
    const outside = [...place.keys()].filter(i => place[i] === f)
    const fold = prepare(takeRows(x, inside), targetsAt(prepared, inside), {
      ...options,
      loss: target.loss,
      ...(target.classes !== null && { classes: target.classes }),
      ...(weights !== null && { weights: Float64Array.from(inside, i => weights[i]) }),
      compute: prepared.compute,
    })
    const row: number[] = []
    for await (const network of fits(fold)) {
      const predictor = predictorOf({
        network,
        standardisation: fold.standardisation,
        loss: target.loss,
        classes: target.classes,
      })
      row.push(heldOutLoss(predictor, x, outside))
    }
    if (row.length === lambdas.length) errors.push(row)
  }
  return summary(lambdas, errors)

  /** Networks along the path of one fold, as far as time allows. */
  async function* fits(fold: Prepared): AsyncGenerator<Network, void, void> {
    const stopped = () => signal?.aborted === true || left() <= 0
    if (fold.model.name === 'gated') {
      const solving = { tolerance: TOLERANCE, ...(signal && { signal }), maxTime: left() }
      for await (const { trained } of walk(fold, lambdas, solving)) {
        if (trained.status === 'aborted' || trained.status === 'max-time') return
        yield trained.network
      }
      return
    }
    let network = zeroNetwork(fold)
    for (const [k, lambda] of lambdas.entries()) {
      const data: TrainingData = { x: fold.x, loss: fold.loss, beta: betaOf(lambda, fold.x.rows) }
      const searching = { compute: fold.compute, stopped, key: foldKey(foldKey(key(seed), 'validation'), k) }
      network = (await descend(network, data, { ...searching, ...DESCENT })).network
      if (stopped()) return
      yield network
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

function summary(lambdas: readonly number[], errors: readonly (readonly number[])[]): CrossValidation {
  const k = errors.length
  const mean = lambdas.map((_, at) => errors.reduce((sum, row) => sum + row[at], 0) / k)
  const standardError = lambdas.map((_, at) =>
    k < 2 ? Number.NaN : Math.sqrt(errors.reduce((sum, row) => sum + (row[at] - mean[at]) ** 2, 0) / (k - 1) / k),
  )
  let best = 0
  for (let at = 1; at < lambdas.length; at++) if (mean[at] < mean[best]) best = at
  const limit = mean[best] + (k < 2 ? 0 : standardError[best])
  // The first within the limit is the largest, as lambdas fall.
  const simple = k === 0 ? best : mean.findIndex(value => value <= limit)
  return {
    lambdas: [...lambdas],
    mean,
    standardError,
    lambdaMin: lambdas[best],
    lambdaOneStandardError: lambdas[simple],
    folds: k,
  }
}
