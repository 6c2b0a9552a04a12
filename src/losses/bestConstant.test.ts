import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bestConstant } from './bestConstant.ts'
import { createLoss } from './createLoss.ts'
import type { LossName } from './loss.ts'

const numbers = [0.5, -1.2, 2.5, 0, 0.3, -0.7, 40]
const signs = [1, -1, -1, 1, -1, 1, -1]
const weights = [0.5, 2, 1, 0.01, 3, 0.7, 1]
const cases: readonly [LossName, readonly number[], number, number | undefined][] = [
  ['squared', numbers, 1, undefined],
  ['squared', [...numbers, ...numbers.toReversed()], 2, undefined],
  ['huber', numbers, 1, 0.6],
  ['logistic', signs, 1, undefined],
  ['squared-hinge', signs, 1, undefined],
  ['multinomial', [0, 2, 1, 1, 0, 2, 2], 3, undefined],
]

describe('bestConstant', () => {
  it.each(cases)('%s: the slope of the weighted loss vanishes there', (name, targets, outputs, delta) => {
    const extra = delta === undefined ? {} : { delta }
    const best = bestConstant(name, targets, { weights, outputs, ...extra })
    const loss = createLoss(name, { targets, weights, outputs, offset: best, ...extra })
    const gradient = loss.gradient(new Float64Array(targets.length * (name === 'multinomial' ? 3 : 1)))
    for (let k = 0; k < outputs; k++) {
      const slope = gradient.reduce((sum, g, at) => sum + (at % outputs === k ? g : 0), 0)
      expect(Math.abs(slope)).toBeLessThan(1e-12)
    }
  })

  it('huber: between the median and the mean, at any scale', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), delta => {
        const [b] = bestConstant('huber', numbers, { delta })
        const slope = numbers.reduce((sum, y) => sum + Math.max(-delta, Math.min(delta, b - y)), 0)
        expect(Math.abs(slope)).toBeLessThan(1e-9 * (1 + delta))
      }),
      { seed: 4, numRuns: 40 },
    )
    expect(bestConstant('huber', numbers, { delta: 1e-9 })[0]).toBeCloseTo(0.3, 6)
    expect(bestConstant('huber', numbers, { delta: 1e9 })[0]).toBeCloseTo(41.4 / 7, 9)
  })

  it('gives a class without samples half a sample, not minus infinity', () => {
    expect(bestConstant('multinomial', [0, 0, 2, 2], { outputs: 3 })[1]).toBeCloseTo(Math.log(1 / 8), 12)
  })

  it('refuses one sign only, wrong labels and classes', () => {
    expect(() => bestConstant('logistic', [1, 1])).toThrow('bestConstant: both labels must occur; got only +1.')
    expect(() => bestConstant('logistic', [0, 1])).toThrow('bestConstant: labels must be -1 or +1; got 0 at 0.')
    expect(() => bestConstant('multinomial', [0, 3], { outputs: 3 })).toThrow('class indices 0..2; got 3 at 1.')
  })
})
