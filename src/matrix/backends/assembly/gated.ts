// The gated operator without multiplying by masks: four patterns at a time have only sixteen combinations.
//
// Forward: for each group of four patterns the sixteen sums of their vectors u are tabled, a row adds the one that its
// four bits name, and only the finished sum meets x: f_i = x_i · Σ_k bit(k, i)·u_k. Adjoint: a row adds r_i·x_i to one of
// sixteen buckets, and at the end each pattern collects the eight buckets whose name has its bit. That is one addition
// where the matrix product has four multiplications and four additions (the method of four Russians: V. L. Arlazarov,
// E. A. Dinic, M. A. Kronrod, I. A. Faradzhev, On economical construction of the transitive closure, 1970).
//
// Four groups go together, so that one load of the row serves sixteen patterns. At most 64 columns at once: tables of
// 32 KiB.

const ROWS: usize = 1024
const SUMS: usize = 256
const WIDTH: usize = 64

const PICK: v128 = i8x16(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)
const BITS: v128 = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128)

// codes[g·ROWS + i]: the four bits of row i in group g, for sixteen patterns and up to ROWS rows.
function codes(words: usize, stride: usize, patterns: usize, count: usize, out: usize): void {
  for (let i: usize = 0; i < count; i += 16)
    for (let g: usize = 0; g < 4; g++) {
      let code = i8x16.splat(0)
      for (let p: usize = 0; p < 4 && g * 4 + p < patterns; p++) {
        const half = load<u16>(words + (g * 4 + p) * stride * 4 + (i >> 3))
        const rows = v128.and(i8x16.swizzle(i16x8.splat(half), PICK), BITS)
        code = v128.or(code, v128.and(i8x16.eq(rows, BITS), i8x16.splat(<i8>(<i32>1 << <i32>p))))
      }
      v128.store(out + g * ROWS + i, code)
    }
}

// out[i] += Σ_k bit(k, i)·x_i·u_k over `cols` ≤ 64 columns and `count` ≤ 256 rows.
export function gatedForward(
  words: usize, stride: usize, patterns: usize, count: usize,
  x: usize, ldx: usize, cols: usize, u: usize, ldu: usize, out: usize, work: usize,
): void {
  const row = ((cols + 3) & ~3) * 8
  const tables = work + 4 * ROWS
  const sums = tables + 64 * WIDTH * 8
  memory.fill(sums, 0, count * row)
  for (let k: usize = 0; k < patterns; k += 16) {
    const here = min<usize>(16, patterns - k)
    codes(words + k * stride * 4, stride, here, count, work)
    for (let g: usize = 0; g < 16; g += 4) {
      const vectors: usize = g < here ? min<usize>(4, here - g) : 0
      table(tables + g * 4 * row, row, cols, u + (k + g) * ldu * 8, ldu, vectors)
    }
    let to = sums
    for (let i: usize = 0; i < count; i++) {
      const t0 = tables + <usize>load<u8>(work + i) * row
      const t1 = tables + (16 + <usize>load<u8>(work + ROWS + i)) * row
      const t2 = tables + (32 + <usize>load<u8>(work + 2 * ROWS + i)) * row
      const t3 = tables + (48 + <usize>load<u8>(work + 3 * ROWS + i)) * row
      for (let t: usize = 0; t < row; t += 32) {
        const lo = f64x2.add(f64x2.add(v128.load(t0 + t), v128.load(t1 + t)), f64x2.add(v128.load(t2 + t), v128.load(t3 + t)))
        const hi = f64x2.add(f64x2.add(v128.load(t0 + t, 16), v128.load(t1 + t, 16)), f64x2.add(v128.load(t2 + t, 16), v128.load(t3 + t, 16)))
        v128.store(to + t, f64x2.add(v128.load(to + t), lo))
        v128.store(to + t, f64x2.add(v128.load(to + t, 16), hi), 16)
      }
      to += row
    }
  }
  const even = (cols & ~1) * 8
  for (let i: usize = 0; i < count; i++) {
    const from = x + i * ldx * 8
    const sum = sums + i * row
    let total = f64x2.splat(0)
    for (let t: usize = 0; t < even; t += 16) total = f64x2.add(total, f64x2.mul(v128.load(from + t), v128.load(sum + t)))
    let value = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1)
    if (even < cols * 8) value += load<f64>(from + even) * load<f64>(sum + even)
    store<f64>(out + i * 8, load<f64>(out + i * 8) + value)
  }
}

