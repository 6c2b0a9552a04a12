/**
 * Laws of the audit: the numbers of the specification, the objective from its definition, bounds below everything that a crude descent
 * can find, stationarity where it holds, and a better network that is never worse.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { DomainError } from '../../src/errors.ts'
import { dense, fromRows } from '../../src/matrix/dense.ts'
import { type Audit, type AuditOptions, audit, type ForeignNetwork, recheckAudit } from '../../src/models/index.ts'
import { descended, drawnForeign, foreign, type Judged, objectiveOf } from '../oracles/foreignNetworks.ts'
import { DS1, DS2, gen, geny, XOR } from '../oracles/reference.ts'

const three = foreign({
  hidden: fromRows([
    [0.5, -0.5],
    [-0.4, 0.6],
    [0.2, 0.7],
  ]),
  output: dense(3, 1, Float64Array.of(-0.6, 0.5, 0.4)),
})
const squared = (lambda: number, more: Partial<AuditOptions> = {}): AuditOptions => ({
  loss: 'squared',
  lambda,
  improve: false,
  ...more,
})
const within = (report: Audit, optimum: number, slack: number) => {
  expect(report.certificate.dual).toBeLessThanOrEqual(optimum * (1 + 1e-9))
  expect(report.improved?.objective).toBeGreaterThanOrEqual(optimum * (1 - 1e-9))
  expect((report.improved?.objective ?? Infinity) - (report.improved?.certificate.dual ?? 0)).toBeLessThanOrEqual(
    slack * optimum,
  )
}

describe('reference values (sum form over n)', () => {
  it('three neurons on eight points', async () => {
    const report = await audit(three, { x: DS1.x, y: DS1.y }, squared(0.3 / 8))
    expect(8 * report.objective).toBeCloseTo(2.1438255328, 9)
    expect(8 * report.balancedObjective).toBeCloseTo(2.1186326103, 9)
    expect(8 * (report.stationarity?.gradientNorm ?? 0)).toBeCloseTo(1.3421092196, 9)
    expect(8 * report.dualNorm.lower).toBeCloseTo(0.9974019056, 9)
    expect(8 * report.dualNorm.upper).toBeCloseTo(0.9974019056, 9)
    expect(8 * report.certificate.dual).toBeCloseTo(0.8142161294, 9)
    expect(report.missing?.sign).toBe(1)
    expect(report.missing?.direction[0]).toBeCloseTo(-0.36798686, 7)
    expect(report.missing?.direction[1]).toBeCloseTo(-0.92983099, 7)
    // Pattern 01001010.
    expect(report.missing?.active).toBe(3)
    expect(report.verdict).toBe('not-stationary')
    expect(report.certificate).toMatchObject({ scope: 'global', oracle: 'enumeration' })
  })

  it('a point that is stationary in the sense of Clarke only', async () => {
    const network = foreign({ hidden: fromRows([[1, 0]]), output: dense(1, 1, Float64Array.of(1)) })
    const data = {
      x: fromRows([
        [0, 1],
        [1, -1],
      ]),
      y: [1, 1.1],
    }
    const report = await audit(network, data, squared(0.05, { improve: true }))
    expect(2 * report.objective).toBeCloseTo(0.605, 12)
    expect(report.stationarity?.residual).toBeLessThan(1e-12)
    expect(report.stationarity).toMatchObject({
      stationary: true,
      directional: false,
      concaveKinks: [{ neuron: 0, row: 0 }],
    })
    expect(report.verdict).toBe('not-stationary')
    within(report, 0.170281746 / 2, 1e-4)
  })

  it.each([
    ['ReLU, squared', DS1.x, DS1.y, 'squared', 0.3 / 8, 1.7216717324 / 8],
    ['ReLU, squared, with a ones column', DS2.x, DS2.y, 'squared', 0.02, 0.18042246179],
    ['ReLU, logistic', DS2.x, DS2.labels, 'logistic', 0.02, 0.6378113392],
  ] as const)('the optimum from elsewhere: %s', async (_what, x, y, loss, lambda, optimum) => {
    const network = drawnForeign(1, { inputs: x.cols, neurons: 4 })
    within(await audit(network, { x, y }, { loss, lambda, improve: true }), optimum, 1e-4)
  })

  const line = {
    x: fromRows([-2, -1.4, -0.9, -0.3, 0.2, 0.7, 1.5, 2.2, 2.6, 3.0].map(v => [v])),
    y: [1, 0.4, 0.1, -0.6, -0.5, 0.3, 1.2, 0.9, 1.4, 2.0],
  }
  it.each([
    ['free', 'free', 0.71344863],
    ['penalised', 'fixed', 0.806942],
  ] as const)('one input, hidden biases %s, output bias %s', async (hiddenBias, outputBias, optimum) => {
    const drawn = drawnForeign(2, { inputs: 1, neurons: 4, biases: true })
    const network = outputBias === 'fixed' ? { ...drawn, outputBias: Float64Array.of(0) } : drawn
    const report = await audit(network, line, squared(0.03, { improve: true, hiddenBias, outputBias }))
    // The free one to all its digits, the other as it was given.
    const slack = hiddenBias === 'free' ? 0 : 1e-6
    expect(10 * report.certificate.dual).toBeLessThanOrEqual(optimum + slack)
    expect(10 * (report.improved?.objective ?? 0)).toBeGreaterThanOrEqual(optimum - 1e-9 - slack)
    expect(10 * ((report.improved?.objective ?? 0) - (report.improved?.certificate.dual ?? 0))).toBeLessThan(2e-4)
  })

  const separable = {
    x: fromRows([
      [0.868, 0.628, 0.322],
      [0.232, 0.224, 0.559],
      [1.02, 0.313, 0.762],
      [0.675, 0.7, 0.918],
      [-0.5, -0.963, -1.016],
      [-1.049, -1.05, -1.05],
      [-0.432, -0.945, -1.018],
    ]),
    y: [1, 1, 1, 1, -1, -1, -1],
  }
  it.each([
    ['orthogonal separable classes', separable, 2.23699, 1e-4],
    ['exclusive or', { x: XOR.x, y: XOR.y }, 6.29252874, 0.2],
  ] as const)('the largest margin: %s', async (_what, data, optimum, slack) => {
    const start = drawnForeign(3, { inputs: 3, neurons: 4 })
    const trained = await audit(start, data, { loss: 'squared-hinge', lambda: 1e-6, improve: true })
    const { hidden, output } = trained.improved?.network ?? start
    const report = await audit(foreign({ hidden, output }), data, { loss: 'logistic', lambda: 0 })
    expect(report.maxMargin?.dual).toBeLessThanOrEqual(optimum * (1 + 1e-5))
    expect(report.maxMargin?.primal).toBeGreaterThanOrEqual(optimum * (1 - 1e-5))
    expect(report.maxMargin?.relativeGap).toBeLessThan(slack)
    expect(report.certificate.statement).toContain('norm at margin one')
    if (slack < 1e-3) expect(report.verdict).toBe('optimal')
    // The norm at margin one does not know the margin.
    const larger = foreign({
      hidden,
      output: dense(
        output.rows,
        1,
        output.data.map(a => 3 * a),
      ),
    })
    const scaled = await audit(larger, data, { loss: 'logistic', lambda: 0 })
    expect(scaled.maxMargin?.primal).toBeCloseTo(report.maxMargin?.primal ?? 0, 9)
    expect(scaled.maxMargin?.margin).toBeCloseTo(3 * (report.maxMargin?.margin ?? 0), 9)
  })
})

describe('margins where constants are free', () => {
  // Slope 1 between the classes is needed and enough: the smallest norm is 1, with a free constant or free hidden biases.
  const apart = { x: fromRows([[1], [3]]), y: [-1, 1] }
  const one = (hidden: number, bias: number | null, constant: number | null): ForeignNetwork =>
    foreign({
      hidden: fromRows([[hidden]]),
      output: dense(1, 1, Float64Array.of(1)),
      hiddenBias: bias === null ? null : Float64Array.of(bias),
      outputBias: constant === null ? null : Float64Array.of(constant),
    })
  it.each([
    ['a constant, margins alike', one(1.2, null, -2.4), {}],
    ['a constant, margins unlike', one(1.2, null, -2.2), {}],
    ['a constant, margins very unlike', one(2, null, -2.1), {}],
    ['a hidden bias as well', one(1.2, 0.5, -2.7), { hiddenBias: 'free' }],
    ['a hidden bias as well, unlike', one(1.2, 3, -5.2), { hiddenBias: 'free' }],
  ] as const)('%s: the bound stays below 1', async (_what, network, conventions) => {
    const { maxMargin, certificate } = await audit(network, apart, { loss: 'logistic', lambda: 0, ...conventions })
    expect(maxMargin?.dual).toBeLessThanOrEqual(1)
    expect(maxMargin?.primal).toBeGreaterThanOrEqual(1)
    expect(certificate.dual).toBe(maxMargin?.dual)
  })

  it('a constant that is fixed or penalised, or a linear way, has no margin of this form', async () => {
    for (const outputBias of ['fixed', 'penalised'] as const)
      await expect(audit(one(1.2, null, -2.4), apart, { loss: 'logistic', lambda: 0, outputBias })).rejects.toThrow(
        /without a penalised bias or a linear way/,
      )
    // A constant that is fixed and not 0: the network separates without it, and with it, by another margin.
    const both = foreign({
      hidden: fromRows([[1], [-1]]),
      output: dense(2, 1, Float64Array.of(1.2, -1.2)),
      outputBias: Float64Array.of(0.5),
    })
    const sides = { x: fromRows([[-1], [1]]), y: [-1, 1] }
    await expect(audit(both, sides, { loss: 'logistic', lambda: 0, outputBias: 'fixed' })).rejects.toThrow(
      /must separate two classes/,
    )
    const around = { ...one(1.2, null, -2.4), skip: fromRows([[0.1]]) }
    await expect(audit(around, apart, { loss: 'logistic', lambda: 0 })).rejects.toThrow(/a linear way/)
  })

  it('the margin is below the exact one where the fit cancels', async () => {
    for (const shift of [1e3, 1e6, 1e9]) {
      const network = foreign({
        hidden: fromRows([
          [1, 1],
          [1, -1],
        ]),
        output: dense(2, 1, Float64Array.of(shift, -shift)),
      })
      const x = fromRows([
        [1 / 3, 0.1 / shift],
        [1 / 7, -0.7 / shift],
      ])
      // f = shift·2x₂ in exact arithmetic of the doubles given.
      const least = Math.min(2 * shift * x.data[1], -2 * shift * x.data[3])
      const report = await audit(network, { x, y: [1, -1] }, { loss: 'logistic', lambda: 0 })
      expect(report.maxMargin?.margin).toBeLessThanOrEqual(least)
      expect(report.maxMargin?.margin).toBeGreaterThan(least * (1 - 1e-4))
    }
  })
})

describe('what a file scales', () => {
  const raw = gen(9, 2)
  const factor = Float64Array.of(2, 0.5)
  const shift = Float64Array.of(-0.3, 0.7)
  it('inputs: the audit is that of the scaled rows', async () => {
    const network = drawnForeign(5, { inputs: 2, neurons: 3, biases: true })
    const scaled = dense(
      9,
      2,
      raw.data.map((v, at) => v * factor[at % 2] + shift[at % 2]),
    )
    const options = { loss: 'squared', lambda: 0.02, improve: false } as const
    const inside = await audit({ ...network, scaler: { factor, shift } }, { x: raw, y: geny(9) }, options)
    const outside = await audit(network, { x: scaled, y: geny(9) }, options)
    expect(inside.objective).toBe(outside.objective)
    expect(inside.certificate.dual).toBe(outside.certificate.dual)
  })

  it('outputs: targets less the shift over the scale, and a note', async () => {
    const network = drawnForeign(5, { inputs: 2, neurons: 3, biases: true })
    const rescale = { spread: Float64Array.of(4), centre: Float64Array.of(-1.5) }
    const options = { loss: 'squared', lambda: 0.02, improve: false } as const
    const inside = await audit({ ...network, rescale }, { x: raw, y: geny(9) }, options)
    const outside = await audit(network, { x: raw, y: geny(9).map(v => (v + 1.5) / 4) }, options)
    expect(inside.objective).toBe(outside.objective)
    expect(inside.notes.join()).toContain('rescales its output')
  })
})

describe('every class', () => {
  const x = gen(9, 2)
  const labels = geny(9).map(v => (v > 0 ? 1 : -1))
  const grid: [string, Omit<Judged, 'x' | 'y' | 'lambda'>, { slope: number; biases: boolean; skip: boolean }][] = []
  for (const slope of [0, 0.1, -1, -0.3])
    for (const [hiddenBias, outputBias] of [
      ['penalised', 'fixed'],
      ['penalised', 'free'],
      ['penalised', 'penalised'],
      ['free', 'free'],
      ['free', 'fixed'],
    ] as const)
      for (const skip of [false, true]) {
        const loss = (['squared', 'logistic', 'huber', 'squared-hinge'] as const)[grid.length % 4]
        grid.push([
          `${slope} ${hiddenBias} ${outputBias} ${skip ? 'skip ' : ''}${loss}`,
          { loss, hiddenBias, outputBias },
          { slope, biases: true, skip },
        ])
      }

  it.each(grid)('%s: objective as defined, bound below what descent finds', async (_name, conventions, shape) => {
    const y = conventions.loss === 'logistic' || conventions.loss === 'squared-hinge' ? labels : geny(9).map(v => 2 * v)
    const judged: Judged = { x, y, lambda: 0.02, ...conventions }
    const start = drawnForeign(5, { inputs: 2, neurons: 3, ...shape })
    const good = descended(start, judged)
    for (const network of [start, good]) {
      const report = await audit(network, { x, y }, { ...conventions, lambda: judged.lambda, improve: false })
      const own = objectiveOf(network, judged)
      expect(Math.abs(report.objective - own)).toBeLessThan(1e-12 * Math.max(1, own))
      expect(report.certificate.dual).toBeLessThanOrEqual(objectiveOf(good, judged))
      expectRechecked(report)
      expect(report.certificate.dual).toBeGreaterThan(0)
      if (report.missing !== null) {
        const grown = withNeuron(network, report)
        expect(objectiveOf(grown, judged)).toBeLessThanOrEqual(own - report.missing.decrease + 1e-9)
      }
    }
    // Off the kinks the residual is the gradient of the definition.
    const { stationarity } = await audit(start, { x, y }, { ...conventions, lambda: judged.lambda, improve: false })
    expect(stationarity?.gradientNorm).toBeCloseTo(slopeOf(start, judged), 6)
    expect(stationarity?.residual).toBeCloseTo(slopeOf(start, judged), 6)
    // Near its optimum the bound has something to say.
    const { certificate } = await audit(good, { x, y }, { ...conventions, lambda: judged.lambda, improve: false })
    expect(certificate.relativeGap).toBeLessThan(0.9)
  })
})

/** The re-check agrees, and sees bounds that were raised, objectives that were lowered, witnesses that were stretched or moved off balance. */
function expectRechecked(report: Audit): void {
  const { verdict, note } = recheckAudit(report)
  expect([note, verdict?.problems]).toEqual([null, []])
  const { certificate } = report
  const { primal, dual, witness } = certificate
  const problems = (change: Partial<Audit['certificate']>): string =>
    recheckAudit({ ...report, certificate: { ...certificate, ...change } }).verdict?.problems.join('; ') ?? ''
  expect(problems({ dual: dual + 1e-5 * primal })).toContain('is not proved by its witness')
  expect(problems({ primal: primal * (1 - 1e-5) })).toContain('above the claim')
  expect(problems({ witness: witness?.map(t => 1.001 * t) ?? null })).not.toBe('')
  const { outputBias, hiddenBias } = report.classOf
  if (outputBias === 'free' || hiddenBias === 'free')
    expect(problems({ witness: witness?.map((t, i) => (i === 0 ? t * (1 - 1e-9) : t)) ?? null })).toContain('sum to 0')
}

