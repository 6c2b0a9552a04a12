// Products with 0/1 diagonal matrices held as bits: four samples at a time, a nibble of bits looked up as two vectors of
// lane masks (sixteen entries of 32 bytes).

const LANES: usize = memory.data<u64>([
  0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 0, 0, -1, -1, 0, 0, 0, 0, -1, 0, -1, 0, -1, 0, 0, -1, -1, 0, -1, -1, -1, 0,
  0, 0, 0, -1, -1, 0, 0, -1, 0, -1, 0, -1, -1, -1, 0, -1, 0, 0, -1, -1, -1, 0, -1, -1, 0, -1, -1, -1, -1, -1, -1, -1,
], 16)

// @ts-ignore: decorator
@inline
function lanes(words: usize, i: usize): usize {
  return LANES + (((<usize>load<u8>(words + (i >> 3)) >> (i & 4)) & 15) << 5)
}

// @ts-ignore: decorator
@inline
function bit(words: usize, i: usize): bool {
  return ((load<u8>(words + (i >> 3)) >> <u8>(i & 7)) & 1) == 1
}

// out[i] += Σ_k bit(k, i)·z[k·ldz + i]; stride in words. Patterns are added one after the other, whatever the count.
export function maskedSum(
  words: usize, stride: usize, patterns: usize, count: usize, z: usize, ldz: usize, out: usize,
): void {
  const even = count & ~3
  let k: usize = 0
  for (; k + 2 <= patterns; k += 2) {
    const w0 = words + k * stride * 4
    const w1 = w0 + stride * 4
    const z0 = z + k * ldz * 8
    const z1 = z0 + ldz * 8
    for (let i: usize = 0; i < even; i += 4) {
      const m0 = lanes(w0, i)
      const m1 = lanes(w1, i)
      const at = out + i * 8
      const lo = f64x2.add(v128.load(at), v128.and(v128.load(z0 + i * 8), v128.load(m0)))
      const hi = f64x2.add(v128.load(at, 16), v128.and(v128.load(z0 + i * 8, 16), v128.load(m0, 16)))
      v128.store(at, f64x2.add(lo, v128.and(v128.load(z1 + i * 8), v128.load(m1))))
      v128.store(at, f64x2.add(hi, v128.and(v128.load(z1 + i * 8, 16), v128.load(m1, 16))), 16)
    }
  }
  if (k < patterns) {
    const w0 = words + k * stride * 4
    const z0 = z + k * ldz * 8
    for (let i: usize = 0; i < even; i += 4) {
      const m0 = lanes(w0, i)
      const at = out + i * 8
      v128.store(at, f64x2.add(v128.load(at), v128.and(v128.load(z0 + i * 8), v128.load(m0))))
      v128.store(at, f64x2.add(v128.load(at, 16), v128.and(v128.load(z0 + i * 8, 16), v128.load(m0, 16))), 16)
    }
  }
  for (let i = even; i < count; i++)
    for (let p: usize = 0; p < patterns; p++)
      if (bit(words + p * stride * 4, i))
        store<f64>(out + i * 8, load<f64>(out + i * 8) + load<f64>(z + (p * ldz + i) * 8))
}

// @ts-ignore: decorator
@inline
function maskedRow(words: usize, count: usize, from: usize, to: usize): void {
  const even = count & ~3
  for (let i: usize = 0; i < even; i += 4) {
    const m = lanes(words, i)
    v128.store(to + i * 8, v128.and(v128.load(from + i * 8), v128.load(m)))
    v128.store(to + i * 8, v128.and(v128.load(from + i * 8, 16), v128.load(m, 16)), 16)
  }
  for (let i = even; i < count; i++) store<f64>(to + i * 8, bit(words, i) ? load<f64>(from + i * 8) : 0)
}

// out[k·ldo + i] = bit(k, i)·r[i].
export function maskedSpread(
  words: usize, stride: usize, patterns: usize, count: usize, r: usize, out: usize, ldo: usize,
): void {
  for (let k: usize = 0; k < patterns; k++) maskedRow(words + k * stride * 4, count, r, out + k * ldo * 8)
}

// out[j·ldo + i] = bit(i)·x[j·ldx + i]; out may be x.
export function maskedPanel(words: usize, d: usize, count: usize, x: usize, ldx: usize, out: usize, ldo: usize): void {
  for (let j: usize = 0; j < d; j++) maskedRow(words, count, x + j * ldx * 8, out + j * ldo * 8)
}
