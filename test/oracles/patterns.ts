/** Naive twin of the enumeration: tries every sign vector, deciding each by non-negative least squares. */
import { type Dense, dense } from '../../src/matrix/dense.ts'
import { nnls } from '../../src/matrix/factor/nnls.ts'

/**
 * Patterns of all cells of {x_i·u = 0} as texts of 0 and 1, the empty one included. A sign vector s is a cell exactly when
 * s_i x_i·u ≥ 1 has a solution, that is when [Xᵀdiag(s); 1ᵀ]μ = e_{d+1} has none with μ ≥ 0. For n ≤ 10 or so.
 */
export function everyPattern(x: Dense): Set<string> {
  const [n, d] = [x.rows, x.cols]
  const found = new Set<string>()
  const target = new Float64Array(d + 1)
  target[d] = 1
  for (let code = 0; code < 2 ** n; code++) {
    const columns = dense(n, d + 1)
    for (let i = 0; i < n; i++) {
      const sign = (code >>> i) & 1 ? 1 : -1
      for (let j = 0; j < d; j++) columns.data[i * (d + 1) + j] = sign * x.data[i * d + j]
      columns.data[i * (d + 1) + d] = 1
    }
    const { residual } = nnls(columns, target)
    if (Math.hypot(...residual) > 1e-9) found.add(Array.from({ length: n }, (_, i) => (code >>> i) & 1).join(''))
  }
  return found
}
