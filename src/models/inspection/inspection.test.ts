/**
 * Neurons, weights, permutation importance and partial dependence against naive computations.
 */
import { describe, expect, it } from 'vitest'
import { type Dense, dense, fromRows } from '../../matrix/dense.ts'
import { fold, key, normals, permutation } from '../../random/index.ts'
import type { Network } from '../model.ts'
import { predictorOf } from '../predictor.ts'
import { learnStandardisation, withTarget } from '../standardisation.ts'
import { describeNeurons } from './neurons.ts'
import { partialDependence } from './partialDependence.ts'
import { permutationImportance } from './permutationImportance.ts'
import { weightsByFeature } from './weightsByFeature.ts'

const [n, d, m] = [40, 4, 5]
const random = (name: string, size: number) => normals(fold(key(1), name), size)
// Wild scales, and a last column that no neuron looks at.
const x = dense(
  n,
  d,
  random('x', n * d).map((v, at) => v * [1, 1e3, 1e-3, 5][at % d] + [0, 5e3, 1, -2][at % d]),
)
const y = random('y', n).map(v => 100 + 10 * v)
const weights = random('w', n).map(v => Math.abs(v))

function networkOf(kind: 'relu' | 'gated', c: number): Network {
  const blind = (v: Float64Array) => v.map((value, at) => (at % (d + 1) === 3 ? 0 : value))
  return {
    kind,
    hidden: dense(m, d + 1, blind(random('u', m * (d + 1)))),
    output: dense(m, c, random('v', m * c)),
    gates: kind === 'gated' ? dense(m, d + 1, blind(random('g', m * (d + 1)))) : null,
    offset: random('b', c),
  }
}

function modelOf(kind: 'relu' | 'gated', c = 1) {
  let standardisation = learnStandardisation(x, { outputs: c })
  if (c === 1) standardisation = withTarget(standardisation, y, null)
  const state = { network: networkOf(kind, c), standardisation, loss: 'squared', classes: null } as const
  return { ...state, ...predictorOf(state) }
}

const squares = (f: Float64Array) => f.reduce((sum, v, i) => sum + (v - y[i]) ** 2, 0) / n

describe.each(['relu', 'gated'] as const)('%s neurons', kind => {
  const model = modelOf(kind)
  const found = describeNeurons(model, { x, weights, loss: squares })

  it('raw weights and biases reproduce the predictions, neuron by neuron', () => {
    const raw = model.raw()
    for (let i = 0; i < n; i++) {
      let f = raw.offset[0]
      found.forEach((neuron, j) => {
        const at = (w: ArrayLike<number>, bias: number) => {
          let z = bias
          for (let k = 0; k < d; k++) z += w[k] * x.data[i * d + k]
          return z
        }
        const z = at(neuron.raw, neuron.bias.raw)
        const g = raw.gates?.data.subarray(j * (d + 1), (j + 1) * (d + 1))
        f += neuron.outputs[0] * (g === undefined ? Math.max(z, 0) : at(g, g[d]) > 0 ? z : 0)
      })
      expect(Math.abs(f - model.values(x)[i])).toBeLessThan(1e-9 * Math.abs(f))
    }
  })

  it('share awake, norm, sign and importance are as defined', () => {
    const mean = (values: readonly number[]) => {
      const total = weights.reduce((a, b) => a + b, 0)
      return values.reduce((sum, v, i) => sum + (weights[i] / total) * v, 0)
    }
    const { hidden, output, gates } = model.network
    found.forEach((neuron, j) => {
      const z = (w: Dense, i: number) => {
        let sum = w.data[j * (d + 1) + d]
        for (let k = 0; k < d; k++)
          sum +=
            (w.data[j * (d + 1) + k] * (x.data[i * d + k] - model.standardisation.mean[k])) /
            model.standardisation.scale[k]
        return sum
      }
      const open = Array.from({ length: n }, (_, i) => z(gates ?? hidden, i) > 0)
      expect(neuron.active).toBeCloseTo(mean(open.map(Number)), 12)
      const part = open.map((on, i) => (on ? z(hidden, i) * output.data[j] * model.standardisation.spread[0] : 0))
      const without = model.values(x).map((f, i) => f - part[i] + mean(part))
      expect(neuron.importance).toBeCloseTo(squares(without) - squares(model.values(x)), 7)
      const u = hidden.data.subarray(j * (d + 1), (j + 1) * (d + 1))
      expect(neuron.norm).toBeCloseTo(Math.hypot(...u) * Math.abs(output.data[j]), 12)
      expect([neuron.neuron, neuron.output, neuron.sign]).toEqual([j, 0, Math.sign(output.data[j])])
    })
  })

  it('without rows there are weights only', () => {
    for (const neuron of describeNeurons(model)) expect([neuron.active, neuron.importance]).toEqual([null, null])
    expect(() => describeNeurons(model, { x, weights: new Float64Array(3) })).toThrow(
      'describeNeurons: there must be one weight a row of x; got 3 for 40 rows.',
    )
  })
})

