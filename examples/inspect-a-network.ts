/**
 * What has the network learned: which columns does it use, how, and what are its neurons worth?
 *
 * y = |a| + b/2, and a third column that says nothing. The answers are known, so they can be checked.
 */
import assert from 'node:assert/strict'
import { dense, fit } from 'nadir'
import { describeNeurons, partialDependence, permutationImportance } from 'nadir/models'
import { fold, key, uniforms } from 'nadir/random'

const n = 200
const column = (name: string) => uniforms(fold(key(0), name), n).map(u => 2 * u - 1)
const [a, b, c] = [column('a'), column('b'), column('c')]
const x = dense(
  n,
  3,
  Float64Array.from({ length: 3 * n }, (_, at) => [a, b, c][at % 3][Math.floor(at / 3)]),
)
const y = a.map((value, i) => Math.abs(value) + b[i] / 2)
const model = await fit(x, y, { model: 'gated', patterns: 100, lambdaFraction: 0.01 })

// #region importance
const importance = permutationImportance(x, {
  groups: ['a', 'b', 'c'].map((name, j) => ({ name, columns: [j] })),
  measure: rows => ({ r2: model.score(rows, y) }),
})
importance.forEach(({ r2 }, j) => {
  console.log(`shuffling ${'abc'[j]} changes R² by ${r2.mean.toFixed(3)} ± ${r2.spread.toFixed(3)}`)
})
// #endregion

// #region dependence
const grid = [-1, -0.5, 0, 0.5, 1]
const along = partialDependence(x, {
  columns: [0],
  grid: grid.map(value => [value]),
  predict: rows => dense(rows.rows, 1, model.values(rows)),
})
grid.forEach((value, k) => {
  console.log(`mean prediction at a = ${value}: ${along.data[k].toFixed(2)}`)
})
// #endregion

// #region neurons
// Those that sleep on some rows: the others are a linear model.
const neurons = describeNeurons(model, {
  x,
  loss: f => f.reduce((sum, value, i) => sum + (value - y[i]) ** 2 / n, 0),
})
const [first] = neurons.filter(({ active }) => active !== 1).sort((p, q) => (q.importance ?? 0) - (p.importance ?? 0))
console.log(
  `${neurons.length} neurons; number ${first.neuron} is awake on ${(100 * (first.active ?? 0)).toFixed(0)} % of the rows`,
)
console.log(`its weights on a, b, c: ${Array.from(first.raw, w => w.toFixed(2)).join(', ')}`)
// #endregion

const [ofA, ofB, ofC] = importance.map(({ r2 }) => -r2.mean)
assert.ok(ofA > 0.3 && ofB > 0.3, 'a and b are needed')
assert.ok(Math.abs(ofC) < 0.02, 'c is not')
// The kink of |a| at 0, and its height.
assert.ok(along.data[0] > along.data[2] + 0.6 && along.data[4] > along.data[2] + 0.6)
assert.ok(Math.abs(first.raw[0]) > 5 * Math.abs(first.raw[2]), 'what bends, bends along a')
