/**
 * The leading singular triples of a matrix, in full up to a side of 2000 and by a randomised range finder above.
 *
 * Range finder: Q an orthonormal basis of A·Ω, Ω Gaussian with 10 more columns than the rank, after two power steps, each of which is
 * orthonormalised (without that the columns of (AAᵀ)^q·A·Ω differ in size by σ₁^{2q+1}/σ_m^{2q+1} and all point the same way).
 * Source: N. Halko, P. Martinsson, J. Tropp, Finding structure with randomness, 2011 (algorithms 4.4 and 5.1).
 * @module
 */
import { compute } from '../../matrix/createCompute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { qr } from '../../matrix/factor/qr.ts'
import { type Svd, svd } from '../../matrix/factor/svd.ts'
import { fold, key, normals } from '../../random/index.ts'

const FULL_SIDE = 2000
const EXTRA = 10
const POWER_STEPS = 2

/** U m × rank, values, Vᵀ rank × n of the `rank` largest singular values (all there are, when fewer). */
export function leadingFactors(a: Dense, rank: number, seed = 0): Svd {
  const side = Math.min(a.rows, a.cols)
  const keep = Math.min(rank, side)
  if (side <= FULL_SIDE || keep + EXTRA >= side) return head(svd(a), keep)
  const columns = keep + EXTRA
  let q = qr(product(a, dense(a.cols, columns, normals(fold(key(seed), 'range finder'), a.cols * columns)))).q
  for (let step = 0; step < POWER_STEPS; step++) q = qr(product(a, qr(product(a, q, 'left')).q)).q
  const small = svd(product(q, a, 'left'))
  return head({ ...small, u: product(q, small.u) }, keep)
}

/** A·B with either or both transposed. */
export function product(a: Dense, b: Dense, transposed: 'none' | 'left' | 'right' | 'both' = 'none'): Dense {
  const left = transposed === 'left' || transposed === 'both'
  const right = transposed === 'right' || transposed === 'both'
  const [m, inner, n] = [left ? a.cols : a.rows, left ? a.rows : a.cols, right ? b.rows : b.cols]
  const region = compute().region()
  try {
    const [x, y, z] = [region.own(a.data), region.own(b.data), region.float64(m * n)]
    compute().gemm(left, right, m, n, inner, 1, x, a.cols, y, b.cols, 0, z, n)
    return dense(m, n, z.slice())
  } finally {
    region.dispose()
  }
}

function head({ u, values, vt }: Svd, keep: number): Svd {
  const left = dense(u.rows, keep)
  for (let i = 0; i < u.rows; i++) left.data.set(u.data.subarray(i * u.cols, i * u.cols + keep), i * keep)
  return { u: left, values: values.slice(0, keep), vt: dense(keep, vt.cols, vt.data.slice(0, keep * vt.cols)) }
}
