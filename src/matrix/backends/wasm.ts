/**
 * The embedded backend: AssemblyScript kernels over the arena, in Node and browsers.
 *
 * Arrays that lie in the arena are passed as byte offsets. Others are staged: copied piece by piece into this thread's
 * workspace, worked on and copied back, in the same order of summation, so that where an array lies never changes a bit.
 * @module
 */
import type { Kernels } from '../compute.ts'
import { checkBits, checkMatrix, checkPowerOfTwo, checkSketch, checkVector, checkWords } from './check.ts'
import { jsKernels } from './js.ts'
import { STAGE_BYTES, STAGE_NUMBERS, Stage, type WasmMemory } from './stage.ts'
import type { Exports, Product } from './wasmModule.ts'

/** Side of a staged piece of a product; its depth is that of the kernel's own blocks, which keeps the bits. */
const TILE = 256
/** Rows below which the triangular solve and the symmetric product stop splitting. */
const BAND = 64
/** Columns and patterns that a gated kernel is given at once. */
const [COLUMNS, PANEL] = [64, 512]
/** Numbers of a vector worked on at once, staged or not. */
const CHUNK = 8192

/** Bytes that one thread's kernels need in the arena. */
export function workspaceSize(exports: Exports): number {
  return exports.workspaceBytes() + 8 * BAND * BAND + STAGE_BYTES
}

/**
 * Runs the kernels that carry the work often enough, on little data, for the engine to compile them with optimisation:
 * a function that is already running is never exchanged, so a first large call would be slow to its end. `room` lies in
 * the arena and holds at least 20000 numbers. Cost: some milliseconds.
 */
export function warmUp(kernels: Kernels, room: Float64Array): void {
  const [n, square] = [64, 64 * 64]
  const [a, b, c] = [room.subarray(0, square), room.subarray(square, 2 * square), room.subarray(2 * square, 3 * square)]
  room.fill(0, 0, 4 * square)
  const words = new Uint32Array(room.buffer, room.byteOffset + 24 * square, square)
  for (let round = 0; round < 12; round++) {
    kernels.gemm(false, round % 2 === 1, n, n, n, 1, a, n, b, n, 0, c, n)
    kernels.gatedForward(words, 2, 16, n, a, n, n, b, c)
    c[round] = 1
    kernels.gatedAdjoint(words, 2, 16, n, a, n, n, c, b)
  }
  room.fill(0, 0, 4 * square)
}

