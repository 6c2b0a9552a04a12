/**
 * Laws of certificates: what `dual ≤ optimum ≤ primal` means, checked against optima known from elsewhere, exact rational
 * arithmetic, naive twins, and a re-check that shares no code.
 */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Certificate,
  certify,
  certifyPoint,
  lambdaMax,
  recheck,
  statement,
  type TwoLayerNetwork,
} from '../../src/certificates/index.ts'
import { exactCells } from '../../src/certificates/recheck/exactCells.ts'
import { createLoss, type Loss, type LossName } from '../../src/losses/index.ts'
import { type Dense, dense, fromRows } from '../../src/matrix/dense.ts'
import { fit } from '../../src/models/fit.ts'
import { gatesOf, maskOf, networkOfPoint, type Program, solveNaively } from '../oracles/convexPrograms.ts'
import { atMost, type Dyadic, exact, half, minus, plus, sign, sumOf, times, zero } from '../oracles/rational.ts'
import { DS1, DS2, XOR } from '../oracles/references.ts'

interface Row {
  readonly label: string
  readonly kind: 'relu' | 'gated'
  readonly x: Dense
  readonly loss: Loss
  readonly beta: number
  /** Proved optimum of the sum form, to the digits given. */
  readonly optimum?: number
  readonly digits?: number
  /** Iterations of the naive solver for near-optimal weights, and the relative gap they must certify. */
  readonly iterations: number
  readonly gap: number
}

const loss = (name: LossName, targets: readonly number[], options: object = {}): Loss =>
  createLoss(name, { targets, ...options })
const labels = DS1.y.map(y => (y > 0 ? 1 : -1))
const weights = [1, 0.5, 2, 1, 0.3, 1.7, 1, 0.9]
const rows: readonly Row[] = [
  {
    label: 'DS1 relu squared',
    kind: 'relu',
    x: DS1.x,
    loss: loss('squared', DS1.y),
    beta: 0.3,
    optimum: 1.7216717324,
    iterations: 400,
    gap: 1e-8,
  },
  {
    label: 'DS1 gated squared',
    kind: 'gated',
    x: DS1.x,
    loss: loss('squared', DS1.y),
    beta: 0.3,
    optimum: 1.2390521868,
    iterations: 1000,
    gap: 1e-12,
  },
  {
    label: 'DS2 relu squared',
    kind: 'relu',
    x: DS2.x,
    loss: loss('squared', DS2.y),
    beta: 0.2,
    optimum: 1.8042246179,
    iterations: 100,
    gap: 0.1,
  },
  {
    label: 'DS2 relu logistic',
    kind: 'relu',
    x: DS2.x,
    loss: loss('logistic', DS2.labels),
    beta: 0.2,
    optimum: 6.378113392,
    digits: 9,
    iterations: 60,
    gap: 0.02,
  },
  {
    label: 'XOR relu squared',
    kind: 'relu',
    x: XOR.x,
    loss: loss('squared', XOR.y),
    beta: 0.05,
    optimum: 0.302126437,
    iterations: 400,
    gap: 1e-10,
  },
  {
    label: 'DS1 gated logistic, weights, offset',
    kind: 'gated',
    x: DS1.x,
    loss: loss('logistic', labels, { weights, offset: [0.3] }),
    beta: 0.2,
    iterations: 1000,
    gap: 1e-10,
  },
  {
    label: 'DS1 gated multinomial',
    kind: 'gated',
    x: DS1.x,
    loss: loss('multinomial', DS1.classes, { outputs: 3, weights }),
    beta: 0.2,
    iterations: 1500,
    gap: 1e-8,
  },
  {
    label: 'DS1 gated squared, 2 outputs, offset',
    kind: 'gated',
    x: DS1.x,
    loss: loss('squared', [...DS1.y, ...DS1.y.toReversed()], { outputs: 2, offset: [0.1, -0.2] }),
    beta: 0.3,
    iterations: 1500,
    gap: 1e-8,
  },
  {
    label: 'DS1 relu squared hinge',
    kind: 'relu',
    x: DS1.x,
    loss: loss('squared-hinge', labels, { weights }),
    beta: 0.3,
    iterations: 200,
    gap: 2e-3,
  },
  {
    label: 'DS1 relu huber',
    kind: 'relu',
    x: DS1.x,
    loss: loss('huber', DS1.y, { delta: 0.5, weights }),
    beta: 0.1,
    iterations: 250,
    gap: 0.02,
  },
]

