/** Least distance: feasible, stationary, and honest about what has no solution. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { key, normals } from '../../random/index.ts'
import { dense, fromRows, rowOf } from '../dense.ts'
import { dot, norm } from '../vector.ts'
import { leastDistance } from './leastDistance.ts'

describe('leastDistance', () => {
  it('meets the constraints with a combination of the active rows', () => {
    const x = dense(
      12,
      3,
      normals(key(1), 36).map((v, at) => v + (at % 3 === 0 ? 3 : 0)),
    )
    const found = leastDistance(x)
    if (found === null) throw new Error('there is a solution')
    const { u, multipliers } = found
    const sum = new Float64Array(3)
    for (let i = 0; i < 12; i++) {
      let t = 0
      for (let j = 0; j < 3; j++) t += x.data[3 * i + j] * u[j]
      expect(t).toBeGreaterThan(1 - 1e-9)
      expect(multipliers[i]).toBeGreaterThanOrEqual(0)
      if (multipliers[i] > 0) expect(t).toBeLessThan(1 + 1e-9)
      for (let j = 0; j < 3; j++) sum[j] += multipliers[i] * x.data[3 * i + j]
    }
    sum.forEach((value, j) => {
      expect(Math.abs(value - u[j])).toBeLessThan(1e-10)
    })
  })

  it('is null when no u will do', () => {
    expect(
      leastDistance(
        fromRows([
          [1, 0],
          [-1, 0],
        ]),
      ),
    ).toBeNull()
    expect(leastDistance(fromRows([[0, 0]]))).toBeNull()
  })

  it('any h: feasible, and shorter than the way to any feasible point', () => {
    const entry = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(entry, { minLength: 30, maxLength: 30 }), (m, draws) => {
        const k = dense(m, 3, Float64Array.from(draws.slice(0, 3 * m)))
        const inside = Float64Array.from(draws.slice(24, 27))
        // h so that `inside` is feasible.
        const h = Float64Array.from({ length: m }, (_, i) => dot(rowOf(k, i), inside) - Math.abs(draws[27 + (i % 3)]))
        const found = leastDistance(k, h)
        if (found === null) throw new Error('a feasible program has an answer')
        const { u } = found
        for (let i = 0; i < m; i++) expect(dot(rowOf(k, i), u)).toBeGreaterThanOrEqual(h[i] - 1e-9)
        // u is the projection of 0: (z − u)·u ≥ 0 for every feasible z.
        expect(dot(inside, u) - dot(u, u)).toBeGreaterThanOrEqual(-1e-9)
        expect(norm(u)).toBeLessThanOrEqual(norm(inside) + 1e-9)
      }),
      { seed: 5, numRuns: 200 },
    )
  })
})
