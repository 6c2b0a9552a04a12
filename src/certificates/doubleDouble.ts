/**
 * Sums and products as unevaluated pairs of doubles, good to about 2⁻¹⁰⁴: where cancellation would eat a plain sum.
 *
 * Source: T. Dekker, A floating-point technique for extending the available precision, 1971; D. Knuth's two-sum.
 * @module
 */

/** high + low, |low| ≤ ulp(high)/2. */
export type Pair = readonly [high: number, low: number]

/** One addition or product of pairs is off by at most this part of the sizes it meets. */
export const PAIR_UNIT: number = 2 ** -102

/** a·b without rounding, for products within the range of doubles. */
export function product(a: number, b: number): Pair {
  const high = a * b
  const [ah, al] = halves(a)
  const [bh, bl] = halves(b)
  return [high, ah * bh - high + ah * bl + al * bh + al * bl]
}

/** a + b. */
export function plus([a, c]: Pair, [b, d]: Pair): Pair {
  const sum = a + b
  const back = sum - a
  return normal(sum, a - (sum - back) + (b - back) + (c + d))
}

/** a·b for a pair a and a double b. */
export function times([a, c]: Pair, b: number): Pair {
  const [high, low] = product(a, b)
  return normal(high, low + c * b)
}

function normal(high: number, low: number): Pair {
  const sum = high + low
  return [sum, low - (sum - high)]
}

/** v as two numbers of 26 bits. */
function halves(v: number): Pair {
  const spread = 134217729 * v
  const high = spread - (spread - v)
  return [high, v - high]
}
