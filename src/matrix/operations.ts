/**
 * The operations that workers share, each as a list of independent tasks over one-thread `Kernels`.
 *
 * The cut into tasks depends on the shape alone and no two tasks write to the same place, so the numbers are bit-equal
 * for any number of threads. Rows are streamed in blocks of 256 and columns of products in tiles: no n × P matrix is
 * ever formed, and what a task holds beside its operands is at most `SCRATCH` numbers.
 *
 * This file is also bundled into the worker, hence it may import nothing that needs Node or a package.
 * @module
 */
import type { Kernels } from './compute.ts'
import { BLOCK } from './masks.ts'

/** Side of a tile of a product. */
const TILE = 256
/** Patterns whose block of pre-activations is held at once (with 256 rows: 256 KiB, which stays in the L2 cache). */
const PANEL = 128
/** Numbers that a task may hold beside its operands. */
export const SCRATCH: number = 3 * TILE * BLOCK

export type Operand = Float64Array | Uint32Array

/** An operation with its operands; `numbers` holds shapes and scalars in the order that its entry below takes them apart. */
export interface Job {
  readonly operation: OperationName
  readonly numbers: readonly number[]
  readonly arrays: readonly Operand[]
}

interface Operation {
  /** Number of tasks: by shape alone. */
  readonly tasks: (numbers: readonly number[]) => number
  /** Work in floating-point operations, to tell what is too small to share. */
  readonly flops: (numbers: readonly number[]) => number
  /** Indices of the arrays that are written. */
  readonly writes: readonly number[]
  readonly run: (task: number, job: Job, kernels: Kernels, scratch: Float64Array) => void
}

/** f ← Σ_k D_k X u_k by blocks of rows. numbers: n, d, P, stride; arrays: X, words, U, f. */
const gatedForward: Operation = {
  tasks: ([n]) => Math.ceil(n / BLOCK),
  flops: ([n, d, patterns]) => 2 * n * d * patterns,
  writes: [3],
  run(task, { numbers: [n, d, patterns, stride], arrays }, kernels, scratch) {
    const [x, words, u, out] = arrays as [Float64Array, Uint32Array, Float64Array, Float64Array]
    const from = task * BLOCK
    const count = Math.min(BLOCK, n - from)
    const rows = x.subarray(from * d, (from + count) * d)
    const sum = out.subarray(from, from + count).fill(0)
    for (let k = 0; k < patterns; k += PANEL) {
      const panel = Math.min(PANEL, patterns - k)
      const z = scratch.subarray(0, panel * BLOCK)
      kernels.gemm(false, true, panel, count, d, 1, u.subarray(k * d, (k + panel) * d), d, rows, d, 0, z, BLOCK)
      kernels.maskedSum(words.subarray(k * stride + from / 32), stride, panel, count, z, BLOCK, sum)
    }
  },
}

/** G_k ← Xᵀ D_k r by panels of patterns. numbers: n, d, P, stride; arrays: X, words, r, G. */
const gatedAdjoint: Operation = {
  tasks: ([, , patterns]) => Math.ceil(patterns / adjointPanel(patterns)),
  flops: ([n, d, patterns]) => 2 * n * d * patterns,
  writes: [3],
  run(task, { numbers: [n, d, patterns, stride], arrays }, kernels, scratch) {
    const [x, words, r, out] = arrays as [Float64Array, Uint32Array, Float64Array, Float64Array]
    const k = task * adjointPanel(patterns)
    const panel = Math.min(adjointPanel(patterns), patterns - k)
    const sum = out.subarray(k * d, (k + panel) * d)
    if (n === 0) sum.fill(0)
    for (let from = 0; from < n; from += BLOCK) {
      const count = Math.min(BLOCK, n - from)
      const w = scratch.subarray(0, panel * BLOCK)
      kernels.maskedSpread(
        words.subarray(k * stride + from / 32),
        stride,
        panel,
        count,
        r.subarray(from, from + count),
        w,
        BLOCK,
      )
      const rows = x.subarray(from * d, (from + count) * d)
      kernels.gemm(false, false, panel, d, count, 1, w, BLOCK, rows, d, from === 0 ? 0 : 1, sum, d)
    }
  },
}

