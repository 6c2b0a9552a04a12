import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exact, sign, sumOf, times } from '../../test/oracles/rational.ts'
import { exactSign } from './exactSign.ts'

describe('exactSign', () => {
  it('is the sign of the rational number where doubles cancel', () => {
    let misled = 0
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 2 }),
        ([a, b, c], [p, q]) => {
          // The third weight makes the product 0 up to rounding.
          const r = c === 0 ? 0 : -(a * p + b * q) / c
          if (!Number.isFinite(r)) return
          const [x, g] = [Float64Array.of(9, a, b, c), Float64Array.of(p, q, r)]
          const truth = sign(sumOf([0, 1, 2].map(j => times(exact(x[j + 1]), exact(g[j])))))
          expect(exactSign(x, 1, g, 0, 3)).toBe(truth)
          if (Math.sign(a * p + b * q + c * r) !== truth) misled++
        },
      ),
      { seed: 12, numRuns: 500 },
    )
    expect(misled).toBeGreaterThan(20)
  })

  it('knows an exact zero, and tiny numbers', () => {
    expect(exactSign(Float64Array.of(1, -1), 0, Float64Array.of(0.7, 0.7), 0, 2)).toBe(0)
    expect(exactSign(Float64Array.of(1e-200, 0), 0, Float64Array.of(1e-200, 5), 0, 2)).toBe(1)
    expect(exactSign(Float64Array.of(0, 0), 0, Float64Array.of(1, 5), 0, 2)).toBe(0)
  })
})
