import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draws } from '../../../../bench/problems/generator.ts'
import { everyPattern } from '../../../../test/oracles/patterns.ts'
import { DS1, DS2, gen, XOR } from '../../../../test/oracles/reference.ts'
import { type Dense, dense, fromRows, rowOf } from '../../../matrix/dense.ts'
import { type Masks, maskBit, maskCount } from '../../../matrix/masks.ts'
import { key } from '../../../random/index.ts'
import type { PatternSet } from '../../model.ts'
import { cellBound, enumeratePatterns, rankUpTo } from './enumeratePatterns.ts'
import { joinPatterns, patternsOf } from './patternsOf.ts'
import { samplePatterns } from './samplePatterns.ts'

const text = (m: Masks, k: number) => Array.from({ length: m.samples }, (_, i) => Number(maskBit(m, k, i))).join('')
const texts = ({ masks }: PatternSet) => Array.from({ length: masks.patterns }, (_, k) => text(masks, k))

/** 1[X g > 0] by the definition. */
function shown(x: Dense, g: Float64Array): string {
  return Array.from({ length: x.rows }, (_, i) =>
    Number(rowOf(x, i).reduce((sum, value, j) => sum + value * g[j], 0) > 0),
  ).join('')
}

const grid = fromRows([0, 1, 2].flatMap(a => [0, 1, 2].map(b => [a, b, 1])))

describe('enumeratePatterns', () => {
  it.each([
    ['eight points in the plane', DS1.x, 16],
    ['ten points with ones', DS2.x, 92],
    ['exclusive or', XOR.x, 14],
    ['gen(20, 3)', gen(20, 3), 382],
    ['gen(24, 4)', gen(24, 4), 4096],
    ['gen(30, 4)', gen(30, 4), 8180],
    ['the 3 × 3 grid with ones', grid, 58],
    ['30 Gaussian points in space', draws(7).matrix(30, 3), 872],
  ])('counts the cells of %s', (_, x, count) => {
    const found = enumeratePatterns(x)
    expect(found.cells).toBe(count)
    expect(found.complete).toBe(true)
    const seen = new Set(texts(found))
    expect(seen.size).toBe(found.masks.patterns)
    expect(seen.has('0'.repeat(x.rows))).toBe(false)
    expect(found.cells - found.masks.patterns).toBeLessThanOrEqual(1)
  })

  it('gives each pattern a gate that shows it', () => {
    for (const x of [DS1.x, DS2.x, grid, gen(20, 3), gen(12, 5)]) {
      const found = enumeratePatterns(x)
      texts(found).forEach((pattern, k) => {
        expect(shown(x, rowOf(found.gates, k))).toBe(pattern)
      })
    }
  })

  it('finds what trying all sign vectors finds, degenerate positions included', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 28, maxLength: 28 }),
        (d, n, numbers) => {
          const x = dense(n, d, Float64Array.from(numbers.slice(0, n * d)))
          // Rows of zeros have no side; the oracle cannot take them.
          if (Array.from({ length: n }, (_, i) => rowOf(x, i)).some(row => row.every(v => v === 0))) return
          const expected = everyPattern(x)
          const found = enumeratePatterns(x)
          expect(found.cells).toBe(expected.size)
          expected.delete('0'.repeat(n))
          expect(new Set(texts(found))).toEqual(expected)
          expect(found.complete).toBe(true)
        },
      ),
      { seed: 11, numRuns: 150 },
    )
  })

  it('tells thin cells from rounding', () => {
    // Rows 10⁻⁶ apart: all cells are there. Equal up to the last bits: one hyperplane.
    const thin = (gap: number) => {
      const x = gen(8, 3)
      const twice = dense(9, 3)
      twice.data.set(x.data)
      for (let j = 0; j < 3; j++) twice.data[24 + j] = x.data[j] + gap * (j === 1 ? 1 : 0.3)
      return enumeratePatterns(twice)
    }
    for (const gap of [1e-3, 1e-6, 1e-8]) {
      expect(thin(gap).cells).toBe(cellBound(9, 3))
      expect(thin(gap).complete).toBe(true)
    }
    expect(thin(1e-16).cells).toBe(cellBound(8, 3))
  })

  it('keeps zero rows inactive and parallel rows together or opposite', () => {
    const found = enumeratePatterns(
      fromRows([
        [1, 0.5],
        [0, 0],
        [2, 1],
        [-1, -0.5],
        [0.2, -1],
      ]),
    )
    expect(found.cells).toBe(4)
    for (const pattern of texts(found)) {
      expect(pattern[1]).toBe('0')
      expect(pattern[2]).toBe(pattern[0])
      expect(pattern[3]).not.toBe(pattern[0])
    }
  })

  it('does not depend on the scale of rows', () => {
    const x = gen(9, 3)
    const scaled = dense(9, 3, x.data.slice())
    for (let i = 0; i < 9; i++) for (let j = 0; j < 3; j++) scaled.data[3 * i + j] *= 10 ** (25 * (i - 4))
    expect(new Set(texts(enumeratePatterns(scaled)))).toEqual(new Set(texts(enumeratePatterns(x))))
  })

  it('refuses what is too much, naming the bound', () => {
    expect(() => enumeratePatterns(gen(30, 4), { cap: 1000 })).toThrow(
      'enumeratePatterns: 30 distinct rows of rank 4 may have 8180 patterns; the cap is 1000. Sample patterns instead, or raise the cap.',
    )
    expect(() => enumeratePatterns(dense(3, 2))).toThrow(
      'enumeratePatterns: some row of X must be non-zero; all are 0. Check the data.',
    )
  })

  it('knows the rank', () => {
    expect(rankUpTo(grid, 3)).toBe(3)
    expect(rankUpTo(gen(20, 8), 3)).toBe(4)
    expect(
      rankUpTo(
        fromRows([
          [1, 2, 3],
          [2, 4, 6],
          [0, 0, 0],
        ]),
        3,
      ),
    ).toBe(1)
  })
})

