/**
 * From fitted values of a model to what people asked for: numbers, class labels, probabilities, and how good they are.
 * @module
 */
import type { LossName } from '../losses/loss.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { classMetrics, regressionMetrics } from './metrics.ts'
import type { TargetEncoding } from './target.ts'

/** What a model says about rows: a value each, and probabilities where the loss has them. */
export interface Predictions {
  /** In R^n: numbers, or class indices. */
  readonly values: Float64Array
  /** n × C for losses that are log-likelihoods (logistic, multinomial); else null. */
  readonly probabilities: Dense | null
  /** In R^n, larger for class 1: two classes only. */
  readonly scores: Float64Array | null
}

/**
 * Predictions of fitted values f ∈ R^{n·c}, sample-major. Two classes: class 1 where f > 0, with probability 1/(1 + e^{−f})
 * for logistic loss. More classes: the largest output, softmax probabilities for multinomial loss.
 */
export function predictionsOf(
  fitted: Float64Array,
  options: { readonly target: TargetEncoding; readonly loss: LossName },
): Predictions {
  const { target, loss } = options
  if (target.kind === 'number') return { values: fitted, probabilities: null, scores: null }
  const classes = target.labels.length
  if (loss === 'multinomial') {
    const probabilities = softmax(dense(fitted.length / classes, classes, fitted))
    const values = Float64Array.from({ length: probabilities.rows }, (_, i) =>
      largest(fitted.subarray(i * classes, (i + 1) * classes)),
    )
    const scores = classes === 2 ? values.map((_, i) => fitted[2 * i + 1] - fitted[2 * i]) : null
    return { values, probabilities, scores }
  }
  const values = fitted.map(f => (f > 0 ? 1 : 0))
  if (loss !== 'logistic') return { values, probabilities: null, scores: fitted }
  const probabilities = dense(fitted.length, 2)
  for (let i = 0; i < fitted.length; i++) {
    probabilities.data[2 * i] = 1 / (1 + Math.exp(fitted[i]))
    probabilities.data[2 * i + 1] = 1 / (1 + Math.exp(-fitted[i]))
  }
  return { values, probabilities, scores: fitted }
}

/** R², RMSE and MAE, or accuracy, log loss and AUC, as they apply; what is undefined on these rows is left out. */
export function metricsOf(
  y: Float64Array,
  predictions: Predictions,
  options: { readonly target: TargetEncoding; readonly weights?: Float64Array | null },
): Record<string, number> {
  const { target, weights = null } = options
  const metrics =
    target.kind === 'number'
      ? regressionMetrics(y, predictions.values, { weights })
      : classMetrics(y, predictions.values, { ...predictions, weights })
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)))
}

/** What the loss wants as targets: −1 and +1 for the two-class losses, else as coded. */
export function lossTargets(y: Float64Array, loss: LossName): Float64Array {
  return loss === 'logistic' || loss === 'squared-hinge' ? y.map(k => 2 * k - 1) : y
}

/** The loss for a target when none is named. */
export function lossFor(target: TargetEncoding): LossName {
  if (target.kind === 'number') return 'squared'
  return target.labels.length === 2 ? 'logistic' : 'multinomial'
}

function softmax(f: Dense): Dense {
  const out = dense(f.rows, f.cols)
  for (let i = 0; i < f.rows; i++) {
    const row = f.data.subarray(i * f.cols, (i + 1) * f.cols)
    const top = row[largest(row)]
    let sum = 0
    for (let k = 0; k < f.cols; k++) sum += out.data[i * f.cols + k] = Math.exp(row[k] - top)
    for (let k = 0; k < f.cols; k++) out.data[i * f.cols + k] /= sum
  }
  return out
}

function largest(row: Float64Array): number {
  let best = 0
  for (let k = 1; k < row.length; k++) if (row[k] > row[best]) best = k
  return best
}
