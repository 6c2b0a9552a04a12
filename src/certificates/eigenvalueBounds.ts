/**
 * Bounds of the eigenvalues of a symmetric matrix that hold in exact arithmetic.
 *
 * Gershgorin's discs of V·S·Vᵀ for the computed eigenvectors V, with what V may stretch or shrink: for S and for every matrix within
 * `error` of it in the 2-norm. Nothing rests on how good V is.
 * @module
 */
import type { Compute } from '../matrix/compute.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { eigh } from '../matrix/factor/eigh.ts'
import { gamma, normUp, UNIT } from './rounding.ts'

/** Numbers low ≤ λ_min and high ≥ λ_max. Cost O(n³). @param s n × n, full storage. */
export function eigenvalueBounds(s: Dense, error: number, compute: Compute): { low: number; high: number } {
  const n = s.rows
  const size = normUp(s.data)
  if (size <= 1e-280) return { low: -error - 1e-280, high: error + 1e-280 }
  const { vectors } = eigh(s, { compute })
  const product = (a: Dense, b: Dense): Float64Array => {
    const out = new Float64Array(n * n)
    compute.gemm(false, true, n, n, n, 1, a.data, n, b.data, n, 0, out, n)
    return out
  }
  const turned = product(dense(n, n, product(vectors, s)), vectors)
  const overlap = product(vectors, vectors)
  let [low, high, skew] = [Infinity, -Infinity, 0]
  for (let i = 0; i < n; i++) {
    let [radius, row] = [0, 0]
    for (let j = 0; j < n; j++) {
      if (j !== i) radius += Math.abs(turned[i * n + j])
      row += Math.abs(overlap[i * n + j] - (i === j ? 1 : 0))
    }
    low = Math.min(low, turned[i * n + i] - radius)
    high = Math.max(high, turned[i * n + i] + radius)
    skew = Math.max(skew, row)
  }
  // Two products of n terms in each entry, summed over a row; the same for the overlap.
  const products = 4 * n * gamma(2 * n + 4)
  const slack = (products + n * UNIT) * size
  const [least, most] = [1 - skew - products, 1 + skew + products]
  const down = low - slack
  const up = high + slack
  return {
    low: (down < 0 ? down / least : down / most) - error - 8 * UNIT * size,
    high: (up > 0 ? up / least : up / most) + error + 8 * UNIT * size,
  }
}
