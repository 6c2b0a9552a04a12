/**
 * Laws of activations of degree one, pooled rows and sampled vertices: known optima, bounds below every network, a re-check that no tampered
 * certificate passes, and stationary points as optima of their own programs.
 */
import { describe, expect, it } from 'vitest'
import {
  type Certificate,
  certifyHomogeneous,
  type HomogeneousNetwork,
  type HomogeneousProgram,
  homogeneousOracles,
  overReluRows,
  recheckHomogeneous,
  reluRows,
} from '../../src/certificates/index.ts'
import { logisticLoss, squaredLoss } from '../../src/losses/index.ts'
import { dense, fromRows } from '../../src/matrix/dense.ts'
import { maskBit, masks, selectMasks } from '../../src/matrix/masks.ts'
import { lbfgs } from '../../src/models/baselines/lbfgs.ts'
import { fit } from '../../src/models/fit.ts'
import { convolutionRows } from '../../src/models/landscape/convolution.ts'
import { fitConvolution } from '../../src/models/landscape/fitConvolution.ts'
import { landscape } from '../../src/models/landscape/landscape.ts'
import { trainLowRank } from '../../src/models/landscape/lowRank.ts'
import { gaussGates, subsample, vertexGates } from '../../src/models/landscape/subsample.ts'
import { trainCells, trainSampled } from '../../src/models/landscape/trainCells.ts'
import { asReluNetwork, predictNetwork } from '../../src/models/networks/network.ts'
import { enumeratePatterns } from '../../src/models/networks/patterns/enumeratePatterns.ts'
import { patternsOf } from '../../src/models/networks/patterns/patternsOf.ts'
import { fold, key, normals } from '../../src/random/index.ts'
import { naiveFeature, naiveNorm, naiveObjective } from '../oracles/homogeneous.ts'
import { DS1, gen, geny } from '../oracles/reference.ts'

const RELU = { positive: 1, negative: 0 }
const LEAKY = { positive: 1, negative: 0.1 }
const ABS = { positive: 1, negative: -1 }
const LINEAR = { positive: 1, negative: 1 }
const STEEP = { positive: -0.5, negative: 2 }
const SIGNALS = fromRows([
  [-0.53, 0.405, -0.272, 0.133],
  [-0.706, -0.174, 0.906, -0.867],
  [0.85, -0.066, -0.913, -0.789],
  [0.319, 0.303, 0.287, 0.271],
])
const SIGNAL_Y = [0.267, -0.857, -0.726, 0.469]

function programOf(
  slopes: HomogeneousProgram['slopes'],
  beta: number,
  layer: Pick<HomogeneousProgram, 'x' | 'pooling'> = { x: DS1.x },
  y: readonly number[] = DS1.y,
): HomogeneousProgram {
  return { ...layer, slopes, loss: squaredLoss(y), beta, freeBias: false, constant: 'none', linear: null }
}

const allCells = (program: HomogeneousProgram) => enumeratePatterns(reluRows(program).rows).masks
const proved = (network: HomogeneousNetwork, program: HomogeneousProgram, candidates: Float64Array[] = []) =>
  certifyHomogeneous(network, program, { subject: 'network', candidates })
const recheckOf = (certificate: Certificate, program: HomogeneousProgram, network: HomogeneousNetwork) =>
  recheckHomogeneous(certificate, { ...program, network })

const summed = convolutionRows(SIGNALS, { width: 2 })
const averaged = convolutionRows(SIGNALS, { width: 2, stride: 2, padding: 1, pool: 'mean' })
/** Layer, targets, beta, optimum where it is published. */
const ROWS: readonly [string, HomogeneousProgram, readonly number[], number][] = [
  ['ReLU', programOf(RELU, 0.3), DS1.y, 1.7216717324],
  ['leaky ReLU', programOf(LEAKY, 0.3), DS1.y, 1.7442906072],
  ['absolute value', programOf(ABS, 0.3), DS1.y, Number.NaN],
  ['linear', programOf(LINEAR, 0.3), DS1.y, Number.NaN],
  ['two odd slopes', programOf(STEEP, 0.3), DS1.y, Number.NaN],
  ['convolution, sum', programOf(RELU, 0.1, summed, SIGNAL_Y), SIGNAL_Y, Number.NaN],
  ['convolution, mean, leaky', programOf(LEAKY, 0.02, averaged, SIGNAL_Y), SIGNAL_Y, Number.NaN],
]

