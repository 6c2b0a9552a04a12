import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectNear } from '../../../test/oracles/numbers.ts'
import { key, normals } from '../../random/index.ts'
import { evenBits, gradedBits, rankForBudget } from './allocateBits.ts'
import { fitCodebook, nearestLevel } from './codebook.ts'
import { ditheredCodes, type GridRule, gridValues, nearestCodes, roundHalfEven, uniformGrid } from './quantizer.ts'

const X = Float64Array.of(-1, -0.4, -0.1, 0.05, 0.3, 0.8)
const quantized = (bits: number, rule: GridRule) => {
  const grid = uniformGrid(X, bits, rule)
  return gridValues(nearestCodes(X, grid), grid)
}

describe('uniform grids', () => {
  it.each([
    [1, 'min-max', [-1, -1, -1, 0.8, 0.8, 0.8]],
    [2, 'min-max', [-1, -0.4, 0.2, 0.2, 0.2, 0.8]],
    [4, 'min-max', [-1, -0.4, -0.04, 0.08, 0.32, 0.8]],
    [2, 'abs-max', [-1, -1 / 3, -1 / 3, 1 / 3, 1 / 3, 1]],
    [1, 'clip', [-1, -1, -1, 1, 1, 1].map(s => (s * 2.65) / 6)],
  ] as const)('%i bit, %s: the reference values', (bits, rule, expected) => {
    expectNear(quantized(bits, rule), expected, 1e-12)
  })

  it('dithered: the reference values', () => {
    for (const [bits, expected] of [
      [1, [-1, -1, 0.8, 0.8, 0.8, 0.8]],
      [2, [-1, -0.4, 0.2, 0.2, 0.2, 0.8]],
    ] as const) {
      const grid = uniformGrid(X, bits, 'min-max')
      expectNear(gridValues(ditheredCodes(X, grid, { seed: 7 }), grid), expected, 1e-12)
      // Addressed: any part alone.
      expect(ditheredCodes(X.subarray(2), grid, { seed: 7, from: 2 })).toEqual(
        ditheredCodes(X, grid, { seed: 7 }).slice(2),
      )
    }
  })

  it('nearest is the nearest of all values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom('min-max' as const, 'abs-max' as const, 'clip' as const),
        (list, bits, rule) => {
          const x = Float64Array.from(list)
          const grid = uniformGrid(x, bits, rule)
          const values = gridValues(nearestCodes(x, grid), grid)
          const all = Array.from({ length: 2 ** bits }, (_, c) => grid.offset + grid.step * c)
          values.forEach((v, i) => {
            const least = Math.min(...all.map(w => Math.abs(w - x[i])))
            expect(Math.abs(v - x[i])).toBeLessThanOrEqual(least + 1e-12)
          })
        },
      ),
      { seed: 1 },
    )
  })

  it('has the published error on Gaussian numbers', () => {
    const z = normals(key(1), 100_000)
    const errorOf = (bits: number, rule: GridRule) => {
      const grid = uniformGrid(z, bits, rule)
      const values = gridValues(nearestCodes(z, grid), grid)
      return values.reduce((sum, v, i) => sum + (v - z[i]) ** 2, 0) / z.length
    }
    for (const [bits, clip] of [
      [1, 0.364],
      [2, 0.119],
      [4, 0.0117],
      [8, 0.00009],
    ] as const)
      expect(errorOf(bits, 'clip') / clip).toBeCloseTo(1, 1)
    // A one-bit grid over the whole range is far worse than nothing at all.
    expect(errorOf(1, 'min-max')).toBeGreaterThan(10)
  })

  it('clips at the largest number when the rule would go beyond', () => {
    const grid = uniformGrid(Float64Array.of(-2, 2, -2, 2), 8)
    expect([grid.offset, grid.offset + 255 * grid.step]).toEqual([-2, 2])
  })

  it('rounds halves to even', () => {
    expect([-1.5, -0.5, 0.5, 1.5, 2.5, 2.49, 2.51].map(roundHalfEven)).toEqual([-2, 0, 0, 2, 2, 2, 3])
  })

  it('refuses bits and numbers out of range', () => {
    for (const bits of [0, 9, 1.5, Number.NaN])
      expect(() => uniformGrid(X, bits)).toThrow(
        expect.objectContaining({ code: 'E_PARAM_RANGE', message: expect.stringContaining(`in 1..8; got ${bits}`) }),
      )
    expect(() => uniformGrid(Float64Array.of(1, Number.NaN), 2)).toThrow('must be finite; got NaN at position 1')
  })
})

