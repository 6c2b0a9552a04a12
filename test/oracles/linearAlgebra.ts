/**
 * Naive twins of the factorisations: short, slow, plainly right.
 * @module
 */
import { type Dense, dense, transpose } from '../../src/matrix/dense.ts'

/** A·B by the definition. */
export function times(a: Dense, b: Dense): Dense {
  const out = dense(a.rows, b.cols)
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < b.cols; j++) {
      let sum = 0
      for (let k = 0; k < a.cols; k++) sum += a.data[i * a.cols + k] * b.data[k * b.cols + j]
      out.data[i * b.cols + j] = sum
    }
  return out
}

/** max |A_ij − B_ij|; NaN counts as infinite. */
export function distance(a: Dense, b: Dense): number {
  if (a.rows !== b.rows || a.cols !== b.cols) return Infinity
  let worst = 0
  for (let i = 0; i < a.data.length; i++) {
    const d = Math.abs(a.data[i] - b.data[i])
    if (!(d <= worst)) worst = Number.isNaN(d) ? Infinity : d
  }
  return worst
}

export function identity(n: number): Dense {
  const out = dense(n, n)
  for (let i = 0; i < n; i++) out.data[i * n + i] = 1
  return out
}

/** diag(s)·A. */
export function scaleRows(s: ArrayLike<number>, a: Dense): Dense {
  return dense(
    a.rows,
    a.cols,
    a.data.map((v, i) => v * s[Math.floor(i / a.cols)]),
  )
}

/** Eigenvalues of a symmetric matrix, ascending, by cyclic Jacobi rotations. */
export function jacobiEigenvalues(a: Dense): Float64Array {
  const n = a.rows
  const m = a.data.slice()
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const apq = m[p * n + q]
        off = Math.max(off, Math.abs(apq))
        if (apq === 0) continue
        const angle = 0.5 * Math.atan2(2 * apq, m[q * n + q] - m[p * n + p])
        const [c, s] = [Math.cos(angle), Math.sin(angle)]
        for (let k = 0; k < n; k++) {
          const [x, y] = [m[k * n + p], m[k * n + q]]
          m[k * n + p] = c * x - s * y
          m[k * n + q] = s * x + c * y
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [m[p * n + k], m[q * n + k]]
          m[p * n + k] = c * x - s * y
          m[q * n + k] = s * x + c * y
        }
      }
    if (off < 1e-18) break
  }
  return Float64Array.from({ length: n }, (_, i) => m[i * n + i]).sort()
}

/** Singular values, descending, by one-sided Jacobi rotations (accurate for tiny values too). */
export function jacobiSingularValues(a: Dense): Float64Array {
  // Rows of Aᵀ (or A) are rotated against each other until orthogonal.
  const b = a.rows >= a.cols ? transpose(a) : { ...a, data: a.data.slice() }
  const row = (i: number) => b.data.subarray(i * b.cols, (i + 1) * b.cols)
  const product = (x: Float64Array, y: Float64Array) => x.reduce((s, v, i) => s + v * y[i], 0)
  for (let sweep = 0; sweep < 60; sweep++) {
    let worst = 0
    for (let p = 0; p < b.rows; p++)
      for (let q = p + 1; q < b.rows; q++) {
        const [x, y] = [row(p), row(q)]
        const [xx, yy, xy] = [product(x, x), product(y, y), product(x, y)]
        if (xx === 0 || yy === 0) continue
        worst = Math.max(worst, Math.abs(xy) / Math.sqrt(xx * yy))
        const angle = 0.5 * Math.atan2(2 * xy, yy - xx)
        const [c, s] = [Math.cos(angle), Math.sin(angle)]
        for (let k = 0; k < b.cols; k++) {
          const [u, v] = [x[k], y[k]]
          x[k] = c * u - s * v
          y[k] = s * u + c * v
        }
      }
    if (worst < 1e-15) break
  }
  return Float64Array.from({ length: b.rows }, (_, i) => Math.sqrt(product(row(i), row(i))))
    .sort()
    .reverse()
}

/** Solves a square system by elimination with row exchanges. */
export function eliminate(a: Dense, b: Float64Array): Float64Array {
  const n = a.rows
  const m = Array.from({ length: n }, (_, i) => [...a.data.subarray(i * n, (i + 1) * n), b[i]])
  for (let k = 0; k < n; k++) {
    let p = k
    for (let i = k + 1; i < n; i++) if (Math.abs(m[i][k]) > Math.abs(m[p][k])) p = i
    ;[m[k], m[p]] = [m[p], m[k]]
    for (let i = k + 1; i < n; i++) {
      const f = m[i][k] / m[k][k]
      for (let j = k; j <= n; j++) m[i][j] -= f * m[k][j]
    }
  }
  const x = new Float64Array(n)
  for (let i = n - 1; i >= 0; i--) {
    let sum = m[i][n]
    for (let j = i + 1; j < n; j++) sum -= m[i][j] * x[j]
    x[i] = sum / m[i][i]
  }
  return x
}

/** min ‖E·x − f‖² over x ≥ 0 by trying every set of positive columns (rows of `columns`); the least value. */
export function bruteForceNnls(columns: Dense, f: Float64Array): number {
  const [n, d] = [columns.rows, columns.cols]
  let best = f.reduce((s, v) => s + v * v, 0)
  for (let set = 1; set < 2 ** n; set++) {
    const chosen = Array.from({ length: n }, (_, j) => j).filter(j => (set >> j) & 1)
    if (chosen.length > d) continue
    const e = dense(
      chosen.length,
      d,
      Float64Array.from(chosen.flatMap(j => [...columns.data.subarray(j * d, (j + 1) * d)])),
    )
    const x = eliminate(times(e, transpose(e)), times(e, dense(d, 1, f)).data)
    if (!x.every(v => v >= 0)) continue
    const fit = times(dense(1, x.length, x), e).data
    best = Math.min(
      best,
      f.reduce((s, v, i) => s + (v - fit[i]) ** 2, 0),
    )
  }
  return best
}
