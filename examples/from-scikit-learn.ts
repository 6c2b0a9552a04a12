/**
 * How does what scikit-learn does look here, and how good was its network?
 *
 * The usual steps on the bundled wines, then a network that scikit-learn trained: its objective is ours with lambda = alpha / n
 * and free biases, to the last digits, and no network of any width gets below the bound.
 */
import assert from 'node:assert/strict'
import { crossValidate, fit, fromRows } from 'nadir'
import { bundled, datasetOf, trainTestSplit } from 'nadir/data'
import { ACTIVATIONS, audit } from 'nadir/models'

// #region split
const { x, y, target } = datasetOf(await bundled('wine'))
const { train, test } = trainTestSplit(x.rows, { test: 0.25, seed: 0, classes: y })
const rows = (index: ArrayLike<number>) => Array.from(index, i => x.data.subarray(i * x.cols, (i + 1) * x.cols))
const labels = (index: ArrayLike<number>) =>
  Array.from(index, i => (target.kind === 'classes' ? target.labels[y[i]] : ''))
// #endregion

// #region fit
const model = await fit(rows(train), labels(train), { model: 'gated', lambdaFraction: 0.1 })
console.log(model.certificate.statement)
// #endregion

// #region predict
const accuracy = model.score(rows(test), labels(test))
console.log('accuracy on held-out wines', accuracy)
console.log(
  'first label',
  model.predict(rows(test))[0],
  'with probabilities',
  model.predictProbability(rows(test)).data.slice(0, 3),
)
// #endregion
assert.ok(accuracy > 0.9)

// #region cv
const { lambdaMin, lambdaOneStandardError } = await crossValidate(rows(train), labels(train), {
  model: 'gated',
  folds: 3,
  points: 4,
  smallestFraction: 0.02,
})
console.log('lambda of the least held-out loss', lambdaMin, 'largest within one standard error', lambdaOneStandardError)
// #endregion
assert.ok(lambdaOneStandardError >= lambdaMin)

// #region foreign
// MLPRegressor(hidden_layer_sizes=(4,), alpha=0.4, solver='lbfgs', max_iter=2000, tol=1e-12, random_state=1).fit(X, y) in
// scikit-learn 1.9.1: coefs_, intercepts_, and loss_ at the end.
const X = [
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 1],
  [4, 0],
  [5, 2],
  [1, 2],
  [3, 0],
]
const Y = X.map(([a, b]) => Math.abs(a - 2) + b / 2)
const loss = 0.10242953729309222
const network = {
  activation: ACTIVATIONS.relu,
  hidden: fromRows([
    [0.48228980650362113, 0.1775308076581609],
    [0.4481751330163626, 0.49297013360836517],
    [0.5311752103700487, 0.20903264486374204],
    [-0.823535809485842, 0.3533930389129202],
  ]),
  hiddenBias: Float64Array.of(-1.142117164914562, -1.3445039056374892, -1.2713825270501264, 1.2936785815559577),
  output: fromRows([[0.5300487954049692], [0.6424927410370233], [0.587196602515611], [0.8705293645168306]]),
  outputBias: Float64Array.of(0.7246456057032545),
  skip: null,
  scaler: null,
  rescale: null,
  link: 'identity',
  labels: null,
  single: false,
  producer: 'scikit-learn',
} as const

const alpha = 0.4
const found = await audit(
  network,
  { x: fromRows(X), y: Y },
  {
    loss: 'squared',
    lambda: alpha / X.length,
    hiddenBias: 'free',
    outputBias: 'free',
  },
)
console.log(found.certificate.statement)
// #endregion
assert.ok(Math.abs(found.objective / loss - 1) < 1e-9, 'lambda = alpha / n')
assert.equal(found.certificate.scope, 'global')
assert.ok(found.certificate.relativeGap < 0.02, 'lbfgs came within two per cent of the best network of any width')
