/**
 * Standardising, as a part of the model: x' = (x − mean)/scale in every column, y' = (y − centre)/spread, and the exact way
 * back of a trained network to raw inputs.
 *
 * A neuron on standardised inputs with a ones column is one on raw inputs:
 *   Σ_j u_j (x_j − mean_j)/scale_j + u_d = Σ_j (u_j/scale_j) x_j + (u_d − Σ_j u_j mean_j/scale_j),
 * and a gate likewise. Without a hidden bias there is no place for the shift, so columns are then only scaled (by their root
 * mean square), not centred. The training objective is that of the standardised data.
 *
 * A column that is constant in training teaches nothing: it is 0 after standardising, whatever comes later.
 * @module
 */
import { ShapeError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import type { Network } from './model.ts'

/** Plain data: saved with the model. */
export interface Standardisation {
  /** In R^d. */
  readonly mean: Float64Array
  /** In R^d, > 0; 1 for constant columns. */
  readonly scale: Float64Array
  /** Columns that were the same in every (weighted) row. */
  readonly constant: readonly number[]
  /** Whether a ones column is appended: the hidden bias, and the place for the shifts. */
  readonly intercept: boolean
  /** In R^c: y = centre + spread·y'. Zeros and ones for classes. */
  readonly centre: Float64Array
  /** In R^c, > 0. */
  readonly spread: Float64Array
}

export interface ColumnOptions {
  /** Sample weights ≥ 0 in R^n; means and scales are weighted. */
  readonly weights?: Float64Array | null
  /** Default true. */
  readonly intercept?: boolean
  /** false: mean 0 and scale 1, the data as it is. Default true. */
  readonly standardise?: boolean
  /** c; default 1. */
  readonly outputs?: number
}

/** A column is constant when it strays from its mean by no more than its own rounding. */
const CONSTANT = 2 ** -48

/**
 * Means and scales of the columns of X ∈ R^{n × d}. Cost O(n·d), two passes, safe from overflow.
 */
export function learnStandardisation(x: Dense, options: ColumnOptions = {}): Standardisation {
  const { weights = null, intercept = true, standardise = true, outputs = 1 } = options
  const d = x.cols
  const mean = new Float64Array(d)
  const scale = new Float64Array(d).fill(1)
  const constant: number[] = []
  for (let j = 0; j < d; j++) {
    const column = Float64Array.from({ length: x.rows }, (_, i) => x.data[i * d + j])
    const found = spreadOf(column, weights, intercept)
    if (found.constant && (intercept || found.spread === 0)) constant.push(j)
    if (!standardise) continue
    mean[j] = found.mean
    if (!constant.includes(j)) scale[j] = found.spread
  }
  return {
    mean,
    scale,
    constant: standardise ? constant : [],
    intercept,
    centre: new Float64Array(outputs),
    spread: new Float64Array(outputs).fill(1),
  }
}

/** Weighted mean and standard deviation of numbers (mean 0 and root mean square when not `centred`). */
export function spreadOf(
  values: Float64Array,
  weights: Float64Array | null,
  centred: boolean,
): { mean: number; spread: number; constant: boolean } {
  const weight = (i: number) => (weights === null ? 1 : weights[i])
  let [total, mean, first, constant] = [0, 0, Number.NaN, true]
  let magnitude = 0
  for (let i = 0; i < values.length; i++) {
    const w = weight(i)
    if (w === 0) continue
    total += w
    mean += (w / total) * (values[i] - mean)
    magnitude = Math.max(magnitude, Math.abs(values[i]))
    if (Number.isNaN(first)) first = values[i]
  }
  const from = centred ? mean : 0
  let largest = 0
  for (let i = 0; i < values.length; i++) {
    if (weight(i) === 0) continue
    largest = Math.max(largest, Math.abs(values[i] - from))
    if (Math.abs(values[i] - first) > CONSTANT * magnitude) constant = false
  }
  if (largest === 0) return { mean: from, spread: 0, constant }
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (weight(i) / total) * ((values[i] - from) / largest) ** 2
  return { mean: from, spread: largest * Math.sqrt(sum), constant }
}

/** Mean and standard deviation of every output of y ∈ R^{n·c} (sample-major) put into `s`; constant outputs keep spread 1. */
export function withTarget(s: Standardisation, y: Float64Array, weights: Float64Array | null): Standardisation {
  const c = s.centre.length
  const centre = new Float64Array(c)
  const spread = new Float64Array(c).fill(1)
  for (let k = 0; k < c; k++) {
    const column = Float64Array.from({ length: y.length / c }, (_, i) => y[i * c + k])
    const found = spreadOf(column, weights, s.intercept)
    centre[k] = found.mean
    if (found.spread > 0) spread[k] = found.spread
  }
  return { ...s, centre, spread }
}

/**
 * Raw rows in the coordinates of the model: standardised, ones column last when there is a hidden bias.
 *
 * @throws ShapeError when the number of columns is another.
 */
export function standardise(s: Standardisation, x: Dense): Dense {
  const d = s.mean.length
  if (x.cols !== d) throw new ShapeError(`predict: rows must have the ${d} columns of training; got ${x.cols}.`)
  const width = d + (s.intercept ? 1 : 0)
  const out = dense(x.rows, width)
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < d; j++) out.data[i * width + j] = (x.data[i * d + j] - s.mean[j]) / s.scale[j]
    if (s.intercept) out.data[i * width + d] = 1
  }
  for (const j of s.constant) for (let i = 0; i < x.rows; i++) out.data[i * width + j] = 0
  return out
}