/** Kernels over `memory`; this thread's workspace of `workspaceSize(exports)` bytes begins at `work`. */
export function wasmKernels(exports: Exports, memory: WasmMemory, work: number): Kernels {
  const cornerAt = work + exports.workspaceBytes()
  const corner = new Float64Array(memory.memory.buffer, cornerAt, BAND * BAND)
  const stage = new Stage(memory, cornerAt + 8 * BAND * BAND)

  function multiply<T extends Float64Array | Float32Array>(
    product: Product,
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
    if (m === 0 || n === 0) return
    const step = stage.holds(a, b, c) ? Number.POSITIVE_INFINITY : TILE
    for (let i = 0; i < m; i += step)
      for (let j = 0; j < n; j += step)
        for (let p = 0; p === 0 || p < k; p += step) {
          const [rows, cols, depth] = [Math.min(step, m - i), Math.min(step, n - j), Math.min(step, k - p)]
          const scale = p === 0 ? beta : 1
          stage.begin()
          const pa = transA
            ? stage.matrix(a, p * lda + i, depth, rows, lda)
            : stage.matrix(a, i * lda + p, rows, depth, lda)
          const pb = transB
            ? stage.matrix(b, j * ldb + p, cols, depth, ldb)
            : stage.matrix(b, p * ldb + j, depth, cols, ldb)
          const pc = stage.matrix(c, i * ldc + j, rows, cols, ldc, scale === 0 ? 'write' : 'update')
          const [rowA, colA] = transA ? [1, pa.ld] : [pa.ld, 1]
          const [rowB, colB] = transB ? [1, pb.ld] : [pb.ld, 1]
          product(rows, cols, depth, alpha, pa.at, rowA, colA, pb.at, rowB, colB, scale, pc.at, pc.ld, work)
          stage.end()
        }
  }

  /** B ← op(L)⁻¹·alpha·B by halves: [L11; L21 L22], so that nearly all work is a product. */
  function solve(
    trans: boolean,
    m: number,
    n: number,
    alpha: number,
    l: Float64Array,
    ldl: number,
    b: Float64Array,
    ldb: number,
  ): void {
    if (m > BAND) {
      const half = BAND * Math.ceil(m / (2 * BAND))
      const [corner, below] = [l.subarray(half * ldl + half), l.subarray(half * ldl)]
      const [first, second] = trans ? [b.subarray(half * ldb), b] : [b, b.subarray(half * ldb)]
      const [sizeFirst, sizeSecond] = trans ? [m - half, half] : [half, m - half]
      solve(trans, sizeFirst, n, alpha, trans ? corner : l, ldl, first, ldb)
      multiply(exports.dgemm, trans, false, sizeSecond, n, sizeFirst, -1, below, ldl, first, ldb, alpha, second, ldb)
      solve(trans, sizeSecond, n, 1, trans ? l : corner, ldl, second, ldb)
      return
    }
    for (let j = 0; j < n; j += 1024) {
      const cols = Math.min(1024, n - j)
      stage.begin()
      const pl = stage.matrix(l, 0, m, m, ldl)
      const pb = stage.matrix(b, j, m, cols, ldb, 'update')
      exports.trsm(trans, m, cols, alpha, pl.at, pl.ld, pb.at, pb.ld)
      stage.end()
    }
  }

  const kernels: Kernels = {
    name: 'wasm',

    gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      checkMatrix('gemm A', a, transA ? k : m, transA ? m : k, lda, 'Float64Array')
      checkMatrix('gemm B', b, transB ? n : k, transB ? k : n, ldb, 'Float64Array')
      checkMatrix('gemm C', c, m, n, ldc, 'Float64Array')
      multiply(exports.dgemm, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
    },

    sgemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      checkMatrix('sgemm A', a, transA ? k : m, transA ? m : k, lda, 'Float32Array')
      checkMatrix('sgemm B', b, transB ? n : k, transB ? k : n, ldb, 'Float32Array')
      checkMatrix('sgemm C', c, m, n, ldc, 'Float32Array')
      multiply(exports.sgemm, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
    },

    gemv(trans, m, n, alpha, a, lda, x, beta, y) {
      checkMatrix('gemv A', a, m, n, lda, 'Float64Array')
      checkVector('gemv x', x, trans ? m : n, 'Float64Array')
      checkVector('gemv y', y, trans ? n : m, 'Float64Array')
      const rowStep = stage.holds(a) ? CHUNK : 16
      for (let i = 0; i === 0 || i < m; i += rowStep)
        for (let j = 0; j === 0 || j < n; j += CHUNK) {
          const [rows, cols] = [Math.min(rowStep, m - i), Math.min(CHUNK, n - j)]
          const scale = (trans ? i : j) === 0 ? beta : 1
          const [from, to, long] = trans ? [i, j, cols] : [j, i, rows]
          stage.begin()
          const pa = stage.matrix(a, i * lda + j, rows, cols, lda)
          const px = stage.matrix(x, from, 1, trans ? rows : cols, 0)
          const py = stage.matrix(y, to, 1, long, 0, scale === 0 ? 'write' : 'update')
          const run = trans ? exports.gemvT : exports.gemv
          run(rows, cols, alpha, pa.at, pa.ld, px.at, scale, py.at)
          stage.end()
        }
    },

    syrk(trans, n, k, alpha, a, lda, beta, c, ldc) {
      checkMatrix('syrk A', a, trans ? k : n, trans ? n : k, lda, 'Float64Array')
      checkMatrix('syrk C', c, n, n, ldc, 'Float64Array')
      // Bands of rows, each up to its diagonal; the corner on the diagonal is made whole, and its upper half dropped.
      for (let i = 0; i < n; i += BAND) {
        const rows = Math.min(BAND, n - i)
        const band = a.subarray(trans ? i : i * lda)
        multiply(exports.dgemm, trans, !trans, rows, i, k, alpha, band, lda, a, lda, beta, c.subarray(i * ldc), ldc)
        multiply(exports.dgemm, trans, !trans, rows, rows, k, alpha, band, lda, band, lda, 0, corner, BAND)
        for (let p = 0; p < rows; p++)
          for (let q = 0, at = (i + p) * ldc + i; q <= p; q++, at++)
            c[at] = corner[p * BAND + q] + (beta === 0 ? 0 : beta * c[at])
      }
    },

    trsm(trans, m, n, alpha, l, ldl, b, ldb) {
      checkMatrix('trsm L', l, m, m, ldl, 'Float64Array')
      checkMatrix('trsm B', b, m, n, ldb, 'Float64Array')
      if (m > 0 && n > 0) solve(trans, m, n, alpha, l, ldl, b, ldb)
    },

    transpose(rows, cols, a, lda, out, ldo) {
      checkMatrix('transpose A', a, rows, cols, lda, 'Float64Array')
      checkMatrix('transpose out', out, cols, rows, ldo, 'Float64Array')
      const step = stage.holds(a, out) ? Number.POSITIVE_INFINITY : TILE
      for (let i = 0; i < rows; i += step)
        for (let j = 0; j < cols; j += step) {
          const [height, width] = [Math.min(step, rows - i), Math.min(step, cols - j)]
          stage.begin()
          const from = stage.matrix(a, i * lda + j, height, width, lda)
          const to = stage.matrix(out, j * ldo + i, width, height, ldo, 'write')
          exports.transpose(height, width, from.at, from.ld, to.at, to.ld)
          stage.end()
        }
    },

    dot(x, y) {
      checkVector('dot x', x, x.length, 'Float64Array')
      checkVector('dot y', y, x.length, 'Float64Array')
      let sum = 0
      for (let i = 0; i < x.length; i += CHUNK) {
        const count = Math.min(CHUNK, x.length - i)
        stage.begin()
        sum += exports.dot(count, stage.matrix(x, i, 1, count, 0).at, stage.matrix(y, i, 1, count, 0).at)
      }
      return sum
    },

    axpy(alpha, x, y) {
      checkVector('axpy x', x, x.length, 'Float64Array')
      checkVector('axpy y', y, x.length, 'Float64Array')
      for (let i = 0; i < x.length; i += CHUNK) {
        const count = Math.min(CHUNK, x.length - i)
        stage.begin()
        const from = stage.matrix(x, i, 1, count, 0)
        exports.axpy(count, alpha, from.at, stage.matrix(y, i, 1, count, 0, 'update').at)
        stage.end()
      }
    },

    // The kernels take 64 columns and 256 or 1024 rows at a time; so do these loops, wherever the arrays lie.
    gatedForward(words, stride, patterns, count, x, ldx, d, u, out) {
      checkWords('gatedForward', words, stride, patterns, count)
      checkMatrix('gatedForward x', x, count, d, ldx, 'Float64Array')
      checkMatrix('gatedForward u', u, patterns, d, d, 'Float64Array')
      checkVector('gatedForward out', out, count, 'Float64Array')
      for (let i = 0; i < count; i += 256)
        for (let k = 0; k < patterns; k += PANEL)
          for (let j = 0; j < d; j += COLUMNS) {
            const [rows, panel, cols] = [
              Math.min(256, count - i),
              Math.min(PANEL, patterns - k),
              Math.min(COLUMNS, d - j),
            ]
            stage.begin()
            const bits = stage.matrix(words, k * stride + i / 32, panel, Math.ceil(rows / 32), stride)
            const px = stage.matrix(x, i * ldx + j, rows, cols, ldx)
            const pu = stage.matrix(u, k * d + j, panel, cols, d)
            const to = stage.matrix(out, i, 1, rows, 0, 'update')
            exports.gatedForward(bits.at, bits.ld, panel, rows, px.at, px.ld, cols, pu.at, pu.ld, to.at, work)
            stage.end()
          }
    },

    gatedAdjoint(words, stride, patterns, count, x, ldx, d, r, out) {
      checkWords('gatedAdjoint', words, stride, patterns, count)
      checkMatrix('gatedAdjoint x', x, count, d, ldx, 'Float64Array')
      checkVector('gatedAdjoint r', r, count, 'Float64Array')
      checkMatrix('gatedAdjoint out', out, patterns, d, d, 'Float64Array')
      for (let i = 0; i < count; i += 1024)
        for (let k = 0; k < patterns; k += PANEL)
          for (let j = 0; j < d; j += COLUMNS) {
            const [rows, panel, cols] = [
              Math.min(1024, count - i),
              Math.min(PANEL, patterns - k),
              Math.min(COLUMNS, d - j),
            ]
            stage.begin()
            const bits = stage.matrix(words, k * stride + i / 32, panel, Math.ceil(rows / 32), stride)
            const px = stage.matrix(x, i * ldx + j, rows, cols, ldx)
            const pr = stage.matrix(r, i, 1, rows, 0)
            const to = stage.matrix(out, k * d + j, panel, cols, d, 'update')
            exports.gatedAdjoint(bits.at, bits.ld, panel, rows, px.at, px.ld, cols, pr.at, to.at, to.ld, work)
            stage.end()
          }
    },

    maskedSum(words, stride, patterns, count, z, ldz, out) {
      checkBits('maskedSum', words, stride, patterns, count)
      checkMatrix('maskedSum z', z, patterns, count, ldz, 'Float64Array')
      checkVector('maskedSum out', out, count, 'Float64Array')
      const step = stage.holds(words, z, out) ? Number.POSITIVE_INFINITY : TILE
      for (let k = 0; k < patterns; k += step) {
        const panel = Math.min(step, patterns - k)
        stage.begin()
        const bits = stage.matrix(words, k * stride, panel, Math.ceil(count / 32), stride)
        const from = stage.matrix(z, k * ldz, panel, count, ldz)
        const to = stage.matrix(out, 0, 1, count, 0, 'update')
        exports.maskedSum(bits.at, bits.ld, panel, count, from.at, from.ld, to.at)
        stage.end()
      }
    },

    maskedSpread(words, stride, patterns, count, r, out, ldo) {
      checkBits('maskedSpread', words, stride, patterns, count)
      checkVector('maskedSpread r', r, count, 'Float64Array')
      checkMatrix('maskedSpread out', out, patterns, count, ldo, 'Float64Array')
      const step = stage.holds(words, r, out) ? Number.POSITIVE_INFINITY : TILE
      for (let k = 0; k < patterns; k += step) {
        const panel = Math.min(step, patterns - k)
        stage.begin()
        const bits = stage.matrix(words, k * stride, panel, Math.ceil(count / 32), stride)
        const from = stage.matrix(r, 0, 1, count, 0)
        const to = stage.matrix(out, k * ldo, panel, count, ldo, 'write')
        exports.maskedSpread(bits.at, bits.ld, panel, count, from.at, to.at, to.ld)
        stage.end()
      }
    },

    maskedPanel(words, d, count, xt, ldx, out, ldo) {
      checkBits('maskedPanel', words, 0, 1, count)
      checkMatrix('maskedPanel xt', xt, d, count, ldx, 'Float64Array')
      checkMatrix('maskedPanel out', out, d, count, ldo, 'Float64Array')
      const step = stage.holds(words, xt, out) ? Number.POSITIVE_INFINITY : TILE
      for (let j = 0; j < d; j += step) {
        const rows = Math.min(step, d - j)
        stage.begin()
        const bits = stage.matrix(words, 0, 1, Math.ceil(count / 32), 0)
        const from = stage.matrix(xt, j * ldx, rows, count, ldx)
        const to = stage.matrix(out, j * ldo, rows, count, ldo, 'write')
        exports.maskedPanel(bits.at, rows, count, from.at, from.ld, to.at, to.ld)
        stage.end()
      }
    },

    fwht(a, rows, cols) {
      checkPowerOfTwo(rows)
      checkMatrix('fwht', a, rows, cols, cols, 'Float64Array')
      transform(a, rows, cols)
    },

    countSketch(a, rows, cols, bucket, sign, out) {
      checkSketch(a, rows, cols, bucket, sign, out)
      const buckets = cols === 0 ? 0 : Math.floor(out.length / cols)
      // The whole height of `out` must be at hand, so only columns can be staged apart; a taller one is worked in place.
      const width = stage.holds(out) ? cols : Math.min(cols, Math.floor(STAGE_NUMBERS / 2 / buckets))
      const height = stage.holds(a, bucket, sign) ? rows : Math.min(CHUNK, Math.floor(STAGE_NUMBERS / 4 / width))
      if (width === 0 || height === 0) return jsKernels.countSketch(a, rows, cols, bucket, sign, out)
      for (let j = 0; j < cols; j += width) {
        const wide = Math.min(width, cols - j)
        for (let i = 0; i < rows; i += height) {
          const tall = Math.min(height, rows - i)
          stage.begin()
          const from = stage.matrix(a, i * cols + j, tall, wide, cols)
          const [pb, ps] = [stage.matrix(bucket, i, 1, tall, 0), stage.matrix(sign, i, 1, tall, 0)]
          const to = stage.matrix(out, j, buckets, wide, cols, 'update')
          exports.countSketch(from.at, from.ld, tall, wide, pb.at, ps.at, to.at, to.ld)
          stage.end()
        }
      }
    },
  }

  /** Halves that are too large to be staged are joined here; the additions are those of the kernel. */
  function transform(a: Float64Array, rows: number, cols: number): void {
    if (rows === 1) return
    if (stage.holds(a) || rows * cols <= STAGE_NUMBERS) {
      stage.begin()
      exports.fwht(stage.matrix(a, 0, rows, cols, cols, 'update').at, rows, cols)
      stage.end()
      return
    }
    const half = (rows / 2) * cols
    transform(a.subarray(0, half), rows / 2, cols)
    transform(a.subarray(half), rows / 2, cols)
    for (let t = 0; t < half; t++) {
      const [p, q] = [a[t], a[t + half]]
      a[t] = p + q
      a[t + half] = p - q
    }
  }

  return kernels
}
