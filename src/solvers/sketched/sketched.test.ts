import { describe, expect, it } from 'vitest'
import { distance, times } from '../../../test/oracles/linearAlgebra.ts'
import { exact, minus, plus, times as product, sign } from '../../../test/oracles/rational.ts'
import { parkMillerMatrix } from '../../../test/oracles/sketches.ts'
import { type Dense, dense, transpose } from '../../matrix/dense.ts'
import { leastSquares } from '../../matrix/factor/leastSquares.ts'
import { qr } from '../../matrix/factor/qr.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { norm } from '../../matrix/vector.ts'
import { sketch } from '../../sketch/sketch.ts'
import { uniformRows } from '../../sketch/uniformRows.ts'
import { fista } from '../fista.ts'
import { solve } from '../solve.ts'
import { memoryBound } from './chooseRidgeSolver.ts'
import { errorBounds } from './errorBounds.ts'
import { errorStatement } from './errorStatement.ts'
import {
  adaptivePcg,
  chooseRidgeSolver,
  conjugateGradient,
  directRidge,
  effectiveDimension,
  hessianSketch,
  type RidgeReport,
  type RidgeSolver,
  type RidgeStep,
  ridgeProblem,
  sketchedPcg,
  solveRidge,
  spectrumBound,
} from './index.ts'
import { inTurn } from './inTurn.ts'
import { identityPreconditioner, sketchedHessian } from './preconditioner.ts'
import { pcgFactor, rate, VARIANTS } from './rates.ts'
import { ridgeReport } from './report.ts'
import { probeRidge } from './ridgeProbe.ts'
import { ridgeState } from './ridgeProblem.ts'
import { hessianTimes, ridgeStepper } from './ridgeStepper.ts'
import { provedByRidge } from './rounding.ts'

const scaled = (a: Dense, by: (j: number) => number): Dense =>
  dense(
    a.rows,
    a.cols,
    a.data.map((v, t) => v * by(t % a.cols)),
  )
const vector = (n: number, seed: number) => parkMillerMatrix(n, 1, seed).data
const code = (name: string, message: RegExp) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) })

/** x* from an SVD-free oracle: QR least squares of [A; √λ I]. */
function oracle(a: Dense, b: Float64Array, lambda: number): Float64Array {
  const all = dense(a.rows + a.cols, a.cols)
  all.data.set(a.data)
  for (let j = 0; j < a.cols; j++) all.data[(a.rows + j) * a.cols + j] = Math.sqrt(lambda)
  const target = new Float64Array(all.rows)
  target.set(b)
  return leastSquares(lambda > 0 ? all : a, lambda > 0 ? target : b).x
}

/** ½‖x − y‖²_H. */
function energy(a: Dense, lambda: number, x: Float64Array, y: Float64Array): number {
  const e = x.map((v, j) => v - y[j])
  const fit = times(a, dense(a.cols, 1, e)).data
  return 0.5 * (norm(fit) ** 2 + lambda * norm(e) ** 2)
}

/** x and report after each accepted point. */
function walk(a: Dense, b: Float64Array, lambda: number, solver: RidgeSolver, steps: number, tolerance = 0) {
  const out: { x: Float64Array; objective: number; phase: string; report: RidgeReport }[] = []
  for (const step of solver.iterate(ridgeProblem(a, b, { lambda }), { tolerance })) {
    const { x, objective, phase, report } = step as RidgeStep
    // Set-up, bounds and rejected trials leave the point where it was.
    if (phase === 'sketch' || phase === 'factor' || phase === 'spectrum') continue
    if (out.length > 0 && phase === 'pcg' && x.every((v, j) => v === out[out.length - 1].x[j])) continue
    const copy = {
      ...report,
      growth: report.growth.map(g => [...g] as [number, number]),
      warnings: [...report.warnings],
    }
    out.push({ x: x.slice(), objective, phase, report: copy })
    if (out.length > steps) break
  }
  return out
}

/** A few heavy rows carry most columns: 240 × 6. */
function coherent(): Dense {
  const a = parkMillerMatrix(240, 6, 3)
  for (let i = 0; i < 240; i++) for (let j = 0; j < 6; j++) if (i !== 39 * j + 7) a.data[i * 6 + j] *= 1e-3
  return a
}

