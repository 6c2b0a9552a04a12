import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Dense, dense, fromRows } from '../matrix/dense.ts'
import { key, normals } from '../random/index.ts'
import type { Network } from './model.ts'
import { predictNetwork } from './networks/network.ts'
import {
  learnStandardisation,
  rawVectors,
  restoreTarget,
  spreadOf,
  standardise,
  standardiseTarget,
  standardVectors,
  toRaw,
  withTarget,
} from './standardisation.ts'

const column = (x: Dense, j: number) => Array.from({ length: x.rows }, (_, i) => x.data[i * x.cols + j])
const mean = (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length

describe('learnStandardisation', () => {
  const x = fromRows([
    [1e6, 3, 0.1],
    [2e6, 3, 0.2],
    [5e6, 3, -0.4],
    [4e6, 3, 0.9],
  ])

  it('makes columns of mean 0 and mean square 1, with ones behind', () => {
    const s = learnStandardisation(x)
    const out = standardise(s, x)
    expect(out.cols).toBe(4)
    for (const j of [0, 2]) {
      expect(mean(column(out, j))).toBeCloseTo(0, 14)
      expect(mean(column(out, j).map(v => v * v))).toBeCloseTo(1, 14)
    }
    expect(column(out, 3)).toEqual([1, 1, 1, 1])
  })

  it('reports constant columns, scales them by 1, and gives 0 there for good', () => {
    const s = learnStandardisation(x)
    expect(s.constant).toEqual([1])
    expect(s.scale[1]).toBe(1)
    expect(column(standardise(s, fromRows([[0, 99, 0]])), 1)).toEqual([0])
    // Rounding of one value is still constant; a part in 10¹² is not.
    const near = fromRows([[0.1 + 0.2], [0.3], [0.3]])
    expect(learnStandardisation(near).constant).toEqual([0])
    expect(learnStandardisation(fromRows([[1], [1 + 1e-12], [1]])).constant).toEqual([])
  })

  it('only scales when there is no hidden bias to hold a shift', () => {
    const s = learnStandardisation(x, { intercept: false })
    expect(Array.from(s.mean)).toEqual([0, 0, 0])
    const out = standardise(s, x)
    expect(out.cols).toBe(3)
    expect(mean(column(out, 0).map(v => v * v))).toBeCloseTo(1, 14)
    expect(column(out, 1)).toEqual([1, 1, 1, 1])
    expect(s.constant).toEqual([])
  })

  it('leaves the data as it is when told so', () => {
    const s = learnStandardisation(x, { standardise: false, intercept: false })
    expect(standardise(s, x)).toEqual(x)
  })

  it('weighs like repetition, and ignores rows of weight 0', () => {
    const repeated = fromRows([
      [1, 2],
      [1, 2],
      [1, 2],
      [4, 7],
    ])
    const weighted = learnStandardisation(
      fromRows([
        [1, 2],
        [4, 7],
        [1e9, -1e9],
      ]),
      {
        weights: Float64Array.of(3, 1, 0),
      },
    )
    const plain = learnStandardisation(repeated)
    for (const j of [0, 1]) {
      expect(weighted.mean[j]).toBeCloseTo(plain.mean[j], 13)
      expect(weighted.scale[j]).toBeCloseTo(plain.scale[j], 13)
    }
  })

  it('survives huge and tiny numbers', () => {
    const found = spreadOf(Float64Array.of(1e300, -1e300), null, true)
    expect(found.spread / 1e300).toBeCloseTo(1, 12)
    expect(spreadOf(Float64Array.of(1e-300, -1e-300), null, true).spread / 1e-300).toBeCloseTo(1, 12)
  })

  it('refuses rows of another width', () => {
    expect(() => standardise(learnStandardisation(x), fromRows([[1, 2]]))).toThrow(
      'predict: rows must have the 3 columns of training; got 2.',
    )
  })
})

describe('the target', () => {
  it('goes to mean 0 and spread 1 per output, and back', () => {
    const y = Float64Array.of(1, 100, 2, 300, 6, 200)
    const s = withTarget(learnStandardisation(fromRows([[1], [2], [3]]), { outputs: 2 }), y, null)
    const t = learnStandardisation(fromRows([[1], [2], [3]]), { outputs: 2 })
    const both = withTarget(t, y, null)
    expect(Array.from(both.centre)).toEqual([3, 200])
    const standard = standardiseTarget(both, y)
    expect(mean([standard[0], standard[2], standard[4]])).toBeCloseTo(0, 14)
    expect(mean([standard[1], standard[3], standard[5]].map(v => v * v))).toBeCloseTo(1, 14)
    restoreTarget(both, standard).forEach((value, at) => {
      expect(value).toBeCloseTo(y[at], 12)
    })
    expect(s).toBeDefined()
  })
})

describe('toRaw', () => {
  it.each(['relu', 'gated'] as const)('predicts the same to 1e-9 at wild column scales (%s)', kind => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.boolean(),
        (exponents, seed, intercept) => {
          const [n, d, m] = [30, 3, 5]
          const x = dense(n, d, normals(key(seed), n * d))
          for (let i = 0; i < n; i++)
            for (let j = 0; j < d; j++) x.data[i * d + j] = 10 ** exponents[j] * (x.data[i * d + j] + 2 * j)
          const y = normals(key(seed, 1), n).map(v => 1e4 + 50 * v)
          const s = withTarget(learnStandardisation(x, { intercept }), y, null)
          const width = d + (intercept ? 1 : 0)
          const network: Network = {
            kind,
            hidden: dense(m, width, normals(key(seed, 2), m * width)),
            output: dense(m, 1, normals(key(seed, 3), m)),
            gates: kind === 'gated' ? dense(m, width, normals(key(seed, 4), m * width)) : null,
            offset: Float64Array.of(0.3),
          }
          const trained = restoreTarget(s, predictNetwork(network, standardise(s, x)))
          const plain = { ...s, mean: new Float64Array(d), scale: new Float64Array(d).fill(1), constant: [] }
          const raw = predictNetwork(toRaw(s, network), standardise(plain, x))
          trained.forEach((value, i) => {
            expect(Math.abs(raw[i] - value)).toBeLessThan(1e-9 * Math.max(Math.abs(value), s.spread[0]))
          })
        },
      ),
      { seed: 5, numRuns: 100 },
    )
  })

  it('takes gates back and forth', () => {
    const x = fromRows([
      [1e3, 2],
      [3e3, 5],
      [4e3, -1],
    ])
    const s = learnStandardisation(x)
    const gates = fromRows([
      [0.5, -1, 0.2],
      [1, 2, -3],
    ])
    const back = standardVectors(s, rawVectors(s, gates))
    back.data.forEach((value, at) => {
      expect(value).toBeCloseTo(gates.data[at], 12)
    })
  })
})
