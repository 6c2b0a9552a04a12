/**
 * Two-layer networks as functions: f(x) = offset + Σ_j v_j φ_j(x), and what training pays for them.
 *
 * φ_j(x) = (x·u_j)₊ for 'relu' (or another activation of degree one) and 1[x·g_j > 0]·(x·u_j) for 'gated'. Products are summed in the order of the features, as for
 * the patterns, so that a training sample meets the gates it was trained with.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { ACTIVATIONS, activationName } from '../activation.ts'
import type { Network, TrainingData } from '../model.ts'
import { product } from './patterns/patternsOf.ts'

/**
 * What neuron j computes on the rows of X, φ_j(X) ∈ R^n, without its output weights.
 */
export function neuronFit(
  network: Network,
  j: number,
  x: Dense,
  out: Float64Array = new Float64Array(x.rows),
): Float64Array {
  const u = rowOf(network.hidden, j)
  const g = network.gates === null ? null : rowOf(network.gates, j)
  const { positive, negative } = network.activation ?? ACTIVATIONS.relu
  for (let i = 0, at = 0; i < x.rows; i++, at += x.cols) {
    const z = product(x.data, at, u)
    if (g === null) out[i] = (z > 0 ? positive : negative) * z + 0
    else out[i] = product(x.data, at, g) > 0 ? z : 0
  }
  return out
}

/**
 * Σ_j φ_j(X) v_jᵀ ∈ R^{n·c}, sample-major: the fit without the offset, which the loss adds by itself. Cost 2·n·m·(d + c).
 *
 * @throws ShapeError when X has another number of columns than the network.
 */
export function fitOf(network: Network, x: Dense): Float64Array {
  const c = network.offset.length
  if (x.cols !== network.hidden.cols)
    throw new ShapeError(
      `network: rows must have ${network.hidden.cols} coordinates (the ones column included, if there is one); got ${x.cols}.`,
    )
  const out = new Float64Array(x.rows * c)
  const phi = new Float64Array(x.rows)
  for (let j = 0; j < network.hidden.rows; j++) {
    neuronFit(network, j, x, phi)
    for (let k = 0; k < c; k++) {
      const v = network.output.data[j * c + k]
      if (v !== 0) for (let i = 0; i < x.rows; i++) out[i * c + k] += v * phi[i]
    }
  }
  return out
}

/** Fitted values f(X) ∈ R^{n·c}, offset included. */
export function predictNetwork(network: Network, x: Dense): Float64Array {
  const out = fitOf(network, x)
  const c = network.offset.length
  for (let at = 0; at < out.length; at++) out[at] += network.offset[at % c]
  return out
}

/** What kind of network it is, as a noun phrase without the noun: 'ReLU', 'gated ReLU', 'absolute-value'. */
export function networkKind({ kind, activation }: Pick<Network, 'kind' | 'activation'>): string {
  if (kind === 'gated') return 'gated ReLU'
  return activationName(activation ?? ACTIVATIONS.relu).replace(' network', '')
}

/**
 * The same function by ReLU neurons alone: φ(t) = s₊(t)₊ − s₋(−t)₊, two for one. For formats that know no other; its weight decay is another.
 */
export function asReluNetwork(network: Network): Network {
  const { activation, ...rest } = network
  if (activation === undefined) return network
  const { hidden, output } = network
  const [m, d, c] = [hidden.rows, hidden.cols, output.cols]
  const [u, v] = [dense(2 * m, d), dense(2 * m, c)]
  // Neighbours, so that sums run in the same order.
  hidden.data.forEach((w, at) => {
    const j = Math.floor(at / d)
    u.data[at + j * d] = w
    u.data[at + (j + 1) * d] = 0 - w
  })
  output.data.forEach((w, at) => {
    const j = Math.floor(at / c)
    v.data[at + j * c] = activation.positive * w
    v.data[at + (j + 1) * c] = 0 - activation.negative * w
  })
  return { ...rest, hidden: u, output: v }
}

/** ½ Σ_j (‖u_j‖² + ‖v_j‖²). */
export function weightDecay({ hidden, output }: Network): number {
  let sum = 0
  for (const value of hidden.data) sum += value * value
  for (const value of output.data) sum += value * value
  return sum / 2
}

/** L(f(X)) + beta·½ Σ (‖u_j‖² + ‖v_j‖²), in sum form. */
export function networkObjective(network: Network, { x, loss, beta }: TrainingData): number {
  return loss.value(fitOf(network, x)) + beta * weightDecay(network)
}

/** A network over the neurons of `index` only. */
export function selectNeurons(network: Network, index: readonly number[]): Network {
  const pick = (a: Dense) => {
    const out = dense(index.length, a.cols)
    index.forEach((j, at) => {
      out.data.set(rowOf(a, j), at * a.cols)
    })
    return out
  }
  return {
    ...network,
    hidden: pick(network.hidden),
    output: pick(network.output),
    gates: network.gates === null ? null : pick(network.gates),
  }
}
