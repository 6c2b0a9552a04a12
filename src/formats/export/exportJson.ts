/**
 * A trained network as plain weights on raw columns, for programs that bring their own arithmetic.
 *
 *   f_k(x) = offset_k + Σ_j output_jk · max(bias_j + Σ_i hidden_ji x_i, 0)                                  kind "relu"
 *   f_k(x) = offset_k + Σ_j output_jk · 1[gateBias_j + Σ_i gates_ji x_i > 0]·(bias_j + Σ_i hidden_ji x_i)   kind "gated"
 *
 * with x_i the raw number of column i of `inputs`, as `columns` says how to make them of a table. `link` says what f is: the
 * value ("identity"), the log-odds of the second label ("logistic"), logits ("softmax"), or a sign ("sign": the second label
 * where f > 0).
 *
 * The standardisation is multiplied into the weights. That costs digits where the mean of a column is large against its spread
 * (about as many as mean/spread has), and a row within that rounding of a gate's hyperplane may fall on its other side. Where
 * that matters take `exportJs`, which keeps the coordinates of training.
 * @module
 */
import { encodedNames } from '../../data/encoding.ts'
import { type Dense, rowOf } from '../../matrix/dense.ts'
import { toRaw } from '../../models/standardisation.ts'
import type { SavedModel } from '../modelFile.ts'
import { liveNetwork } from './liveNetwork.ts'

const LINKS = {
  squared: 'identity',
  huber: 'identity',
  logistic: 'logistic',
  multinomial: 'softmax',
  'squared-hinge': 'sign',
  poisson: 'exp',
} as const

/** The text of the JSON file: one row of weights a line. Numbers come back to the bit. Size O(m·(d + c)). */
export function exportJson(model: SavedModel): string {
  const { target, loss, standardisation, encoding, madeBy } = model
  const network = liveNetwork(toRaw(standardisation, model.network))
  const inputs = encodedNames(encoding)
  const hidden = split(network.hidden, inputs.length)
  const gates = network.gates === null ? null : split(network.gates, inputs.length)
  const object = {
    format: 'nadir-weights',
    version: 1,
    madeBy,
    kind: network.kind,
    target: target.name,
    link: LINKS[loss.name],
    labels: target.kind === 'classes' ? target.labels : null,
    inputs,
    columns: encoding,
    hidden: hidden.weights,
    bias: hidden.bias,
    ...(gates !== null && { gates: gates.weights, gateBias: gates.bias }),
    output: rows(network.output, network.output.cols),
    offset: Array.from(network.offset),
  }
  const lines = Object.entries(object).map(([key, value]) => ` ${JSON.stringify(key)}: ${valueText(value)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

/** Weights of the inputs and the bias behind them, 0 for a network without hidden bias. */
function split(a: Dense, inputs: number): { weights: number[][]; bias: number[] } {
  return {
    weights: rows(a, inputs),
    bias: Array.from({ length: a.rows }, (_, j) => (a.cols > inputs ? rowOf(a, j)[inputs] : 0)),
  }
}

function rows(a: Dense, width: number): number[][] {
  return Array.from({ length: a.rows }, (_, j) => Array.from(rowOf(a, j).subarray(0, width)))
}

/** Lists of lists and of objects with an element a line. */
function valueText(value: unknown): string {
  if (!Array.isArray(value) || typeof value[0] !== 'object') return JSON.stringify(value)
  return `[\n${value.map(element => `  ${JSON.stringify(element)}`).join(',\n')}\n ]`
}
