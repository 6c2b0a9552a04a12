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

  it('stays below the exact dual value where its terms cancel', () => {
    const values = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(values, v => {
        // Targets near a large offset: θ·y and θ·o are 10⁸ times their difference.
        const x = dense(12, 1, new Float64Array(12).fill(1))
        const loss = squaredLoss(
          v.map(a => 1e8 + a),
          { offset: [1e8] },
        )
        const slope = loss.gradient(new Float64Array(12))
        const found = dualBound({ x, loss, beta: 1e9 }, slope, (_t, { floor = 0 }) => Math.max(floor, 1))
        if (found === null) throw new Error('no bound')
        const terms = [...found.witness].map((t, i) =>
          plus(times(half, times(exact(t), exact(t))), times(exact(t), minus(exact(loss.targets[i]), exact(1e8)))),
        )
        expect(atMost(exact(found.lower), minus(zero, sumOf(terms)))).toBe(true)
      }),
      { seed: 6, numRuns: 200 },
    )
  })

  it('passes over candidates that are not finite or of another size', () => {
    const data = { x: dense(1, 1, Float64Array.of(1)), loss: squaredLoss([1]), beta: 1 }
    expect(dualBound(data, Float64Array.of(NaN), () => 1)).toBeNull()
    expect(dualBound(data, new Float64Array(2), () => 1)).toBeNull()
    expect(dualBound(data, Float64Array.of(0), () => 1)?.lower).toBeCloseTo(0, 100)
  })
})
