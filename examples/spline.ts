/**
 * What is the best ReLU network of one input, and does Adam find it?
 *
 * A linear spline whose kinks are at data points. Its weight decay is the norm published for functions on the line,
 * max(∫|f''|, |f'(−∞) + f'(∞)|), and no start of Adam gets below its bound.
 */
import assert from 'node:assert/strict'
import { spline1d } from 'nadir/models'
import { fold, key, normals } from 'nadir/random'

const n = 50
const x = Float64Array.from({ length: n }, (_, i) => (6 * i) / (n - 1))
const noise = normals(key(1), n)
const y = x.map((v, i) => Math.sin(v) + 0.2 * noise[i])

for (const lambda of [0.1, 0.01, 0.001]) {
  // #region fit
  const { knots, network, hinges, penalty, certificate } = spline1d(x, y, { lambda })
  console.log(`lambda ${lambda}: ${knots.length} knots, ${network.hidden.rows} neurons`)
  console.log(`  objective ${certificate.primal.toFixed(9)}, no network below ${certificate.dual.toFixed(9)}`)
  // #endregion
  assert.ok(certificate.relativeGap < 1e-8)
  assert.ok(knots.every(knot => x.includes(knot)))
  // The published norm, from the function alone: its kinks, also those at the ends of the data, and its two outer slopes.
  const kinks = new Map<number, number>()
  hinges.knots.forEach((knot, j) => {
    kinks.set(knot, (kinks.get(knot) ?? 0) + hinges.coefficients[j])
  })
  const variation = [...kinks.values()].reduce((sum, jump) => sum + Math.abs(jump), 0)
  const slopes = hinges.coefficients.reduce((sum, z, j) => sum + hinges.sides[j] * z, 0)
  assert.ok(Math.abs(penalty - Math.max(variation, Math.abs(slopes))) < 1e-12 * penalty)
}

// Adam on the same objective: 40 neurons, free biases, mean loss and weight decay.
const [lambda, m] = [0.01, 40]
const { certificate } = spline1d(x, y, { lambda })

/** Objective at (slopes, biases, outputs, constant); its gradient goes to g. */
function objective(w: Float64Array, g: Float64Array): number {
  let value = 0
  for (let k = 0; k < w.length; k++) {
    const decays = k < m || (k >= 2 * m && k < 3 * m)
    g[k] = decays ? lambda * w[k] : 0
    if (decays) value += (lambda / 2) * w[k] * w[k]
  }
  for (let i = 0; i < n; i++) {
    let r = w[3 * m] - y[i]
    for (let j = 0; j < m; j++) r += w[2 * m + j] * Math.max(0, w[j] * x[i] + w[m + j])
    value += (r * r) / 2 / n
    g[3 * m] += r / n
    for (let j = 0; j < m; j++) {
      const t = w[j] * x[i] + w[m + j]
      if (t <= 0) continue
      g[j] += (r * w[2 * m + j] * x[i]) / n
      g[m + j] += (r * w[2 * m + j]) / n
      g[2 * m + j] += (r * t) / n
    }
  }
  return value
}

/** Lowest objective that 4000 steps see, with a step size that falls from 0.02 to 0. */
function adam(start: number): number {
  const steps = 4000
  const w = normals(fold(key(0), start), 3 * m + 1)
  const [g, mean, square] = [w.slice(), new Float64Array(w.length), new Float64Array(w.length)]
  let best = Infinity
  for (let t = 1; t <= steps; t++) {
    best = Math.min(best, objective(w, g))
    const rate = 0.02 * (1 - t / steps)
    for (let k = 0; k < w.length; k++) {
      mean[k] = 0.9 * mean[k] + 0.1 * g[k]
      square[k] = 0.999 * square[k] + 0.001 * g[k] * g[k]
      w[k] -= (rate * (mean[k] / (1 - 0.9 ** t))) / (Math.sqrt(square[k] / (1 - 0.999 ** t)) + 1e-8)
    }
  }
  return best
}

const runs = [0, 1, 2, 3, 4].map(adam).sort((a, b) => a - b)
console.log(`Adam, ${m} neurons: best ${runs[0].toFixed(9)}, worst ${runs[4].toFixed(9)} of five starts`)
assert.ok(runs.every(value => value >= certificate.dual))

// Through all points at least norm; of all such networks, one with the fewest kinks (ten points of a table).
const dots = spline1d(
  [-2, -1.4, -0.9, -0.3, 0.2, 0.7, 1.5, 2.2, 2.6, 3.0],
  [1, 0.4, 0.1, -0.6, -0.5, 0.3, 1.2, 0.9, 1.4, 2.0],
  { interpolate: true, sparsest: true },
)
console.log(`interpolation: norm ${dots.penalty.toFixed(9)} with ${dots.knots.length} knots`)
assert.ok(Math.abs(dots.penalty - 7.69047619047619) < 1e-12 && dots.knots.length === 5)
