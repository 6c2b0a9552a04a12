import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DS1, DS2, generated, XOR } from '../../../test/oracles/references.ts'
import { fromRows } from '../../matrix/dense.ts'
import { exactCells, exactPattern } from './exactCells.ts'

describe('exactCells', () => {
  it('finds the known number of patterns, degenerate data included', () => {
    expect(exactCells(DS1.x)).toHaveLength(16)
    expect(exactCells(DS2.x)).toHaveLength(92)
    expect(exactCells(XOR.x)).toHaveLength(14)
    expect(exactCells(generated(20, 3))).toHaveLength(382)
    const grid = [0, 1, 2].flatMap(a => [0, 1, 2].map(b => [a, b, 1]))
    expect(exactCells(fromRows(grid))).toHaveLength(58)
    expect(exactCells(fromRows([[1], [-2], [0]]))).toHaveLength(2)
    expect(
      exactCells(
        fromRows([
          [1, 2, 0],
          [2, 4, 0],
          [-1, -2, 0],
        ]),
      ),
    ).toHaveLength(2)
  })

  it('contains the pattern of every direction in general position', () => {
    const known = new Set(exactCells(DS2.x).map(bits => bits.join('')))
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }), direction => {
        const g = Float64Array.from(direction)
        const onPlane = Array.from({ length: 10 }, (_, i) => i).some(
          i => Math.abs(DS2.x.data[i * 3] * g[0] + DS2.x.data[i * 3 + 1] * g[1] + DS2.x.data[i * 3 + 2] * g[2]) < 1e-9,
        )
        if (!onPlane) expect(known).toContain(exactPattern(DS2.x, g).join(''))
      }),
      { seed: 3, numRuns: 400 },
    )
  })

  it('tells thin cells apart that rounding would merge', () => {
    const thin = fromRows([
      [1, 0],
      [1, 2 ** -60],
      [0, 1],
    ])
    expect(exactCells(thin)).toHaveLength(6)
  })

  it('refuses more than three columns', () => {
    expect(() => exactCells(generated(5, 4))).toThrow(
      'recheck: patterns are enumerated again for at most 3 columns; got 4.',
    )
  })
})

describe('exactPattern', () => {
  it('decides by exact sign where rounding cannot', () => {
    // 0.1·3 − 0.3·1 is not 0 in doubles: fl(0.1)·3 > fl(0.3).
    const x = fromRows([
      [0.1, 0.3],
      [3, 1],
      [1e-200, 1e-200],
    ])
    expect([...exactPattern(x, Float64Array.of(3, -1))]).toEqual([1, 1, 1])
    expect([...exactPattern(x, Float64Array.of(-3, 1))]).toEqual([0, 0, 0])
    expect([...exactPattern(fromRows([[1, -1]]), Float64Array.of(0.7, 0.7))]).toEqual([0])
  })
})
