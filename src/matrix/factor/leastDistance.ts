/**
 * Least-distance programming: the shortest w with K·w ≥ h.
 *
 * With r the residual E·μ − e of min ‖[Kᵀ; hᵀ]·μ − e_{d+1}‖ over μ ≥ 0 the answer is w_j = −r_j/r_{d+1}, and there is none
 * exactly when r = 0.
 * Source: C. Lawson, R. Hanson, Solving Least Squares Problems, 1974, chapter 23.
 * @module
 */
import { type Dense, dense } from '../dense.ts'
import { nnls } from './nnls.ts'

/** Below this r_{d+1} = 1/(1 + ‖w‖²) there is no point, or none that numbers can tell from none. */
const NOTHING = 1e-14

/**
 * argmin ‖w‖ subject to K·w ≥ h, for K ∈ R^{m × d}; null when no w fits. Rows of about unit length and h of about one keep it
 * accurate: constraints hold to rounding times ‖w‖². Cost: that of `nnls` on (d + 1) × m.
 */
export function leastDistance(k: Dense, h: Float64Array): Float64Array | null {
  const [m, d] = [k.rows, k.cols]
  const columns = dense(m, d + 1)
  for (let i = 0; i < m; i++) {
    columns.data.set(k.data.subarray(i * d, (i + 1) * d), i * (d + 1))
    columns.data[i * (d + 1) + d] = h[i]
  }
  const target = new Float64Array(d + 1)
  target[d] = 1
  // `residual` is e − E μ, and the sign cancels.
  const { residual } = nnls(columns, target)
  const last = residual[d]
  return last > NOTHING ? residual.subarray(0, d).map(r => -r / last) : null
}
