import { describe, expect, it } from 'vitest'
import { DS1, DS2, gen, geny } from '../../../test/oracles/reference.ts'
import { multinomialLoss, squaredLoss } from '../../losses/index.ts'
import { createCompute } from '../../matrix/createCompute.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { maskBit } from '../../matrix/masks.ts'
import { norm } from '../../matrix/vector.ts'
import { fold, key, normals } from '../../random/index.ts'
import { chooseSolver } from '../../solvers/chooseSolver.ts'
import { solve } from '../../solvers/solve.ts'
import type { Network, TrainingData } from '../model.ts'
import { gatedRelu } from './gatedRelu.ts'
import { mergeNeurons } from './mergeNeurons.ts'
import { minimalWidth } from './minimalWidth.ts'
import { missingNeurons } from './missingNeurons.ts'
import { fitOf, networkObjective, predictNetwork, weightDecay } from './network.ts'
import { enumeratePatterns } from './patterns/enumeratePatterns.ts'
import { patternsOf } from './patterns/patternsOf.ts'
import { samplePatterns } from './patterns/samplePatterns.ts'
import { polish } from './polish.ts'
import { atomsOf, networkOf } from './recover.ts'
import { relu } from './relu.ts'

const compute = createCompute({ backend: 'js' })

function gaussian(purpose: string, rows: number, cols: number): Dense {
  return dense(rows, cols, normals(fold(key(3), purpose), rows * cols))
}

/** Runs a generator to its end. */
function finish<T>(work: Generator<void, T, void>): T {
  for (;;) {
    const next = work.next()
    if (next.done) return next.value
  }
}

const reference: TrainingData = { x: DS1.x, loss: squaredLoss(DS1.y), beta: 0.3 }

async function optimum(model: typeof relu, data: TrainingData): Promise<{ network: Network; objective: number }> {
  const patterns = enumeratePatterns(data.x)
  const { problem, recover } = model.reformulate(data, patterns, compute)
  const { x, objective } = await solve(problem, chooseSolver(problem).solver, { tolerance: 1e-9 })
  return { network: recover(x), objective }
}

describe('networks as functions', () => {
  it('computes what the definition says', () => {
    const network: Network = {
      kind: 'relu',
      hidden: dense(2, 2, Float64Array.of(1, 2, -1, 0.5)),
      output: dense(2, 2, Float64Array.of(3, 0, 0, -2)),
      gates: null,
      offset: Float64Array.of(10, 20),
    }
    const x = dense(2, 2, Float64Array.of(1, 1, -2, 1))
    // Pre-activations (3, −0.5) and (0, 2.5).
    expect(Array.from(predictNetwork(network, x))).toEqual([19, 20, 10, 15])
    expect(Array.from(fitOf(network, x))).toEqual([9, 0, 0, -5])
    expect(weightDecay(network)).toBe((5 + 1.25 + 9 + 4) / 2)
    const gated: Network = { ...network, kind: 'gated', gates: dense(2, 2, Float64Array.of(0, 1, 1, 0)) }
    expect(Array.from(fitOf(gated, x))).toEqual([9, 1, 0, 0])
    expect(() => fitOf(network, dense(1, 3))).toThrow('network: rows must have 2 coordinates')
  })

  it('splits a neuron of several outputs into balanced ones of the same function', () => {
    const network: Network = {
      kind: 'relu',
      hidden: gaussian('u', 3, 4),
      output: gaussian('v', 3, 2),
      gates: null,
      offset: Float64Array.of(1, 2),
    }
    const x = gaussian('x', 10, 4)
    const split = networkOf('relu', atomsOf(network), { features: 4, offset: network.offset })
    expect(split.hidden.rows).toBe(6)
    predictNetwork(network, x).forEach((value, at) => {
      expect(predictNetwork(split, x)[at]).toBeCloseTo(value, 12)
    })
    for (let j = 0; j < 6; j++) expect(norm(rowOf(split.hidden, j))).toBeCloseTo(norm(rowOf(split.output, j)), 12)
  })
})