describe.each(ROWS)('%s', (_, program, y, value) => {
  const n = y.length

  it('reaches its optimum over all cells, proved globally, checked again, and by the definition', async () => {
    const trained = await trainCells(program, allCells(program), { tolerance: 5e-9 })
    const certificate = proved(trained.network, program, [trained.dualPoint])
    expect(trained.status).toBe('solved')
    expect(certificate.scope).toBe('global')
    expect(certificate.relativeGap).toBeLessThan(1e-8)
    expect(recheckOf(certificate, program, trained.network)).toMatchObject({ valid: true, problems: [] })
    const objective = naiveObjective(program, y, program.beta, trained.network)
    expect(certificate.primal * n).toBeGreaterThanOrEqual(objective * (1 - 1e-14))
    expect(certificate.primal * n).toBeLessThan(objective * (1 + 1e-12))
    if (!Number.isNaN(value)) expect(Math.abs(objective - value)).toBeLessThan(5e-9 * value)
  })

  it('has a bound below the optimum from zero, shrunk, random and near-optimal weights, with a feasible witness', async () => {
    const { network } = await trainCells(program, allCells(program), { tolerance: 1e-10 })
    const optimum = naiveObjective(program, y, program.beta, network)
    const d = program.x.cols
    const scaled = (s: number): HomogeneousNetwork => ({
      ...network,
      hidden: dense(
        network.hidden.rows,
        d,
        network.hidden.data.map(v => s * v),
      ),
    })
    const random: HomogeneousNetwork = {
      ...network,
      hidden: dense(3, d, normals(key(3), 3 * d)),
      output: dense(3, 1, normals(key(4), 3)),
    }
    for (const each of [scaled(0), scaled(0.5), scaled(0.999), scaled(1.01), random]) {
      const certificate = proved(each, program)
      expect(certificate.dual * n).toBeLessThanOrEqual(optimum)
      expect(certificate.primal * n).toBeGreaterThanOrEqual(
        naiveObjective(program, y, program.beta, each) * (1 - 1e-14),
      )
      expect(naiveNorm(program, certificate.witness as Float64Array)).toBeLessThanOrEqual(program.beta)
      expect(recheckOf(certificate, program, each).valid).toBe(true)
    }
  })

  it('is below descent from many starts', async () => {
    const trained = await trainCells(program, allCells(program), { tolerance: 1e-9 })
    const optimum = naiveObjective(program, y, program.beta, trained.network)
    let least = Infinity
    for (let s = 0; s < 3; s++) least = Math.min(least, descended(program, y, 4, fold(key(11), s), 2).objective)
    expect(least).toBeGreaterThan(optimum * (1 - 1e-8))
    expect(least).toBeLessThan(optimum * 1.1)
  })

  it('does not pass the re-check when it is tampered with', async () => {
    const { network, dualPoint } = await trainCells(program, allCells(program), { tolerance: 1e-10 })
    const good = proved(network, program, [dualPoint])
    const bad: [string, Certificate, HomogeneousProgram?][] = [
      ['a higher bound', { ...good, dual: good.dual * (1 + 1e-6), gap: good.primal - good.dual * (1 + 1e-6) }],
      ['a lower objective', { ...good, primal: good.primal * (1 - 1e-6) }],
      ['a longer witness', { ...good, witness: (good.witness as Float64Array).map(v => 1.001 * v) }],
      ['no witness', { ...good, witness: null }],
      ['another oracle', { ...good, oracle: 'dictionary' }],
      ['no scope', { ...good, scope: 'stationary' }],
      ['a smaller beta', good, { ...program, beta: 0.99 * program.beta }],
      ['steeper slopes', good, { ...program, slopes: { ...program.slopes, positive: 1.01 * program.slopes.positive } }],
    ]
    // What the re-check proves by itself stays a bound, whatever is claimed.
    const longer = { ...good, witness: (good.witness as Float64Array).map(v => 1.5 * v) }
    expect(recheckOf(longer, program, network).dual).toBeLessThanOrEqual(good.primal)
    for (const [what, claim, where = program] of bad) expect(recheckOf(claim, where, network).valid, what).toBe(false)
  })
})