/** Repeatable pseudo-random numbers in (−1, 1). */
const noise = (seed: number) => (i: number) => 2 * ((Math.sin(127.1 * (i + 1) + 311.7 * seed) * 43758.5453) % 1)

function randomNetwork(row: Row, width: number, scale: number, seed: number): TwoLayerNetwork {
  const [d, c] = [row.x.cols, row.loss.outputs]
  const draw = noise(seed)
  const hidden = dense(
    width,
    d,
    Float64Array.from({ length: width * d }, (_, i) => scale * draw(i)),
  )
  const output = dense(width, c)
  for (let j = 0; j < width; j++) output.data[j * c + (j % c)] = scale * draw(1000 + j)
  const gates =
    row.kind === 'gated'
      ? dense(
          width,
          d,
          Float64Array.from({ length: width * d }, (_, i) => draw(5000 + i)),
        )
      : null
  return { kind: row.kind, hidden, output, gates, offset: row.loss.offset.slice() }
}

function scaledNetwork(network: TwoLayerNetwork, s: number): TwoLayerNetwork {
  return {
    ...network,
    output: dense(
      network.output.rows,
      network.output.cols,
      network.output.data.map(v => s * v),
    ),
  }
}

/** The objective by plain loops and the loss's own value (sum form). */
function naiveObjective(row: Row, { hidden, output, gates }: TwoLayerNetwork): number {
  const [n, d, c] = [row.x.rows, row.x.cols, row.loss.outputs]
  const fit = new Float64Array(n * c)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < hidden.rows; j++) {
      let [z, g] = [0, 0]
      for (let l = 0; l < d; l++) {
        z += row.x.data[i * d + l] * hidden.data[j * d + l]
        if (gates) g += row.x.data[i * d + l] * gates.data[j * d + l]
      }
      const active = gates ? g > 0 : z > 0
      for (let k = 0; k < c; k++) if (active) fit[i * c + k] += z * output.data[j * c + k]
    }
  const decay = [...hidden.data, ...output.data].reduce((sum, w) => sum + w * w, 0)
  return row.loss.value(fit) + 0.5 * row.beta * decay
}

