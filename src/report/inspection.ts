/**
 * A saved model, looked into: its neurons, the weight and the importance of each feature, partial dependence.
 *
 * With the weights alone there are neurons and weights; with rows also what they do there. Where there are many rows, the
 * costly parts take a sample of them, drawn with the seed.
 * @module
 */
import { encodedNames } from '../data/encoding.ts'
import { columnGroups, featureGrid, type GridPoint } from '../data/featureGrid.ts'
import { predictionsOf } from '../data/predictions.ts'
import { shorten } from '../display/words.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import { evaluate, problemOf, type Rows, valuesOf } from '../formats/onRows.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { takeRows } from '../models/inputs.ts'
import { describeNeurons, type NeuronSummary } from '../models/inspection/neurons.ts'
import { partialDependence } from '../models/inspection/partialDependence.ts'
import { type Change, permutationImportance } from '../models/inspection/permutationImportance.ts'
import { weightsByFeature } from '../models/inspection/weightsByFeature.ts'
import { standardiseTarget } from '../models/standardisation.ts'
import { fold, key, sampleIndices } from '../random/index.ts'

/** One feature of the table. */
export interface FeatureSummary {
  readonly name: string
  /** Weight on it, and its part of all weight (0 for a network without neurons). */
  readonly weight: number
  readonly share: number
  /** Change of the mean loss (`loss`) and of each metric when it is shuffled; null without rows. */
  readonly importance: Readonly<Record<string, Change>> | null
}

/** Mean predictions along one feature. */
export interface Dependence {
  readonly feature: string
  /** What is predicted: the target, or the probability of a class. */
  readonly outputs: readonly string[]
  /** What the predictions are, in a few words. */
  readonly label: string
  readonly grid: readonly GridPoint[]
  /** Grid × outputs. */
  readonly values: Dense
}

/** What is inside a model. */
export interface Inspection {
  /** Names of the columns of X. */
  readonly columns: readonly string[]
  readonly neurons: readonly NeuronSummary[]
  readonly features: readonly FeatureSummary[]
  /** In the order of the features; null without rows. */
  readonly dependence: readonly Dependence[] | null
  /** Rows given, and rows that importance and dependence were computed on; null without rows. */
  readonly rows: { readonly given: number; readonly used: number } | null
  readonly repeats: number
  readonly seed: number
}

/** How much work goes into it. */
export interface InspectionOptions {
  /** Shuffles of each feature; default 10. */
  readonly repeats?: number
  /** Default 0. */
  readonly seed?: number
  /** Points of a grid; default 20. */
  readonly points?: number
  /** Rows for importance and dependence, at most; default 2000. */
  readonly mostRows?: number
}

/** Looks into a model, on `rows` where there are some. Cost: (features·(repeats + points)) predictions of the rows used. */
export function inspectModel(model: SavedModel, rows: Rows | null, options: InspectionOptions = {}): Inspection {
  const { repeats = 10, seed = 0, points = 20, mostRows = 2000 } = options
  const groups = columnGroups(model.encoding)
  const weights = weightsByFeature(model.network, groups)
  const all = weights.reduce((a, b) => a + b, 0)
  const sample = rows === null ? null : sampled(rows, mostRows, seed)
  const importance =
    sample === null
      ? null
      : permutationImportance(sample.x, { groups, repeats, seed, measure: measureOf(model, sample) })
  return {
    columns: encodedNames(model.encoding),
    neurons: describeNeurons(
      model,
      rows === null ? {} : { x: rows.x, weights: rows.weights, loss: meanLoss(model, rows) },
    ),
    features: groups.map(({ name }, k) => ({
      name,
      weight: weights[k],
      share: all > 0 ? weights[k] / all : 0,
      importance: importance === null ? null : importance[k],
    })),
    dependence: sample === null ? null : groups.map((_, k) => dependenceOn(model, sample, { feature: k, points })),
    rows: rows === null || sample === null ? null : { given: rows.x.rows, used: sample.x.rows },
    repeats,
    seed,
  }
}

/** The neurons that matter most first: by importance where rows are at hand, else by norm. */
export function byImportance(neurons: readonly NeuronSummary[]): NeuronSummary[] {
  const worth = (neuron: NeuronSummary) => neuron.importance ?? neuron.norm
  return [...neurons].sort((a, b) => worth(b) - worth(a) || b.norm - a.norm || a.neuron - b.neuron)
}

/** Features in the order of their importance, or of their weight where no rows were given. */
export function featureOrder({ features }: Inspection): number[] {
  const worth = ({ importance, weight }: FeatureSummary) => importance?.loss.mean ?? weight
  return [...features.keys()].sort((a, b) => worth(features[b]) - worth(features[a]) || a - b)
}

/** (1/n) Σ w ℓ of fitted values in the unit of the target: the public objective without its penalty. */
export function meanLoss(model: SavedModel, rows: Rows): (values: Float64Array) => number {
  const { loss } = problemOf(model, rows)
  const { offset } = model.network
  return values => {
    const fit = standardiseTarget(model.standardisation, values).map((value, at) => value - offset[at % offset.length])
    return loss.value(fit) / rows.x.rows
  }
}

function measureOf(model: SavedModel, rows: Rows): (x: Dense) => Record<string, number> {
  const loss = meanLoss(model, rows)
  return x => {
    const values = valuesOf(model, x)
    return { loss: loss(values), ...evaluate(model, rows, values) }
  }
}

function dependenceOn(
  model: SavedModel,
  rows: Rows,
  { feature, points }: { readonly feature: number; readonly points: number },
): Dependence {
  const group = columnGroups(model.encoding)[feature]
  const grid = featureGrid(model.encoding[feature], { x: rows.x, group, points })
  const { outputs, label, predict } = predictionOf(model)
  const { columns } = group
  const values = partialDependence(rows.x, {
    columns,
    grid: grid.map(point => point.values),
    predict,
    weights: rows.weights,
  })
  return { feature: group.name, outputs, label, grid, values }
}

/** What partial dependence averages: numbers; the probability of the second of two classes, or of every one of more. */
function predictionOf(model: SavedModel): Pick<Dependence, 'outputs' | 'label'> & { predict: (x: Dense) => Dense } {
  const { target, loss } = model
  const c = model.network.offset.length
  const plain = (x: Dense) => dense(x.rows, c, valuesOf(model, x))
  if (target.kind === 'number') return { outputs: [target.name], label: 'mean prediction', predict: plain }
  if (loss.name === 'squared-hinge') return { outputs: [target.labels[1]], label: 'mean score', predict: plain }
  const probabilities = (x: Dense) =>
    predictionsOf(valuesOf(model, x), { target, loss: loss.name }).probabilities as Dense
  if (target.labels.length > 2) return { outputs: target.labels, label: 'mean probability', predict: probabilities }
  return {
    outputs: [target.labels[1]],
    label: `mean probability of ${shorten(target.labels[1], 24)}`,
    predict: x =>
      dense(
        x.rows,
        1,
        probabilities(x).data.filter((_, at) => at % 2 === 1),
      ),
  }
}

function sampled(rows: Rows, most: number, seed: number): Rows {
  if (rows.x.rows <= most) return rows
  const index = Array.from(sampleIndices(fold(key(seed), 'inspection-rows'), most, { of: rows.x.rows })).sort(
    (a, b) => a - b,
  )
  return {
    x: takeRows(rows.x, index),
    y: Float64Array.from(index, i => rows.y[i]),
    weights: rows.weights === null ? null : Float64Array.from(index, i => (rows.weights as Float64Array)[i]),
  }
}