/** A network by descent on the objective itself. */
function descended(
  program: HomogeneousProgram,
  y: readonly number[],
  m: number,
  from: ReturnType<typeof key>,
  runs = 40,
) {
  const { x, slopes, beta, pooling } = program
  const [d, n] = [x.cols, y.length]
  const objective = (w: Float64Array, gradient: Float64Array): number => {
    const fit = y.map(() => 0)
    let value = 0
    const t = new Float64Array(m * x.rows)
    for (let j = 0; j < m; j++)
      for (let k = 0; k < x.rows; k++) {
        for (let a = 0; a < d; a++) t[j * x.rows + k] += x.data[k * d + a] * w[j * d + a]
        const h = (t[j * x.rows + k] > 0 ? slopes.positive : slopes.negative) * t[j * x.rows + k]
        fit[pooling?.sample[k] ?? k] += (pooling?.share ?? 1) * w[m * d + j] * h
      }
    const r = fit.map((f, i) => f - y[i])
    for (let i = 0; i < n; i++) value += r[i] ** 2 / 2
    for (let at = 0; at < w.length; at++) {
      value += (beta * w[at] ** 2) / 2
      gradient[at] = beta * w[at]
    }
    for (let j = 0; j < m; j++)
      for (let k = 0; k < x.rows; k++) {
        const slope = t[j * x.rows + k] > 0 ? slopes.positive : slopes.negative
        const common = (pooling?.share ?? 1) * r[pooling?.sample[k] ?? k] * slope
        gradient[m * d + j] += common * t[j * x.rows + k]
        for (let a = 0; a < d; a++) gradient[j * d + a] += common * w[m * d + j] * x.data[k * d + a]
      }
    return value
  }
  // Limits sit on kinks, where a run may end early: started again until nothing is gained.
  let w = normals(from, m * (d + 1))
  for (let run = 0, before = Infinity; run < runs; run++) {
    w = lbfgs(objective, w, { maxIterations: 2000, tolerance: 1e-13 }).w
    const value = objective(w, new Float64Array(w.length))
    if (before - value <= 1e-12 * value) break
    before = value
  }
  return {
    objective: objective(w, new Float64Array(w.length)),
    hidden: dense(m, d, w.slice(0, m * d)),
    output: dense(m, 1, w.slice(m * d)),
  }
}

describe('activations', () => {
  it('leaky ReLU of slope 0 and nearly 0 is ReLU, of slope 1 linear', async () => {
    const best = async (negative: number) =>
      (
        await trainCells(
          programOf({ positive: 1, negative }, 0.3),
          allCells(programOf({ positive: 1, negative }, 0.3)),
          { tolerance: 1e-10 },
        )
      ).objective
    expect(Math.abs((await best(1e-7)) - 1.7216717324)).toBeLessThan(1e-6)
    const linear = await trainCells(programOf(LINEAR, 0.3), masks(0, 16), { tolerance: 1e-11 })
    // The linear program over the cells of nearly equal slopes.
    expect(Math.abs((await best(1 - 1e-9)) - linear.objective)).toBeLessThan(1e-6)
    // min ½‖Xw − y‖² + β‖w‖ by its optimality: Xᵀ(Xw − y) + βw/‖w‖ = 0, one neuron.
    expect(linear.network.hidden.rows).toBe(1)
  })

  it('absolute values need one cell of each opposite pair', async () => {
    const program = programOf(ABS, 0.3)
    const cells = allCells(program)
    expect(cells.patterns).toBe(16)
    const half = selectMasks(
      cells,
      Array.from({ length: 16 }, (_, k) => k).filter(k => maskBit(cells, k, 0)),
    )
    expect(half.patterns).toBe(8)
    const whole = await trainCells(program, cells, { tolerance: 1e-10 })
    const pairs = await trainCells(program, half, { tolerance: 1e-10 })
    expect(Math.abs(whole.objective - pairs.objective)).toBeLessThan(1e-9)
    // The other half does as well, and what is sampled without its opposite is not lost.
    const others = selectMasks(
      cells,
      Array.from({ length: 16 }, (_, k) => k).filter(k => !maskBit(cells, k, 0)),
    )
    const opposite = await trainCells(program, others, { tolerance: 1e-10 })
    expect(Math.abs(whole.objective - opposite.objective)).toBeLessThan(1e-9)
  })

  it('turning the rows changes nothing; scaling does what it must', async () => {
    const turn = [Math.cos(0.7), Math.sin(0.7)]
    const turned = dense(8, 2)
    for (let i = 0; i < 8; i++) {
      const [a, b] = [DS1.x.data[2 * i], DS1.x.data[2 * i + 1]]
      turned.data.set([turn[0] * a + turn[1] * b, turn[0] * b - turn[1] * a], 2 * i)
    }
    const value = async (program: HomogeneousProgram) =>
      (await trainCells(program, allCells(program), { tolerance: 1e-11 })).objective
    const plain = await value(programOf(LEAKY, 0.3))
    expect(Math.abs((await value(programOf(LEAKY, 0.3, { x: turned }))) - plain)).toBeLessThan(1e-9)
    const tripled = {
      x: dense(
        8,
        2,
        DS1.x.data.map(v => 3 * v),
      ),
    }
    const larger = await value(
      programOf(
        LEAKY,
        2.7,
        tripled,
        DS1.y.map(v => 3 * v),
      ),
    )
    expect(Math.abs(larger - 9 * plain)).toBeLessThan(1e-8)
  })
})

