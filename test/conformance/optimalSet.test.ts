/**
 * Laws of the optimal set: what is reached is reached by networks that are good enough, nothing that is good enough is outside the bounds,
 * and the re-check sees a bound that was moved.
 */
import { describe, expect, it } from 'vitest'
import { type Certificate, predictionEnd, recheckRange } from '../../src/certificates/index.ts'
import { createLoss, type Loss } from '../../src/losses/index.ts'
import { createCompute } from '../../src/matrix/createCompute.ts'
import { type Dense, dense, fromRows, rowOf } from '../../src/matrix/dense.ts'
import {
  enumeratePatterns,
  fitOf,
  gatedRelu,
  joinPatterns,
  type Network,
  networkObjective,
  type OptimalSet,
  optimalSet,
  type PatternSet,
  patternsOf,
  relu,
  samplePatterns,
} from '../../src/models/index.ts'
import { trainAt } from '../../src/models/train.ts'
import { fold, key, normals } from '../../src/random/index.ts'
import { bruteNorm } from '../oracles/dualNorms.ts'
import { DS1, DS2, gen, geny, XOR } from '../oracles/reference.ts'

const compute = createCompute({ backend: 'wasm', threads: 1 })

interface Case {
  readonly name: string
  readonly kind: 'relu' | 'gated'
  readonly x: Dense
  readonly loss: Loss
  readonly beta: number
  readonly patterns: 'all' | number
}

const CASES: readonly Case[] = [
  {
    name: 'ReLU, eight points',
    kind: 'relu',
    x: DS1.x,
    loss: createLoss('squared', { targets: DS1.y }),
    beta: 0.3,
    patterns: 'all',
  },
  {
    name: 'ReLU, exclusive or',
    kind: 'relu',
    x: XOR.x,
    loss: createLoss('squared', { targets: XOR.y }),
    beta: 0.2,
    patterns: 'all',
  },
  {
    name: 'ReLU, logistic',
    kind: 'relu',
    x: DS2.x,
    loss: createLoss('logistic', { targets: DS2.labels }),
    beta: 0.2,
    patterns: 'all',
  },
  {
    name: 'ReLU over sampled patterns',
    kind: 'relu',
    x: gen(20, 3),
    loss: createLoss('squared', { targets: geny(20) }),
    beta: 0.5,
    patterns: 30,
  },
  {
    name: 'gated, eight points',
    kind: 'gated',
    x: DS1.x,
    loss: createLoss('squared', { targets: DS1.y }),
    beta: 0.1,
    patterns: 'all',
  },
  {
    name: 'gated over sampled patterns',
    kind: 'gated',
    x: gen(15, 3),
    loss: createLoss('squared', { targets: geny(15) }),
    beta: 0.2,
    patterns: 40,
  },
  {
    name: 'ReLU, corners of a square',
    kind: 'relu',
    x: fromRows([
      [1, 1],
      [1, -1],
      [-1, -1],
      [-1, 1],
    ]),
    loss: createLoss('squared', { targets: [1, 1, 1, 1] }),
    beta: 0.4,
    patterns: 'all',
  },
  {
    name: 'ReLU, a constant beside it',
    kind: 'relu',
    x: DS1.x,
    loss: createLoss('squared', { targets: DS1.y.map(y => y + 2), offset: Float64Array.of(2) }),
    beta: 0.3,
    patterns: 'all',
  },
]

interface Solved extends Case {
  readonly network: Network
  readonly set: PatternSet
  readonly certificate: Certificate
  readonly at: Dense
}

const known = new Map<string, Promise<Solved>>()

function solved(each: Case): Promise<Solved> {
  const found = known.get(each.name) ?? solve(each)
  known.set(each.name, found)
  return found
}

