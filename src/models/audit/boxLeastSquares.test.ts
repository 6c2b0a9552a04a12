import { describe, expect, it } from 'vitest'
import { boxLeastSquares } from './boxLeastSquares.ts'

describe('boxLeastSquares', () => {
  it('stays in the box where the free minimum is outside', () => {
    const far = boxLeastSquares(Float64Array.of(1), [Float64Array.of(-0.4)])
    expect(far.sigma[0]).toBe(1)
    expect(far.rest[0]).toBeCloseTo(0.6, 15)
    const away = boxLeastSquares(Float64Array.of(1), [Float64Array.of(0.4)])
    expect([away.sigma[0], away.rest[0]]).toEqual([0, 1])
  })

  it('meets the conditions of the optimum on more vectors than dimensions', () => {
    const vectors = Array.from({ length: 7 }, (_, i) =>
      Float64Array.of(Math.sin(3 * i + 1), Math.cos(5 * i), Math.sin(i * i)),
    )
    const { sigma, rest } = boxLeastSquares(Float64Array.of(2.5, -1, 0.7), vectors)
    vectors.forEach((z, i) => {
      const slope = z.reduce((sum, v, l) => sum + v * rest[l], 0)
      if (sigma[i] === 0) expect(slope).toBeGreaterThanOrEqual(-1e-12)
      else if (sigma[i] === 1) expect(slope).toBeLessThanOrEqual(1e-12)
      else expect(Math.abs(slope)).toBeLessThan(1e-12)
    })
  })

  it('leaves r alone without vectors', () => {
    expect(boxLeastSquares(Float64Array.of(3, 4), []).rest).toEqual(Float64Array.of(3, 4))
  })
})