it('of several outputs the one with the largest weight is named', () => {
  const model = modelOf('relu', 3)
  describeNeurons(model).forEach(({ output, sign }, j) => {
    const v = [...model.network.output.data.subarray(3 * j, 3 * j + 3)]
    expect(Math.max(...v.map(Math.abs))).toBe(Math.abs(v[output]))
    expect(sign).toBe(Math.sign(v[output]))
  })
})

describe('weights by feature', () => {
  const { network } = modelOf('relu')
  const groups = [
    { name: 'first', columns: [0] },
    { name: 'two', columns: [1, 2] },
    { name: 'unused', columns: [3] },
  ]

  it('is the sum over neurons, and 0 for a feature that no neuron looks at', () => {
    const naive = groups.map(({ columns }) => {
      let sum = 0
      for (let j = 0; j < m; j++)
        sum += Math.abs(network.output.data[j]) * Math.hypot(...columns.map(k => network.hidden.data[j * (d + 1) + k]))
      return sum
    })
    const found = weightsByFeature(network, groups)
    naive.forEach((value, k) => {
      expect(found[k]).toBeCloseTo(value, 12)
    })
    expect(found[2]).toBe(0)
  })
})

describe('permutation importance', () => {
  const model = modelOf('relu')
  const groups = [0, 1, 2, 3].map(j => ({ name: `x${j}`, columns: [j] }))
  const measure = (rows: Dense) => ({ squares: squares(model.values(rows)) })
  const found = permutationImportance(x, { groups, measure, repeats: 4, seed: 7 })

  it('is what shuffling by hand gives', () => {
    const values = Array.from({ length: 4 }, (_, r) => {
      const order = permutation(fold(fold(key(7), 'permutation-importance'), r), n)
      const rows = Array.from({ length: n }, (_, i) => [...x.data.subarray(i * d, (i + 1) * d)])
      const shuffled = rows.map((row, i) => row.map((value, k) => (k === 1 ? rows[order[i]][1] : value)))
      return squares(model.values(fromRows(shuffled))) - squares(model.values(x))
    })
    const mean = values.reduce((a, b) => a + b) / 4
    expect(found[1].squares.values).toEqual(values)
    expect(found[1].squares.mean).toBeCloseTo(mean, 9)
    expect(found[1].squares.spread).toBeCloseTo(Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / 3), 9)
    expect(mean).not.toBe(0)
  })

  it('of a feature that is not used is exactly 0', () => {
    expect(found[3].squares).toEqual({ mean: 0, spread: 0, values: [0, 0, 0, 0] })
  })

  it('shuffles the columns of a group together', () => {
    const twice = fromRows(Array.from({ length: n }, (_, i) => [i, i]))
    let apart = 0
    permutationImportance(twice, {
      groups: [{ name: 'both', columns: [0, 1] }],
      measure: rows => {
        for (let i = 0; i < n; i++) if (rows.data[2 * i] !== rows.data[2 * i + 1]) apart++
        return { any: 0 }
      },
    })
    expect(apart).toBe(0)
  })

  it('is a function of the seed, and leaves the data alone', () => {
    const before = x.data.slice()
    const run = (seed: number) => permutationImportance(x, { groups, measure, repeats: 2, seed })
    expect(run(7)).toEqual(run(7))
    expect(run(7)).not.toEqual(run(8))
    expect(x.data).toEqual(before)
    expect(() => permutationImportance(x, { groups, measure, repeats: 0 })).toThrow(
      'permutationImportance: repeats must be a whole number ≥ 1; got 0.',
    )
  })
})

describe('partial dependence', () => {
  const model = modelOf('gated')
  const predict = (rows: Dense) => dense(rows.rows, 1, model.values(rows))

  it('is the mean over all rows with the feature set, by brute force', () => {
    const grid = [[-1], [0], [2.5]]
    const found = partialDependence(x, { columns: [2], grid, predict, weights })
    const total = weights.reduce((a, b) => a + b, 0)
    grid.forEach(([value], k) => {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const row = [...x.data.subarray(i * d, (i + 1) * d)]
        row[2] = value
        sum += (weights[i] / total) * model.values([row])[0]
      }
      expect(found.data[k]).toBeCloseTo(sum, 8)
    })
    expect(found).toMatchObject({ rows: 3, cols: 1 })
  })

  it('is flat along a feature that is not used', () => {
    const { data } = partialDependence(x, { columns: [3], grid: [[-9], [0], [9]], predict })
    expect(new Set(data).size).toBe(1)
  })

  it('refuses a point of another width', () => {
    expect(() => partialDependence(x, { columns: [0, 1], grid: [[1]], predict })).toThrow(
      'partialDependence: a point needs one value a column; got 1 for 2 columns.',
    )
  })
})