describe.each([
  ['relu', relu],
  ['gated', gatedRelu],
] as const)('%s', (kind, model) => {
  const x = gaussian('x', 25, 3)
  const loss = multinomialLoss(Float64Array.from({ length: 25 }, (_, i) => i % 3))
  const data: TrainingData = { x, loss, beta: 0.2 }
  const patterns = samplePatterns(x, 12, key(1))
  const { problem, recover, embed } = model.reformulate(data, patterns, compute)
  const d = 3
  const count = patterns.masks.patterns

  /** A feasible point: a multiple of its gate in every group. */
  function point(): Float64Array {
    const parts = kind === 'relu' ? 6 : 3
    const w = new Float64Array(parts * count * d)
    const sizes = normals(key(9), parts * count)
    for (let g = 0; g < parts * count; g++)
      for (let j = 0; j < d; j++)
        w[g * d + j] = (g % 4 === 0 ? 0 : Math.abs(sizes[g])) * patterns.gates.data[(g % count) * d + j]
    return w
  }

  it('recovers a balanced network whose objective is the value of the point', () => {
    const w = point()
    const network = recover(w)
    const size = problem.kind === 'cones' ? problem.operator.groups * 6 : problem.operator.cols / d
    expect(w.length).toBe(size * d)
    let [fit, penalty] = [new Float64Array(0), 0]
    if (problem.kind === 'composite') {
      fit = problem.operator.apply(w).slice()
      penalty = problem.penalty.value(w)
    } else {
      // f_k = Σ_p D_p X (a_p − b_p), output-major variable.
      fit = new Float64Array(25 * 3)
      for (let k = 0; k < 3; k++) {
        const difference = new Float64Array(count * d)
        for (let j = 0; j < count * d; j++) difference[j] = w[2 * k * count * d + j] - w[(2 * k + 1) * count * d + j]
        problem.operator.apply(difference).forEach((value, i) => {
          fit[3 * i + k] = value
        })
      }
      for (let g = 0; g < w.length; g += d) penalty += data.beta * norm(w.subarray(g, g + d))
    }
    fitOf(network, x).forEach((value, at) => {
      expect(value).toBeCloseTo(fit[at], 11)
    })
    expect(networkObjective(network, data)).toBeCloseTo(loss.value(fit) + penalty, 10)
    for (let j = 0; j < network.hidden.rows; j++)
      expect(norm(rowOf(network.hidden, j))).toBeCloseTo(norm(rowOf(network.output, j)), 12)
  })

  it('drops zero groups, and embeds what it recovered', () => {
    const w = point()
    const network = recover(w)
    expect(network.hidden.rows).toBe(w.filter((_, at) => at % d === 0).filter((_, g) => g % 4 !== 0).length)
    embed(network).forEach((value, at) => {
      expect(value).toBeCloseTo(w[at], 12)
    })
    expect(recover(new Float64Array(w.length)).hidden.rows).toBe(0)
  })
})