describe('known answers', () => {
  const a = scaled(parkMillerMatrix(24, 3, 31), j => [1, 0.3, 0.1][j])
  const b = vector(24, 32)
  const near = (got: Float64Array, want: readonly number[]) => {
    for (let j = 0; j < want.length; j++)
      expect(Math.abs(got[j] - want[j])).toBeLessThan(2e-11 * (1 + Math.abs(want[j])))
  }
  const solution = [0.058592290927, 1.845278636537, 2.612424693684]
  const choice = { kind: 'countsketch', rows: 12, seed: 7 } as const

  it('heavy ball', () => {
    const points = walk(a, b, 0, hessianSketch({ ...choice, dimension: 3 }), 40)
    near(points[1].x, [-0.045019365119, 0.774526473597, 0.635800600757])
    near(points[2].x, [-0.004997738341, 1.295898899347, 1.5700829092])
    near(points[3].x, [0.041923735915, 1.580392754819, 2.233241903046])
    const off = (k: number) => Math.sqrt(2 * energy(a, 0, points[k].x, oracle(a, b, 0)))
    expect(off(20) / 2.5178561682e-7).toBeCloseTo(1, 6)
    expect(off(40)).toBeLessThan(2e-12)
  })
  it('preconditioned conjugate gradients', () => {
    const points = walk(a, b, 0, sketchedPcg(choice), 3)
    near(points[1].x, [-0.100533559425, 1.729609092768, 1.41981783418])
    near(points[2].x, [0.053452875162, 1.840916467258, 2.666343428265])
    near(points[3].x, solution)
  })
  it('direct, with the least value', async () => {
    const { x, objective } = await solveRidge(a, b, { method: 'direct' })
    near(x, solution)
    expect(2 * objective).toBeCloseTo(7.203491233922, 10)
  })

  const decaying = scaled(parkMillerMatrix(64, 8, 41), j => 0.5 ** j)
  const target = vector(64, 42)
  const paths: readonly [number, number, number, readonly (readonly number[])[], number][] = [
    [
      1e-3,
      0.25,
      13,
      [
        [0, 2],
        [0, 4],
        [5, 8],
        [5, 16],
        [5, 32],
      ],
      32,
    ],
    [
      1e-2,
      0.25,
      9,
      [
        [0, 2],
        [0, 4],
        [1, 8],
        [1, 16],
      ],
      16,
    ],
    [
      0.1,
      0.5,
      10,
      [
        [0, 2],
        [1, 4],
      ],
      4,
    ],
  ]
  it.each(paths)('adaptive sizes at lambda = %f, shrink %f', (lambda, shrink, steps, growth, rows) => {
    const solver = adaptivePcg({ kind: 'countsketch', shrink, rows: 1, maxRows: 64, seedOf: k => 7 + 1000 * k })
    const points = walk(decaying, target, lambda, solver, steps)
    const last = points[steps]
    expect(last.report.growth).toEqual(growth)
    expect(last.report.sketchRows).toBe(rows)
    const { gradientAt, start } = gradients(decaying, target, lambda)
    expect(norm(gradientAt(last.x))).toBeLessThan(1e-10 * start)
    expect(norm(gradientAt(points[steps - 1].x))).toBeGreaterThan(1e-10 * start)
    const best = oracle(decaying, target, lambda)
    expect(norm(last.x.map((v, j) => v - best[j]))).toBeLessThan(1e-10)
  })
  it('effective dimension', () => {
    const { values } = svd(decaying)
    const plain = values.reduce((sum, s) => sum + s ** 2 / (s ** 2 + 1e-3), 0)
    expect(plain).toBeCloseTo(7.348025483789, 9)
    // A "sketch" with very many rows: the matrix itself, over and over.
    const tall = dense(64 * 200, 8)
    for (let k = 0; k < 200; k++)
      tall.data.set(
        decaying.data.map(v => v / Math.sqrt(200)),
        k * 512,
      )
    expect(effectiveDimension(tall, 1e-3)).toBeCloseTo(plain, 2)
    expect(effectiveDimension(decaying, 0)).toBe(8)
    // From a sketch of 8 rows: the plain plug-in would say 2.
    const sa = dense(8, 4)
    for (let j = 0; j < 4; j++) sa.data[j * 4 + j] = 2 ** (1 - j)
    expect(effectiveDimension(sa, 0.5)).toBeCloseTo(2.206824104655, 8)
  })
})

function gradients(a: Dense, b: Float64Array, lambda: number) {
  const gradientAt = (x: Float64Array) => {
    const residual = times(a, dense(a.cols, 1, x)).data.map((v, i) => v - b[i])
    return x.map((v, j) => {
      let sum = lambda * v
      for (let i = 0; i < a.rows; i++) sum += a.data[i * a.cols + j] * residual[i]
      return sum
    })
  }
  return { gradientAt, start: norm(gradientAt(new Float64Array(a.cols))) }
}

describe('sketchedHessian', () => {
  it.each([
    [9, 0],
    [9, 0.3],
    [5, 0.3],
    [5, 0],
    [3, 0.3],
    [3, 1e-8],
  ])('%f rows, lambda %f: divides by (SA)ᵀSA + λI', (rows, lambda) => {
    const sa = parkMillerMatrix(rows, 5, 12)
    const m = sketchedHessian(sa, lambda)
    const v = vector(5, 3)
    const product = times(transpose(sa), times(sa, dense(5, 1, v))).data.map((z, j) => z + lambda * v[j])
    const back = m.solve(product)
    for (let j = 0; j < 5; j++) expect(Math.abs(back[j] - v[j])).toBeLessThan(lambda === 1e-8 ? 1e-6 : 1e-10)
    const { half, halfT } = m
    if (half === undefined || halfT === undefined) expect(rows).toBeLessThan(5)
    else expect(distance(dense(5, 1, halfT(half(product))), dense(5, 1, v))).toBeLessThan(1e-10)
  })
})

