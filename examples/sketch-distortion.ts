/**
 * Which sketches keep the columns of a matrix, whatever the matrix?
 *
 * Those that do not look at the data: Gaussian, signs, Hadamard and sparse ones all come to about the same distortion ‖UᵀSᵀSU − I‖, near
 * (1 + √(d/m))² − 1. Rows drawn uniformly do so only where rows are alike; drawn by leverage they do so everywhere.
 */
import assert from 'node:assert/strict'
import { type Dense, dense, qr } from 'nadir/matrix'
import { fold, key, normals, uniforms } from 'nadir/random'
import {
  embedding,
  gaussianDistortion,
  leverageScores,
  SKETCH_KINDS,
  type SketchKind,
  samplingProbabilities,
  sketch,
} from 'nadir/sketch'

const [n, d, m, seeds] = [1024, 8, 128, 6]
const gaussian = dense(n, d, normals(key(1), n * d))
// Rows of very different sizes: a Pareto law of index 1.5, whose variance is infinite.
const size = uniforms(fold(key(1), 'sizes'), n).map(u => (1 - u) ** (-1 / 1.5))
const heavy = dense(
  n,
  d,
  gaussian.data.map((v, t) => v * size[Math.floor(t / d)]),
)
// All in d rows.
const spikes = dense(
  n,
  d,
  gaussian.data.map(v => 1e-3 * v),
)
for (let j = 0; j < d; j++) spikes.data[((j * 131 + 17) % n) * d + j] = 10

const byScores: readonly SketchKind[] = ['leverage', 'bernoulli', 'less']

function distortion(kind: SketchKind, a: Dense): number {
  const { r } = qr(a)
  const scores = byScores.includes(kind) ? { probabilities: samplingProbabilities(leverageScores(a)) } : {}
  const sparsity = kind === 'sjlt' || kind.startsWith('less') ? { sparsity: 8 } : {}
  let sum = 0
  for (let seed = 0; seed < seeds; seed++) {
    const options = { rows: m, samples: n, seed, ...scores, ...sparsity }
    sum += embedding(sketch(kind as 'gaussian', options).apply(a), r).distortion
  }
  return sum / seeds
}

const expected = gaussianDistortion(d, m)
console.log(`${n} × ${d} to ${m} rows; ${expected.toFixed(2)} for a large Gaussian sketch`)
console.log('kind              Gaussian  heavy rows  spikes')
for (const kind of SKETCH_KINDS) {
  const found = [gaussian, heavy, spikes].map(a => distortion(kind, a))
  console.log(`${kind.padEnd(16)} ${found.map(v => v.toFixed(2).padStart(9)).join(' ')}`)
  const uniform = kind === 'uniform' || kind === 'less-uniform'
  assert.ok(found[0] < 1.2 * expected, `${kind}: as a Gaussian sketch where rows are alike`)
  // Two of eight heavy rows share a row of a countsketch with probability about d²/(2m) = 1/4: it alone may lose a direction.
  if (kind !== 'countsketch' && !uniform)
    assert.ok(Math.max(...found) < 1.2 * expected, `${kind}: as a Gaussian sketch, whatever the rows`)
  if (uniform) assert.ok(found[2] > 3 * expected, `${kind}: of no use where few rows carry everything`)
}
