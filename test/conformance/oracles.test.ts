/**
 * Laws of the oracles: lower ≤ exact ≤ upper, the exact one equal to brute force, the relaxation within its factor, every
 * certificate below the known optimum, and a re-check that sees each way in which a proof can be none.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Certificate,
  certifyGlobal,
  dataClass,
  type HalfProof,
  normByClosedForm,
  normByEnumeration,
  normBySdp,
  normBySearch,
  normBySpectrum,
  recheck,
  requireOrthogonalSeparable,
  type TwoLayerNetwork,
} from '../../src/certificates/index.ts'
import { arrangementOf } from '../../src/certificates/oracles/arrangement.ts'
import { diagonalBound } from '../../src/certificates/oracles/diagonalBound.ts'
import { liftedPoints } from '../../src/certificates/oracles/lifted.ts'
import { liftedBound } from '../../src/certificates/oracles/liftedBound.ts'
import { coveringNorm } from '../../src/certificates/recheck/covering.ts'
import { bestScale } from '../../src/losses/bestScale.ts'
import { createLoss } from '../../src/losses/index.ts'
import { createCompute } from '../../src/matrix/createCompute.ts'
import { type Dense, dense, fromRows } from '../../src/matrix/dense.ts'
import { masks } from '../../src/matrix/masks.ts'
import { key, normals } from '../../src/random/index.ts'
import { bruteNorm, bruteSigns, GRAPHS, incidenceRows } from '../oracles/dualNorms.ts'
import { DS1, DS2, generated } from '../oracles/references.ts'

const compute = createCompute({ backend: 'wasm', threads: 1 })
const drawn = (seed: number, n: number, d: number): Dense => dense(n, d, normals(key(seed), n * d))
const vector = (seed: number, n: number): Float64Array => normals(key(seed, 1), n)

describe('exact, from above and from below', () => {
  it.each([1, 2, 3, 4])('rank %i: enumeration is brute force, and lies between search and relaxations', d => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: d + 1, max: 9 }), (seed, n) => {
        const x = drawn(seed, n, d)
        const theta = vector(seed, n)
        const truth = bruteNorm(x, theta)
        const exact = normByEnumeration(x, theta, { compute })
        expect(exact.kind).toBe('exact')
        expect(exact.value).toBeGreaterThanOrEqual(truth * (1 - 1e-14))
        expect(exact.value / truth - 1).toBeLessThan(1e-10)
        expect(exact.witness.directions[0].value / truth - 1).toBeGreaterThan(-1e-10)
        const below = normBySearch(x, theta, { starts: 4 })
        const sdp = normBySdp(x, theta, { compute })
        const spectral = normBySpectrum(x, theta, { compute })
        expect(below.value).toBeLessThanOrEqual(truth * (1 + 1e-14))
        expect(sdp.value).toBeGreaterThanOrEqual(truth)
        expect(spectral.value).toBeGreaterThanOrEqual(sdp.value * (1 - 1e-14))
        expect(coveringNorm(x, theta, exact.value)).toBe(exact.value)
        expect(coveringNorm(x, theta, 0.99 * truth)).toBeGreaterThanOrEqual(truth * (1 - 1e-14))
      }),
      { seed: 3, numRuns: d === 4 ? 4 : 8 },
    )
  })

  it('positive homogeneous, blind to rotation, and a floor changes nothing above it', () => {
    const x = generated(12, 3)
    const theta = vector(5, 12)
    const { value } = normByEnumeration(x, theta, { compute })
    const [c, s] = [Math.cos(1), Math.sin(1)]
    const turned = dense(12, 3)
    for (let i = 0; i < 12; i++) {
      const [a, b, e] = x.data.subarray(3 * i, 3 * i + 3)
      turned.data.set([c * a - s * b, s * a + c * b, e], 3 * i)
    }
    for (const norm of [normByEnumeration, normBySpectrum, normBySdp]) {
      const plain = norm(x, theta, { compute }).value
      expect(
        norm(
          x,
          theta.map(v => -3 * v),
          { compute },
        ).value / plain,
      ).toBeCloseTo(3, 5)
      expect(norm(turned, theta, { compute }).value / plain).toBeCloseTo(1, 5)
    }
    expect(normByEnumeration(x, theta, { compute, floor: value / 2 }).value).toBeCloseTo(value, 12)
    expect(normByEnumeration(x, theta, { compute, floor: 2 * value }).value).toBeCloseTo(2 * value, 12)
  })

  it.each([
    ['a grid with a ones column, every row twice and once reversed', grid()],
    ['rank 3 in six columns', wide()],
    ['a cube with a ones column: planes through many lines', cube()],
  ])('degenerate positions: %s', (_name, x) => {
    const theta = Float64Array.from({ length: x.rows }, (_value, i) => Math.sin(3 * i + 1))
    const small = x.rows <= 12 ? bruteNorm(x, theta) : null
    const { value } = normByEnumeration(x, theta, { compute })
    if (small !== null) expect(value / small - 1).toBeCloseTo(0, 10)
    if (x.cols <= 4) expect(coveringNorm(x, theta, value)).toBe(value)
    expect(value).toBeGreaterThanOrEqual(normBySearch(x, theta).value)
    expect(value / normBySearch(x, theta).value - 1).toBeLessThan(1e-10)
  })

  it('the published values of eight points in the plane', () => {
    const theta = Float64Array.from(DS1.y)
    const sdp = normBySdp(DS1.x, theta, { compute })
    expect(normByEnumeration(DS1.x, theta, { compute }).value).toBeCloseTo(0.831581746, 8)
    const { directions } = normByEnumeration(DS1.x, theta, { compute }).witness
    expect(directions[0].u[0]).toBeCloseTo(0.26168584, 7)
    expect(directions[0].u[1]).toBeCloseTo(0.96515311, 7)
    const positive = sdp.witness.proofs.find(each => each.sign === 1) as HalfProof
    expect(diagonalBound(DS1.x, theta, positive.weights, compute)).toBeCloseTo(1.13389858, 6)
  })

  it.each(GRAPHS)('$name: 2√(maximum cut), its relaxation, and the factor √(2/π)', graph => {
    const x = incidenceRows(graph)
    const theta = new Float64Array(x.rows).fill(1)
    const { value, factors } = normBySdp(x, theta, { compute })
    const truth = 2 * Math.sqrt(graph.cut)
    expect(bruteSigns(dense(graph.nodes, x.cols, x.data.slice(0, graph.nodes * x.cols)))).toBeCloseTo(truth, 12)
    expect(value).toBeCloseTo(graph.relaxation, 6)
    expect(truth).toBeGreaterThanOrEqual(Math.sqrt(2 / Math.PI) * value)
    // 20 random starts stop at 2√11 or so now and then; roundings of the relaxation find the cut.
    expect(normBySearch(x, theta, { factors }).value).toBeCloseTo(truth, 9)
  })

  it('no t_i < 0: the relaxation is within √(π/2) of the truth', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const x = drawn(seed, 9, 3)
      const theta = vector(seed, 9).map(Math.abs)
      const half = normBySdp(x, theta, { compute }).value
      expect(half / normByEnumeration(x, theta, { compute }).value).toBeLessThan(Math.sqrt(Math.PI / 2))
    }
  })

  it('fewer directions than the rank: a bound all the same, looser by what is left out', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [x, theta] = [drawn(seed, 9, 3), vector(seed, 9)]
      const truth = normByEnumeration(x, theta, { compute }).value
      const low = normByEnumeration(x, theta, { compute, arrangement: arrangementOf(x, 2, compute) })
      expect(low.kind).toBe('upper')
      expect(low.value).toBeGreaterThanOrEqual(truth)
      // What is left out counts: the plane alone is below the truth somewhere.
      const flat = normByEnumeration(x, theta, {
        compute,
        arrangement: { ...arrangementOf(x, 2, compute), residual: 0 },
      })
      expect(low.value).toBeGreaterThan(flat.value)
    }
  })

  it('refuses what is too large, and names another oracle', () => {
    expect(() => normByEnumeration(drawn(1, 20, 5), vector(1, 20), { compute })).toThrow(
      'normByEnumeration: 20 distinct rows of rank 5 or more must be swept in at most 40000000 arcs; it takes far more. Use the spectral or the sdp oracle.',
    )
    expect(() => normByEnumeration(drawn(1, 20, 3), vector(1, 20), { compute, cap: 100 })).toThrow('it takes 800')
  })

  it('a bad weight proves nothing: the bound is infinite', () => {
    const theta = Float64Array.from(DS1.y)
    const weights = Float64Array.from([1, ...DS1.y.map(y => (y > 0 ? 1 : 0.5))])
    expect(diagonalBound(DS1.x, theta, weights, compute)).toBeLessThan(10)
    for (const [at, value] of [
      [0, 0],
      [1, -1],
      [1, Number.NaN],
      [2, 1.0001],
      [2, -0.0001],
    ]) {
      const bad = weights.slice()
      bad[at] = value
      expect(diagonalBound(DS1.x, theta, bad, compute)).toBe(Infinity)
    }
  })
})

const LOSSES = [
  { name: 'squared', x: DS1.x, loss: createLoss('squared', { targets: DS1.y }), beta: 0.3, optimum: 1.7216717324 },
  { name: 'squared', x: DS2.x, loss: createLoss('squared', { targets: DS2.y }), beta: 0.2, optimum: 1.8042246179 },
  {
    name: 'logistic',
    x: DS2.x,
    loss: createLoss('logistic', { targets: DS2.labels }),
    beta: 0.2,
    optimum: 6.378113392,
  },
] as const

describe('classes of data', () => {
  it('orthogonal separable with a monotone loss: the closed form is exact, and certifies', () => {
    const loss = createLoss('logistic', { targets: ORTHOGONAL.labels })
    expect(dataClass({ x: ORTHOGONAL.x, loss }).name).toBe('orthogonal-separable')
    for (let seed = 1; seed <= 10; seed++) {
      // At every fit the slope has the sign of the class.
      const theta = loss.gradient(vector(seed, 7).map(v => 2 * v))
      const closed = normByClosedForm(ORTHOGONAL.x, theta, { compute })
      expect(closed.kind).toBe('exact')
      expect(closed.value / normByEnumeration(ORTHOGONAL.x, theta, { compute }).value).toBeCloseTo(1, 9)
      expect(closed.witness.directions[0].value / closed.value).toBeCloseTo(1, 9)
    }
    const network: TwoLayerNetwork = {
      kind: 'relu',
      hidden: fromRows([
        [0.6, 0.4, 0.5],
        [-0.4, -0.6, -0.5],
      ]),
      output: fromRows([[0.8], [-0.8]]),
      gates: null,
      offset: new Float64Array(1),
    }
    const data = { x: ORTHOGONAL.x, loss, beta: 0.2 }
    const closed = certifyGlobal(network, data, { oracle: 'closed-form', compute })
    const exact = certifyGlobal(network, data, { oracle: 'enumeration', compute })
    expect(closed.oracle).toBe('closed-form')
    expect(closed.dual / exact.dual).toBeCloseTo(1, 8)
    expect(recheck(closed, { ...data, masks: masks(0, 7), network }).problems).toEqual([])
    const lie = { ...closed, dual: closed.dual * 1.001, gap: closed.primal - closed.dual * 1.001 }
    expect(recheck(lie, { ...data, masks: masks(0, 7), network }).problems.join()).toContain(
      'not proved by its witness',
    )
  })

  it('squared loss is not in the class, and one pair out of order breaks it', () => {
    expect(dataClass({ x: ORTHOGONAL.x, loss: createLoss('squared', { targets: ORTHOGONAL.labels }) }).name).toBe(
      'general',
    )
    const labels = ORTHOGONAL.labels.map((label, i) => (i === 6 ? -label : label))
    expect(dataClass({ x: ORTHOGONAL.x, loss: createLoss('logistic', { targets: labels }) }).name).toBe('general')
    requireOrthogonalSeparable(ORTHOGONAL.x, ORTHOGONAL.labels)
    expect(() => requireOrthogonalSeparable(ORTHOGONAL.x, labels)).toThrow('got rows 0 and 6')
  })

  it('orthogonal rows: the published optima of whitened data, closed form and bound', () => {
    const x = fromRows([
      [0.5, 0.5, 0.5, 0.5],
      [0.5, -0.5, 0.5, -0.5],
      [0.5, 0.5, -0.5, -0.5],
      [0.5, -0.5, -0.5, 0.5],
    ])
    const y = [3, -4, 0.5, 1]
    const loss = createLoss('squared', { targets: y })
    expect(dataClass({ x, loss }).name).toBe('orthogonal-rows')
    for (const [beta, optimum] of [
      [1, 6.2015621187],
      [3.5, 13.0],
      [4.5, 13.125],
    ]) {
      const neurons = ([1, -1] as const).flatMap(sign => {
        const part = y.map(v => Math.max(0, sign * v))
        const length = Math.hypot(...part)
        const mass = Math.max(0, length - beta)
        const u = Array.from({ length: 4 }, (_, j) =>
          part.reduce((sum, v, i) => sum + (v / length) * x.data[4 * i + j], 0),
        )
        return mass > 0 ? [{ u: u.map(v => v * Math.sqrt(mass)), v: sign * Math.sqrt(mass) }] : []
      })
      const network: TwoLayerNetwork = {
        kind: 'relu',
        hidden: dense(neurons.length, 4, Float64Array.from(neurons.flatMap(({ u }) => u))),
        output: dense(
          neurons.length,
          1,
          Float64Array.from(neurons, ({ v }) => v),
        ),
        gates: null,
        offset: new Float64Array(1),
      }
      const certificate = certifyGlobal(network, { x, loss, beta }, { oracle: 'closed-form', compute })
      expect(certificate.primal * 4).toBeCloseTo(optimum, 8)
      expect(certificate.dual * 4).toBeCloseTo(optimum, 8)
      expect(recheck(certificate, { x, loss, beta, masks: masks(0, 4), network }).problems).toEqual([])
    }
  })

  it('negatively correlated classes: the relaxation within √(π/2)', () => {
    const block = (seed: number): Dense => drawn(seed, 5, 2)
    for (let seed = 1; seed <= 8; seed++) {
      const [a, b] = [block(seed), block(seed + 50)]
      const x = dense(10, 4)
      for (let i = 0; i < 5; i++) {
        x.data.set(a.data.subarray(2 * i, 2 * i + 2), 4 * i)
        x.data.set(b.data.subarray(2 * i, 2 * i + 2), 4 * (5 + i) + 2)
      }
      const loss = createLoss('logistic', { targets: [1, 1, 1, 1, 1, -1, -1, -1, -1, -1] })
      expect(dataClass({ x, loss }).name).toBe('negative-correlation')
      const theta = loss.gradient(vector(seed, 10))
      const ratio = normBySdp(x, theta, { compute }).value / normByEnumeration(x, theta, { compute }).value
      expect(ratio).toBeLessThan(Math.sqrt(Math.PI / 2))
    }
  })

  it('the closed form bounds all data', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [x, theta] = [drawn(seed, 8, 3), vector(seed, 8)]
      const closed = normByClosedForm(x, theta, { compute })
      const truth = normByEnumeration(x, theta, { compute }).value
      expect(closed.value).toBeGreaterThanOrEqual(truth * (1 - 1e-10))
      if (closed.kind === 'exact') expect(closed.value / truth).toBeCloseTo(1, 9)
    }
  })
})

describe('the lifted relaxation of training', () => {
  it.each([
    { x: generated(6, 2), beta: 0.3, optimum: 1.031531, least: 0.98 },
    { x: DS1.x, beta: 0.3, optimum: 1.7216717324, least: 0.93 },
    { x: generated(10, 3), beta: 0.5, optimum: 2.096808, least: 0.95 },
  ])(
    'its bound is within a few per cent of the optimum $optimum, and never above it',
    ({ x, beta, optimum, least }) => {
      const n = x.rows
      const y = n === 8 ? DS1.y : Array.from({ length: n }, (_, i) => Math.round(1000 * Math.cos(0.9 * (i + 1))) / 1000)
      const loss = createLoss('squared', { targets: y })
      let last = -Infinity
      for (const point of liftedPoints(x, loss, beta, { compute, iterations: 1500 })) {
        if (point === null) continue
        const norms = point.proofs.map(({ sign, weights }) =>
          liftedBound(
            x,
            point.theta.map(v => sign * v),
            weights,
            compute,
          ),
        )
        const norm = Math.max(...norms)
        expect(norm).toBeGreaterThanOrEqual(normByEnumeration(x, point.theta, { compute }).value * (1 - 1e-9))
        const { bound } = bestScale(loss, point.theta, beta / norm)
        expect(bound).toBeLessThanOrEqual(optimum * (1 + 1e-6))
        last = Math.max(last, bound)
      }
      expect(last / optimum).toBeGreaterThan(least)
    },
  )

  it('multipliers that must not be negative prove nothing', () => {
    const t = Float64Array.from(DS1.y)
    const weights = new Float64Array(156)
    weights.set([2, 10, 1])
    expect(liftedBound(DS1.x, t, weights, compute)).toBeLessThan(100)
    expect(liftedBound(DS1.x, t, weights, compute)).toBeGreaterThanOrEqual(0.831581745)
    const bad = (at: number, value: number): number =>
      liftedBound(
        DS1.x,
        t,
        weights.map((w, i) => (i === at ? value : w)),
        compute,
      )
    expect(bad(5, -1e-9)).toBe(Infinity)
    expect(bad(0, 0)).toBe(Infinity)
    expect(bad(1, NaN)).toBe(Infinity)
    // (s_1, r_1) is row 9, column 1: free.
    expect(bad(3 + (9 * 10) / 2 + 1, -1e-3)).toBeLessThan(100)
  })
})

describe('certificates of every width', () => {
  const networkFor = (d: number, seed: number, size: number): TwoLayerNetwork => ({
    kind: 'relu',
    hidden: dense(
      5,
      d,
      normals(key(seed, 2), 5 * d).map(v => size * v),
    ),
    output: dense(
      5,
      1,
      normals(key(seed, 3), 5).map(v => size * v),
    ),
    gates: null,
    offset: new Float64Array(1),
  })

  it.each(LOSSES)(
    '$name: every oracle is below the optimum, tighter ones above looser, and all are re-checked',
    row => {
      const { x, loss, beta, optimum } = row
      const n = x.rows
      for (const [seed, size] of [
        [1, 0.4],
        [2, 0.1],
        [3, 1],
        [4, 0],
      ] as const) {
        const network = networkFor(x.cols, seed, size)
        const bounds = (['enumeration', 'sdp', 'spectral', 'auto'] as const).map(oracle => {
          const certificate = certifyGlobal(network, { x, loss, beta }, { oracle, compute, iterations: 150 })
          expect(certificate.scope).toBe('global')
          expect(certificate.oracle).toBe(oracle === 'auto' ? 'enumeration' : oracle)
          expect(certificate.dual * n).toBeLessThanOrEqual(optimum * (1 + 1e-9))
          expect(certificate.dual).toBeGreaterThan(0)
          const verdict = recheck(certificate, { x, loss, beta, masks: masks(0, n), network })
          expect(verdict.problems).toEqual([])
          expect(Math.abs(verdict.dual - certificate.dual)).toBeLessThan(1e-9 * certificate.primal)
          return certificate.dual
        })
        expect(bounds[1]).toBeGreaterThanOrEqual(bounds[2] * (1 - 1e-12))
        expect(bounds[3]).toBe(bounds[0])
      }
    },
  )

  it('several outputs: one proof for each output and sign', () => {
    const loss = createLoss('multinomial', { targets: DS1.classes, outputs: 3 })
    const network: TwoLayerNetwork = {
      kind: 'relu',
      hidden: fromRows([
        [0.3, 0.2],
        [-0.5, 0.1],
      ]),
      output: fromRows([
        [0.4, 0, 0],
        [0, 0, -0.2],
      ]),
      gates: null,
      offset: new Float64Array(3),
    }
    for (const oracle of ['enumeration', 'sdp', 'spectral'] as const) {
      const certificate = certifyGlobal(network, { x: DS1.x, loss, beta: 0.1 }, { oracle, compute, iterations: 150 })
      if (oracle !== 'enumeration') expect(certificate.proofs).toHaveLength(6)
      const verdict = recheck(certificate, { x: DS1.x, loss, beta: 0.1, masks: masks(0, 8), network })
      expect(verdict.problems).toEqual([])
    }
  })

  describe.each(['spectral', 'sdp'] as const)('the re-check sees what is wrong with a claim by %s', oracle => {
    const [{ x, loss, beta }] = LOSSES
    const network = networkFor(2, 1, 0.4)
    const certificate = certifyGlobal(network, { x, loss, beta }, { oracle, compute, iterations: 150 })
    const proofs = certificate.proofs ?? []
    const problems = (change: Partial<Certificate>): string =>
      recheck({ ...certificate, ...change }, { x, loss, beta, masks: masks(0, 8), network }).problems.join('; ')
    const changed = (at: number, value: number): HalfProof[] =>
      proofs.map(proof => ({ ...proof, weights: proof.weights.map((w, i) => (i === at ? value : w)) }))
    const negative = certificate.witness?.findIndex(t => t < 0) ?? 0

    it('as it is: nothing', () => {
      expect(problems({})).toBe('')
    })
    it('no proofs, or one missing', () => {
      expect(problems({ proofs: [] })).toContain('there is no proof for output 0, sign +')
      expect(problems({ proofs: proofs.filter(each => each.sign === 1) })).toContain(
        'there is no proof for output 0, sign −',
      )
    })
    it('numbers that prove nothing', () => {
      const short = proofs.map(each => ({ ...each, weights: each.weights.slice(1) }))
      if (oracle === 'spectral') {
        expect(problems({ proofs: short })).toContain('it must have 9 numbers, not 8')
        expect(problems({ proofs: changed(0, 0) })).toContain('its first weight is not positive')
        expect(problems({ proofs: changed(1 + negative, 1.5) })).toContain('is not between 0 and 1')
        expect(problems({ proofs: changed(1 + negative, -1e-9) })).toMatch(/is not between 0 and 1|is not positive/)
      } else {
        expect(problems({ proofs: short })).toContain('it must have 156 numbers, not 155')
        expect(problems({ proofs: changed(0, 3) })).toContain('its scale is not a power of two')
        expect(problems({ proofs: changed(1, Infinity) })).toContain('not finite')
        // The multiplier of (s_1, s_1) is row 1, column 1 of the triangle.
        expect(problems({ proofs: changed(3 + 2, -1e-6) })).toContain('multiplier 1, 1 is negative')
      }
    })
    it('proofs of another problem: the norm they prove is too large', () => {
      const other = proofs.map((proof, k) => ({ ...proofs[1 - k], sign: proof.sign }))
      const scaled = proofs.map(proof => ({
        ...proof,
        weights: proof.weights.map((w, at) => (at === 1 ? 0.9 * w : at === 3 ? 2 * w : w)),
      }))
      expect([problems({ proofs: other }), problems({ proofs: scaled })].join()).toMatch(
        /the witness has dual norm|is not between|is not positive/,
      )
    })
    it('a bound that is too good, or an oracle that it was not', () => {
      expect(problems({ dual: certificate.dual * (1 + 1e-8) })).toContain('is not proved by its witness')
      expect(problems({ witness: certificate.witness?.map(t => 1.01 * t) ?? null })).toContain('dual norm')
      expect(problems({ oracle: 'dictionary' })).toContain("scope 'global' with oracle 'dictionary'")
      expect(problems({ scope: 'restricted' })).toContain(`scope 'restricted' with oracle '${oracle}'`)
    })
  })

  it('the statement names the oracle and how loose it may be', () => {
    const [{ x, loss, beta }] = LOSSES
    const network = networkFor(2, 1, 0.4)
    const sdp = certifyGlobal(network, { x, loss, beta }, { oracle: 'sdp', compute, iterations: 150 })
    expect(sdp.statement).toMatch(
      /^Proved: no ReLU network of this form, of any width has .* by a semidefinite relaxation\)\. The bound holds but may be loose: at this network the oracle overestimates by up to a factor of \d+\.\d\d, and an exact one could raise the bound to [\d.]+ at most, from the same dual points\.$/,
    )
    expect(certifyGlobal(network, { x, loss, beta }, { oracle: 'enumeration', compute }).statement).not.toContain(
      'loose',
    )
    const raised = Number(/raise the bound to ([\d.]+)/.exec(sdp.statement)?.[1])
    // What an exact oracle does prove is within what was said to be possible.
    const exact = certifyGlobal(network, { x, loss, beta }, { oracle: 'enumeration', compute })
    expect(raised).toBeGreaterThanOrEqual(exact.dual * (1 - 1e-6))
  })

  it('a good dual point that is handed in counts for what an exact oracle could prove', () => {
    const [{ x, loss, beta, optimum }] = LOSSES
    const network = networkFor(2, 1, 0.4)
    // Dual points of the lifted relaxation are far better than the residual of this network.
    let point: Float64Array | null = null
    for (const each of liftedPoints(x, loss, beta, { compute, iterations: 600 })) point = each?.theta ?? point
    const candidates = [point ?? new Float64Array(8)]
    const loose = certifyGlobal(network, { x, loss, beta }, { oracle: 'spectral', compute, candidates })
    const exact = certifyGlobal(network, { x, loss, beta }, { oracle: 'enumeration', compute, candidates })
    const raised = Number(/raise the bound to ([\d.]+)/.exec(loose.statement)?.[1])
    expect(raised).toBeGreaterThanOrEqual(exact.dual * (1 - 1e-6))
    expect(exact.dual * 8).toBeGreaterThan(0.9 * optimum)
  })

  it('refuses gated networks', () => {
    const [{ x, loss, beta }] = LOSSES
    const relu = networkFor(2, 1, 0.4)
    const gated: TwoLayerNetwork = { ...relu, kind: 'gated', gates: relu.hidden }
    expect(() => certifyGlobal(gated, { x, loss, beta })).toThrow(
      'certify: the oracles bound ReLU networks; got a gated one.',
    )
  })

  it('a thousand samples in the plane: the sweep and the covering agree', { timeout: 60_000 }, () => {
    const n = 300
    const x = dense(n, 3)
    const values = normals(key(9), 2 * n)
    for (let i = 0; i < n; i++) x.data.set([values[2 * i], values[2 * i + 1], 1], 3 * i)
    const theta = vector(9, n)
    const { value, witness } = normByEnumeration(x, theta, { compute })
    expect(coveringNorm(x, theta, value)).toBe(value)
    expect(coveringNorm(x, theta, value * (1 - 1e-6))).toBeGreaterThan(value * (1 - 1e-9))
    expect(witness.directions[0].value / value - 1).toBeGreaterThan(-1e-9)
  })
})

const ORTHOGONAL = {
  x: fromRows([
    [0.868, 0.628, 0.322],
    [0.232, 0.224, 0.559],
    [1.02, 0.313, 0.762],
    [0.675, 0.7, 0.918],
    [-0.5, -0.963, -1.016],
    [-1.049, -1.05, -1.05],
    [-0.432, -0.945, -1.018],
  ]),
  labels: [1, 1, 1, 1, -1, -1, -1],
}

function grid(): Dense {
  const rows: number[][] = []
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) rows.push([i, j, 1], [-2 * i, -2 * j, -2], [i, j, 1])
  return fromRows(rows)
}

function wide(): Dense {
  const low = generated(10, 3)
  const x = dense(10, 6)
  for (let i = 0; i < 10; i++)
    for (let j = 0; j < 6; j++)
      for (let k = 0; k < 3; k++) x.data[i * 6 + j] += low.data[i * 3 + k] * Math.cos(k + 2 * j)
  return x
}

function cube(): Dense {
  const rows: number[][] = []
  for (const i of [-1, 0, 1]) for (const j of [-1, 1]) for (const k of [0, 1]) rows.push([i, j, k, 1])
  return fromRows(rows)
}