/** The length of the gradient of the objective, by differences. */
function slopeOf(network: ForeignNetwork, judged: Judged): number {
  const parts = [
    network.hidden.data,
    network.output.data,
    network.hiddenBias,
    judged.outputBias === 'fixed' ? null : network.outputBias,
    network.skip?.data,
  ]
  let square = 0
  for (const part of parts)
    part?.forEach((value, at) => {
      const to = (v: number) => {
        part[at] = v
        return objectiveOf(network, judged)
      }
      square += ((to(value + 1e-6) - to(value - 1e-6)) / 2e-6) ** 2
      part[at] = value
    })
  return Math.sqrt(square)
}

/** The network with the neuron that the report proposes. */
function withNeuron(network: ForeignNetwork, { missing }: Audit): ForeignNetwork {
  if (missing === null) return network
  const d = network.hidden.cols
  const root = Math.sqrt(missing.mass)
  const grow = (values: Float64Array, more: ArrayLike<number>) => Float64Array.from([...values, ...Array.from(more)])
  return {
    ...network,
    hidden: dense(
      network.hidden.rows + 1,
      d,
      grow(
        network.hidden.data,
        missing.direction.slice(0, d).map(v => root * v),
      ),
    ),
    output: dense(network.output.rows + 1, 1, grow(network.output.data, [missing.sign * root])),
    hiddenBias: network.hiddenBias && grow(network.hiddenBias, [root * missing.direction[d]]),
  }
}