describe('the error bound', () => {
  const a = scaled(parkMillerMatrix(160, 5, 9), j => 0.3 ** j)
  const b = vector(160, 10)
  const solvers: readonly [string, (lambda: number) => RidgeSolver][] = [
    ['direct', () => directRidge()],
    ['cg', () => conjugateGradient()],
    ['pcg', () => sketchedPcg()],
    ['pcg with as many rows as columns', () => sketchedPcg({ rows: 5 })],
    ...VARIANTS.map(
      variant =>
        [variant, () => hessianSketch({ variant, rows: 80, allowUnsafeStep: true })] as [string, () => RidgeSolver],
    ),
  ]
  const cases = [
    ...solvers.flatMap(([name, make]) => [0, 0.01].map(lambda => [name, lambda, make(lambda)] as const)),
    ['adaptive', 0.01, adaptivePcg({ rows: 1 })] as const,
    ['pcg with fewer rows than columns', 0.01, sketchedPcg({ rows: 3 })] as const,
  ]
  it.each(cases)('%s, lambda = %f: holds at every step and reaches the tolerance', async (_name, lambda, solver) => {
    const best = oracle(a, b, lambda)
    let proved = 0
    for (const { x, report } of walk(a, b, lambda, solver, 400, 1e-20)) {
      const error = energy(a, lambda, x, best)
      expect(report.errorBound).toBeGreaterThanOrEqual(error * (1 - 1e-9) - 1e-28)
      if (report.errorBound < Infinity) proved++
    }
    expect(proved).toBeGreaterThan(0)
    const found = await solveRidge(a, b, { lambda, method: solver, tolerance: 1e-9, maxIterations: 2000 })
    expect(found.status).toBe('solved')
    expect(found.relativeError).toBeLessThanOrEqual(1.01e-9)
    expect(norm(found.x.map((v, j) => v - best[j]))).toBeLessThan(1e-6)
    expect(found.statement).toMatch(/^Proved: no coefficients have an objective more than/)
  })
  it('is not loose: within a factor of 10 by the spectrum', () => {
    const [plain, target] = [parkMillerMatrix(400, 40, 9), vector(400, 4)]
    const best = oracle(plain, target, 0)
    const points = walk(plain, target, 0, sketchedPcg(), 14, 1e-6)
    const proved = points.filter(({ report }) => report.boundBy === 'spectrum')
    expect(proved.length).toBeGreaterThan(3)
    for (const { report, x } of proved) expect(report.errorBound).toBeLessThan(10 * energy(plain, 0, x, best))
  })
  it('does not lend the spectrum of one preconditioner to another', () => {
    const problem = ridgeProblem(a, b)
    const report = ridgeReport('test')
    const state = ridgeState(problem)
    const size = norm(state.gradient) ** 2
    const bounds = errorBounds(problem, report, { tolerance: size / norm(b) ** 2, seed: 0 })
    const half = {
      ...identityPreconditioner,
      rows: 1,
      half: (g: Float64Array) => g.map(v => v * 2),
      halfT: (g: Float64Array) => g.map(v => v * 2),
    }
    for (const _ of bounds.update(state, half, 0.5 * size));
    expect(report.boundBy).toBe('spectrum')
    for (const _ of bounds.update(state, identityPreconditioner, 4 * size));
    expect([report.boundBy, report.errorBound]).toEqual(['none', Infinity])
  })
  it('does not take a gradient for zero because its square is', () => {
    const small = dense(
      160,
      5,
      a.data.map(v => v * 1e-170),
    )
    for (const { report } of walk(small, b, 0, sketchedPcg(), 0)) expect(report.errorBound).toBe(Infinity)
  })
  it('counts rounding: it holds where the computed gradient vanishes and the exact one does not', () => {
    for (let k = 1; k <= 120; k++) {
      const [slope, target, lambda] = [k / 7, k / 3 + 0.1, (k <= 60 ? 0.3 : 1e-20) / k]
      const problem = ridgeProblem(dense(1, 1, Float64Array.of(slope)), Float64Array.of(target), { lambda })
      const x = (slope * target) / (slope * slope + lambda)
      // g exactly; √(2λ·bound) must be no less, which is more than the bound promises.
      const [ra, rb, rx, rl] = [slope, target, x, lambda].map(exact)
      const g = plus(product(ra, minus(product(ra, rx), rb)), product(rl, rx))
      const claimed = product(exact(2 * lambda), exact(provedByRidge(problem, Float64Array.of(x))))
      expect(sign(minus(claimed, product(g, g)))).toBeGreaterThanOrEqual(0)
    }
  })
})

