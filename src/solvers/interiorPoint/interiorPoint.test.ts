import { describe, expect, it } from 'vitest'
import { C } from '../../../bench/problems/C.ts'
import { DS1, DS2, XOR } from '../../../test/oracles/references.ts'
import { huberLoss, logisticLoss, multinomialLoss, squaredHingeLoss, squaredLoss } from '../../losses/index.ts'
import type { Loss } from '../../losses/loss.ts'
import {
  createCompute,
  type Dense,
  dense,
  fromRows,
  gatedOperator,
  type Masks,
  maskBit,
  selectMasks,
} from '../../matrix/index.ts'
import { enumeratePatterns } from '../../models/networks/patterns/enumeratePatterns.ts'
import { patternsOf } from '../../models/networks/patterns/patternsOf.ts'
import { groupL2 } from '../../penalties/index.ts'
import { projectCone } from '../../penalties/polyhedralCone.ts'
import { fold, key, normals } from '../../random/index.ts'
import { coneColumns } from '../coneColumns.ts'
import type { ConeProblem } from '../problem.ts'
import { type Solution, type SolveOptions, solve } from '../solve.ts'
import type { Solver } from '../solver.ts'
import { centralPath } from './centralPath.ts'
import { interiorPoint } from './interiorPoint.ts'
import { programOf } from './program.ts'

const compute = createCompute({ backend: 'js', threads: 1 })

type Patterns = { readonly masks: Masks; readonly gates: Dense }

function coneProblem(x: Dense, { masks, gates }: Patterns, loss: Loss, beta: number): ConeProblem {
  return { kind: 'cones', operator: gatedOperator(x, masks, compute), loss, beta, gates }
}

/** Counts Newton iterations, and stops with an error beyond `budget`. */
async function solved(problem: ConeProblem, budget: number, options: SolveOptions = {}): Promise<Solution> {
  let newton = 0
  const result = await solve(problem, interiorPoint, {
    ...options,
    onProgress: progress => {
      if (progress.phase === 'newton' && ++newton > budget) throw new Error(`more than ${budget} Newton iterations`)
    },
  })
  expect(result.status).toBe('solved')
  return result
}

/** The same objective from the definition of a ReLU network: neuron by neuron, sample by sample. */
function networkObjective({ operator, loss, beta }: ConeProblem, x: Float64Array): number {
  const { rows: n, cols: d, data } = operator.x
  const [P, c] = [operator.masks.patterns, loss.outputs]
  const fit = new Float64Array(n * c)
  let norms = 0
  for (let g = 0; g < x.length / d; g++) {
    const u = x.subarray(g * d, (g + 1) * d)
    if (u.every(v => v === 0)) continue
    norms += Math.hypot(...u)
    const output = Math.floor(g / (2 * P))
    const sign = Math.floor(g / P) % 2 === 0 ? 1 : -1
    for (let i = 0; i < n; i++) {
      let value = 0
      for (let j = 0; j < d; j++) value += data[i * d + j] * u[j]
      fit[i * c + output] += sign * Math.max(0, value)
    }
  }
  return loss.value(fit) + beta * norms
}

/** max over cells, signs and outputs of ‖Π(∓XᵀDθ)‖ by non-negative least squares: what the dual point must keep ≤ β. */
function dualNorm({ operator, loss }: ConeProblem, theta: Float64Array): number {
  const { x, masks } = operator
  let most = 0
  for (let k = 0; k < masks.patterns; k++) {
    const rows = dense(
      x.rows,
      x.cols,
      x.data.map((v, at) => (maskBit(masks, k, Math.floor(at / x.cols)) ? v : -v)),
    )
    for (let output = 0; output < loss.outputs; output++)
      for (const sign of [1, -1]) {
        const q = new Float64Array(x.cols)
        for (let i = 0; i < x.rows; i++)
          if (maskBit(masks, k, i))
            for (let j = 0; j < x.cols; j++) q[j] += sign * theta[i * loss.outputs + output] * x.data[i * x.cols + j]
        most = Math.max(most, Math.hypot(...projectCone(rows, q)))
      }
  }
  return most
}

const cell1 = enumeratePatterns(DS1.x)
const cell2 = enumeratePatterns(DS2.x)

