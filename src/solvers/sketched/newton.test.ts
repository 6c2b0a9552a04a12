import { describe, expect, it } from 'vitest'
import { parkMillerMatrix } from '../../../test/oracles/sketches.ts'
import { createLoss, type Loss, logisticLoss, poissonLoss } from '../../losses/index.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { norm } from '../../matrix/vector.ts'
import { fold, key, normals } from '../../random/index.ts'
import { identityColumns } from '../../sketch/draw.ts'
import { fista } from '../fista.ts'
import { solve } from '../solve.ts'
import {
  chooseGlmSolver,
  coherenceProbe,
  decrementGrowth,
  GLM_METHODS,
  type GlmProblem,
  type GlmSolver,
  glmProblem,
  type NewtonIterate,
  newton,
  newtonLess,
  newtonSketch,
  publishedConstants,
  publishedGrowth,
  solveGlm,
} from './index.ts'
import { newtonReport } from './newton.ts'
import { adaptiveDirection, exactDirection, exactWork } from './newtonStep.ts'
import { hessianProduct, systemFactor } from './newtonSystem.ts'

const code = (name: string, message: RegExp) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) })

/** The reference problem: 12 × 3, mean logistic loss + 0.05‖x‖². */
const reference = () => {
  const a = dense(
    12,
    3,
    parkMillerMatrix(12, 3, 61).data.map(v => 2 * v),
  )
  const y = parkMillerMatrix(12, 1, 62).data.map(v => (v > 0 ? 1 : -1))
  return { a, y }
}

/** Logistic data with decaying columns. */
function data(n: number, d: number, decay = 0.9, seed = 1): { a: Dense; y: Float64Array } {
  const a = dense(
    n,
    d,
    normals(key(seed), n * d).map((z, t) => z * decay ** (t % d)),
  )
  const w = normals(fold(key(seed), 'w'), d)
  const noise = normals(fold(key(seed), 'noise'), n)
  const y = Float64Array.from({ length: n }, (_, i) => {
    let s = noise[i]
    for (let j = 0; j < d; j++) s += a.data[i * d + j] * w[j]
    return s > 0 ? 1 : -1
  })
  return { a, y }
}

/** All steps up to a relative gap. */
function run(problem: GlmProblem, solver: GlmSolver, tolerance = 1e-12, most = 400) {
  const steps: { objective: number; bound: number; phase: string; rows: number; x: Float64Array }[] = []
  let last: NewtonIterate | undefined
  for (const step of solver.iterate(problem, { tolerance })) {
    last = step
    steps.push({
      objective: step.objective,
      bound: step.bound,
      phase: step.phase,
      rows: step.report.sketchRows,
      x: step.x.slice(),
    })
    if (step.objective - step.bound <= tolerance * Math.abs(step.objective) || steps.length >= most) break
  }
  return { steps, last: last as NewtonIterate }
}

describe('known answers', () => {
  const { a, y } = reference()
  const problem = glmProblem(a, logisticLoss(y), { lambda: 0.1 * 12 })
  const best = [-0.051474522359, 0.098590189641, 0.145554631753]

  it('has the labels of the reference', () => {
    expect([...y]).toEqual([-1, -1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1])
  })
  it('exact Newton steps: decrements, point and value', () => {
    const { steps, last } = run(problem, newton({ steps: 'exact' }), -1, 12)
    const [first, second, third] = last.report.decrements
    expect(steps[0].objective / 12).toBeCloseTo(Math.LN2, 14)
    expect(first / 1.4790636713e-2).toBeCloseTo(1, 9)
    expect(second / 3.2881522113e-7).toBeCloseTo(1, 9)
    expect(third / 2.1416e-15).toBeCloseTo(1, 3)
    expect(last.objective / 12).toBeCloseTo(0.685734838367, 11)
    last.x.forEach((v, j) => {
      expect(v).toBeCloseTo(best[j], 11)
    })
  })
  it('effective dimension at the solution', () => {
    const x = Float64Array.from(best)
    const fit = problem.operator.apply(x)
    const { root, rest } = problem.program.system(fit, x, problem.program.gradient(fit, x))
    let trace = 0
    const factor = systemFactor(root, rest)
    for (let j = 0; j < 3; j++) {
      const unit = new Float64Array(3)
      unit[j] = 1
      const product = hessianProduct({ root, rest: { kind: 'ridge', lambda: 0 }, gradient: unit, expand: v => v }, unit)
      trace += factor.solve(product)[j]
    }
    expect(trace).toBeCloseTo(2.351181017426, 9)
  })
})