describe.each(rows)('$label', row => {
  const { x, kind, beta } = row
  const [n, d, c] = [x.rows, x.cols, row.loss.outputs]
  const bits = exactCells(x)
  const masks = maskOf(bits, n)
  const data = { x, loss: row.loss, beta }
  const program: Program = { kind, x, loss: row.loss, beta, bits }
  const certificateOf = (network: TwoLayerNetwork, candidates: Float64Array[] = []): Certificate =>
    certify(network, data, { masks, complete: true }, candidates)
  let point: Float64Array
  let near: TwoLayerNetwork
  let networks: TwoLayerNetwork[]
  let certificates: Certificate[]

  beforeAll(() => {
    point = solveNaively(program, row.iterations)
    near = networkOfPoint(program, point, kind === 'gated' ? gatesOf(x, bits) : null)
    networks = [
      scaledNetwork(near, 0),
      randomNetwork(row, 0, 1, 0),
      ...[0.2, 0.5, 0.9, 1.1].map(s => scaledNetwork(near, s)),
      ...Array.from({ length: 12 }, (_, seed) => randomNetwork(row, 1 + seed, 0.2 + 0.1 * seed, seed)),
      near,
    ]
    certificates = networks.map(network => certificateOf(network))
  })

  it('dual ≤ true optimum ≤ primal from zero, shrunk, random and near-optimal weights', () => {
    const proved = certificates.at(-1)
    const [low, high] =
      row.optimum === undefined
        ? [proved?.dual ?? NaN, proved?.primal ?? NaN]
        : [
            row.optimum / n - (0.6 * 10 ** -(row.digits ?? 10)) / n,
            row.optimum / n + (0.6 * 10 ** -(row.digits ?? 10)) / n,
          ]
    certificates.forEach((certificate, at) => {
      expect(certificate.dual).toBeLessThanOrEqual(high)
      expect(certificate.primal).toBeGreaterThanOrEqual(low)
      expect(Math.abs(certificate.primal - naiveObjective(row, networks[at]) / n)).toBeLessThan(
        1e-12 * (1 + certificate.primal),
      )
      expect(certificate.gap).toBe(certificate.primal - certificate.dual)
    })
  })

  it('is tight at near-optimal weights, and useful at random ones', () => {
    expect(certificates.at(-1)?.relativeGap).toBeLessThan(row.gap)
    expect(certificates.at(-1)?.scope).toBe('global')
    // The zero network's residual alone proves a bound above 0.
    expect(certificates[0].dual).toBeGreaterThan(0)
    expect(certificates[1].dual).toBe(certificates[0].dual)
  })

  it('has a feasible witness, by the naive twin: every pattern, every output, thousands of neurons', () => {
    for (const { witness } of certificates) {
      if (witness === null) throw new Error('no witness')
      expect(row.loss.conjugate(witness)).toBeLessThan(Infinity)
      if (kind === 'gated') {
        for (const pattern of bits)
          for (let k = 0; k < c; k++) {
            // Exactly: ‖XᵀDθ‖² ≤ β² in rational numbers.
            const square = sumOf(
              Array.from({ length: d }, (_, j) => {
                const inner = sumOf(
                  Array.from({ length: n }, (_v, i) =>
                    pattern[i] ? times(exact(x.data[i * d + j]), exact(witness[i * c + k])) : zero,
                  ),
                )
                return times(inner, inner)
              }),
            )
            expect(atMost(square, times(exact(beta), exact(beta)))).toBe(true)
          }
      } else {
        let most = 0
        for (let trial = 0; trial < 1500; trial++) {
          const u = d === 2 ? [Math.cos(trial / 238), Math.sin(trial / 238)] : [0, 1, 2].map(j => noise(trial)(j))
          const length = Math.hypot(...u)
          let z = 0
          for (let i = 0; i < n; i++)
            z +=
              witness[i] *
              Math.max(
                0,
                u.reduce((sum, v, j) => sum + (v / length) * x.data[i * d + j], 0),
              )
          most = Math.max(most, Math.abs(z))
        }
        expect(most).toBeLessThanOrEqual(beta * (1 + 1e-14))
      }
    }
  })

  it('no network drawn at random, improved by descent, falls below any bound', () => {
    const bound = Math.max(...certificates.map(each => each.dual))
    for (let seed = 0; seed < 20; seed++) {
      let network = randomNetwork(row, 8, 0.6, 100 + seed)
      let value = naiveObjective(row, network)
      for (let round = 0; round < 40; round++) {
        const next = randomNetwork(row, 8, 0.3 / (1 + round / 8), 7 + 41 * seed + round)
        const trial = {
          ...network,
          hidden: added(network.hidden, next.hidden),
          output: added(network.output, next.output),
        }
        const after = naiveObjective(row, trial)
        if (after < value) [network, value] = [trial, after]
      }
      expect(value / n).toBeGreaterThanOrEqual(bound)
    }
  })

  it('every bound holds for every network: max dual ≤ min primal', () => {
    expect(Math.max(...certificates.map(each => each.dual))).toBeLessThanOrEqual(
      Math.min(...certificates.map(each => each.primal)),
    )
  })

  it('is proved again by the re-check, with numbers next to its own', () => {
    certificates.forEach((certificate, at) => {
      const verdict = recheck(certificate, { ...data, masks, network: networks[at] })
      expect(verdict.problems).toEqual([])
      expect(verdict.valid).toBe(true)
      expect(Math.abs(verdict.primal - certificate.primal)).toBeLessThan(1e-12 * certificate.primal)
      expect(Math.abs(verdict.dual - certificate.dual)).toBeLessThan(1e-12 * certificate.primal)
      if (row.optimum !== undefined) expect(verdict.dual).toBeLessThanOrEqual(row.optimum / n + 1e-9)
    })
  })

  it('the re-check judges the point of any solver as well', () => {
    const zeroPoint = certifyPoint({ kind, u: new Float64Array(point.length) }, { ...data, masks })
    expect(zeroPoint.primal).toBeCloseTo(row.loss.value(new Float64Array(n * c)) / n, 12)
    const verdict = certifyPoint({ kind, u: point }, { ...data, masks })
    expect(verdict.problems).toEqual([])
    expect(verdict.relativeGap).toBeLessThan(row.gap * 1.1)
    for (const each of [zeroPoint, verdict]) {
      expect(each.dual).toBeLessThanOrEqual((row.optimum ?? Infinity) / n + 1e-10)
      expect(each.primal).toBeGreaterThanOrEqual((row.optimum ?? 0) / n - 1e-10)
    }
  })

  it('the re-check sees what is wrong', () => {
    const certificate = certificates[certificates.length - 1]
    const { witness } = certificate
    if (witness === null) throw new Error('no witness')
    const bad = (change: Partial<Certificate>): string[] => {
      const claim = { ...certificate, ...change }
      const gap = claim.primal - claim.dual
      return [
        ...recheck({ ...claim, gap, relativeGap: gap / claim.primal, ...change }, { ...data, masks, network: near })
          .problems,
      ]
    }
    expect(bad({})).toEqual([])
    expect(bad({ dual: certificate.dual * (1 + 1e-8) }).join()).toContain('is not proved by its witness')
    expect(bad({ primal: certificate.primal * (1 - 1e-8) }).join()).toContain('above the claim')
    expect(bad({ primal: certificate.primal * (1 + 1e-8) }).join()).toContain('far below the claim')
    expect(bad({ witness: witness.map(t => 1.1 * t) }).join()).toMatch(/dual norm|outside the domain/)
    expect(bad({ witness: witness.map(t => -t) }).join()).toContain('not proved')
    expect(bad({ witness: new Float64Array(2) }).join()).toContain('finite numbers')
    expect(bad({ witness: null }).join()).toContain('no witness')
    expect(bad({ gap: certificate.gap + 1e-3 }).join()).toContain('do not follow')
    expect(bad({ oracle: 'none' }).join()).toContain("with oracle 'none'")
    // Relaxed oracles bound ReLU networks; a gate may do more than a neuron that must switch itself.
    for (const oracle of ['spectral', 'sdp', 'closed-form'] as const)
      expect(bad({ scope: 'global', oracle }).some(text => text.includes(`with oracle '${oracle}'`))).toBe(
        row.kind === 'gated',
      )
    expect(bad({ scope: 'restricted', oracle: 'enumeration' }).join()).toContain("with oracle 'enumeration'")
    expect(bad({ scope: 'stationary', oracle: 'dictionary' }).join()).toContain("with oracle 'dictionary'")
    expect(bad({ dual: certificate.primal * (1 + 1e-14) })).toContain('the bound is above the objective')
    expect(bad({ scope: 'stationary', oracle: 'none' }).join()).toContain('must claim no bound')
  })
})

