import { describe, expect, it } from 'vitest'
import { dense } from '../src/matrix/dense.ts'
import { maskBit, masks, setMaskBit } from '../src/matrix/masks.ts'
import { ahead, bars, belowCurve, onCpu, withinSeconds } from './bars.ts'
import { judge, lambdaMax, lossOf } from './judge.ts'
import { readOptions } from './options.ts'
import { cellsInSpace } from './problems/C.ts'
import { draws, patternsOf } from './problems/generator.ts'
import { problemNamed } from './problems/index.ts'
import type { RaceProblem } from './problems/problem.ts'
import { shareSolved, smallProblem, timeToError } from './profile.ts'
import type { Row } from './race.ts'
import { table } from './table.ts'

const small = (over: Partial<RaceProblem> = {}): RaceProblem => {
  const random = draws(4)
  const x = random.matrix(12, 3)
  const y = random.matrix(12, 1).data
  return {
    ...{ name: 'small', kind: 'gated', loss: 'squared', outputs: 1, complete: false },
    ...{ x, y, ...patternsOf(x, random.matrix(3, 5)) },
    ...over,
  }
}

/** Value of the gated program by its definition, one sum a sample. */
function naiveValue({ x, y, masks: m }: RaceProblem, u: Float64Array, lambda: number): number {
  let value = 0
  for (let i = 0; i < x.rows; i++) {
    let f = 0
    for (let k = 0; k < m.patterns; k++)
      if (maskBit(m, k, i)) for (let j = 0; j < x.cols; j++) f += x.data[i * x.cols + j] * u[k * x.cols + j]
    value += (f - y[i]) ** 2 / (2 * x.rows)
  }
  for (let k = 0; k < m.patterns; k++) value += lambda * Math.hypot(...u.subarray(k * x.cols, (k + 1) * x.cols))
  return value
}

