import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ShapeError } from '../errors.ts'
import { fromRows } from '../matrix/dense.ts'
import { auc, classMetrics, regressionMetrics } from './metrics.ts'

const f64 = (...values: number[]) => Float64Array.from(values)

describe('regressionMetrics', () => {
  it('is exact on a small case', () => {
    const { r2, rmse, mae } = regressionMetrics(f64(1, 2, 3, 4), f64(1, 2, 3, 6))
    expect([r2, rmse, mae]).toEqual([1 - 4 / 5, 1, 0.5])
  })
  it('weights count as repetitions', () => {
    const repeated = regressionMetrics(f64(1, 2, 2, 2, 5), f64(0, 3, 3, 3, 5))
    const weighted = regressionMetrics(f64(1, 2, 5), f64(0, 3, 5), { weights: f64(1, 3, 1) })
    expect(weighted.r2).toBeCloseTo(repeated.r2, 14)
    expect(weighted.rmse).toBeCloseTo(repeated.rmse, 14)
    expect(weighted.mae).toBeCloseTo(repeated.mae, 14)
  })
  it('the mean has R² = 0, and lengths must agree', () => {
    expect(regressionMetrics(f64(1, 3), f64(2, 2)).r2).toBe(0)
    expect(() => regressionMetrics(f64(1), f64(1, 2))).toThrow(ShapeError)
  })
})

describe('classMetrics', () => {
  it('is exact on a small case', () => {
    const probabilities = fromRows([
      [0.5, 0.5],
      [0.25, 0.75],
      [0.75, 0.25],
    ])
    const m = classMetrics(f64(0, 1, 1), f64(0, 1, 0), { probabilities, scores: f64(0.5, 0.75, 0.25) })
    expect(m.accuracy).toBe(2 / 3)
    expect(m.logLoss).toBeCloseTo(-(Math.log(0.5) + Math.log(0.75) + Math.log(0.25)) / 3, 15)
    expect(m.auc).toBe(0.5)
  })
  it('has no AUC where a class is absent, and no log loss without probabilities', () => {
    expect(classMetrics(f64(1, 1), f64(1, 0), { scores: f64(1, 2) })).toEqual({ accuracy: 0.5 })
  })
  it('AUC is the share of ordered pairs, ties counted half (naive twin)', () => {
    const row = fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 3 }))
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 12 }), rows => {
        let won = 0
        let pairs = 0
        for (const [y, s, w] of rows)
          for (const [y2, s2, w2] of rows)
            if (y === 1 && y2 === 0) {
              pairs += w * w2
              won += w * w2 * (s > s2 ? 1 : s === s2 ? 0.5 : 0)
            }
        const column = (k: number) => Float64Array.from(rows, each => each[k])
        const area = auc(column(0), column(1), column(2))
        if (pairs === 0) expect(area).toBeNaN()
        else expect(area).toBeCloseTo(won / pairs, 12)
      }),
      { seed: 2 },
    )
  })
})
