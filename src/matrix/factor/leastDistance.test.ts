/** Least distance: feasible, stationary, and honest about what has no solution. */
import { describe, expect, it } from 'vitest'
import { key, normals } from '../../random/index.ts'
import { dense, fromRows } from '../dense.ts'
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
})
