/**
 * Cells of an activation of degree one over pooled rows: what a block of the convex program is.
 *
 *   F_k = S·diag(s₊D_k + s₋(I − D_k))·X ∈ R^{n × d},   S the pooling,
 *
 * so that a neuron u in the cell of pattern k gives F_k u on the data. Patterns are over X̃ = [X; −X] (X alone where s₋ = 0): their first
 * half says all.
 * @module
 */
import type { HomogeneousProgram } from '../../certificates/index.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { type Masks, maskBit } from '../../matrix/masks.ts'

/** The parts of a program that say what a neuron gives on the data. */
export type Layer = Pick<HomogeneousProgram, 'x' | 'slopes' | 'pooling'>

/** share·Σ_{k ∈ i} φ(x_k·u) for every sample. */
export function featureOf({ x, slopes, pooling }: Layer, u: Float64Array): Float64Array {
  const out = new Float64Array(pooling?.samples ?? x.rows)
  const share = pooling?.share ?? 1
  for (let r = 0; r < x.rows; r++) {
    let t = 0
    for (let a = 0; a < x.cols; a++) t += x.data[r * x.cols + a] * u[a]
    out[pooling === undefined ? r : pooling.sample[r]] += share * (t >= 0 ? slopes.positive : slopes.negative) * t
  }
  return out
}

/** F_k. */
export function blockOf({ x, slopes, pooling }: Layer, masks: Masks, k: number): Dense {
  const d = x.cols
  const out = dense(pooling?.samples ?? x.rows, d)
  const share = pooling?.share ?? 1
  const linear = slopes.positive === slopes.negative
  for (let r = 0; r < x.rows; r++) {
    const factor = share * (linear || maskBit(masks, k, r) ? slopes.positive : slopes.negative)
    if (factor === 0) continue
    const at = (pooling === undefined ? r : pooling.sample[r]) * d
    for (let a = 0; a < d; a++) out.data[at + a] += factor * x.data[r * d + a]
  }
  return out
}
