/**
 * Laws of threshold networks: the Lasso over patterns against a naive twin over all of them, bounds below every network, a re-check that sees tampering.
 */
import { describe, expect, it } from 'vitest'
import { type Certificate, certifyThreshold, recheckThreshold } from '../../src/certificates/index.ts'
import { huberLoss, logisticLoss, squaredLoss } from '../../src/losses/index.ts'
import { type Dense, dense, fromRows } from '../../src/matrix/dense.ts'
import { maskBit, selectMasks } from '../../src/matrix/masks.ts'
import { enumeratePatterns } from '../../src/models/networks/patterns/enumeratePatterns.ts'
import { thresholdNetwork, thresholdValues } from '../../src/models/threshold/thresholdNetwork.ts'
import { key, normals } from '../../src/random/index.ts'
import { DS1, DS2, gen, geny } from '../oracles/reference.ts'

/** min ½‖Dz − y‖² + β‖z‖₁ over every pattern, by coordinate descent. */
function naiveLasso(x: Dense, y: readonly number[], beta: number): number {
  const all = enumeratePatterns(x).masks
  const columns = Array.from({ length: all.patterns }, (_, k) => y.map((_v, i): number => (maskBit(all, k, i) ? 1 : 0)))
  const z = columns.map(() => 0)
  const r = y.map(v => -v)
  const value = () => r.reduce((s, v) => s + (v * v) / 2, 0) + beta * z.reduce((s, v) => s + Math.abs(v), 0)
  for (let sweep = 0, before = Infinity; sweep < 100_000; sweep++) {
    columns.forEach((d, k) => {
      const size = d.reduce((s, v) => s + v, 0)
      const t = size * z[k] - d.reduce((s, v, i) => s + v * r[i], 0)
      const next = (Math.sign(t) * Math.max(0, Math.abs(t) - beta)) / size
      d.forEach((v, i) => {
        r[i] += v * (next - z[k])
      })
      z[k] = next
    })
    const now = value()
    if (before - now < 1e-15) return now
    before = now
  }
  return value()
}

const CASES: readonly [string, Dense, readonly number[], number][] = [
  ['eight points', DS1.x, DS1.y, 0.3],
  ['ten points', DS2.x, DS2.y, 0.2],
  ['twelve points in space', gen(12, 3), geny(12), 0.5],
]

describe.each(CASES)('%s', (_, x, y, beta) => {
  const data = { x, loss: squaredLoss(y), beta }
  const n = y.length

  it('reach the Lasso over all patterns, with a global certificate that is checked again', async () => {
    const found = await thresholdNetwork(data)
    expect(found.status).toBe('solved')
    expect(found.certificate).toMatchObject({ scope: 'global', oracle: 'enumeration' })
    expect(found.certificate.relativeGap).toBeLessThan(1e-8)
    expect(Math.abs(found.objective - naiveLasso(x, y, beta))).toBeLessThan(1e-9)
    expect(found.network.heights.length).toBeLessThanOrEqual(n)
    const f = thresholdValues(found.network, x)
    const stated =
      f.reduce((s, v, i) => s + (v - y[i]) ** 2 / 2, 0) +
      beta * found.network.heights.reduce((s, z) => s + Math.abs(z), 0)
    expect(Math.abs(found.certificate.primal * n - stated)).toBeLessThan(1e-12)
    expect(recheckThreshold(found.certificate, { ...data, network: found.network })).toMatchObject({
      valid: true,
      problems: [],
    })
  })

  it('bound every network from below, and no tampered claim passes', async () => {
    const { network, certificate } = await thresholdNetwork(data)
    const optimum = certificate.primal
    for (const scale of [0, 0.5, 0.999, 1.2]) {
      const other = { ...network, heights: network.heights.map(z => scale * z) }
      const claim = certifyThreshold(other, data, enumeratePatterns(x))
      expect(claim.dual).toBeLessThanOrEqual(optimum)
      expect(claim.primal).toBeGreaterThanOrEqual(certificate.dual)
      expect(recheckThreshold(claim, { ...data, network: other }).valid).toBe(true)
    }
    const bad: Certificate[] = [
      { ...certificate, dual: certificate.dual * (1 + 1e-6) },
      { ...certificate, primal: certificate.primal * (1 - 1e-6) },
      { ...certificate, witness: (certificate.witness as Float64Array).map(v => 1.001 * v) },
      { ...certificate, witness: null },
      { ...certificate, oracle: 'sdp' },
    ]
    for (const claim of bad) expect(recheckThreshold(claim, { ...data, network }).valid).toBe(false)
    const longer = { ...certificate, witness: (certificate.witness as Float64Array).map(v => 2 * v) }
    expect(recheckThreshold(longer, { ...data, network }).dual).toBeLessThanOrEqual(optimum)
    expect(recheckThreshold(certificate, { ...data, beta: 0.9 * beta, network }).valid).toBe(false)
  })

  it('over some patterns are about these and the network, and say so', async () => {
    const all = enumeratePatterns(x)
    const index = [0, 2, 3]
    const some = {
      masks: selectMasks(all.masks, index),
      gates: dense(
        3,
        x.cols,
        Float64Array.from(index.flatMap(k => [...all.gates.data.subarray(k * x.cols, (k + 1) * x.cols)])),
      ),
      complete: false,
    }
    const best = await thresholdNetwork(data)
    const found = await thresholdNetwork(data, { patterns: some })
    expect(found.certificate).toMatchObject({ scope: 'restricted', oracle: 'dictionary' })
    expect(found.objective).toBeGreaterThan(best.objective * (1 + 1e-6))
    const check = (claim: Certificate) =>
      recheckThreshold(claim, { ...data, network: found.network, masks: some.masks })
    expect(check(found.certificate).valid).toBe(true)
    expect(check({ ...found.certificate, scope: 'global', oracle: 'enumeration' }).valid).toBe(false)
    // The best network is not over these patterns: its own count too, or the bound would be above it.
    const own = certifyThreshold(best.network, data, some)
    expect(own.dual).toBeLessThanOrEqual(own.primal)
    expect(own.dual * n).toBeLessThanOrEqual(best.objective)
  })
})