describe('optima proved elsewhere', () => {
  const rows: [string, Dense, Patterns, Loss, number, number, number][] = [
    ['DS1 squared', DS1.x, cell1, squaredLoss(DS1.y), 0.3, 1.7216717324, 1e-8],
    ['DS2 squared', DS2.x, cell2, squaredLoss(DS2.y), 0.2, 1.8042246179, 1e-8],
    ['DS2 logistic', DS2.x, cell2, logisticLoss(DS2.labels), 0.2, 6.378113392, 3e-8],
    ['XOR 0.05', XOR.x, enumeratePatterns(XOR.x), squaredLoss(XOR.y), 0.05, 0.302126437, 3e-9],
    ['XOR 0.2', XOR.x, enumeratePatterns(XOR.x), squaredLoss(XOR.y), 0.2, 1.058505748, 1.1e-8],
  ]
  it.each(rows)('%s', async (_, x, patterns, loss, beta, optimum, within) => {
    const problem = coneProblem(x, patterns, loss, beta)
    const result = await solved(problem, 30, { tolerance: 1e-8 })
    expect(Math.abs(result.objective - optimum)).toBeLessThan(within)
    expect(result.bound).toBeLessThanOrEqual(result.objective)
    expect(Math.abs(networkObjective(problem, result.x) - result.objective)).toBeLessThan(1e-12 * optimum)
  })

  it('DS1 in three classes, each neuron feeding one output', async () => {
    const problem = coneProblem(DS1.x, cell1, multinomialLoss(DS1.classes), 0.3)
    const result = await solved(problem, 30, { tolerance: 1e-8 })
    expect(Math.abs(networkObjective(problem, result.x) - result.objective)).toBeLessThan(1e-12 * result.objective)
    expect(dualNorm(problem, result.dualPoint!)).toBeLessThanOrEqual(0.3 * (1 + 1e-9))
  })

  it('C: the global optimum over 872 cells, with six active groups', async () => {
    const { x, y, masks, gates } = C.make()
    for (const [lambda, budget] of [
      [0.1, 22],
      [0.01, 28],
      [0.001, 24],
    ]) {
      const problem = coneProblem(x, { masks, gates: gates! }, squaredLoss(y), 30 * lambda)
      const result = await solved(problem, budget, { tolerance: lambda === 0.1 ? 1e-8 : 1e-6 })
      expect(Math.abs(networkObjective(problem, result.x) - result.objective)).toBeLessThan(1e-12 * result.objective)
      if (lambda !== 0.1) continue
      expect(Math.abs(result.objective / 30 - 0.279218235)).toBeLessThan(1e-6 * 0.28)
      expect(result.active).toBe(6)
    }
  })
})

const [n, d, count] = [50, 4, 30]
const x = dense(n, d, normals(fold(key(3), 'x'), n * d))
const patterns = patternsOf(x, dense(count, d, normals(fold(key(3), 'gates'), count * d)))
const noise = normals(fold(key(3), 'noise'), n)
const y = Float64Array.from({ length: n }, (_, i) => Math.max(0, x.data[i * d] - x.data[i * d + 1]) + 0.3 * noise[i])
const weights = Float64Array.from({ length: n }, (_, i) => (i % 7 === 0 ? 0 : 0.5 + (i % 3)))
const labels = y.map(v => (v > 0.4 ? 1 : -1))
const classes = y.map(v => (v > 1 ? 2 : v > 0.2 ? 1 : 0))
const losses: [string, Loss][] = [
  ['squared', squaredLoss(y)],
  ['weighted squared', squaredLoss(y, { weights, offset: [0.2] })],
  [
    'squared on two outputs',
    squaredLoss(
      [...y].flatMap(v => [v, Math.abs(v)]),
      { outputs: 2 },
    ),
  ],
  ['logistic', logisticLoss(labels)],
  ['weighted logistic', logisticLoss(labels, { weights })],
  ['squared hinge', squaredHingeLoss(labels)],
  ['huber', huberLoss(y, { delta: 0.3 })],
  ['multinomial', multinomialLoss(classes)],
  ['weighted multinomial', multinomialLoss(classes, { weights })],
]

describe('every loss', () => {
  it.each(losses)('%s: feasible primal, feasible dual, small gap, inputs untouched', async (_, loss) => {
    const before = [x.data.slice(), loss.targets.slice(), patterns.masks.words.slice()]
    for (const beta of [3, 0.2]) {
      const problem = coneProblem(x, patterns, loss, beta)
      const result = await solved(problem, 60)
      expect(Math.abs(networkObjective(problem, result.x) - result.objective)).toBeLessThan(1e-12 * result.objective)
      expect(dualNorm(problem, result.dualPoint!)).toBeLessThanOrEqual(beta * (1 + 1e-9))
      expect(-loss.conjugate(result.dualPoint!)).toBeCloseTo(result.bound, 9)
    }
    expect([x.data, loss.targets, patterns.masks.words]).toEqual(before)
  })
})

