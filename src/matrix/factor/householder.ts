/**
 * Householder reflections, alone and in blocks.
 *
 * H = I − τ·v·vᵀ with v_0 = 1. A product H_0·H_1·…·H_{b−1} = I − V·T·Vᵀ (compact WY; V has the v as columns, T is upper
 * triangular), so a block is applied by two matrix products. Here vectors are rows, of V and of what is transformed:
 * row-major memory is then walked in order.
 *
 * Source: R. Schreiber, C. Van Loan, A storage-efficient WY representation for products of Householder transformations, 1989.
 * @module
 */
import type { Compute, Region } from '../compute.ts'
import { dot } from '../vector.ts'

const BACK_PANEL = 64

/** Reflections as rows of an n × n matrix; row i is zero before column i + offset and 1 there. */
export interface Reflectors {
  readonly v: Float64Array
  readonly tau: Float64Array
  readonly offset: number
}

/** ‖x‖₂ without overflow or harmful underflow. */
export function safeNorm(x: Float64Array): number {
  const sum = dot(x, x)
  if (sum > 1e-280 && sum < 1e300) return Math.sqrt(sum)
  let top = 0
  for (let i = 0; i < x.length; i++) top = Math.max(top, Math.abs(x[i]))
  if (top === 0 || top === Infinity) return top
  let scaled = 0
  for (let i = 0; i < x.length; i++) scaled += (x[i] / top) * (x[i] / top)
  return top * Math.sqrt(scaled)
}

/** H·x = (beta, 0 … 0). */
export interface Reflection {
  readonly tau: number
  readonly beta: number
}

/** Overwrites x with v; τ = 0 and v = e_0 when x is a multiple of e_0 already. */
export function reflection(x: Float64Array): Reflection {
  const alpha = x[0]
  const rest = safeNorm(x.subarray(1))
  if (rest === 0) {
    x.fill(0)
    x[0] = 1
    return { tau: 0, beta: alpha }
  }
  const size = Math.hypot(alpha, rest)
  const beta = alpha > 0 ? -size : size
  const pivot = alpha - beta
  for (let i = 1; i < x.length; i++) x[i] /= pivot
  x[0] = 1
  return { tau: (beta - alpha) / beta, beta }
}

/** b reflections whose vectors are the rows of v (b × length, row distance ldv, explicit zeros and ones). */
export interface ReflectorBlock {
  readonly size: number
  readonly length: number
  readonly v: Float64Array
  readonly ldv: number
  readonly tau: Float64Array
}

/**
 * Z ← Z·Qᵀ (every row z becomes Q·z), or Z·Q when `transpose` (z becomes Qᵀ·z), for Q = H_0 … H_{b−1} and Z of `rows` rows
 * with row distance ldz. `work` holds 2·rows·b + 2·b² numbers. Cost 4·rows·length·b flops.
 */
export function applyBlock(
  compute: Compute,
  block: ReflectorBlock,
  transpose: boolean,
  z: Float64Array,
  rows: number,
  ldz: number,
  work: Float64Array,
): void {
  const { size: b, length, v, ldv, tau } = block
  if (rows === 0 || b === 0 || length === 0) return
  const gram = work.subarray(0, b * b)
  const t = work.subarray(b * b, 2 * b * b)
  const zv = work.subarray(2 * b * b, 2 * b * b + rows * b)
  const zvt = work.subarray(2 * b * b + rows * b, 2 * b * b + 2 * rows * b)
  compute.kernels.gemm(false, true, b, b, length, 1, v, ldv, v, ldv, 0, gram, b)
  t.fill(0)
  for (let i = 0; i < b; i++) {
    t[i * b + i] = tau[i]
    for (let r = 0; r < i; r++) {
      let sum = 0
      for (let c = r; c < i; c++) sum += t[r * b + c] * gram[c * b + i]
      t[r * b + i] = -tau[i] * sum
    }
  }
  compute.gemm(false, true, rows, b, length, 1, z, ldz, v, ldv, 0, zv, b)
  compute.gemm(false, !transpose, rows, b, b, 1, zv, b, t, b, 0, zvt, b)
  compute.gemm(false, false, rows, length, b, -1, zvt, b, v, ldv, 1, z, ldz)
}

/** Every row z of Z ∈ R^{rows × n} becomes Q·z, for the product Q of the reflections. */
export function applyReflectors(
  n: number,
  reflectors: Reflectors,
  z: Float64Array,
  rows: number,
  compute: Compute,
  region: Region,
): void {
  const { v, tau, offset } = reflectors
  const count = n - offset
  const work = region.float64(2 * BACK_PANEL * (BACK_PANEL + rows))
  for (let start = BACK_PANEL * (Math.ceil(count / BACK_PANEL) - 1); start >= 0; start -= BACK_PANEL) {
    const size = Math.min(BACK_PANEL, count - start)
    const first = start + offset
    const block = { size, length: n - first, v: v.subarray(start * n + first), ldv: n, tau: tau.subarray(start) }
    applyBlock(compute, block, false, z.subarray(first), rows, n, work)
  }
}