describe('judge', () => {
  it('gives the value of the definition, and a bound below the value of every other point', () => {
    const problem = small()
    const random = draws(9)
    const points = Array.from({ length: 30 }, () => random.matrix(1, problem.masks.patterns * 3).data.map(v => v * 0.2))
    const verdicts = points.map(u => judge(problem, { lambda: 0.05, u }))
    verdicts.forEach((verdict, k) => {
      expect(verdict.primal).toBeCloseTo(naiveValue(problem, points[k], 0.05), 12)
    })
    const best = Math.min(...verdicts.map(each => each.primal))
    for (const { dual } of verdicts) expect(dual).toBeLessThanOrEqual(best)
  })

  it('proves zero optimal from lambdaMax on, and not below it', () => {
    const problem = small()
    const u = new Float64Array(problem.masks.patterns * 3)
    const top = lambdaMax(problem)
    expect(judge(problem, { lambda: top, u }).relativeGap).toBeLessThan(1e-12)
    expect(judge(problem, { lambda: 0.9 * top, u }).relativeGap).toBeGreaterThan(1e-3)
  })

  it('one sample, one pattern: the closed form of the gated and of the ReLU program', () => {
    const m = masks(1, 1)
    setMaskBit(m, 0, 0)
    const one = { x: dense(1, 1, Float64Array.of(2)), y: Float64Array.of(3), masks: m, gates: dense(1, 1) }
    // min ½(2u − 3)² + λ|u|: u = (2·3 − λ)/4.
    const lambda = 0.5
    const optimum = (6 - lambda) / 4
    const value = 0.5 * (2 * optimum - 3) ** 2 + lambda * optimum
    const gated = judge(small(one), { lambda, u: Float64Array.of(optimum) })
    const relu = judge(small({ ...one, kind: 'relu' }), { lambda, u: Float64Array.of(optimum, 0) })
    for (const verdict of [gated, relu]) {
      expect(verdict.primal).toBeCloseTo(value, 12)
      expect(verdict.dual).toBeCloseTo(value, 12)
    }
    expect(relu.active).toBe(1)
  })

  it('the cones count: dropping a cone point into its network never looks better than the bound', () => {
    const problem = small({ kind: 'relu' })
    const random = draws(10)
    const duals: number[] = []
    const primals: number[] = []
    for (let k = 0; k < 20; k++) {
      const u = random.matrix(1, problem.masks.patterns * 6).data.map(v => v * 0.1)
      // Feasible by construction: the gate itself lies in its cone.
      for (let g = 0; g < 2 * problem.masks.patterns; g++) {
        const scale = Math.abs(u[g * 3])
        for (let j = 0; j < 3; j++) u[g * 3 + j] = scale * problem.gates.data[(g % problem.masks.patterns) * 3 + j]
      }
      const verdict = judge(problem, { lambda: 0.02, u })
      duals.push(verdict.dual)
      primals.push(verdict.primal)
    }
    expect(Math.max(...duals)).toBeLessThanOrEqual(Math.min(...primals))
    // The cone bound may exceed what the gated program of the same patterns allows, never fall below it at one θ.
    const zero = new Float64Array(problem.masks.patterns * 6)
    const theta = lossOf(problem).gradient(new Float64Array(12))
    const cone = judge(problem, { lambda: 0.02, u: zero, theta })
    const free = judge(small(), { lambda: 0.02, u: zero.subarray(0, problem.masks.patterns * 3), theta })
    expect(cone.dual).toBeGreaterThanOrEqual(free.dual * (1 - 1e-12))
  })

  it('ReLU points are taken at what their network does, infeasible ones too', () => {
    const problem = small({ kind: 'relu' })
    const { x, y, masks: m } = problem
    const u = draws(11).matrix(2 * m.patterns, 3)
    let value = 0
    for (let i = 0; i < 12; i++) {
      let f = 0
      for (let g = 0; g < u.rows; g++) {
        let z = 0
        for (let j = 0; j < 3; j++) z += x.data[i * 3 + j] * u.data[g * 3 + j]
        f += Math.max(z, 0) * (g < m.patterns ? 1 : -1)
      }
      value += (f - y[i]) ** 2 / 24
    }
    for (let g = 0; g < u.rows; g++) value += 0.02 * Math.hypot(...u.data.subarray(g * 3, g * 3 + 3))
    expect(judge(problem, { lambda: 0.02, u: u.data }).primal).toBeCloseTo(value, 12)
  })

  it('over all patterns the cone bound is the steepest neuron: max |Σ yᵢ (xᵢ·u)₊| / n over unit u', () => {
    // Noise, n = 10, all 92 patterns: without its cones the bound would be 2.5 × too low.
    const random = draws(9)
    const [x, y] = [random.matrix(10, 3), random.matrix(10, 1).data]
    const problem = small({ kind: 'relu', complete: true, x, y, ...patternsOf(x, cellsInSpace(x)) })
    expect(problem.masks.patterns).toBe(92)
    let steepest = 0
    for (let k = 0; k < 20_000; k++) {
      const u = random.matrix(1, 3).data
      let sum = 0
      for (let i = 0; i < x.rows; i++) {
        const z = x.data[i * 3] * u[0] + x.data[i * 3 + 1] * u[1] + x.data[i * 3 + 2] * u[2]
        if (z > 0) sum += y[i] * z
      }
      steepest = Math.max(steepest, Math.abs(sum) / Math.hypot(...u) / x.rows)
    }
    const top = lambdaMax(problem)
    expect(lambdaMax({ ...problem, kind: 'gated' })).toBeGreaterThan(2 * top)
    // And the judge, which shares no code with lambdaMax, projects as well: zero is proved optimal there.
    const zero = new Float64Array(2 * 92 * 3)
    expect(judge(problem, { lambda: 1.0001 * top, u: zero }).relativeGap).toBeLessThan(1e-9)
    expect(judge(problem, { lambda: 0.9 * top, u: zero }).relativeGap).toBeGreaterThan(1e-3)
    expect(top).toBeGreaterThanOrEqual(steepest * (1 - 1e-12))
    expect(top).toBeLessThan(steepest * 1.002)
  })

  it('a point of the wrong size is refused', () => {
    expect(() => judge(small(), { lambda: 1, u: new Float64Array(4) })).toThrow('the point must have 12 numbers')
  })

  it('offered dual points are scaled into feasibility, not believed', () => {
    const problem = small()
    const u = new Float64Array(problem.masks.patterns * 3)
    const theta = Float64Array.from(problem.y, value => -value)
    const honest = judge(problem, { lambda: 0.05, u })
    const offered = judge(problem, { lambda: 0.05, u, theta: theta.map(value => 1e6 * value) })
    expect(offered.dual).toBeCloseTo(honest.dual, 12)
  })

  it('several classes: uniform scores cost log 3, and zero is optimal from lambdaMax on', () => {
    const problem = problemNamed('A-multinomial').make()
    const u = new Float64Array(3 * problem.masks.patterns * 20)
    const verdict = judge(problem, { lambda: 1.0001 * lambdaMax(problem), u })
    expect(verdict.primal).toBeCloseTo(Math.log(3), 9)
    expect(verdict.relativeGap).toBeLessThan(1e-9)
  })
})

const row = (over: Partial<Row>): Row => ({
  ...{ problem: 'A', lambda: 0.01, solver: 'nadir', backend: 'wasm', threads: 1, status: 'reached', seconds: 0.2 },
  ...{
    solverSeconds: null,
    cpuSeconds: 0.2,
    primal: 1,
    dual: 1,
    relativeGap: 1e-7,
    iterations: 3,
    active: 2,
    peakMemory: 1e6,
  },
  ...{ note: '', versions: '', times: [], curve: [] },
  ...over,
})

