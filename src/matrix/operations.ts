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

/** Side of a tile of a Gram matrix, and least side of one of a product. */
const TILE = 256
/** Patterns of one task of an adjoint. */
const PANEL = 256
/** Numbers that a task may hold beside its operands. */
export const SCRATCH: number = 3 * TILE * BLOCK

export type Operand = Float64Array | Uint32Array

/** An operation with its operands; `numbers` holds shapes and scalars in the order that its entry below takes them apart. */
export interface Job {
  readonly operation: OperationName
  readonly numbers: readonly number[]
  readonly arrays: readonly Operand[]
}

/** How an operation is cut and done. */
export interface Operation {
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
  run(task, { numbers: [n, d, patterns, stride], arrays }, kernels) {
    const [x, words, u, out] = arrays as [Float64Array, Uint32Array, Float64Array, Float64Array]
    const from = task * BLOCK
    const count = Math.min(BLOCK, n - from)
    const sum = out.subarray(from, from + count).fill(0)
    kernels.gatedForward(words.subarray(from / 32), stride, patterns, count, x.subarray(from * d), d, d, u, sum)
  },
}

/**
 * G_k ← Xᵀ D_k r by panels of patterns and slabs of rows; slab 0 writes G, slab s > 0 the s-th part of `partials`, to be
 * added up in order by the caller. numbers: n, d, P, stride, slabs; arrays: X, words, r, G, partials.
 */
const gatedAdjoint: Operation = {
  tasks: ([, , patterns, , slabs]) => slabs * Math.ceil(patterns / PANEL),
  flops: ([n, d, patterns]) => 2 * n * d * patterns,
  writes: [3, 4],
  run(task, { numbers: [n, d, patterns, stride, slabs], arrays }, kernels) {
    const [x, words, r, out, partials] = arrays as [Float64Array, Uint32Array, Float64Array, Float64Array, Float64Array]
    const slab = task % slabs
    const k = PANEL * Math.floor(task / slabs)
    const panel = Math.min(PANEL, patterns - k)
    const sum = slab === 0 ? out.subarray(k * d) : partials.subarray(((slab - 1) * patterns + k) * d)
    const [first, end] = slabOf(slab, slabs, n)
    sum.fill(0, 0, panel * d)
    const bits = words.subarray(k * stride + first / 32)
    kernels.gatedAdjoint(bits, stride, panel, end - first, x.subarray(first * d), d, d, r.subarray(first), sum)
  },
}

/**
 * Slabs into which the rows are cut when there are only `units` other tasks: at most 32 tasks in all, none below 2048
 * rows. By shape alone, since sums over slabs depend on the cut.
 */
export function slabCount(samples: number, units: number): number {
  return Math.max(1, Math.min(Math.floor(samples / 2048), Math.floor(32 / Math.max(1, units))))
}

/** Panels of patterns in an adjoint. */
export function adjointUnits(patterns: number): number {
  return Math.ceil(patterns / PANEL)
}

/** Tiles of a Gram matrix. */
export function gramUnits(rows: number, cols: number, symmetric: number): number {
  return tileCount(rows, cols, symmetric)
}

function slabOf(slab: number, slabs: number, samples: number): [number, number] {
  const height = BLOCK * Math.ceil(samples / (BLOCK * slabs))
  return [Math.min(samples, slab * height), Math.min(samples, (slab + 1) * height)]
}

/**
 * Tiles of [D_a X]ᵀ W [D_b X], by slabs of rows as in the adjoint. numbers: n, d, |L|, |R|, stride of L, stride of R,
 * symmetric (0/1), weighted (0/1), slabs; arrays: X, words of L, words of R, out, partials, w (any when not weighted).
 */
