/**
 * Is the optimum of a gated ReLU network the optimum of the ReLU network?
 *
 * No. Eight points in the plane, every activation pattern (16 of them), beta = n·lambda = 0.3, both solved to a proved optimum.
 */
import assert from 'node:assert/strict'
import { fit } from 'nadir'
import { fromRows } from 'nadir/matrix'
import { coneDecomposition, fitOf } from 'nadir/models'

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
const n = y.length

// No biases and no standardising: the bare program of the papers, whose loss is a sum and not a mean.
const options = { lambda: 0.3 / n, patterns: 'all', intercept: false, standardise: false, tolerance: 1e-9 } as const
const relu = await fit(x, y, { ...options, model: 'relu' })
const gated = await fit(x, y, { ...options, model: 'gated' })

for (const [name, { certificate }, published] of [
  ['ReLU', relu, 1.7216717324],
  ['gated ReLU', gated, 1.2390521868],
] as const) {
  const { primal, dual, scope } = certificate
  console.log(`${name}: optimum between ${(n * dual).toFixed(9)} and ${(n * primal).toFixed(9)}, ${scope}`)
  assert.equal(scope, 'global')
  assert.ok(Math.abs(n * primal - published) < 1e-8 && Math.abs(n * dual - published) < 1e-8, `${name} ${published}`)
}
assert.ok(gated.certificate.primal < relu.certificate.dual, 'no ReLU network is as low as the gated one')

// Two ReLU neurons do on these rows what one gated neuron does, at another price: far above what the best ReLU network pays.
const rows = fromRows(x)
const taken = coneDecomposition(gated.network, rows)
const [before, after] = [fitOf(gated.network, rows), fitOf(taken, rows)]
const weights = [...taken.hidden.data, ...taken.output.data]
const penalty = (0.3 / 2) * weights.reduce((sum, w) => sum + w * w, 0)
console.log(
  `${gated.network.hidden.rows} gated neurons, ${taken.hidden.rows} ReLU neurons; their penalty ${penalty.toFixed(3)}`,
)
assert.ok(after.every((value, i) => Math.abs(value - before[i]) < 1e-9))
assert.ok(penalty > n * relu.certificate.primal, 'its penalty alone is above the ReLU optimum')