function added(a: Dense, b: Dense): Dense {
  return dense(
    a.rows,
    a.cols,
    a.data.map((v, i) => v + (v === 0 ? 0 : b.data[i])),
  )
}

describe('the two numbers in exact arithmetic', () => {
  const x = DS1.x
  const bits = exactCells(x)
  const masks = maskOf(bits, 8)
  const row: Row = { ...rows[0] }

  it.each(['relu', 'gated'] as const)('%s: primal is above and dual below the exact rational value', kind => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 6 }), (seed, width) => {
        const network = randomNetwork({ ...row, kind }, width, 0.8, seed)
        const certificate = certify(network, { x, loss: row.loss, beta: row.beta }, { masks, complete: true })
        const { witness } = certificate
        if (witness === null) throw new Error('no witness')
        const eight = exact(8)
        expect(atMost(exactObjective(network, DS1.y, row.beta, x), times(eight, exact(certificate.primal)))).toBe(true)
        // −L*(θ) = −Σ ½θ² + θy.
        const value = sumOf(
          [...witness].map((t, i) =>
            minus(zero, plus(times(half, times(exact(t), exact(t))), times(exact(t), exact(DS1.y[i])))),
          ),
        )
        expect(atMost(times(eight, exact(certificate.dual)), value)).toBe(true)
        const proved = recheck(certificate, { x, loss: row.loss, beta: row.beta, masks, network })
        expect(atMost(exactObjective(network, DS1.y, row.beta, x), times(eight, exact(proved.primal)))).toBe(true)
        expect(atMost(times(eight, exact(proved.dual)), value)).toBe(true)
        expect(certificate.primal * 8 - naiveObjective({ ...row, kind }, network)).toBeLessThan(1e-11)
      }),
      { seed: 11, numRuns: 120 },
    )
  })

  it('also where the fit itself cancels: columns far from 0 and hidden weights that add up to little', () => {
    const far = dense(
      8,
      2,
      x.data.map(v => v + 2 ** 24),
    )
    const cells = maskOf(exactCells(far), 8)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), seed => {
        const drawn = randomNetwork(row, 4, 0.8, seed)
        const hidden = dense(
          4,
          2,
          drawn.hidden.data.map((w, at, all) => (at % 2 === 0 ? w : -all[at - 1] * (1 + 1e-8))),
        )
        const network = { ...drawn, hidden }
        const certificate = certify(
          network,
          { x: far, loss: row.loss, beta: row.beta },
          { masks: cells, complete: true },
        )
        const truth = exactObjective(network, DS1.y, row.beta, far)
        expect(atMost(truth, times(exact(8), exact(certificate.primal)))).toBe(true)
        expect(atMost(times(exact(8), exact(certificate.primal)), plus(truth, exact(1e-5)))).toBe(true)
        const proved = recheck(certificate, { x: far, loss: row.loss, beta: row.beta, masks: cells, network })
        expect(atMost(truth, times(exact(8), exact(proved.primal)))).toBe(true)
        expect(proved.primal * 8).toBeLessThan(certificate.primal * 8 + 1e-5)
      }),
      { seed: 13, numRuns: 60 },
    )
  })
})

