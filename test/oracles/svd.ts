/**
 * Naive twin of the thin SVD: one-sided Jacobi rotations of the columns until they are orthogonal.
 */
import { type Dense, dense, transpose } from '../../src/matrix/dense.ts'

/** A = U·diag(s)·Vᵀ, s descending, r = min(rows, cols). */
export function naiveSvd(a: Dense): { u: Dense; values: Float64Array; vt: Dense } {
  if (a.rows < a.cols) {
    const { u, values, vt } = naiveSvd(transpose(a))
    return { u: transpose(vt), values, vt: transpose(u) }
  }
  const [m, n] = [a.rows, a.cols]
  const w = a.data.slice()
  const v = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0))
  const column = (x: Float64Array, rows: number, p: number, q: number) => {
    let sum = 0
    for (let i = 0; i < rows; i++) sum += x[i * n + p] * x[i * n + q]
    return sum
  }
  const rotate = (x: Float64Array, rows: number, p: number, q: number, c: number, s: number) => {
    for (let i = 0; i < rows; i++) {
      const [xp, xq] = [x[i * n + p], x[i * n + q]]
      x[i * n + p] = c * xp - s * xq
      x[i * n + q] = s * xp + c * xq
    }
  }
  for (let sweep = 0; sweep < 60; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const angle = 0.5 * Math.atan2(2 * column(w, m, p, q), column(w, m, q, q) - column(w, m, p, p))
        rotate(w, m, p, q, Math.cos(angle), Math.sin(angle))
        rotate(v, n, p, q, Math.cos(angle), Math.sin(angle))
      }
  const s = Float64Array.from({ length: n }, (_, j) => Math.sqrt(column(w, m, j, j)))
  const order = Array.from(s.keys()).sort((i, j) => s[j] - s[i])
  const u = dense(m, n)
  const vt = dense(n, n)
  order.forEach((from, to) => {
    for (let i = 0; i < m; i++) u.data[i * n + to] = s[from] > 1e-13 * s[order[0]] ? w[i * n + from] / s[from] : 0
    for (let i = 0; i < n; i++) vt.data[to * n + i] = v[i * n + from]
  })
  return { u, values: Float64Array.from(order, j => s[j]), vt }
}
