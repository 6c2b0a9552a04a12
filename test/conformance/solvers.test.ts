/**
 * Laws of every solver: it reaches the certified gap within an iteration budget, agrees with the others, leaves its
 * inputs alone, starts warm, and says no with a reason. A new solver joins with one row.
 */
import { describe, expect, it } from 'vitest'
import { huberLoss, logisticLoss, multinomialLoss, squaredHingeLoss, squaredLoss } from '../../src/losses/index.ts'
import type { Loss } from '../../src/losses/loss.ts'
import {
  createCompute,
  type Dense,
  dense,
  fromRows,
  gatedOperator,
  groupNorms,
  leastSquares,
  masks,
  selectMasks,
  setMaskBit,
} from '../../src/matrix/index.ts'
import { separableOperator } from '../../src/matrix/separable.ts'
import { groupL2, l1 } from '../../src/penalties/index.ts'
import { fold, key, normals } from '../../src/random/index.ts'
import { chooseSolver } from '../../src/solvers/chooseSolver.ts'
import { accelerate, accelerationMemory, fista } from '../../src/solvers/fista.ts'
import { interiorPoint } from '../../src/solvers/interiorPoint/interiorPoint.ts'
import type { CompositeProblem } from '../../src/solvers/problem.ts'
import { proximalNewton } from '../../src/solvers/proximalNewton.ts'
import { reweightedKernels } from '../../src/solvers/reweightedKernels.ts'
import { semismoothNewton } from '../../src/solvers/semismoothNewton.ts'
import { solve } from '../../src/solvers/solve.ts'
import type { Solver } from '../../src/solvers/solver.ts'
import { supportNewton } from '../../src/solvers/supportNewton.ts'

const compute = createCompute({ backend: 'js', threads: 1 })
const [n, d, patterns] = [60, 4, 24]

function gaussian(purpose: string, rows: number, cols: number): Dense {
  return dense(rows, cols, normals(fold(key(5), purpose), rows * cols))
}

const x = gaussian('x', n, d)
const gates = gaussian('gates', patterns, d)
const teacher = gaussian('teacher', 1, d)
const noise = gaussian('noise', 1, n)
const gated = masks(patterns, n)
const y = new Float64Array(n)
for (let i = 0; i < n; i++) {
  const row = x.data.subarray(i * d, (i + 1) * d)
  const along = (v: Float64Array) => row.reduce((sum, value, j) => sum + value * v[j], 0)
  for (let k = 0; k < patterns; k++) if (along(gates.data.subarray(k * d, (k + 1) * d)) > 0) setMaskBit(gated, k, i)
  y[i] = Math.max(along(teacher.data), 0) + 0.3 * noise.data[i]
}
const labels = y.map(v => (v > 0.4 ? 1 : -1))
const classes = y.map(v => (v > 1 ? 2 : v > 0.2 ? 1 : 0))
const weights = y.map((_, i) => 0.5 + (i % 3))
const operator = gatedOperator(x, gated, compute)

function problem(loss: Loss, fraction: number): CompositeProblem {
  const used = loss.outputs === 1 ? operator : separableOperator(operator, loss.outputs)
  const slope = loss.gradient(new Float64Array(n * loss.outputs))
  const top = groupNorms(used.applyT(slope), d).reduce((a, b) => Math.max(a, b), 0)
  return {
    kind: 'composite',
    operator: used,
    loss,
    penalty: groupL2(used.cols, { groupSize: d, beta: fraction * top }),
  }
}

const losses: [string, Loss][] = [
  ['squared', squaredLoss(y)],
  ['weighted squared with offset', squaredLoss(y, { weights, offset: Float64Array.of(0.3) })],
  ['logistic', logisticLoss(labels)],
  ['weighted logistic', logisticLoss(labels, { weights })],
  ['squared hinge', squaredHingeLoss(labels)],
  ['huber', huberLoss(y, { delta: 0.3 })],
  ['multinomial', multinomialLoss(classes, { outputs: 3 })],
]

const scalar = losses.map(([name]) => name).filter(name => name !== 'multinomial')

/** solver, losses it takes, steps allowed, gap reached at lambda = 0.1 and 0.01 of the largest, use of a warm start. */
const rows: [Solver, string[], number, number, boolean][] = [
  [fista, scalar, 6000, 1e-8, true],
  [semismoothNewton, ['squared', 'weighted squared with offset'], 60, 1e-8, true],
  [supportNewton, losses.map(([name]) => name), 2000, 1e-8, true],
  [proximalNewton, scalar, 1500, 1e-8, true],
  [interiorPoint, losses.map(([name]) => name), 160, 1e-6, false],
  [reweightedKernels(), ['squared', 'weighted squared with offset'], 1200, 1e-4, false],
]

