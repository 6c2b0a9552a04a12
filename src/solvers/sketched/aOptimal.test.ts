import { describe, expect, it } from 'vitest'
import { parkMillerMatrix } from '../../../test/oracles/sketches.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { leastSquares } from '../../matrix/factor/leastSquares.ts'
import { norm } from '../../matrix/vector.ts'
import { fold, key, normals } from '../../random/index.ts'
import { aOptimalProbabilities } from '../../sketch/aOptimalProbabilities.ts'
import { type AOptimalOptions, aOptimal, type RidgeReport, ridgeProblem, solveRidge } from './index.ts'

/** Student-t rows with two degrees of freedom. */
function heavy(n: number, d: number, seed = 1): { a: Dense; b: Float64Array } {
  const z = normals(key(seed), n * d)
  const chi = normals(fold(key(seed), 'chi'), 2 * n)
  const a = dense(
    n,
    d,
    z.map((v, t) => v / Math.hypot(chi[2 * Math.floor(t / d)], chi[2 * Math.floor(t / d) + 1])),
  )
  const noise = normals(fold(key(seed), 'noise'), n)
  const b = noise.map((v, i) => v + a.data.subarray(i * d, (i + 1) * d).reduce((sum, x) => sum + x, 0))
  return { a, b }
}

/** Points after the estimate, one a step. */
function points(a: Dense, b: Float64Array, options: AOptimalOptions, count: number, lambda = 0) {
  const out: Float64Array[] = []
  let report: RidgeReport | undefined
  for (const step of aOptimal(options).iterate(ridgeProblem(a, b, { lambda }), { tolerance: 0 })) {
    report = step.report
    if (step.phase === 'pcg' || step.phase === 'line-search') out.push(step.x.slice())
    if (out.length > count) break
  }
  return { out, report: report as RidgeReport }
}

