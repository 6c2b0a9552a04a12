import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trainTestSplit } from './split.ts'

describe('trainTestSplit', () => {
  it('parts the rows, in any size and share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.double({ min: 0.01, max: 0.99, noNaN: true }), (n, test) => {
        const parts = trainTestSplit(n, { test })
        expect([...parts.train, ...parts.test].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
        expect(Math.min(parts.train.length, parts.test.length)).toBeGreaterThan(0)
        if (n > 3) expect(Math.abs(parts.test.length - test * n)).toBeLessThanOrEqual(1)
      }),
      { seed: 5 },
    )
  })

  it('splits every class in the same share', () => {
    const classes = Float64Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : 1))
    const { test } = trainTestSplit(100, { test: 0.25, classes })
    expect(test.filter(i => classes[i] === 0)).toHaveLength(20)
    expect(test.filter(i => classes[i] === 1)).toHaveLength(5)
  })

  it('depends on the seed alone', () => {
    expect(trainTestSplit(50, { seed: 1 })).toEqual(trainTestSplit(50, { seed: 1 }))
    expect(trainTestSplit(50, { seed: 1 })).not.toEqual(trainTestSplit(50, { seed: 2 }))
  })

  it('refuses one row and strange shares', () => {
    expect(() => trainTestSplit(1)).toThrow('trainTestSplit: at least two rows are needed; got 1. Add data.')
    expect(() => trainTestSplit(9, { test: 1 })).toThrow('the test share must be in (0, 1); got 1.')
  })
})
