/**
 * How do I train a network on a table, and how good is it on rows it has not seen?
 */
import assert from 'node:assert/strict'
// #region load
import { fit } from 'nadir'
import { bundled, datasetOf, trainTestSplit } from 'nadir/data'

const { x, y, names } = datasetOf(await bundled('diabetes'))
console.log(`${x.rows} people, ${x.cols} columns: ${names.join(', ')}`)
// #endregion

// #region split
const { train, test } = trainTestSplit(x.rows)
const rows = (index: ArrayLike<number>) => Array.from(index, i => x.data.subarray(i * x.cols, (i + 1) * x.cols))
const values = (index: ArrayLike<number>) => Array.from(index, i => y[i])
// #endregion

// #region train
const model = await fit(rows(train), values(train), { model: 'gated', lambdaFraction: 0.1 })
console.log(model.certificate.statement)
// #endregion

// #region predict
console.log(`R² on ${test.length} held-out people: ${model.score(rows(test), values(test)).toFixed(3)}`)
// #endregion

// #region twice
const again = await fit(rows(train), values(train), { model: 'gated', lambdaFraction: 0.1 })
assert.deepEqual(again.network.hidden.data, model.network.hidden.data)
// #endregion

assert.equal(model.status, 'solved')
assert.ok(model.certificate.relativeGap <= 1e-6)
assert.equal(model.certificate.scope, 'restricted')
assert.ok(model.score(rows(test), values(test)) > 0.3)
