import { describe, expect, it } from 'vitest'
import { type Dense, dense } from '../matrix/dense.ts'
import { type Masks, maskBit, masks, setMaskBit } from '../matrix/masks.ts'
import { projectCone } from '../penalties/polyhedralCone.ts'
import { fold, key, normals } from '../random/index.ts'
import { cellProjector } from './coneProjection.ts'

const numbers = (purpose: string, count: number) => normals(fold(key(11), purpose), count)

function cells(x: Dense, gates: Float64Array): Masks {
  const count = gates.length / x.cols
  const out = masks(count, x.rows)
  for (let k = 0; k < count; k++)
    for (let i = 0; i < x.rows; i++) {
      let value = 0
      for (let j = 0; j < x.cols; j++) value += x.data[i * x.cols + j] * gates[k * x.cols + j]
      if (value > 0) setMaskBit(out, k, i)
    }
  return out
}

function signed(x: Dense, m: Masks, k: number): Dense {
  return dense(
    x.rows,
    x.cols,
    x.data.map((v, at) => (maskBit(m, k, Math.floor(at / x.cols)) ? v : -v)),
  )
}

const [n, d] = [70, 5]
const x = dense(n, d, numbers('x', n * d))
const m = cells(x, numbers('gates', 6 * d))

describe('cellProjector', () => {
  it('agrees with projection by non-negative least squares', () => {
    const projector = cellProjector(x)
    for (let k = 0; k < 6; k++)
      for (let draw = 0; draw < 20; draw++) {
        const q = numbers(`q${k},${draw}`, d)
        const want = projectCone(signed(x, m, k), q)
        const length = projector.project(m, k, q)
        expect(Math.abs(length - Math.hypot(...want))).toBeLessThan(1e-8 * Math.hypot(...q))
        for (let j = 0; j < d; j++) expect(Math.abs(projector.point[j] - want[j])).toBeLessThan(1e-7 * Math.hypot(...q))
      }
  })

  it('starts from any rows and comes to the same point', () => {
    const projector = cellProjector(x)
    const q = numbers('warm', d)
    const cold = projector.project(m, 2, q)
    const rows = projector.rows()
    expect(projector.project(m, 2, q, { rows })).toBeCloseTo(cold, 10)
    expect(projector.project(m, 2, q, { rows: [3, 3, 40, 12, 9, 55, 60] })).toBeCloseTo(cold, 10)
  })

  it('stops early with a length that still bounds the projection', () => {
    const projector = cellProjector(x)
    for (let draw = 0; draw < 20; draw++) {
      const q = numbers(`early${draw}`, d)
      const exact = projector.project(m, 1, q)
      const enough = (exact + Math.hypot(...q)) / 2
      const early = projector.project(m, 1, q, { enough })
      expect(early).toBeGreaterThanOrEqual(exact - 1e-9)
      expect(early).toBeLessThanOrEqual(enough)
    }
  })

  it('leaves vectors of the cell alone, sends those of the polar cone to 0, ignores zero rows', () => {
    const flat = dense(4, 2, Float64Array.of(1, 0, 0, 1, 0, 0, 1, 0))
    const corner = cells(flat, Float64Array.of(1, 1))
    const projector = cellProjector(flat)
    expect(projector.project(corner, 0, Float64Array.of(3, 4))).toBe(5)
    expect([...projector.point]).toEqual([3, 4])
    expect(projector.project(corner, 0, Float64Array.of(-3, -4))).toBeLessThan(1e-12)
    expect(projector.project(corner, 0, Float64Array.of(-3, 4))).toBeCloseTo(4, 12)
    expect([...projector.rows()]).toHaveLength(1)
  })
})
