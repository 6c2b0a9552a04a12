/**
 * A trained network on raw inputs: standardises, computes, and gives back values, labels or probabilities.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import type { LossName } from '../losses/index.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { type Inputs, matrixOf } from './inputs.ts'
import type { Network } from './model.ts'
import { predictNetwork } from './networks/network.ts'
import { restoreTarget, type Standardisation, standardise, toRaw } from './standardisation.ts'
import { classIndices, isMatrix, type Label, type Targets } from './targets.ts'

/** What prediction needs: plain data, to be saved and read back by `predictorOf`. */
export interface PredictorState {
  /** On standardised inputs, ones column included when there is a hidden bias. */
  readonly network: Network
  readonly standardisation: Standardisation
  readonly loss: LossName
  /** Names of the classes; null for regression. */
  readonly classes: readonly Label[] | null
}

/** A trained network that takes raw inputs. */
export interface Predictor extends PredictorState {
  /** Network values in the unit of the target, R^{n·c} sample-major; for classes the log-odds or logits. */
  values(x: Inputs): Float64Array
  /** Numbers (n·c of them), or the likeliest class of each row. */
  predict(x: Inputs): Label[]
  /**
   * Probabilities n × C, classes in the order of `classes`.
   *
   * @throws UnsupportedError for regression and for losses without probabilities.
   */
  predictProbability(x: Inputs): Dense
  /** R² of numbers (mean over outputs), or the share of right classes; weighted when weights are given. */
  score(x: Inputs, y: Targets, options?: { readonly weights?: ArrayLike<number> }): number
  /** The same network on raw inputs (a ones column last when there is a hidden bias), for export. Equal up to rounding. */
  raw(): Network
}

/** A predictor from its state. */
export function predictorOf(state: PredictorState): Predictor {
  const { network, standardisation, loss, classes } = state
  const values = (x: Inputs): Float64Array =>
    restoreTarget(standardisation, predictNetwork(network, standardise(standardisation, matrixOf(x, 'predict'))))
  const winners = (f: Float64Array): Int32Array => {
    const c = network.offset.length
    return Int32Array.from({ length: f.length / c }, (_, i) => {
      if (c === 1) return f[i] > 0 ? 1 : 0
      let best = 0
      for (let k = 1; k < c; k++) if (f[i * c + k] > f[i * c + best]) best = k
      return best
    })
  }
  return {
    network,
    standardisation,
    loss,
    classes,
    values,
    predict(x) {
      const f = values(x)
      return classes === null ? Array.from(f) : Array.from(winners(f), k => classes[k])
    },
    predictProbability(x) {
      if (classes === null || !(loss === 'logistic' || loss === 'multinomial'))
        throw new UnsupportedError(
          `predictProbability: probabilities exist for logistic and multinomial loss; this model has ${loss} loss. Use values().`,
        )
      return loss === 'logistic' ? logistic(values(x)) : softmax(values(x), classes.length)
    },
    score(x, y, options = {}) {
      const f = values(x)
      const w = options.weights
      if (classes === null)
        return rSquared(isMatrix(y) ? y.data : Float64Array.from(y as ArrayLike<number>), f, network.offset.length, w)
      const truth = classIndices(y, classes)
      let [right, total] = [0, 0]
      winners(f).forEach((k, i) => {
        const weight = w === undefined ? 1 : w[i]
        total += weight
        if (k === truth[i]) right += weight
      })
      return right / total
    },
    raw: () => toRaw(standardisation, network),
  }
}

/** (1 − p, p) with p = 1/(1 + e^{−f}) of log-odds. */
function logistic(f: Float64Array): Dense {
  const out = dense(f.length, 2)
  f.forEach((z, i) => {
    // Each from its own side, so that neither loses its digits.
    out.data[2 * i] = 1 / (1 + Math.exp(z))
    out.data[2 * i + 1] = 1 / (1 + Math.exp(-z))
  })
  return out
}

function softmax(f: Float64Array, c: number): Dense {
  const out = dense(f.length / c, c)
  for (let i = 0; i < out.rows; i++) {
    let top = -Infinity
    for (let k = 0; k < c; k++) top = Math.max(top, f[i * c + k])
    let sum = 0
    for (let k = 0; k < c; k++) sum += out.data[i * c + k] = Math.exp(f[i * c + k] - top)
    for (let k = 0; k < c; k++) out.data[i * c + k] /= sum
  }
  return out
}

function rSquared(y: Float64Array, f: Float64Array, c: number, w?: ArrayLike<number>): number {
  let sum = 0
  for (let k = 0; k < c; k++) {
    let [total, mean] = [0, 0]
    for (let i = 0; i < y.length / c; i++) {
      const weight = w === undefined ? 1 : w[i]
      if (weight === 0) continue
      total += weight
      mean += (weight / total) * (y[i * c + k] - mean)
    }
    let [left, spread] = [0, 0]
    for (let i = 0; i < y.length / c; i++) {
      const weight = w === undefined ? 1 : w[i]
      left += weight * (y[i * c + k] - f[i * c + k]) ** 2
      spread += weight * (y[i * c + k] - mean) ** 2
    }
    sum += 1 - left / spread
  }
  return sum / c
}
