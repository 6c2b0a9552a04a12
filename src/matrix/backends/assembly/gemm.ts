// C ← alpha·A·B + beta·C with any strides, in 128-bit vectors; compiled for f64 and f32 from this one source.
//
// A is packed in panels of MR rows and B in panels of NR columns, KC deep, so that the innermost loop reads two streams
// in order and keeps MR × NR sums in registers. The tile is what V8's register allocator can hold: it moves all loads of
// a block to its top, so sums + loads + 1 must fit 15 registers. That gives 4 rows × 2 vectors without fused
// multiply-add and 2 × 4 with it. The loop is not unrolled by hand: V8 unrolls it, a hand-unrolled one spills.

// @ts-ignore: decorator
@inline const VECTORS: usize = ASC_FEATURE_RELAXED_SIMD ? 4 : 2
// @ts-ignore: decorator
@inline const MR: usize = ASC_FEATURE_RELAXED_SIMD ? 2 : 4
const MC: usize = 128
const KC: usize = 256
const NC: usize = 512

// Bytes of workspace: a block of A, a block of B, one tile (f64; f32 takes half).
export function workspaceBytes(): usize {
  return (MC * KC + KC * NC) * 8 + 1024
}

export function dgemm(
  m: usize, n: usize, k: usize, alpha: f64,
  a: usize, rowA: usize, colA: usize,
  b: usize, rowB: usize, colB: usize,
  beta: f64, c: usize, ldc: usize, work: usize,
): void {
  gemm<f64>(m, n, k, alpha, a, rowA, colA, b, rowB, colB, beta, c, ldc, work)
}

export function sgemm(
  m: usize, n: usize, k: usize, alpha: f32,
  a: usize, rowA: usize, colA: usize,
  b: usize, rowB: usize, colB: usize,
  beta: f32, c: usize, ldc: usize, work: usize,
): void {
  gemm<f32>(m, n, k, alpha, a, rowA, colA, b, rowB, colB, beta, c, ldc, work)
}

function gemm<T>(
  m: usize, n: usize, k: usize, alpha: T,
  a: usize, rowA: usize, colA: usize,
  b: usize, rowB: usize, colB: usize,
  beta: T, c: usize, ldc: usize, work: usize,
): void {
  const size = sizeof<T>()
  const NR = VECTORS * (16 / size)
  const packedA = work + 1024
  const packedB = packedA + MC * KC * size
  // beta = 0 must not read C (it may hold NaN): the first block of the depth stores. Other betas scale first.
  const fresh = beta == <T>0 && k > 0 && alpha != <T>0
  if (!fresh && beta != <T>1) scale<T>(m, n, beta, c, ldc)
  if (alpha == <T>0) return
  for (let j: usize = 0; j < n; j += NC) {
    const cols = min(NC, n - j)
    for (let p: usize = 0; p < k; p += KC) {
      const depth = min(KC, k - p)
      packColumns<T>(b + (p * rowB + j * colB) * size, colB, rowB, cols, depth, NR, packedB)
      for (let i: usize = 0; i < m; i += MC) {
        const rows = min(MC, m - i)
        packColumns<T>(a + (i * rowA + p * colA) * size, rowA, colA, rows, depth, MR, packedA)
        block<T>(rows, cols, depth, alpha, packedA, packedB, c + (i * ldc + j) * size, ldc, fresh && p == 0, work)
      }
    }
  }
}

function scale<T>(m: usize, n: usize, beta: T, c: usize, ldc: usize): void {
  for (let i: usize = 0; i < m; i++) {
    let at = c + i * ldc * sizeof<T>()
    const end = at + n * sizeof<T>()
    for (; at < end; at += sizeof<T>()) store<T>(at, beta == <T>0 ? <T>0 : beta * load<T>(at))
  }
}