describe('convolutions', () => {
  it('with one patch a signal they are dense networks', async () => {
    const one = convolutionRows(DS1.x, { width: 2 })
    const program = programOf(RELU, 0.3, one)
    const trained = await trainCells(program, allCells(program), { tolerance: 1e-10 })
    expect(Math.abs(trained.objective - 1.7216717324)).toBeLessThan(1e-8)
  })

  it('lay patches, padding and shares out as written', () => {
    const { x, pooling } = convolutionRows(fromRows([[1, 2, 3, 4]]), { width: 3, stride: 2, padding: 1, pool: 'mean' })
    expect([...x.data]).toEqual([0, 1, 2, 2, 3, 4])
    expect([...pooling.sample]).toEqual([0, 0])
    expect(pooling.share).toBe(0.5)
    expect(naiveFeature({ x, pooling, slopes: RELU }, [1, 0, -1])).toEqual([0])
    expect(naiveFeature({ x, pooling, slopes: ABS }, [1, 0, -1])).toEqual([2])
  })

  it.each([
    [{ width: 5 }, 'convolution: the filter must fit into the signal; got width 5 for length 4.'],
    [{ width: 0 }, 'convolution: width must be a whole number ≥ 1; got 0.'],
    [
      { width: 2, padding: 2 },
      'convolution: every patch must meet the signal; got padding 2 for width 2, length 4. Use less padding.',
    ],
    [
      { width: 2, pool: 'max' as 'sum' },
      'convolution: pool must be sum or mean; got max. Max pooling is not linear in a cell and has no convex program here.',
    ],
  ])('refuse %o', (layer, message) => {
    expect(() => convolutionRows(SIGNALS, layer)).toThrow(message)
  })
})

describe('fitConvolution', () => {
  const options = { width: 2, lambda: 0.025, intercept: false, tolerance: 1e-8 }

  it('is the program over patches, and predicts what it states', async () => {
    const found = await fitConvolution(SIGNALS, SIGNAL_Y, options)
    const program = programOf(RELU, 0.1, summed, SIGNAL_Y)
    const trained = await trainCells(program, allCells(program), { tolerance: 1e-9 })
    expect(found.status).toBe('solved')
    expect(found.certificate.scope).toBe('global')
    expect(found.patterns.complete).toBe(true)
    expect(Math.abs(4 * found.objective - trained.objective)).toBeLessThan(1e-7)
    const network = { hidden: found.filters, output: dense(found.output.length, 1, found.output) }
    expect(Math.abs(4 * found.objective - naiveObjective(program, SIGNAL_Y, 0.1, network))).toBeLessThan(1e-10)
    const fitted = found.predict(SIGNALS)
    const loss = SIGNAL_Y.reduce((sum, y, i) => sum + (fitted[i] - y) ** 2 / 2, 0)
    const decay = [...found.filters.data, ...found.output].reduce((sum, w) => sum + w * w, 0)
    expect(Math.abs(loss + 0.05 * decay - 4 * found.objective)).toBeLessThan(1e-10)
    expect(found.predict([[1, 0, 0, 0]])).toHaveLength(1)
  })

  it('is 0 from lambdaMax on, and samples where filters are wide', async () => {
    const none = await fitConvolution(SIGNALS, SIGNAL_Y, { ...options, lambda: 1, activation: 'leaky:0.5' })
    const { lambdaMax } = none
    const at = async (lambda: number) =>
      await fitConvolution(SIGNALS, SIGNAL_Y, { ...options, activation: 'leaky:0.5', lambda })
    expect((await at(1.0001 * lambdaMax)).filters.rows).toBe(0)
    expect((await at(0.99 * lambdaMax)).filters.rows).toBeGreaterThan(0)
    const x = gen(8, 12)
    const wide = await fitConvolution(x, geny(8), {
      width: 5,
      pool: 'mean',
      lambdaFraction: 0.3,
      draws: 40,
      tolerance: 1e-4,
    })
    expect(wide.patterns.complete).toBe(false)
    expect(wide.certificate).toMatchObject({ scope: 'restricted', oracle: 'dictionary' })
    expect(wide.certificate.relativeGap).toBeLessThan(1e-4)
  })

  it.each([
    [{ width: 2 }, 'fitConvolution: lambda or lambdaFraction is needed, and only one of them.'],
    [{ width: 2, lambda: 0 }, 'fitConvolution: lambda must be a positive number; got 0.'],
    [{ width: 2, lambda: 1, loss: 'multinomial' as 'squared' }, 'fitConvolution: one output is trained'],
    [
      { width: 2, lambda: 1, activation: 'tanh' },
      'fitConvolution: the activation must be relu, abs, linear or leaky:<slope>; got tanh.',
    ],
    [{ width: 2, lambda: 1, activation: { positive: 0, negative: 0 } }, 'slopes must be finite and not both 0'],
  ])('refuses %o', async (given, message) => {
    await expect(fitConvolution(SIGNALS, SIGNAL_Y, given)).rejects.toThrow(message)
  })
})