describe('threshold networks', () => {
  it('other losses meet their gap, and random networks are above the bound', async () => {
    const labels = DS2.labels
    for (const loss of [logisticLoss(labels), huberLoss(DS2.y)]) {
      const data = { x: DS2.x, loss, beta: 0.3 }
      const found = await thresholdNetwork(data, { tolerance: 1e-6 })
      expect(found.certificate.relativeGap).toBeLessThan(1e-6)
      expect(recheckThreshold(found.certificate, { ...data, network: found.network }).valid).toBe(true)
      for (let s = 0; s < 20; s++) {
        const network = { directions: dense(4, 3, normals(key(s), 12)), heights: normals(key(100 + s), 4) }
        const objective =
          loss.value(thresholdValues(network, DS2.x)) + 0.3 * network.heights.reduce((a, z) => a + Math.abs(z), 0)
        expect(objective).toBeGreaterThanOrEqual(found.certificate.dual * 10)
      }
    }
  })

  it('speak of networks off the rows only: on opposite rows a neuron can have a pattern that no cell has', async () => {
    const x = fromRows([
      [1, 0],
      [-1, 0],
      [0, 1],
    ])
    const data = { x, loss: squaredLoss([0, 0, 5]), beta: 0.5 }
    const { certificate } = await thresholdNetwork(data)
    const onThem = { directions: fromRows([[0, 1]]), heights: Float64Array.of(4.5) }
    expect([...thresholdValues(onThem, x)]).toEqual([0, 0, 4.5])
    // The bound of one class is above a network of the other, so the sentence must name its class.
    const other = certifyThreshold(onThem, data, enumeratePatterns(x))
    expect(other.primal).toBeLessThan(0.6 * certificate.dual)
    for (const { statement } of [certificate, other])
      expect(statement).toContain('no threshold network with every row off its thresholds')
    // With a ones column every pattern is one of a cell.
    const biased = await thresholdNetwork({ x: DS2.x, loss: squaredLoss(DS2.y), beta: 0.2 })
    expect(biased.certificate.statement).toContain('no threshold network of this form')
    // Patterns of the network itself count, so its own bound is below it.
    expect(other.dual).toBeLessThanOrEqual(other.primal)
  })

  it('refuse what they do not cover', async () => {
    const data = { x: DS1.x, loss: squaredLoss(DS1.y), beta: 0 }
    await expect(thresholdNetwork(data)).rejects.toThrow('thresholdNetwork: beta must be a positive number; got 0.')
    await expect(
      thresholdNetwork({ ...data, beta: 1, loss: squaredLoss(new Float64Array(16), { outputs: 2 }) }),
    ).rejects.toThrow('thresholdNetwork: one output is trained; got 2.')
    expect(() =>
      certifyThreshold(
        { directions: fromRows([[1]]), heights: Float64Array.of(1) },
        { ...data, beta: 1 },
        enumeratePatterns(DS1.x),
      ),
    ).toThrow('certifyThreshold: rows, loss and weights must fit together')
  })
})