const counts = (n: number) => Float64Array.from({ length: n }, (_, i) => (i * 7) % 5)
const numbers = (n: number) => normals(key(9), n).map(v => 2 * v)
const losses: readonly [string, (y: Float64Array) => Loss][] = [
  ['squared', y => createLoss('squared', { targets: numbers(y.length) })],
  ['huber', y => createLoss('huber', { targets: numbers(y.length), delta: 0.5 })],
  ['logistic', y => createLoss('logistic', { targets: y })],
  ['squared-hinge', y => createLoss('squared-hinge', { targets: y })],
  ['poisson', y => poissonLoss(counts(y.length))],
  ['weighted logistic', y => logisticLoss(y, { weights: y.map((_, i) => (i % 4) / 2), offset: [0.3] })],
]

describe.each(losses)('%s loss', (_name, lossOf) => {
  const { a, y } = data(300, 6)
  it.each([false, true])(
    'every method ends at one optimum, with bounds below and values above it (intercept %s)',
    intercept => {
      const problem = glmProblem(a, lossOf(y), { lambda: 3, intercept })
      const { last: exact } = run(problem, newton({ steps: 'exact' }), 1e-13)
      const optimum = exact.objective
      // The stationarity of the optimum, from the definition.
      const slopes = problem.loss.gradient(problem.operator.apply(exact.x))
      const gradient = problem.operator.applyT(slopes)
      for (let j = 0; j < 6; j++) gradient[j] += 3 * exact.x[j]
      expect(norm(gradient)).toBeLessThan(1e-5)
      for (const solver of [newton(), newtonLess(), newtonSketch(), newtonSketch({ growth: { rule: 'decrement' } })]) {
        const { steps, last } = run(problem, solver, 1e-10)
        expect(last.objective - last.bound, solver.name).toBeLessThanOrEqual(1e-9 * optimum)
        for (let k = 0; k < steps.length; k++) {
          expect(steps[k].bound).toBeLessThanOrEqual(optimum * (1 + 1e-12))
          expect(steps[k].objective).toBeGreaterThanOrEqual(optimum * (1 - 1e-12))
          if (k > 0) expect(steps[k].objective).toBeLessThanOrEqual(steps[k - 1].objective * (1 + 1e-14))
          if (k > 0) expect(steps[k].bound).toBeGreaterThanOrEqual(steps[k - 1].bound)
        }
      }
    },
  )
})

