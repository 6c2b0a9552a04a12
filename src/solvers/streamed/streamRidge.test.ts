/**
 * Ridge in passes: against exact arithmetic, against the direct method, for any blocking, in memory that does not grow.
 */
import { describe, expect, it } from 'vitest'
import { excess } from '../../../test/oracles/leastSquares.ts'
import { eliminate } from '../../../test/oracles/linearAlgebra.ts'
import { parkMillerMatrix } from '../../../test/oracles/sketches.ts'
import { configureCompute } from '../../matrix/createCompute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { solveRidge } from '../sketched/solveRidge.ts'
import { certifiedFactor, seenByGram } from './certifiedFactor.ts'
import { chooseByGcv, type StreamModel } from './models.ts'
import { type RegressionBlock, type RowSource, rowsInMemory } from './rowSource.ts'
import type { StreamRidgeOptions, StreamRidgeSolution } from './streamOptions.ts'
import { streamRidge } from './streamRidge.ts'
import type { Program } from './survey.ts'
import { provedByPenalty, type System } from './systems.ts'

/** n × d with columns of size `scales[j]` about `mean`, and targets that depend on them. */
function problem(
  n: number,
  {
    scales = [1, 1, 1],
    mean = 0,
    targets = 1,
    seed = 3,
  }: { scales?: number[]; mean?: number; targets?: number; seed?: number } = {},
): { x: Dense; y: Dense } {
  const d = scales.length
  const x = parkMillerMatrix(n, d, seed)
  const noise = parkMillerMatrix(n, targets, seed + 1)
  const y = dense(n, targets)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) x.data[i * d + j] = x.data[i * d + j] * scales[j] + mean
    for (let t = 0; t < targets; t++) {
      let sum = noise.data[i * targets + t] + t
      for (let j = 0; j < d; j++) sum += ((j + 1 + t) / scales[j]) * (x.data[i * d + j] - mean)
      y.data[i * targets + t] = sum
    }
  }
  return { x, y }
}

const rowsOf = (a: Dense) =>
  Array.from({ length: a.rows }, (_, i) => [...a.data.subarray(i * a.cols, (i + 1) * a.cols)])
const one = ({ models }: StreamRidgeSolution): StreamModel => models[0][0]
const run = (x: Dense, y: Dense, options: StreamRidgeOptions & { weights?: Float64Array } = {}) =>
  streamRidge(rowsInMemory(x, y, { weights: options.weights ?? null }), options)

