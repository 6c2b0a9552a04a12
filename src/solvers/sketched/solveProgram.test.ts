import { describe, expect, it } from 'vitest'
import { dense } from '../../matrix/dense.ts'
import { fold, key, normals } from '../../random/index.ts'
import { barrier, inequalityProblem, type ProgramData, solveProgram } from './index.ts'

const code = (name: string, message: RegExp) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) })
const small = (
  rows: readonly (readonly number[])[],
  bounds: readonly number[],
  cost: readonly number[],
): ProgramData => ({
  matrix: dense(rows.length, cost.length, Float64Array.from(rows.flat())),
  bounds: Float64Array.from(bounds),
  cost: Float64Array.from(cost),
})

/** The least cost over all vertices of a program in the plane. */
function byVertices({ matrix, bounds, cost }: ProgramData): number {
  let best = Infinity
  const at = (i: number) => [matrix.data[2 * i], matrix.data[2 * i + 1]]
  for (let i = 0; i < matrix.rows; i++)
    for (let j = 0; j < i; j++) {
      const [[a, b], [c, d]] = [at(i), at(j)]
      const det = a * d - b * c
      if (Math.abs(det) < 1e-9) continue
      const x = [(bounds[i] * d - b * bounds[j]) / det, (a * bounds[j] - c * bounds[i]) / det]
      let inside = true
      for (let k = 0; k < matrix.rows; k++) if (at(k)[0] * x[0] + at(k)[1] * x[1] > bounds[k] + 1e-9) inside = false
      if (inside) best = Math.min(best, cost[0] * x[0] + cost[1] * x[1])
    }
  return best
}

/** A bounded random program: n half-planes around a point away from 0. */
function random(n: number, d: number, seed: number): ProgramData {
  const directions = normals(key(seed), n * d)
  const centre = normals(fold(key(seed), 'centre'), d).map(v => 3 * v)
  const matrix = dense(n, d, directions)
  const bounds = Float64Array.from({ length: n }, (_, i) => {
    let [sum, size] = [0, 0]
    for (let j = 0; j < d; j++) {
      sum += directions[i * d + j] * centre[j]
      size += directions[i * d + j] ** 2
    }
    return sum + Math.sqrt(size)
  })
  return { matrix, bounds, cost: normals(fold(key(seed), 'cost'), d) }
}

