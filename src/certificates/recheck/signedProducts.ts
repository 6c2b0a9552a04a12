/**
 * The dual norm of a point from the signs of inner products: the re-check's own form of the closed-form bound.
 *
 * For all data, max over ‖u‖ ≤ 1 of tᵀ(Xu)₊ ≤ √(Σ max(0, t_i t_j x_i·x_j)) over t_i, t_j > 0: only u's product with the samples
 * that count can help, and dropping negative products only raises ‖Σ h_i t_i x_i‖², 0 ≤ h ≤ 1.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import { BoundedSum, ROUND } from './plainSums.ts'

/** A number ≥ the dual norm of θ ∈ R^{n·c}. Cost n²·d flops for each output and sign. */
export function signedProductsNorm(x: Dense, theta: Float64Array): number {
  const [n, d] = [x.rows, x.cols]
  const outputs = theta.length / n
  let most = 0
  for (let c = 0; c < outputs; c++)
    for (const sign of [1, -1]) {
      const rows = Array.from({ length: n }, (_, i) => i).filter(i => sign * theta[i * outputs + c] > 0)
      const lengths = rows.map(i => Math.hypot(...x.data.subarray(i * d, (i + 1) * d)))
      const sum = new BoundedSum()
      let size = 0
      for (let a = 0; a < rows.length; a++) {
        const t = Math.abs(theta[rows[a] * outputs + c])
        size += t * lengths[a]
        for (let b = 0; b < rows.length; b++) {
          let inner = 0
          for (let j = 0; j < d; j++) inner += x.data[rows[a] * d + j] * x.data[rows[b] * d + j]
          if (inner > 0) sum.add(t * Math.abs(theta[rows[b] * outputs + c]) * inner)
        }
      }
      const square = sum.value + sum.error(3) + (d + 8) * 1.01 * ROUND * size * size
      most = Math.max(most, Math.sqrt(square) * (1 + 8 * ROUND))
    }
  return most
}