describe('the bound, in exact arithmetic', () => {
  const cases: [string, number[], number, number, boolean, boolean][] = [
    ['plain', [1, 1, 1], 0, 0, true, false],
    ['no intercept', [1, 1, 1], 0, 0, false, false],
    ['a ridge and weights', [1, 1, 1], 0, 0.01, true, true],
    ['columns of 1e-6 to 1e6', [1e-6, 1, 1e6], 0, 0, true, true],
    ['far from zero', [1, 1, 1], 1e7, 1e-3, true, false],
    ['far from zero, no ridge', [1, 1, 1], 1e5, 0, true, true],
  ]
  it.each(cases)(
    '%s: holds for the coefficients as they are printed',
    async (_, scales, mean, lambda, intercept, weighted) => {
      const n = 60
      const { x, y } = problem(n, { scales, mean })
      const weights = weighted ? Float64Array.from({ length: n }, (_, i) => 0.25 + (i % 5)) : undefined
      for (const method of ['gram', 'pcg'] as const)
        for (const tolerance of [1e-2, 1e-8]) {
          const solution = await run(x, y, {
            intercept,
            method,
            tolerance,
            path: { lambdas: [lambda] },
            ...(weights && { weights }),
          })
          const { coefficients, intercept: lead, errorBound, boundBy } = one(solution)
          const truth = excess(
            {
              x: rowsOf(x),
              y: [...y.data],
              ...(weights && { weights: [...weights] }),
              ridge: scales.map(() => lambda * n),
              intercept,
            },
            [...(intercept ? [lead] : []), ...coefficients],
          )
          expect(solution.status).toBe('solved')
          expect(boundBy).not.toBe('none')
          expect(errorBound * n).toBeGreaterThanOrEqual(truth)
          expect(truth).toBeGreaterThanOrEqual(0)
        }
    },
  )

  it('holds at points far from the optimum, and is within a tenth there', () => {
    const { x, y } = problem(50, { scales: [1, 1e-2] })
    const width = 3
    const joint = dense(50, width)
    for (let i = 0; i < 50; i++) joint.data.set([x.data[2 * i], x.data[2 * i + 1], y.data[i]], i * width)
    const matrix = dense(width, width)
    for (let a = 0; a < width; a++)
      for (let b = 0; b < width; b++)
        for (let i = 0; i < 50; i++) matrix.data[a * width + b] += joint.data[i * width + a] * joint.data[i * width + b]
    const norms = Float64Array.of(Math.sqrt(matrix.data[0]), Math.sqrt(matrix.data[4]))
    const gram = { matrix, basis: null, norms, rows: 50 }
    const penalty = Float64Array.of(1, 2)
    for (const lambda of [0, 0.5]) {
      const factor = certifiedFactor(gram, lambda, penalty)
      expect(factor?.least).toBeGreaterThan(1 - 1e-6)
      for (const point of [
        [0, 0],
        [1, -200],
        [1, 200],
        [1.0001, 300],
      ]) {
        const seen = seenByGram(gram, { target: 0, lambda, x: Float64Array.from(point) }, penalty)
        const truth = excess({ x: rowsOf(x), y: [...y.data], ridge: [lambda, 2 * lambda], intercept: false }, point)
        expect(factor?.bound(seen)).toBeGreaterThanOrEqual(truth)
        expect(factor?.bound(seen)).toBeLessThan(1.1 * truth)
      }
    }
  })

  it('holds where nothing is left but rounding', { timeout: 30_000 }, async () => {
    for (let seed = 10; seed < 22; seed++) {
      const { x, y } = problem(80, { scales: [1, 1e-3], mean: seed % 2 === 0 ? 0 : 1e4, seed })
      for (const lambda of [0, 0.1]) {
        // An error of 0 cannot be proved: all passes that bring anything are made.
        const solution = await run(x, y, {
          method: lambda > 0 ? 'pcg' : 'gram',
          tolerance: 1e-30,
          path: { lambdas: [lambda] },
        })
        const { coefficients, intercept, errorBound } = one(solution)
        const exactly = { x: rowsOf(x), y: [...y.data], ridge: [lambda * 80, lambda * 80], intercept: true }
        expect(solution.status).toBe('stalled')
        expect(errorBound * 80).toBeGreaterThanOrEqual(excess(exactly, [intercept, ...coefficients]))
      }
    }
  })

  it('from the ridge alone holds with an intercept that is off, and is nearly tight under a large ridge', () => {
    const { x, y } = problem(30, { scales: [1, 2] })
    const line = (i: number) => [1, x.data[2 * i], x.data[2 * i + 1]]
    const sum = (f: (i: number) => number) => Array.from({ length: 30 }, (_, i) => f(i)).reduce((a, b) => a + b)
    const program = {
      coordinates: { intercept: true },
      norms: Float64Array.from([0, 1, 2], j => Math.sqrt(sum(i => line(i)[j] ** 2))),
      moments: Float64Array.from([0, 1, 2], j => sum(i => line(i)[j])),
      penalty: Float64Array.of(0, 1, 3),
      rows: 30,
    } as unknown as Program
    for (const lambda of [1, 1e4])
      for (const point of [
        [0, 0, 0],
        [50, 0.1, 0.1],
        [-3, 1, -1],
      ]) {
        const gradient = Float64Array.from([0, 1, 2], j =>
          sum(i => line(i)[j] * (point.reduce((fit, b, k) => fit + b * line(i)[k], 0) - y.data[i])),
        ).map((g, j) => g + lambda * program.penalty[j] * point[j])
        const seen = { gradient, inBasis: false, error: new Float64Array(3), squares: 0, squaresError: 0 }
        const truth = excess({ x: rowsOf(x), y: [...y.data], ridge: [lambda, 3 * lambda], intercept: true }, point)
        const bound = provedByPenalty({ lambda, seen } as System, program)
        expect(bound).toBeGreaterThanOrEqual(truth * (1 - 1e-12))
        if (lambda > 1) expect(bound).toBeLessThan(1.01 * truth)
      }
  })

  it('gives no factor where rounding could hide a direction', () => {
    const gramOf = (e: number) => ({
      matrix: dense(3, 3, Float64Array.of(1, 1, 1, 1, 1 + e, 1, 1, 1, 2)),
      basis: null,
      norms: Float64Array.of(1, Math.sqrt(1 + e)),
      rows: 1000,
    })
    const penalty = Float64Array.of(1, 1)
    expect(certifiedFactor(gramOf(1e-6), 0, penalty)).not.toBeNull()
    expect(certifiedFactor(gramOf(1e-12), 0, penalty)).toBeNull()
    expect(certifiedFactor(gramOf(1e-12), 0.1, penalty)).not.toBeNull()
  })
})