/** Few patterns are still spread over up to eight tasks, as long as the product stays a product. */
function adjointPanel(patterns: number): number {
  return Math.min(PANEL, Math.max(16, 4 * Math.ceil(patterns / 32)))
}

/**
 * Tiles of [D_a X]ᵀ W [D_b X]. numbers: n, d, |L|, |R|, stride of L, stride of R, symmetric (0/1), weighted (0/1);
 * arrays: X, words of L, words of R, out, w (any array when not weighted).
 */
const gatedGram: Operation = {
  tasks: ([, d, left, right, , , symmetric]) => tileCount(left * d, right * d, symmetric),
  flops: ([n, d, left, right, , , symmetric]) => (2 * n * left * d * right * d) / (1 + symmetric),
  writes: [3],
  run(task, { numbers: [n, d, left, right, strideL, strideR, symmetric, weighted], arrays }, kernels, scratch) {
    const [x, wordsL, wordsR, out, w] = arrays as [Float64Array, Uint32Array, Uint32Array, Float64Array, Float64Array]
    const width = right * d
    const [i, j] = tileAt(task, left * d, width, symmetric)
    const [rows, cols] = [Math.min(TILE, left * d - i), Math.min(TILE, width - j)]
    const [xt, panelL, panelR] = [0, 1, 2].map(s => scratch.subarray(s * TILE * BLOCK, (s + 1) * TILE * BLOCK))
    const tile = out.subarray(i * width + j, (i + rows - 1) * width + j + cols)
    if (n === 0) for (let p = 0; p < rows; p++) tile.fill(0, p * width, p * width + cols)
    for (let from = 0; from < n; from += BLOCK) {
      const count = Math.min(BLOCK, n - from)
      maskedColumns(kernels, x, d, wordsL, strideL, from, count, i, rows, xt, panelL)
      maskedColumns(kernels, x, d, wordsR, strideR, from, count, j, cols, xt, panelR)
      if (weighted === 1)
        for (let p = 0; p < rows; p++) for (let q = 0; q < count; q++) panelL[p * BLOCK + q] *= w[from + q]
      const beta = from === 0 ? 0 : 1
      kernels.gemm(false, true, rows, cols, count, 1, panelL, BLOCK, panelR, BLOCK, beta, tile, width)
    }
    if (symmetric === 1) mirror(kernels, tile, out, i, j, rows, cols, width)
  },
}

/** Columns start … start + count of [D_0 X, D_1 X, …], transposed, for one block of rows. */
function maskedColumns(
  kernels: Kernels,
  x: Float64Array,
  d: number,
  words: Uint32Array,
  stride: number,
  from: number,
  count: number,
  start: number,
  columns: number,
  xt: Float64Array,
  out: Float64Array,
): void {
  // A tile covers whole patterns when d is small and a part of one when d is large; X is transposed once for all.
  const first = columns >= d ? 0 : start % d
  const needed = Math.min(d, columns)
  for (let held = 0; held < needed; ) {
    const at = (first + held) % d
    const run = Math.min(d - at, needed - held)
    kernels.transpose(count, run, x.subarray(from * d + at), d, xt.subarray(held * BLOCK), BLOCK)
    held += run
  }
  for (let c = 0; c < columns; ) {
    const pattern = Math.floor((start + c) / d)
    const column = (start + c) % d
    const run = Math.min(d - column, columns - c)
    const bits = words.subarray(pattern * stride + from / 32)
    const held = (column - first + d) % d
    kernels.maskedPanel(bits, run, count, xt.subarray(held * BLOCK), BLOCK, out.subarray(c * BLOCK), BLOCK)
    c += run
  }
}

/** Copies the finished tile to the other side of the diagonal; on the diagonal the lower half rules. */
function mirror(
  kernels: Kernels,
  tile: Float64Array,
  out: Float64Array,
  i: number,
  j: number,
  rows: number,
  cols: number,
  width: number,
): void {
  if (i !== j) kernels.transpose(rows, cols, tile, width, out.subarray(j * width + i), width)
  else for (let p = 0; p < rows; p++) for (let q = 0; q < p; q++) tile[q * width + p] = tile[p * width + q]
}

/**
 * Y_k ← F_k Xᵀ D_k for a panel of patterns, stacked: Y is (P·d) × n. By blocks of rows of X.
 * numbers: n, d, P (of this panel), stride; arrays: X, words, F ((P·d) × d), Y.
 */