async function solve(each: Case): Promise<Solved> {
  const { x, loss, kind, beta } = each
  const set = each.patterns === 'all' ? enumeratePatterns(x) : samplePatterns(x, each.patterns, key(3))
  const model = kind === 'relu' ? relu : gatedRelu
  const trained = await trainAt({ model, x, loss, patterns: set, compute, seed: 0 }, beta / x.rows, {
    tolerance: 1e-9,
    rounds: 0,
  })
  const more = trained.dualPoint === null ? [] : [trained.dualPoint]
  const certificate = model.certify(trained.network, { x, loss, beta }, set, more)
  // Rows between and beside those of training.
  const rows = [0, 1, 2].map(i =>
    Array.from(rowOf(x, i), (v, j) => (v + x.data[((i + 3) % x.rows) * x.cols + j]) / 2 + (j === 0 ? 0.4 : 0)),
  )
  return {
    ...each,
    network: trained.network,
    set,
    certificate,
    at: fromRows(rows.map(row => (x.data[x.cols - 1] === 1 ? [...row.slice(0, -1), 1] : row))),
  }
}

const setOf = (each: Solved, within: number, at = each.at): OptimalSet =>
  optimalSet(each.network, each, { patterns: each.set, at, within, dualPoint: each.certificate.witness, compute })

describe.each(CASES)('$name', one => {
  it('low ≤ prediction ≤ high are reached at the level, and lie inside the bounds', async () => {
    const each = await solved(one)
    expect(each.certificate.relativeGap).toBeLessThan(1e-6)
    let narrow: OptimalSet | null = null
    for (const within of [1e-6, 1e-2]) {
      const found = setOf(each, within)
      expect(found.level).toBeCloseTo((1 + within) * (networkObjective(each.network, each) / each.x.rows), 14)
      found.ranges.forEach((range, k) => {
        const { low, high, bound, networks, prediction } = range
        expect(low).toBeLessThanOrEqual(prediction)
        expect(high).toBeGreaterThanOrEqual(prediction)
        expect(bound.low).toBeLessThanOrEqual(low)
        expect(bound.high).toBeGreaterThanOrEqual(high)
        for (const [end, network] of [
          [low, networks.low],
          [high, networks.high],
        ] as const) {
          expect(networkObjective(network, each)).toBeLessThanOrEqual(found.level * each.x.rows * (1 + 1e-12))
          const here = dense(1, each.x.cols, rowOf(each.at, range.row).slice())
          expect(fitOf(network, here)[range.output] + network.offset[range.output]).toBeCloseTo(end, 12)
        }
        // More networks, wider ranges.
        if (narrow !== null) expect(narrow.ranges[k].bound.high).toBeLessThanOrEqual(bound.high + 1e-6)
      })
      narrow = found
    }
  })

  it('near the optimum the bounds close in on what is reached', async () => {
    const each = await solved(one)
    const [wide, tight] = [1e-2, 1e-8].map(within =>
      setOf(each, within).ranges.reduce(
        (most, { low, high, bound }) => Math.max(most, bound.high - high, low - bound.low),
        0,
      ),
    )
    expect(tight).toBeLessThan(0.02)
    expect(tight).toBeLessThan(wide)
  })

  it('no network found by a search is good enough and outside', async () => {
    const each = await solved(one)
    const within = 0.05
    const found = setOf(each, within)
    let counted = 0
    for (let seed = 0; seed < 300; seed++) {
      const network = disturbed(each.network, seed)
      if (networkObjective(network, each) > found.level * each.x.rows || !ofTheClass(network, each)) continue
      counted++
      const values = fitOf(network, each.at)
      for (const { row, bound } of found.ranges) {
        expect(values[row] + network.offset[0]).toBeLessThanOrEqual(bound.high)
        expect(values[row] + network.offset[0]).toBeGreaterThanOrEqual(bound.low)
      }
    }
    expect(counted).toBeGreaterThan(found.scope === 'global' || each.kind === 'gated' ? 30 : 0)
  })

  it('the re-check proves the ends again, and refuses ends that were moved or points that were stretched', async () => {
    const each = await solved(one)
    const found = setOf(each, 1e-4)
    const { kind, x, loss, beta, set } = each
    const gates = kind === 'relu' && set.complete ? null : kind === 'gated' ? gatesOf(each) : set.gates
    for (const { row, output, bound, witness, low, high } of found.ranges)
      for (const side of [1, -1] as const) {
        const end = side === 1 ? bound.high : bound.low
        const point = side === 1 ? witness.high : witness.low
        const question = { row: rowOf(each.at, row).slice(), output, level: found.level, side }
        const data = { kind, x, loss, beta, gates }
        expect(recheckRange({ ...point, end }, question, data)).toEqual([])
        const moved = end - side * 1e-4 * (1 + Math.abs(end))
        expect(recheckRange({ ...point, end: moved }, question, data).join()).toContain(
          'is not proved by its dual point',
        )
        // A larger t with the same θ promises more: where that is less than what is reached, it cannot be feasible.
        const t = 2 * point.t
        const promised = loss.offset[output] + (end - loss.offset[output]) / 2
        if (side * promised > side * (side === 1 ? high : low) - 1e-6) continue
        expect(recheckRange({ ...point, t, end: promised }, question, data)).toHaveLength(1)
      }
  })
})