describe('at an optimum', () => {
  let optimal: ForeignNetwork
  beforeAll(async () => {
    const report = await audit(three, { x: DS1.x, y: DS1.y }, squared(0.3 / 8, { improve: true, tolerance: 1e-9 }))
    const { hidden, output } = report.improved?.network ?? three
    optimal = foreign({ hidden, output })
  })

  it('no residual though the gradient is large, no missing neuron, and the verdict', async () => {
    const report = await audit(optimal, { x: DS1.x, y: DS1.y }, squared(0.3 / 8, { tolerance: 1e-5 }))
    expect(report.verdict).toBe('optimal')
    expect(report.stationarity?.residual).toBeLessThan(1e-6)
    expect(report.stationarity?.concaveKinks).toEqual([])
    expect(report.stationarity?.neurons.every(({ kinks }) => kinks > 0)).toBe(true)
    expect(report.stationarity?.gradientNorm).toBeGreaterThan(1e-4)
    expect(report.dualNorm.upper / report.lambda).toBeLessThan(1 + 1e-5)
    expect(report.missing?.decrease ?? 0).toBeLessThan(1e-8)
    for (const { dualRatio } of report.stationarity?.neurons ?? []) expect(dualRatio).toBeCloseTo(1, 5)
  })

  it('lambda is found from the weights', async () => {
    const report = await audit(optimal, { x: DS1.x, y: DS1.y }, { loss: 'squared', improve: false })
    expect(report.lambda).toBeCloseTo(0.3 / 8, 6)
    expect(report.guessed?.spread).toBeLessThan(1e-4)
    expect(report.warnings.map(({ code }) => code)).toContain('W_LAMBDA_GUESSED')
  })

  it('a weight moved a little makes a gap, and the bound still holds', async () => {
    const moved = {
      ...optimal,
      hidden: dense(
        optimal.hidden.rows,
        2,
        optimal.hidden.data.map((v, at) => (at === 0 ? v + 1e-2 : v)),
      ),
    }
    const report = await audit(moved, { x: DS1.x, y: DS1.y }, squared(0.3 / 8))
    expect(report.verdict).toBe('not-stationary')
    expect(report.certificate.gap).toBeGreaterThan(0)
    expect(8 * report.certificate.dual).toBeLessThanOrEqual(1.7216717324 + 1e-9)
  })

  it('order of neurons does not matter, scaling changes only the balance, duplicates and dead neurons are named', async () => {
    const m = optimal.hidden.rows
    const order = Array.from({ length: m }, (_, j) => m - 1 - j)
    const turned = foreign({
      hidden: fromRows(order.map(j => optimal.hidden.data.slice(2 * j, 2 * j + 2))),
      output: dense(
        m,
        1,
        Float64Array.from(order, j => optimal.output.data[j]),
      ),
    })
    const data = { x: DS1.x, y: DS1.y }
    const [a, b] = [await audit(optimal, data, squared(0.3 / 8)), await audit(turned, data, squared(0.3 / 8))]
    expect(b.objective).toBeCloseTo(a.objective, 13)
    expect(b.certificate.dual).toBeCloseTo(a.certificate.dual, 10)
    expect(b.verdict).toBe(a.verdict)

    const scaled = foreign({
      hidden: dense(
        m,
        2,
        optimal.hidden.data.map((v, at) => (at < 2 ? 3 * v : v)),
      ),
      output: dense(
        m,
        1,
        optimal.output.data.map((v, j) => (j === 0 ? v / 3 : v)),
      ),
    })
    const c = await audit(scaled, data, squared(0.3 / 8))
    expect(c.balancedObjective).toBeCloseTo(a.balancedObjective, 10)
    expect(c.objective).toBeGreaterThan(a.objective)
    expect(c.neurons.largestImbalance).toBeGreaterThan(0.1)

    const split = foreign({
      hidden: fromRows([
        ...Array.from({ length: m }, (_, j) => optimal.hidden.data.slice(2 * j, 2 * j + 2)),
        optimal.hidden.data.slice(0, 2),
        [0, 0],
        [1, 1],
      ]),
      output: dense(
        m + 3,
        1,
        Float64Array.from([
          optimal.output.data[0] / 2,
          ...optimal.output.data.slice(1),
          optimal.output.data[0] / 2,
          0.5,
          0,
        ]),
      ),
    })
    const d = await audit(split, data, squared(0.3 / 8))
    expect(d.neurons.duplicates).toEqual([[0, m]])
    expect(d.neurons.neurons.flatMap(({ dead }, j) => (dead ? [j] : []))).toEqual([m + 1, m + 2])
    expect(d.minimalWidth).toBe(a.minimalWidth)
  })
})

