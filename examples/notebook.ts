/**
 * What does a notebook show of a network, a path and a cross-validation?
 *
 * What is printed here are the words for kernels without HTML; the HTML opens with the same sentence of the certificate.
 */
import assert from 'node:assert/strict'
import { crossValidate, fit, fitPath } from 'nadir'
import { bundled, datasetOf } from 'nadir/data'

const { x, y } = datasetOf(await bundled('diabetes'), { features: ['bmi', 'bp', 's5'] })

// #region show
const model = await fit(x, y, { model: 'gated', lambdaFraction: 0.1 })
const path = await fitPath(x, y, { model: 'gated', points: 5, smallestFraction: 0.05 })
const validation = await crossValidate(x, y, { model: 'gated', points: 4, smallestFraction: 0.05 })

/** What a kernel gets for the value of a cell. */
const shown = (value: object): Record<string, string> => Reflect.get(value, Symbol.for('Jupyter.display')).call(value)
const htmlOf = (value: object) => shown(value)['text/html']

for (const value of [model, path, validation]) console.log(shown(value)['text/plain'])
console.log(htmlOf(model).slice(0, 60))
// #endregion

assert.ok(htmlOf(model).startsWith(`<p>${model.certificate.statement.slice(0, 20)}`))
assert.equal(htmlOf(path).match(/<tr><td>/g)?.length, path.fits.length)
assert.ok(htmlOf(validation).includes('>least</td>'))