const gatedGram: Operation = {
  tasks: ([, d, left, right, , , symmetric, , slabs]) => slabs * tileCount(left * d, right * d, symmetric),
  flops: ([n, d, left, right, , , symmetric]) => (2 * n * left * d * right * d) / (1 + symmetric),
  writes: [3, 4],
  run(task, { numbers: [n, d, left, right, strideL, strideR, symmetric, weighted, slabs], arrays }, kernels, scratch) {
    const [x, wordsL, wordsR] = arrays as [Float64Array, Uint32Array, Uint32Array]
    const [whole, partials, w] = arrays.slice(3) as [Float64Array, Float64Array, Float64Array]
    const width = right * d
    const slab = task % slabs
    const out = slab === 0 ? whole : partials.subarray((slab - 1) * left * d * width)
    const [first, end] = slabOf(slab, slabs, n)
    const [i, j] = tileAt(Math.floor(task / slabs), width, symmetric)
    const [rows, cols] = [Math.min(TILE, left * d - i), Math.min(TILE, width - j)]
    const [xt, panelL, panelR] = [0, 1, 2].map(s => scratch.subarray(s * TILE * BLOCK, (s + 1) * TILE * BLOCK))
    const tile = out.subarray(i * width + j, (i + rows - 1) * width + j + cols)
    if (first === end) for (let p = 0; p < rows; p++) tile.fill(0, p * width, p * width + cols)
    for (let from = first; from < end; from += BLOCK) {
      const count = Math.min(BLOCK, end - from)
      maskedColumns(kernels, x, d, wordsL, strideL, from, count, i, rows, xt, panelL)
      maskedColumns(kernels, x, d, wordsR, strideR, from, count, j, cols, xt, panelR)
      if (weighted === 1)
        for (let p = 0; p < rows; p++) for (let q = 0; q < count; q++) panelL[p * BLOCK + q] *= w[from + q]
      const beta = from === first ? 0 : 1
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
  tasks: ([, , m, n]) => tileCount(m, n, 0, TILE, width(m)),
  flops: ([, , m, n, k]) => 2 * m * n * k,
  writes: [2],
  run(task, { numbers: [transA, transB, m, n, k, alpha, lda, ldb, beta, ldc], arrays }, kernels) {
    const [a, b, c] = arrays as [Float64Array, Float64Array, Float64Array]
    const [i, j] = tileAt(task, n, 0, TILE, width(m))
    const [rows, cols] = [Math.min(TILE, m - i), Math.min(width(m), n - j)]
    const left = a.subarray(transA ? i : i * lda)
    const right = b.subarray(transB ? j * ldb : j)
    const tile = c.subarray(i * ldc + j)
    kernels.gemm(transA === 1, transB === 1, rows, cols, k, alpha, left, lda, right, ldb, beta, tile, ldc)
  },
}

/** Lower triangle of C ← alpha·op(A)·op(A)ᵀ + beta·C by tiles of C. numbers: trans, n, k, alpha, lda, beta, ldc; arrays: A, C. */
const syrk: Operation = {
  tasks: ([, n]) => tileCount(n, n, 1, side(n)),
  flops: ([, n, k]) => n * n * k,
  writes: [1],
  run(task, { numbers: [trans, n, k, alpha, lda, beta, ldc], arrays }, kernels) {
    const [a, c] = arrays as [Float64Array, Float64Array]
    const [i, j] = tileAt(task, n, 1, side(n))
    const [rows, cols] = [Math.min(side(n), n - i), Math.min(side(n), n - j)]
    const left = a.subarray(trans ? i : i * lda)
    const tile = c.subarray(i * ldc + j)
    if (i === j) kernels.syrk(trans === 1, rows, k, alpha, left, lda, beta, tile, ldc)
    else {
      const right = a.subarray(trans ? j : j * lda)
      kernels.gemm(trans === 1, trans === 0, rows, cols, k, alpha, left, lda, right, lda, beta, tile, ldc)
    }
  },
}

export type OperationName = 'gatedForward' | 'gatedAdjoint' | 'gatedGram' | 'gatedFactors' | 'gemm' | 'syrk'

/** Every shared operation by name. */
export const operations: Readonly<Record<OperationName, Operation>> = {
  gatedForward,
  gatedAdjoint,
  gatedGram,
  gatedFactors,
  gemm,
  syrk,
}

/** Width of the tiles of a product of m rows: wide ones when there are enough of them. */
const width = (m: number): number => (m >= 4 * TILE ? 4 * TILE : m >= 2 * TILE ? 2 * TILE : TILE)
/** Side of the tiles of a symmetric product. */
const side = (n: number): number => (n >= 8 * TILE ? 2 * TILE : TILE)

/** Tiles of a rows × cols matrix, or of its lower triangle. */
function tileCount(rows: number, cols: number, symmetric: number, height = TILE, wide = height): number {
  const [down, across] = [Math.ceil(rows / height), Math.ceil(cols / wide)]
  return symmetric === 1 ? (down * (down + 1)) / 2 : down * across
}

/** First row and column of a tile, in the order of rows. */
function tileAt(task: number, cols: number, symmetric: number, height = TILE, wide = height): [number, number] {
  if (symmetric === 1) {
    let row = 0
    while (((row + 1) * (row + 2)) / 2 <= task) row++
    return [row * height, (task - (row * (row + 1)) / 2) * wide]
  }
  const across = Math.ceil(cols / wide)
  return [Math.floor(task / across) * height, (task % across) * wide]
}