// Panels of `width` lines: out[p·width + w] = source[(start + w)·lineStep + p·depthStep]; lines that are missing are 0.
function packColumns<T>(
  source: usize, lineStep: usize, depthStep: usize, lines: usize, depth: usize, width: usize, out: usize,
): void {
  const size = sizeof<T>()
  const lineBytes = lineStep * size
  const depthBytes = depthStep * size
  for (let start: usize = 0; start < lines; start += width) {
    const from = source + start * lineBytes
    const here = min(width, lines - start)
    if (here == width && lineStep == 1) {
      for (let p: usize = 0; p < depth; p++) {
        const at = from + p * depthBytes
        // Two lines of f32 are half a vector: a whole one would run over the end.
        if (width * size == 8) store<u64>(out, load<u64>(at))
        else for (let w: usize = 0; w < width * size; w += 16) v128.store(out + w, v128.load(at + w))
        out += width * size
      }
    } else if (here == width && depthStep == 1 && size == 8) {
      // Two lines and two depths at a time, turned by shuffles.
      let p: usize = 0
      for (; p + 2 <= depth; p += 2) {
        for (let w: usize = 0; w < width; w += 2) {
          const at = from + w * lineBytes + p * 8
          const x = v128.load(at)
          const y = v128.load(at + lineBytes)
          v128.store(out + w * 8, v128.shuffle<f64>(x, y, 0, 2))
          v128.store(out + (width + w) * 8, v128.shuffle<f64>(x, y, 1, 3))
        }
        out += 2 * width * 8
      }
      if (p < depth) {
        for (let w: usize = 0; w < width; w++) store<f64>(out + w * 8, load<f64>(from + w * lineBytes + p * 8))
        out += width * 8
      }
    } else {
      for (let p: usize = 0; p < depth; p++) {
        for (let w: usize = 0; w < width; w++)
          store<T>(out + w * size, w < here ? load<T>(from + w * lineBytes + p * depthBytes) : <T>0)
        out += width * size
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function madd<T>(a: v128, b: v128, sum: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, sum)
  return v128.add<T>(sum, v128.mul<T>(a, b))
}

// @ts-ignore: decorator
@inline
function put<T>(at: usize, sum: v128, alpha: v128, fresh: bool): void {
  const value = v128.mul<T>(alpha, sum)
  v128.store(at, fresh ? value : v128.add<T>(v128.load(at), value))
}

// @ts-ignore: decorator
@inline
function one<T>(at: usize): v128 {
  if (sizeof<T>() == 8) return v128.load64_splat(at)
  return v128.load32_splat(at)
}

function block<T>(
  rows: usize, cols: usize, depth: usize, alpha: T, packedA: usize, packedB: usize,
  c: usize, ldc: usize, fresh: bool, tile: usize,
): void {
  const size = sizeof<T>()
  const NR = VECTORS * (16 / size)
  const scale = v128.splat<T>(alpha)
  for (let j: usize = 0; j < cols; j += NR) {
    for (let i: usize = 0; i < rows; i += MR) {
      let a = packedA + i * depth * size
      let b = packedB + j * depth * size
      const end = a + MR * depth * size
      let s0 = v128.splat<T>(<T>0), s1 = v128.splat<T>(<T>0), s2 = v128.splat<T>(<T>0), s3 = v128.splat<T>(<T>0)
      let s4 = v128.splat<T>(<T>0), s5 = v128.splat<T>(<T>0), s6 = v128.splat<T>(<T>0), s7 = v128.splat<T>(<T>0)
      if (MR == 4) {
        while (a < end) {
          const b0 = v128.load(b), b1 = v128.load(b, 16)
          const a0 = one<T>(a), a1 = one<T>(a + size), a2 = one<T>(a + 2 * size), a3 = one<T>(a + 3 * size)
          s0 = madd<T>(a0, b0, s0)
          s1 = madd<T>(a0, b1, s1)
          s2 = madd<T>(a1, b0, s2)
          s3 = madd<T>(a1, b1, s3)
          s4 = madd<T>(a2, b0, s4)
          s5 = madd<T>(a2, b1, s5)
          s6 = madd<T>(a3, b0, s6)
          s7 = madd<T>(a3, b1, s7)
          a += 4 * size
          b += 32
        }
      } else {
        while (a < end) {
          const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48)
          const a0 = one<T>(a), a1 = one<T>(a + size)
          s0 = madd<T>(a0, b0, s0)
          s1 = madd<T>(a0, b1, s1)
          s2 = madd<T>(a0, b2, s2)
          s3 = madd<T>(a0, b3, s3)
          s4 = madd<T>(a1, b0, s4)
          s5 = madd<T>(a1, b1, s5)
          s6 = madd<T>(a1, b2, s6)
          s7 = madd<T>(a1, b3, s7)
          a += 2 * size
          b += 64
        }
      }
      // Tiles that hang over the edge are written aside and only their inner part is copied.
      const full = i + MR <= rows && j + NR <= cols
      const at = full ? c + (i * ldc + j) * size : tile
      const down = full ? ldc * size : NR * size
      const start = full ? fresh : true
      if (MR == 4) {
        put<T>(at, s0, scale, start)
        put<T>(at + 16, s1, scale, start)
        put<T>(at + down, s2, scale, start)
        put<T>(at + down + 16, s3, scale, start)
        put<T>(at + 2 * down, s4, scale, start)
        put<T>(at + 2 * down + 16, s5, scale, start)
        put<T>(at + 3 * down, s6, scale, start)
        put<T>(at + 3 * down + 16, s7, scale, start)
      } else {
        put<T>(at, s0, scale, start)
        put<T>(at + 16, s1, scale, start)
        put<T>(at + 32, s2, scale, start)
        put<T>(at + 48, s3, scale, start)
        put<T>(at + down, s4, scale, start)
        put<T>(at + down + 16, s5, scale, start)
        put<T>(at + down + 32, s6, scale, start)
        put<T>(at + down + 48, s7, scale, start)
      }
      if (!full) {
        const height = min(MR, rows - i)
        const width = min(NR, cols - j)
        for (let r: usize = 0; r < height; r++)
          for (let q: usize = 0; q < width; q++) {
            const to = c + ((i + r) * ldc + j + q) * size
            const value = load<T>(tile + (r * NR + q) * size)
            store<T>(to, fresh ? value : load<T>(to) + value)
          }
      }
    }
  }
}