describe('aOptimal', () => {
  const { a, b } = heavy(600, 5)
  const best = leastSquares(a, b).x

  it.each([
    {},
    { criterion: 'leverage' },
    { criterion: 'sampled', seed: 3 },
    { accelerate: false },
    { ridge: 1 },
  ] satisfies AOptimalOptions[])('solves least squares and ridge, with a bound: %j', async options => {
    for (const lambda of [0, 2]) {
      const solved = await solveRidge(a, b, { lambda, method: aOptimal({ rows: 60, ...options }), tolerance: 1e-9 })
      const direct = await solveRidge(a, b, { lambda, method: 'direct', tolerance: 1e-12 })
      expect(solved.status).toBe('solved')
      solved.x.forEach((v, j) => {
        expect(v).toBeCloseTo(direct.x[j], 7)
      })
      expect(solved.objective - direct.objective).toBeLessThanOrEqual(solved.errorBound + 1e-12 * direct.objective)
    }
  })
  it('begins at least squares on the largest rows, ties to the earlier', () => {
    const tied = parkMillerMatrix(40, 2, 3)
    // Rows 10 and 20 are equal and larger than all others; of 30 and 31 only one fits.
    for (const i of [10, 20]) tied.data.set([5, 4], 2 * i)
    tied.data.set([3, -3], 60)
    tied.data.set([-3, 3], 62)
    const target = normals(key(2), 40)
    const { out } = points(tied, target, { rows: 3 }, 0)
    const rows = [10, 20, 30]
    const chosen = dense(3, 2, Float64Array.from(rows.flatMap(i => [tied.data[2 * i], tied.data[2 * i + 1]])))
    const start = leastSquares(
      chosen,
      Float64Array.from(rows, i => target[i]),
    ).x
    start.forEach((v, j) => {
      expect(out[0][j]).toBeCloseTo(v, 11)
    })
  })
  it('does not depend on the units of the columns', () => {
    const units = [1, 1e4, 1e-3, 1, 50]
    const scaled = dense(
      a.rows,
      5,
      a.data.map((v, t) => v * units[t % 5]),
    )
    const plain = points(a, b, { rows: 50 }, 2).out
    const other = points(scaled, b, { rows: 50 }, 2).out
    plain[0].forEach((v, j) => {
      expect(other[0][j] * units[j]).toBeCloseTo(v, 9)
    })
  })
  it('conjugate gradients converge faster than the published line search, which keeps its rate', () => {
    const error = (x: Float64Array) => {
      const e = x.map((v, j) => v - best[j])
      return norm(Float64Array.from({ length: 600 }, (_, i) => e.reduce((sum, v, j) => sum + v * a.data[i * 5 + j], 0)))
    }
    const cg = points(a, b, { rows: 50 }, 4)
    const line = points(a, b, { rows: 50, accelerate: false }, 6)
    const factor = (out: readonly Float64Array[], k: number) => (error(out[k]) / error(out[0])) ** (1 / k)
    expect(factor(cg.out, 4)).toBeLessThan(factor(line.out, 4))
    const { condition } = line.report.choices as { condition: number }
    expect(line.report.predicted).toBeCloseTo((condition - 1) / (condition + 1), 12)
    for (let k = 1; k <= 6; k++)
      expect(error(line.out[k])).toBeLessThanOrEqual(error(line.out[k - 1]) * ((condition - 1) / (condition + 1)) * 1.1)
  })
  it('takes the ridge of the best condition among those probed', () => {
    const probed = points(a, b, { rows: 50 }, 0).report.choices as { condition: number }
    for (const ridge of [0, 0.01, 0.1, 1]) {
      const own = points(a, b, { rows: 50, ridge }, 0).report.choices as { condition: number }
      expect(probed.condition).toBeLessThanOrEqual(own.condition)
    }
  })
  it('refuses what cannot work', async () => {
    await expect(solveRidge(a, b, { method: 'a-optimal', rows: 4 })).rejects.toThrow(/at least 5 rows.*got 4/)
    await expect(solveRidge(a, b, { method: 'a-optimal', rows: 601 })).rejects.toThrow(/at most the 600 rows.*got 601/)
    await expect(solveRidge(a, b, { method: aOptimal({ ridge: -1 }) })).rejects.toThrow(
      /ridge must be a number ≥ 0; got -1/,
    )
    const flat = dense(
      30,
      2,
      Float64Array.from({ length: 60 }, (_, t) => (t < 40 ? 10 : (t % 5) / 10)),
    )
    await expect(solveRidge(flat, normals(key(1), 30), { method: aOptimal({ rows: 6, ridge: 0 }) })).rejects.toThrow(
      /the 6 chosen rows must determine the 2 coefficients; they do not/,
    )
  })
})

describe('aOptimalProbabilities', () => {
  it('are those of the definition where the sketch is the matrix', () => {
    const a = parkMillerMatrix(12, 2, 5)
    const p = aOptimalProbabilities(a, { lambda: 0.5 })
    const g = [0.5, 0, 0, 0.5]
    for (let i = 0; i < 12; i++)
      for (let j = 0; j < 2; j++) for (let k = 0; k < 2; k++) g[2 * j + k] += a.data[2 * i + j] * a.data[2 * i + k]
    const det = g[0] * g[3] - g[1] * g[2]
    const sizes = Array.from({ length: 12 }, (_, i) => {
      const [u, v] = [a.data[2 * i], a.data[2 * i + 1]]
      return Math.hypot(g[3] * u - g[1] * v, g[0] * v - g[2] * u) / Math.abs(det)
    })
    const total = sizes.reduce((sum, s) => sum + s, 0)
    p.forEach((v, i) => {
      expect(v).toBeCloseTo((0.9 * sizes[i]) / total + 0.1 / 12, 12)
    })
    expect(() => aOptimalProbabilities(a, { lambda: -1 })).toThrow(/lambda must be ≥ 0; got -1/)
    expect(() => aOptimalProbabilities(dense(4, 2), { lambda: 1 })).toThrow(/must not be zero/)
  })
})
