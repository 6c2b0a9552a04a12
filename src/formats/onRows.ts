/**
 * A saved model on rows: its values, its metrics, and the training problem it was the answer to.
 * @module
 */
import { lossTargets, metricsOf, predictionsOf } from '../data/predictions.ts'
import { createLoss } from '../losses/createLoss.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import type { Network, TrainingData } from '../models/model.ts'
import { predictorOf } from '../models/predictor.ts'
import { standardise, standardiseTarget } from '../models/standardisation.ts'
import { predictorState, type SavedModel } from './modelFile.ts'

/** Rows with their targets as a `Dataset` codes them. */
export interface Rows {
  readonly x: Dense
  readonly y: Float64Array
  readonly weights: Float64Array | null
}

/** Values of a saved model (or of another network in its coordinates) on encoded rows, in R^{n·c}. */
export function valuesOf(model: SavedModel, x: Dense, network: Network = model.network): Float64Array {
  return predictorOf({ ...predictorState(model), network }).values(x)
}

/** Metrics of a saved model (or of given values) on rows. */
export function evaluate(
  model: SavedModel,
  rows: Rows,
  values: Float64Array = valuesOf(model, rows.x),
): Record<string, number> {
  const predictions = predictionsOf(values, { target: model.target, loss: model.loss.name })
  return metricsOf(rows.y, predictions, { target: model.target, weights: rows.weights })
}

/** The training problem of a saved model on rows, in its own coordinates. */
export function problemOf(model: SavedModel, { x, y, weights }: Rows): TrainingData {
  const { standardisation, loss, network } = model
  const coded = lossTargets(y, loss.name)
  const targets = model.target.kind === 'number' ? standardiseTarget(standardisation, coded) : coded
  return {
    x: standardise(standardisation, x),
    loss: createLoss(loss.name, {
      targets,
      outputs: network.offset.length,
      offset: network.offset,
      ...(weights !== null && { weights }),
      ...(loss.delta !== undefined && { delta: loss.delta }),
    }),
    beta: x.rows * model.lambda,
  }
}

/** The network without neurons: the constant. */
export function constantNetwork(model: SavedModel): Network {
  const { hidden, offset } = model.network
  return {
    kind: 'relu',
    hidden: dense(0, hidden.cols),
    output: dense(0, offset.length),
    gates: null,
    offset,
  }
}
