/**
 * Networks with any activation of degree one: f(x) = offset + Σ_j v_j φ(x·u_j), φ(t) = s₊t for t ≥ 0 and s₋t for t < 0.
 *
 * Training with weight decay equals the convex program over the cells of X,
 *   min L(Σ_k F_k (v_k − w_k)) + beta·Σ (‖v_k‖ + ‖w_k‖),   F_k = diag(s₊D_k + s₋(I − D_k)) X,   v_k, w_k ∈ K_k,
 * by the theorem for ReLU, whose proof uses of φ only that φ(ct) = cφ(t). The pattern of no active row counts here, since F is not 0 there: patterns
 * are over [X; −X]. One output. Conditions and what sampling loses: as for ReLU.
 * Source: M. Pilanci, T. Ergen, "Neural Networks are Convex Regularizers", ICML 2020, for ReLU.
 * @module
 */
import {
  certifyHomogeneous,
  type HomogeneousProgram,
  homogeneousOracles,
  type OracleChoice,
  reluRows,
} from '../../certificates/index.ts'
import type { Loss } from '../../losses/loss.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { Masks } from '../../matrix/masks.ts'
import { type Activation, activationName } from '../activation.ts'
import { trainCells, trainSampled } from '../landscape/trainCells.ts'
import type { Model, Network, TrainingData } from '../model.ts'
import { predictNetwork } from './network.ts'

/** The model of an activation. */
export function homogeneous(activation: Activation): Model {
  return {
    name: 'homogeneous',
    reference: 'Pilanci and Ergen, Neural Networks are Convex Regularizers, ICML 2020, for activations of degree one',
    activation,
    predict: predictNetwork,
    async train(data, patterns, options) {
      const whole = patterns.complete || activation.positive === activation.negative
      const found = await (whole ? trainCells : trainSampled)(programOf(activation, data), patterns.masks, options)
      return {
        network: {
          kind: 'relu',
          activation,
          hidden: found.network.hidden,
          output: found.network.output,
          gates: null,
          offset: data.loss.offset.slice(),
        },
        dualPoint: found.dualPoint,
        status: found.status,
        iterations: found.rounds,
        solver: 'column-generation',
        reason: 'column generation over cells: the method for activations other than ReLU',
      }
    },
    certify: (network, data, patterns, candidates = []) =>
      certifyActivated(network, data, { patterns: patterns.complete ? null : patterns.masks, candidates }),
  }
}

/** The certificate of a network with an activation; over given patterns ([X; −X]) or, without, over networks of every width. */
export function certifyActivated(
  network: Network,
  data: TrainingData,
  options: {
    readonly patterns: Masks | null
    readonly candidates?: readonly Float64Array[]
    readonly oracle?: OracleChoice
  },
): ReturnType<Model['certify']> {
  const activation = network.activation ?? { positive: 1, negative: 0 }
  const { hidden, output } = network
  const linear = activation.positive === activation.negative
  const program = programOf(activation, data)
  return certifyHomogeneous({ hidden, output, constant: new Float64Array(1), linear: null }, program, {
    ...(options.oracle && { oracles: homogeneousOracles(program, { choice: options.oracle }) }),
    subject: activationName(activation),
    ...(options.candidates && { candidates: options.candidates }),
    ...(options.patterns !== null && !linear && { patterns: options.patterns }),
  })
}

/** The rows that patterns of a model are over: X, or [X; −X]. */
export function patternRows({ activation }: Pick<Model, 'activation'>, x: Dense): Dense {
  return activation === undefined ? x : reluRows({ x, slopes: activation, freeBias: false }).rows
}

/** The smallest lambda at which the zero network is optimal, over these patterns. */
export function lambdaMaxOver(
  slopes: Activation,
  { x, loss, patterns }: { readonly x: Dense; readonly loss: Loss; readonly patterns: Masks },
): number {
  const slope = loss.gradient(new Float64Array(loss.samples))
  const program = { x, slopes, freeBias: false, loss }
  const [oracle] = homogeneousOracles(program, slopes.positive === slopes.negative ? {} : { patterns })
  return oracle.norm(slope, 0).value / loss.samples
}

function programOf(slopes: Activation, { x, loss, beta }: TrainingData): HomogeneousProgram {
  return { x, slopes, loss, beta, freeBias: false, constant: 'none', linear: null }
}