describe('newton', () => {
  it('agrees with another solver on the same composite problem', async () => {
    const { a, y } = data(200, 5)
    const problem = glmProblem(a, logisticLoss(y), { lambda: 2 })
    const other = await solve(problem, fista, { tolerance: 1e-9, maxIterations: 20_000 })
    const { last } = run(problem, newton({ steps: 'exact' }))
    expect(other.objective).toBeGreaterThanOrEqual(last.bound)
    expect(other.objective / last.objective - 1).toBeLessThan(1e-8)
  })
  it('finds the size of its sketch: a few effective dimensions, in few products', () => {
    const { a, y } = data(2000, 100, 0.9)
    for (const mu of [1e-2, 1e-3]) {
      const problem = glmProblem(a, logisticLoss(y), { lambda: mu * 2000 })
      const { steps, last } = run(problem, newton(), 1e-12)
      const sizes = steps.map(s => s.rows)
      expect(sizes.every((m, k) => k === 0 || m >= sizes[k - 1])).toBe(true)
      expect(last.report.sketchRows).toBeGreaterThan(0)
      expect(last.report.sketchRows).toBeLessThanOrEqual(16 * last.report.effectiveDimension)
      expect(last.report.decrements.length).toBeLessThanOrEqual(12)
      expect(last.report.products).toBeLessThan(140)
    }
  })
  it('with a budget, a step costs at most twice the exact one', () => {
    const { a, y } = data(600, 150, 0.99)
    const problem = glmProblem(a, logisticLoss(y), { lambda: 0.6 })
    const z = new Float64Array(150)
    const fit = problem.operator.apply(z)
    const system = problem.program.system(fit, z, problem.program.gradient(fit, z))
    const spend = (budgeted: boolean) => {
      const report = newtonReport('test')
      const memory = { rows: 16, sketches: 0, exact: false }
      const options = { kind: 'sjlt', seed: 0, shrink: 0.5, maxRows: 600, budgeted, scale: 6e14 } as const
      const run = adaptiveDirection(system, memory, report, options)
      let step = run.next()
      while (!step.done) step = run.next()
      // One product is the exact direction's refinement.
      return { work: (report.products - 1) * 4 * 600 * 150 * 6, memory, v: step.value.v }
    }
    const free = spend(false)
    const held = spend(true)
    expect(free.memory.exact).toBe(false)
    expect(free.work).toBeGreaterThan(exactWork(system))
    expect(held.memory.exact).toBe(true)
    expect(held.work).toBeLessThanOrEqual(exactWork(system))
    const { v } = exactDirection(system, newtonReport('test'))
    expect(held.v).toEqual(v)
  })
  it('with S = I the sketched step is the exact one', () => {
    const { a, y } = data(60, 4)
    const problem = glmProblem(a, logisticLoss(y), { lambda: 1, intercept: true })
    const identity = (o: { rows: number; samples: number }) => ({
      kind: 'identity',
      rows: o.samples,
      samples: o.samples,
      apply: (m: Dense) => m,
      columns: (from: number, count: number) => identityColumns(o.samples, from, count),
    })
    const sketched = run(
      problem,
      newtonSketch({ kind: identity, rows: 60, growth: { rule: 'decrement', contraction: 1e9 } }),
      1e-13,
    ).last
    const exact = run(problem, newton({ steps: 'exact' }), 1e-13).last
    expect(sketched.report.decrements.length).toBe(exact.report.decrements.length)
    sketched.report.decrements.slice(0, 3).forEach((v, k) => {
      expect(v / exact.report.decrements[k]).toBeCloseTo(1, 6)
    })
  })
  it('says so when the classes are separable and nothing holds the solution back', async () => {
    const a = dense(
      40,
      1,
      Float64Array.from({ length: 40 }, (_, i) => i - 19.5),
    )
    const y = Float64Array.from({ length: 40 }, (_, i) => (i < 20 ? -1 : 1))
    await expect(solveGlm(a, logisticLoss(y), { method: 'newton' })).rejects.toEqual(
      code('E_DIVERGED', /separated by a hyperplane\. Add a ridge/),
    )
    const ridged = await solveGlm(a, logisticLoss(y), { method: 'newton', lambda: 1e-3 })
    expect(ridged.status).toBe('solved')
  })
  it('gives the same bits for the same seed, and others for another', async () => {
    const { a, y } = data(500, 20)
    const once = async (seed: number) =>
      (await solveGlm(a, logisticLoss(y), { lambda: 1, method: 'newton-ada', seed, tolerance: 1e-6 })).x
    expect(await once(3)).toEqual(await once(3))
    expect(await once(4)).not.toEqual(await once(3))
  })
})

