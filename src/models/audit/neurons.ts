/**
 * What can be said of single neurons: dead, duplicate, out of balance.
 *
 * Scaling w by s and a by 1/s leaves the function and changes the penalty ½(s²‖w‖² + a²/s²), which is least, ‖w‖|a|, where both parts
 * are equal. So ½(‖w‖ − |a|)² is given away by a neuron whose weights are out of balance.
 * @module
 */
import type { HomogeneousProgram } from '../../certificates/index.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { fedBy, hiddenLength, type Measured, preActivation } from './program.ts'

/** One neuron over the data. */
export interface NeuronFacts {
  readonly output: number
  /** Sign of its output weight; 0 when that is 0. */
  readonly sign: -1 | 0 | 1
  /** Rows with a positive pre-activation. */
  readonly active: number
  /** ‖w_j‖ − |a_j|. */
  readonly imbalance: number
  /** It adds 0 to every row: its weights only cost. */
  readonly dead: boolean
}

/** The facts of every neuron, groups of duplicates, and what balancing alone would save (mean form). */
export interface NeuronReport {
  readonly neurons: readonly NeuronFacts[]
  /** Neurons of one sign and output with the same direction: each group could be one neuron. */
  readonly duplicates: readonly (readonly number[])[]
  readonly largestImbalance: number
  /** lambda·Σ ½(‖w_j‖ − |a_j|)². */
  readonly savedByBalance: number
}

/**
 * Looks at every neuron. Cost n·m·p and m²·p.
 *
 * @param alike directions count as one when their cosine is above 1 − alike.
 */
export function neuronReport(
  { network, freeBias, loss }: Measured,
  program: HomogeneousProgram,
  alike: number,
): NeuronReport {
  const { x, slopes, beta } = program
  const p = x.cols
  const c = loss.outputs
  const neurons = Array.from({ length: network.hidden.rows }, (_, j): NeuronFacts => {
    const output = fedBy(network, j)
    const a = network.output.data[j * c + output]
    const t = preActivation(network, j, x)
    const works = t.some(v => (v >= 0 ? slopes.positive : slopes.negative) * v !== 0)
    return {
      output,
      sign: a > 0 ? 1 : a < 0 ? -1 : 0,
      active: t.reduce((count, v) => count + (v > 0 ? 1 : 0), 0),
      imbalance: hiddenLength(network, j, freeBias) - Math.abs(a),
      dead: a === 0 || !works,
    }
  })
  const vector = (j: number) => network.hidden.data.subarray(j * p, (j + 1) * p)
  const lengths = neurons.map((_, j) => norm(vector(j)))
  const duplicates: number[][] = []
  const taken = new Set<number>()
  for (let j = 0; j < neurons.length; j++) {
    if (taken.has(j) || neurons[j].dead) continue
    const group = [j]
    for (let k = j + 1; k < neurons.length; k++) {
      const same =
        !taken.has(k) &&
        !neurons[k].dead &&
        neurons[k].sign === neurons[j].sign &&
        neurons[k].output === neurons[j].output
      if (same && dot(vector(j), vector(k)) > (1 - alike) * lengths[j] * lengths[k]) {
        group.push(k)
        taken.add(k)
      }
    }
    if (group.length > 1) duplicates.push(group)
  }
  return {
    neurons,
    duplicates,
    largestImbalance: neurons.reduce((most, { imbalance }) => Math.max(most, Math.abs(imbalance)), 0),
    savedByBalance: ((beta / x.rows) * neurons.reduce((sum, { imbalance }) => sum + imbalance ** 2, 0)) / 2,
  }
}
