/**
 * How many passes over the rows does a proved regression take, and does its answer stand when the columns are nearly dependent?
 *
 * Rows are made as they are asked for and never held. One pass gives a whole path of ridge models, each with a bound on its error; generalised
 * cross-validation, as published, picks from the fit alone a model that predicts new rows nearly as well as the best of the path. Where the squares of
 * the columns have no digits left, a sketch makes the columns nearly orthonormal, and the bound holds again.
 */
import assert from 'node:assert/strict'
import { dense } from 'nadir/matrix'
import { fold, key, normals } from 'nadir/random'
import { chooseByGcv, type RowSource, streamRidge } from 'nadir/solvers'

/** n rows of d columns whose variances fall as 0.8^j, apart from a common part by `apart`; the target has noise of variance 9. */
function rows(n: number, d: number, { apart = 1, blockRows = 4096, seed = 1 } = {}): RowSource {
  return {
    cols: d,
    targets: 1,
    async *blocks() {
      for (let from = 0; from < n; from += blockRows) {
        const count = Math.min(blockRows, n - from)
        const z = normals(fold(key(seed), `rows ${from}`), count * (d + 2))
        const [x, y] = [dense(count, d), dense(count, 1)]
        for (let i = 0; i < count; i++) {
          const row = z.subarray(i * (d + 2), (i + 1) * (d + 2))
          y.data[i] = 2 + 3 * row[d]
          for (let j = 0; j < d; j++) {
            const own = row[j] * 0.8 ** j
            x.data[i * d + j] = apart < 1 ? row[d + 1] + apart * own : own
            y.data[i] += own * Math.cos(j)
          }
        }
        yield { x, y, weights: null }
      }
    },
  }
}

// 1. A path of twenty models, from 400 rows so that the choice matters; judged on new rows.
const [n, d] = [400, 40]
const path = await streamRidge(rows(n, d), { path: { count: 20, ratio: 1e-5 }, tolerance: 1e-6 })
assert.equal(path.status, 'solved')
assert.equal(path.passes, 1)
const models = path.models[0]
const errors = models.map(() => 0)
const fresh = 20_000
for await (const { x, y } of rows(fresh, d, { seed: 2 }).blocks())
  models.forEach(({ coefficients, intercept }, k) => {
    for (let i = 0; i < x.rows; i++) {
      let off = intercept - y.data[i]
      for (let j = 0; j < d; j++) off += coefficients[j] * x.data[i * d + j]
      errors[k] += off ** 2 / fresh
    }
  })
const chosen = chooseByGcv(models)
const best = Math.min(...errors)
// 9 is noise that no model can predict.
const inefficiency = (errors[chosen] - 9) / (best - 9)
console.log(
  `${n} rows: GCV chose lambda ${models[chosen].lambda.toPrecision(3)}, d_λ ${models[chosen].effectiveDimension.toFixed(1)} of ${d}; ` +
    `excess error ${inefficiency.toFixed(3)} times the least of the path`,
)
assert.ok(inefficiency < 1.1, 'GCV comes within a tenth of the best')
assert.ok(errors[chosen] < errors[models.length - 1] && errors[chosen] < errors[0], 'better than both ends of the path')

// 2. Rows that are never held: memory is a chunk, and sums that grow with the logarithm of the rows.
for (const count of [50_000, 200_000]) {
  const { models, passes, held, status } = await streamRidge(rows(count, 10), {
    path: { lambdas: [0] },
    tolerance: 1e-8,
  })
  const [model] = models[0]
  console.log(
    `${count} rows: ${passes} pass, error at most ${model.relativeError.toExponential(1)}, ${held.sums} partial sums, ${held.numbers} numbers`,
  )
  assert.equal(status, 'solved')
  assert.ok(held.sums <= Math.log2(count / 4096) + 2)
}

// 3. Columns that agree to eight digits: their Gram matrix is singular in floating point; sketched first, the answer is proved.
const near = await streamRidge(rows(20_000, 8, { apart: 1e-8 }), { tolerance: 1e-4 })
const [model] = near.models[0]
console.log(
  `columns apart by 1e-8: ${near.passes} passes, sketch of ${near.sketchRows} rows, error at most ${model.relativeError.toExponential(1)}`,
)
assert.equal(near.status, 'solved')
assert.ok(near.sketchRows > 0, 'the Gram matrix alone proves nothing here')