describe('rates', () => {
  it('are those published', () => {
    const at = (variant: (typeof VARIANTS)[number], m: number, hadamard?: number) =>
      rate(variant, { dimension: 64, rows: m, ...(hadamard !== undefined && { hadamard }) })
    expect(at('fresh', 512).step).toBeCloseTo(0.762, 4)
    expect(at('fresh', 512).factor ** 2).toBeCloseTo(0.1272, 4)
    expect(at('fresh', 512, 4096).step).toBeCloseTo(0.7887, 4)
    expect(at('fresh', 512, 4096).factor ** 2).toBeCloseTo(0.1127, 4)
    expect(at('heavy-ball', 512)).toEqual({ step: 0.765625, momentum: 0.125, factor: Math.sqrt(0.125) })
    expect(at('gradient', 256).factor).toBeCloseTo(0.8, 12)
    expect(at('fresh-simple', 6400).factor).toBeCloseTo(Math.sqrt(0.01 / 0.99), 2)
    expect(at('unit', Math.round(11.7 * 64)).factor).toBeCloseTo(1, 2)
    expect(at('fresh-unit', Math.round(3.4 * 64)).factor).toBeGreaterThan(0.95)
    expect(pcgFactor({ dimension: 64, rows: 256 })).toBe(0.5)
    expect(pcgFactor({ dimension: 64, rows: 64 })).toBe(1)
  })
  it('of one Hadamard sketch follow the law of a Haar matrix, and meet the Gaussian ones in the limit', () => {
    // d/N = 1/8, m/N = 1/2: p² = 7/16, q² = 1/16, spectrum of M⁻¹H from ½/(p + q)² to ½/(p − q)².
    const [p, q] = [Math.sqrt(7 / 16), Math.sqrt(1 / 16)]
    const [low, high] = [0.5 / (p + q) ** 2, 0.5 / (p - q) ** 2]
    const sizes = { dimension: 128, rows: 512, hadamard: 1024 }
    const ball = rate('heavy-ball', sizes)
    expect(ball.step).toBeCloseTo(4 / (Math.sqrt(low) + Math.sqrt(high)) ** 2, 12)
    expect(ball.momentum).toBeCloseTo(1 / 7, 12)
    expect(ball.factor).toBeCloseTo(Math.sqrt(1 / 7), 12)
    expect(rate('gradient', sizes).step).toBeCloseTo(2 / (low + high), 12)
    expect(rate('gradient', sizes).factor).toBeCloseTo((high - low) / (high + low), 12)
    expect(rate('unit', sizes).factor).toBeCloseTo(Math.max(high - 1, 1 - low), 12)
    expect(pcgFactor(sizes)).toBeCloseTo(Math.sqrt(1 / 7), 12)
    for (const variant of ['heavy-ball', 'gradient', 'unit'] as const) {
      const far = rate(variant, { dimension: 8, rows: 64, hadamard: 2 ** 40 })
      expect(far.factor).toBeCloseTo(rate(variant, { dimension: 8, rows: 64 }).factor, 6)
    }
  })
  it.each(['gaussian', 'srht'] as const)('every variant contracts as predicted: %s', kind => {
    const [n, d, m] = [256, 16, 192]
    const a = scaled(parkMillerMatrix(n, d, 5), j => 10 ** ((-3 * j) / d))
    const b = vector(n, 6)
    const best = oracle(a, b, 0)
    for (const variant of VARIANTS) {
      const logs: number[] = []
      let predicted = 0
      for (let seed = 0; seed < 4; seed++) {
        const points = walk(a, b, 0, hessianSketch({ variant, kind, rows: m, seed }), 8)
        predicted = points[8].report.predicted
        logs.push(Math.log(energy(a, 0, points[8].x, best) / energy(a, 0, points[2].x, best)) / 12)
      }
      const measured = Math.exp(logs.reduce((sum, v) => sum + v, 0) / logs.length)
      // One fixed sketch comes to its rate from either side: heavy ball with a factor of the number of steps, gradients as the worst direction takes over.
      const [low, high] = variant.startsWith('fresh')
        ? [0.85, 1.15]
        : variant === 'heavy-ball'
          ? [0.85, 1.5]
          : [0.6, 1.1]
      expect(measured / predicted, variant).toBeGreaterThan(low)
      expect(measured / predicted, variant).toBeLessThan(high)
    }
  })
  it('fresh Gaussian sketches shrink the mean error by exactly the predicted factor', () => {
    const a = parkMillerMatrix(30, 3, 5)
    const b = vector(30, 6)
    const best = oracle(a, b, 0)
    const start = energy(a, 0, new Float64Array(3), best)
    const ratios = Float64Array.from({ length: 400 }, (_, seed) => {
      const options = { variant: 'fresh', kind: 'gaussian', rows: 16, seed, allowUnsafeStep: true } as const
      return energy(a, 0, walk(a, b, 0, hessianSketch(options), 1)[1].x, best) / start
    })
    const mean = ratios.reduce((sum, v) => sum + v, 0) / 400
    const deviation = Math.sqrt(ratios.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 399 / 400)
    expect(Math.abs(mean - rate('fresh', { dimension: 3, rows: 16 }).factor ** 2)).toBeLessThan(3.5 * deviation)
  })
  it('measured beside predicted: they agree on plain data, and a warning says when not', () => {
    const plain = parkMillerMatrix(400, 20, 5)
    const b = vector(400, 6)
    for (const solver of [
      sketchedPcg({ rows: 160 }),
      hessianSketch({ rows: 160 }),
      hessianSketch({ rows: 160, variant: 'fresh' }),
    ]) {
      const last = walk(plain, b, 0, solver, 10).at(-1)!
      expect(last.report.warnings).toEqual([])
      expect(last.report.predicted).toBeCloseTo(Math.sqrt(20 / 160), 1)
      expect(Math.abs(last.report.measured - last.report.predicted)).toBeLessThan(0.15)
    }
    const slow = walk(coherent(), vector(240, 4), 1e-5, hessianSketch({ kind: uniformRows, rows: 60 }), 300).at(-1)!
    expect(slow.report.warnings.join()).toMatch(/predicted a factor of 0\.\d+ a step, measured/)
  })
})

