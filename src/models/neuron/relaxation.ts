/**
 * The convex relaxation of a single ReLU neuron, and the least squares it stands in for.
 *
 *   f(w) = ½‖(Xw)₊ − y‖²                                              not convex
 *   g(w) = ½‖(Xw)₊‖² − Σ_{y>0} y_i x_i·w + Σ_{y<0} |y_i| (x_i·w)₊ + ½‖y‖² = f(w) + Σ_{y>0} y_i (−x_i·w)₊
 *
 * g is convex, g ≥ f, and equal where no sample with y_i > 0 is switched off. If y = (Xw*)₊ then g(w*) = 0 is its minimum,
 * the only one exactly when the active rows span R^d.
 * Source: the relaxation presented by M. Pilanci at the Allerton Conference 2019; the formula is derived here from its
 * abstract, not quoted.
 * @module
 */
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { denseOperator } from '../../matrix/denseOperator.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { axpy, dot, norm } from '../../matrix/vector.ts'

/** Steps of the power iteration for ‖X‖². */
const POWER = 60
/** Widths of the rounded kinks of negative targets, as parts of the largest. */
const ROUNDINGS = [1e-1, 1e-2, 1e-3, 1e-4]
const STEPS = 20_000
/** ‖∇g‖ ≤ this·‖Xᵀy‖ ends it. */
const STATIONARY = 1e-10
/** Singular values above this part of the largest count. */
const INDEPENDENT = 1e-12

/** ½‖(Xw)₊ − y‖² + (ridge/2)‖w‖², with its gradient where `gradient` is given (0 at kinks). */
export function neuronLoss(x: Dense, y: Float64Array, w: Float64Array, ridge = 0, gradient?: Float64Array): number {
  let value = (ridge / 2) * dot(w, w)
  if (gradient) for (let j = 0; j < w.length; j++) gradient[j] = ridge * w[j]
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(x, i)
    const z = dot(row, w)
    const r = Math.max(z, 0) - y[i]
    value += 0.5 * r * r
    if (gradient && z > 0) axpy(r, row, gradient)
  }
  return value
}

/**
 * g(w) + (ridge/2)‖w‖², with a (sub)gradient; negative targets' kinks are rounded to parabolas of width `rounding`, which
 * lowers g by at most rounding/2·Σ_{y<0}|y_i|.
 */
export function relaxedLoss(
  x: Dense,
  y: Float64Array,
  w: Float64Array,
  options: { readonly ridge?: number; readonly rounding?: number; readonly gradient?: Float64Array } = {},
): number {
  const { ridge = 0, rounding = 0, gradient } = options
  let value = (ridge / 2) * dot(w, w)
  if (gradient) for (let j = 0; j < w.length; j++) gradient[j] = ridge * w[j]
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(x, i)
    const z = dot(row, w)
    let slope = Math.max(z, 0)
    value += 0.5 * slope * slope + 0.5 * y[i] * y[i]
    if (y[i] > 0) {
      value -= y[i] * z
      slope -= y[i]
    } else if (z > 0) {
      const bent = z < rounding
      value -= y[i] * (bent ? (z * z) / (2 * rounding) : z - rounding / 2)
      slope -= y[i] * (bent ? z / rounding : 1)
    }
    if (gradient && slope !== 0) axpy(slope, row, gradient)
  }
  return value
}

export interface Relaxed {
  readonly w: Float64Array
  readonly iterations: number
  /** Whether the gradient came down to STATIONARY·‖Xᵀy‖; false when steps ran out. */
  readonly converged: boolean
}

/** Coordinates in which every direction of the data is as long: X = USVᵀ, z = SVᵀw, so that X w = U z. */
export interface Orthonormal {
  /** U, n × rank. */
  readonly x: Dense
  /** The shortest w with X w = U z. */
  back(z: Float64Array): Float64Array
}

/** Orthonormal coordinates of X, any shape and rank. Cost an SVD. */
export function orthonormal(x: Dense): Orthonormal {
  const { u, values, vt } = svd(x)
  const rank = values.filter(value => value > INDEPENDENT * values[0]).length
  const inner = dense(x.rows, rank)
  for (let i = 0; i < x.rows; i++) inner.data.set(rowOf(u, i).subarray(0, rank), i * rank)
  return {
    x: inner,
    back(z) {
      const w = new Float64Array(x.cols)
      for (let a = 0; a < rank; a++) axpy(z[a] / values[a], rowOf(vt, a), w)
      return w
    },
  }
}

/**
 * argmin g + (ridge/2)‖w‖² by restarted accelerated gradient steps of length 1/(‖X‖² + ridge); yields now and then.
 *
 * With negative targets g has kinks: they are rounded ever less, and the last point is within rounding of the minimum.
 * Cost 4·n·d flops a step.
 */
export function* minimiseRelaxation(x: Dense, y: Float64Array, ridge = 0): Generator<void, Relaxed, void> {
  const d = x.cols
  const operator = denseOperator(x)
  const kinked = y.some(v => v < 0)
  const target = STATIONARY * norm(operator.applyT(y))
  const squared = largestSquare(x)
  const lowest = y.reduce((least, v) => Math.min(least, v), 0)
  let w: Float64Array = new Float64Array(d)
  let iterations = 0
  let converged = false
  const gradient = new Float64Array(d)
  for (const part of kinked ? ROUNDINGS : [0]) {
    const rounding = part * Math.max(...y.map(Math.abs))
    const step = 1 / (squared * (rounding > 0 ? 1 - lowest / rounding : 1) + ridge || 1)
    let momentum = 1
    let ahead = w.slice()
    converged = false
    for (let k = 0; k < STEPS; k++, iterations++) {
      relaxedLoss(x, y, ahead, { ridge, rounding, gradient })
      if (norm(gradient) <= target) {
        w = ahead
        converged = true
        break
      }
      const next = ahead.map((v, j) => v - step * gradient[j])
      let turn = 0
      for (let j = 0; j < d; j++) turn += (ahead[j] - next[j]) * (next[j] - w[j])
      const grown = turn > 0 ? 1 : (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2
      const weight = turn > 0 ? 0 : (momentum - 1) / grown
      const before = w
      ahead = next.map((v, j) => v + weight * (v - before[j]))
      w = next
      momentum = grown
      if (k % 64 === 63) yield
    }
  }
  return { w, iterations, converged }
}

/** ‖X‖², a little over by construction: power iteration, then 1 % more. */
function largestSquare(x: Dense): number {
  const operator = denseOperator(x)
  let v: Float64Array = Float64Array.from({ length: x.cols }, (_, j) => 1 + (j % 7) / 7)
  let squared = 0
  for (let k = 0; k < POWER; k++) {
    const length = norm(v)
    if (!(length > 0)) return 0
    v = operator.applyT(operator.apply(v.map(value => value / length)))
    squared = norm(v)
  }
  return 1.01 * squared
}