describe('sampled vertices of the zonotope', () => {
  const program = programOf(RELU, 0.3)
  const gates = fromRows(Array.from({ length: 6 }, (_, k) => [Math.cos(k + 1), Math.sin(k + 1)]))

  it('give the published optimum, norm and bound for six given gates', async () => {
    const found = await subsample(program, { gates, tolerance: 1e-12 })
    expect(found.patterns).toBe(6)
    expect(Math.abs(found.value - 1.721851868)).toBeLessThan(2e-9)
    expect(Math.abs(found.dualNorm - 1.01380456)).toBeLessThan(2e-7)
    expect(found.certificate.scope).toBe('global')
    expect(Math.abs(found.certificate.dual * 8 - 1.71735288)).toBeLessThan(2e-8)
    // p_S·ratio ≤ p* ≤ p_S, and the bound from the best scale is no worse.
    expect(found.value * found.ratio).toBeLessThanOrEqual(1.7216717324)
    expect(found.certificate.dual * 8).toBeGreaterThanOrEqual(found.value * found.ratio)
  })

  it('bracket the optimum for every sample of either kind, and reach it with all cells', async () => {
    const x = gen(20, 3)
    const larger = programOf(LEAKY, 1, { x }, geny(20))
    const best = (await trainCells(larger, allCells(larger), { tolerance: 1e-9 })).objective
    for (const draw of [gaussGates, vertexGates])
      for (const draws of [5, 40]) {
        const found = await subsample(larger, { gates: draw(x, draws, key(draws)), tolerance: 1e-9 })
        expect(found.value).toBeGreaterThan(best * (1 - 1e-8))
        expect(found.value * found.ratio).toBeLessThanOrEqual(best)
        expect(found.ratio).toBeGreaterThan(0.3)
        expect(found.certificate.dual * 20).toBeLessThanOrEqual(best * (1 + 1e-12))
      }
    // Vertices next to rays are other patterns than those of wide cells: more of them are distinct.
    const count = async (draw: typeof gaussGates) =>
      (await subsample(larger, { gates: draw(x, 60, key(1)), tolerance: 1e-2 })).patterns
    expect(await count(vertexGates)).toBeGreaterThan(await count(gaussGates))
  })

  it('refuse gates that are active nowhere', async () => {
    const right = programOf(RELU, 0.3, { x: fromRows([[1], [2]]) }, [1, 2])
    await expect(subsample(right, { gates: fromRows([[-1]]) })).rejects.toThrow(
      'subsample: at least one vector must be active on some row; none is. Draw more.',
    )
  })
})