describe('losses with kinks of curvature', () => {
  it('take few iterations at small lambda too', async () => {
    const { x, y, masks, gates } = C.make()
    const middle = [...y].sort((a, b) => a - b)[15]
    for (const [loss, budget] of [
      [huberLoss(y, { delta: 0.3 }), 36],
      [squaredHingeLoss(y.map(v => (v > middle ? 1 : -1))), 60],
    ] as const)
      await solved(coneProblem(x, { masks, gates: gates! }, loss, 0.03), budget)
  })
})

describe('both ways to eliminate', () => {
  it('give one optimum: few patterns by features, doubled patterns by samples', async () => {
    const few = {
      masks: selectMasks(patterns.masks, [0, 1, 2, 3]),
      gates: dense(4, d, patterns.gates.data.slice(0, 4 * d)),
    }
    // 4 patterns × 4 features < 50 samples ≤ 16 × 4: the same program, each group split into four.
    const index = Array.from({ length: 16 }, (_, k) => k % 4)
    const many = {
      masks: selectMasks(few.masks, index),
      gates: dense(16, d, Float64Array.from(index.flatMap(k => [...few.gates.data.slice(k * d, (k + 1) * d)]))),
    }
    for (const loss of [losses[0][1], losses[1][1], losses[3][1]]) {
      const a = await solved(coneProblem(x, few, loss, 0.5), 40)
      const b = await solved(coneProblem(x, many, loss, 0.5), 40)
      expect(Math.abs(a.objective - b.objective)).toBeLessThan(1e-6 * a.objective)
    }
  })
})

describe('columns of groups', () => {
  const columns: Solver = {
    ...interiorPoint,
    iterate: (problem, context) => coneColumns(programOf(problem), context.tolerance, { first: 6, enter: 4 }),
  }
  const whole: Solver = {
    ...interiorPoint,
    iterate: (problem, context) => centralPath(programOf(problem), programOf(problem).groups, context.tolerance),
  }
  it.each(losses)('%s: reach the optimum of all groups, with a bound for all groups', async (_, loss) => {
    const problem = coneProblem(x, patterns, loss, 1)
    const a = await solve(problem, columns, { maxIterations: 2000 })
    const b = await solve(problem, whole, { maxIterations: 200 })
    expect([a.status, b.status]).toEqual(['solved', 'solved'])
    expect(Math.abs(a.objective - b.objective)).toBeLessThan(1e-6 * b.objective)
    expect(dualNorm(problem, a.dualPoint!)).toBeLessThanOrEqual(1 + 1e-8)
  })
})

