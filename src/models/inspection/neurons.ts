/**
 * The neurons of a trained network, one by one: what each looks at, where it is awake, and what it is worth.
 *
 *   f(x) = offset + Σ_j v_j φ_j(x);   part of neuron j on a row: v_j φ_j(x)
 *
 * Weights are given twice: on standardised columns, where they can be compared with each other, and on raw ones. The worth
 * of a neuron is how much the loss rises when its part is replaced by its mean over the rows, so that it keeps its place in
 * the constant and loses its say.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import { type Dense, rowOf } from '../../matrix/dense.ts'
import { norm } from '../../matrix/vector.ts'
import type { Network } from '../model.ts'
import { neuronFit, predictNetwork } from '../networks/network.ts'
import { restoreTarget, type Standardisation, standardise, toRaw } from '../standardisation.ts'

/** One neuron. Vectors are copies. */
export interface NeuronSummary {
  /** Its place in the network, from 0. */
  readonly neuron: number
  /** The output with its largest weight (0 where there is one output), and the sign of that weight. */
  readonly output: number
  readonly sign: -1 | 0 | 1
  /** ‖u_j‖·‖v_j‖ on standardised data, bias included: what weight decay pays for it when both are in balance. */
  readonly norm: number
  /** u_j ∈ R^d on standardised columns. */
  readonly standardised: Float64Array
  /** u_j ∈ R^d on raw columns. */
  readonly raw: Float64Array
  /** The bias of u_j on standardised and on raw columns; 0 without hidden biases. */
  readonly bias: { readonly standardised: number; readonly raw: number }
  /** v_j ∈ R^c in the unit of the target. */
  readonly outputs: Float64Array
  /** Share of the rows (by weight) on which it is awake: x·u_j > 0, or x·g_j > 0 for gated ones. Null without rows. */
  readonly active: number | null
  /** Rise of the loss when its part is replaced by its mean. Null without rows or loss. */
  readonly importance: number | null
}

/** The rows to look at the neurons on. */
export interface NeuronRowsOptions {
  /** X ∈ R^{n × d}, raw units. */
  readonly x?: Dense
  /** Sample weights ≥ 0 in R^n. */
  readonly weights?: Float64Array | null
  /** The loss of fitted values in R^{n·c}, in the unit of the target. */
  readonly loss?: (values: Float64Array) => number
}

/**
 * Describes every neuron, in the order of the network. Cost O(n·m·(d + c)) and m losses.
 *
 * @throws ShapeError when rows have other columns than in training, or weights are of another length.
 */
export function describeNeurons(
  { network, standardisation }: { readonly network: Network; readonly standardisation: Standardisation },
  options: NeuronRowsOptions = {},
): NeuronSummary[] {
  const { x, weights = null, loss } = options
  const d = standardisation.mean.length
  const raw = toRaw(standardisation, network)
  const on = x === undefined ? null : rowsFor(network, standardisation, { x, weights, ...(loss && { loss }) })
  return Array.from({ length: network.hidden.rows }, (_, j) => {
    const [u, v, rawU] = [rowOf(network.hidden, j), rowOf(network.output, j), rowOf(raw.hidden, j)]
    const output = v.reduce((best, value, k) => (Math.abs(value) > Math.abs(v[best]) ? k : best), 0)
    const bias = (row: Float64Array) => (standardisation.intercept ? row[d] : 0)
    return {
      neuron: j,
      output,
      sign: Math.sign(v[output]) as -1 | 0 | 1,
      norm: norm(u) * norm(v),
      standardised: u.slice(0, d),
      raw: rawU.slice(0, d),
      bias: { standardised: bias(u), raw: bias(rawU) },
      outputs: rowOf(raw.output, j).slice(),
      active: on === null ? null : on.active(j),
      importance: on === null || loss === undefined ? null : on.importance(j),
    }
  })
}

function rowsFor(
  network: Network,
  s: Standardisation,
  { x, weights, loss }: { x: Dense; weights: Float64Array | null; loss?: (values: Float64Array) => number },
): { active(j: number): number; importance(j: number): number } {
  if (weights !== null && weights.length !== x.rows)
    throw new ShapeError(
      `describeNeurons: there must be one weight a row of x; got ${weights.length} for ${x.rows} rows.`,
    )
  const rows = standardise(s, x)
  const c = network.offset.length
  const w = weights ?? new Float64Array(x.rows).fill(1)
  const total = w.reduce((a, b) => a + b, 0)
  const values = predictNetwork(network, rows)
  const before = loss === undefined ? Number.NaN : loss(restoreTarget(s, values.slice()))
  const phi = new Float64Array(x.rows)
  // A neuron that is awake with the value 0 counts as asleep, as its gate is strict.
  const gates = network.gates
  const { activation: _, ...plain } = network
  const awake: Network = gates === null ? plain : { ...plain, kind: 'relu', hidden: gates, gates: null }
  return {
    active(j) {
      neuronFit(awake, j, rows, phi)
      let sum = 0
      for (let i = 0; i < x.rows; i++) if (phi[i] > 0) sum += w[i]
      return sum / total
    },
    importance(j) {
      neuronFit(network, j, rows, phi)
      let mean = 0
      for (let i = 0; i < x.rows; i++) mean += (w[i] / total) * phi[i]
      const v = rowOf(network.output, j)
      const without = values.slice()
      for (let i = 0; i < x.rows; i++) for (let k = 0; k < c; k++) without[i * c + k] += v[k] * (mean - phi[i])
      return (loss as (values: Float64Array) => number)(restoreTarget(s, without)) - before
    },
  }
}