describe('low-rank data', () => {
  /** 16 rows in R^4 whose third and fourth direction are small. */
  const x = dense(16, 4)
  const base = gen(16, 4)
  base.data.forEach((v, at) => {
    x.data[at] = v * [1, 0.8, 0.05, 0.02][at % 4]
  })

  it('the bound holds for the data as they are, and tightens with the rank', async () => {
    const y = geny(16)
    const program = programOf(RELU, 0.5, { x }, y)
    const whole = await trainCells(program, allCells(program), { tolerance: 1e-8 })
    let before = -Infinity
    for (const rank of [1, 2, 4]) {
      const found = await trainLowRank(program, { rank, tolerance: 1e-8 })
      const objective = naiveObjective(program, y, program.beta, found.network)
      expect(found.value).toBeGreaterThanOrEqual(objective * (1 - 1e-14))
      expect(found.value).toBeGreaterThan(whole.objective * (1 - 1e-7))
      expect(found.certificate.dual * 16).toBeLessThanOrEqual(whole.objective)
      expect(found.certificate.dual).toBeGreaterThanOrEqual(before)
      expect(found.ratioBefore).toBeNull()
      expect(recheckOf(found.certificate, program, found.network).valid).toBe(true)
      before = found.certificate.dual
    }
    expect(before * 16).toBeGreaterThan(whole.objective * (1 - 1e-5))
  })

  it('a ratio beforehand for logistic loss only, and it holds', async () => {
    const labels = geny(16).map(v => (v > 0 ? 1 : -1))
    const program: HomogeneousProgram = { ...programOf(RELU, 0.5, { x }), loss: logisticLoss(labels) }
    const whole = await trainCells(program, allCells(program), { tolerance: 1e-7 })
    const found = await trainLowRank(program, { rank: 2, tolerance: 1e-8 })
    expect(found.ratioBefore).toBeGreaterThan(1)
    expect(found.value).toBeLessThanOrEqual(whole.objective * (found.ratioBefore as number))
    expect(found.certificate.dual * 16).toBeLessThanOrEqual(whole.objective)
  })

  it('refuses a rank beyond the data', async () => {
    await expect(trainLowRank(programOf(RELU, 0.5), { rank: 3 })).rejects.toThrow(
      'trainLowRank: rank must be a whole number in 1 … 2; got 3.',
    )
  })
})

const foreign = (hidden: number[][], output: number[], activation = RELU) => ({
  activation,
  hidden: fromRows(hidden),
  hiddenBias: null,
  output: dense(output.length, 1, Float64Array.from(output)),
  outputBias: null,
  skip: null,
  scaler: null,
  rescale: null,
  link: 'identity' as const,
  labels: null,
  single: false,
  producer: 'test',
})

