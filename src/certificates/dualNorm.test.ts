import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskOf } from '../../test/oracles/convexPrograms.ts'
import { atMost, exact, sumOf, times, zero } from '../../test/oracles/rational.ts'
import { DS2, generated } from '../../test/oracles/references.ts'
import { dense } from '../matrix/dense.ts'
import { gatedDualNorm, reluDualNorm } from './dualNorm.ts'
import { exactCells } from './recheck/exactCells.ts'
import { normUp, up } from './rounding.ts'

const x = DS2.x
const bits = exactCells(x)
const masks = maskOf(bits, 10)
const theta: fc.Arbitrary<Float64Array> = fc
  .array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 20, maxLength: 20 })
  .map(v => Float64Array.from(v))

describe('gatedDualNorm', () => {
  it('is at least the exact norm of every pattern and output, and hardly more', () => {
    fc.assert(
      fc.property(theta, t => {
        const bound = gatedDualNorm(x, masks, t)
        const square = times(exact(bound), exact(bound))
        let most = 0
        for (const pattern of bits)
          for (let c = 0; c < 2; c++) {
            const parts = [0, 1, 2].map(j =>
              sumOf(
                pattern.length
                  ? [...pattern].map((on, i) => (on ? times(exact(x.data[i * 3 + j]), exact(t[i * 2 + c])) : zero))
                  : [],
              ),
            )
            expect(atMost(sumOf(parts.map(p => times(p, p))), square)).toBe(true)
            const plain = [0, 1, 2].map(j =>
              [...pattern].reduce((sum, on, i) => sum + on * x.data[i * 3 + j] * t[i * 2 + c], 0),
            )
            most = Math.max(most, Math.hypot(...plain))
          }
        expect(bound).toBeLessThanOrEqual(most * (1 + 1e-13) + 1e-13)
      }),
      { seed: 8, numRuns: 20 },
    )
  })

  it('is never below its floor, and finds each pattern that alone is largest', () => {
    expect(gatedDualNorm(x, masks, new Float64Array(10), { floor: 3 })).toBe(3)
    bits.forEach((pattern, k) => {
      // A residual that is positive exactly where one pattern is on: that pattern alone, then.
      const one = maskOf([pattern], 10)
      const t = Float64Array.from(pattern, on => (on ? 1 : -1))
      expect(gatedDualNorm(x, masks, t)).toBeGreaterThanOrEqual(gatedDualNorm(x, one, t) * (1 - 1e-13))
      for (const norm of [gatedDualNorm, reluDualNorm]) {
        const alone = norm(x, one, t)
        const last = maskOf([...bits.slice(0, k), ...bits.slice(k + 1), pattern], 10)
        const first = maskOf([pattern, ...bits.slice(0, k), ...bits.slice(k + 1)], 10)
        expect(Math.abs(norm(x, last, t) - norm(x, first, t))).toBeLessThan(1e-12)
        expect(norm(x, first, t)).toBeGreaterThanOrEqual(alone * (1 - 1e-12))
      }
    })
  })
})

describe('reluDualNorm', () => {
  it('is the largest |θᵀ(Xu)₊| over the circle, for both signs', () => {
    const plane = generated(9, 2)
    const all = maskOf(exactCells(plane), 9)
    fc.assert(
      fc.property(theta, twice => {
        const t = twice.slice(0, 9)
        let most = 0
        for (let k = 0; k < 6000; k++) {
          const [a, b] = [Math.cos(k / 955), Math.sin(k / 955)]
          let sum = 0
          for (let i = 0; i < 9; i++) sum += t[i] * Math.max(0, a * plane.data[2 * i] + b * plane.data[2 * i + 1])
          most = Math.max(most, Math.abs(sum))
        }
        const bound = reluDualNorm(plane, all, t)
        expect(bound).toBeGreaterThanOrEqual(most * (1 - 1e-14))
        expect(bound).toBeLessThanOrEqual(most * (1 + 1e-6) + 1e-12)
        expect(bound).toBeLessThanOrEqual(gatedDualNorm(plane, all, t) * (1 + 1e-13))
      }),
      { seed: 9, numRuns: 20 },
    )
  })

  it('looks at every pattern: without one, some residual has a smaller norm', () => {
    const plane = generated(5, 2)
    const cells = exactCells(plane)
    const needed = cells.filter((_cell, k) => {
      const rest = maskOf(
        cells.filter((_each, at) => at !== k),
        5,
      )
      return Array.from({ length: 200 }, (_, s) => {
        const t = Float64Array.from({ length: 5 }, (_v, i) => Math.sin(3.7 * s * (i + 1) + i))
        return reluDualNorm(plane, maskOf(cells, 5), t) > reluDualNorm(plane, rest, t) + 1e-9
      }).some(smaller => smaller)
    })
    // Cells so thin that their best direction lies on an edge are covered by their neighbours.
    expect(needed.length).toBeGreaterThanOrEqual(cells.length / 2)
  })
})

describe('rounding', () => {
  it('normUp is at least the exact norm, up at least its formula', () => {
    fc.assert(
      fc.property(theta, v => {
        const bound = exact(normUp(v))
        expect(atMost(sumOf([...v].map(a => times(exact(a), exact(a)))), times(bound, bound))).toBe(true)
        expect(normUp(v)).toBeLessThanOrEqual(Math.hypot(...v) * (1 + 1e-13) + 1e-200)
        // a·b + c·d of positive numbers: three roundings.
        const [a, b, c, d] = [...v.slice(0, 4)].map(Math.abs)
        expect(atMost(sumOf([times(exact(a), exact(b)), times(exact(c), exact(d))]), exact(up(a * b + c * d, 3)))).toBe(
          true,
        )
      }),
      { seed: 10, numRuns: 300 },
    )
    expect(normUp(dense(0, 0).data)).toBeLessThan(1e-200)
  })
})
