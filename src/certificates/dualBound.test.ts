import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { atMost, exact, half, minus, plus, sumOf, times, zero } from '../../test/oracles/rational.ts'
import { squaredLoss } from '../losses/index.ts'
import { dense } from '../matrix/dense.ts'
import { dualBound } from './dualBound.ts'

describe('dualBound', () => {
  it('checks the rounded witness once more, whatever the norm left of margin', () => {
    // One sample, x = 1: Ω°(θ) = |θ|, given without any margin. fl(β/|θ|)·θ then lands above β about every fourth time.
    let beyond = 0
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (slope, beta) => {
          const data = { x: dense(1, 1, Float64Array.of(1)), loss: squaredLoss([-9]), beta }
          const found = dualBound(data, Float64Array.of(slope), (theta, { floor = 0 }) =>
            Math.max(floor, Math.abs(theta[0])),
          )
          if (found === null) throw new Error('no bound')
          if ((beta / slope) * slope > beta) beyond++
          expect(Math.abs(found.witness[0])).toBeLessThanOrEqual(beta)
          expect(Math.abs(found.witness[0])).toBeGreaterThan(beta * (1 - 1e-14))
        },
      ),
      { seed: 5, numRuns: 300 },
    )
    expect(beyond).toBeGreaterThan(5)
  })

  it('stays below the exact dual value where the terms cancel', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 12, maxLength: 12 }), y => {
        // θ = −y·(2 − tiny): ½θ² and θy nearly cancel, and a margin relative to the result would not do.
        const x = dense(
          12,
          1,
          Float64Array.from({ length: 12 }, (_, i) => (i % 2 ? 1 : -1) * 1e-3),
        )
        const found = dualBound(
          { x, loss: squaredLoss(y.map(v => 1e6 * v)), beta: 1e9 },
          Float64Array.from(y, v => -1e6 * v),
          (_t, { floor = 0 }) => Math.max(floor, 1),
        )
        if (found === null) throw new Error('no bound')
        const value = sumOf(
          [...found.witness].map((t, i) =>
            minus(zero, plus(times(half, times(exact(t), exact(t))), times(exact(t), exact(1e6 * y[i])))),
          ),
        )
        expect(atMost(exact(found.lower), value)).toBe(true)
      }),
      { seed: 6, numRuns: 100 },
    )
  })

  it('passes over candidates that are not finite or of another size', () => {
    const data = { x: dense(1, 1, Float64Array.of(1)), loss: squaredLoss([1]), beta: 1 }
    expect(dualBound(data, Float64Array.of(NaN), () => 1)).toBeNull()
    expect(dualBound(data, new Float64Array(2), () => 1)).toBeNull()
    expect(dualBound(data, Float64Array.of(0), () => 1)?.lower).toBeCloseTo(0, 100)
  })
})