describe('stationary points', () => {
  it('found by descent are the optima of their own programs, for every activation', async () => {
    for (const slopes of [RELU, LEAKY, ABS]) {
      const values: number[] = []
      for (let s = 0; s < 12; s++) {
        const { hidden, output } = descended(programOf(slopes, 0.3), DS1.y, 3, fold(key(1), s))
        const rows = Array.from({ length: 3 }, (_, j) => [...hidden.data.subarray(2 * j, 2 * j + 2)])
        const found = await landscape(
          foreign(rows, [...output.data], slopes),
          { x: DS1.x, y: DS1.y },
          { lambda: 0.3 / 8 },
        )
        const { netValue, restrictedValue, certificate, globalValue, isSubprogramOptimum } = found
        expect(certificate.dual).toBeLessThanOrEqual(globalValue as number)
        expect(globalValue).toBeLessThanOrEqual(restrictedValue * (1 + 1e-7))
        // Descent ends beside a kink now and then, a little above.
        expect(netValue / restrictedValue - 1).toBeLessThan(1e-5)
        expect(netValue / restrictedValue - 1).toBeGreaterThan(-1e-9)
        expect(isSubprogramOptimum).toBe(netValue - restrictedValue <= 1e-6 * netValue)
        if (isSubprogramOptimum) values.push(8 * restrictedValue)
      }
      expect(values.length).toBeGreaterThanOrEqual(9)
      // Published limits of descent.
      if (slopes === RELU)
        for (const value of [1.72428251, 1.78338822, 1.73765651])
          expect(Math.min(...values.map(v => Math.abs(v - value)))).toBeLessThan(1e-8)
    }
  })

  it('in the sense of Clarke alone are not: the counterexample, with its three programs', async () => {
    const x = fromRows([
      [0, 1],
      [1, -1],
    ])
    const y = [1, 1.1]
    const found = await landscape(foreign([[1, 0]], [1]), { x, y }, { lambda: 0.05 })
    expect(found.netValue * 2).toBeCloseTo(0.605, 12)
    expect(found.stationarity).toBeLessThan(1e-12)
    expect(found.concaveKinks).toEqual([{ neuron: 0, row: 0 }])
    expect(found.isSubprogramOptimum).toBe(false)
    // Of the two cells around the kink, the one with less to gain.
    expect(Math.abs(found.restrictedValue * 2 - 0.575281746)).toBeLessThan(2e-9)
    expect(Math.abs((found.globalValue as number) * 2 - 0.170281746)).toBeLessThan(1e-8)
    expect(Math.abs(found.certificate.dual * 2 - 0.170281746)).toBeLessThan(1e-7)
    const program = programOf(RELU, 0.1, { x }, y)
    const over = async (patterns: number[]) => {
      const cells = masks(patterns.length, 2)
      patterns.forEach((bits, k) => {
        cells.words[k * cells.stride] = bits
      })
      return (
        await trainCells(program, overReluRows(cells, 2), {
          tolerance: 1e-12,
          only: new Set(patterns.map((_, k) => `${k}:1`)),
        })
      ).objective
    }
    // Bit i is sample i: 01 has the second row only.
    expect(Math.abs((await over([0b10])) - 0.575281746)).toBeLessThan(2e-9)
    expect(Math.abs((await over([0b11])) - 0.219650488)).toBeLessThan(2e-9)
    expect(Math.abs((await over([0b10, 0b11])) - 0.206703102)).toBeLessThan(2e-9)
  })

  it('a network that is not stationary is not the optimum of its program', async () => {
    const hidden = [
      [0.5, -0.5],
      [-0.4, 0.6],
      [0.2, 0.7],
    ]
    const found = await landscape(foreign(hidden, [-0.6, 0.5, 0.4]), { x: DS1.x, y: DS1.y }, { lambda: 0.3 / 8 })
    expect(found.netValue * 8).toBeCloseTo(2.1186326103, 8)
    expect(found.isSubprogramOptimum).toBe(false)
    expect(found.restrictedValue).toBeLessThan(found.netValue)
    expect(found.violatedDirection?.decrease).toBeGreaterThan(0)
    expect(found.cells).toBe(3)
  })

  it('refuses what it does not cover', async () => {
    const data = { x: DS1.x, y: DS1.y }
    await expect(landscape(foreign([[1, 0]], [1]), data, { lambda: 0 })).rejects.toThrow(
      'landscape: lambda must be a positive number; got 0.',
    )
    await expect(landscape({ ...foreign([[1, 0]], [1]), skip: dense(2, 1) }, data, { lambda: 0.1 })).rejects.toThrow(
      'landscape: the network must have one output, no linear way around its hidden layer',
    )
  })
})

describe('fit with an activation', () => {
  const x = gen(30, 3)
  const wild = dense(
    30,
    3,
    x.data.map((v, at) => [1e-6, 1, 1e6][at % 3] * (v + (at % 3))),
  )
  const y = geny(30).map(v => 1e3 * v)

  it('predicts on raw inputs of any scale, as itself and as pairs of ReLU neurons', async () => {
    const found = await fit(wild, y, { activation: 'leaky:0.3', lambdaFraction: 0.1, patterns: 60 })
    expect(found.network.activation).toEqual({ positive: 1, negative: 0.3 })
    const rows = dense(30, 4)
    for (let i = 0; i < 30; i++) rows.data.set([...wild.data.subarray(3 * i, 3 * i + 3), 1], 4 * i)
    const values = found.values(wild)
    for (const network of [found.raw(), asReluNetwork(found.raw())])
      predictNetwork(network, rows).forEach((value, i) => {
        expect(Math.abs(value - values[i])).toBeLessThan(1e-9 * 1e3)
      })
    expect(found.certificate.primal).toBeGreaterThanOrEqual(found.objective)
    expect(found.certificate.relativeGap).toBeLessThan(1e-4)
  })

  it('comes from three patterns to the optimum of what it used, and from all to the global one', async () => {
    const plain = { standardise: false, intercept: false, lambda: 0.3 / 8, activation: LEAKY } as const
    const all = await fit(DS1.x, DS1.y, plain)
    expect(all.certificate.scope).toBe('global')
    expect(Math.abs(8 * all.objective - 1.7442906072)).toBeLessThan(2e-6)
    const few = await fit(DS1.x, DS1.y, { ...plain, patterns: 3 })
    expect(few.certificate.scope).toBe('restricted')
    expect(few.objective).toBeGreaterThanOrEqual(all.certificate.dual)
    const none = await fit(DS1.x, DS1.y, { ...plain, lambda: all.lambdaMax * 1.0001 })
    expect(none.network.hidden.rows).toBe(0)
    const linear = await fit(DS1.x, DS1.y, { ...plain, activation: 'linear' })
    expect(linear.certificate).toMatchObject({ scope: 'global', oracle: 'closed-form' })
  })

  it('keeps neurons of sampled cells inside them, so that the bound over these cells is met', async () => {
    const tall = gen(40, 6)
    const program = programOf(LEAKY, 0.4, { x: tall }, geny(40))
    const { masks: cells } = patternsOf(reluRows(program).rows, gaussGates(tall, 30, key(2)))
    const trained = await trainSampled(program, cells, { tolerance: 1e-6 })
    const certificate = certifyHomogeneous(trained.network, program, {
      subject: 'network',
      patterns: cells,
      candidates: [trained.dualPoint],
    })
    expect(certificate.relativeGap).toBeLessThan(1e-5)
  })

  it('refuses several outputs and starts of another activation', async () => {
    const two = { rows: 8, cols: 2, data: Float64Array.from({ length: 16 }, (_, i) => i % 5) }
    await expect(fit(DS1.x, two, { activation: 'abs', lambda: 0.1 })).rejects.toThrow(
      'fit: activations other than ReLU are trained for one output; got 2.',
    )
    const { network, patterns, dualPoint } = await fit(DS1.x, DS1.y, { lambda: 0.1 })
    const start = { network, gates: patterns.gates, dualPoint }
    await expect(fit(DS1.x, DS1.y, { lambda: 0.1, activation: 'abs', start })).rejects.toThrow('fit: a start must be a')
  })
})

