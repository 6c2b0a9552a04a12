/**
 * For which data is the best ReLU network a formula?
 *
 * Whitened rows, multiples of one vector, orthogonal separable classes: one or two neurons, written down, and certified from their weights like any other
 * network. The published values are met, and the largest margin of separable classes is that of two least-distance problems.
 */
import assert from 'node:assert/strict'
import { createLoss } from 'nadir/losses'
import { fromRows } from 'nadir/matrix'
import {
  allActiveNetwork,
  largestMargin,
  orthogonalSeparableNetwork,
  rankOneNetwork,
  searchSpikes,
  thresholdNetwork,
  whitenedNetwork,
} from 'nadir/models'
import { key } from 'nadir/random'

// #region whitened
const white = fromRows([
  [0.5, 0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5, -0.5],
  [0.5, 0.5, -0.5, -0.5],
  [0.5, -0.5, -0.5, 0.5],
])
const loss = createLoss('squared', { targets: [3, -4, 0.5, 1] })
const found = [1, 3.5, 4.5].map(beta => whitenedNetwork({ x: white, loss, beta }))
// #endregion
console.log(`whitened: ${found.map(({ value }) => value.toFixed(10)).join(', ')}; ${found[0].certificate.statement}`)
for (const [k, value] of [6.2015621187, 13, 13.125].entries()) {
  assert.ok(Math.abs(found[k].value - value) < 1e-9, 'the published values')
  assert.ok(found[k].certificate.relativeGap < 1e-12)
}
assert.deepEqual(
  found.map(({ network }) => network.hidden.rows),
  [2, 1, 0],
  'a neuron for each part of y longer than beta',
)

// Rows that are multiples of one vector: a soft threshold on either side.
const line = fromRows([1, -2, 0.5, 3, -1].map(c => [0.6 * c, 0.8 * c]))
const onLine = rankOneNetwork({ x: line, loss: createLoss('squared', { targets: [1, 0.5, -0.3, 2, -1] }), beta: 1 })
console.log(`rank one: ${onLine.value}`)
assert.ok(onLine.certificate.relativeGap < 1e-11)

// #region separable
const points = fromRows([
  [0.868, 0.628, 0.322],
  [0.232, 0.224, 0.559],
  [1.02, 0.313, 0.762],
  [0.675, 0.7, 0.918],
  [-0.5, -0.963, -1.016],
  [-1.049, -1.05, -1.05],
  [-0.432, -0.945, -1.018],
])
const labels = [1, 1, 1, 1, -1, -1, -1]
const logistic = createLoss('logistic', { targets: labels })
const classifier = await orthogonalSeparableNetwork({ x: points, loss: logistic, beta: 0.1 })
const margin = largestMargin(points, labels)
// #endregion
console.log(`separable: ${classifier.certificate.statement}`)
console.log(`least norm at margin one: between ${margin.dual} and ${margin.primal}`)
assert.ok(classifier.certificate.relativeGap < 1e-8)
assert.ok(Math.abs(margin.primal - 2.23699) < 1e-5, 'the published margin')
assert.ok(margin.relativeGap < 1e-10)

// Spike-free data need one cell only; whitened rows are.
assert.ok(!searchSpikes(white, { key: key(0) }).refuted)
const single = await allActiveNetwork({ x: white, loss, beta: 1 }, { tolerance: 1e-9 })
console.log(`one cell on whitened rows: ${single.objective.toFixed(8)}`)
assert.ok(Math.abs(single.objective - 6.2015621187) < 1e-7)

// #region threshold
const step = await thresholdNetwork({ x: points, loss: logistic, beta: 0.1 })
// #endregion
console.log(
  `threshold: ${step.network.heights.length} neurons of ${step.patterns.count} patterns; ${step.certificate.statement}`,
)
assert.equal(step.certificate.scope, 'global')
assert.ok(step.certificate.relativeGap < 1e-8)
assert.ok(step.network.heights.length <= 7, 'at most as many neurons as samples')