describe('the better network', () => {
  it('is never above the one it came from, and is what it says', async () => {
    const x = gen(12, 2)
    const y = geny(12)
    for (const [seed, hiddenBias, outputBias] of [
      [1, 'penalised', 'free'],
      [2, 'free', 'free'],
      [3, 'penalised', 'penalised'],
      [4, 'penalised', 'fixed'],
    ] as const) {
      const network = drawnForeign(seed, { inputs: 2, neurons: 3, biases: true })
      const judged: Judged = { x, y, loss: 'squared', lambda: 0.01, hiddenBias, outputBias }
      const report = await audit(network, { x, y }, { ...judged, improve: true })
      const found = report.improved?.network
      if (found === undefined) throw new Error('nothing was trained')
      const rebuilt = foreign({
        hidden: dense(
          found.hidden.rows,
          2,
          found.hidden.data.filter((_, at) => at % 3 < 2),
        ),
        hiddenBias: found.hidden.data.filter((_, at) => at % 3 === 2),
        output: found.output,
        outputBias: outputBias === 'fixed' ? network.outputBias : found.constant,
      })
      const objective = objectiveOf(rebuilt, judged)
      expect(objective).toBeCloseTo(report.improved?.objective ?? 0, 12)
      expect(objective).toBeLessThanOrEqual(report.objective)
      expect(report.improved?.certificate.relativeGap).toBeLessThan(2e-3)
    }
  })

  it('is never above a network that is better than what training gives', async () => {
    for (const seed of [1, 2]) {
      const start = drawnForeign(seed, { inputs: 1, neurons: 4, biases: true })
      const data = { x: fromRows(Array.from({ length: 11 }, (_, i) => [Math.sin(4 * i + seed)])), y: geny(11) }
      const options = { loss: 'squared', lambda: 0.01, hiddenBias: 'free', improve: true } as const
      const { improved } = await audit(start, data, { ...options, tolerance: 1e-7 })
      if (improved === null) throw new Error('nothing was trained')
      const { hidden, output, constant } = improved.network
      const good = descended(
        foreign({
          hidden: dense(
            hidden.rows,
            1,
            hidden.data.filter((_, at) => at % 2 === 0),
          ),
          hiddenBias: hidden.data.filter((_, at) => at % 2 === 1),
          output,
          outputBias: constant,
        }),
        { ...data, loss: 'squared', lambda: 0.01, hiddenBias: 'free', outputBias: 'free' },
        12,
      )
      const again = await audit(good, data, { ...options, tolerance: 1e-2 })
      expect(again.improved?.objective).toBeLessThanOrEqual(again.objective)
    }
  })

  it('of an optimum is that optimum', async () => {
    const data = { x: DS1.x, y: DS1.y }
    const first = await audit(three, data, squared(0.3 / 8, { improve: true }))
    const { hidden, output } = first.improved?.network ?? three
    const second = await audit(foreign({ hidden, output }), data, squared(0.3 / 8, { improve: true }))
    expect(second.improved?.objective).toBeLessThanOrEqual(first.improved?.objective ?? 0)
  })
})