describe('bounds over given cells', () => {
  it('count the cells of the network itself, so that no bound is above it', async () => {
    const program = programOf(LEAKY, 0.3)
    const { network, dualPoint } = await trainCells(program, allCells(program), { tolerance: 1e-10 })
    const one = masks(1, 8)
    one.words[0] = 0b11111111
    const poor = await trainCells(program, overReluRows(one, 16), { tolerance: 1e-10 })
    expect(poor.objective).toBeGreaterThan(1.01 * 1.7442906072)
    const certificate = certifyHomogeneous(network, program, {
      subject: 'network',
      patterns: one,
      candidates: [dualPoint, poor.dualPoint],
    })
    expect(certificate.scope).toBe('restricted')
    expect(certificate.dual * 8).toBeLessThanOrEqual(1.7442906073)
    expect(recheckHomogeneous(certificate, { ...program, network, masks: one }).valid).toBe(true)
  })

  it('are restricted, and say of how many', async () => {
    const program = programOf(LEAKY, 0.3)
    const cells = enumeratePatterns(DS1.x).masks
    const few = masks(3, 8)
    few.words.set(cells.words.subarray(0, 3 * cells.stride))
    const trained = await trainCells(program, overReluRows(few, 16), { tolerance: 1e-10 })
    const certificate = certifyHomogeneous(trained.network, program, {
      subject: 'network',
      patterns: few,
      candidates: [trained.dualPoint],
    })
    expect(certificate.scope).toBe('restricted')
    expect(certificate.oracle).toBe('dictionary')
    expect(certificate.dual * 8).toBeGreaterThan(1.7442906072)
    expect(certificate.relativeGap).toBeLessThan(1e-7)
    const check = (claim: Certificate) =>
      recheckHomogeneous(claim, { ...program, network: trained.network, masks: few })
    expect(check(certificate).valid).toBe(true)
    // The same numbers are no global bound.
    expect(check({ ...certificate, scope: 'global', oracle: 'enumeration' }).valid).toBe(false)
  })

  it('rest on relaxations where cells are too many, which the re-check proves again', () => {
    const x = gen(30, 8)
    const program = programOf(LEAKY, 1, { x }, geny(30))
    const network: HomogeneousNetwork = {
      hidden: dense(2, 8, normals(key(2), 16)),
      output: dense(2, 1, Float64Array.of(0.1, -0.1)),
      constant: new Float64Array(1),
      linear: null,
    }
    for (const choice of ['spectral', 'sdp'] as const) {
      const certificate = certifyHomogeneous(network, program, {
        subject: 'network',
        oracles: homogeneousOracles(program, { choice }),
      })
      expect(certificate.oracle).toBe(choice)
      expect(certificate.dual).toBeGreaterThan(0)
      expect(recheckOf(certificate, program, network)).toMatchObject({ valid: true, problems: [] })
      expect(recheckOf({ ...certificate, proofs: [] }, program, network).valid).toBe(false)
    }
  })
})
