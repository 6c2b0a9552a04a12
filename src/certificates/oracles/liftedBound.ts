/**
 * The bound that multipliers of the lifted (doubly non-negative) relaxation prove.
 *
 * For ‖u‖ = 1 let m = (1, u, s) with s = (X u)₊, and p = B m = (1, s, r) with r = s − X u ≥ 0, s∘r = 0. For a symmetric Λ, Λ ≥ 0 except
 * in the entries (s_i, r_i), where p_a·p_b = 0: pᵀΛp ≥ 0. So for all such Λ and all numbers g, γ
 *
 *   g − tᵀs ≥ mᵀ H m,   H = Bᵀ(C − Λ)B + (g − γ)·e_0e_0ᵀ + γ·I_u,   pᵀC p = −tᵀs,
 *
 * because m_0 = ‖u‖ = 1; and mᵀHm ≥ λ_min(H)·‖m‖², ‖m‖² ≤ 2 + ‖X‖². Hence tᵀ(Xu)₊ ≤ g + (2 + ‖X‖²)·max(0, −λ_min(H)).
 * X is divided by a power of two, which is exact, so that its norm is about 1.
 * Source: derived here; the relaxation of training is also in K. Prakhya, T. Birdal, A. Yurtsever, 2024, as a copositive program.
 * @module
 */
import type { Compute } from '../../matrix/compute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { eigenvalueBounds } from '../eigenvalueBounds.ts'
import { gamma, normUp, up } from '../rounding.ts'

/** Nothing beside what the relaxation loses, and above what two ways of rounding can differ by. */
const MARGIN = 1e-9

/** Numbers in a proof for n samples: scale, g, γ, and a lower triangle of 1 + 2n rows. */
export function liftedLength(samples: number): number {
  const m = 1 + 2 * samples
  return 3 + (m * (m + 1)) / 2
}

/** A power of two ≥ ‖X‖₂ and hardly above 2‖X‖₂. */
export function liftingScale(x: Dense, compute: Compute): number {
  const gram = gramOf(x, compute)
  return 2 ** Math.ceil(Math.log2(Math.sqrt(Math.max(1e-280, eigenvalueBounds(gram, 0, compute).high))))
}

/**
 * A number ≥ max over ‖u‖ ≤ 1 of tᵀ(Xu)₊, from any numbers of a lifted proof; ∞ where a multiplier that must not be is negative.
 *
 * Cost O((d + n)³).
 */
export function liftedBound(x: Dense, t: Float64Array, weights: Float64Array, compute: Compute): number {
  const [n, d] = [x.rows, x.cols]
  const [scale, g, shift] = weights
  if (!(scale > 0 && scale < Infinity) || weights.length !== liftedLength(n) || !weights.every(Number.isFinite))
    return Infinity
  const scaled = dense(
    n,
    d,
    x.data.map(v => v / scale),
  )
  const b = liftingMap(scaled)
  const inner = costLess(t, weights.subarray(3), scale)
  if (inner === null) return Infinity
  const h = pulledBack(b, inner, compute)
  // |Bᵀ||C − Λ||B| is at most ‖B‖_F²·‖C − Λ‖_F; two products of at most 1 + 2n terms.
  const error = up(gamma(2 * (2 * n + 8)) * normUp(b.data) ** 2 * normUp(inner.data) * 2)
  addCorners(h, d, g, shift)
  const { low } = eigenvalueBounds(h, error + up(4 * gamma(4) * (Math.abs(g) + Math.abs(shift))), compute)
  const gram = gramOf(scaled, compute)
  const spread = up(2 + eigenvalueBounds(gram, up(gamma(n + 4) * normUp(scaled.data) ** 2 * 2), compute).high)
  // tᵀ(Xu)₊ = (scale·t)ᵀ(X/scale·u)₊: `costLess` has scaled t.
  // The margin is for the re-check, which bounds its own rounding by other means.
  return up(up(g + spread * Math.max(0, -low), 4) * (1 + MARGIN))
}

/** B: rows (1, s, r) in terms of (1, u, s). */
export function liftingMap(x: Dense): Dense {
  const [n, d] = [x.rows, x.cols]
  const [m, size] = [1 + 2 * n, 1 + d + n]
  const b = dense(m, size)
  b.data[0] = 1
  for (let i = 0; i < n; i++) {
    b.data[(1 + i) * size + 1 + d + i] = 1
    b.data[(1 + n + i) * size + 1 + d + i] = 1
    for (let j = 0; j < d; j++) b.data[(1 + n + i) * size + 1 + j] = -x.data[i * d + j]
  }
  return b
}

/** C − Λ in full storage; null when a multiplier that must be ≥ 0 is not. */
function costLess(t: Float64Array, triangle: Float64Array, scale: number): Dense | null {
  const n = t.length
  const m = 1 + 2 * n
  const out = dense(m, m)
  for (let a = 0, at = 0; a < m; a++)
    for (let c = 0; c <= a; c++, at++) {
      const value = triangle[at]
      // Row r_i against s_i: their product is 0.
      const free = a > n && c === a - n
      if (value < 0 && !free) return null
      out.data[a * m + c] = out.data[c * m + a] = -value
    }
  for (let i = 0; i < n; i++) {
    const half = (t[i] * scale) / 2
    out.data[1 + i] -= half
    out.data[(1 + i) * m] -= half
  }
  return out
}

/** BᵀAB. */
export function pulledBack(b: Dense, a: Dense, compute: Compute): Dense {
  const [m, size] = [b.rows, b.cols]
  const half = new Float64Array(m * size)
  compute.gemm(false, false, m, size, m, 1, a.data, m, b.data, size, 0, half, size)
  const out = dense(size, size)
  compute.gemm(true, false, size, size, m, 1, b.data, size, half, size, 0, out.data, size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) {
      const mean = (out.data[i * size + j] + out.data[j * size + i]) / 2
      out.data[i * size + j] = out.data[j * size + i] = mean
    }
  return out
}

/** H ← H + (g − γ)·e_0e_0ᵀ + γ·I_u. */
export function addCorners(h: Dense, d: number, g: number, shift: number): void {
  h.data[0] += g - shift
  for (let j = 1; j <= d; j++) h.data[j * h.cols + j] += shift
}

function gramOf(x: Dense, compute: Compute): Dense {
  const d = x.cols
  const out = dense(d, d)
  compute.gemm(true, false, d, d, x.rows, 1, x.data, d, x.data, d, 0, out.data, d)
  return out
}