describe('the dual point of an end', () => {
  it('is feasible over the rows with x₀, by brute force over all cells', async () => {
    const each = await solved(CASES[1])
    for (const { row, witness } of setOf(each, 1e-4).ranges)
      for (const [side, point] of [
        [1, witness.high],
        [-1, witness.low],
      ] as const) {
        const longer = dense(each.x.rows + 1, each.x.cols, Float64Array.of(...each.x.data, ...rowOf(each.at, row)))
        const norm = bruteNorm(longer, [...point.theta, -side * point.t])
        expect(norm).toBeLessThanOrEqual(each.beta * (1 + 1e-12))
      }
  })

  it('a neuron that no row of training wakes counts at x₀', () => {
    // One row, x = 1: a neuron u = −1 is dead on it. At x₀ = −1 networks within the level may be anything up to the spare penalty.
    const x = fromRows([[1]])
    const loss = createLoss('squared', { targets: [1] })
    const [beta, within] = [0.5, 0.1]
    const root = Math.sqrt(0.5)
    const network: Network = {
      kind: 'relu',
      hidden: dense(1, 1, Float64Array.of(root)),
      output: dense(1, 1, Float64Array.of(root)),
      gates: null,
      offset: new Float64Array(1),
    }
    const patterns = enumeratePatterns(x)
    const data = { x, loss, beta }
    const level = networkObjective(network, data)
    const [range] = optimalSet(network, data, { patterns, at: fromRows([[-1]]), within }).ranges
    // ½(z − 1)² + ½z has its minimum 0.375; the rest of the level buys a mass of 0.0375/0.5.
    expect(level).toBeCloseTo(0.375, 15)
    expect(range.bound.high).toBeGreaterThanOrEqual(0.075)
    expect(range.bound.high).toBeLessThan(0.0751)
    expect(range.bound.low).toBeLessThanOrEqual(-0.075)
  })

  it('what is no candidate is passed over', () => {
    const data = {
      x: DS1.x,
      loss: createLoss('squared', { targets: DS1.y }),
      beta: 0.3,
      kind: 'relu',
      patterns: enumeratePatterns(DS1.x),
      gates: null,
    } as const
    const question = { row: Float64Array.of(1, 0), output: 0, level: 1, side: 1 } as const
    const theta = new Float64Array(8)
    expect(
      predictionEnd(data, question, [
        { theta: theta.slice(1), t: 1 },
        { theta: theta.map(() => Number.NaN), t: 1 },
        { theta, t: 0 },
        { theta, t: Infinity },
      ]),
    ).toBeNull()
    // θ = 0: |f(x₀)| ≤ ‖x₀‖·U/β.
    expect(predictionEnd(data, question, [{ theta, t: 0.3 }])?.end).toBeCloseTo(8 / 0.3, 10)
    expect(predictionEnd(data, question, [{ theta, t: 30 }])?.end).toBeCloseTo(8 / 0.3, 10)
  })
})