describe.each(rows)('$name', (solver, names, budget, tolerance, warmable) => {
  const mine = losses.filter(([name]) => names.includes(name))

  it.each(mine)('certifies %s within its budget', async (_, loss) => {
    for (const fraction of [0.1, 0.01]) {
      const result = await solve(problem(loss, fraction), solver, { tolerance, maxIterations: budget })
      expect(result.status).toBe('solved')
      expect(result.relativeGap).toBeLessThanOrEqual(tolerance)
    }
  })

  it('agrees with accelerated gradient on the optimum', async () => {
    const [, loss] = mine[0]
    const stated = problem(loss, 0.05)
    const mineAt = await solve(stated, solver, { tolerance: 1e-9, maxIterations: budget })
    const other = await solve(stated, fista, { tolerance: 1e-9, maxIterations: 20_000 })
    expect(Math.abs(mineAt.objective - other.objective)).toBeLessThan(1e-8 * other.objective)
  })

  it.each(mine)(
    '%s: the objective is that of its point, the bound that of its feasible dual point',
    async (_, loss) => {
      const stated = problem(loss, 0.05)
      const result = await solve(stated, solver, { tolerance: 1e-6, maxIterations: budget })
      const theta = result.dualPoint!
      expect(stated.penalty.polar(stated.operator.applyT(theta))).toBeLessThanOrEqual(1 + 1e-12)
      expect(-loss.conjugate(theta)).toBeCloseTo(result.bound, 10)
      const value = loss.value(stated.operator.apply(result.x)) + stated.penalty.value(result.x)
      expect(value).toBeCloseTo(result.objective, 10)
    },
  )

  it('leaves its start alone, and uses it where it can', async () => {
    const [, loss] = mine[0]
    const stated = problem(loss, 0.05)
    const cold = await solve(stated, solver, { tolerance: 1e-8, maxIterations: budget })
    const start = cold.x.slice()
    const warm = await solve(stated, solver, { tolerance: 1e-6, start, startDual: cold.dualPoint!.slice() })
    expect(start).toEqual(cold.x)
    if (warmable) expect(warm.iterations).toBeLessThanOrEqual(Math.max(2, cold.iterations / 3))
  })

  it('finds the zero point above lambdaMax', async () => {
    const result = await solve(problem(mine[0][1], 1.01), solver, { tolerance: 1e-8, maxIterations: budget })
    expect(result.status).toBe('solved')
    expect(result.active).toBe(0)
  })

  it('gives the same bits twice', async () => {
    const stated = problem(mine[0][1], 0.05)
    const [a, b] = [await solve(stated, solver, { tolerance: 1e-6 }), await solve(stated, solver, { tolerance: 1e-6 })]
    expect(a.x).toEqual(b.x)
    expect(a.iterations).toBe(b.iterations)
  })
})

describe('fista', () => {
  it('shortens a step that is a hundred times too long', () => {
    const stated = problem(logisticLoss(labels), 0.05)
    const from = (length: number, steps: number) => {
      const memory = accelerationMemory(stated)
      memory.stepSize = length
      let objective = Infinity
      let taken = 0
      for (const step of accelerate(stated, new Float64Array(operator.cols), memory)) {
        objective = step.objective
        if (++taken === steps) break
      }
      return { objective, length: memory.stepSize }
    }
    const fair = from(Number.NaN, 300)
    const long = from(100 * fair.length, 300)
    expect(Math.abs(long.objective - fair.objective)).toBeLessThan(1e-6 * fair.objective)
    expect(long.length).toBeLessThan(10 * fair.length)
  })
})

describe('supportNewton', () => {
  it('brings in a group that its start had no use for', async () => {
    // Two groups; the start lies in the first alone, where the second is orthogonal to the residual: A_2ᵀA_1 u = A_2ᵀy.
    const pair = gatedOperator(x, selectMasks(gated, [0, 1]), compute)
    const image = (j: number) => pair.apply(Float64Array.from({ length: 2 * d }, (_, i) => (i === j ? 1 : 0)))
    const columns = Array.from({ length: 2 * d }, (_, j) => image(j).slice())
    const dots = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0)
    const cross = columns.slice(d).map(second => columns.slice(0, d).map(first => dots(second, first)))
    const solved = leastSquares(
      fromRows(cross),
      Float64Array.from(columns.slice(d), c => dots(c, y)),
    )
    const start = new Float64Array(2 * d)
    start.set(solved.x)
    const loss = squaredLoss(y)
    const beta = 0.5
    const stated: CompositeProblem = {
      kind: 'composite',
      operator: pair,
      loss,
      penalty: groupL2(2 * d, { groupSize: d, beta }),
    }
    const residual = loss.gradient(pair.apply(start))
    expect(groupNorms(pair.applyT(residual), d)[1]).toBeLessThan(1e-9)
    const result = await solve(stated, supportNewton, { tolerance: 1e-8, start, maxIterations: 500 })
    expect(result.status).toBe('solved')
    expect(result.active).toBe(2)
  })
})

describe('the choice among them', () => {
  /** A squared problem of n samples, d columns and P patterns. */
  const shaped = (rows: number, cols: number, patterns: number): CompositeProblem => {
    const a = gatedOperator(dense(rows, cols, new Float64Array(rows * cols).fill(1)), masks(patterns, rows), compute)
    return {
      kind: 'composite',
      operator: a,
      loss: squaredLoss(new Float64Array(rows)),
      penalty: groupL2(a.cols, { groupSize: cols, beta: 1 }),
    }
  }

  it.each([
    [500, 4, 20, semismoothNewton],
    [3000, 20, 20, supportNewton],
    [3000, 20, 300, semismoothNewton],
    [5000, 20, 300, supportNewton],
  ] as const)('%i samples, %i columns, %i patterns', (rows, cols, patterns, solver) => {
    expect(chooseSolver(shaped(rows, cols, patterns)).solver).toBe(solver)
  })
})

describe('refusals', () => {
  it('says why, and what to use', async () => {
    const lasso: CompositeProblem = { ...problem(losses[0][1], 0.1), penalty: l1(operator.cols, { beta: 0.1 }) }
    await expect(solve(lasso, semismoothNewton)).rejects.toThrow(
      'solve: semismooth-newton does not take this problem: its penalty is l1, not group-l2; use fista.',
    )
    expect(chooseSolver(lasso).solver).toBe(fista)
    await expect(solve(problem(losses[2][1], 0.1), semismoothNewton)).rejects.toThrow('its loss is not squared')
  })
})