describe('newton sketch', () => {
  it('converges at the rate predicted for Gaussian-like sketches, and is linear', () => {
    const { a, y } = data(1024, 24, 0.95)
    const problem = glmProblem(a, logisticLoss(y), { lambda: 2 })
    for (const solver of [newtonLess({ rows: 96 }), newtonSketch({ kind: 'gaussian', rows: 96 })]) {
      const { last } = run(problem, solver, 1e-12)
      const { predicted, measured } = last.report
      expect(last.report.warnings).toEqual([])
      // Geometric means lie a little below root mean squares.
      expect(measured / predicted).toBeGreaterThan(0.6)
      expect(measured / predicted).toBeLessThan(1.25)
    }
  })
  it('warns when the sketch does not converge as predicted', () => {
    const { a, y } = data(1024, 16, 1)
    // Rows that matter 30 times more than others, too few to be seen by uniform sampling.
    for (let i = 0; i < 16; i++) for (let j = 0; j < 16; j++) a.data[(61 * i + 5) * 16 + j] = i === j ? 60 : 0
    const problem = glmProblem(a, createLoss('squared', { targets: y }), { lambda: 0.1 })
    const { last } = run(problem, newtonSketch({ kind: 'uniform', rows: 64 }), 1e-14, 60)
    expect(last.report.warnings.join()).toMatch(/predicted a factor of .* measured/)
  })
  it('refuses uniform weights where rows are not alike, and sparsities out of range', () => {
    const { a, y } = data(400, 4)
    a.data.fill(1000, 0, 4)
    expect(coherenceProbe(a, 0) > 1).toBe(true)
    const everywhere = glmProblem(a, logisticLoss(y), { lambda: 1 })
    let seen: unknown
    for (let seed = 0; seed < 20 && seen === undefined; seed++)
      try {
        run(everywhere, newtonLess({ weights: 'uniform', seed }), 1e-3)
      } catch (error) {
        seen = error
      }
    expect(seen).toEqual(
      code('E_PARAM_RANGE', /rows that are alike; the largest .* times the mean, more than 50\. Use leverage/),
    )
    expect(() => run(everywhere, newtonLess({ sparsity: 0 }))).toThrow(
      code('E_PARAM_RANGE', /sparsity must be a whole number in 1\.\.400; got 0/),
    )
  })
  it('refuses sketches that cannot do', () => {
    const { a, y } = data(50, 4)
    const free = glmProblem(a, logisticLoss(y))
    const held = glmProblem(a, logisticLoss(y), { lambda: 1 })
    expect(() => run(free, newtonSketch({ rows: 7 }))).toThrow(
      code('E_SKETCH_TOO_SMALL', /more than 7 rows.*got 7\. Take 16/),
    )
    expect(() => run(held, newtonSketch({ rows: 51 }))).toThrow(
      code('E_SKETCH_TOO_LARGE', /at most the 50 rows.*got 51/),
    )
    expect(() => run(held, newtonSketch({ rows: 0.5 }))).toThrow(code('E_PARAM_RANGE', /whole number ≥ 1; got 0.5/))
  })
})

describe('rules of growth', () => {
  it('has the published constants', () => {
    const { eta, nu, alpha } = publishedConstants()
    const q = 9 / 7
    expect(eta).toBeCloseTo((1 - (q * q) / 2 - 0.1) / 8 / q ** 3, 15)
    expect(eta).toBeGreaterThan(4e-3)
    expect(eta).toBeLessThan(5e-3)
    expect(nu).toBeCloseTo((0.05 * eta ** 2) / (1 + q * eta), 15)
    expect(alpha).toBeCloseTo((Math.sqrt(9 / 8) / Math.sqrt(7 / 8)) * (0.57 + 1 / 15), 12)
    expect(() => publishedConstants({ epsilon: 0.5 })).toThrow(code('E_PARAM_RANGE', /q²\/2 \+ a must be below 1/))
    expect(() => publishedConstants({ tau: 2 })).toThrow(/tau must be in \[0, 1\]; got 2/)
  })
  it('judges as written', () => {
    const published = publishedGrowth()
    const { eta, nu, alpha } = publishedConstants()
    expect(published({ before: 4 * eta ** 2, now: 1, decrease: nu })).toBe('keep')
    expect(published({ before: 4 * eta ** 2, now: 1, decrease: nu / 2 })).toBe('reject')
    expect(published({ before: eta ** 2 / 4, now: (0.99 * alpha * eta * 0.5) ** 2, decrease: 0 })).toBe('keep')
    expect(published({ before: eta ** 2 / 4, now: (1.01 * alpha * eta * 0.5) ** 2, decrease: 1 })).toBe('reject')
    expect(decrementGrowth()({ before: 1, now: 0.51, decrease: 0 })).toBe('grow')
    expect(decrementGrowth()({ before: 1, now: 0.49, decrease: 0 })).toBe('keep')
    expect(decrementGrowth({ power: 2 })({ before: 0.01, now: 0.0004, decrease: 0 })).toBe('grow')
    expect(() => decrementGrowth({ contraction: 0 })).toThrow(/contraction and powerFactor must be > 0/)
  })
  it('the published test lets the sketch stay too small for ever; the other grows it', () => {
    const { a, y } = data(1000, 40, 0.95)
    const problem = glmProblem(a, logisticLoss(y), { lambda: 1 })
    const stuck = run(problem, newtonSketch({ growth: { rule: 'published' } }), 1e-10, 200).last
    const grown = run(problem, newtonSketch({ growth: { rule: 'decrement' } }), 1e-10, 400).last
    expect(stuck.report.sketchRows).toBeLessThanOrEqual(2)
    expect((stuck.objective - stuck.bound) / stuck.objective).toBeGreaterThan(1e-6)
    expect((grown.objective - grown.bound) / grown.objective).toBeLessThan(1e-9)
    expect(grown.report.growth.length).toBeGreaterThan(3)
  })
})