describe('solveProgram', () => {
  it('agrees with all vertices in the plane, from phase one on, with bounds below all the way', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const program = random(40, 2, seed)
      const exact = byVertices(program)
      const solved = await solveProgram(program)
      expect(solved.status).toBe('solved')
      expect(solved.bound).toBeLessThanOrEqual(exact + 1e-12 * Math.abs(exact))
      expect(solved.objective).toBeGreaterThanOrEqual(exact - 1e-9)
      expect(solved.objective - exact).toBeLessThanOrEqual(1e-8 * Math.abs(exact) + 1e-12)
    }
  })
  it('solves a quadratic program with a known answer, Q singular or not', async () => {
    const program = small(
      [
        [-1, 0],
        [0, -1],
        [1, 1],
        [1, 3],
      ],
      [0, 0, 4, 6],
      [-3, -5],
    )
    const solved = await solveProgram({ ...program, quadratic: dense(2, 2, Float64Array.of(2, 0, 0, 2)) })
    expect(solved.objective).toBeCloseTo(-7.6, 7)
    expect(solved.x[0]).toBeCloseTo(1.2, 5)
    expect(solved.x[1]).toBeCloseTo(1.6, 5)
    expect(solved.witness?.y[3]).toBeCloseTo(0.6, 5)
    // Only x² is quadratic: at y = 2 − x/3 the rest is x² − (4/3)x − 10, least at x = 2/3.
    const half = await solveProgram({ ...program, quadratic: dense(2, 2, Float64Array.of(2, 0, 0, 0)) })
    expect(half.objective).toBeCloseTo(-10 - 4 / 9, 6)
    expect(half.x[0]).toBeCloseTo(2 / 3, 4)
  })
  it('sketched steps reach the exact ones', async () => {
    const program = random(400, 8, 3)
    const exact = await solveProgram(program, { method: 'barrier' })
    const sketched = await solveProgram(program, { method: 'barrier-ada', tolerance: 1e-6 })
    expect(sketched.status).toBe('solved')
    expect(sketched.report.sketchRows + sketched.report.warnings.length).toBeGreaterThan(0)
    expect(sketched.objective / exact.objective).toBeCloseTo(1, 5)
    expect(sketched.bound).toBeLessThanOrEqual(exact.objective)
  })
  it('no step leaves the inside, however small the slacks become', () => {
    for (let seed = 0; seed < 6; seed++) {
      // Around a point far from 0, so that rounding of A·x is large beside the last slacks.
      const program = random(60, 4, seed)
      const far = dense(60, 4, program.matrix.data)
      const centre = Float64Array.of(1e3, -1e3, 1e3, 1e3)
      const bounds = Float64Array.from({ length: 60 }, (_, i) => {
        let sum = 1
        for (let j = 0; j < 4; j++) sum += far.data[4 * i + j] * centre[j]
        return sum
      })
      const problem = inequalityProblem({ matrix: far, bounds, cost: program.cost })
      let steps = 0
      for (const step of barrier({ start: centre }).iterate(problem, { tolerance: 0 })) {
        const fit = problem.operator.apply(step.x)
        expect(Math.min(...fit.map((f, i) => bounds[i] - f))).toBeGreaterThan(0)
        expect(step.bound).toBeLessThanOrEqual(step.objective)
        if (++steps > 400) break
      }
      expect(steps).toBeGreaterThan(40)
    }
  })
  it('tells infeasible, flat and unbounded programs apart', async () => {
    await expect(solveProgram(small([[1], [-1]], [1, -2], [1]))).rejects.toEqual(
      code('E_INFEASIBLE', /none of norm up to .* does, each breaks one by 0\.5/),
    )
    await expect(solveProgram(small([[1], [-1]], [1, -1], [1]))).rejects.toEqual(
      code('E_DOMAIN', /Equalities have no interior/),
    )
    await expect(solveProgram(small([[1]], [1], [1]))).rejects.toEqual(
      code('E_UNBOUNDED', /bounded below.*Add bounds on the variables/),
    )
    await expect(
      solveProgram(
        small(
          [
            [1, 0],
            [-1, 0],
          ],
          [1, 1],
          [1, 0],
        ),
      ),
    ).rejects.toEqual(code('E_RANK', /independent/))
    const inside = small([[1], [-1]], [1, 3], [1])
    await expect(solveProgram(inside, { start: Float64Array.of(1) })).rejects.toEqual(
      code('E_DOMAIN', /every constraint strictly; its least slack is 0/),
    )
  })
  it('refuses sizes, numbers and matrices that do not fit', async () => {
    const ok = small([[1], [-1]], [1, 3], [1])
    const refuse = (changed: Partial<ProgramData>) => expect(solveProgram({ ...ok, ...changed })).rejects
    await refuse({ bounds: new Float64Array(3) }).toThrow(/one bound a row, 2; got 3/)
    await refuse({ cost: new Float64Array(2) }).toThrow(/one cost a column, 1; got 2/)
    await refuse({ bounds: Float64Array.of(1, Number.NaN) }).toEqual(
      code('E_NONFINITE', /the bounds must be finite; got NaN at 1/),
    )
    await refuse({ quadratic: dense(1, 1, Float64Array.of(-1)) }).toThrow(
      /positive semidefinite; its least eigenvalue is -1/,
    )
    await refuse({ quadratic: dense(2, 2) }).toThrow(/quadratic must be 1 × 1; got 2 × 2/)
    const two = small(
      [
        [1, 0],
        [0, 1],
        [-1, -1],
      ],
      [1, 1, 1],
      [1, 1],
    )
    await expect(solveProgram({ ...two, quadratic: dense(2, 2, Float64Array.of(1, 0.5, 0, 1)) })).rejects.toThrow(
      /must be symmetric/,
    )
    await expect(solveProgram(ok, { method: 'simplex' as 'auto' })).rejects.toThrow(
      /must be one of auto, barrier, barrier-ada; got simplex/,
    )
  })
})
