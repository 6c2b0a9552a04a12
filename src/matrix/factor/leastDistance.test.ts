/**
 * The shortest vector of a polyhedron: feasible, a nonnegative combination of active rows, or none.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dense, fromRows, rowOf } from '../dense.ts'
import { dot, norm } from '../vector.ts'
import { leastDistance } from './leastDistance.ts'

describe('leastDistance', () => {
  it('is feasible, and shorter than the way to any feasible point', () => {
    const entry = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(entry, { minLength: 30, maxLength: 30 }), (m, draws) => {
        const k = dense(m, 3, Float64Array.from(draws.slice(0, 3 * m)))
        const inside = Float64Array.from(draws.slice(24, 27))
        // h so that `inside` is feasible.
        const h = Float64Array.from({ length: m }, (_, i) => dot(rowOf(k, i), inside) - Math.abs(draws[27 + (i % 3)]))
        const w = leastDistance(k, h)
        if (w === null) throw new Error('a feasible program has an answer')
        for (let i = 0; i < m; i++) expect(dot(rowOf(k, i), w)).toBeGreaterThanOrEqual(h[i] - 1e-9)
        // w is the projection of 0: (z − w)·w ≥ 0 for every feasible z.
        expect(dot(inside, w) - dot(w, w)).toBeGreaterThanOrEqual(-1e-9)
        expect(norm(w)).toBeLessThanOrEqual(norm(inside) + 1e-9)
      }),
      { seed: 5, numRuns: 200 },
    )
  })

  it('is 0 where 0 is feasible, and null where nothing is', () => {
    expect([...(leastDistance(fromRows([[1, 0]]), Float64Array.of(-1)) ?? [])].map(v => v + 0)).toEqual([0, 0])
    expect(
      leastDistance(
        fromRows([
          [1, 0],
          [-1, 0],
        ]),
        Float64Array.of(1, 1),
      ),
    ).toBeNull()
  })
})
