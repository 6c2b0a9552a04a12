import { describe, expect, it } from 'vitest'
import { parkMillerMatrix } from '../../../test/oracles/sketches.ts'
import { dense } from '../../matrix/dense.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import { sketchMatrix } from './drawing.ts'
import { adaptiveIhs, adaptiveRates, ridgeProblem, solveRidge } from './index.ts'
import { sketchedHessian } from './preconditioner.ts'

const code = (name: string, message: RegExp) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) })
const [n, d] = [512, 48]
const a = dense(
  n,
  d,
  parkMillerMatrix(n, d, 41).data.map((v, t) => v * 0.85 ** (t % d)),
)
const b = parkMillerMatrix(n, 1, 42).data

describe('adaptiveRates', () => {
  it.each([
    ['ihs', 0.25, 0.120972063761],
    ['ihs', 0.5, 0.194145720502],
    ['ihs', 0.9, 0.278337018452],
    ['pcg', 0.25, 0.25],
    ['pcg', 0.5, 0.379575800534],
    ['pcg', 0.9, 0.481382251061],
  ] as const)('inverts the published threshold: %s, %f', (rule, threshold, z) => {
    expect(adaptiveRates(rule, { threshold }).contraction).toBeCloseTo(z, 11)
  })
  it('steps are the best for their spectrum', () => {
    const { contraction: z, step, momentum, momentumStep } = adaptiveRates('ihs', { threshold: 0.5, direct: true })
    expect(z).toBe(0.5)
    const worst = (mu: number) => Math.max(Math.abs(1 - mu / (1 + Math.sqrt(z))), Math.abs(1 - mu / (1 - Math.sqrt(z))))
    expect(worst(step)).toBeCloseTo(Math.sqrt(z), 12)
    for (const other of [0.9 * step, 1.1 * step]) expect(worst(other)).toBeGreaterThan(worst(step))
    // Heavy ball: both ends of the spectrum have the double root √momentum.
    for (const at of [1 / (1 + Math.sqrt(z)), 1 / (1 - Math.sqrt(z))])
      expect((1 + momentum - momentumStep * at) ** 2 - 4 * momentum).toBeCloseTo(0, 12)
    expect(() => adaptiveRates('pcg', { threshold: 1 })).toThrow(code('E_PARAM_RANGE', /threshold must be in \(0, 1\)/))
  })
})

describe('adaptiveIhs', () => {
  for (const variant of ['gradient', 'polyak'] as const)
    for (const published of [false, true])
      it(`${variant}${published ? ', published threshold' : ''}: ends with a sketch of some effective dimensions, solved`, async () => {
        for (const lambda of [1, 1e-2]) {
          const solver = adaptiveIhs({ variant, published, rows: 4 })
          const found = await solveRidge(a, b, { lambda, method: solver, tolerance: 1e-9 })
          const best = await solveRidge(a, b, { lambda, method: 'direct', tolerance: 1e-12 })
          expect(found.status).toBe('solved')
          expect(norm(found.x.map((v, j) => v - best.x[j]))).toBeLessThan(1e-6 * norm(best.x))
          const rows = found.report.growth.map(([, m]) => m)
          expect(rows).toEqual(rows.map((_, k) => Math.min(n, 4 * 2 ** (k + 1))))
          expect(found.report.sketchRows).toBeLessThanOrEqual(20 * found.report.effectiveDimension)
        }
      })
  it('keeps a step only where δ shrinks to the threshold, by a recomputation from scratch', () => {
    const lambda = 0.1
    const problem = ridgeProblem(a, b, { lambda })
    let [before, size, sketches] = [Infinity, 8, 0]
    let kept = 0
    for (const step of adaptiveIhs({ threshold: 0.4, rows: 8 }).iterate(problem, { tolerance: 0 })) {
      if (step.phase !== 'ihs') continue
      const { sketchRows } = step.report
      if (sketchRows !== size) [before, size, sketches] = [Infinity, sketchRows, sketches + 1]
      const m = sketchedHessian(sketchMatrix(problem, {}, size, stepSeed(0, sketches)), lambda)
      const g = problem.operator.applyT(problem.operator.apply(step.x).map((f, i) => f - b[i]))
      for (let j = 0; j < d; j++) g[j] += lambda * step.x[j]
      const delta = dot(g, m.solve(g))
      if (before < Infinity) {
        expect(delta).toBeLessThanOrEqual(0.4 * before * (1 + 1e-8))
        kept++
      }
      before = delta
      if (kept > 12) break
    }
    expect(kept).toBeGreaterThan(12)
  })
  it('says that it is stuck where it may not grow, and refuses what cannot work', async () => {
    const stuck = await solveRidge(a, b, { lambda: 1e-6, method: adaptiveIhs({ rows: 4, maxRows: 8 }) })
    expect(stuck.report.warnings.join()).toMatch(/E_STAGNATED: steps with 8 rows, the most allowed/)
    const refused = (options: object, lambda: number, name: string, message: RegExp) =>
      expect(solveRidge(a, b, { lambda, method: adaptiveIhs(options) })).rejects.toEqual(code(name, message))
    await refused({}, 0, 'E_PARAM_RANGE', /lambda must be > 0; got 0/)
    await refused({ maxRows: 513 }, 1, 'E_SKETCH_TOO_LARGE', /at most the 512 rows/)
    await refused({ rows: 0 }, 1, 'E_PARAM_RANGE', /rows must be a whole number in 1..512/)
    await refused({ threshold: 0 }, 1, 'E_PARAM_RANGE', /threshold must be in/)
  })
})
