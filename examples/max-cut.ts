/**
 * How hard is it to prove that a ReLU network is optimal, and how far do cheap bounds go?
 *
 * Rows ± the incidence vectors of a graph: the dual norm at θ = 1 is 2√(maximum cut), so exact certificates contain Max-Cut. On the Petersen
 * graph the semidefinite bound is √50 where the truth is √48; on eight points in the plane three oracles certify one network.
 */
import assert from 'node:assert/strict'
import { certifyGlobal, normByEnumeration, normBySdp, normBySearch, normBySpectrum, recheck } from 'nadir/certificates'
import { createLoss } from 'nadir/losses'
import { fromRows, masks } from 'nadir/matrix'

// #region graph
const edges = [0, 1, 2, 3, 4].flatMap(i => [
  [i, (i + 1) % 5],
  [5 + i, 5 + ((i + 2) % 5)],
  [i, 5 + i],
])
const half = Array.from({ length: 10 }, (_, node) => edges.map(([a, b]) => (a === node ? 1 : b === node ? -1 : 0)))
const graph = fromRows([...half, ...half.map(row => row.map(v => 0 - v))])
const ones = new Float64Array(20).fill(1)

const relaxed = normBySdp(graph, ones) // above: √50
const rounded = normBySearch(graph, ones, { factors: relaxed.factors }) // below: 2√12, the maximum cut
// #endregion
console.log(`Petersen graph: ${rounded.value} ≤ dual norm ≤ ${relaxed.value}`)
assert.ok(
  Math.abs(rounded.value - 2 * Math.sqrt(12)) < 1e-8,
  'roundings of the relaxation find the maximum cut, 12 edges',
)
assert.ok(Math.abs(relaxed.value - Math.sqrt(50)) < 1e-6, 'the relaxation is the published one')
assert.ok(rounded.value >= Math.sqrt(2 / Math.PI) * relaxed.value, 'the factor √(2/π) of Nesterov')

// Eight points in the plane with published values.
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
const theta = Float64Array.from(targets)
assert.ok(Math.abs(normByEnumeration(points, theta).value - 0.831581746) < 1e-8)
assert.ok(Math.abs(normBySdp(points, theta).value - 1.13389858) < 1e-6)
assert.ok(normBySpectrum(points, theta).value > 1.13389858)

// #region network
const loss = createLoss('squared', { targets })
const network = {
  kind: 'relu' as const,
  hidden: fromRows([
    [0.156513, 0.577251],
    [-0.383178, -0.368441],
    [0.530028, -0.226226],
    [0.208658, -0.208451],
  ]),
  output: fromRows([[0.598091], [0.531573], [-0.576298], [-0.294946]]),
  gates: null,
  offset: new Float64Array(1),
}
const data = { x: points, loss, beta: 0.3 }
for (const oracle of ['enumeration', 'sdp', 'spectral'] as const) {
  const certificate = certifyGlobal(network, data, { oracle })
  console.log(`${oracle}: ${certificate.statement}`)
  assert.deepEqual(recheck(certificate, { ...data, masks: masks(0, 8), network }).problems, [])
}
// #endregion
const dual = (oracle: 'enumeration' | 'sdp' | 'spectral') => 8 * certifyGlobal(network, data, { oracle }).dual
assert.ok(dual('enumeration') <= 1.7216717324 && dual('enumeration') > 1.7216, 'the published optimum, to 1e-4')
assert.ok(dual('sdp') <= 1.7216717324 && dual('sdp') > 1.67, 'the lifted relaxation: within 3 %')
assert.ok(dual('spectral') > 0 && dual('spectral') < dual('sdp'))