/** y' = (y − centre)/spread for y ∈ R^{n·c}. */
export function standardiseTarget({ centre, spread }: Standardisation, y: Float64Array): Float64Array {
  const c = centre.length
  return y.map((value, at) => (value - centre[at % c]) / spread[at % c])
}

/** y = centre + spread·y', in place. */
export function restoreTarget({ centre, spread }: Standardisation, y: Float64Array): Float64Array {
  const c = centre.length
  for (let at = 0; at < y.length; at++) y[at] = centre[at % c] + spread[at % c] * y[at]
  return y
}

/**
 * The network on raw inputs (a ones column last when there is a hidden bias) with raw outputs that predicts the same.
 *
 * Equal up to rounding: a sample within rounding of a gate's hyperplane may fall on its other side.
 */
export function toRaw(s: Standardisation, network: Network): Network {
  const c = s.centre.length
  const offset = Float64Array.from({ length: c }, (_, k) => s.centre[k] + s.spread[k] * network.offset[k])
  const output = dense(
    network.output.rows,
    c,
    network.output.data.map((v, at) => v * s.spread[at % c]),
  )
  return {
    ...network,
    hidden: rawVectors(s, network.hidden),
    output,
    gates: network.gates === null ? null : rawVectors(s, network.gates),
    offset,
  }
}

/** Vectors on standardised inputs (rows of `v`) as vectors on raw inputs. */
export function rawVectors(s: Standardisation, v: Dense): Dense {
  const d = s.mean.length
  const out = dense(v.rows, v.cols)
  const constant = new Set(s.constant)
  for (let m = 0; m < v.rows; m++) {
    const at = m * v.cols
    let bias = 0
    for (let j = 0; j < d; j++) {
      if (constant.has(j)) continue
      out.data[at + j] = v.data[at + j] / s.scale[j]
      bias -= out.data[at + j] * s.mean[j]
    }
    if (s.intercept) out.data[at + d] = v.data[at + d] + bias
  }
  return out
}

/** Vectors on raw inputs (rows of `v`, bias last when there is one) as vectors on standardised inputs. */
export function standardVectors(s: Standardisation, v: Dense): Dense {
  const d = s.mean.length
  const out = dense(v.rows, v.cols)
  const constant = new Set(s.constant)
  for (let m = 0; m < v.rows; m++) {
    const at = m * v.cols
    let bias = 0
    for (let j = 0; j < d; j++) {
      bias += v.data[at + j] * s.mean[j]
      if (!constant.has(j)) out.data[at + j] = v.data[at + j] * s.scale[j]
    }
    if (s.intercept) out.data[at + d] = v.data[at + d] + bias
  }
  return out
}
