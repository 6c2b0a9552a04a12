import { describe, expect, it } from 'vitest'
import { parkMillerMatrix } from '../../../test/oracles/sketches.ts'
import { certifyLinear } from '../../certificates/certifyLinear.ts'
import { squaredLoss } from '../../losses/squared.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { norm } from '../../matrix/vector.ts'
import { box, type Constraint, l1Ball, l2Ball, nonnegative, simplex } from '../../penalties/index.ts'
import { uniformRows } from '../../sketch/uniformRows.ts'
import { fista } from '../fista.ts'
import { solve } from '../solve.ts'
import {
  type ConstrainedSketchOptions,
  constrainedGap,
  constrainedHessianSketch,
  constrainedProblem,
  hessianSketchRate,
  ridgeProblem,
  solveConstrained,
  solveRidge,
} from './index.ts'
import { acceptsRidge, ridgeState } from './ridgeProblem.ts'

const vector = (n: number, seed: number) => parkMillerMatrix(n, 1, seed).data
const code = (name: string, message: RegExp) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) })

function valueAt(a: Dense, b: Float64Array, lambda: number, x: Float64Array): number {
  let sum = 0.5 * lambda * x.reduce((all, v) => all + v * v, 0)
  for (let i = 0; i < a.rows; i++) {
    let r = -b[i]
    for (let j = 0; j < a.cols; j++) r += a.data[i * a.cols + j] * x[j]
    sum += 0.5 * r * r
  }
  return sum
}

/** The 2 × 2 ridge system on the free entries, others held: minimisers on every face of a box, the best feasible one. */
function boxOracle(a: Dense, b: Float64Array, lambda: number, low: number, high: number): Float64Array {
  const d = a.cols
  let best = { value: Infinity, x: new Float64Array(d) }
  for (let face = 0; face < 3 ** d; face++) {
    const state = Array.from({ length: d }, (_, j) => Math.floor(face / 3 ** j) % 3)
    const x = Float64Array.from(state, s => (s === 0 ? low : s === 1 ? high : 0))
    const free = state.flatMap((s, j) => (s === 2 ? [j] : []))
    // Gauss–Seidel to round-off: a solver of linear systems that shares nothing with those tested.
    for (let sweep = 0; sweep < 4000; sweep++)
      for (const j of free) {
        let [up, down] = [0, lambda]
        for (let i = 0; i < a.rows; i++) {
          let r = b[i]
          for (let k = 0; k < d; k++) if (k !== j) r -= a.data[i * d + k] * x[k]
          up += a.data[i * d + j] * r
          down += a.data[i * d + j] ** 2
        }
        x[j] = up / down
      }
    if (!x.every(v => v >= low && v <= high)) continue
    const value = valueAt(a, b, lambda, x)
    if (value < best.value) best = { value, x }
  }
  return best.x
}

const sets: readonly [string, (d: number) => Constraint][] = [
  ['box', d => box(d, { low: -0.1, high: 0.2 })],
  ['nonnegative', d => nonnegative(d)],
  ['simplex', d => simplex(d, { radius: 0.7 })],
  ['l1', d => l1Ball(d, { radius: 0.4 })],
  ['l2', d => l2Ball(d, { radius: 0.25 })],
]

describe('constrained least squares', () => {
  const [n, d] = [240, 6]
  const a = parkMillerMatrix(n, d, 9)
  const b = vector(n, 10).map((v, i) => v + 0.8 * a.data[i * d] - 0.5 * a.data[i * d + 1])
  const cases = sets.flatMap(([name, make]) => [0, 0.5].map(lambda => [name, lambda, make(d)] as const))

  it.each(cases)(
    '%s, lambda = %f: every method meets the optimality conditions and FISTA',
    async (_n, lambda, constraint) => {
      const general = await solve(constrainedProblem(a, b, { lambda, constraint }), fista, {
        maxIterations: 3000,
        tolerance: 0,
      })
      for (const options of [
        { method: 'exact' },
        { method: 'ihs' },
        { method: 'ihs', variant: 'fresh', rows: 60 },
        { method: 'auto' },
      ] as const) {
        const found = await solveConstrained(a, b, { lambda, constraint, tolerance: 1e-11, ...options })
        expect([found.status, found.relativeGap <= 1e-11]).toEqual(['solved', true])
        expect(constraint.value(found.x)).toBe(0)
        const { gradient } = ridgeState(ridgeProblem(a, b, { lambda }), found.x)
        expect(constraint.distance(found.x, gradient)).toBeLessThan(2e-4)
        expect(norm(found.x.map((v, j) => v - general.x[j]))).toBeLessThan(1e-5)
      }
    },
  )
  it('agrees with all faces of a box in three dimensions', async () => {
    for (const lambda of [0, 2])
      for (const [low, high] of [
        [-0.05, 0.1],
        [0, 0.3],
      ]) {
        const small = parkMillerMatrix(40, 3, 5)
        const target = vector(40, 6).map((v, i) => v + 0.5 * small.data[3 * i] - 0.3 * small.data[3 * i + 2])
        const best = boxOracle(small, target, lambda, low, high)
        for (const method of ['exact', 'ihs'] as const) {
          const constraint = box(3, { low, high })
          const { x } = await solveConstrained(small, target, { lambda, constraint, method, tolerance: 1e-12 })
          expect(norm(x.map((v, j) => v - best[j]))).toBeLessThan(1e-7)
        }
      }
  })
  it('without an active constraint it is ridge regression', async () => {
    const { x } = await solveRidge(a, b, { lambda: 1, method: 'direct' })
    const wide = await solveConstrained(a, b, { lambda: 1, constraint: l2Ball(d, { radius: 100 }), method: 'ihs' })
    expect(norm(wide.x.map((v, j) => v - x[j]))).toBeLessThan(1e-4)
  })
  it('starts at the solution and stays there', async () => {
    for (const [, make] of sets) {
      const constraint = make(d)
      const { x } = await solveConstrained(a, b, { lambda: 0.5, constraint, method: 'exact', tolerance: 1e-14 })
      const problem = constrainedProblem(a, b, { lambda: 0.5, constraint })
      let steps = 0
      for (const step of constrainedHessianSketch().iterate(problem, { tolerance: 0, start: x })) {
        expect(norm(step.x.map((v, j) => v - x[j]))).toBeLessThan(1e-7)
        if (++steps === 6) break
      }
    }
  })
})

