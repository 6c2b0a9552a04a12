/**
 * Least distance programming: argmin ‖u‖ with X u ≥ h, by NNLS.
 *
 * With μ = argmin_{μ ≥ 0} ‖[Xᵀ; hᵀ]μ − e_{d+1}‖ and its residual r, r_{d+1} > 0 exactly when X u ≥ h has a solution, and then
 * u = −r_{1…d}/r_{d+1} = Xᵀq, q = μ/r_{d+1} ≥ 0 its multipliers. For h = 1, 1/‖u‖ is the widest margin min_i x_i·v over unit vectors v.
 * Source: C. Lawson, R. Hanson, Solving Least Squares Problems, 1974, chapter 23.
 * @module
 */
import { type Dense, dense, rowOf } from '../dense.ts'
import { nnls } from './nnls.ts'

/** r_{d+1} at or below this means that there is no solution: it is 1/(1 + ‖u‖²). */
const FEASIBLE = 1e-14

/**
 * u and its multipliers; null when X u ≥ h has no solution with ‖u‖ below about 1e7. Rows of about unit length and h of about 1 keep
 * it accurate. Cost as `nnls` on (d + 1) × n.
 *
 * @param h in R^n; default 1.
 */
export function leastDistance(
  x: Dense,
  h: Float64Array = new Float64Array(x.rows).fill(1),
): { readonly u: Float64Array; readonly multipliers: Float64Array } | null {
  const [n, d] = [x.rows, x.cols]
  const columns = dense(n, d + 1)
  for (let i = 0; i < n; i++) {
    columns.data.set(rowOf(x, i), i * (d + 1))
    columns.data[i * (d + 1) + d] = h[i]
  }
  const target = new Float64Array(d + 1)
  target[d] = 1
  const { x: mu, residual } = nnls(columns, target)
  const last = residual[d]
  if (!(last > FEASIBLE)) return null
  return { u: residual.slice(0, d).map(v => -v / last), multipliers: mu.map(v => v / last) }
}