describe('systems', () => {
  const root = parkMillerMatrix(20, 5, 7)
  const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, v, j) => sum + v * y[j], 0)
  const rests = [
    { kind: 'ridge', lambda: 0.3 },
    { kind: 'diagonal', values: Float64Array.of(0.1, 2, 30, 0.5, 1) },
    {
      kind: 'matrix',
      matrix: dense(
        5,
        5,
        Float64Array.from({ length: 25 }, (_, t) => (t % 6 === 0 ? 2 : 0.3)),
      ),
    },
  ] as const
  it.each(rests)('a factor of the whole root inverts the product ($kind)', rest => {
    const system = { root, rest, gradient: new Float64Array(5), expand: (v: Float64Array) => v }
    const v = Float64Array.of(1, -2, 0.5, 3, -1)
    const factor = systemFactor(root, rest)
    const back = factor.solve(hessianProduct(system, v))
    back.forEach((x, j) => {
      expect(x).toBeCloseTo(v[j], 10)
    })
    if (factor.half && factor.halfT)
      expect(dot(factor.half(v), factor.half(v))).toBeCloseTo(dot(v, factor.solve(v)), 10)
    // Fewer rows than columns go another way.
    const few = dense(3, 5, root.data.slice(0, 15))
    const small = systemFactor(few, rest)
    small.solve(hessianProduct({ ...system, root: few }, v)).forEach((x, j) => {
      expect(x).toBeCloseTo(v[j], 9)
    })
  })
  it('refuses a singular sum', () => {
    const zero = { kind: 'matrix', matrix: dense(5, 5) } as const
    expect(() => systemFactor(dense(3, 5), zero)).toThrow(code('E_RANK', /columns must be independent/))
  })
})

describe('solveGlm', () => {
  it.each(GLM_METHODS.filter(m => m !== 'newton-published'))('%s solves', async method => {
    const { a, y } = data(400, 8)
    const solution = await solveGlm(a, logisticLoss(y), { lambda: 1, intercept: true, method, tolerance: 1e-9 })
    expect(solution.status).toBe('solved')
    expect(solution.relativeGap).toBeLessThanOrEqual(1e-9)
    expect(solution.intercept).not.toBeNull()
  })
  it('auto measures and says why', () => {
    const narrow = data(400, 8)
    expect(chooseGlmSolver(glmProblem(narrow.a, logisticLoss(narrow.y), { lambda: 1 })).reason).toMatch(
      /400 × 8 is narrow/,
    )
    const flat = data(400, 130)
    expect(chooseGlmSolver(glmProblem(flat.a, logisticLoss(flat.y), { lambda: 1 })).reason).toMatch(/not tall enough/)
    const tall = data(4000, 300, 0.9)
    const { solver, reason } = chooseGlmSolver(glmProblem(tall.a, logisticLoss(tall.y), { lambda: 4 }))
    expect(solver.name).toBe('newton-ada')
    expect(reason).toMatch(/effective dimension about \d+, row coherence [\d.]+; a factor .* a sketch of \d+ rows/)
  })
  it('refuses what it cannot take', async () => {
    const { a, y } = data(20, 2)
    const loss = logisticLoss(y)
    await expect(solveGlm(a, loss, { lambda: -1 })).rejects.toEqual(
      code('E_PARAM_RANGE', /lambda must be a number ≥ 0; got -1/),
    )
    await expect(solveGlm(a, loss, { tolerance: 0 })).rejects.toThrow(/tolerance must be > 0; got 0/)
    await expect(solveGlm(dense(19, 2), loss)).rejects.toThrow(/must have the 19 samples of the matrix; got 20/)
    await expect(solveGlm(a, createLoss('multinomial', { targets: counts(20) }))).rejects.toThrow(
      /one output is needed; got multinomial on 5/,
    )
    const bad = dense(20, 2, a.data.slice())
    bad.data[5] = Number.NaN
    await expect(solveGlm(bad, loss)).rejects.toEqual(code('E_NONFINITE', /got NaN at row 2, column 1/))
    await expect(solveGlm(a, loss, { method: 'magic' as 'auto' })).rejects.toThrow(/method must be one of auto, newton/)
  })
})