describe('the duality gap', () => {
  const [n, d] = [60, 4]
  const a = parkMillerMatrix(n, d, 19)
  const b = vector(n, 20).map((v, i) => v + a.data[i * d] - a.data[i * d + 3])

  it('is at least the distance from the optimum, at every point of the set, and 0 at the optimum', async () => {
    for (const [, make] of sets)
      for (const lambda of [0, 3]) {
        const constraint = make(d)
        const problem = constrainedProblem(a, b, { lambda, constraint })
        const { objective, x } = await solveConstrained(a, b, { lambda, constraint, method: 'exact', tolerance: 1e-13 })
        for (let seed = 1; seed < 20; seed++) {
          const point = new Float64Array(d)
          constraint.prox(vector(d, seed), 1, point)
          const { gap } = constrainedGap(problem, ridgeState(problem.free, point))
          expect(gap).toBeGreaterThanOrEqual(valueAt(a, b, lambda, point) - objective - 1e-12)
        }
        expect(constrainedGap(problem, ridgeState(problem.free, x)).gap).toBeLessThan(1e-11)
      }
  })
  it('is proved from the data, rounding included: below every feasible value, and tight', async () => {
    const loss = squaredLoss(b)
    for (const [name, make] of sets)
      for (const lambda of [0, 0.1]) {
        const constraint = make(d)
        const { x, dualPoint } = await solveConstrained(a, b, {
          lambda: lambda * n,
          constraint,
          method: 'exact',
          tolerance: 1e-13,
        })
        const certificate = certifyLinear(
          { x: a, loss, lambda, coefficients: x, intercept: null, constraint: constraint.set },
          { candidates: dualPoint === null ? [] : [dualPoint] },
        )
        expect(certificate.scope).toBe('global')
        expect(certificate.relativeGap).toBeLessThan(1e-12)
        // Only an equality cannot be met to the last bit.
        if (name === 'simplex') expect(certificate.violation).toBeLessThan(1e-15)
        else expect(certificate.violation).toBe(0)
        expect(certificate.reach === null).toBe(name !== 'nonnegative' || lambda > 0)
        // From a poor point too, and never above the value of any point of the set.
        const poor = new Float64Array(d)
        constraint.prox(new Float64Array(d), 1, poor)
        const far = certifyLinear({
          x: a,
          loss,
          lambda,
          coefficients: poor,
          intercept: null,
          constraint: constraint.set,
        })
        for (let seed = 1; seed < 40; seed++) {
          const point = new Float64Array(d)
          constraint.prox(
            vector(d, seed).map((v, j) => x[j] + v * 10 ** -(seed % 9)),
            1,
            point,
          )
          const value = valueAt(a, b, lambda * n, point) / n
          expect(certificate.dual).toBeLessThanOrEqual(value + 1e-16)
          expect(far.dual).toBeLessThanOrEqual(value)
        }
      }
  })
  it('says what it covers, and that a point leaves its set', () => {
    const model = {
      x: a,
      loss: squaredLoss(b),
      lambda: 0.1,
      intercept: 0.2,
      coefficients: Float64Array.of(0, 0.5, 0, -1e-3),
    }
    const { statement, violation } = certifyLinear({ ...model, constraint: nonnegative(d).set })
    expect(violation).toBe(1e-3)
    expect(statement).toMatch(
      /^Proved: no linear model of this form with nonnegative coefficients has.*This point may break a constraint by 1\.0e-3/,
    )
    const inside = { ...model, coefficients: Float64Array.of(0, 0.5, 0, 0) }
    expect(certifyLinear({ ...inside, lambda: 0, constraint: nonnegative(d).set }).statement).toMatch(
      /with nonnegative coefficients, up to 1e\+3 in size has/,
    )
    expect(certifyLinear({ ...inside, lambda: 0, constraint: l1Ball(d, { radius: 2 }).set }).statement).toMatch(
      /with coefficients whose sizes add to 2 at most has.*by a closed form\)\.$/,
    )
  })
})

