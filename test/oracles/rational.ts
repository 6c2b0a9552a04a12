/**
 * Exact arithmetic on doubles: numbers m·2^e with a big integer m, closed under +, −, ×.
 */
export interface Dyadic {
  readonly m: bigint
  readonly e: number
}

const view = new DataView(new ArrayBuffer(8))

export function exact(x: number): Dyadic {
  if (!Number.isFinite(x)) throw new RangeError(`exact: a finite number; got ${x}`)
  view.setFloat64(0, x)
  const bits = view.getBigUint64(0)
  const power = Number((bits >> 52n) & 0x7ffn)
  const fraction = (bits & 0xfffffffffffffn) | (power === 0 ? 0n : 1n << 52n)
  return { m: bits >> 63n ? -fraction : fraction, e: (power || 1) - 1075 }
}

export function plus(a: Dyadic, b: Dyadic): Dyadic {
  const e = Math.min(a.e, b.e)
  return { m: (a.m << BigInt(a.e - e)) + (b.m << BigInt(b.e - e)), e }
}

export function times(a: Dyadic, b: Dyadic): Dyadic {
  return { m: a.m * b.m, e: a.e + b.e }
}

export function minus(a: Dyadic, b: Dyadic): Dyadic {
  return plus(a, { m: -b.m, e: b.e })
}

export const zero: Dyadic = { m: 0n, e: 0 }
export const half: Dyadic = { m: 1n, e: -1 }

export function sign(a: Dyadic): number {
  return a.m > 0n ? 1 : a.m < 0n ? -1 : 0
}

/** a ≤ b. */
export function atMost(a: Dyadic, b: Dyadic): boolean {
  return sign(minus(a, b)) <= 0
}

export function sumOf(terms: readonly Dyadic[]): Dyadic {
  return terms.reduce(plus, zero)
}
