/**
 * The numbers of the figures against their definitions: ROC by pairs and by thresholds, bins and confusion by counting.
 */
import { describe, expect, it } from 'vitest'
import { fold, key, uniforms } from '../random/index.ts'
import { calibrationBins } from './calibration.ts'
import { confusionMatrix } from './confusion.ts'
import { csvText } from './csv.ts'
import { auc } from './metrics.ts'
import { rocCurve } from './roc.ts'

const n = 83
const draw = (name: string) => uniforms(fold(key(3), name), n)
// Coarse scores, so that there are ties within and between the classes.
const scores = draw('scores').map(u => Math.round(12 * u) / 12)
const y = draw('classes').map((u, i) => (u + scores[i] > 1.05 ? 1 : 0))
const weights = draw('weights').map(u => Math.round(4 * u))
const ones = new Float64Array(n).fill(1)

describe('ROC curve', () => {
  it.each([
    ['without weights', null],
    ['with weights', weights],
  ])('the area below it is the share of pairs in the right order, ties half, %s', (_, given) => {
    const w = given ?? ones
    let [won, pairs] = [0, 0]
    for (let a = 0; a < n; a++)
      for (let b = 0; b < n; b++) {
        if (!(y[a] === 1 && y[b] === 0)) continue
        pairs += w[a] * w[b]
        won += w[a] * w[b] * (scores[a] > scores[b] ? 1 : scores[a] === scores[b] ? 0.5 : 0)
      }
    const curve = rocCurve(y, scores, given)
    let area = 0
    for (let k = 1; k < curve.length; k++)
      area +=
        ((curve[k].falsePositive - curve[k - 1].falsePositive) * (curve[k].truePositive + curve[k - 1].truePositive)) /
        2
    expect(area).toBeCloseTo(won / pairs, 12)
    expect(auc(y, scores, w)).toBeCloseTo(won / pairs, 12)
  })

  it('every corner is what its threshold gives', () => {
    const curve = rocCurve(y, scores)
    expect(curve.map(({ threshold }) => threshold)).toEqual([Infinity, ...[...new Set(scores)].sort((a, b) => b - a)])
    for (const { threshold, falsePositive, truePositive } of curve) {
      const share = (k: number) => {
        const own = [...y.keys()].filter(i => y[i] === k)
        return own.filter(i => scores[i] >= threshold).length / own.length
      }
      expect([falsePositive, truePositive]).toEqual([share(0), share(1)])
    }
    expect(curve[curve.length - 1]).toMatchObject({ falsePositive: 1, truePositive: 1 })
  })

  it('is empty where a class does not occur, or has no weight', () => {
    expect(rocCurve(new Float64Array(4), Float64Array.of(1, 2, 3, 4))).toEqual([])
    expect(rocCurve(Float64Array.of(0, 1), Float64Array.of(1, 2), Float64Array.of(1, 0))).toEqual([])
  })
})

describe('calibration', () => {
  it('bins hold the rows of their range', () => {
    const bins = calibrationBins(y, scores, { weights })
    let seen = 0
    for (const { low, high, weight, predicted, observed } of bins) {
      const rows = [...y.keys()].filter(i => scores[i] >= low && (scores[i] < high || (high === 1 && scores[i] === 1)))
      const sum = (of: (i: number) => number) => rows.reduce((total, i) => total + weights[i] * of(i), 0)
      expect(weight).toBe(sum(() => 1))
      expect(predicted).toBeCloseTo(sum(i => scores[i]) / weight, 12)
      expect(observed).toBeCloseTo(sum(i => y[i]) / weight, 12)
      seen += weight
    }
    expect(seen).toBe(weights.reduce((a, b) => a + b, 0))
  })

  it('a probability of 1 is in the last bin, and empty bins are left out', () => {
    expect(calibrationBins(Float64Array.of(1, 0), Float64Array.of(1, 0), { bins: 4 })).toEqual([
      { low: 0, high: 0.25, weight: 1, predicted: 0, observed: 0 },
      { low: 0.75, high: 1, weight: 1, predicted: 1, observed: 1 },
    ])
  })
})

describe('confusion matrix', () => {
  it('counts, truth in the rows', () => {
    const predicted = Float64Array.of(0, 2, 2, 1, 0)
    expect([...confusionMatrix(Float64Array.of(0, 1, 2, 1, 2), predicted, { classes: 3 }).data]).toEqual([
      1, 0, 0, 0, 1, 1, 1, 0, 1,
    ])
    const weighted = confusionMatrix(Float64Array.of(0, 1), Float64Array.of(1, 1), {
      classes: 2,
      weights: Float64Array.of(2, 0.5),
    })
    expect([...weighted.data]).toEqual([0, 2, 0, 0.5])
  })
})

describe('CSV', () => {
  it('quotes what would break it, and keeps all digits', () => {
    expect(
      csvText({
        header: ['a,b', 'c"d'],
        rows: [
          [1 / 3, 'x\ny'],
          [null, 'plain'],
        ],
      }),
    ).toBe('"a,b","c""d"\n0.3333333333333333,"x\ny"\n,plain\n')
  })
})