describe('contraction', () => {
  it('is at least as good as predicted for one sketch, whatever the set, and both are told', () => {
    const [n, d] = [1024, 24]
    const a = parkMillerMatrix(n, d, 3)
    const b = vector(n, 4).map((v, i) => v + a.data[i * d] + a.data[i * d + 5])
    for (const kind of ['gaussian', 'srht', 'sjlt'] as const)
      for (const constraint of [
        box(d, { low: -0.01, high: 0.6 }),
        l1Ball(d, { radius: 1 }),
        l2Ball(d, { radius: 0.9 }),
      ]) {
        const last = run(a, b, { kind, rows: 192 }, constraint, 12)
        const hadamard = kind === 'srht' ? { hadamard: 1024 } : {}
        expect(last.predicted).toBeCloseTo(
          hessianSketchRate('gradient', { dimension: d, rows: 192, ...hadamard }).factor,
          12,
        )
        expect(last.measured).toBeLessThan(1.05 * last.predicted)
        expect(last.measured).toBeGreaterThan(0.02)
        expect(last.warnings).toEqual([])
      }
  })
  it('a warning says when it is not, and no step raises the objective', () => {
    const [n, d] = [256, 5]
    const a = dense(
      n,
      d,
      parkMillerMatrix(n, d, 3).data.map((v, t) => (Math.floor(t / d) % 50 === 0 ? 30 * v : 0.1 * v)),
    )
    const b = vector(n, 5)
    const problem = constrainedProblem(a, b, { constraint: box(d, { low: -1, high: 1 }) })
    const kind = (options: { rows: number; samples: number; seed?: number }) => uniformRows({ ...options })
    let before = Infinity
    let seen: readonly string[] = []
    let steps = 0
    for (const step of constrainedHessianSketch({ kind, rows: 20 }).iterate(problem, { tolerance: 0 })) {
      expect(step.objective).toBeLessThanOrEqual(before * (1 + 1e-12))
      before = step.objective
      seen = step.report.warnings
      if (++steps === 200) break
    }
    expect(seen.join()).toMatch(/would have raised the objective|predicted a factor of/)
  })

  function run(a: Dense, b: Float64Array, options: ConstrainedSketchOptions, constraint: Constraint, steps: number) {
    const solver = constrainedHessianSketch({ ...options, accuracy: 1e-6 })
    let [count, last] = [
      0,
      undefined as { predicted: number; measured: number; warnings: readonly string[] } | undefined,
    ]
    for (const step of solver.iterate(constrainedProblem(a, b, { constraint }), { tolerance: 0 })) {
      const { predicted, measured, warnings } = step.report
      last = { predicted, measured, warnings: [...warnings] }
      if (step.phase === 'ihs' && ++count === steps) break
    }
    return last!
  }
})

describe('refusals', () => {
  const [a, b] = [parkMillerMatrix(80, 4, 5), vector(80, 6)]
  it('each with a sentence', async () => {
    const refused = (options: object, name: string, message: RegExp) =>
      expect(solveConstrained(a, b, { constraint: nonnegative(4), ...options })).rejects.toEqual(code(name, message))
    await refused({ constraint: nonnegative(5) }, 'E_DOMAIN', /must be on the 4 coefficients; got one on 5/)
    await refused({ method: 'ihs', rows: 81 }, 'E_SKETCH_TOO_LARGE', /at most the 80 rows/)
    await refused({ method: 'ihs', rows: 3 }, 'E_SKETCH_TOO_SMALL', /at least 4 rows/)
    await refused({ method: 'ihs', variant: 'unit', rows: 47 }, 'E_PARAM_RANGE', /at least 48 sketch rows/)
    await refused({ method: 'newton' }, 'E_UNSUPPORTED', /must be one of auto, exact, ihs; got newton/)
    await refused({ tolerance: 0 }, 'E_UNSUPPORTED', /tolerance must be > 0/)
    await refused({ method: constrainedHessianSketch({ accuracy: 1 }) }, 'E_PARAM_RANGE', /accuracy must be in/)
    expect(() => l1Ball(4, { radius: 0 })).toThrow(code('E_PARAM_RANGE', /radius must be a number > 0; got 0/))
  })
  it('solvers that know no constraint do not take a constrained problem', () => {
    expect(acceptsRidge(constrainedProblem(a, b, { constraint: nonnegative(4) }))).not.toBe(true)
    expect(constrainedHessianSketch().accepts(ridgeProblem(a, b))).toMatch(/make it with constrainedProblem/)
  })
})
