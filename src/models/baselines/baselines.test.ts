import { describe, expect, it } from 'vitest'
import { bundled } from '../../data/bundled.ts'
import { datasetOf } from '../../data/dataset.ts'
import { logisticLoss } from '../../losses/logistic.ts'
import { multinomialLoss } from '../../losses/multinomial.ts'
import { squaredLoss } from '../../losses/squared.ts'
import { dense, fromRows } from '../../matrix/dense.ts'
import { lbfgs } from './lbfgs.ts'
import { linearModel, predictLinear } from './linearModel.ts'
import { localSearch } from './localSearch.ts'

// The first reference data set of the tests: 8 points in the plane.
const x = fromRows([
  [-0.818, 0.578],
  [-0.182, -0.174],
  [0.97, -0.263],
  [-0.625, 0.65],
  [-0.45, -0.913],
  [0.999, 1.0],
  [-0.382, -0.895],
  [-0.681, 0.619],
])
const y = [0.622, -0.227, -0.904, -0.897, -0.211, 0.635, 1.0, 0.608]

function standardised(x: { rows: number; cols: number; data: Float64Array }) {
  const out = dense(x.rows, x.cols)
  for (let j = 0; j < x.cols; j++) {
    let mean = 0
    let square = 0
    for (let i = 0; i < x.rows; i++) mean += x.data[i * x.cols + j] / x.rows
    for (let i = 0; i < x.rows; i++) square += (x.data[i * x.cols + j] - mean) ** 2 / x.rows
    for (let i = 0; i < x.rows; i++) out.data[i * x.cols + j] = (x.data[i * x.cols + j] - mean) / Math.sqrt(square)
  }
  return out
}

describe('lbfgs', () => {
  it('reaches the minimum of an ill-conditioned quadratic and of the Rosenbrock valley', () => {
    const { w } = lbfgs((w, g) => {
      g[0] = w[0] - 1
      g[1] = 1e4 * (w[1] + 2)
      return 0.5 * (w[0] - 1) ** 2 + 0.5e4 * (w[1] + 2) ** 2
    }, new Float64Array(2))
    expect(w[0]).toBeCloseTo(1, 6)
    expect(w[1]).toBeCloseTo(-2, 8)
    const valley = lbfgs(
      (w, g) => {
        const [a, b] = w
        g[0] = -2 * (1 - a) - 400 * a * (b - a * a)
        g[1] = 200 * (b - a * a)
        return (1 - a) ** 2 + 100 * (b - a * a) ** 2
      },
      Float64Array.of(-1.2, 1),
    )
    expect(valley.w[0]).toBeCloseTo(1, 5)
    expect(valley.iterations).toBeLessThan(100)
  })
})

describe('linearModel', () => {
  it('is least squares at ridge 0: residuals are orthogonal to the columns and to 1', () => {
    const loss = squaredLoss(y)
    const model = linearModel(x, { loss, ridge: 0 })
    const f = predictLinear(model, x, loss.offset)
    for (const column of [
      [...x.data].filter((_, i) => i % 2 === 0),
      [...x.data].filter((_, i) => i % 2 === 1),
      y.map(() => 1),
    ])
      expect(column.reduce((sum, v, i) => sum + v * (f[i] - y[i]), 0)).toBeCloseTo(0, 5)
  })

  it('agrees with scikit-learn 1.9.1 on the bundled data', async () => {
    // LinearRegression().fit(x, y).score(x, y) on diabetes, target progression.
    const diabetes = datasetOf(await bundled('diabetes'), { task: 'regression' })
    const xs = standardised(diabetes.x)
    const loss = squaredLoss(diabetes.y)
    const f = predictLinear(linearModel(xs, { loss, ridge: 0 }), xs, loss.offset)
    const mean = diabetes.y.reduce((a, b) => a + b) / f.length
    const spread = diabetes.y.reduce((sum, v) => sum + (v - mean) ** 2, 0)
    const left = diabetes.y.reduce((sum, v, i) => sum + (v - f[i]) ** 2, 0)
    expect(1 - left / spread).toBeCloseTo(LINEAR_R2, 8)
    // LogisticRegression(tol=1e-10, max_iter=10000) on standardised breast-cancer: its log loss times n.
    const cancer = datasetOf(await bundled('breast-cancer'))
    const xc = standardised(cancer.x)
    const logistic = logisticLoss(cancer.y.map(k => 2 * k - 1))
    const model = linearModel(xc, { loss: logistic, ridge: 1 })
    expect(logistic.value(predictLinear(model, xc, new Float64Array(1)))).toBeCloseTo(LOGISTIC_LOSS, 4)
  }, 30_000)
})

const LINEAR_R2 = 0.5177484222203498
const LOGISTIC_LOSS = 30.37996709387065

describe('localSearch', () => {
  const data = { x, loss: squaredLoss(y), beta: 0.3 }

  it('comes close to the known optimum of the first reference case from above, never below', () => {
    const { objective, objectives } = localSearch(data, { neurons: 20, restarts: 4 })
    expect(objectives).toHaveLength(4)
    for (const value of objectives) expect(value).toBeGreaterThan(1.7216717 - 1e-7)
    expect(objective).toBe(Math.min(...objectives))
    expect(objective).toBeLessThan(1.74)
  })

  it('returns the network of that objective', () => {
    const { network, objective } = localSearch(data, { neurons: 6, restarts: 2, seed: 3 })
    let fit = 0
    for (let i = 0; i < x.rows; i++) {
      let f = 0
      for (let j = 0; j < 6; j++) {
        const z = x.data[2 * i] * network.hidden.data[2 * j] + x.data[2 * i + 1] * network.hidden.data[2 * j + 1]
        f += Math.max(0, z) * network.output.data[j]
      }
      fit += 0.5 * (f - y[i]) ** 2
    }
    const square = (v: Float64Array) => v.reduce((sum, w) => sum + w * w, 0)
    expect(fit + 0.15 * (square(network.hidden.data) + square(network.output.data))).toBeCloseTo(objective, 10)
  })

  it('depends on the seed alone', () => {
    const once = localSearch(data, { neurons: 4, restarts: 1, seed: 7 }).objective
    expect(localSearch(data, { neurons: 4, restarts: 1, seed: 7 }).objective).toBe(once)
    const three = { ...data, loss: multinomialLoss([0, 1, 2, 0, 1, 2, 1, 0]) }
    expect(() => localSearch(three)).toThrow('localSearch: the loss must have one output; got 3.')
    expect(() => localSearch(data, { neurons: 0 })).toThrow('localSearch: neurons must be a whole number ≥ 1; got 0.')
  })
})
