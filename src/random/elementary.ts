/**
 * Logarithm, sine and cosine from + − × ÷ alone, which IEEE 754 fixes: equal bits in every engine, where `Math.log` and
 * `Math.cos` may differ. Errors stay below 1 ulp (measured).
 * @module
 */

// ln 2 = HI + LO; HI has 32 bits, so that HI·exponent is exact.
const LN2_HI = 0.6931471806019545
const LN2_LO = -4.2009150726810846e-11
// 2π = HI + LO, and HI = HEAD + TAIL with 26 bits each.
const TAU_HI = 6.283185307179586
const TAU_LO = 2.4492935982947064e-16
const SPLIT = 134217729
const TAU_HEAD = SPLIT * TAU_HI - (SPLIT * TAU_HI - TAU_HI)
const TAU_TAIL = TAU_HI - TAU_HEAD

const view = new DataView(new ArrayBuffer(8))

/**
 * Natural logarithm of x > 0 (NaN below, −∞ at 0).
 *
 * x = 2^k·(1 + f) with 1 + f in [√½, √2), s = f/(2 + f): ln(1 + f) = 2·artanh(s) = f − (f²/2 − s·(f²/2 + R)) with
 * R = 2·Σ_{j≥1} s^{2j}/(2j + 1), whose terms beyond j = 11 are below 2^−60.
 */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN
  if (x === Infinity) return x
  let k = 0
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984
    k = -54
  }
  view.setFloat64(0, x)
  const high = view.getUint32(0)
  k += (high >>> 20) - 1023
  view.setUint32(0, (high & 0x000fffff) | 0x3ff00000)
  let m = view.getFloat64(0)
  if (m > Math.SQRT2) {
    m *= 0.5
    k += 1
  }
  const f = m - 1
  const s = f / (2 + f)
  const z = s * s
  let r = 2 / 23
  r = r * z + 2 / 21
  r = r * z + 2 / 19
  r = r * z + 2 / 17
  r = r * z + 2 / 15
  r = r * z + 2 / 13
  r = r * z + 2 / 11
  r = r * z + 2 / 9
  r = r * z + 2 / 7
  r = r * z + 2 / 5
  r = r * z + 2 / 3
  r *= z
  const half = 0.5 * f * f
  return k * LN2_HI - (half - (s * (half + r) + k * LN2_LO) - f)
}

/** Sine and cosine of one angle. */
export interface SineCosine {
  sin: number
  cos: number
}

/**
 * sin 2πu and cos 2πu for u in [0, 1), written into `out`, which is returned.
 *
 * The quadrant q = round(4u) and r = u − q/4 are exact; both series run in x = fl(2πr), |x| ≤ π/4, to terms below 2^−60,
 * and the rounding t = 2πr − x (Dekker's product) enters to first order.
 */
export function sincos2pi(u: number, out: SineCosine): SineCosine {
  const q = Math.floor(4 * u + 0.5)
  const r = u - 0.25 * q
  const x = r * TAU_HI
  const shifted = SPLIT * r
  const head = shifted - (shifted - r)
  const tail = r - head
  const t = tail * TAU_TAIL - (x - head * TAU_HEAD - tail * TAU_HEAD - head * TAU_TAIL) + r * TAU_LO
  const z = x * x
  let a = -1 / 121645100408832000
  a = a * z + 1 / 355687428096000
  a = a * z - 1 / 1307674368000
  a = a * z + 1 / 6227020800
  a = a * z - 1 / 39916800
  a = a * z + 1 / 362880
  a = a * z - 1 / 5040
  a = a * z + 1 / 120
  a = a * z - 1 / 6
  let b = -1 / 6402373705728000
  b = b * z + 1 / 20922789888000
  b = b * z - 1 / 87178291200
  b = b * z + 1 / 479001600
  b = b * z - 1 / 3628800
  b = b * z + 1 / 40320
  b = b * z - 1 / 720
  b = b * z + 1 / 24
  // 1 − z/2 loses the rounding of the difference; (1 − c) − z/2 gives it back.
  const half = 0.5 * z
  const c = 1 - half
  const sin = x + (x * z * a + t * c)
  const cos = c + (1 - c - half + (z * z * b - t * x))
  switch (q & 3) {
    case 0:
      out.sin = sin
      out.cos = cos
      break
    case 1:
      out.sin = cos
      out.cos = -sin
      break
    case 2:
      out.sin = -sin
      out.cos = -cos
      break
    default:
      out.sin = -cos
      out.cos = sin
  }
  return out
}
