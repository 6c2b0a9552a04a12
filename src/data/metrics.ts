/**
 * How well predictions fit: for numbers R², RMSE, MAE; for classes accuracy, log loss, AUC. All take sample weights.
 * @module
 */
import { ShapeError } from '../errors.ts'
import type { Dense } from '../matrix/dense.ts'

/** How well numbers are predicted. */
export interface RegressionMetrics {
  /** 1 − Σw(y−f)²/Σw(y−ȳ)²; NaN when y is constant. */
  readonly r2: number
  /** √(Σw(y−f)²/Σw), in the unit of y. */
  readonly rmse: number
  /** Σw|y−f|/Σw, in the unit of y. */
  readonly mae: number
}

/** How well classes are predicted. */
export interface ClassMetrics {
  /** Share of rows whose most probable class is right. */
  readonly accuracy: number
  /** −Σw ln p(right class)/Σw, probabilities clipped to 1e-15. Only where probabilities exist. */
  readonly logLoss?: number
  /** Area under the ROC curve, ties counted half; for two classes where both occur. */
  readonly auc?: number
}

/** Metrics of numbers f predicted for y, both in R^n. O(n). */
export function regressionMetrics(
  y: Float64Array,
  f: Float64Array,
  options: { readonly weights?: Float64Array | null } = {},
): RegressionMetrics {
  sameLength('regressionMetrics', y.length, f.length)
  const w = options.weights ?? null
  let total = 0
  let mean = 0
  for (let i = 0; i < y.length; i++) {
    const wi = w === null ? 1 : w[i]
    total += wi
    if (total > 0) mean += (wi / total) * (y[i] - mean)
  }
  let squares = 0
  let spread = 0
  let absolute = 0
  for (let i = 0; i < y.length; i++) {
    const wi = w === null ? 1 : w[i]
    squares += wi * (y[i] - f[i]) ** 2
    spread += wi * (y[i] - mean) ** 2
    absolute += wi * Math.abs(y[i] - f[i])
  }
  return {
    r2: spread > 0 ? 1 - squares / spread : Number.NaN,
    rmse: Math.sqrt(squares / total),
    mae: absolute / total,
  }
}

/**
 * Metrics of class predictions.
 *
 * @param y class indices, in R^n.
 * @param predicted predicted class indices, in R^n.
 * @param options probabilities n × C where there are any; scores of class 1 in R^n (for AUC, two classes); sample weights.
 */
export function classMetrics(
  y: Float64Array,
  predicted: Float64Array,
  options: {
    readonly probabilities?: Dense | null
    readonly scores?: Float64Array | null
    readonly weights?: Float64Array | null
  } = {},
): ClassMetrics {
  sameLength('classMetrics', y.length, predicted.length)
  const { probabilities = null, scores = null } = options
  const w = options.weights ?? new Float64Array(y.length).fill(1)
  let right = 0
  let total = 0
  for (let i = 0; i < y.length; i++) {
    total += w[i]
    if (y[i] === predicted[i]) right += w[i]
  }
  const area = scores === null ? Number.NaN : auc(y, scores, w)
  return {
    accuracy: right / total,
    ...(probabilities !== null && { logLoss: logLoss(y, probabilities, w) / total }),
    ...(!Number.isNaN(area) && { auc: area }),
  }
}

function logLoss(y: Float64Array, p: Dense, w: Float64Array): number {
  sameLength('classMetrics', y.length, p.rows)
  let sum = 0
  for (let i = 0; i < y.length; i++) sum -= w[i] * Math.log(Math.max(1e-15, p.data[i * p.cols + y[i]]))
  return sum
}

/**
 * Area under the ROC curve: the weighted chance that a row of class 1 scores above a row of class 0, ties counted half.
 * NaN when a class does not occur. O(n log n). Source: J. Hanley and B. McNeil, 1982.
 */
export function auc(y: Float64Array, scores: Float64Array, weights: Float64Array): number {
  const order = Array.from(y.keys()).sort((a, b) => scores[a] - scores[b])
  let below = 0
  let won = 0
  let positives = 0
  for (let i = 0; i < order.length; ) {
    let tiedNegative = 0
    let tiedPositive = 0
    const score = scores[order[i]]
    for (; i < order.length && scores[order[i]] === score; i++)
      if (y[order[i]] === 1) tiedPositive += weights[order[i]]
      else tiedNegative += weights[order[i]]
    won += tiedPositive * (below + tiedNegative / 2)
    below += tiedNegative
    positives += tiedPositive
  }
  return positives > 0 && below > 0 ? won / (positives * below) : Number.NaN
}

function sameLength(who: string, a: number, b: number): void {
  if (a !== b) throw new ShapeError(`${who}: targets and predictions must be equally long; got ${a} and ${b}.`)
}
