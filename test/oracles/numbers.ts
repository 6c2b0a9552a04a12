/**
 * Fixed, unremarkable inputs and a comparison for the tests of matrices.
 * @module
 */
import { expect } from 'vitest'

/** Numbers in (−1, 1) from Lehmer's sequence. */
export function numbers(length: number, start = 1): Float64Array {
  let state = start * 7919 + 17
  return Float64Array.from({ length }, () => {
    state = (state * 48271) % 2147483647
    return state / 1073741823.5 - 1
  })
}

/** 32-bit words from the same sequence. */
export function words(length: number, start = 1): Uint32Array {
  return Uint32Array.from(numbers(length, start), v => ((v + 1) * 2147483648) >>> 0)
}

/** Fails at the first entry whose error exceeds tolerance·(1 + |wanted|); NaN equals NaN only. */
export function expectNear(got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(want.length)
  for (let i = 0; i < want.length; i++)
    if (!(Math.abs(got[i] - want[i]) <= tolerance * (1 + Math.abs(want[i]))) && !Object.is(got[i], want[i]))
      expect.fail(`entry ${i}: got ${got[i]}, want ${want[i]}`)
}

/** Fails at the first entry that is not the very same number (NaN equals NaN, 0 equals −0). */
export function expectSame(got: ArrayLike<number>, want: ArrayLike<number>): void {
  expect(got.length).toBe(want.length)
  for (let i = 0; i < want.length; i++)
    if (got[i] !== want[i] && !Object.is(got[i], want[i])) expect.fail(`entry ${i}: got ${got[i]}, want ${want[i]}`)
}

/** A padded matrix from its entries; what lies between the rows is `padding`. */
export function padded(
  rows: number,
  cols: number,
  ld: number,
  padding: number,
  at: (i: number, j: number) => number,
): Float64Array {
  const out = new Float64Array(rows * ld).fill(padding)
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) out[i * ld + j] = at(i, j)
  return out
}
