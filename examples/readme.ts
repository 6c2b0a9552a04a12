/**
 * What are the twelve lines from data to a certificate? (The README shows them.)
 */
import assert from 'node:assert/strict'
// #region code
import { fit } from 'nadir'
import { bundled, datasetOf } from 'nadir/data'

const { x, y } = datasetOf(await bundled('diabetes'))
// 'gated' trains in a second here; 'relu', the default, takes longer.
const model = await fit(x, y, { model: 'gated', lambdaFraction: 0.1 })

console.log(model.certificate.statement)
console.log(model.certificate.dual, '≤ best possible objective ≤', model.certificate.primal)
console.log(model.network.hidden.rows, 'neurons, R² on the training rows', model.score(x, y))
console.log('first five predictions', model.predict(x).slice(0, 5))
// #endregion

assert.ok(model.certificate.relativeGap <= 1e-6)
assert.ok(model.certificate.dual <= model.objective && model.objective <= model.certificate.primal)
assert.ok(model.score(x, y) > 0.4)