describe('ill-conditioned columns', () => {
  /** Columns 1, 1 + e·z, … : condition about 1/e. */
  function near(e: number): { x: Dense; y: Dense } {
    const { x, y } = problem(400, { scales: [1, 1, 1, 1] })
    for (let i = 0; i < 400; i++) for (let j = 1; j < 4; j++) x.data[4 * i + j] = x.data[4 * i] + e * x.data[4 * i + j]
    return { x, y }
  }
  it.each([1e-4, 1e-7, 1e-9])('apart by %f: a bound that holds, from a sketch where squares do not do', async e => {
    const { x, y } = near(e)
    for (const method of ['gram', 'pcg'] as const) {
      const solution = await run(x, y, { method, tolerance: e < 1e-8 ? 1e-3 : 1e-5 })
      const { coefficients, intercept, errorBound } = one(solution)
      const truth = excess({ x: rowsOf(x), y: [...y.data], ridge: [0, 0, 0, 0], intercept: true }, [
        intercept,
        ...coefficients,
      ])
      expect(solution.status).toBe('solved')
      expect(errorBound * 400).toBeGreaterThanOrEqual(truth)
      if (e < 1e-6 || method === 'pcg') expect(solution.sketchRows).toBe(20)
    }
  })
  it('refuses what cannot be told apart, and takes it with a ridge', async () => {
    const { x, y } = near(0)
    await expect(run(x, y)).rejects.toThrow(expect.objectContaining({ code: 'E_RANK' }))
    await expect(run(x, y, { method: 'pcg' })).rejects.toThrow(/without a ridge the columns must be independent/)
    expect((await run(x, y, { path: { lambdas: [1e-3] } })).status).toBe('solved')
  })
})

