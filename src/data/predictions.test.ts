import { describe, expect, it } from 'vitest'
import { lossFor, lossTargets, metricsOf, predictionsOf } from './predictions.ts'
import type { TargetEncoding } from './target.ts'

const f64 = (...values: number[]) => Float64Array.from(values)
const number: TargetEncoding = { kind: 'number', name: 'y' }
const two: TargetEncoding = { kind: 'classes', name: 'y', labels: ['a', 'b'] }
const three: TargetEncoding = { kind: 'classes', name: 'y', labels: ['a', 'b', 'c'] }

describe('predictionsOf', () => {
  it('passes numbers through', () => {
    expect(predictionsOf(f64(1, -2), { target: number, loss: 'huber' }).values).toEqual(f64(1, -2))
  })
  it('logistic: sign and probabilities, also far out', () => {
    const { values, probabilities, scores } = predictionsOf(f64(0, Math.log(3), -800), {
      target: two,
      loss: 'logistic',
    })
    expect([...values]).toEqual([0, 1, 0])
    expect(probabilities?.data[0]).toBe(0.5)
    expect(probabilities?.data[3]).toBeCloseTo(0.75, 15)
    expect([...(probabilities?.data.subarray(4) ?? [])]).toEqual([1, 0])
    expect(scores).toEqual(f64(0, Math.log(3), -800))
  })
  it('squared hinge has labels but no probabilities', () => {
    const { values, probabilities } = predictionsOf(f64(2, -1), { target: two, loss: 'squared-hinge' })
    expect([[...values], probabilities]).toEqual([[1, 0], null])
  })
  it('multinomial: largest output and softmax, without overflow', () => {
    const { values, probabilities } = predictionsOf(f64(0, Math.log(2), 0, 1000, 0, 0), {
      target: three,
      loss: 'multinomial',
    })
    expect([...values]).toEqual([1, 0])
    expect(probabilities?.data[1]).toBeCloseTo(0.5, 15)
    expect([...(probabilities?.data.subarray(3) ?? [])]).toEqual([1, 0, 0])
  })
})

describe('metricsOf, lossTargets, lossFor', () => {
  it('leaves out what is undefined', () => {
    const constant = predictionsOf(f64(1, 2), { target: number, loss: 'squared' })
    expect(Object.keys(metricsOf(f64(1, 1), constant, { target: number }))).toEqual(['rmse', 'mae'])
    const one = predictionsOf(f64(1, 2), { target: two, loss: 'logistic' })
    expect(Object.keys(metricsOf(f64(1, 1), one, { target: two }))).toEqual(['accuracy', 'logLoss'])
  })
  it('codes and chooses losses', () => {
    expect(lossTargets(f64(0, 1), 'logistic')).toEqual(f64(-1, 1))
    expect(lossTargets(f64(0, 1), 'multinomial')).toEqual(f64(0, 1))
    expect([number, two, three].map(lossFor)).toEqual(['squared', 'logistic', 'multinomial'])
  })
})