/** Σ ½(f − y)² + β/2 Σ(‖u‖² + v²), every pattern bit included, without rounding. */
function exactObjective(
  { kind, hidden, output, gates }: TwoLayerNetwork,
  y: readonly number[],
  beta: number,
  x: Dense,
): Dyadic {
  const d = x.cols
  const dotOf = (i: number, w: Dense, j: number) =>
    sumOf(Array.from({ length: d }, (_, l) => times(exact(x.data[i * d + l]), exact(w.data[j * d + l]))))
  const terms = y.map((target, i) => {
    const fit = sumOf(
      Array.from({ length: hidden.rows }, (_, j) => {
        const z = dotOf(i, hidden, j)
        const on = sign(kind === 'gated' && gates ? dotOf(i, gates, j) : z) > 0
        return on ? times(z, exact(output.data[j])) : zero
      }),
    )
    const r = minus(fit, exact(target))
    return times(half, times(r, r))
  })
  const decay = sumOf([...hidden.data, ...output.data].map(w => times(exact(w), exact(w))))
  return plus(sumOf(terms), times(times(half, exact(beta)), decay))
}

describe('scope', () => {
  it('of gated networks leaves out gates through rows, where these have patterns of their own, and says so', async () => {
    const opposite = fromRows([
      [1, 0],
      [-1, 0],
      [0.5, 1],
      [1.5, 1],
      [-0.7, 1],
    ])
    const y = [0, 0, 2, 5, -2]
    const bare = { intercept: false, standardise: false, tolerance: 1e-9, model: 'gated', lambda: 0.02 } as const
    const all = await fit(opposite, y, { ...bare, patterns: 'all' })
    const through = await fit(opposite, y, { ...bare, gates: fromRows([[0, 1]]) })
    expect(through.objective).toBeLessThan(0.6 * all.certificate.dual)
    expect(all.certificate.scope).toBe('global')
    expect(all.certificate.statement).toContain('no gated ReLU network with every row off its gates of this form')
    // With a ones column, and for ReLU, there is nothing to leave out.
    const biased = await fit(opposite, y, { ...bare, intercept: true, patterns: 'all' })
    expect(biased.certificate.statement).toContain('no gated ReLU network of this form, of any width')
    const relu = await fit(opposite, y, { ...bare, model: 'relu', patterns: 'all' })
    expect(relu.certificate.statement).toContain('no ReLU network of this form, of any width')
  })

  const x = DS1.x
  const bits = exactCells(x)
  const data = { x, loss: loss('squared', DS1.y), beta: 0.3 }
  const few = maskOf(bits.slice(0, 3), 8)

  it('a bound over some patterns is restricted, includes those of the network, and says so', () => {
    for (const kind of ['relu', 'gated'] as const) {
      const program: Program = { kind, ...data, bits }
      const near = networkOfPoint(program, solveNaively(program, 500), gatesOf(x, bits))
      const certificate = certify(near, data, { masks: few, complete: false })
      expect(certificate.scope).toBe('restricted')
      expect(certificate.oracle).toBe('dictionary')
      expect(certificate.relativeGap).toBeLessThan(1e-6)
      expect(certificate.statement).toMatch(/^Proved among the \d+ activation patterns only/)
      expect(certificate.statement).toContain('Networks with other patterns may be better.')
      expect(recheck(certificate, { ...data, masks: few, network: near }).problems).toEqual([])
    }
  })

  it('the bound over few patterns may exceed the global optimum, and is then refuted as a global claim', () => {
    for (const kind of ['relu', 'gated'] as const) {
      const program: Program = { kind, ...data, bits: bits.slice(0, 3) }
      const network = networkOfPoint(program, solveNaively(program, 500), gatesOf(x, bits))
      const certificate = certify(network, data, { masks: few, complete: false })
      expect(certificate.dual * 8).toBeGreaterThan(kind === 'relu' ? 1.7216717324 : 1.2390521868)
      const swapped: Certificate = { ...certificate, scope: 'global', oracle: 'enumeration' }
      const verdict = recheck(swapped, { ...data, masks: few, network })
      expect(verdict.valid).toBe(false)
      expect(verdict.problems.join()).toContain('dual norm')
      expect(verdict.dual * 8).toBeLessThanOrEqual(kind === 'relu' ? 1.7216717325 : 1.2390521869)
    }
  })

  it('the re-check adds the patterns of the network itself: a bound that leaves them out is refuted', () => {
    const whole: Program = { kind: 'gated', ...data, bits }
    const near = networkOfPoint(whole, solveNaively(whole, 500), gatesOf(x, bits))
    const part: Program = { ...whole, bits: bits.slice(0, 3) }
    const inside = networkOfPoint(part, solveNaively(part, 500), gatesOf(x, bits))
    const claim = certify(inside, data, { masks: few, complete: false })
    const verdict = recheck(claim, { ...data, masks: few, network: near })
    expect(verdict.problems.join()).toContain('the witness has dual norm')
    expect(verdict.dual * 8).toBeLessThanOrEqual(1.2390521869)
  })

  it('the re-check refuses a witness outside the domain of the conjugate, however little', () => {
    const logistic = { x, loss: loss('logistic', labels), beta: 0.2 }
    const network = { ...randomNetwork({ ...rows[0], loss: logistic.loss }, 3, 0.5, 4), kind: 'relu' as const }
    const patterns = maskOf(bits, 8)
    const certificate = certify(network, logistic, { masks: patterns, complete: true })
    const witness = certificate.witness?.slice() ?? new Float64Array(8)
    witness[0] = labels[0] * 1e-9
    const verdict = recheck({ ...certificate, witness }, { ...logistic, masks: patterns, network })
    expect(verdict.problems.join()).toContain('outside the domain of the conjugate')
  })

  it('candidates can only help, and bad ones are passed over', () => {
    const program: Program = { kind: 'gated', ...data, bits }
    const gates = gatesOf(x, bits)
    const optimum = networkOfPoint(program, solveNaively(program, 1000), gates)
    const patterns = { masks: maskOf(bits, 8), complete: true }
    const { witness } = certify(optimum, data, patterns)
    const rough = networkOfPoint(program, solveNaively(program, 10), gates)
    const alone = certify(rough, data, patterns)
    const helped = certify(rough, data, patterns, [
      witness ?? new Float64Array(8),
      new Float64Array(8).fill(NaN),
      new Float64Array(3),
    ])
    expect(helped.dual).toBeGreaterThan(alone.dual)
    expect(helped.dual * 8).toBeCloseTo(1.2390521868, 7)
    expect(helped.primal).toBe(alone.primal)
  })
})

