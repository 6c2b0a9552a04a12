import { describe, expect, it } from 'vitest'
import { DS1 } from '../../../test/oracles/references.ts'
import { UnsupportedError } from '../../errors.ts'
import { squaredLoss } from '../../losses/index.ts'
import { createCompute, type Dense, dense, eigh, fromRows, rowOf } from '../../matrix/index.ts'
import { fold, key, normals } from '../../random/index.ts'
import { gatedProgram } from '../../solvers/gatedProgram.ts'
import type { CompositeProblem } from '../../solvers/problem.ts'
import { bestMultiple, kernelPoint, weightedKernel } from '../../solvers/reweightedKernels.ts'
import { fit } from '../fit.ts'
import type { PatternSet } from '../model.ts'
import { gatedRelu } from '../networks/gatedRelu.ts'
import { predictNetwork } from '../networks/network.ts'
import { enumeratePatterns } from '../networks/patterns/enumeratePatterns.ts'
import { samplePatterns } from '../networks/patterns/samplePatterns.ts'
import { fitKernel, theoryLambda } from './fitKernel.ts'
import { ntkKernel, ntkWeights } from './ntk.ts'

const compute = createCompute({ backend: 'js', threads: 1 })
const targets = Float64Array.from(DS1.y)
const draws = { draws: 4000, key: key(1) }

function programOn(x: Dense, y: Float64Array, beta: number, patterns: PatternSet = enumeratePatterns(x)) {
  const data = { x, loss: squaredLoss(y), beta }
  const { problem, recover } = gatedRelu.reformulate(data, patterns, compute)
  return { program: gatedProgram(problem as CompositeProblem).program, recover, patterns }
}

describe('the tangent kernel', () => {
  const k = ntkKernel(DS1.x)

  it('has the values of the eight points', () => {
    expect(k.data[0]).toBeCloseTo(0.501604, 10)
    expect(k.data[1]).toBeCloseTo(0.013557623954, 11)
    expect(k.data[2]).toBeCloseTo(-0.052723217513, 11)
    // The trace is Σ‖x‖²/2 exactly; the published figure has an arccosine's error in it.
    expect(DS1.x.data.reduce((sum, v) => sum + v * v, 0) / 2).toBeCloseTo(3.8588715, 12)
    expect(Array.from({ length: 8 }, (_, i) => k.data[9 * i]).reduce((a, b) => a + b, 0)).toBeCloseTo(3.8588714911, 7)
    expect(k.data.reduce((a, b) => a + b, 0)).toBeCloseTo(6.6614146657, 6)
  })

  it('is the mixture of all single gates by their probabilities, and those sum to 1', () => {
    const { program, patterns } = programOn(DS1.x, targets, 1)
    const weights = ntkWeights(DS1.x, patterns, draws)
    expect(patterns.masks.patterns).toBe(16)
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 14)
    const mixed = weightedKernel(program, weights)
    for (let i = 0; i < mixed.length; i++) expect(mixed[i]).toBeCloseTo(k.data[i], 14)
  })

  it('is met by sampled gates within what 4000 draws allow, in three dimensions', () => {
    const x = dense(6, 3, normals(fold(key(2), 'x'), 18))
    const { program, patterns } = programOn(x, new Float64Array(6).fill(1), 1)
    const mixed = weightedKernel(program, ntkWeights(x, patterns, draws))
    const exact = ntkKernel(x)
    // A frequency is off by at most 0.5/√4000 in the mean; the empty cell, left out, scales all alike.
    const seen = (kernel: ArrayLike<number>, i: number, j: number) =>
      kernel[6 * i + j] / rowOf(x, i).reduce((sum, v, a) => sum + v * rowOf(x, j)[a], 0)
    const scale = seen(mixed, 0, 0) / 0.5
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 6; j++)
        expect(Math.abs(seen(mixed, i, j) - scale * seen(exact.data, i, j))).toBeLessThan(0.06)
  })

  it('is positive semidefinite, 0 for rows of zeros, and exact for equal and opposite rows', () => {
    const x = fromRows([
      [1, 2],
      [2, 4],
      [-1, -2],
      [0, 0],
    ])
    const kernel = ntkKernel(x)
    expect(kernel.data[1]).toBeCloseTo(5, 14)
    expect(kernel.data[2]).toBeCloseTo(0, 14)
    expect([...rowOf(kernel, 3)]).toEqual([0, 0, 0, 0])
    expect(Math.min(...eigh(ntkKernel(DS1.x)).values)).toBeGreaterThan(-1e-12)
  })
})

describe('one kernel', () => {
  it('predicts like its network, and its value bounds the network’s', () => {
    const { program, recover, patterns } = programOn(DS1.x, targets, 0.3)
    const weights = ntkWeights(DS1.x, patterns, draws)
    const { alpha, u, objective } = kernelPoint(program, weights)
    const fitted = predictNetwork(recover(u), DS1.x)
    const kernel = weightedKernel(program, weights)
    let [squares, lengths] = [0, 0]
    for (let i = 0; i < 8; i++) {
      const ridge = kernel.subarray(8 * i, 8 * i + 8).reduce((sum, v, j) => sum + v * alpha[j], 0)
      expect(fitted[i]).toBeCloseTo(ridge, 12)
      squares += 0.5 * (fitted[i] - DS1.y[i]) ** 2
    }
    for (let p = 0; p < weights.length; p++) lengths += Math.hypot(u[2 * p], u[2 * p + 1])
    expect(objective).toBeGreaterThan(squares + 0.3 * lengths)
  })

  it('has its best multiple where a fine grid has it', () => {
    const { program, patterns } = programOn(DS1.x, targets, 0.3)
    const weights = ntkWeights(DS1.x, patterns, draws)
    const { multiple, objective } = bestMultiple(weightedKernel(program, weights), 1, program)
    for (let k = -40; k <= 40; k++) {
      const t = multiple * 1.2 ** k
      const at = kernelPoint(
        program,
        weights.map(w => t * w),
      ).objective
      expect(at).toBeGreaterThanOrEqual(objective * (1 - 1e-12))
    }
    // Beyond lambdaMax of the mixture nothing is gained.
    expect(
      bestMultiple(weightedKernel({ ...program, beta: 1e6 }, weights), 1, { ...program, beta: 1e6 }).multiple,
    ).toBe(0)
  })
})

