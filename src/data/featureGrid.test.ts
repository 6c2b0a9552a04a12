/**
 * Columns back to features, and the values a feature takes.
 */
import { describe, expect, it } from 'vitest'
import { fromRows } from '../matrix/dense.ts'
import { type Encoding, encode, encodedNames } from './encoding.ts'
import { columnGroups, featureGrid, MISSING, quantile } from './featureGrid.ts'
import type { Table } from './table.ts'

const encoding: Encoding = [
  { kind: 'number', column: 'a', mean: 2, indicator: true },
  { kind: 'category', column: 'colour', categories: ['blue', 'red'], missing: true },
  { kind: 'boolean', column: 'flag', falseText: 'no', trueText: 'yes' },
  { kind: 'number', column: 'b', mean: 0, indicator: false },
]
const groups = columnGroups(encoding)
const x = fromRows([
  [1, 0, 1, 0, 0, 0, 5],
  [3, 0, 0, 1, 0, 1, 6],
  [2, 1, 0, 0, 1, 1, 6],
])

describe('columnGroups', () => {
  it('covers every column once, in order', () => {
    expect(groups.map(({ name }) => name)).toEqual(['a', 'colour', 'flag', 'b'])
    expect(groups.flatMap(({ columns }) => columns)).toEqual(encodedNames(encoding).map((_, j) => j))
  })
})

describe('featureGrid', () => {
  it('gives what the encoding makes of the same cell', () => {
    const cells: Record<string, (string | null)[]> = {
      colour: ['blue', 'red', null],
      flag: ['no', 'yes'],
    }
    for (const [k, feature] of encoding.entries()) {
      if (feature.kind === 'number') continue
      const grid = featureGrid(feature, { x, group: groups[k] })
      const values = cells[feature.column]
      const table: Table = {
        rows: values.length,
        columns: [{ kind: 'text', name: feature.column, values }],
        source: 'test',
        notes: [],
      }
      const encoded = encode([feature], table).x
      expect(grid.flatMap(point => point.values)).toEqual([...encoded.data])
      expect(grid.map(({ at }) => at)).toEqual(values.map(value => value ?? MISSING))
    }
  })

  it('numbers: those that occur, and the missing cell with its mean and mark', () => {
    expect(featureGrid(encoding[0], { x, group: groups[0] })).toEqual([
      { at: 1, values: [1, 0] },
      { at: 3, values: [3, 0] },
      { at: MISSING, values: [2, 1] },
    ])
    expect(featureGrid(encoding[3], { x, group: groups[3] }).map(({ at }) => at)).toEqual([5, 6])
  })

  it('many numbers: equally spaced between the 5th and the 95th percentile', () => {
    const many = fromRows(Array.from({ length: 101 }, (_, i) => [(i * 37) % 101]))
    const feature = { kind: 'number', column: 'a', mean: 0, indicator: false } as const
    const grid = featureGrid(feature, { x: many, group: { name: 'a', columns: [0] }, points: 4 })
    expect(grid.map(({ at }) => at)).toEqual([5, 35, 65, 95])
    const peaked = fromRows(Array.from({ length: 100 }, (_, i) => [i < 2 ? i - 5 : i > 97 ? i : 7]))
    expect(
      featureGrid(feature, { x: peaked, group: { name: 'a', columns: [0] }, points: 3 }).map(({ at }) => at),
    ).toEqual([-5, 7, 99])
  })

  it('quantiles are linear between neighbours', () => {
    const four = Float64Array.of(1, 2, 4, 8)
    expect([0, 0.5, 1, 1 / 6].map(q => quantile(four, q))).toEqual([1, 3, 8, 1.5])
  })
})