const gatedFactors: Operation = {
  tasks: ([n]) => Math.ceil(n / BLOCK),
  flops: ([n, d, patterns]) => 2 * n * d * d * patterns,
  writes: [3],
  run(task, { numbers: [n, d, patterns, stride], arrays }, kernels) {
    const [x, words, factors, out] = arrays as [Float64Array, Uint32Array, Float64Array, Float64Array]
    const from = task * BLOCK
    const count = Math.min(BLOCK, n - from)
    const columns = out.subarray(from)
    kernels.gemm(false, true, patterns * d, count, d, 1, factors, d, x.subarray(from * d), d, 0, columns, n)
    for (let k = 0; k < patterns; k++) {
      const block = columns.subarray(k * d * n)
      kernels.maskedPanel(words.subarray(k * stride + from / 32), d, count, block, n, block, n)
    }
  },
}

/** C ← alpha·op(A)·op(B) + beta·C by tiles of C. numbers: transA, transB, m, n, k, alpha, lda, ldb, beta, ldc; arrays: A, B, C. */
const gemm: Operation = {
  tasks: ([, , m, n]) => tileCount(m, n, 0),
  flops: ([, , m, n, k]) => 2 * m * n * k,
  writes: [2],
  run(task, { numbers: [transA, transB, m, n, k, alpha, lda, ldb, beta, ldc], arrays }, kernels) {
    const [a, b, c] = arrays as [Float64Array, Float64Array, Float64Array]
    const [i, j] = tileAt(task, m, n, 0)
    const [rows, cols] = [Math.min(TILE, m - i), Math.min(TILE, n - j)]
    const left = a.subarray(transA ? i : i * lda)
    const right = b.subarray(transB ? j * ldb : j)
    const tile = c.subarray(i * ldc + j)
    kernels.gemm(transA === 1, transB === 1, rows, cols, k, alpha, left, lda, right, ldb, beta, tile, ldc)
  },
}

/** Lower triangle of C ← alpha·op(A)·op(A)ᵀ + beta·C by tiles of C. numbers: trans, n, k, alpha, lda, beta, ldc; arrays: A, C. */
const syrk: Operation = {
  tasks: ([, n]) => tileCount(n, n, 1),
  flops: ([, n, k]) => n * n * k,
  writes: [1],
  run(task, { numbers: [trans, n, k, alpha, lda, beta, ldc], arrays }, kernels) {
    const [a, c] = arrays as [Float64Array, Float64Array]
    const [i, j] = tileAt(task, n, n, 1)
    const [rows, cols] = [Math.min(TILE, n - i), Math.min(TILE, n - j)]
    const left = a.subarray(trans ? i : i * lda)
    const tile = c.subarray(i * ldc + j)
    if (i === j) kernels.syrk(trans === 1, rows, k, alpha, left, lda, beta, tile, ldc)
    else {
      const right = a.subarray(trans ? j : j * lda)
      kernels.gemm(trans === 1, trans === 0, rows, cols, k, alpha, left, lda, right, lda, beta, tile, ldc)
    }
  },
}

/** Every shared operation by name. */
export const operations = { gatedForward, gatedAdjoint, gatedGram, gatedFactors, gemm, syrk } as const satisfies Record<
  string,
  Operation
>

export type OperationName = 'gatedForward' | 'gatedAdjoint' | 'gatedGram' | 'gatedFactors' | 'gemm' | 'syrk'

/** Tiles of a rows × cols matrix, or of its lower triangle. */
function tileCount(rows: number, cols: number, symmetric: number): number {
  const [down, across] = [Math.ceil(rows / TILE), Math.ceil(cols / TILE)]
  return symmetric === 1 ? (down * (down + 1)) / 2 : down * across
}

/** First row and column of a tile, in the order of rows. */
function tileAt(task: number, _rows: number, cols: number, symmetric: number): [number, number] {
  if (symmetric === 1) {
    let row = 0
    while (((row + 1) * (row + 2)) / 2 <= task) row++
    return [row * TILE, (task - (row * (row + 1)) / 2) * TILE]
  }
  const across = Math.ceil(cols / TILE)
  return [Math.floor(task / across) * TILE, (task % across) * TILE]
}