describe('mergeNeurons', () => {
  it('makes four neurons of the eight-point optimum, as known, without raising the objective', async () => {
    const { network, objective } = await optimum(relu, reference)
    const merged = mergeNeurons(network, reference)
    expect(networkObjective(network, reference)).toBeCloseTo(objective, 10)
    expect(networkObjective(merged, reference)).toBeLessThanOrEqual(objective * (1 + 1e-9))
    // Directions and masses after merging, from the reference solution.
    const known = [
      [1, 0.261686, 0.965153, 0.3577134],
      [1, -0.720833, -0.693109, 0.2825694],
      [-1, 0.919729, -0.392555, 0.3321189],
      [-1, 0.70746, -0.706753, 0.0869932],
    ]
    const atoms = atomsOf(merged).filter(({ w }) => norm(w) > 1e-4)
    expect(atoms).toHaveLength(4)
    for (const [sign, a, b, mass] of known) {
      const nearest = atoms.find(({ w, sign: s }) => s === sign && (w[0] * a + w[1] * b) / norm(w) > 0.999)
      expect(norm(nearest?.w ?? new Float64Array(1))).toBeCloseTo(mass, 2)
    }
  })

  it('adds up equal directions and gates, keeps opposite signs, drops the dead', () => {
    const { x } = reference
    const w = Float64Array.of(1, 0.4)
    const twice = w.map(v => 2 * v)
    const dead = { w: Float64Array.of(0, 0), output: 0, sign: 1 as const, gate: null }
    const network = networkOf(
      'relu',
      [
        { w, output: 0, sign: 1, gate: null },
        { w: twice, output: 0, sign: 1, gate: null },
        { w, output: 0, sign: -1, gate: null },
        dead,
      ],
      { features: 2, offset: Float64Array.of(0) },
    )
    const merged = mergeNeurons(network, reference)
    expect(merged.hidden.rows).toBe(2)
    expect(networkObjective(merged, reference)).toBeCloseTo(networkObjective(network, reference), 12)
    // On a half plane that holds no sample a neuron is dead: flip one that is active on all.
    const allPositive: TrainingData = { x: dense(2, 1, Float64Array.of(1, 2)), loss: squaredLoss([1, 2]), beta: 0.1 }
    const lonely = networkOf(
      'relu',
      [
        { w: Float64Array.of(-1), output: 0, sign: 1, gate: null },
        { w: Float64Array.of(0.5), output: 0, sign: 1, gate: null },
      ],
      { features: 1, offset: Float64Array.of(0) },
    )
    expect(mergeNeurons(lonely, allPositive).hidden.rows).toBe(1)

    const gate = Float64Array.of(0.3, 1)
    const gated = networkOf(
      'gated',
      [
        { w, output: 0, sign: 1, gate },
        { w: twice.map(v => -v), output: 0, sign: 1, gate: gate.map(v => 5 * v) },
      ],
      { features: 2, offset: Float64Array.of(0) },
    )
    const one = mergeNeurons(gated, reference)
    expect(one.hidden.rows).toBe(1)
    fitOf(gated, x).forEach((value, i) => {
      expect(fitOf(one, x)[i]).toBeCloseTo(value, 12)
    })
  })

  it('does not merge what merging would harm, and goes on with the rest', () => {
    // Directions that nearly agree, active on different samples: their sum is dead on both.
    const data: TrainingData = {
      x: dense(2, 2, Float64Array.of(1, 0, -1, 0)),
      loss: squaredLoss([1.5, 1]),
      beta: 1e-9,
    }
    const atom = (a: number, b: number) => ({ w: Float64Array.of(a, b), output: 0, sign: 1 as const, gate: null })
    const network = networkOf('relu', [atom(1, 1e3), atom(-1, 1e3), atom(0.25, 0.5), atom(0.25, 0.5)], {
      features: 2,
      offset: Float64Array.of(0),
    })
    const merged = mergeNeurons(network, data)
    expect(networkObjective(merged, data)).toBeLessThanOrEqual(networkObjective(network, data) * (1 + 1e-9))
    expect(fitOf(merged, data.x)[0]).toBeCloseTo(1.5, 6)
    expect(fitOf(merged, data.x)[1]).toBeCloseTo(1, 6)
    expect(merged.hidden.rows).toBe(3)
  })
})

describe('minimalWidth', () => {
  it('leaves independent contributions, the fit and no larger penalty', async () => {
    const data: TrainingData = { x: gen(12, 3), loss: squaredLoss(geny(12)), beta: 0.05 }
    for (const model of [relu, gatedRelu]) {
      const network = mergeNeurons((await optimum(model, data)).network, data)
      const pruned = minimalWidth(network, data)
      expect(pruned.hidden.rows).toBeLessThanOrEqual(12)
      const before = fitOf(network, data.x)
      fitOf(pruned, data.x).forEach((value, i) => {
        expect(value).toBeCloseTo(before[i], 8)
      })
      expect(weightDecay(pruned)).toBeLessThanOrEqual(weightDecay(network) * (1 + 1e-12))
      expect(minimalWidth(pruned, data).hidden.rows).toBe(pruned.hidden.rows)
    }
  })

  it('keeps the cheaper of two neurons that fit alike', () => {
    // On one sample (1, 0) the second coordinate only costs.
    const data: TrainingData = { x: dense(1, 2, Float64Array.of(1, 0)), loss: squaredLoss([1]), beta: 0.1 }
    for (const vectors of [
      [Float64Array.of(1, 0), Float64Array.of(1, 1)],
      [Float64Array.of(1, 1), Float64Array.of(1, 0)],
      [Float64Array.of(0.1, 0), Float64Array.of(1, 1)],
    ]) {
      const network = networkOf(
        'relu',
        vectors.map(w => ({ w, output: 0, sign: 1 as const, gate: null })),
        { features: 2, offset: Float64Array.of(0) },
      )
      const pruned = minimalWidth(network, data)
      const sum = vectors[0][0] + vectors[1][0]
      expect(fitOf(pruned, data.x)[0]).toBeCloseTo(sum, 12)
      expect(weightDecay(pruned)).toBeCloseTo(sum, 12)
    }
  })

  it('prunes copies and halves to one', () => {
    const w = Float64Array.of(1, 0.4)
    const network = networkOf(
      'relu',
      [1, 2, 3].map(factor => ({ w: w.map(v => factor * v), output: 0, sign: 1 as const, gate: null })),
      { features: 2, offset: Float64Array.of(0) },
    )
    const pruned = minimalWidth(network, reference)
    expect(pruned.hidden.rows).toBe(1)
    expect(weightDecay(pruned)).toBeCloseTo(6 * norm(w), 12)
  })
})