describe('codebooks', () => {
  it('holds few different numbers exactly', () => {
    expect([...fitCodebook(Float64Array.of(3, 1, 3, 7), 2)]).toEqual([1, 3, 7, 7])
  })

  it('meets the conditions of Lloyd and Max', () => {
    const x = normals(key(2), 5000)
    const levels = fitCodebook(x, 3)
    const cells = levels.reduce((list: number[][]) => [...list, []], [])
    for (const v of x) cells[nearestLevel(levels, v)].push(v)
    cells.forEach((cell, c) => {
      expect(levels[c]).toBeCloseTo(cell.reduce((sum, v) => sum + v, 0) / cell.length, 3)
    })
    // Max's table: 0.03454 at three bits.
    const error = x.reduce((sum, v) => sum + (v - levels[nearestLevel(levels, v)]) ** 2, 0) / x.length
    expect(error / 0.03454).toBeCloseTo(1, 1)
  })

  it('finds the nearest of all values', () => {
    const levels = [-2, -1, 0.5, 4]
    for (let v = -3; v < 6; v += 0.37) {
      const best = levels.reduce((b, level, c) => (Math.abs(level - v) < Math.abs(levels[b] - v) ? c : b), 0)
      expect(nearestLevel(levels, v)).toBe(best)
    }
  })
})

describe('ranks and bits for a budget', () => {
  it('rank by the published formula', () => {
    const shape = { rows: 300, cols: 200, budget: 1 }
    expect(rankForBudget({ ...shape, leftBits: 4, rightBits: 8 })).toBe(21)
    expect(rankForBudget({ ...shape, leftBits: 8, rightBits: 8 })).toBe(15)
    expect(rankForBudget({ ...shape, leftBits: 8, rightBits: 8, overhead: 128 })).toBe(14)
    expect(() => rankForBudget({ ...shape, budget: 0.01, leftBits: 8, rightBits: 8 })).toThrow(
      expect.objectContaining({ code: 'E_BUDGET' }),
    )
  })

  it('graded bits keep the budget, fall with the spectrum, and lose less than any even choice by the same measure', () => {
    const values = Float64Array.from({ length: 40 }, (_, k) => 0.85 ** k)
    const options = { rows: 100, cols: 60, total: 5000, overheadEach: 48 }
    const plan = gradedBits(values, options)
    const cost = plan.left.reduce((sum, b, k) => sum + 100 * b + 60 * plan.right[k] + 48, 0)
    expect(cost).toBeLessThanOrEqual(5000)
    plan.left.forEach((b, k) => {
      if (k > 0) expect(b).toBeLessThanOrEqual(plan.left[k - 1])
    })
    const q = [1, 0.3634, 0.1188, 0.0374, 0.01154, 0.0035, 0.00104, 0.0003, 0.00009]
    const loss = ({ left, right }: { left: Uint8Array; right: Uint8Array }) =>
      values.reduce((sum, v, k) => sum + v * v * (1 - (1 - q[left[k] ?? 0]) * (1 - q[right[k] ?? 0])), 0)
    for (const bits of [1, 2, 3, 4, 6, 8]) {
      const rank = Math.min(40, Math.floor(5000 / (160 * bits + 48)))
      if (rank > 0) expect(loss(plan)).toBeLessThanOrEqual(loss(evenBits(rank, bits, bits)))
    }
  })
})