describe('safety', () => {
  it('no step without momentum raises the objective, whatever the sketch', () => {
    const [a, b] = [coherent(), vector(240, 4)]
    for (const variant of ['fresh', 'fresh-simple', 'gradient'] as const) {
      const points = walk(a, b, 1e-5, hessianSketch({ kind: uniformRows, rows: 60, variant }), 25)
      for (let k = 1; k < points.length; k++)
        expect(points[k].objective).toBeLessThanOrEqual(points[k - 1].objective * (1 + 1e-12))
      expect(points.at(-1)!.report.warnings.join()).toMatch(/would have raised the objective/)
    }
  })
  it('heavy ball returns to its best point when the error grows', () => {
    const points = walk(coherent(), vector(240, 4), 1e-5, hessianSketch({ kind: uniformRows, rows: 60 }), 200)
    expect(points.at(-1)!.report.warnings.join()).toMatch(/the error grew: back to the best point/)
    const least = Math.min(...points.map(({ objective }) => objective))
    expect(points.at(-1)!.objective).toBeLessThan(1.01 * least)
  })
  it('adaptive falls back on the whole problem when no sketch helps', async () => {
    const solver = adaptivePcg({ kind: uniformRows, rows: 1, maxRows: 2 })
    const a = scaled(parkMillerMatrix(300, 60, 9), j => 0.8 ** j)
    const b = vector(300, 4)
    const found = await solveRidge(a, b, { lambda: 1e-7, method: solver })
    expect(found.status).toBe('solved')
    expect(found.report.warnings.join()).toMatch(/a sketch of 2 rows, the most allowed, does not help: the factor/)
    expect(norm(found.x.map((v, j) => v - oracle(a, b, 1e-7)[j]))).toBeLessThan(1e-3 * norm(found.x))
  })
  it('adaptive sizes double, and stay within 16 effective dimensions', () => {
    for (const [base, lambda] of [
      [0.7, 1e-2],
      [0.85, 1e-3],
      [0.9, 1e-1],
    ]) {
      const { u, vt } = svd(parkMillerMatrix(128, 24, 11))
      const a = times(
        scaled(u, j => base ** j),
        vt,
      )
      const d = Array.from({ length: 24 }, (_, j) => base ** (2 * j)).reduce((sum, s) => sum + s / (s + lambda), 0)
      const { report } = walk(a, vector(128, 3), lambda, adaptivePcg({ rows: 1 }), 200).at(-1)!
      expect(report.sketchRows).toBeLessThanOrEqual(16 * Math.max(d, 4))
      expect(report.growth.map(([, rows]) => rows)).toEqual(report.growth.map((_, k) => Math.min(2 ** (k + 1), 96)))
    }
  })
  it('adaptive sizes may keep the rows they have: half the sketching, the same answer', async () => {
    const a = scaled(parkMillerMatrix(300, 30, 9), j => 0.7 ** j)
    const b = vector(300, 4)
    const drawn: number[] = []
    const kind = (o: { rows: number; samples: number; seed?: number }) => {
      drawn.push(o.rows)
      return sketch('sjlt', o)
    }
    for (const [grow, rows] of [
      ['append', [2, 2, 4, 8]],
      ['resample', [2, 4, 8, 16]],
    ] as const) {
      drawn.length = 0
      const found = await solveRidge(a, b, { lambda: 1e-3, method: adaptivePcg({ kind, grow, rows: 2 }) })
      expect(found.status).toBe('solved')
      expect(drawn.slice(0, 4)).toEqual(rows)
      expect(found.report.sketchRows).toBe(grow === 'append' ? drawn.reduce((x, y) => x + y) : drawn.at(-1))
      expect(norm(found.x.map((v, j) => v - oracle(a, b, 1e-3)[j]))).toBeLessThan(1e-6 * norm(found.x))
    }
  })
  it('a measured start: never more products than CG, few where CG needs many, at most four effective dimensions', () => {
    const [n, d, base] = [320, 128, 0.93]
    const { u, vt } = svd(parkMillerMatrix(n, d, 7))
    const a = times(
      scaled(u, j => base ** j),
      vt,
    )
    const b = vector(n, 10)
    const squares = Array.from({ length: d }, (_, j) => base ** (2 * j))
    const dimensionAt = (l: number) => squares.reduce((sum, s) => sum + s / (s + l), 0)
    const first: string[] = []
    for (const lambda of [1, 0.1, 1e-3, 1e-5]) {
      const best = oracle(a, b, lambda)
      const goal = 1e-16 * energy(a, lambda, new Float64Array(d), best)
      const spent = (solver: RidgeSolver) => {
        for (const step of solver.iterate(ridgeProblem(a, b, { lambda }), { tolerance: 1e-16 }))
          if (energy(a, lambda, step.x, best) <= goal) return step.report
        throw new Error('not reached')
      }
      const cg = spent(conjugateGradient())
      for (const seed of [0, 1]) {
        const adaptive = spent(adaptivePcg({ seed }))
        expect(adaptive.products).toBeLessThanOrEqual(cg.products)
        expect(adaptive.products).toBeLessThanOrEqual(40)
        expect(adaptive.sketchRows).toBeLessThanOrEqual(4 * dimensionAt(lambda))
        first.push(adaptive.sketchRows === 0 ? 'cg' : 'sketch')
      }
    }
    expect(first.slice(0, 2)).toEqual(['cg', 'cg'])
    expect(first.slice(-4)).toEqual(Array(4).fill('sketch'))
  })
  it('a rehearsal that was wrong hands over to a sketch', () => {
    const a = scaled(parkMillerMatrix(400, 60, 9), j => 0.8 ** j)
    const problem = ridgeProblem(a, vector(400, 4), { lambda: 1e-6 })
    const honest = probeRidge(problem, { tolerance: 1e-16, seed: 0 })
    const solver = adaptivePcg({ probe: { ...honest, cgProducts: 4 } })
    const phases: string[] = []
    let warnings: readonly string[] = []
    for (const step of solver.iterate(problem, { tolerance: 1e-16 })) {
      phases.push(step.phase)
      warnings = step.report.warnings
      if (step.report.errorBound <= 1e-16 * norm(problem.target) ** 2) break
    }
    expect(phases).toContain('cg')
    expect(phases.at(-1)).toBe('pcg')
    // One and a half times the rehearsal, and five more.
    expect(phases.filter(phase => phase === 'cg').length).toBeLessThanOrEqual(12)
    expect(warnings.join()).toMatch(/CG took more than the 4 products of its rehearsal: a sketch takes over/)
  })
  it('starts at the solution and stays there', () => {
    const [a, b] = [parkMillerMatrix(60, 4, 5), vector(60, 6)]
    const start = oracle(a, b, 0.1)
    for (const solver of [
      conjugateGradient(),
      sketchedPcg(),
      adaptivePcg(),
      hessianSketch(),
      hessianSketch({ variant: 'fresh' }),
    ])
      for (const { x } of solver.iterate(ridgeProblem(a, b, { lambda: 0.1 }), { tolerance: 0, start }))
        expect(norm(x.map((v, j) => v - start[j]))).toBeLessThan(1e-12)
  })
})