describe('missingNeurons and polish', () => {
  it('finds the known direction that six gates lack, and none at the optimum', async () => {
    // Six gates (cos k, sin k): the optimum over them is 1.721851868 with g(θ)/beta = 1.01380456.
    const gates = dense(
      6,
      2,
      Float64Array.from({ length: 12 }, (_, at) => (at % 2 ? Math.sin : Math.cos)(1 + (at >> 1))),
    )
    const patterns = patternsOf(DS1.x, gates)
    expect(patterns.masks.patterns).toBe(6)
    const { problem, recover } = relu.reformulate(reference, patterns, compute)
    const { x, objective } = await solve(problem, chooseSolver(problem).solver, { tolerance: 1e-10 })
    expect(objective).toBeCloseTo(1.721851868, 7)
    const network = recover(x)
    const missing = finish(missingNeurons(network, reference, { key: key(0) }))
    expect(missing[0].value / reference.beta).toBeCloseTo(1.01380456, 4)
    for (const { atom, value } of missing) {
      expect(norm(atom.w)).toBeCloseTo(1, 12)
      const theta = reference.loss.gradient(fitOf(network, DS1.x))
      const phi = Array.from({ length: 8 }, (_, i) =>
        Math.max(0, DS1.x.data[2 * i] * atom.w[0] + DS1.x.data[2 * i + 1] * atom.w[1]),
      )
      expect(-atom.sign * phi.reduce((sum, p, i) => sum + p * theta[i], 0)).toBeCloseTo(value, 12)
    }
    // Their cells are not among those used.
    const shown = patternsOf(DS1.x, dense(1, 2, missing[0].atom.w.slice()))
    for (let p = 0; p < 6; p++)
      expect(Array.from({ length: 8 }, (_, i) => maskBit(patterns.masks, p, i))).not.toEqual(
        Array.from({ length: 8 }, (_, i) => maskBit(shown.masks, 0, i)),
      )
    const best = await optimum(relu, reference)
    expect(
      finish(missingNeurons(best.network, reference, { key: key(0) })).filter(({ value }) => value > 0.3 * (1 + 1e-4)),
    ).toEqual([])
  })

  it('descends from the zero network to near the optimum, never below', () => {
    const zero = networkOf('relu', [], { features: 2, offset: Float64Array.of(0) })
    let network = zero
    let last = networkObjective(zero, reference)
    for (let k = 0; k < 4; k++) {
      const add = finish(missingNeurons(network, reference, { key: key(k) }))
      network = finish(polish(network, reference, { add, compute }))
      const value = networkObjective(network, reference)
      expect(value).toBeLessThanOrEqual(last)
      last = value
    }
    expect(last).toBeGreaterThan(1.7216717 - 1e-7)
    expect(last).toBeLessThan(1.73)
  })

  it('works for several outputs, sample weights and logistic-like losses', () => {
    const x = DS2.x
    const loss = multinomialLoss([0, 1, 2, 0, 1, 2, 0, 1, 2, 1], { weights: [1, 2, 1, 1, 0, 1, 3, 1, 1, 1] })
    const data: TrainingData = { x, loss, beta: 0.05 }
    const zero = networkOf('relu', [], { features: 3, offset: new Float64Array(3) })
    const add = finish(missingNeurons(zero, data, { key: key(0) }))
    expect(new Set(add.map(({ atom }) => atom.output)).size).toBe(3)
    const found = finish(polish(zero, data, { add, compute }))
    expect(networkObjective(found, data)).toBeLessThan(0.9 * networkObjective(zero, data))
  })
})