describe('refusals', () => {
  const data = { x: DS1.x, y: DS1.y }
  it.each([
    [
      'another shape',
      foreign({ hidden: dense(2, 3), output: dense(2, 1) }),
      squared(0.1),
      /must have the 3 columns that the network takes; got 2/,
    ],
    ['lambda 0 for numbers', three, squared(0), /lambda must be a positive number/],
    [
      'NaN',
      foreign({ hidden: fromRows([[Number.NaN, 1]]), output: dense(1, 1, Float64Array.of(1)) }),
      squared(0.1),
      /hidden weights must be finite; got NaN at 0/,
    ],
    [
      'a sigmoid with squared loss',
      { ...three, link: 'sigmoid' as const },
      squared(0.1),
      /squared loss is for numbers; this network ends in a sigmoid/,
    ],
    [
      'training another activation',
      { ...three, activation: { positive: 1, negative: 0.1 } },
      squared(0.1, { improve: true }),
      /only ReLU networks are trained here, not this class: leaky ReLU network \(slope 0\.1\)/,
    ],
  ])('%s', async (_what, network, options, message) => {
    await expect(audit(network, data, options)).rejects.toThrow(message)
  })

  it('no lambda fits, and lambda 0 without a margin', async () => {
    const wrong = foreign({
      hidden: three.hidden,
      output: dense(
        3,
        1,
        three.output.data.map(v => -50 * v),
      ),
    })
    const away = { x: DS1.x, y: DS1.y.map((_, i) => 1e3 * (i % 2)) }
    const report = audit(
      foreign({ hidden: fromRows([[1, 1]]), output: dense(1, 1, Float64Array.of(-0.1)) }),
      { x: DS1.x, y: DS1.x.data.filter((_, at) => at % 2 === 0).map(Math.abs) },
      { loss: 'squared' },
    )
    await expect(report).rejects.toThrow(DomainError)
    await expect(
      audit(wrong, { x: away.x, y: DS1.y.map(v => (v > 0 ? 1 : -1)) }, { loss: 'logistic', lambda: 0 }),
    ).rejects.toThrow(/must separate two classes/)
  })
})