describe('against the direct method', () => {
  it('gives its coefficients, several targets and lambdas at once', async () => {
    const { x, y } = problem(300, { scales: [1, 3, 0.1, 1, 2], mean: 2, targets: 3 })
    const lambdas = [1, 1e-2, 1e-5]
    for (const method of ['gram', 'pcg'] as const) {
      const { models } = await run(x, y, { method, path: { lambdas }, tolerance: 1e-11 })
      for (let t = 0; t < 3; t++)
        for (let l = 0; l < 3; l++) {
          // Centred by hand, as the direct method has no intercept.
          const centred = dense(300, 5)
          const target = new Float64Array(300)
          const mean = (at: (i: number) => number) =>
            Array.from({ length: 300 }, (_, i) => at(i)).reduce((a, b) => a + b) / 300
          for (let j = 0; j < 5; j++) {
            const m = mean(i => x.data[5 * i + j])
            for (let i = 0; i < 300; i++) centred.data[5 * i + j] = x.data[5 * i + j] - m
          }
          const my = mean(i => y.data[3 * i + t])
          for (let i = 0; i < 300; i++) target[i] = y.data[3 * i + t] - my
          const direct = await solveRidge(centred, target, { method: 'direct', lambda: 300 * lambdas[l] })
          models[t][l].coefficients.forEach((v, j) => {
            expect(v).toBeCloseTo(direct.x[j], 8)
          })
          expect(models[t][l].objective).toBeCloseTo(direct.objective / 300, 10)
          // Several at once are those solved alone.
          const alone = one(
            await streamRidge(
              rowsInMemory(
                x,
                dense(
                  300,
                  1,
                  y.data.filter((_, k) => k % 3 === t),
                ),
              ),
              {
                method,
                path: { lambdas: [lambdas[l]] },
                tolerance: 1e-11,
              },
            ),
          )
          alone.coefficients.forEach((v, j) => {
            expect(models[t][l].coefficients[j]).toBeCloseTo(v, 8)
          })
        }
    }
  })
})

describe('the path', () => {
  const { x, y } = problem(120, { scales: [1, 10, 0.1, 1, 5, 2], mean: 1 })
  /** X standardised, n·(XᵀX/n), for a naive effective dimension. */
  function naive(lambda: number): { dimension: number; fitted: Float64Array } {
    const z = dense(120, 6)
    for (let j = 0; j < 6; j++) {
      const column = Array.from({ length: 120 }, (_, i) => x.data[6 * i + j])
      const mean = column.reduce((a, b) => a + b) / 120
      const size = Math.sqrt(column.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 120)
      column.forEach((v, i) => {
        z.data[6 * i + j] = (v - mean) / size
      })
    }
    const h = dense(6, 6)
    for (let a = 0; a < 6; a++)
      for (let b = 0; b < 6; b++) {
        for (let i = 0; i < 120; i++) h.data[6 * a + b] += z.data[6 * i + a] * z.data[6 * i + b]
        if (a === b) h.data[6 * a + b] += 120 * lambda
      }
    const fitted = new Float64Array(120)
    let dimension = 0
    const mean = y.data.reduce((a, b) => a + b) / 120
    const c = new Float64Array(6)
    for (let i = 0; i < 120; i++) for (let j = 0; j < 6; j++) c[j] += z.data[6 * i + j] * (y.data[i] - mean)
    const beta = eliminate(h, c)
    for (let i = 0; i < 120; i++) {
      const row = z.data.slice(6 * i, 6 * i + 6)
      const solved = eliminate(h, row)
      dimension += row.reduce((sum, v, j) => sum + v * solved[j], 0)
      fitted[i] = mean + row.reduce((sum, v, j) => sum + v * beta[j], 0)
    }
    return { dimension, fitted }
  }
  it('has the effective dimension and the GCV of the hat matrix', async () => {
    for (const method of ['gram', 'pcg'] as const) {
      const { models, lambdas } = await run(x, y, { method, standardise: true, path: { count: 5, ratio: 1e-4 } })
      expect(lambdas[0]).toBeCloseTo(6, 9)
      expect(lambdas[4]).toBeCloseTo(6e-4, 12)
      models[0].forEach((model, l) => {
        const { dimension, fitted } = naive(lambdas[l])
        const squares = fitted.reduce((sum, f, i) => sum + (f - y.data[i]) ** 2, 0)
        expect(model.effectiveDimension).toBeCloseTo(dimension, 6)
        expect(model.gcv / (squares / 120 / (1 - (dimension + 1) / 120) ** 2)).toBeCloseTo(1, 6)
        expect(model.rmse).toBeCloseTo(Math.sqrt(squares / 120), 8)
        expect(model.status).toBe('solved')
        fitted.forEach((f, i) => {
          let value = model.intercept
          for (let j = 0; j < 6; j++) value += model.coefficients[j] * x.data[6 * i + j]
          expect(value).toBeCloseTo(f, 6)
        })
      })
      expect(models[0][0].effectiveDimension).toBeLessThanOrEqual(1)
    }
  })
  it('takes one pass for the Gram matrix, whatever the number of lambdas', async () => {
    const passes = async (count: number) =>
      (await run(x, y, { standardise: true, tolerance: 1e-5, path: { count, ratio: 1e-3 } })).passes
    expect([await passes(1), await passes(30)]).toEqual([1, 1])
  })
  it('chooses the least GCV that is known', () => {
    const gcv = (...values: number[]) => values.map(value => ({ gcv: value }) as StreamModel)
    expect(chooseByGcv(gcv(3, 1, 2))).toBe(1)
    expect(chooseByGcv(gcv(Number.NaN, 2, 3))).toBe(1)
    expect(chooseByGcv(gcv(Number.NaN, Number.NaN))).toBe(0)
  })
})

