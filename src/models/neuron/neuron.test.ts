import { describe, expect, it } from 'vitest'
import { type Dense, dense, fromRows } from '../../matrix/index.ts'
import { fold, key, normals } from '../../random/index.ts'
import { fitNeuron } from './fitNeuron.ts'
import { neuronLoss, relaxedLoss } from './relaxation.ts'

/** Twelve rows in three dimensions, six of them active at (1, −0.5, 0.8). */
const X = fromRows([
  [-0.757, 0.578, -0.366],
  [0.899, 0.034, -0.867],
  [-0.981, -0.522, 0.619],
  [0.998, -0.906, 0.687],
  [-0.949, -0.989, -0.819],
  [0.837, -0.746, -0.449],
  [-0.669, -0.256, 0.949],
  [0.457, 0.318, 0.173],
  [-0.214, 0.788, -1.0],
  [-0.042, 0.997, 0.118],
  [0.296, 0.876, 0.965],
  [-0.531, 0.466, -0.399],
])
const planted = [1, -0.5, 0.8]

function reluOf(x: Dense, w: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: x.rows }, (_, i) => {
    let z = 0
    for (let j = 0; j < x.cols; j++) z += x.data[i * x.cols + j] * w[j]
    return Math.max(0, z)
  })
}

function gaussian(purpose: string, rows: number, cols: number): Dense {
  return dense(rows, cols, normals(fold(key(11), purpose), rows * cols))
}

const mixed = Float64Array.from({ length: 12 }, (_, i) => Math.cos(1.7 * i) + 0.2)

describe('the relaxation', () => {
  it('lies above the loss, by Σ y (−x·w)₊ over positive targets exactly', () => {
    for (let k = 0; k < 50; k++) {
      const w = normals(fold(key(k), 'w'), 3)
      const [f, g] = [neuronLoss(X, mixed, w), relaxedLoss(X, mixed, w)]
      let extra = 0
      for (let i = 0; i < 12; i++) {
        let z = 0
        for (let j = 0; j < 3; j++) z += X.data[3 * i + j] * w[j]
        if (mixed[i] > 0) extra += mixed[i] * Math.max(0, -z)
      }
      expect(g).toBeGreaterThanOrEqual(f)
      expect(g - f).toBeCloseTo(extra, 12)
    }
  })

  it('is convex between random points, where the loss is not', () => {
    let broken = 0
    for (let k = 0; k < 200; k++) {
      const [a, b] = [normals(fold(key(k), 'a'), 3), normals(fold(key(k), 'b'), 3)]
      const middle = a.map((v, j) => (v + b[j]) / 2)
      const half = (f: typeof relaxedLoss | typeof neuronLoss) => (f(X, mixed, a) + f(X, mixed, b)) / 2
      expect(relaxedLoss(X, mixed, middle)).toBeLessThanOrEqual(half(relaxedLoss) + 1e-12)
      if (neuronLoss(X, mixed, middle) > half(neuronLoss) + 1e-9) broken++
    }
    expect(broken).toBeGreaterThan(0)
  })

  it.each([
    ['the relaxation', 0],
    ['the relaxation with rounded kinks', 0.05],
    ['the loss', Number.NaN],
  ])('has the gradient of its differences: %s', (_, rounding) => {
    const value = (w: Float64Array, gradient?: Float64Array) =>
      Number.isNaN(rounding)
        ? neuronLoss(X, mixed, w, 0.3, gradient)
        : relaxedLoss(X, mixed, w, { ridge: 0.3, rounding, ...(gradient && { gradient }) })
    for (let k = 0; k < 5; k++) {
      const w = normals(fold(key(k), 'w'), 3)
      const gradient = new Float64Array(3)
      value(w, gradient)
      for (let j = 0; j < 3; j++) {
        const [up, down] = [w.slice(), w.slice()]
        up[j] += 1e-6
        down[j] -= 1e-6
        expect((value(up) - value(down)) / 2e-6).toBeCloseTo(gradient[j], 5)
      }
    }
  })
})

