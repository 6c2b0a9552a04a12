/**
 * Linear and quadratic programs solved: a strictly feasible point first, then the barrier, a duality gap out.
 *
 * Phase one minimises s + ½ε‖x‖² with A·x − s·1 ≤ b by the same barrier, and stops at the first x inside. When its optimum is proved to be above ½ερ², no x
 * of norm up to ρ is feasible.
 * @module
 */
import { DomainError, ShapeError, UnsupportedError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { denseOperator } from '../../matrix/denseOperator.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import { max } from '../../matrix/vector.ts'
import type { InequalityProblem } from '../problem.ts'
import { relativeGap, type SolveOptions, type Status, solve } from '../solve.ts'
import type { Solver } from '../solver.ts'
import { barrier } from './barrier.ts'
import type { NewtonReport } from './newton.ts'

/** A program as given. */
export interface ProgramData {
  /** A ∈ R^{n × d}. */
  readonly matrix: Dense
  /** b ∈ R^n. */
  readonly bounds: Float64Array
  /** c ∈ R^d. */
  readonly cost: Float64Array
  /** Q ∈ R^{d × d}, symmetric positive semidefinite. */
  readonly quadratic?: Dense
}

/** Names of the methods. */
export type ProgramMethod = 'auto' | 'barrier' | 'barrier-ada'

/** The methods of `solveProgram` by name. */
export const PROGRAM_METHODS: readonly ProgramMethod[] = ['auto', 'barrier', 'barrier-ada']

/** Method and stopping of `solveProgram`. */
export interface SolveProgramOptions extends Pick<SolveOptions, 'maxIterations' | 'maxTime' | 'signal' | 'onProgress'> {
  readonly method?: ProgramMethod
  /** Relative duality gap to stop at; default 1e-8. */
  readonly tolerance?: number
  /** Strictly feasible; default by phase one. */
  readonly start?: Float64Array
  /** Default 0. */
  readonly seed?: number
}

/** x with the bound claimed for it; `certifyProgram` proves it, rounding included. */
export interface ProgramSolution {
  readonly x: Float64Array
  /** cᵀx + ½xᵀQx. */
  readonly objective: number
  readonly bound: number
  readonly relativeGap: number
  /** y ≥ 0 ∈ R^n and z ∈ R^d that prove the bound; null when none was met. */
  readonly witness: { readonly y: Float64Array; readonly z: Float64Array } | null
  readonly status: Status
  readonly iterations: number
  readonly seconds: number
  readonly method: string
  readonly reason: string
  readonly report: NewtonReport
}

const EPSILON = 1e-8

/**
 * Checks and wraps a program.
 *
 * @throws ShapeError for sizes that do not fit; DomainError (E_NONFINITE) for entries that are not finite, (E_DOMAIN) for a Q that is not symmetric positive
 *   semidefinite.
 */
export function inequalityProblem({ matrix, bounds, cost, quadratic }: ProgramData): InequalityProblem {
  const { rows: n, cols: d } = matrix
  if (n < 1 || d < 1) throw new ShapeError(`inequalityProblem: the matrix must have rows and columns; got ${n} × ${d}.`)
  if (bounds.length !== n)
    throw new ShapeError(`inequalityProblem: there must be one bound a row, ${n}; got ${bounds.length}.`)
  if (cost.length !== d)
    throw new ShapeError(`inequalityProblem: there must be one cost a column, ${d}; got ${cost.length}.`)
  for (const [what, values] of [
    ['matrix', matrix.data],
    ['bounds', bounds],
    ['cost', cost],
    ['quadratic', quadratic?.data ?? cost],
  ] as const) {
    const at = values.findIndex(v => !Number.isFinite(v))
    if (at >= 0)
      throw new DomainError(
        `inequalityProblem: the ${what} must be finite; got ${values[at]} at ${at}. Correct it.`,
        'E_NONFINITE',
      )
  }
  if (quadratic !== undefined) checkQuadratic(quadratic, d)
  return { kind: 'inequalities', operator: denseOperator(matrix), bounds, cost, quadratic: quadratic ?? null }
}

/**
 * Minimises cᵀx + ½xᵀQx over A·x ≤ b.
 *
 * @throws as `inequalityProblem`; DomainError (E_INFEASIBLE) when no point meets the constraints, (E_DOMAIN) when none meets them strictly or the start does
 *   not, (E_RANK); NotSolvedError (E_UNBOUNDED).
 */
export async function solveProgram(data: ProgramData, options: SolveProgramOptions = {}): Promise<ProgramSolution> {
  const { method = 'auto', tolerance = 1e-8, seed = 0, start, ...limits } = options
  const problem = inequalityProblem(data)
  const { rows: n, cols: d } = problem.operator
  if (!PROGRAM_METHODS.includes(method))
    throw new UnsupportedError(`solveProgram: the method must be one of ${PROGRAM_METHODS.join(', ')}; got ${method}.`)
  const inside = start ?? (await phaseOne(problem, limits))
  const slack = Math.min(...problem.operator.apply(inside).map((f, i) => problem.bounds[i] - f))
  if (!(slack > 0))
    throw new DomainError(
      `solveProgram: the start must meet every constraint strictly; its least slack is ${slack}. Leave it out for phase one.`,
    )
  // A factor costs 4nd² (QR) for a linear program, the sketch 8nd + 64d³ and some twenty products.
  const sketched = 8 * n * d + 16 * d ** 3 + 20 * 24 * n * d
  const exact = (problem.quadratic === null ? 4 : 1) * n * d * d
  const adaptive = method === 'barrier-ada' || (method === 'auto' && n > 4 * d && sketched < exact)
  const reason =
    method === 'auto'
      ? `${adaptive ? 'sketched' : 'exact'} Newton steps: a factor for ${n} × ${d} costs ${exact.toExponential(1)} flops, a sketch with twenty products ${sketched.toExponential(1)}`
      : 'as asked'
  const solver = barrier({ steps: adaptive ? 'adaptive' : 'exact', start: inside, seed })
  let report: NewtonReport | undefined
  let dualPoint: Float64Array | null = null
  const watched: Solver = {
    ...solver,
    *iterate(stated, context) {
      for (const step of solver.iterate(stated, context)) {
        report = step.report
        dualPoint = step.dualPoint
        yield step
      }
    },
  }
  const ran = await solve(problem, watched, { ...limits, tolerance })
  if (report === undefined) throw new UnsupportedError('solveProgram: the barrier gave no report.')
  const held = dualPoint as Float64Array | null
  return {
    x: ran.x,
    objective: ran.objective,
    bound: report.bound,
    relativeGap: relativeGap(ran.objective, report.bound),
    witness: held === null ? null : { y: held.slice(0, n), z: held.slice(n) },
    status: ran.status,
    iterations: report.decrements.length,
    seconds: ran.seconds,
    method: solver.name,
    reason,
    report,
  }
}

/** A strictly feasible point. */
async function phaseOne(
  problem: InequalityProblem,
  limits: Pick<SolveOptions, 'maxTime' | 'signal'>,
): Promise<Float64Array> {
  const { operator, bounds } = problem
  const { rows: n, cols: d, data } = operator.matrix
  const worst = -bounds.reduce((least, b) => Math.min(least, b), Infinity)
  if (worst < 0) return new Float64Array(d)
  const wide = dense(n, d + 1)
  for (let i = 0; i < n; i++) {
    wide.data.set(data.subarray(i * d, (i + 1) * d), i * (d + 1))
    wide.data[i * (d + 1) + d] = -1
  }
  const quadratic = dense(d + 1, d + 1)
  for (let j = 0; j < d; j++) quadratic.data[j * (d + 2)] = EPSILON
  const start = new Float64Array(d + 1)
  start[d] = worst + Math.max(1, Math.abs(worst))
  const cost = new Float64Array(d + 1)
  cost[d] = 1
  const extended = inequalityProblem({ matrix: wide, bounds, cost, quadratic })
  const solver = barrier({ start })
  let [found, bound] = [null as Float64Array | null, -Infinity]
  const watched: Solver = {
    ...solver,
    *iterate(stated, context) {
      for (const step of solver.iterate(stated, context)) {
        bound = step.bound
        const x = step.x.slice(0, d)
        if (operator.apply(x).every((f, i) => f < bounds[i])) found = x
        yield step
        // One stage further than the boundary keeps away from it.
        if (found !== null && step.x[d] < 0) return
      }
    },
  }
  await solve(extended, watched, { ...limits, tolerance: 1e-9 })
  if (found !== null) return found
  const rho = bound > 0 ? Math.sqrt((2 * bound) / EPSILON) : 0
  if (rho > 10 * Math.max(1, max(bounds.map(Math.abs))))
    throw new DomainError(
      `solveProgram: some point must meet all ${n} constraints; none of norm up to ${rho.toExponential(1)} does, each breaks one by ${bound.toPrecision(3)} or nearly. Loosen the bounds.`,
      'E_INFEASIBLE',
    )
  throw new DomainError(
    `solveProgram: some point must meet all ${n} constraints strictly; none was found, at best one is broken by 0 up to rounding. Equalities have no interior: substitute them, or loosen the bounds a little.`,
  )
}

function checkQuadratic(q: Dense, d: number): void {
  if (q.rows !== d || q.cols !== d)
    throw new ShapeError(`inequalityProblem: the quadratic must be ${d} × ${d}; got ${q.rows} × ${q.cols}.`)
  const size = max(q.data.map(Math.abs))
  for (let i = 0; i < d; i++)
    for (let j = 0; j < i; j++)
      if (Math.abs(q.data[i * d + j] - q.data[j * d + i]) > 1e-12 * size)
        throw new DomainError(
          `inequalityProblem: the quadratic must be symmetric; got ${q.data[i * d + j]} and ${q.data[j * d + i]} at (${i}, ${j}). Take (Q + Qᵀ)/2.`,
        )
  const least = eigh(q).values[0]
  if (least < -1e-10 * size)
    throw new DomainError(
      `inequalityProblem: the quadratic must be positive semidefinite; its least eigenvalue is ${least.toPrecision(3)}. The program is not convex.`,
    )
}