describe('the set itself', () => {
  it('the corners of a square with one target: a segment of optima in closed form', async () => {
    // Neurons along the axes, masses a (both ways) and b: z = a + b = 1 − β/2 at every corner, p* = 2β − β²/2, f(1, 0) = a.
    const each = await solved(CASES[6])
    const found = setOf(
      each,
      1e-9,
      fromRows([
        [1, 0],
        [0, -2],
        [1, 1],
        [0.5, 0.25],
      ]),
    )
    expect(4 * each.certificate.primal).toBeCloseTo(0.72, 8)
    expect([found.scope, found.dimension]).toEqual(['global', 1])
    expect(found.minimal.hidden.rows).toBeLessThanOrEqual(3)
    const [one, two, corner, between] = found.ranges
    for (const [range, low, high] of [
      [one, 0, 0.8],
      [two, 0, 1.6],
      [corner, 0.8, 0.8],
      [between, 0.2, 0.4],
    ] as const) {
      expect(range.low).toBeCloseTo(low, 4)
      expect(range.high).toBeCloseTo(high, 4)
      expect(range.bound.low).toBeLessThanOrEqual(low)
      expect(range.bound.high).toBeGreaterThanOrEqual(high)
      expect(range.bound.high - range.bound.low).toBeLessThan(high - low + 2e-3)
    }
  })

  it('in general position there is one optimum, and at rows of training all agree', async () => {
    const found = setOf(await solved(CASES[0]), 1e-7, DS1.x)
    expect(found.dimension).toBe(0)
    for (const { low, high } of found.ranges) expect(high - low).toBeLessThan(1e-6)
  })

  it('refuses what is too large, rows of another width, a negative level', async () => {
    const each = await solved(CASES[0])
    expect(() => setOf(each, 1e-6, dense(1e6, 2))).toThrow(/are too much to bound every range .* Ask for fewer rows/)
    expect(() => setOf(each, 1e-6, dense(1, 3))).toThrow('rows must have the 2 coordinates of training; got 3')
    expect(() => setOf(each, -1)).toThrow('within must be a number ≥ 0; got -1')
  })
})

/** All weights moved a little, and their sizes. */
function disturbed(network: Network, seed: number): Network {
  const size = 10 ** (-3 + (2.5 * (seed % 60)) / 60)
  const draw = (a: Dense, purpose: number): Dense => {
    const noise = normals(fold(fold(key(seed), 'disturbed'), purpose), a.data.length)
    return dense(
      a.rows,
      a.cols,
      a.data.map((v, at) => v + size * noise[at]),
    )
  }
  const output = draw(network.output, 1)
  // A neuron goes on feeding the output it fed.
  for (let at = 0; at < output.data.length; at++) if (network.output.data[at] === 0) output.data[at] = 0
  // Every third keeps its directions, and so its patterns.
  return { ...network, hidden: seed % 3 === 0 ? network.hidden : draw(network.hidden, 0), output }
}

/** Whether a bound over some patterns speaks of this network. */
function ofTheClass(network: Network, { kind, set, x }: Solved): boolean {
  if (kind === 'gated' || set.complete) return true
  return joinPatterns(set, patternsOf(x, network.hidden)).masks.patterns === set.masks.patterns
}

/** The gates of the class: those given and the network's own. */
function gatesOf({ set, network }: Solved): Dense {
  const own = network.gates ?? dense(0, set.gates.cols)
  return dense(set.gates.rows + own.rows, set.gates.cols, Float64Array.of(...set.gates.data, ...own.data))
}