describe('solveRidge', () => {
  const [a, b] = [parkMillerMatrix(80, 4, 5), vector(80, 6)]
  it('agrees with FISTA on the same problem', async () => {
    const general = await solve(ridgeProblem(a, b, { lambda: 2 }), fista, { maxIterations: 500, tolerance: 0 })
    const { x } = await solveRidge(a, b, { lambda: 2, method: 'pcg' })
    expect(distance(dense(4, 1, x), dense(4, 1, general.x))).toBeLessThan(1e-6)
  })
  it('solves wide problems, and dependent columns by least norm', async () => {
    const wide = parkMillerMatrix(6, 20, 5)
    const target = vector(6, 7)
    for (const method of ['direct', 'cg', 'auto'] as const) {
      const { x, status } = await solveRidge(wide, target, { lambda: 0.1, method })
      expect(status).toBe('solved')
      expect(norm(x.map((v, j) => v - oracle(wide, target, 0.1)[j]))).toBeLessThan(1e-6)
    }
    const twin = dense(
      20,
      2,
      Float64Array.from({ length: 40 }, (_, t) => Math.floor(t / 2) - 4),
    )
    const { x, report, status } = await solveRidge(twin, vector(20, 2), { method: 'direct' })
    expect(status).toBe('solved')
    expect(x[0]).toBeCloseTo(x[1], 12)
    const nothing = await solveRidge(dense(20, 2), vector(20, 2))
    expect([nothing.status, norm(nothing.x), nothing.errorBound]).toEqual(['solved', 0, 0])
    expect(report.warnings.join()).toMatch(/have rank 1: of the many solutions/)
    await expect(solveRidge(twin, vector(20, 2), { method: 'pcg' })).rejects.toEqual(code('E_RANK', /method direct/))
  })
  it('takes exact fits, zero targets and one row', async () => {
    const truth = Float64Array.of(1, -2, 3, 0.5)
    const fit = times(a, dense(4, 1, truth)).data
    for (const method of ['direct', 'cg', 'pcg', 'ihs'] as const) {
      const found = await solveRidge(a, fit, { method })
      expect(found.status).toBe('solved')
      expect(norm(found.x.map((v, j) => v - truth[j]))).toBeLessThan(1e-6)
      const zero = await solveRidge(a, new Float64Array(80), { method })
      expect([zero.status, zero.errorBound, norm(zero.x)]).toEqual(['solved', 0, 0])
    }
    const one = await solveRidge(dense(1, 1, Float64Array.of(2)), Float64Array.of(6))
    expect(one.x[0]).toBeCloseTo(3, 12)
  })
  it('does not see the scale of matrix and target, at which squares over- or underflow', async () => {
    for (const method of ['direct', 'cg', 'pcg', 'ihs', 'adaptive'] as const) {
      const lambda = method === 'adaptive' ? 0.5 : 0
      const plain = await solveRidge(a, b, { method, lambda })
      for (const [s, t] of [
        [2 ** -550, 1],
        [2 ** 540, 2 ** 300],
        [1, 2 ** -600],
        [1, 2 ** 520],
      ]) {
        // λ·s² would itself under- or overflow.
        if (lambda > 0 && s !== 1) continue
        const big = dense(
          80,
          4,
          a.data.map(v => v * s),
        )
        const found = await solveRidge(
          big,
          b.map(v => v * t),
          { method, lambda: lambda * s * s },
        )
        expect(found.status).toBe('solved')
        expect(found.relativeError).toBe(plain.relativeError)
        expect(found.x.map(v => (v * s) / t)).toEqual(plain.x)
      }
    }
    const tiny = await solveRidge(
      dense(
        80,
        4,
        a.data.map(v => v * 1e-170),
      ),
      b,
      { lambda: 1, method: 'adaptive' },
    )
    expect([tiny.status, norm(tiny.x) < 1e-160, tiny.errorBound > 0]).toEqual(['solved', true, true])
  })
  it('says why it chose', () => {
    const reason = (n: number, d: number, lambda: number) =>
      chooseRidgeSolver(ridgeProblem(parkMillerMatrix(n, d, 3), new Float64Array(n), { lambda }), { tolerance: 1e-8 })
    expect(reason(200, 5, 0).reason).toMatch(
      /^direct: the least work for 200 × 5, no ridge \(direct .* flops, CG unknown/,
    )
    expect(reason(2000, 600, 1e12).solver.name).toBe('cg')
    expect(reason(20, 60, 1e-3).reason).toMatch(/sketched PCG useless, since 4 × 60 rows exceed the data/)
  })
  it('auto costs at most twice the direct method and twice CG, whatever the spectrum', async () => {
    const [n, d] = [500, 220]
    const product = 4 * n * d * memoryBound()
    const direct = n * d * d + d ** 3 / 3
    const noise = parkMillerMatrix(n, d, 17)
    const target = vector(n, 18)
    for (const decay of [0, 1, 3, 6])
      for (const lambda of [1e-6, 1e-2, 1, 100]) {
        const a = scaled(noise, j => 10 ** ((-decay * j) / d))
        const auto = await solveRidge(a, target, { lambda })
        const cg = await solveRidge(a, target, { lambda, method: 'cg' })
        expect(auto.status).toBe('solved')
        const exact = auto.method.includes('direct') && auto.report.method === 'direct'
        const work = auto.report.products * product + (exact ? direct : 0)
        // A direct solution takes two or three products of refinement as well.
        expect(work).toBeLessThanOrEqual(2 * (direct + 3 * product))
        if (cg.status === 'solved')
          expect(work).toBeLessThanOrEqual(2 * (cg.report.products + 3) * product + (exact ? 8 * product : 0))
      }
  })
  it('auto on a large problem measures, chooses the least work, and says so; what it claims holds', async () => {
    const [n, d] = [4400, 512]
    const a = scaled(parkMillerMatrix(n, d, 17), j => 0.96 ** j / Math.sqrt(n))
    const b = vector(n, 18)
    const product = 4 * n * d * memoryBound()
    const direct = n * d * d + d ** 3 / 3
    for (const lambda of [3e-2, 1e-7]) {
      const auto = await solveRidge(a, b, { lambda, tolerance: 1e-7 })
      const { products } = (await solveRidge(a, b, { lambda, method: 'cg', tolerance: 1e-7, maxIterations: 120 }))
        .report
      expect(auto.status).toBe('solved')
      expect(auto.reason).toMatch(/effective dimension (about|at least) \d+, row coherence \d.*products by rehearsal/)
      const work = auto.report.method === 'direct' ? direct : auto.report.products * product
      expect(work).toBeLessThanOrEqual(2 * Math.min(direct + 3 * product, products * product))
      const exact = await solveRidge(a, b, { lambda, method: 'direct', tolerance: 1e-11 })
      expect(energy(a, lambda, auto.x, exact.x)).toBeLessThanOrEqual(1.01 * auto.errorBound + 1e-16)
      // Fused steps were at work here: a step that reads A once must not lend its gradient to a bound.
      const pcg = await solveRidge(a, b, { lambda, method: adaptivePcg({ plain: false }), tolerance: 1e-7 })
      expect([pcg.status, pcg.relativeError <= 1e-7]).toEqual(['solved', true])
      expect(energy(a, lambda, pcg.x, exact.x)).toBeLessThanOrEqual(1.01 * pcg.errorBound + 1e-16)
    }
  })
  it('a fused step goes where an exact one goes', () => {
    const problem = ridgeProblem(parkMillerMatrix(300, 20, 3), vector(300, 4), { lambda: 0.3 })
    const [p, ap, hp] = [vector(20, 5), new Float64Array(300), new Float64Array(20)]
    hessianTimes(problem, p, { ap, hp })
    const [exact, followed] = [ridgeState(problem), ridgeState(problem)]
    exact.move(0.7, p, problem.operator.apply(p))
    followed.follow(0.7, p, { ap, hp })
    for (const name of ['x', 'residual', 'gradient'] as const)
      expect(norm(exact[name].map((v, j) => v - followed[name][j]))).toBeLessThan(1e-12 * norm(exact[name]))
    expect(followed.products).toBe(exact.products)
  })
  it('near the goal a gradient is never one of a recurrence', () => {
    const problem = ridgeProblem(
      scaled(parkMillerMatrix(300, 20, 3), j => 0.7 ** j),
      vector(300, 4),
      { lambda: 0.01 },
    )
    const tolerance = 1e-14
    const goal = Math.sqrt(problem.lambda * tolerance) * norm(problem.target)
    const state = ridgeState(problem)
    const stepper = ridgeStepper(problem, state, { tolerance, large: 0 })
    const p = state.gradient.map(v => -v)
    let [far, near] = [0, 0]
    for (let k = 0; k < 40; k++) {
      const before = norm(state.gradient) ** 2
      stepper.move(before / stepper.along(p))
      const again = ridgeState(problem, state.x)
      const same = state.gradient.every((v, j) => v === again.gradient[j])
      if (norm(state.gradient) > 30 * goal) {
        far += same ? 0 : 1
      } else {
        // Bit for bit in the step that came near; exact steps after it keep a residual of their own.
        if (near++ === 0) expect(same).toBe(true)
        expect(norm(state.gradient.map((v, j) => v - again.gradient[j]))).toBeLessThan(1e-3 * goal)
      }
      const ratio = norm(state.gradient) ** 2 / before
      for (let j = 0; j < p.length; j++) p[j] = -state.gradient[j] + ratio * p[j]
    }
    expect(far).toBeGreaterThan(5)
    expect(near).toBeGreaterThan(5)
  })
  it('methods in turn: each gets its share, the next begins where it stopped, products add up', () => {
    const problem = ridgeProblem(
      scaled(parkMillerMatrix(80, 30, 5), j => 0.7 ** j),
      vector(80, 6),
      { lambda: 1e-6 },
    )
    const both = inTurn([
      { solver: conjugateGradient(), products: 7 },
      { solver: directRidge(), products: Infinity },
    ])
    let before = Infinity
    const seen: [string, number][] = []
    for (const step of both.iterate(problem, { tolerance: 0 })) {
      expect(step.objective).toBeLessThanOrEqual(before * (1 + 1e-12))
      before = step.objective
      seen.push([step.report.method, step.report.products])
    }
    expect(seen.filter(([method]) => method === 'cg').pop()?.[1]).toBe(7)
    expect(seen.find(([method]) => method === 'direct')?.[1]).toBe(8)
    expect(both.name).toBe('cg, then direct')
    // Hopeless: gives up after ten products of two hundred.
    const early = inTurn([
      { solver: conjugateGradient(), products: 200, digits: 1e9 },
      { solver: directRidge(), products: Infinity },
    ])
    const used = [...early.iterate(problem, { tolerance: 0 })].filter(step => step.report.method === 'cg')
    expect(used[used.length - 1].report.products).toBe(10)
  })
  it('stops early with the best point and says that nothing is proved', async () => {
    const { status, statement, x } = await solveRidge(a, b, { method: 'cg', maxIterations: 2 })
    expect(status).toBe('max-iterations')
    expect(statement).toMatch(/^No bound/)
    expect(norm(x)).toBeGreaterThan(0)
  })
  it('refuses with a code and a way out', async () => {
    const refused = (options: object, name: string, message: RegExp) =>
      expect(solveRidge(a, b, options)).rejects.toEqual(code(name, message))
    await refused({ lambda: -1 }, 'E_PARAM_RANGE', /lambda must be a number ≥ 0; got -1/)
    await refused({ method: 'pcg', rows: 3 }, 'E_SKETCH_TOO_SMALL', /at least 4 rows.*got 3/)
    await refused({ method: 'pcg', rows: 81 }, 'E_SKETCH_TOO_LARGE', /at most the 80 rows.*method direct/)
    await refused({ method: 'ihs', rows: 2.5 }, 'E_PARAM_RANGE', /got 2.5/)
    await refused({ method: 'ihs', rows: 4 }, 'E_SKETCH_TOO_SMALL', /needs more sketch rows than 4; got 4/)
    await refused({ method: 'adaptive' }, 'E_PARAM_RANGE', /lambda must be > 0; got 0/)
    await refused({ method: 'adaptive', lambda: 1, rows: 90 }, 'E_PARAM_RANGE', /1..16, maxRows; got 90/)
    await refused({ method: adaptivePcg({ shrink: 1 }), lambda: 1 }, 'E_PARAM_RANGE', /shrink must be in/)
    await refused({ method: adaptivePcg({ kind: 'srht', grow: 'append' }), lambda: 1 }, 'E_PARAM_RANGE', /got srht/)
    await refused({ method: adaptivePcg({ maxRows: 81 }), lambda: 1 }, 'E_SKETCH_TOO_LARGE', /at most the 80/)
    await refused({ method: hessianSketch({ variant: 'unit', rows: 47 }) }, 'E_PARAM_RANGE', /at least 48 sketch rows/)
    await refused({ method: hessianSketch({ variant: 'fresh-unit', rows: 15 }) }, 'E_PARAM_RANGE', /at least 16/)
    await refused(
      { method: hessianSketch({ variant: 'fresh', rows: 7 }) },
      'E_SKETCH_TOO_SMALL',
      /more sketch rows than 7/,
    )
    await refused({ method: 'svd' }, 'E_UNSUPPORTED', /must be one of auto, .*got svd/)
    await refused({ tolerance: 0 }, 'E_UNSUPPORTED', /tolerance must be > 0; got 0/)
    await expect(solveRidge(a, b.slice(1))).rejects.toEqual(code('E_SHAPE', /must have 80 numbers; got 79/))
    const bad = b.slice()
    bad[3] = Number.NaN
    await expect(solveRidge(a, bad)).rejects.toEqual(code('E_NONFINITE', /target must be finite; got NaN at row 3/))
  })
})

describe('spectrumBound', () => {
  /** λ_i on the diagonal. */
  function bound(values: Float64Array, seed: number, failure?: number) {
    const run = spectrumBound(values.length, v => v.map((x, i) => x * values[i]), { seed, ...(failure && { failure }) })
    for (;;) {
      const { done, value } = run.next()
      if (done) return value
    }
  }
  it('encloses the spectrum, half the least value at worst, in few products', () => {
    for (let seed = 0; seed < 30; seed++) {
      const values = Float64Array.from({ length: 200 }, (_, i) => 0.44 + (3.5 * i) / 199)
      const { least, most, products } = bound(values, seed)
      expect(least).toBeLessThanOrEqual(0.44)
      expect(least).toBeGreaterThan(0.2)
      expect(most).toBeGreaterThanOrEqual(3.94)
      expect(products).toBeLessThan(70)
    }
  })
  it('is exact on a whole space, and claims nothing for a singular matrix', () => {
    expect(bound(Float64Array.of(3, 1, 2), 0).least).toBeCloseTo(1, 10)
    const singular = Float64Array.from({ length: 300 }, (_, i) => i / 299)
    expect(bound(singular, 1).least).toBeLessThan(1e-4)
  })
  it('takes the noise of rounding for no eigenvalue', () => {
    const q = qr(parkMillerMatrix(6, 6, 4)).q
    const b = dense(6, 6)
    for (let i = 0; i < 6; i++)
      for (let j = 0; j < 6; j++) {
        for (let k = 0; k < 5; k++) b.data[i * 6 + j] += (q.data[i * 6 + k] * q.data[j * 6 + k]) / (k + 1)
      }
    for (let seed = 0; seed < 20; seed++) {
      const run = spectrumBound(6, v => times(b, dense(6, 1, v)).data, { seed })
      let { done, value } = run.next()
      while (!done) ({ done, value } = run.next())
      expect(value?.least).toBe(0)
    }
  })
  it('fails no more often than it says, on a spectrum made to fool it', () => {
    // One small eigenvalue among many equal ones, which a start can hardly see.
    const values = new Float64Array(400).fill(1).map((v, i) => (i === 7 ? 0.5 : v + i / 800))
    let wrong = 0
    for (let seed = 0; seed < 200; seed++) if (bound(values, seed, 0.2).least > 0.5) wrong++
    expect(wrong).toBeLessThanOrEqual(40)
  })
})

describe('errorStatement', () => {
  it('rounds up, and claims nothing more than was proved', () => {
    expect(errorStatement({ errorBound: 1.01e-9, relativeError: 3.33e-5, boundBy: 'ridge' })).toMatch(
      /more than 1.1e-9 below this one; .* within 3.4e-5 of the best ones.*gradient and the ridge alone, rounding included/,
    )
    expect(errorStatement({ errorBound: 1e-9, relativeError: 1e-5, boundBy: 'spectrum' })).toMatch(
      /probability below 1e-9/,
    )
    expect(errorStatement({ errorBound: 5, relativeError: 1.5, boundBy: 'ridge' })).toMatch(/^No useful bound/)
    expect(errorStatement({ errorBound: Infinity, relativeError: Infinity, boundBy: 'none' })).toMatch(/^No bound/)
  })
})