describe('bars', () => {
  const spec = { problem: 'A', level: { lambda: 0.01 }, solver: 'nadir' }

  it('name problems and solvers that exist', () => {
    for (const bar of bars) for (const each of bar.specs) expect(problemNamed(each.problem).name).toBe(each.problem)
  })

  it('a time counts only when the gap was reached', () => {
    const bar = withinSeconds(0.3, spec)
    expect(bar.read([row({})]).met).toBe(true)
    expect(bar.read([row({ seconds: 0.4 })]).met).toBe(false)
    expect(bar.read([row({ status: 'not-reached' })]).met).toBe(false)
    expect(bar.read([row({ status: 'failed', seconds: null })]).met).toBe(false)
  })

  it("ratios use the peer's own solving time, and a silent peer proves nothing", () => {
    const bar = ahead(3, spec, 'clarabel')
    const clarabel = row({ solver: 'clarabel', seconds: 5, solverSeconds: 0.5 })
    expect(bar.read([row({}), clarabel])).toMatchObject({ met: false, measured: expect.stringContaining('2.5 ×') })
    expect(bar.read([row({}), { ...clarabel, solverSeconds: 0.7 }]).met).toBe(true)
    expect(bar.read([row({ status: 'not-reached' }), { ...clarabel, solverSeconds: 0.7 }]).met).toBe(false)
    expect(bar.read([row({}), { ...clarabel, seconds: null, solverSeconds: null }]).met).toBe(null)
  })

  it('processor time scales everything alike', () => {
    const busy = row({ seconds: 4, cpuSeconds: 1, solverSeconds: 2, curve: [[4, 1, 1e-7]] })
    expect(onCpu(busy)).toMatchObject({ seconds: 1, solverSeconds: 0.5, curve: [[1, 1, 1e-7]] })
  })

  it('a curve must be below at every point from 1 % on', () => {
    const bar = belowCurve(0.01)
    const curve = [
      [0.05, 1.2, 1],
      [0.1, 1.005, 1],
      [1, 1, 1],
    ] as const
    const theirs = row({ solver: 'adelie-path', curve })
    const ours = (early: number) =>
      row({
        curve: [
          [early, 1.004, 1],
          [0.5, 1, 1],
        ],
      })
    expect(bar.read([ours(0.09), ours(0.3), theirs]).met).toBe(true)
    expect(bar.read([ours(0.2), ours(0.3), theirs]).met).toBe(false)
  })
})

describe('profile', () => {
  it('reads the first time a curve is within the error of the bound', () => {
    const one = row({
      curve: [
        [1, 1.1, null],
        [2, 1.0009, null],
        [3, 1.0000009, null],
      ],
    })
    expect(timeToError(one, 1, 1e-3)).toBe(2)
    expect(timeToError(one, 1, 1e-6)).toBe(3)
    expect(timeToError(one, 1, 1e-7)).toBe(null)
    expect(shareSolved([0.5, 2, null, 1], 1)).toBe(0.5)
  })

  it('has 40 different problems, half of them ReLU', () => {
    const made = Array.from({ length: 40 }, (_, k) => smallProblem(k))
    expect(new Set(made.map(each => each.title + JSON.stringify(each.levels))).size).toBe(40)
    expect(made.filter(each => each.title.startsWith('relu')).length).toBe(20)
    expect(made[21].make().x.rows).toBe(60)
  })
})

describe('flags', () => {
  it('are read, several at once', () => {
    const options = readOptions([
      '--problem',
      'A,C',
      '--lambda',
      '0.1',
      '--lambda',
      '0.01',
      '--solver',
      'nadir',
      '--json',
    ])
    expect(options).toMatchObject({ problems: ['A', 'C'], solvers: ['nadir'], json: true, gap: 1e-6, threads: 1 })
    expect(options.levels).toEqual([{ lambda: 0.1 }, { lambda: 0.01 }])
  })

  it('are refused with a sentence', () => {
    expect(() => readOptions(['--lambda=-1'])).toThrow('bench: --lambda must be a number above 0; got "-1".')
    expect(() => readOptions(['--threads', '1.5'])).toThrow('bench: --threads must be a whole number; got "1.5".')
    expect(() => readOptions(['--lambada', '1'])).toThrow('bench: the flags must be known; got')
  })

  it('the table gives ratios to the Nadir row that reached the gap', () => {
    const text = table('A', [
      row({ seconds: 0.1, status: 'not-reached' }),
      row({}),
      row({ solver: 'adelie', seconds: 1 }),
    ])
    expect(text).toMatch(/adelie +1\.000 +5\.00 ×/)
  })
})
