/**
 * Can one neuron be found from targets it made? By descent from a random start not always; by its convex relaxation yes.
 *
 * 20 planted problems with 60 samples in 50 dimensions: how often does each reach zero training loss? And when the targets
 * come from something else, how far is the relaxation from the best neuron?
 */
import assert from 'node:assert/strict'
import { dense } from 'nadir/matrix'
import { fitNeuron } from 'nadir/models'
import { fold, key, normals } from 'nadir/random'

const [n, d, trials] = [60, 50, 20]
let [byDescent, byRelaxation] = [0, 0]
for (let trial = 0; trial < trials; trial++) {
  const at = fold(key(trial), 'trial')
  const x = normals(fold(at, 'x'), n * d)
  const teacher = normals(fold(at, 'teacher'), d)
  const y = relu(x, teacher)
  if (loss(x, y, descend(x, y, normals(fold(at, 'start'), d))) < 1e-12) byDescent++
  const { relaxed } = await fitNeuron(dense(n, d, x), y)
  if (relaxed.objective < 1e-12) byRelaxation++
}
console.log(`zero training loss in ${trials} trials: descent ${byDescent}, relaxation ${byRelaxation}`)
assert.equal(byRelaxation, trials)
assert.ok(byDescent < trials / 2)

// Not a general solver: twelve points, targets |cos(0.7 i)|, and all 134 cells to compare with.
const points = [
  [-0.757, 0.578, -0.366],
  [0.899, 0.034, -0.867],
  [-0.981, -0.522, 0.619],
  [0.998, -0.906, 0.687],
  [-0.949, -0.989, -0.819],
  [0.837, -0.746, -0.449],
  [-0.669, -0.256, 0.949],
  [0.457, 0.318, 0.173],
  [-0.214, 0.788, -1.0],
  [-0.042, 0.997, 0.118],
  [0.296, 0.876, 0.965],
  [-0.531, 0.466, -0.399],
]
const found = await fitNeuron(
  points,
  points.map((_, i) => Math.abs(Math.cos(0.7 * (i + 1)))),
  { exact: true },
)
console.log(`relaxed ${(12 * found.relaxed.objective).toFixed(4)}, best neuron ${(12 * found.objective).toFixed(4)}`)
console.log(found.certificate?.statement)
assert.ok(Math.abs(12 * found.relaxed.objective - 1.7546) < 1e-3 && Math.abs(12 * found.objective - 1.0621) < 1e-3)

/** (Xw)₊. */
function relu(x: Float64Array, w: Float64Array): Float64Array {
  return Float64Array.from({ length: x.length / d }, (_, i) =>
    Math.max(
      0,
      w.reduce((sum, v, j) => sum + v * x[i * d + j], 0),
    ),
  )
}

function loss(x: Float64Array, y: Float64Array, w: Float64Array): number {
  return relu(x, w).reduce((sum, v, i) => sum + 0.5 * (v - y[i]) ** 2, 0) / n
}

/** 2000 plain gradient steps on the loss. */
function descend(x: Float64Array, y: Float64Array, start: Float64Array): Float64Array {
  const w = start.slice()
  for (let k = 0; k < 2000; k++) {
    const fit = relu(x, w)
    for (let i = 0; i < n; i++)
      if (fit[i] > 0) for (let j = 0; j < d; j++) w[j] -= 0.005 * (fit[i] - y[i]) * x[i * d + j]
  }
  return w
}
