/**
 * How fast does a sketched solver of least squares converge, and how large must its sketch be?
 *
 * As fast as published, whatever the condition of the matrix; and about as large as the effective dimension, which nobody has to know.
 */
import assert from 'node:assert/strict'
import { dense } from 'nadir/matrix'
import { fold, key, normals } from 'nadir/random'
import {
  adaptivePcg,
  conjugateGradient,
  hessianSketch,
  hessianSketchRate,
  ridgeProblem,
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

// 2. PCG with adaptive sketch size on ridge problems of effective dimension 5 to 40.
const [rows, columns] = [1024, 96]
const tall = dense(
  rows,
  columns,
  normals(key(2), rows * columns).map((z, t) => (z * 0.9 ** (t % columns)) / Math.sqrt(rows)),
)
const target = normals(fold(key(2), 'target'), rows)
for (const lambda of [1e-1, 1e-2, 1e-4, 1e-6]) {
  const adaptive = await solveRidge(tall, target, { lambda, method: adaptivePcg({ rows: 4 }) })
  const plain = await solveRidge(tall, target, { lambda, method: conjugateGradient() })
  const { sketchRows, effectiveDimension, products } = adaptive.report
  console.log(
    `lambda ${lambda}: effective dimension ${effectiveDimension.toFixed(1)}, sketch ${sketchRows} rows, ` +
      `${products} products (CG ${plain.report.products}); error at most ${adaptive.relativeError.toExponential(1)}`,
  )
  assert.equal(adaptive.status, 'solved')
  assert.ok(sketchRows <= 8 * effectiveDimension, 'the sketch follows the effective dimension')
  // At 0.1 the problem is so well-conditioned that plain CG needs less.
  if (lambda < 0.1) assert.ok(products < plain.report.products, 'fewer products than CG')
}