describe('samplePatterns', () => {
  it('gives distinct non-empty patterns with the gates that show them, the same ones for a longer draw', () => {
    const x = gen(40, 4)
    const some = samplePatterns(x, 50, key(1))
    const more = samplePatterns(x, 200, key(1))
    expect(some.complete).toBe(false)
    expect(new Set(texts(some)).size).toBe(some.masks.patterns)
    texts(some).forEach((pattern, k) => {
      expect(maskCount(some.masks, k)).toBeGreaterThan(0)
      expect(shown(x, rowOf(some.gates, k))).toBe(pattern)
    })
    expect(texts(more).slice(0, some.masks.patterns)).toEqual(texts(some))
    expect(texts(samplePatterns(x, 50, key(2)))).not.toEqual(texts(some))
  })

  it('refuses a count below 1 and data on which no gate is active', () => {
    expect(() => samplePatterns(gen(4, 2), 0, key(0))).toThrow(
      'samplePatterns: count must be a whole number ≥ 1; got 0.',
    )
    expect(() => samplePatterns(dense(4, 2), 5, key(0))).toThrow('none of 5 is')
  })
})

describe('patternsOf and joinPatterns', () => {
  it('counts a sample on the hyperplane as inactive, drops the empty pattern, keeps the first of equals', () => {
    const x = fromRows([
      [1, 0],
      [0, 1],
    ])
    const found = patternsOf(
      x,
      fromRows([
        [1, 0],
        [2, -1],
        [-1, 0],
        [1, 1],
      ]),
    )
    expect(texts(found)).toEqual(['10', '11'])
    expect(Array.from(found.gates.data)).toEqual([1, 0, 1, 1])
  })

  it('joins without repetition, the first set in front', () => {
    const x = gen(20, 3)
    const [a, b] = [samplePatterns(x, 10, key(1)), samplePatterns(x, 30, key(2))]
    const both = joinPatterns(a, b)
    expect(texts(both).slice(0, a.masks.patterns)).toEqual(texts(a))
    expect(new Set(texts(both))).toEqual(new Set([...texts(a), ...texts(b)]))
    expect(both.masks.patterns).toBe(new Set(texts(both)).size)
    texts(both).forEach((pattern, k) => {
      expect(shown(x, rowOf(both.gates, k))).toBe(pattern)
    })
    expect(joinPatterns(a, enumeratePatterns(x)).complete).toBe(true)
  })

  it('refuses gates of another width', () => {
    expect(() => patternsOf(gen(4, 3), gen(2, 2))).toThrow(
      'patternsOf: gates must have 3 coordinates, as the data; got 2.',
    )
  })
})
