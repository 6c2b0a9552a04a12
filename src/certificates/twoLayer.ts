/**
 * What a certificate of a two-layer network starts from: the weights, the data, the patterns. Nothing a solver says.
 *
 * The shapes are those of `models/`, restated because this layer does not know models.
 * @module
 */
import { DomainError, ShapeError, UnsupportedError } from '../errors.ts'
import type { Loss } from '../losses/loss.ts'
import type { Dense } from '../matrix/dense.ts'
import type { Masks } from '../matrix/masks.ts'

/** f(x) = offset + Σ_j v_j φ_j(x), φ_j = (x·u_j)₊ for 'relu', 1[x·g_j > 0]·(x·u_j) for 'gated'. */
export interface TwoLayerNetwork {
  readonly kind: 'relu' | 'gated'
  /** u: m × d. */
  readonly hidden: Dense
  /** v: m × c; each row has at most one entry that is not 0. */
  readonly output: Dense
  /** g: m × d, for 'gated' only. */
  readonly gates: Dense | null
  /** In R^c, equal to the offset of the loss. */
  readonly offset: Float64Array
}

/** X, loss and weight decay of the training problem, in sum form. */
export interface TwoLayerData {
  /** n × d, ones column appended where there is a hidden bias. */
  readonly x: Dense
  readonly loss: Loss
  /** β = n·lambda. */
  readonly beta: number
}

/** The patterns a bound runs over, and whether they are all there are. */
export interface GivenPatterns {
  readonly masks: Masks
  /** true when no pattern of the arrangement is missing. */
  readonly complete: boolean
}

/**
 * Checks that the parts belong together and that the network is of the class the bound speaks of.
 *
 * @throws ShapeError, DomainError for parts that do not fit or are not finite.
 * @throws UnsupportedError when a neuron feeds several outputs (its weight decay is below what the program charges), or
 *   when the network has another offset than the loss (which the program keeps fixed).
 */
export function checkTwoLayer(
  who: string,
  network: TwoLayerNetwork,
  { x, loss, beta }: TwoLayerData,
  { masks }: GivenPatterns,
): void {
  const { hidden, output, gates, offset } = network
  const [m, c] = [hidden.rows, loss.outputs]
  if (x.rows !== loss.samples || masks.samples !== x.rows)
    throw new ShapeError(
      `${who}: X, the loss and the patterns must have the same samples; got ${x.rows}, ${loss.samples} and ${masks.samples}.`,
    )
  if (hidden.cols !== x.cols || output.rows !== m || output.cols !== c || offset.length !== c)
    throw new ShapeError(
      `${who}: weights must be m × ${x.cols} and m × ${c} with ${c} offsets; got ${m} × ${hidden.cols}, ${output.rows} × ${output.cols} and ${offset.length}.`,
    )
  if ((network.kind === 'gated') !== (gates !== null) || (gates && (gates.rows !== m || gates.cols !== x.cols)))
    throw new ShapeError(`${who}: a gated network has one gate of ${x.cols} numbers a neuron, a ReLU network none.`)
  if (!(beta > 0 && beta < Infinity))
    throw new DomainError(`${who}: beta must be a positive number; got ${beta}. Use lambda > 0.`, 'E_LAMBDA')
  for (const [what, values] of Object.entries({ X: x, 'hidden weights': hidden, 'output weights': output, gates })) {
    const at = values === null ? -1 : values.data.findIndex(v => !Number.isFinite(v))
    if (values !== null && at >= 0)
      throw new DomainError(
        `${who}: ${what} must be finite; got ${values.data[at]} in row ${Math.floor(at / values.cols)}, column ${at % values.cols}.`,
      )
  }
  for (let j = 0; j < m; j++)
    if (output.data.subarray(j * c, (j + 1) * c).reduce((count, v) => count + (v === 0 ? 0 : 1), 0) > 1)
      throw new UnsupportedError(
        `${who}: every hidden neuron must feed one output; neuron ${j} feeds several. Split it into one neuron an output.`,
      )
  const at = offset.findIndex((o, k) => o !== loss.offset[k])
  if (at >= 0)
    throw new UnsupportedError(
      `${who}: the network's offset must be the one of the loss, ${loss.offset[at]}; got ${offset[at]}. Bind that offset to the loss.`,
    )
}
