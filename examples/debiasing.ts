/**
 * A hundred workers, each with a sketch of two effective dimensions: does averaging their Newton steps help?
 *
 * Only when the bias is removed. A scaled ridge alone makes it worse; with the factor 1 − d/m as well, the error falls as one over the root of the workers.
 */
import assert from 'node:assert/strict'
import { dense } from 'nadir/matrix'
import { fold, key, normals } from 'nadir/random'
import { averagedNewton, averagedRidge, ridgeProblem, solveRidge } from 'nadir/solvers'

const [n, d, m] = [500, 20, 40]
const a = dense(
  n,
  d,
  normals(key(1), n * d).map((z, t) => z * 0.93 ** (t % d)),
)
const b = normals(fold(key(1), 'b'), n)
// The ridge that leaves an effective dimension of about 16.
const lambda = 18
const problem = ridgeProblem(a, b, { lambda })
const best = (await solveRidge(a, b, { lambda, method: 'direct', tolerance: 1e-12 })).objective

/** Factor of ‖x − x*‖_H a step, over three steps with fresh sketches. */
function factor(
  workers: number,
  debias: { ridge: boolean; factor: boolean },
): { measured: number; predicted: number; dimension: number } {
  const errors: number[] = []
  let [predicted, dimension] = [0, 0]
  const solver = averagedNewton({ workers, rows: m, kind: 'srht', refresh: true, debias })
  for (const step of solver.iterate(problem, { tolerance: 0 })) {
    if (step.phase !== 'avg-newton') continue
    errors.push(Math.sqrt(step.objective - best))
    predicted = step.report.predicted
    dimension = step.report.effectiveDimension
    if (errors.length === 4) break
  }
  return { measured: (errors[3] / errors[0]) ** (1 / 3), predicted, dimension }
}

const rows = [1, 10, 100].map(workers => ({
  workers,
  plain: factor(workers, { ridge: false, factor: false }).measured,
  ridge: factor(workers, { ridge: true, factor: false }).measured,
  step: factor(workers, { ridge: false, factor: true }).measured,
  both: factor(workers, { ridge: true, factor: true }),
}))
for (const { workers, plain, ridge, step, both } of rows)
  console.log(
    `${workers} workers: no correction ${plain.toFixed(3)}, scaled ridge ${ridge.toFixed(3)}, factor ${step.toFixed(3)}, ` +
      `both ${both.measured.toFixed(3)} (predicted ${both.predicted.toFixed(3)}; effective dimension ${both.dimension.toFixed(1)})`,
  )
const most = rows[2]
assert.ok(most.plain > 0.4, 'bias stays, however many workers')
assert.ok(most.ridge > most.plain, 'the scaled ridge alone is worse')
assert.ok(most.both.measured < 0.15, 'both corrections')
assert.ok(most.both.measured < most.step, 'better than the factor alone')
assert.ok(most.both.measured < 0.5 * rows[1].both.measured, 'more workers, less error')

// The cheapest estimate, one round without a gradient: the mean of what the workers find on their sketches alone. Its bias goes with the scaled ridge, its spread with the workers.
const clean = problem.operator.apply(Float64Array.from({ length: d }, (_, j) => 1 + (j % 3)))
const noiseless = ridgeProblem(a, clean, { lambda })
const solution = (await solveRidge(a, clean, { lambda, method: 'direct', tolerance: 1e-12 })).x
const floor = (q: number, debias: boolean): number => {
  const { x } = averagedRidge(noiseless, { workers: q, rows: m, kind: 'rademacher', debias })
  return Math.hypot(...noiseless.operator.apply(x.map((v, j) => v - solution[j]))) / Math.hypot(...clean)
}
for (const q of [8, 40, 200])
  console.log(
    `mean of ${q} sketched solutions: error ${floor(q, false).toFixed(4)} plain, ${floor(q, true).toFixed(4)} debiased`,
  )
assert.ok(floor(200, false) > 0.6 * floor(8, false), 'the plain mean stays at its bias')
assert.ok(
  floor(200, true) < 0.5 * floor(8, true) && floor(200, true) < 0.5 * floor(200, false),
  'the debiased one goes on',
)