describe('lambdaMax', () => {
  const masks = maskOf(exactCells(DS1.x), 8)
  const data = { x: DS1.x, loss: loss('squared', DS1.y) }

  it('is the published one', () => {
    expect(8 * lambdaMax(data, { kind: 'gated', masks })).toBeCloseTo(1.2532321616, 9)
    expect(8 * lambdaMax(data, { kind: 'relu', masks })).toBeCloseTo(0.8315817457, 9)
  })

  it.each(['relu', 'gated'] as const)('%s: there the zero network is optimal, and just below it is not', kind => {
    const network = {
      kind,
      hidden: dense(0, 2),
      output: dense(0, 1),
      gates: kind === 'gated' ? dense(0, 2) : null,
      offset: new Float64Array(1),
    }
    const top = lambdaMax(data, { kind, masks })
    const gapAt = (part: number) =>
      certify(network, { ...data, beta: 8 * top * part }, { masks, complete: true }).relativeGap
    expect(gapAt(1.001)).toBeLessThan(1e-13)
    expect(gapAt(1)).toBeLessThan(1e-12)
    expect(gapAt(0.9)).toBeGreaterThan(5e-3)
  })
})

describe('what is refused', () => {
  const masks = maskOf(exactCells(DS1.x), 8)
  const patterns = { masks, complete: true }
  const data = { x: DS1.x, loss: loss('multinomial', DS1.classes), beta: 0.3 }
  const network = {
    kind: 'relu' as const,
    hidden: fromRows([[1, 2]]),
    output: fromRows([[0, 1, 0]]),
    gates: null,
    offset: new Float64Array(3),
  }

  it('networks outside the class of the bound', () => {
    expect(() => certify({ ...network, output: fromRows([[1, 1, 0]]) }, data, patterns)).toThrow(
      'every hidden neuron must feed one output; neuron 0',
    )
    expect(() => certify({ ...network, offset: Float64Array.of(0, 0.5, 0) }, data, patterns)).toThrow(
      "the network's offset must be the one of the loss, 0; got 0.5.",
    )
    expect(() => certify({ ...network, kind: 'gated' }, data, patterns)).toThrow('a gated network has one gate')
  })

  it('parts that do not fit or are not finite', () => {
    expect(() => certify({ ...network, hidden: fromRows([[NaN, 2]]) }, data, patterns)).toThrow(
      'hidden weights must be finite; got NaN in row 0, column 0.',
    )
    expect(() => certify(network, { ...data, beta: 0 }, patterns)).toThrow('beta must be a positive number; got 0.')
    expect(() => certify(network, { ...data, x: DS2.x }, patterns)).toThrow(
      'must have the same samples; got 10, 8 and 8.',
    )
    expect(() => certify({ ...network, hidden: fromRows([[1, 2, 3]]) }, data, patterns)).toThrow(
      'weights must be m × 2',
    )
  })
})