describe('any blocking, any workers, little memory', () => {
  const n = 17_000
  const { x, y } = problem(n, { scales: [1, 2, 3], mean: 5, targets: 2 })
  /** Blocks in a buffer that is used again, so that whoever keeps one keeps rubbish. */
  function fleeting(step: number, rows = n): RowSource & { readonly most: () => number } {
    let [alive, most] = [0, 0]
    return {
      cols: 3,
      targets: 2,
      most: () => most,
      async *blocks() {
        const buffer = { x: new Float64Array(3 * step), y: new Float64Array(2 * step) }
        for (let from = 0; from < rows; from += step) {
          const end = Math.min(rows, from + step)
          alive++
          most = Math.max(most, alive)
          const fill = (into: Float64Array, a: Dense) => {
            for (let i = from; i < end; i++)
              for (let j = 0; j < a.cols; j++) into[(i - from) * a.cols + j] = a.data[(i % n) * a.cols + j]
            return dense(end - from, a.cols, into.subarray(0, (end - from) * a.cols))
          }
          const block: RegressionBlock = { x: fill(buffer.x, x), y: fill(buffer.y, y), weights: null }
          yield block
          buffer.x.fill(Number.NaN)
          buffer.y.fill(Number.NaN)
          alive--
        }
      },
    }
  }
  const bits = ({ models }: StreamRidgeSolution) =>
    models.flat().flatMap(m => [...m.coefficients, m.intercept, m.objective, m.errorBound])

  it.each(['gram', 'pcg'] as const)('%s has the same bits however rows are cut', async method => {
    const options = { method, path: { lambdas: [1e-4] }, rows: 40, tolerance: 1e-9 }
    const whole = bits(await streamRidge(rowsInMemory(x, y, { blockRows: n }), options))
    for (const step of [63, 4096, 5000]) expect(bits(await streamRidge(fleeting(step), options))).toEqual(whole)
  })
  it.each(['gram', 'pcg'] as const)('%s sums every row of every chunk', async method => {
    const { models, rows } = await streamRidge(fleeting(1000), { method, path: { lambdas: [1e-4] }, rows: 40 })
    expect(rows).toBe(n)
    for (let t = 0; t < 2; t++) {
      const h = dense(4, 4)
      const c = new Float64Array(4)
      for (let i = 0; i < n; i++) {
        const line = [1, ...x.data.subarray(3 * i, 3 * i + 3)]
        for (let a = 0; a < 4; a++) {
          c[a] += line[a] * y.data[2 * i + t]
          for (let b = 0; b < 4; b++) h.data[4 * a + b] += line[a] * line[b]
        }
      }
      for (let a = 1; a < 4; a++) h.data[5 * a] += n * 1e-4
      const [lead, ...rest] = eliminate(h, c)
      expect(models[t][0].intercept).toBeCloseTo(lead, 6)
      rest.forEach((v, j) => {
        expect(models[t][0].coefficients[j]).toBeCloseTo(v, 7)
      })
    }
  })
  it('has the same bits with 1, 2 and 7 threads', async () => {
    try {
      const found: number[][] = []
      for (const threads of [1, 2, 7]) {
        configureCompute({ threads })
        found.push(bits(await streamRidge(fleeting(4096), { method: 'gram', path: { lambdas: [1e-4] } })))
        found.push(bits(await streamRidge(fleeting(4096), { method: 'pcg', rows: 40, path: { lambdas: [1e-4] } })))
      }
      expect(found[2]).toEqual(found[0])
      expect(found[4]).toEqual(found[0])
      expect(found[3]).toEqual(found[1])
      expect(found[5]).toEqual(found[1])
    } finally {
      configureCompute({})
    }
  })
  it.each(['gram', 'pcg'] as const)(
    '%s holds one block, and sums that grow with the logarithm of the rows',
    async method => {
      const held = async (rows: number) => {
        const source = fleeting(1024, rows)
        const solution = await streamRidge(source, { method, rows: 40, path: { lambdas: [1e-2] }, tolerance: 1e-6 })
        expect(solution.rows).toBe(rows)
        expect(source.most()).toBe(1)
        return solution.held
      }
      const [small, large] = [await held(16_384), await held(131_072)]
      const summed = method === 'gram' ? 6 * 6 : 44 * 6
      expect(large.sums).toBeLessThanOrEqual(Math.log2(32) + 2)
      expect(large.numbers - small.numbers).toBeLessThanOrEqual(3 * summed)
      expect(large.numbers).toBeLessThanOrEqual((Math.log2(32) + 2) * summed + 4096 * 6)
    },
  )
})

