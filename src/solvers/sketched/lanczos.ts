/**
 * A few Lanczos steps: extreme Ritz values of a symmetric matrix known by its products. Estimates from inside the spectrum, no bounds
 * (those are in `spectrumBound.ts`).
 * @module
 */
import { dense, rowOf } from '../../matrix/dense.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import { axpy, dot, norm } from '../../matrix/vector.ts'

/** Smallest and largest Ritz value after at most `steps` products from `start`. Cost: products and steps²·d flops. */
export function lanczosExtremes(
  product: (v: Float64Array) => Float64Array,
  start: Float64Array,
  steps: number,
): { readonly least: number; readonly most: number } {
  const d = start.length
  const most = Math.min(steps, d)
  const basis = dense(most + 1, d)
  const size = norm(start)
  rowOf(basis, 0).set(start.map(v => v / size))
  const [diagonal, beside]: [number[], number[]] = [[], []]
  for (let k = 1; k <= most; k++) {
    const w = product(rowOf(basis, k - 1))
    diagonal.push(dot(rowOf(basis, k - 1), w))
    const before = norm(w)
    for (let i = 0; i < k; i++) axpy(-dot(rowOf(basis, i), w), rowOf(basis, i), w)
    const length = norm(w)
    if (k === most || length <= 1e-12 * before) break
    beside.push(length)
    rowOf(basis, k).set(w.map(v => v / length))
  }
  return tridiagonalExtremes(diagonal, beside)
}

/** Smallest and largest eigenvalue of a symmetric tridiagonal matrix. */
export function tridiagonalExtremes(
  diagonal: readonly number[],
  beside: readonly number[],
): { readonly least: number; readonly most: number } {
  const k = diagonal.length
  const t = dense(k, k)
  for (let i = 0; i < k; i++) {
    t.data[i * k + i] = diagonal[i]
    if (i > 0) t.data[i * k + i - 1] = t.data[(i - 1) * k + i] = beside[i - 1]
  }
  const { values } = eigh(t)
  return { least: values[0], most: values[k - 1] }
}
