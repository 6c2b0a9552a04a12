import { describe, expect, it } from 'vitest'
import { times } from '../../test/oracles/linearAlgebra.ts'
import { parkMillerMatrix } from '../../test/oracles/sketches.ts'
import { dense } from '../matrix/dense.ts'
import { svd } from '../matrix/factor/svd.ts'
import { leverageScores, samplingProbabilities } from './leverageScores.ts'

const sum = (x: Float64Array) => x.reduce((total, v) => total + v, 0)

/** 300 × 6, a few rows of which decide a direction alone. */
function coherent() {
  const a = parkMillerMatrix(300, 6, 3)
  for (let i = 0; i < 300; i++) for (let j = 0; j < 6; j++) if (i !== 50 * j + 7) a.data[i * 6 + j] *= 0.01
  return a
}

describe('leverageScores', () => {
  it('sum to the rank, and do not see a change of basis', () => {
    const a = coherent()
    const scores = leverageScores(a)
    expect(sum(scores)).toBeCloseTo(6, 10)
    const mixed = leverageScores(times(a, parkMillerMatrix(6, 6, 8)))
    for (let i = 0; i < 300; i++) expect(mixed[i]).toBeCloseTo(scores[i], 9)
    for (let j = 0; j < 6; j++) expect(scores[50 * j + 7]).toBeGreaterThan(0.5)
  })
  it('are the squared rows of the left singular vectors, shrunk by the ridge', () => {
    const a = parkMillerMatrix(20, 4, 5)
    const { u, values } = svd(a)
    for (const lambda of [0, 0.5]) {
      const scores = leverageScores(a, { lambda })
      for (let i = 0; i < 20; i++) {
        let expected = 0
        for (let k = 0; k < 4; k++) expected += (u.data[i * 4 + k] ** 2 * values[k] ** 2) / (values[k] ** 2 + lambda)
        expect(scores[i]).toBeCloseTo(expected, 12)
      }
    }
  })
  it('are met within a factor of four by two passes, also on coherent data and with a ridge', () => {
    for (const lambda of [0, 1e-3])
      for (let seed = 0; seed < 5; seed++) {
        const exact = leverageScores(coherent(), { lambda })
        const near = leverageScores(coherent(), { lambda, approximate: true, seed })
        exact.forEach((l, i) => {
          expect(near[i] / l).toBeGreaterThan(0.25)
          expect(near[i] / l).toBeLessThan(4)
        })
      }
  })
  it('use random directions when there are more columns than directions', () => {
    const a = parkMillerMatrix(400, 30, 5)
    const exact = leverageScores(a)
    const near = leverageScores(a, { approximate: true, seed: 2 })
    expect(sum(near)).toBeGreaterThan(15)
    expect(sum(near)).toBeLessThan(60)
    for (let i = 0; i < 400; i++) expect(Math.abs(Math.log(near[i] / exact[i]))).toBeLessThan(Math.log(6))
  })
  it('refuse dependent columns without a ridge', () => {
    const a = dense(
      10,
      2,
      Float64Array.from({ length: 20 }, (_, t) => Math.floor(t / 2) + 1),
    )
    for (const approximate of [false, true])
      expect(() => leverageScores(a, { approximate })).toThrow(/the 2 columns must be independent.*lambda > 0/)
    expect(sum(leverageScores(a, { lambda: 1 }))).toBeCloseTo(770 / 771, 10)
    expect(() => leverageScores(a, { lambda: -1 })).toThrow(/lambda must be ≥ 0; got -1/)
  })
})

describe('samplingProbabilities', () => {
  it('keep a floor of a tenth of uniform', () => {
    const p = samplingProbabilities(Float64Array.of(0, 3, 1, 0))
    expect(sum(p)).toBeCloseTo(1, 14)
    expect(p[0]).toBeCloseTo(0.025, 14)
    expect(p[1]).toBeCloseTo(0.7, 14)
    expect(() => samplingProbabilities(new Float64Array(3))).toThrow(/sum > 0; got 0/)
  })
})