describe('fitNeuron', () => {
  it('finds the planted neuron of twelve points and proves it', async () => {
    const found = await fitNeuron(X, reluOf(X, planted), { exact: true })
    for (let j = 0; j < 3; j++) {
      expect(found.weights[j]).toBeCloseTo(planted[j], 12)
      expect(found.relaxed.weights[j]).toBeCloseTo(planted[j], 9)
    }
    expect(found).toMatchObject({ active: 6, activeRank: 3, unique: true, cells: 134 })
    expect(found.certificate).toMatchObject({ scope: 'global', oracle: 'enumeration' })
    expect(found.certificate?.relativeGap).toBeLessThan(1e-12)
  })

  it('is no general solver: on other targets its point is 65 % above the optimum, which only the cells find', async () => {
    const y = Float64Array.from({ length: 12 }, (_, i) => Math.abs(Math.cos(0.7 * (i + 1))))
    const found = await fitNeuron(X, y, { exact: true })
    expect(12 * found.relaxed.objective).toBeCloseTo(1.7546, 3)
    expect(12 * found.objective).toBeCloseTo(1.0621, 3)
    expect(found.certificate?.relativeGap).toBeLessThan(1e-10)
  })

  it.each([
    ['mixed targets', X, mixed, 0],
    ['mixed targets, ridge', X, mixed, 0.05],
    ['rank 2 in four columns', rankTwo(), mixed, 0],
    [
      'one column',
      dense(
        12,
        1,
        mixed.map((v, i) => v + 0.01 * i),
      ),
      mixed,
      0,
    ],
  ])('%s: nothing sampled lies below the bound, and the bound is met', async (_, x, y, ridge) => {
    const { objective, certificate } = await fitNeuron(x, y, { exact: true, ridge })
    expect(certificate?.relativeGap).toBeLessThan(1e-9)
    expect(objective).toBe(certificate?.primal)
    for (let k = 0; k < 4000; k++) {
      const direction = normals(fold(key(k), 'try'), x.cols)
      for (const length of [0.1, 0.5, 1, 2])
        expect(
          neuronLoss(
            x,
            y,
            direction.map(v => length * v),
            12 * ridge,
          ) / 12,
        ).toBeGreaterThanOrEqual(certificate!.dual)
    }
  })

  it('recovers planted neurons from few samples where descent from a random start fails', async () => {
    const [n, d] = [60, 40]
    for (let trial = 0; trial < 5; trial++) {
      const x = gaussian(`x${trial}`, n, d)
      const w = gaussian(`w${trial}`, 1, d).data
      const found = await fitNeuron(x, reluOf(x, w))
      expect(found.relaxed.objective).toBeLessThan(1e-12)
    }
  })

  it('says when other weights fit as well, and gives short ones', async () => {
    const x = gaussian('wide', 6, 8)
    const w = gaussian('teacher', 1, 8).data
    const found = await fitNeuron(x, reluOf(x, w))
    expect(found.unique).toBe(false)
    expect(found.activeRank).toBe(found.active)
    expect(found.notes.join(' ')).toContain('other weights fit equally well')
    expect(Math.hypot(...found.weights)).toBeLessThan(Math.hypot(...w))
  })

  it('is the zero neuron when no target is positive', async () => {
    const found = await fitNeuron(
      X,
      mixed.map(v => -Math.abs(v)),
    )
    expect([...found.weights]).toEqual([0, 0, 0])
    expect(found.notes[0]).toBe('no target is above 0: the zero neuron is optimal.')
  })

  it('predicts, with a bias when asked', async () => {
    const y = reluOf(X, planted).map(v => v + 0.3)
    const found = await fitNeuron(X, y, { intercept: true })
    expect(found.weights.length).toBe(4)
    const values = found.predict(X)
    const loss = y.reduce((sum, v, i) => sum + 0.5 * (v - values[i]) ** 2, 0) / 12
    expect(loss).toBeCloseTo(found.objective, 14)
    expect(() => found.predict(fromRows([[1, 2]]))).toThrow('neuron: rows must have 3 columns; got 2.')
  })

  it('says no with a reason', async () => {
    await expect(fitNeuron(X, [1, 2])).rejects.toThrow('neuron: one target a row is needed; got 2 for 12 rows.')
    await expect(fitNeuron(X, mixed, { ridge: -1 })).rejects.toThrow('neuron: ridge must be a number ≥ 0; got -1.')
    await expect(fitNeuron(X, [...mixed.slice(1), Number.NaN])).rejects.toThrow(
      'neuron: targets must be finite numbers; row 12 has NaN. Mend or drop it.',
    )
    await expect(fitNeuron(gaussian('wide', 9, 5), mixed.slice(3), { exact: true })).rejects.toThrow(
      'neuron: the exact optimum needs data of rank ≤ 3; got more. Leave out --exact: the relaxation and its polish take any rank.',
    )
  })
})

function rankTwo(): Dense {
  const [left, right] = [gaussian('left', 12, 2), gaussian('right', 2, 4)]
  const out = dense(12, 4)
  for (let i = 0; i < 12; i++)
    for (let j = 0; j < 4; j++)
      out.data[4 * i + j] = left.data[2 * i] * right.data[j] + left.data[2 * i + 1] * right.data[4 + j]
  return out
}
