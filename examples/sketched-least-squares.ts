/**
 * How fast does a sketched solver of least squares converge, and how large must its sketch be?
 *
 * As fast as published, whatever the condition of the matrix, under constraints too; and about as large as the effective dimension, which nobody has to know.
 */
import assert from 'node:assert/strict'
import { dense } from 'nadir/matrix'
import { l1Ball, nonnegative } from 'nadir/penalties'
import { fold, key, normals } from 'nadir/random'
import {
  adaptivePcg,
  conjugateGradient,
  constrainedHessianSketch,
  hessianSketch,
  hessianSketchRate,
  ridgeProblem,
  solveConstrained,
  solveRidge,
} from 'nadir/solvers'

// 1. Iterative Hessian sketch on 1024 × 32 with columns of size 1 to 1e-3, a fresh sketch of 256 rows in each step.
const [n, d, m] = [1024, 32, 256]
const a = dense(
  n,
  d,
  normals(key(1), n * d).map((z, t) => z * 10 ** ((-3 * (t % d)) / (d - 1))),
)
const b = normals(fold(key(1), 'target'), n)
const problem = ridgeProblem(a, b)
const least = (await solveRidge(a, b, { method: 'direct' })).objective

for (const [kind, published] of [
  ['gaussian', hessianSketchRate('fresh', { dimension: d, rows: m })],
  ['srht', hessianSketchRate('fresh', { dimension: d, rows: m, hadamard: n })],
] as const) {
  const ratios: number[] = []
  for (let seed = 0; seed < 12; seed++) {
    const errors: number[] = []
    for (const step of hessianSketch({ variant: 'fresh', kind, rows: m, seed }).iterate(problem, { tolerance: 0 })) {
      if (step.phase === 'ihs') errors.push(step.objective - least)
      if (errors.length === 7) break
    }
    for (let k = 1; k < 7; k++) ratios.push(errors[k] / errors[k - 1])
  }
  const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length
  const predicted = published.factor ** 2
  console.log(`${kind}: squared error × ${mean.toFixed(4)} a step; published ${predicted.toFixed(4)}`)
  assert.ok(Math.abs(mean / predicted - 1) < 0.1, `${kind}: within 10 % of the published rate`)
}

// 2. Every variant with one fixed sketch of m rows, and under a constraint, at its predicted factor a step.
const bent = b.map((v, i) => v + a.data[i * d] - 0.5 * a.data[i * d + 1])
for (const variant of ['heavy-ball', 'gradient'] as const) {
  const { report } = await solveRidge(a, bent, { method: hessianSketch({ variant, kind: 'srht', rows: 512 }) })
  console.log(`${variant}: ${report.measured.toFixed(3)} a step, predicted ${report.predicted.toFixed(3)}`)
  assert.ok(report.measured < 1.35 * report.predicted && report.warnings.length === 0)
}
for (const constraint of [nonnegative(d), l1Ball(d, { radius: 1 })]) {
  const method = constrainedHessianSketch({ kind: 'srht', rows: 512 })
  const { report, relativeGap, status } = await solveConstrained(a, bent, {
    constraint,

    method,
    tolerance: 1e-8,
  })
  console.log(
    `${constraint.name}: ${report.measured.toFixed(3)} a step, predicted at most ${report.predicted.toFixed(3)}; gap ${relativeGap.toExponential(1)}`,
  )
  assert.equal(status, 'solved')
  assert.ok(
    report.measured <= 1.02 * report.predicted,
    'a projection in the metric of the sketch does not slow it down',
  )
}

// 3. PCG with adaptive sketch size on ridge problems of effective dimension 5 to 40.
const [rows, columns] = [1024, 96]
const tall = dense(
  rows,
  columns,
  normals(key(2), rows * columns).map((z, t) => (z * 0.9 ** (t % columns)) / Math.sqrt(rows)),
)
const target = normals(fold(key(2), 'target'), rows)
for (const lambda of [1e-1, 1e-2, 1e-4, 1e-6]) {
  const adaptive = await solveRidge(tall, target, { lambda, method: adaptivePcg() })
  const plain = await solveRidge(tall, target, { lambda, method: conjugateGradient() })
  const { sketchRows, effectiveDimension, products } = adaptive.report
  console.log(
    `lambda ${lambda}: effective dimension ${effectiveDimension.toFixed(1)}, ${sketchRows === 0 ? 'no sketch' : `sketch ${sketchRows} rows`}, ` +
      `${products} products (CG ${plain.report.products}); error at most ${adaptive.relativeError.toExponential(1)}`,
  )
  assert.equal(adaptive.status, 'solved')
  assert.ok(sketchRows <= 4 * effectiveDimension, 'the sketch follows the effective dimension')
  assert.ok(products <= plain.report.products, 'never more products than CG')
}