describe('edges', () => {
  const { x, y } = problem(40)
  it('leaves out columns that never vary, with coefficient 0', async () => {
    const wide = dense(40, 4)
    for (let i = 0; i < 40; i++) wide.data.set([x.data[3 * i], 0.1, x.data[3 * i + 1], x.data[3 * i + 2]], 4 * i)
    for (const method of ['gram', 'pcg'] as const) {
      const solution = await run(wide, y, { method })
      expect(solution.constant).toEqual([1])
      expect(one(solution).coefficients[1]).toBe(0)
      one(await run(x, y, { method })).coefficients.forEach((v, j) => {
        expect(one(solution).coefficients[j + (j > 0 ? 1 : 0)]).toBeCloseTo(v, 7)
      })
    }
  })
  it('ignores rows of weight 0', async () => {
    const weights = Float64Array.from({ length: 40 }, (_, i) => (i < 30 ? 2 : 0))
    const got = one(await run(x, y, { weights }))
    const kept = one(await run(dense(30, 3, x.data.slice(0, 90)), dense(30, 1, y.data.slice(0, 30))))
    got.coefficients.forEach((v, j) => {
      expect(v).toBeCloseTo(kept.coefficients[j], 8)
    })
    expect(got.rmse).toBeCloseTo(kept.rmse, 8)
  })
  it('fits exactly what is exact', async () => {
    const exactly = dense(
      40,
      1,
      Float64Array.from({ length: 40 }, (_, i) => 3 + 2 * x.data[3 * i]),
    )
    const { coefficients, intercept, r2 } = one(await run(x, exactly))
    expect(coefficients[0]).toBeCloseTo(2, 9)
    expect(intercept).toBeCloseTo(3, 9)
    expect(r2).toBeCloseTo(1, 12)
  })
  it('takes wide data with a ridge, columns of any size, and targets of 0', async () => {
    const wide = parkMillerMatrix(10, 20, 5)
    for (const method of ['gram', 'pcg'] as const) {
      const answer = one(await run(wide, dense(10, 1, y.data.slice(0, 10)), { method, path: { lambdas: [0.1] } }))
      expect(answer.status).toBe('solved')
      const huge = one(
        await run(
          dense(
            40,
            3,
            x.data.map(v => v * 1e200),
          ),
          y,
          { method },
        ),
      )
      const plain = one(await run(x, y, { method }))
      huge.coefficients.forEach((v, j) => {
        expect((v * 1e200) / plain.coefficients[j]).toBeCloseTo(1, 7)
      })
      const none = one(await run(x, dense(40, 1), { method, intercept: false }))
      expect([none.relativeError, none.objective, ...none.coefficients]).toEqual([0, 0, 0, 0, 0])
    }
  })
  it('refuses with a code and the way out', async () => {
    const code = (name: string, message: RegExp) =>
      expect.objectContaining({ code: name, message: expect.stringMatching(message) })
    const refused = (options: StreamRidgeOptions, name: string, message: RegExp) =>
      expect(run(x, y, options)).rejects.toThrow(code(name, message))
    await refused({ tolerance: 0 }, 'E_PARAM_RANGE', /tolerance must be > 0; got 0/)
    await refused({ path: { lambdas: [-1] } }, 'E_PARAM_RANGE', /lambdas must be numbers ≥ 0; got -1/)
    await refused({ path: { lambdas: [] } }, 'E_PARAM_RANGE', /got none/)
    await refused({ path: { count: 3, ratio: 1 } }, 'E_PARAM_RANGE', /ratio in \(0, 1\); got 3 and 1/)
    await refused({ rows: 0 }, 'E_PARAM_RANGE', /whole number ≥ 1; got 0/)
    await refused({ method: 'pcg', rows: 3 }, 'E_SKETCH_TOO_SMALL', /at least 4 rows; got 3/)
    const bad = dense(40, 3, x.data.slice())
    bad.data[3 * 17 + 2] = Number.NaN
    await expect(run(bad, y)).rejects.toThrow(code('E_NONFINITE', /got NaN at row 17/))
    await expect(run(x, dense(40, 1, new Float64Array(40).fill(7)))).rejects.toThrow(
      code('E_TARGET', /a target must vary/),
    )
    await expect(run(x, y, { weights: new Float64Array(40) })).rejects.toThrow(/some weight must be above 0/)
    expect(() => rowsInMemory(x, y, { weights: new Float64Array(40).fill(-1) })).toThrow(/weights must be ≥ 0; got -1/)
    expect(() => rowsInMemory(x, dense(3, 1))).toThrow(/equally many rows; got 40, 3/)
    await expect(run(dense(4, 8193, new Float64Array(4 * 8193)), dense(4, 1))).rejects.toThrow(/at most 8192 columns/)
    await expect(run(dense(0, 2), dense(0, 1))).rejects.toThrow(code('E_EMPTY', /some row is needed/))
  })
  it('says what changed between passes', async () => {
    let pass = 0
    const source: RowSource = {
      cols: 3,
      targets: 1,
      async *blocks() {
        const rows = pass++ === 0 ? 40 : 39
        yield { x: dense(rows, 3, x.data.slice(0, 3 * rows)), y: dense(rows, 1, y.data.slice(0, rows)), weights: null }
      },
    }
    await expect(streamRidge(source, { method: 'pcg' })).rejects.toThrow(/must have the 40 rows of the first; got 39/)
  })
  it('stops when asked: an error in the first pass, the best so far later', async () => {
    await expect(run(x, y, { maxTime: 0 })).rejects.toThrow(expect.objectContaining({ code: 'E_NOT_SOLVED' }))
    const few = await run(x, y, { method: 'pcg', maxPasses: 3, path: { lambdas: [1e-3] } })
    expect([few.status, few.passes]).toEqual(['max-iterations', 3])
    expect(one(few).boundBy).toBe('ridge')
    expect(one(few).relativeError).toBeGreaterThan(1e-8)
    const controller = new AbortController()
    const stopped = await streamRidge(rowsInMemory(x, y), {
      method: 'pcg',
      signal: controller.signal,
      path: { lambdas: [1e-3] },
      onProgress: ({ pass }) => {
        if (pass === 4) controller.abort()
      },
    })
    expect([stopped.status, one(stopped).status]).toEqual(['aborted', 'aborted'])
    expect(one(stopped).errorBound).toBeLessThan(Infinity)
  })
})
