/** Naive twins for activations of degree one and pooled rows: everything written out from its definition. */
import type { Dense } from '../../src/matrix/dense.ts'

/** A layer as its definition has it. */
export interface NaiveLayer {
  readonly x: Dense
  readonly slopes: { readonly positive: number; readonly negative: number }
  readonly pooling?: { readonly sample: ArrayLike<number>; readonly samples: number; readonly share: number }
}

/** share·Σ φ(x_k·u) of every sample. */
export function naiveFeature({ x, slopes, pooling }: NaiveLayer, u: ArrayLike<number>): number[] {
  const out: number[] = new Array(pooling?.samples ?? x.rows).fill(0)
  for (let k = 0; k < x.rows; k++) {
    let t = 0
    for (let j = 0; j < x.cols; j++) t += x.data[k * x.cols + j] * u[j]
    out[pooling?.sample[k] ?? k] += (pooling?.share ?? 1) * (t > 0 ? slopes.positive * t : slopes.negative * t)
  }
  return out
}

/** ½‖f − y‖² + β·½Σ(‖u‖² + v²). */
export function naiveObjective(
  layer: NaiveLayer,
  y: readonly number[],
  beta: number,
  { hidden, output }: { readonly hidden: Dense; readonly output: Dense },
): number {
  const fit = y.map(() => 0)
  let decay = 0
  for (let j = 0; j < hidden.rows; j++) {
    const u = hidden.data.subarray(j * hidden.cols, (j + 1) * hidden.cols)
    naiveFeature(layer, u).forEach((value, i) => {
      fit[i] += output.data[j] * value
    })
    for (const w of u) decay += w * w
    decay += output.data[j] ** 2
  }
  return y.reduce((sum, t, i) => sum + (fit[i] - t) ** 2 / 2, (beta * decay) / 2)
}

/** max |θᵀφ(Xu)| over many unit vectors of the plane: never above the dual norm, and near it. */
export function naiveNorm(layer: NaiveLayer, theta: ArrayLike<number>, directions = 4000): number {
  let most = 0
  for (let k = 0; k < directions; k++) {
    const angle = (2 * Math.PI * k) / directions
    const value = naiveFeature(layer, [Math.cos(angle), Math.sin(angle)]).reduce((sum, h, i) => sum + h * theta[i], 0)
    most = Math.max(most, Math.abs(value))
  }
  return most
}