describe('fitKernel', () => {
  const plain = { intercept: false, standardise: false, patterns: 'all', lambda: 0.3 / 8 } as const

  it('comes to the optimum of the gated network, with weights that sum to 2.743', async () => {
    const best = await fitKernel(DS1.x, DS1.y, { ...plain, tolerance: 1e-8 })
    expect(8 * best.objective).toBeCloseTo(1.2390521868, 7)
    expect(best.eta.reduce((a, b) => a + b, 0)).toBeCloseTo(2.74316631, 3)
    expect(best.ntkExcess).toBeCloseTo(best.ntk.objective / best.objective - 1, 12)
    expect(8 * best.ntk.objective).toBeCloseTo(1.6082144867, 8)
  })

  it.each(['ntk', 'uniform'] as const)('%s: never below the optimum, and certified so', async mixture => {
    const found = await fitKernel(DS1.x, DS1.y, { ...plain, mixture })
    const best = await fit(DS1.x, DS1.y, { ...plain, model: 'gated' })
    expect(found.objective).toBeGreaterThan(best.objective)
    expect(found.certificate.dual).toBeLessThanOrEqual(best.objective)
    expect(found[mixture].objective).toBeGreaterThanOrEqual(found.objective)
    expect(found.mkl).toBeNull()
  })

  it('gains a fifth of the objective over the tangent kernel on planted data', async () => {
    const [n, d] = [60, 5]
    const x = dense(n, d, normals(fold(key(4), 'x'), n * d))
    const y = Float64Array.from({ length: n }, (_, i) => Math.max(0, x.data[i * d]) - Math.max(0, x.data[i * d + 1]))
    const found = await fitKernel(x, y, { patterns: 300, lambdaFraction: 0.05, tolerance: 1e-5 })
    // Every gate drawn has weight, also where cells are so many that no other gate falls into them.
    expect(Math.min(...found.ntk.weights)).toBeGreaterThan(0)
    expect(found.ntkExcess).toBeGreaterThan(0.15)
    expect(found.status).toBe('solved')
  })

  it('says no with a reason', async () => {
    const x = dense(3001, 1, normals(key(1), 3001))
    await expect(fitKernel(x, x.data, { ...plain, patterns: 2 })).rejects.toThrow(UnsupportedError)
    await expect(fitKernel(x, x.data, { ...plain, patterns: 2 })).rejects.toThrow(
      "kernel: at most 3000 rows, for which an n × n matrix is factored; got 3001. Use fit with model 'gated': it solves the same program.",
    )
    await expect(fitKernel(DS1.x, DS1.y, { patterns: 'all' })).rejects.toThrow(
      'kernel: give lambda, lambdaFraction or theory; got 0 of them. Try lambdaFraction 0.1.',
    )
    await expect(
      fitKernel(
        DS1.x,
        [...DS1.y].map(String).map(v => `a${v}`),
        plain,
      ),
    ).rejects.toThrow(/kernel|fit/)
  })
})

describe('theoryLambda', () => {
  it('exceeds the noise it is made for, and the prediction error keeps its bound', async () => {
    const [n, d, sigma] = [60, 4, 0.3]
    const x = dense(n, d, normals(fold(key(6), 'x'), n * d))
    const patterns = samplePatterns(x, 50, key(7))
    const lambda = theoryLambda(x, patterns, { sigma, delta: 0.05 })
    const { program } = programOn(x, new Float64Array(n), 1, patterns)
    // The true function is one gated neuron, of length √d.
    const truth = new Float64Array(patterns.masks.patterns * d)
    truth.fill(1, 3 * d, 4 * d)
    const clean = compute.gatedForward(x, patterns.masks, truth, new Float64Array(n))
    for (let draw = 0; draw < 8; draw++) {
      const noise = normals(fold(key(draw), 'noise'), n).map(v => sigma * v)
      const correlations = compute.gatedAdjoint(x, patterns.masks, noise, new Float64Array(truth.length))
      for (let p = 0; p < patterns.masks.patterns; p++)
        expect(Math.hypot(...correlations.subarray(p * d, (p + 1) * d))).toBeLessThan(n * lambda)
      const y = clean.map((v, i) => v + noise[i])
      const found = await fit(x, y, {
        model: 'gated',
        gates: patterns.gates,
        lambda,
        intercept: false,
        standardise: false,
      })
      const values = found.values(x)
      const error = values.reduce((sum, v, i) => sum + 0.5 * (v - clean[i]) ** 2, 0)
      expect(error).toBeLessThan(2 * n * lambda * Math.sqrt(d))
    }
    expect(program.y.length).toBe(n)
  })

  it('refuses noise and probabilities that are none', () => {
    const patterns = enumeratePatterns(DS1.x)
    expect(() => theoryLambda(DS1.x, patterns, { sigma: 0, delta: 0.1 })).toThrow(
      'kernel: theory needs sigma > 0 and 0 < delta < 1; got 0 and 0.1.',
    )
  })
})