describe('awkward data', () => {
  const check = async (data: Dense, targets: ArrayLike<number>, gates: Dense, beta: number) => {
    const problem = coneProblem(data, patternsOf(data, gates), squaredLoss(targets), beta)
    const result = await solved(problem, 40, { tolerance: 1e-7 })
    expect(Math.abs(networkObjective(problem, result.x) - result.objective)).toBeLessThan(1e-12 * result.objective)
    expect(dualNorm(problem, result.dualPoint!)).toBeLessThanOrEqual(beta * (1 + 1e-8))
    return result
  }
  const gates = dense(12, 2 * d, normals(fold(key(3), 'wide'), 24 * d))

  it('duplicated columns: p([X X]) = p(√2 X)', async () => {
    const twice = dense(
      n,
      2 * d,
      Float64Array.from({ length: n * 2 * d }, (_, at) => x.data[Math.floor(at / (2 * d)) * d + (at % d)]),
    )
    const a = await check(twice, y, gates, 1)
    const folded = dense(
      12,
      d,
      Float64Array.from({ length: 12 * d }, (_, at) => {
        const [k, j] = [Math.floor(at / d), at % d]
        return gates.data[k * 2 * d + j] + gates.data[k * 2 * d + d + j]
      }),
    )
    const b = await check(
      dense(
        n,
        d,
        x.data.map(v => Math.SQRT2 * v),
      ),
      y,
      folded,
      1,
    )
    expect(Math.abs(a.objective - b.objective)).toBeLessThan(3e-7 * b.objective)
  })

  it('a zero row, a zero column and repeated rows', async () => {
    const holes = dense(
      n,
      d,
      x.data.map((v, at) => (at % d === 2 || Math.floor(at / d) < 3 ? 0 : v)),
    )
    holes.data.copyWithin(5 * d, 6 * d, 7 * d)
    await check(holes, y, dense(count, d, patterns.gates.data), 0.5)
  })

  it('a single sample: ½(m·‖x‖ − y)² + β·m at m = (y − β/‖x‖)/‖x‖', async () => {
    const result = await check(fromRows([[3, 4]]), [2], fromRows([[1, 0]]), 1)
    expect(Math.abs(result.objective - (1 / 50 + 0.36))).toBeLessThan(1e-7)
  })

  it('without gates, from the widest points of the cells', async () => {
    const given = coneProblem(x, patterns, squaredLoss(y), 1)
    const { gates: _, ...bare } = given
    const a = await solved(given, 30, { tolerance: 1e-7 })
    const b = await solved(bare, 30, { tolerance: 1e-7 })
    expect(Math.abs(a.objective - b.objective)).toBeLessThan(2e-7 * a.objective)
  })

  it('a cell without interior: its group can only be what the row allows', async () => {
    // Rows e₁ and −e₁ both active: u₁ = 0, so the cell is the ray of e₂.
    const data = fromRows([
      [1, 0],
      [-1, 0],
      [0, 1],
    ])
    const flat = patternsOf(data, fromRows([[1, 1]])).masks
    flat.words[0] = 0b111
    const problem: ConeProblem = {
      kind: 'cones',
      operator: gatedOperator(data, flat, compute),
      loss: squaredLoss([1, 1, 2]),
      beta: 0.5,
    }
    const result = await solve(problem, interiorPoint, { tolerance: 1e-6, maxIterations: 80 })
    // Only e₂ can be used: ½(1 + 1 + (m − 2)²) + m/2 at m = 1.5.
    expect(result.bound).toBeLessThanOrEqual(1 + 0.125 + 0.75 + 1e-9)
    expect(result.objective).toBeGreaterThanOrEqual(1.875 - 1e-9)
  })

  it('lambdaMax: nothing above it, something below (DS1: 0.8315817457)', async () => {
    const above = await solved(coneProblem(DS1.x, cell1, squaredLoss(DS1.y), 0.8316), 40, { tolerance: 1e-8 })
    expect(above.active).toBe(0)
    expect(above.x.every(v => v === 0)).toBe(true)
    const below = await solved(coneProblem(DS1.x, cell1, squaredLoss(DS1.y), 0.8), 40, { tolerance: 1e-8 })
    expect(below.active).toBeGreaterThan(0)
  })

  it('targets that are all zero: the zero network, exactly', async () => {
    const result = await solved(coneProblem(x, patterns, squaredLoss(new Float64Array(n)), 1), 1)
    expect([result.objective, result.bound + 0, result.active]).toEqual([0, 0, 0])
  })
})

describe('a given start', () => {
  it('counts at once, for the same problem and for pieces of a path', async () => {
    const problem = coneProblem(x, patterns, squaredLoss(y), 1)
    const cold = await solved(problem, 30, { tolerance: 1e-8 })
    const start = cold.x.slice()
    const warm = await solve(problem, interiorPoint, { tolerance: 1e-7, start, startDual: cold.dualPoint! })
    expect(warm.iterations).toBe(1)
    expect(start).toEqual(cold.x)
  })

  it('outside the cones is not believed, however low its value', async () => {
    const problem = coneProblem(x, patterns, squaredLoss(y), 1)
    const { operator, loss } = problem
    const free = await solve(
      { kind: 'composite', operator, loss, penalty: groupL2(operator.cols, { groupSize: d, beta: 1 }) },
      interiorPoint,
    )
    const start = new Float64Array(2 * operator.cols)
    start.set(free.x)
    const result = await solved(problem, 30, { start })
    expect(free.objective).toBeLessThan(0.99 * result.objective)
    expect(Math.abs(networkObjective(problem, result.x) - result.objective)).toBeLessThan(1e-12 * result.objective)
  })

  it('gives the same bits twice', async () => {
    const problem = coneProblem(x, patterns, squaredLoss(y), 1)
    const [a, b] = [await solved(problem, 30), await solved(problem, 30)]
    expect(a.x).toEqual(b.x)
    expect(a.bound).toBe(b.bound)
  })
})