describe('statement', () => {
  const claim = {
    primal: 0.5,
    dual: 0.499,
    relativeGap: 0.002,
    scope: 'global',
    oracle: 'enumeration',
    subject: 'ReLU network',
    patterns: 16,
  } as const

  it('says what the scope covers and no more', () => {
    expect(statement(claim)).toBe(
      'Proved: no ReLU network of this form, of any width has a training objective more than 0.20 % below this one (objective 0.5, bound 0.499; every activation pattern of these data was enumerated).',
    )
    const restricted = statement({ ...claim, scope: 'restricted', oracle: 'dictionary' })
    expect(restricted).toContain('Proved among the 16 activation patterns only')
    expect(restricted).not.toContain('of any width')
    const none = statement({ ...claim, scope: 'stationary', oracle: 'none', dual: -Infinity, relativeGap: Infinity })
    expect(none).toMatch(/^No bound/)
    expect(none).not.toContain('Proved')
  })

  it('never promises more than the number: percentages round up', () => {
    expect(statement({ ...claim, relativeGap: 0.0123456 })).toContain('more than 1.3 % below')
    expect(statement({ ...claim, relativeGap: 1.01e-8 })).toContain('0.0000011 %')
    expect(statement({ ...claim, relativeGap: 0 })).toContain('has a lower training objective')
    expect(statement({ ...claim, relativeGap: 1.2 })).toContain('says nothing')
  })
})
