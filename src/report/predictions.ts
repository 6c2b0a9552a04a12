/**
 * The figures of predictions: against true values for numbers; ROC, calibration and confusion for classes.
 * @module
 */
import { predictionsOf } from '../data/predictions.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import { evaluate, type Rows, valuesOf } from '../formats/onRows.ts'
import type { Figure } from './figure.ts'
import { calibrationFigure } from './figures/calibration.ts'
import { confusionFigure } from './figures/confusion.ts'
import { predictedTrueFigure } from './figures/predictedTrue.ts'
import { rocFigure } from './figures/roc.ts'

/** More curves than this in one drawing cannot be told apart: the first ones are drawn. */
const MOST_CURVES = 8

/** What can be drawn of a model's predictions on rows. Weights count in all of them but the cloud of points. */
export function predictionFigures(model: SavedModel, rows: Rows): Figure[] {
  const { target, loss } = model
  const { y, weights } = rows
  const fitted = valuesOf(model, rows.x)
  const { values, probabilities, scores } = predictionsOf(fitted, { target, loss: loss.name })
  if (target.kind === 'number') {
    const { rmse } = evaluate(model, rows, fitted)
    return [predictedTrueFigure(y, values, { target: target.name, rmse })]
  }
  const { labels } = target
  const truth = (k: number) => y.map(own => (own === k ? 1 : 0))
  const probability = (k: number) =>
    Float64Array.from(y, (_, i) => (probabilities as NonNullable<typeof probabilities>).data[i * labels.length + k])
  // Of two classes the second stands for both.
  const classes = labels.length === 2 ? [1] : [...labels.keys()].slice(0, MOST_CURVES)
  const roc =
    scores !== null
      ? rocFigure([{ label: labels[1], truth: truth(1), scores }], weights)
      : rocFigure(
          classes.map(k => ({ label: labels[k], truth: truth(k), scores: probability(k) })),
          weights,
        )
  const calibration =
    probabilities === null
      ? null
      : calibrationFigure(
          classes.map(k => ({ label: labels[k], truth: truth(k), probability: probability(k) })),
          weights,
        )
  return [roc, calibration, confusionFigure(y, values, { labels, weights })].filter(figure => figure !== null)
}
