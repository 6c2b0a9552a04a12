/**
 * The path of a saved model: networks over its own patterns at lambdas from lambdaMax down to its lambda, for the report.
 *
 * The patterns stay those of the model, so that its last point is the model's own program and only lambda changes along it. Each point is solved
 * from its neighbour, to a gap that no drawing could show.
 * @module
 */
import { columnGroups } from '../data/featureGrid.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import { problemOf, type Rows, valuesOf } from '../formats/onRows.ts'
import { createCompute } from '../matrix/createCompute.ts'
import { weightsByFeature } from '../models/inspection/weightsByFeature.ts'
import { lambdaPath } from '../models/lambda.ts'
import { gatedRelu } from '../models/networks/gatedRelu.ts'
import { patternsOf } from '../models/networks/patterns/patternsOf.ts'
import { relu } from '../models/networks/relu.ts'
import { type Trained, trainAt } from '../models/train.ts'
import { meanLoss } from './inspection.ts'

/** One network of the path. */
export interface LambdaPoint {
  readonly lambda: number
  readonly objective: number
  /** No network over the patterns has a lower objective. */
  readonly bound: number
  /** Mean loss without penalty on the rows of training, and on rows kept out; null without such rows. */
  readonly trainingLoss: number
  readonly heldOutLoss: number | null
  readonly neurons: number
  /** Weight on each feature, as `weightsByFeature`. */
  readonly weights: Float64Array
}

/** The path of a model. */
export interface LambdaPath {
  /** Largest lambda first; the last is the model's, unless it was stopped. */
  readonly points: readonly LambdaPoint[]
  /** false when time or a signal ended it before the model's lambda. */
  readonly complete: boolean
}

/** How much work goes into a path. */
export interface LambdaPathOptions {
  /** Rows kept out of training, to judge by. */
  readonly test?: Rows | null
  /** Default 12. */
  readonly points?: number
  /** Seconds; default 30. */
  readonly maxTime?: number
  readonly signal?: AbortSignal
}

const TOLERANCE = 1e-3

/**
 * Trains along the path. Cost: `points` trainings at larger lambdas than the model's, each faster than its own was.
 *
 * @param rows the rows that the model was trained on.
 * @returns null when its patterns were not saved, or its lambda is lambdaMax or more: there is no way down to it.
 */
export async function lambdaPathOf(
  model: SavedModel,
  rows: Rows,
  options: LambdaPathOptions = {},
): Promise<LambdaPath | null> {
  const { test = null, points: count = 12, maxTime = 30, signal } = options
  const { patterns: saved, lambda, lambdaMax } = model
  if (saved === null || !(lambda < lambdaMax)) return null
  const { x, loss } = problemOf(model, rows)
  const compute = createCompute({})
  try {
    const prepared = {
      model: model.network.kind === 'gated' ? gatedRelu : relu,
      x,
      loss,
      patterns: patternsOf(x, saved.gates),
      compute,
      seed: model.training.seed,
    }
    const groups = columnGroups(model.encoding)
    const lossOn = meanLoss(model, rows)
    const lossOut = test === null ? null : meanLoss(model, test)
    const clock = performance.now()
    const points: LambdaPoint[] = []
    let start: Trained | undefined
    for (const at of lambdaPath(lambdaMax, count, lambda / lambdaMax)) {
      const how = {
        tolerance: TOLERANCE,
        rounds: 0,
        maxTime,
        clock,
        ...(signal && { signal }),
        ...(start && { start }),
      }
      const trained = await trainAt(prepared, at, how)
      if (trained.status === 'aborted' || trained.status === 'max-time') return { points, complete: false }
      start = trained
      const { network, certificate } = trained
      points.push({
        lambda: at,
        objective: certificate.primal,
        bound: certificate.dual,
        trainingLoss: lossOn(valuesOf(model, rows.x, network)),
        heldOutLoss: lossOut === null || test === null ? null : lossOut(valuesOf(model, test.x, network)),
        neurons: network.hidden.rows,
        weights: weightsByFeature(network, groups),
      })
    }
    return { points, complete: true }
  } finally {
    compute.close()
  }
}
