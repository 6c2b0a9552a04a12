import { describe, expect, it } from 'vitest'
import { createLoss } from './createLoss.ts'
import { huberLoss } from './huber.ts'
import { logisticLoss } from './logistic.ts'
import type { LossName } from './loss.ts'
import { multinomialLoss } from './multinomial.ts'
import { squaredLoss } from './squared.ts'
import { squaredHingeLoss } from './squaredHinge.ts'

describe('what a loss refuses', () => {
  it('targets that are not finite, with their place', () => {
    expect(() => squaredLoss([1, NaN])).toThrow('squaredLoss: targets must be finite numbers; got NaN at 1.')
    expect(() => huberLoss([1, Infinity])).toThrow('huberLoss: targets must be finite numbers; got Infinity at 1.')
    expect(() => squaredLoss([])).toThrow('at least one sample; got 0')
    expect(() => squaredLoss([1, 2, 3], { outputs: 2 })).toThrow('2 numbers for each of at least one sample; got 3')
  })

  it('labels it does not know', () => {
    expect(() => logisticLoss([1, 0])).toThrow('logisticLoss: labels must be -1 or +1; got 0 at 1.')
    expect(() => squaredHingeLoss([1, 2])).toThrow('squaredHingeLoss: labels must be -1 or +1; got 2 at 1.')
    expect(() => multinomialLoss([0, 1, 3], { outputs: 3 })).toThrow('class indices 0..2; got 3 at 2.')
    expect(() => multinomialLoss([0, 0.5])).toThrow('class indices 0..1; got 0.5 at 1.')
    expect(() => multinomialLoss([0, NaN])).toThrow('targets must be finite numbers; got NaN at 1.')
    expect(() => multinomialLoss([0, 0], { outputs: 1 })).toThrow('outputs must be at least 2; got 1.')
    expect(() => logisticLoss([1, -1], { outputs: 2 })).toThrow('Use multinomialLoss for classes.')
    expect(() => squaredHingeLoss([1, -1], { outputs: 2 })).toThrow('Use multinomialLoss for classes.')
  })

  it('weights that are negative, all zero, not finite or of the wrong number', () => {
    expect(() => squaredLoss([1, 2], { weights: [1, -1] })).toThrow('weights must be >= 0; got -1 at 1.')
    expect(() => squaredLoss([1, 2], { weights: [0, 0] })).toThrow('some weight must be > 0; got 2 zeros.')
    expect(() => squaredLoss([1, 2], { weights: [1, NaN] })).toThrow('weights must be finite numbers; got NaN at 1.')
    expect(() => squaredLoss([1, 2], { weights: [1] })).toThrow('one number a sample, 2; got 1.')
  })

  it('an offset or a delta that does not fit, and unknown names', () => {
    expect(() => squaredLoss([1, 2], { offset: [1, 2] })).toThrow('offset must hold one number an output, 1; got 2.')
    expect(() => squaredLoss([1, 2], { outputs: 0 })).toThrow('outputs must be a positive whole number; got 0.')
    expect(() => huberLoss([1], { delta: 0 })).toThrow('huberLoss: delta must be a positive number; got 0.')
    expect(() => createLoss('hinge' as LossName, { targets: [1] })).toThrow(
      'createLoss: the loss must be one of squared',
    )
  })
})

describe('extreme values', () => {
  it('logistic and multinomial neither overflow nor lose small numbers', () => {
    const loss = logisticLoss([1, -1])
    expect(loss.value(Float64Array.of(-1e3, 1e3))).toBe(2000)
    expect(loss.value(Float64Array.of(40, -40))).toBeCloseTo(2 * Math.exp(-40), 30)
    expect(loss.gradient(Float64Array.of(40, -800))[0]).toBeCloseTo(-Math.exp(-40), 30)
    const classes = multinomialLoss([0, 1])
    expect(classes.value(Float64Array.of(-1e3, 1e3, 0, 0))).toBeCloseTo(2000 + Math.LN2, 10)
    expect(classes.value(Float64Array.of(40, 0, 0, 40))).toBeCloseTo(2 * Math.exp(-40), 30)
    expect(classes.gradient(Float64Array.of(40, 0, 0, 40))[0]).toBeCloseTo(-Math.exp(-40), 30)
    expect(classes.curvature(Float64Array.of(40, 0, 0, 40))[0]).toBeCloseTo(2 * Math.exp(-40), 30)
  })

  it('copies what it is given', () => {
    const targets = [1, 2]
    const loss = squaredLoss(targets)
    targets[0] = 9
    expect(loss.targets[0]).toBe(1)
  })
})
