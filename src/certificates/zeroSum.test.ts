/** Sums that are 0 without rounding, by whole numbers of any size. */
import { describe, expect, it } from 'vitest'
import { fold, key, normals } from '../random/index.ts'
import { zeroSum } from './zeroSum.ts'

/** A float64 as a multiple of 2⁻¹⁰⁷⁴. */
function whole(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const raw = bits.getBigUint64(0)
  const exponent = Number((raw >> 52n) & 2047n)
  const fraction = raw & ((1n << 52n) - 1n)
  const size = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1)
  return raw >> 63n === 0n ? size : -size
}

describe('zeroSum', () => {
  it.each([
    [1, 1],
    [7, 1],
    [100, 1],
    [30, 3],
    [2003, 1],
  ])('%i numbers, %i outputs: exactly 0, towards 0, and near', (n, outputs) => {
    for (let seed = 0; seed < 14; seed++) {
      const scale = 10 ** (3 * (seed % 7) - 9)
      const drawn = normals(fold(key(seed), 'zero'), n * outputs).map(
        (v, at) => scale * (v + (seed % 3 === 0 ? 0.3 : 0)) * 10 ** -(at % 5),
      )
      // A sum that is nearly 0, as in practice.
      const mean = Array.from(
        { length: outputs },
        (_, k) => drawn.reduce((s, v, at) => (at % outputs === k ? s + v : s), 0) / n,
      )
      const theta = seed % 2 === 0 ? drawn : drawn.map((v, at) => v - mean[at % outputs])
      const out = zeroSum(theta, outputs)
      for (let k = 0; k < outputs; k++) {
        let [sum, left, moved] = [0n, 0, 0]
        for (let at = k; at < out.length; at += outputs) {
          sum += whole(out[at])
          left += theta[at]
          moved += Math.abs(out[at] - theta[at])
          expect(Math.abs(out[at])).toBeLessThanOrEqual(Math.abs(theta[at]))
          expect(out[at] * theta[at]).toBeGreaterThanOrEqual(0)
        }
        expect(sum).toBe(0n)
        const largest = Math.max(...theta.map(Math.abs))
        expect(moved).toBeLessThanOrEqual(Math.abs(left) * (1 + 1e-9) + 8 * n * n * 2 ** -52 * largest)
      }
    }
  })

  it('zeros, and numbers too small for a grid', () => {
    expect(zeroSum(new Float64Array(3), 1)).toEqual(new Float64Array(3))
    expect(zeroSum(Float64Array.of(5e-324, 1e-323), 1)).toEqual(new Float64Array(2))
  })
})
