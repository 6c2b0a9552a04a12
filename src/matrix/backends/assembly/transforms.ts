// Walsh–Hadamard transform, CountSketch and transposition.

// Numbers that are transformed level by level; above that the quarters go first, each while it is in the cache.
const LEAF: usize = 2048

// H a in place for every column of a rows × cols matrix, rows = 2^p, by radix 4: H_{4q} = H_4 ⊗ H_q. A butterfly between
// rows q apart is one between stretches of q·cols numbers, so the columns need no loop of their own.
export function fwht(a: usize, rows: usize, cols: usize): void {
  if (rows >= 4 && rows * cols > LEAF) {
    const quarter = rows >> 2
    const bytes = quarter * cols * 8
    fwht(a, quarter, cols)
    fwht(a + bytes, quarter, cols)
    fwht(a + 2 * bytes, quarter, cols)
    fwht(a + 3 * bytes, quarter, cols)
    radix4(a, quarter * cols)
    return
  }
  const end = a + rows * cols * 8
  let length = cols
  let done: usize = 1
  for (; done * 4 <= rows; done *= 4, length *= 4)
    for (let at = a; at < end; at += 4 * length * 8) radix4(at, length)
  if (done < rows) for (let at = a; at < end; at += 2 * length * 8) radix2(at, length)
}

function radix4(a: usize, length: usize): void {
  const step = length * 8
  const b = a + step, c = b + step, d = c + step
  const even = (length & ~1) * 8
  for (let t: usize = 0; t < even; t += 16) {
    const p = v128.load(a + t), q = v128.load(b + t), r = v128.load(c + t), s = v128.load(d + t)
    const pq = f64x2.add(p, q), pmq = f64x2.sub(p, q), rs = f64x2.add(r, s), rms = f64x2.sub(r, s)
    v128.store(a + t, f64x2.add(pq, rs))
    v128.store(b + t, f64x2.add(pmq, rms))
    v128.store(c + t, f64x2.sub(pq, rs))
    v128.store(d + t, f64x2.sub(pmq, rms))
  }
  if (even < step) {
    const p = load<f64>(a + even), q = load<f64>(b + even), r = load<f64>(c + even), s = load<f64>(d + even)
    store<f64>(a + even, p + q + (r + s))
    store<f64>(b + even, p - q + (r - s))
    store<f64>(c + even, p + q - (r + s))
    store<f64>(d + even, p - q - (r - s))
  }
}

function radix2(a: usize, length: usize): void {
  const step = length * 8
  const b = a + step
  const even = (length & ~1) * 8
  for (let t: usize = 0; t < even; t += 16) {
    const p = v128.load(a + t), q = v128.load(b + t)
    v128.store(a + t, f64x2.add(p, q))
    v128.store(b + t, f64x2.sub(p, q))
  }
  if (even < step) {
    const p = load<f64>(a + even), q = load<f64>(b + even)
    store<f64>(a + even, p + q)
    store<f64>(b + even, p - q)
  }
}

// out[bucket[i]·ldo + j] += sign[i]·a[i·lda + j].
export function countSketch(
  a: usize, lda: usize, rows: usize, cols: usize, bucket: usize, sign: usize, out: usize, ldo: usize,
): void {
  const quad = cols & ~3
  for (let i: usize = 0; i < rows; i++) {
    const from = a + i * lda * 8
    const to = out + <usize>load<u32>(bucket + i * 4) * ldo * 8
    const s = load<f64>(sign + i * 8)
    const factor = f64x2.splat(s)
    for (let j: usize = 0; j < quad * 8; j += 32) {
      v128.store(to + j, f64x2.add(v128.load(to + j), f64x2.mul(factor, v128.load(from + j))))
      v128.store(to + j, f64x2.add(v128.load(to + j, 16), f64x2.mul(factor, v128.load(from + j, 16))), 16)
    }
    for (let j = quad * 8; j < cols * 8; j += 8) store<f64>(to + j, load<f64>(to + j) + s * load<f64>(from + j))
  }
}

// out[j·ldo + i] = a[i·lda + j], in squares of 16 so that both sides stay in the cache.
export function transpose(rows: usize, cols: usize, a: usize, lda: usize, out: usize, ldo: usize): void {
  for (let i0: usize = 0; i0 < rows; i0 += 16)
    for (let j0: usize = 0; j0 < cols; j0 += 16) {
      const iEnd = min(i0 + 16, rows)
      const jEnd = min(j0 + 16, cols)
      let i = i0
      for (; i + 2 <= iEnd; i += 2) {
        let j = j0
        for (; j + 2 <= jEnd; j += 2) {
          const from = a + (i * lda + j) * 8
          const to = out + (j * ldo + i) * 8
          const x = v128.load(from)
          const y = v128.load(from + lda * 8)
          v128.store(to, v128.shuffle<f64>(x, y, 0, 2))
          v128.store(to + ldo * 8, v128.shuffle<f64>(x, y, 1, 3))
        }
        if (j < jEnd) {
          store<f64>(out + (j * ldo + i) * 8, load<f64>(a + (i * lda + j) * 8))
          store<f64>(out + (j * ldo + i + 1) * 8, load<f64>(a + ((i + 1) * lda + j) * 8))
        }
      }
      if (i < iEnd)
        for (let j = j0; j < jEnd; j++) store<f64>(out + (j * ldo + i) * 8, load<f64>(a + (i * lda + j) * 8))
    }
}
