/**
 * Is this the global optimum of a ReLU network's training, over all weights and all widths?
 *
 * Thirty points in three dimensions made by a planted network, lambda = 0.1. All 872 activation patterns are visited; the
 * optimum of this problem is known independently as 0.279218235.
 */
import assert from 'node:assert/strict'
import { fit } from 'nadir'
import { plantedNetwork } from './data/planted-network.ts'

const { x, y } = plantedNetwork({ seed: 7, samples: 30, features: 3, neurons: 5 })
const model = await fit(x, y, { lambda: 0.1, patterns: 'all', intercept: false, standardise: false })
const { primal, dual, relativeGap, scope, oracle, statement } = model.certificate

console.log(statement)
console.log(`optimum between ${dual} and ${primal}; ${model.network.hidden.rows} neurons`)

assert.equal(scope, 'global')
assert.equal(oracle, 'enumeration')
assert.ok(relativeGap <= 1e-6)
assert.ok(Math.abs(model.objective / 0.279218235 - 1) < 1e-6, 'the known optimum, to 1e-6')

// The objective again, by hand from weights and data: a certificate is about this network.
const { hidden, output } = model.network
let loss = 0
x.forEach((row, i) => {
  let f = 0
  for (let j = 0; j < hidden.rows; j++) {
    const u = hidden.data.subarray(j * 3, j * 3 + 3)
    f += output.data[j] * Math.max(0, u[0] * row[0] + u[1] * row[1] + u[2] * row[2])
  }
  loss += (f - y[i]) ** 2 / 2 / x.length
})
const squares = [...hidden.data, ...output.data].reduce((sum, w) => sum + w * w, 0)
const byHand = loss + (0.1 / 2) * squares
assert.ok(dual <= byHand && Math.abs(byHand - primal) <= 1e-12 * primal)
