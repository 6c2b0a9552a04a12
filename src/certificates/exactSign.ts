/**
 * The sign of x·g without doubt: a floating-point filter, and integers where it cannot tell.
 *
 * A pattern bit is a sign, and a bound for a pattern the network does not have proves nothing. Doubles are integers times
 * a power of two, so the sum is exact in big integers.
 * @module
 */
import { UNIT } from './rounding.ts'

/** sign(Σ_j a[aAt + j]·b[bAt + j]) ∈ {−1, 0, 1}, exactly. */
export function exactSign(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): number {
  let [sum, size] = [0, 0]
  for (let j = 0; j < length; j++) {
    const product = a[aAt + j] * b[bAt + j]
    sum += product
    size += Math.abs(product)
  }
  // Twice γ_length, for the rounding of `size`; the constant covers underflow.
  if (Math.abs(sum) > 2 * (length + 2) * UNIT * size + 1e-290) return Math.sign(sum)
  return bigSign(a, aAt, b, bAt, length)
}

function bigSign(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): number {
  const terms: [bigint, number][] = []
  for (let j = 0; j < length; j++) {
    const [x, y] = [a[aAt + j], b[bAt + j]]
    if (x === 0 || y === 0) continue
    const [mx, ex] = integerOf(x)
    const [my, ey] = integerOf(y)
    terms.push([mx * my, ex + ey])
  }
  const least = terms.reduce((low, [, e]) => Math.min(low, e), 0)
  const sum = terms.reduce((total, [m, e]) => total + (m << BigInt(e - least)), 0n)
  return sum > 0n ? 1 : sum < 0n ? -1 : 0
}

const view = new DataView(new ArrayBuffer(8))

/** x = m·2^e with an integer m, for finite x. */
export function integerOf(x: number): [bigint, number] {
  view.setFloat64(0, x)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const m = exponent === 0 ? fraction : fraction | 0x10000000000000n
  return [bits >> 63n === 1n ? -m : m, Math.max(exponent, 1) - 1075]
}
