/**
 * Model files with drawn weights: for everything that must hold for any network, trained or not.
 * @module
 */
import { type Dataset, encode, type Predictions, predictionsOf, type Table } from '../../src/data/index.ts'
import { predictorState, type SavedModel } from '../../src/formats/modelFile.ts'
import type { LossName } from '../../src/losses/index.ts'
import { type Dense, dense } from '../../src/matrix/index.ts'
import { type Activation, predictorOf } from '../../src/models/index.ts'
import { learnStandardisation, spreadOf } from '../../src/models/standardisation.ts'
import { fold, key, normals } from '../../src/random/index.ts'

/** A model of a data set. Every fifth neuron has no output weights; the others feed one output each, unless `shared`. */
export function drawnModel(
  data: Dataset,
  options: {
    readonly kind: 'relu' | 'gated'
    readonly activation?: Activation
    readonly loss: LossName
    readonly neurons?: number
    readonly intercept?: boolean
    readonly shared?: boolean
    /** Columns that are taken for constant, though they are not in rows to come. */
    readonly constant?: readonly number[]
    readonly seed?: number
  },
): SavedModel {
  const { kind, loss, neurons = 15, intercept = true, shared = false, constant = [], seed = 0 } = options
  const { target } = data
  const c = target.kind === 'classes' && loss === 'multinomial' ? target.labels.length : 1
  const width = data.x.cols + (intercept ? 1 : 0)
  const draw = (rows: number, cols: number, purpose: number): Dense =>
    dense(rows, cols, normals(fold(key(seed), purpose), rows * cols))
  const output = draw(neurons, c, 2)
  for (let j = 0; j < neurons; j++)
    for (let k = 0; k < c; k++) if (j % 5 === 4 || (!shared && k !== j % c)) output.data[j * c + k] = 0
  const found = spreadOf(data.y, null, true)
  return {
    madeBy: '0.1.0',
    network: {
      kind,
      ...(options.activation && { activation: options.activation }),
      hidden: draw(neurons, width, 1),
      output,
      gates: kind === 'gated' ? draw(neurons, width, 3) : null,
      offset: draw(1, c, 4).data,
    },
    standardisation: {
      ...learnStandardisation(data.x, { intercept, outputs: c }),
      constant,
      ...(target.kind === 'number' && {
        centre: Float64Array.of(found.mean),
        spread: Float64Array.of(found.spread),
      }),
    },
    encoding: data.encoding,
    target,
    loss: { name: loss },
    lambda: 0.1,
    lambdaMax: 1,
    patterns: null,
    certificate: {
      primal: 1,
      dual: -Infinity,
      gap: Infinity,
      relativeGap: Infinity,
      scope: 'stationary',
      oracle: 'none',
      statement: 'No claim: the weights are drawn.',
      witness: null,
    },
    training: {
      source: data.source,
      rows: data.x.rows,
      weights: null,
      status: 'aborted',
      iterations: 0,
      seconds: 0,
      seed,
      backend: 'js',
      gap: 1,
      solver: 'none',
    },
    metrics: {},
  }
}

/** What `nadir predict` computes for the rows of a table. */
export function predicted(model: SavedModel, table: Table): Predictions {
  const { x } = encode(model.encoding, table)
  const values = predictorOf(predictorState(model)).values(x)
  return predictionsOf(values, { target: model.target, loss: model.loss.name })
}
