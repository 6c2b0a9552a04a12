/**
 * How far from optimal is a network that somebody else trained, and does gradient descent end at the largest margin?
 *
 * Three neurons on eight points in the plane with published values; then descent without weight decay on orthogonal separable classes, where
 * theory says that the limit is the network of largest margin: the dual certificate closes in on it, slowly, from both sides.
 */
import assert from 'node:assert/strict'
import { dense, fromRows } from 'nadir/matrix'
import { audit, type ForeignNetwork } from 'nadir/models'
import { key, normals } from 'nadir/random'

/** A ReLU network as a file of another program would give it. */
function network(hidden: ForeignNetwork['hidden'], output: ForeignNetwork['output']): ForeignNetwork {
  return {
    activation: { positive: 1, negative: 0 },
    hidden,
    hiddenBias: null,
    output,
    outputBias: null,
    skip: null,
    scaler: null,
    rescale: null,
    link: 'identity',
    labels: null,
    single: false,
    producer: 'by hand',
  }
}

const points = fromRows([
  [-0.818, 0.578],
  [-0.182, -0.174],
  [0.97, -0.263],
  [-0.625, 0.65],
  [-0.45, -0.913],
  [0.999, 1.0],
  [-0.382, -0.895],
  [-0.681, 0.619],
])
const targets = [0.622, -0.227, -0.904, -0.897, -0.211, 0.635, 1.0, 0.608]

// #region audit
const given = network(
  fromRows([
    [0.5, -0.5],
    [-0.4, 0.6],
    [0.2, 0.7],
  ]),
  fromRows([[-0.6], [0.5], [0.4]]),
)
const report = await audit(given, { x: points, y: targets }, { loss: 'squared', lambda: 0.3 / 8 })

console.log(`${report.verdict}: ${report.certificate.statement}`)
console.log(`one neuron more would lower the objective by at least ${report.missing?.decrease}`)
console.log(`trained on from here: ${report.improved?.objective}. ${report.improved?.certificate.statement}`)
// #endregion
// Sums over eight points, as published.
assert.ok(Math.abs(8 * report.objective - 2.1438255328) < 1e-9)
assert.ok(Math.abs(8 * report.balancedObjective - 2.1186326103) < 1e-9)
assert.ok(Math.abs(8 * report.dualNorm.upper - 0.9974019056) < 1e-9)
const improved = 8 * (report.improved?.objective ?? Infinity)
assert.ok(improved >= 1.7216717324 * (1 - 1e-9) && improved < 1.7216717324 * (1 + 1e-4), 'the published optimum')
assert.ok(8 * report.certificate.dual <= 1.7216717324)

// #region margin
const rows = fromRows([
  [0.868, 0.628, 0.322],
  [0.232, 0.224, 0.559],
  [1.02, 0.313, 0.762],
  [0.675, 0.7, 0.918],
  [-0.5, -0.963, -1.016],
  [-1.049, -1.05, -1.05],
  [-0.432, -0.945, -1.018],
])
const labels = [1, 1, 1, 1, -1, -1, -1]
const neurons = 20
const w = normals(key(1), 3 * neurons).map(v => 0.02 * v)
const a = normals(key(2), neurons).map(v => 0.02 * v)
const seen: { primal: number; dual: number }[] = []
for (const steps of [300, 2700, 7000]) {
  descend(steps)
  // lambda 0: how near is the margin to the largest there is, at this norm?
  const { maxMargin } = await audit(
    network(dense(neurons, 3, w.slice()), dense(neurons, 1, a.slice())),
    { x: rows, y: labels },
    { loss: 'logistic', lambda: 0 },
  )
  if (maxMargin !== null) seen.push(maxMargin)
}
// #endregion
for (const { primal, dual } of seen)
  console.log(`norm at margin one: ${dual.toFixed(4)} ≤ smallest ≤ ${primal.toFixed(4)}`)
const SMALLEST = 2.23699
assert.equal(seen.length, 3)
for (const { primal, dual } of seen) assert.ok(dual <= SMALLEST * (1 + 1e-5) && SMALLEST * (1 - 1e-5) <= primal)
seen.slice(1).forEach(({ primal, dual }, k) => {
  assert.ok(primal - dual < seen[k].primal - seen[k].dual, 'the two sides close in')
})
assert.ok(seen[2].primal < SMALLEST * 1.005 && 1 - seen[2].dual / seen[2].primal < 0.05)

/** Gradient descent on the mean logistic loss, steps divided by the loss. */
function descend(steps: number): void {
  const n = rows.rows
  for (let step = 0; step < steps; step++) {
    const slope = new Float64Array(n)
    const active: number[][] = []
    let loss = 0
    for (let i = 0; i < n; i++) {
      let f = 0
      const on: number[] = []
      for (let j = 0; j < neurons; j++) {
        const t =
          rows.data[3 * i] * w[3 * j] + rows.data[3 * i + 1] * w[3 * j + 1] + rows.data[3 * i + 2] * w[3 * j + 2]
        if (t > 0) {
          f += a[j] * t
          on.push(j, t)
        }
      }
      active.push(on)
      loss += Math.log1p(Math.exp(-labels[i] * f))
      slope[i] = -labels[i] / (1 + Math.exp(labels[i] * f))
    }
    const rate = 0.002 / loss
    const moveW = new Float64Array(w.length)
    const moveA = new Float64Array(neurons)
    for (let i = 0; i < n; i++)
      for (let k = 0; k < active[i].length; k += 2) {
        const j = active[i][k]
        moveA[j] += slope[i] * active[i][k + 1]
        for (let l = 0; l < 3; l++) moveW[3 * j + l] += slope[i] * a[j] * rows.data[3 * i + l]
      }
    for (let at = 0; at < w.length; at++) w[at] -= rate * moveW[at]
    for (let j = 0; j < neurons; j++) a[j] -= rate * moveA[j]
  }
}
