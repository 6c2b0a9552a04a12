/**
 * Two networks are equally good. How far can their predictions differ?
 *
 * At the corners of a square with one target (and 0 in the middle, which every network here gives), neurons along both axes are optimal, and masses can be moved from one axis to the other: the optimum is
 * 2β − β²/2 (a sum) for every share, with the value 1 − β/2 at each corner. Between the corners the predictions then lie anywhere from 0 to 1 − β/2.
 */
import assert from 'node:assert/strict'
import { fit } from 'nadir'
import { createLoss } from 'nadir/losses'
import { fromRows } from 'nadir/matrix'
import { enumeratePatterns, fitOf, networkObjective, optimalSet } from 'nadir/models'

// #region set
const corners = fromRows([
  [1, 1],
  [1, -1],
  [-1, -1],
  [-1, 1],
  [0, 0],
])
const targets = [1, 1, 1, 1, 0]
const beta = 0.4
const model = await fit(corners, targets, {
  lambda: beta / 5,
  patterns: 'all',
  intercept: false,
  standardise: false,
  tolerance: 1e-10,
})
const data = { x: corners, loss: createLoss('squared', { targets }), beta }
const found = optimalSet(model.network, data, {
  patterns: enumeratePatterns(corners),
  at: fromRows([[1, 0]]),
  dualPoint: model.certificate.witness,
  within: 1e-8,
})
const [middle] = found.ranges
console.log(`${found.directions} directions, ${found.minimal.hidden.rows} neurons are enough`)
console.log(`half-way between two corners ${middle.low} … ${middle.high} are reached`)
console.log(`and no network as good, of any width, is outside ${middle.bound.low} … ${middle.bound.high}`)
// #endregion
assert.ok(Math.abs(5 * model.objective - (2 * beta - beta ** 2 / 2)) < 1e-8, 'the optimum in closed form')
assert.equal(found.scope, 'global')
assert.equal(found.dimension, 1, 'a segment of optimal networks')
assert.ok(Math.abs(middle.low) < 1e-3 && Math.abs(middle.high - (1 - beta / 2)) < 1e-3, 'the range in closed form')
for (const network of [middle.networks.low, middle.networks.high]) {
  assert.ok(networkObjective(network, data) <= 5 * model.objective * (1 + 1e-7), 'equally good')
  assert.ok(fitOf(network, corners).every((f, i) => Math.abs(f - (1 - beta / 2) * targets[i]) < 1e-4))
}
assert.ok(middle.bound.low <= middle.low && middle.high <= middle.bound.high)
assert.ok(middle.bound.high - middle.bound.low < middle.high - middle.low + 2e-3, 'and the bound is nearly reached')