// The sixteen sums of up to four vectors, each padded with zeros to a whole row.
function table(to: usize, row: usize, cols: usize, u: usize, ldu: usize, vectors: usize): void {
  memory.fill(to, 0, 16 * row)
  for (let p: usize = 0; p < vectors; p++) {
    const bit: usize = 1 << p
    memory.copy(to + bit * row, u + p * ldu * 8, cols * 8)
    for (let m: usize = 1; m < bit; m++)
      for (let t: usize = 0; t < row; t += 16)
        v128.store(to + (bit + m) * row + t, f64x2.add(v128.load(to + bit * row + t), v128.load(to + m * row + t)))
  }
}

// out[k·ldo + j] += Σ_i bit(k, i)·r_i·x_ij over `cols` ≤ 64 columns and `count` ≤ 1024 rows.
export function gatedAdjoint(
  words: usize, stride: usize, patterns: usize, count: usize,
  x: usize, ldx: usize, cols: usize, r: usize, out: usize, ldo: usize, work: usize,
): void {
  const row = ((cols + 3) & ~3) * 8
  const bytes = cols * 8
  const quads = bytes & ~31
  const buckets = work + 4 * ROWS
  for (let k: usize = 0; k < patterns; k += 16) {
    const here = min<usize>(16, patterns - k)
    codes(words + k * stride * 4, stride, here, count, work)
    memory.fill(buckets, 0, 64 * row)
    for (let i: usize = 0; i < count; i++) {
      const scale = load<f64>(r + i * 8)
      if (scale == 0) continue
      const factor = f64x2.splat(scale)
      const from = x + i * ldx * 8
      const b0 = buckets + <usize>load<u8>(work + i) * row
      const b1 = buckets + (16 + <usize>load<u8>(work + ROWS + i)) * row
      const b2 = buckets + (32 + <usize>load<u8>(work + 2 * ROWS + i)) * row
      const b3 = buckets + (48 + <usize>load<u8>(work + 3 * ROWS + i)) * row
      let t: usize = 0
      for (; t < quads; t += 32) {
        const lo = f64x2.mul(factor, v128.load(from + t))
        const hi = f64x2.mul(factor, v128.load(from + t, 16))
        v128.store(b0 + t, f64x2.add(v128.load(b0 + t), lo))
        v128.store(b0 + t, f64x2.add(v128.load(b0 + t, 16), hi), 16)
        v128.store(b1 + t, f64x2.add(v128.load(b1 + t), lo))
        v128.store(b1 + t, f64x2.add(v128.load(b1 + t, 16), hi), 16)
        v128.store(b2 + t, f64x2.add(v128.load(b2 + t), lo))
        v128.store(b2 + t, f64x2.add(v128.load(b2 + t, 16), hi), 16)
        v128.store(b3 + t, f64x2.add(v128.load(b3 + t), lo))
        v128.store(b3 + t, f64x2.add(v128.load(b3 + t, 16), hi), 16)
      }
      for (; t < bytes; t += 8) {
        const value = scale * load<f64>(from + t)
        store<f64>(b0 + t, load<f64>(b0 + t) + value)
        store<f64>(b1 + t, load<f64>(b1 + t) + value)
        store<f64>(b2 + t, load<f64>(b2 + t) + value)
        store<f64>(b3 + t, load<f64>(b3 + t) + value)
      }
    }
    for (let p: usize = 0; p < here; p++) collect(buckets + (p >> 2) * 16 * row, row, cols, p & 3, out + (k + p) * ldo * 8)
  }
}

// out[j] += Σ over the eight buckets whose name has bit p.
function collect(buckets: usize, row: usize, cols: usize, p: usize, out: usize): void {
  const bit: usize = 1 << p
  for (let j: usize = 0; j < cols; j++) {
    let sum: f64 = 0
    for (let m: usize = 0; m < 16; m++) if ((m & bit) != 0) sum += load<f64>(buckets + m * row + j * 8)
    store<f64>(out + j * 8, load<f64>(out + j * 8) + sum)
  }
}
