/**
 * The network's own objective from above: L(f) + β·½Σ(‖u_j‖² + ‖v_j‖²), rounding included.
 *
 * The computed fit f̂ is off by at most e_i = γ·Σ_j|v_j||x_i||u_j| in each entry, and by smoothness
 *   L(f) ≤ L(f̂) + Σ|∇L(f̂)|·e + ½σ‖e‖².
 * @module
 */
import type { Loss } from '../losses/loss.ts'
import { type Masks, maskBit } from '../matrix/masks.ts'
import { compensatedSum, gamma, UNIT, up } from './rounding.ts'
import type { TwoLayerData, TwoLayerNetwork } from './twoLayer.ts'

export interface NetworkValue {
  /** An upper bound of the objective in sum form. */
  readonly upper: number
  /** f̂ − offset in R^{n·c}, as the loss takes it. */
  readonly fit: Float64Array
}

/** Cost: 2·n·d·m flops. `own` are the exact patterns of the neurons (`networkPatterns`). */
export function networkValue(network: TwoLayerNetwork, { x, loss, beta }: TwoLayerData, own: Masks): NetworkValue {
  const { hidden, output } = network
  const [n, d, m, c] = [x.rows, x.cols, hidden.rows, loss.outputs]
  const fit = new Float64Array(n * c)
  // |f_ik| terms add up to |x_i|·reach_k, reach_k = Σ_j |v_jk||u_j|.
  const reach = new Float64Array(c * d)
  for (let j = 0; j < m; j++)
    for (let k = 0; k < c; k++) {
      const v = output.data[j * c + k]
      if (v === 0) continue
      for (let l = 0; l < d; l++) reach[k * d + l] += Math.abs(v * hidden.data[j * d + l])
      for (let i = 0; i < n; i++) {
        if (!maskBit(own, j, i)) continue
        let z = 0
        for (let l = 0; l < d; l++) z += x.data[i * d + l] * hidden.data[j * d + l]
        fit[i * c + k] += v * z
      }
    }

  const errors = new Float64Array(n * c)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < c; k++) {
      let terms = 0
      for (let l = 0; l < d; l++) terms += Math.abs(x.data[i * d + l]) * reach[k * d + l]
      errors[i * c + k] = up(gamma(d + m + 2) * terms, d + m + 4)
    }
  const decay = compensatedSum([...hidden.data, ...output.data].map(w => w * w))
  return { upper: up(lossAbove(loss, fit, errors) + up(0.5 * beta * decay, 8), 4), fit }
}

/** A number ≥ L(f) for every f within `errors` of `fit`, entry by entry: L(f̂) + Σ|∇L(f̂)|·e + ½σ‖e‖², rounded up. */
export function lossAbove(loss: Loss, fit: Float64Array, errors: Float64Array): number {
  const [n, c] = [loss.samples, loss.outputs]
  const slope = loss.gradient(fit)
  const excess = new Float64Array(n * c)
  for (let i = 0; i < n; i++) {
    // What `Loss.value` asks for: its arguments may have moved by 2 ulp of the sample's largest.
    let largest = 0
    for (let k = 0; k < c; k++) largest = Math.max(largest, Math.abs(fit[i * c + k]) + Math.abs(loss.offset[k]))
    for (let k = 0; k < c; k++) {
      const e = errors[i * c + k] + 8 * UNIT * largest
      excess[i * c + k] = (Math.abs(slope[i * c + k]) * (1 + 1e-9) + loss.smoothness * e) * e
    }
  }
  return up(loss.value(fit), 32) + up(compensatedSum(excess), 8)
}
