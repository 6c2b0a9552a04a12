import { describe, expect, it } from 'vitest'
import { dense, fromRows, type Masks, maskBit, masks, setMaskBit } from '../../matrix/index.ts'
import { enumeratePatterns } from '../../models/networks/patterns/enumeratePatterns.ts'
import { projectCone } from '../../penalties/polyhedralCone.ts'
import { fold, key, normals } from '../../random/index.ts'
import { facets } from './facets.ts'

/** Row i is implied by the rows `kept` when −a_i has no part in their cone: projecting a point that violates it moves it back. */
function implied(signed: number[][], kept: readonly number[], i: number): boolean {
  const rows = fromRows(kept.map(k => signed[k]))
  // The least a_i·v over {v : A v ≥ 0, ‖v‖ ≤ 1} is −‖Π(−a_i)‖.
  return (
    Math.hypot(
      ...projectCone(
        rows,
        Float64Array.from(signed[i], v => -v),
      ),
    ) < 1e-9
  )
}

function unitOf(x: { rows: number; cols: number; data: Float64Array }): Float64Array {
  const unit = x.data.slice()
  for (let i = 0; i < x.rows; i++) {
    const row = unit.subarray(i * x.cols, (i + 1) * x.cols)
    const length = Math.hypot(...row)
    row.forEach((v, j) => {
      row[j] = v / length
    })
  }
  return unit
}

function signedRows(unit: Float64Array, d: number, m: Masks, p: number): number[][] {
  return Array.from({ length: unit.length / d }, (_, i) =>
    Array.from(unit.subarray(i * d, (i + 1) * d), v => (maskBit(m, p, i) ? v : -v)),
  )
}

describe('facets of every cell', () => {
  it.each([
    [1, 4],
    [2, 9],
    [3, 12],
  ])('d = %i, n = %i: the rest is implied by them, none of them by the others', (d, n) => {
    const x = dense(n, d, normals(fold(key(8), `x${d}`), n * d))
    const { masks: cells, gates } = enumeratePatterns(x)
    const unit = unitOf(x)
    const index = Int32Array.from({ length: n }, (_, i) => i)
    for (let p = 0; p < cells.patterns; p++) {
      const inside = unitOf(dense(1, d, gates.data.slice(p * d, (p + 1) * d)))
      const found = [...facets(cells, p, { unit, index }, inside)]
      const signed = signedRows(unit, d, cells, p)
      for (let i = 0; i < n; i++) if (!found.includes(i)) expect(implied(signed, found, i)).toBe(true)
      if (d > 1)
        for (const i of found)
          expect(
            implied(
              signed,
              found.filter(k => k !== i),
              i,
            ),
          ).toBe(false)
      expect(found).toEqual([...found].sort((a, b) => a - b))
    }
  })

  it('keeps half-spaces that only rounding could tell apart, and rows of the same direction', () => {
    // Three planes through one line, two equal rows, and one that closes the cell.
    const x = fromRows([
      [1, 0, 0],
      [1, 1e-13, 0],
      [1, 0, 0],
      [0, 1, 0],
      [-1, -1, 4],
    ])
    const cell = masks(1, 5)
    for (let i = 0; i < 5; i++) setMaskBit(cell, 0, i)
    const unit = unitOf(x)
    const inside = unitOf(fromRows([[1, 1, 2]]))
    const found = facets(cell, 0, { unit, index: Int32Array.of(0, 1, 2, 3, 4) }, inside)
    expect([...found]).toEqual(expect.arrayContaining([1, 3, 4]))
    expect(found.includes(0) || found.includes(2)).toBe(true)
  })

  it('numbers rows as `unit` does, the mask by `index`', () => {
    const x = fromRows([
      [1, 0],
      [0, 1],
      [1, 1],
    ])
    const cell = masks(1, 5)
    for (const i of [0, 2, 4]) setMaskBit(cell, 0, i)
    const found = facets(cell, 0, { unit: unitOf(x), index: Int32Array.of(0, 2, 4) }, unitOf(fromRows([[1, 2]])))
    expect([...found]).toEqual([0, 1])
  })
})
