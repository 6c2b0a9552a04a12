/**
 * What do other activations, sampled patterns and stationary points look like in the convex program?
 *
 * Eight points in the plane: leaky ReLU to its published optimum with a global certificate; six sampled vertices of the zonotope with the ratio they are
 * off by at most; and the counterexample, a network whose gradient in the sense of Clarke vanishes and which is far from optimal even within its own cells.
 */
import assert from 'node:assert/strict'
import { createLoss } from 'nadir/losses'
import { dense, fromRows } from 'nadir/matrix'
import { fit, landscape, subsample } from 'nadir/models'

const x = [
  [-0.818, 0.578],
  [-0.182, -0.174],
  [0.97, -0.263],
  [-0.625, 0.65],
  [-0.45, -0.913],
  [0.999, 1.0],
  [-0.382, -0.895],
  [-0.681, 0.619],
]
const y = [0.622, -0.227, -0.904, -0.897, -0.211, 0.635, 1.0, 0.608]
const plain = { standardise: false, intercept: false, lambda: 0.3 / 8, tolerance: 1e-9 }

// #region activations
const relu = await fit(x, y, plain)
const leaky = await fit(x, y, { ...plain, activation: 'leaky:0.1' })
const absolute = await fit(x, y, { ...plain, activation: 'abs' })
// #endregion
for (const [name, { objective, certificate }] of Object.entries({ relu, leaky, absolute }))
  console.log(`${name}: ${(8 * objective).toFixed(10)}, ${certificate.statement}`)
assert.ok(Math.abs(8 * relu.objective - 1.7216717324) < 1e-8, 'ReLU: the published optimum')
assert.ok(Math.abs(8 * leaky.objective - 1.7442906072) < 1e-8, 'leaky ReLU, slope 0.1: the published optimum')
assert.equal(leaky.certificate.scope, 'global')
assert.ok(absolute.certificate.relativeGap < 1e-8)

// #region sampling
const program = {
  x: fromRows(x),
  loss: createLoss('squared', { targets: y }),
  beta: 0.3,
  slopes: { positive: 1, negative: 0 },
  freeBias: false,
  constant: 'none' as const,
  linear: null,
}
const gates = fromRows([1, 2, 3, 4, 5, 6].map(k => [Math.cos(k), Math.sin(k)]))
const sampled = await subsample(program, { gates })
// #endregion
console.log(
  `six gates: ${sampled.value.toFixed(9)}; the whole program is at least ${(100 * sampled.ratio).toFixed(2)} % of it, and at least ${(8 * sampled.certificate.dual).toFixed(8)}`,
)
assert.ok(Math.abs(sampled.value - 1.721851868) < 1e-8)
assert.ok(Math.abs(1 / sampled.ratio - 1.01380456) < 1e-6)
assert.ok(Math.abs(8 * sampled.certificate.dual - 1.71735288) < 1e-7)

// #region stationary
const network = {
  activation: { positive: 1, negative: 0 },
  hidden: fromRows([[1, 0]]),
  hiddenBias: null,
  output: dense(1, 1, Float64Array.of(1)),
  outputBias: null,
  skip: null,
  scaler: null,
  rescale: null,
  link: 'identity' as const,
  labels: null,
  single: false,
  producer: 'by hand',
}
const points = { x: fromRows([[0, 1], [1, -1]]), y: [1, 1.1] } // biome-ignore format: two rows
const where = await landscape(network, points, { lambda: 0.05 })
// #endregion
console.log(
  `stationary up to ${where.stationarity}, objective ${2 * where.netValue}; within its cells ${2 * where.restrictedValue}, over all ${2 * Number(where.globalValue)}`,
)
assert.ok(where.stationarity < 1e-12, 'Clarke: the shortest subgradient is 0')
assert.equal(where.concaveKinks.length, 1, 'on a kink across which the objective is concave')
assert.ok(!where.isSubprogramOptimum)
assert.ok(Math.abs(2 * where.netValue - 0.605) < 1e-12)
assert.ok(Math.abs(2 * Number(where.globalValue) - 0.170281746) < 1e-8)
