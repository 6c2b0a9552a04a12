/**
 * `nadir solve`: linear models with a bound on the error of the answer; here least squares and ridge, other losses in `solveGlm.ts`.
 *
 * Minimises (1/n)·Σ w_i·½(β₀ + x_iᵀβ − y_i)² + ½λ‖β‖²; the intercept β₀ is not penalised. It is taken out exactly by centring columns and target,
 * so the program solved has λ·n as its ridge in sum form.
 * @module
 */
import { type Command, Option } from 'commander'
import type { Dataset } from '../data/dataset.ts'
import { regressionMetrics } from '../data/metrics.ts'
import { DomainError, UnsupportedError } from '../errors.ts'
import { requireWritable, writeResult } from '../formats/writeAtomic.ts'
import { compute, configureCompute } from '../matrix/createCompute.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { errorStatement } from '../solvers/sketched/errorStatement.ts'
import { VARIANTS, type Variant } from '../solvers/sketched/rates.ts'
import type { SketchReport } from '../solvers/sketched/report.ts'
import { CONSTRAINED_METHODS, type ConstrainedMethod } from '../solvers/sketched/solveConstrained.ts'
import { GLM_METHODS, type GlmMethod } from '../solvers/sketched/solveGlm.ts'
import { PROGRAM_METHODS, type ProgramMethod } from '../solvers/sketched/solveProgram.ts'
import { RIDGE_METHODS, type RidgeMethod, type RidgeSolution, solveRidge } from '../solvers/sketched/solveRidge.ts'
import { STREAM_METHODS, type StreamMethod } from '../solvers/streamed/streamOptions.ts'
import { interruptible } from './interrupt.ts'
import { addStream, type StreamFlags, several, wantsStream } from './linearRows.ts'
import { loadDataset } from './load.ts'
import {
  addCommon,
  addCompute,
  addData,
  type CommonOptions,
  type ComputeFlags,
  type DataFlags,
  nonNegative,
  number,
  positive,
  wholeNumber,
} from './options.ts'
import { columns, csvCell, duration, figure, jsonText, METRIC_NAMES, note, wrap } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { CONSTRAINTS, type ConstraintName, solveWithConstraint } from './solveConstrained.ts'
import { fitted, solveWithLoss } from './solveGlm.ts'
import { solveAsProgram } from './solveProgram.ts'
import { solveByPasses } from './solveRows.ts'

/** What the flags say. */
export type SolveFlags = CommonOptions &
  DataFlags &
  ComputeFlags &
  StreamFlags & {
    readonly ridge: number
    readonly task: 'model' | 'lp' | 'qp'
    readonly cost?: string
    readonly quadratic?: string
    readonly loss: SolveLoss
    readonly delta?: number
    readonly method: SolveMethod
    readonly tolerance?: number
    readonly rows?: number
    readonly variant?: Variant
    readonly constraint?: ConstraintName
    readonly radius?: number
    readonly low?: number
    readonly high?: number
    readonly workers?: number
    readonly debias: boolean
    readonly refresh?: boolean
    readonly intercept: boolean
    readonly maxTime?: number
    readonly seed: number
    readonly out?: string
  }

type SolveLoss = 'squared' | 'huber' | 'logistic' | 'squared-hinge' | 'poisson'
type SolveMethod = RidgeMethod | StreamMethod | GlmMethod | ProgramMethod | ConstrainedMethod

const LOSSES: readonly SolveLoss[] = ['squared', 'huber', 'logistic', 'squared-hinge', 'poisson']
const METHODS: readonly SolveMethod[] = [
  ...new Set<SolveMethod>([
    ...RIDGE_METHODS,
    ...STREAM_METHODS,
    ...GLM_METHODS,
    ...PROGRAM_METHODS,
    ...CONSTRAINED_METHODS,
  ]),
]
const MOST_LINES = 30
const RIDGE_TOLERANCE = 1e-8

/** Adds the command. */
export function addSolve(program: Command, session: Session): void {
  const { io } = session
  addStream(addCompute(addData(addCommon(program.command('solve')))))
    .description(
      'least squares, generalised linear models, linear and quadratic programs, direct or sketched, with a bound on the error of the answer',
    )
    .argument('<data>', 'CSV, TSV, Parquet, JSON lines or .npy, "-" for standard input, or a bundled data set')
    .addOption(
      new Option(
        '--task <task>',
        'fit a linear model, or solve the program min cᵀx (+ ½xᵀQx), Ax ≤ b: A in the data, b the target',
      )
        .choices(['model', 'lp', 'qp'])
        .default('model'),
    )
    .option('--cost <file>', 'lp and qp: the vector c, one number a variable')
    .option('--quadratic <file>', 'qp: the matrix Q, symmetric positive semidefinite')
    .addOption(
      new Option('--loss <loss>', 'squared, huber and poisson for numbers, logistic and squared-hinge for two classes')
        .choices(LOSSES)
        .default('squared'),
    )
    .option('--delta <delta>', 'where Huber loss turns linear, in units of the target (default: 1)', positive)
    .option('--ridge <lambda>', 'weight λ ≥ 0 of ½‖β‖² beside the mean of the losses', nonNegative, 0)
    .addOption(new Option('--method <method>', 'auto measures, chooses and says why').choices(METHODS).default('auto'))
    .option(
      '--tolerance <error>',
      'squared loss: error of the fitted values relative to the target (default: 1e-8); else the relative duality gap (default: 1e-10; without a ridge, and for programs, 1e-7)',
      positive,
    )
    .option('--rows <count>', 'rows of the sketch (default: four times the columns)', wholeNumber(1))
    .addOption(
      new Option('--variant <variant>', 'ihs: its steps (default: heavy-ball; gradient with a constraint)').choices(
        VARIANTS,
      ),
    )
    .addOption(
      new Option('--constraint <set>', 'squared loss: confine the coefficients (not the intercept) to a set').choices(
        CONSTRAINTS,
      ),
    )
    .option('--radius <size>', 'of l1, l2 and simplex (default for simplex: 1)', positive)
    .option('--low <value>', 'box: least value of a coefficient', number)
    .option('--high <value>', 'box: largest value of a coefficient', number)
    .option(
      '--workers <count>',
      'avg-newton: simulated workers, each with a sketch of its own (default: 10)',
      wholeNumber(1),
    )
    .option('--no-debias', 'avg-newton: average without scaled ridge and factor')
    .option('--refresh', 'avg-newton: fresh sketches in each step')
    .option('--no-intercept', 'no constant term')
    .option('--max-time <seconds>', 'stop after so many seconds, with the best so far', positive)
    .addOption(new Option('--seed <seed>', 'seed of all randomness').argParser(wholeNumber(0, 2 ** 32 - 1)).default(0))
    .option('-o, --out <file>', 'CSV file for the coefficients')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: SolveFlags) => {
      if (flags.out !== undefined) await requireWritable(flags.out)
      const chosen = {
        ...(flags.backend !== undefined && { backend: flags.backend }),
        ...(flags.threads !== undefined && { threads: flags.threads }),
      }
      if (Object.keys(chosen).length > 0) configureCompute(chosen)
      checkFlags(flags)
      if (flags.task !== 'model') return solveAsProgram(path, flags, { session })
      if ((PROGRAM_METHODS as readonly string[]).includes(flags.method) && flags.method !== 'auto')
        throw new UnsupportedError(`solve: method ${flags.method} is for --task lp and qp. Leave --method out.`)
      if (flags.loss !== 'squared' || isNewton(flags.method)) {
        checkMethod(flags)
        if (flags.stream)
          throw new UnsupportedError(
            'solve: --stream is for squared loss and programs are read whole; leave --stream out.',
          )
        return solveWithLoss(path, flags, { session })
      }
      const { constraint } = flags
      const passes = several(flags.target) || flags.method === 'gram' || (await wantsStream(path, flags))
      if (constraint !== undefined) {
        if (passes)
          throw new UnsupportedError(
            'solve: --constraint is for one target and rows in memory; leave out --stream, --method gram, or all targets but one.',
          )
        return solveWithConstraint(path, { ...flags, constraint }, { session })
      }
      if (passes) return solveByPasses(path, flags, { session })
      const data = await loadDataset(path, { ...flags, task: 'regression' }, io)
      if (!flags.quiet) for (const text of data.notes) note(io, text)
      const { matrix, target, means, centre } = reduce(data, flags.intercept)
      const solution = await interruptible(io, signal =>
        solveRidge(matrix, target, {
          lambda: flags.ridge * matrix.rows,
          method: flags.method as RidgeMethod,
          tolerance: flags.tolerance ?? RIDGE_TOLERANCE,
          seed: flags.seed,
          averaging: {
            debias: flags.debias,
            refresh: flags.refresh === true,
            ...(flags.workers !== undefined && { workers: flags.workers }),
          },
          signal,
          ...(flags.variant !== undefined && { variant: flags.variant }),
          ...(flags.rows !== undefined && { rows: flags.rows }),
          ...(flags.maxTime !== undefined && { maxTime: flags.maxTime }),
        }),
      )
      const intercept = centre - means.reduce((sum, mean, j) => sum + mean * solution.x[j], 0)
      const metrics = regressionMetrics(data.y, fitted(data.x, solution.x, intercept), { weights: data.weights })
      session.code = solution.status === 'solved' ? DONE : STOPPED_EARLY
      const rows: [string, number][] = [
        ...(flags.intercept ? [['(intercept)', intercept] as [string, number]] : []),
        ...data.names.map((name, j): [string, number] => [name, solution.x[j]]),
      ]
      if (flags.out !== undefined) await writeResult(flags.out, coefficientsCsv(rows))
      const outputs = flags.out === undefined ? [] : [flags.out]
      const notes = [...data.notes, ...solution.report.warnings]
      if (!flags.quiet) for (const text of solution.report.warnings) note(io, text)
      if (flags.json)
        return io.out(jsonText(resultOf(flags, solution, { rows, metrics, notes, outputs, samples: matrix.rows })))
      io.out(summaryOf(flags, solution, matrix, { ...metrics }))
      io.out(coefficientsTable(rows))
      if (flags.out !== undefined) io.out(`coefficients: ${flags.out}\n`)
    })
}

/** A regression without its intercept. */
export interface Reduced {
  readonly matrix: Dense
  readonly target: Float64Array
  /** Of the columns and of the target; 0 without an intercept. */
  readonly means: Float64Array
  readonly centre: number
}

/** √w·(X − means) and √w·(y − mean): the program without its intercept. */
export function reduce({ x, y, weights }: Dataset, intercept: boolean): Reduced {
  const { rows: n, cols: d } = x
  const w = weights ?? new Float64Array(n).fill(1)
  const means = new Float64Array(d)
  let [centre, total] = [0, 0]
  for (let i = 0; i < n; i++) {
    total += w[i]
    centre += w[i] * y[i]
    for (let j = 0; j < d; j++) means[j] += w[i] * x.data[i * d + j]
  }
  centre = intercept ? centre / total : 0
  for (let j = 0; j < d; j++) means[j] = intercept ? means[j] / total : 0
  const matrix = dense(n, d)
  const target = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const root = Math.sqrt(w[i])
    target[i] = root * (y[i] - centre)
    for (let j = 0; j < d; j++) matrix.data[i * d + j] = root * (x.data[i * d + j] - means[j])
  }
  return { matrix, target, means, centre }
}

interface Printed {
  readonly rows: readonly (readonly [string, number])[]
  readonly metrics: object
  readonly notes: readonly string[]
  readonly outputs: readonly string[]
  readonly samples: number
}

/** Public (mean) objective; the certificate's numbers likewise. */
function resultOf(
  flags: SolveFlags,
  solution: RidgeSolution,
  { rows, metrics, notes, outputs, samples }: Printed,
): object {
  const { objective, errorBound, relativeError, report } = solution
  const proved = errorBound < Infinity
  return {
    command: 'solve',
    status: solution.status,
    objective: objective / samples,
    lambda: flags.ridge,
    certificate: {
      scope: proved ? 'global' : 'stationary',
      oracle: proved ? 'closed-form' : 'none',
      primal: objective / samples,
      dual: proved ? (objective - errorBound) / samples : null,
      gap: proved ? errorBound / samples : null,
      relativeGap: proved ? (errorBound === 0 ? 0 : errorBound / objective) : null,
      relativeError: proved ? relativeError : null,
      boundBy: report.boundBy,
      statement: statementOf(solution, samples),
    },
    metrics,
    iterations: solution.iterations,
    seconds: solution.seconds,
    seed: flags.seed,
    backend: compute().backend,
    outputs,
    method: solution.method,
    reason: solution.reason,
    sketch: {
      rows: report.sketchRows,
      effectiveDimension: orNull(report.effectiveDimension),
      predictedContraction: orNull(report.predicted),
      measuredContraction: orNull(report.measured),
      growth: report.growth,
    },
    products: report.products,
    coefficients: Object.fromEntries(rows),
    notes,
  }
}

function summaryOf(flags: SolveFlags, solution: RidgeSolution, matrix: Dense, metrics: Record<string, number>): string {
  const { report } = solution
  const rate = contractionText(report)
  return [
    '',
    `${solution.status === 'solved' ? 'solved' : `stopped (${solution.status}) before the error asked for,`} after ${duration(solution.seconds)}, ${report.products} products (${compute().backend} backend)`,
    `  method     ${solution.method}${report.sketchRows > 0 ? `, sketch of ${report.sketchRows} rows` : ''}`,
    `  why        ${solution.reason}`,
    `  ridge      ${figure(flags.ridge)}`,
    `  objective  ${figure(solution.objective / matrix.rows, 8)}`,
    `  error      ${solution.errorBound < Infinity ? `${solution.relativeError.toExponential(1)} relative at most` : 'not bounded'}, asked for ${(flags.tolerance ?? RIDGE_TOLERANCE).toExponential(0)}`,
    ...(rate === null ? [] : [`  contracts  ${rate}`]),
    `  fit        ${Object.entries(metrics)
      .map(([name, value]) => `${METRIC_NAMES[name] ?? name} ${figure(value, 4)}`)
      .join(', ')}`,
    '',
    wrap(statementOf(solution, matrix.rows)),
    '',
    '',
  ].join('\n')
}

/** The statement, about the public (mean) objective. */
function statementOf({ errorBound, relativeError, report }: RidgeSolution, samples: number): string {
  return errorStatement({ errorBound: errorBound / samples, relativeError, boundBy: report.boundBy })
}

/** Predicted and measured contraction, where there is a prediction. */
export function contractionText(report: Pick<SketchReport, 'predicted' | 'measured'>): string | null {
  if (!Number.isFinite(report.predicted)) return null
  return `${figure(report.predicted, 3)} predicted, ${figure(report.measured, 3)} measured, a step`
}

/** The file of coefficients. */
export function coefficientsCsv(rows: readonly (readonly [string, number])[]): string {
  return `name,coefficient\n${rows.map(([name, v]) => `${csvCell(name)},${v}\n`).join('')}`
}

/** The first of them as a table. */
export function coefficientsTable(rows: readonly (readonly [string, number])[]): string {
  const table = columns(
    ['name', 'coefficient'],
    rows.slice(0, MOST_LINES).map(([name, v]) => [name, figure(v)]),
  )
  return rows.length > MOST_LINES
    ? `${table}… and ${rows.length - MOST_LINES} more; --out or --json has them all\n`
    : table
}

/** Flags that need one another. */
function checkFlags({ constraint, radius, low, high, loss, task, method, variant }: SolveFlags): void {
  if (constraint === undefined) {
    if (radius !== undefined || low !== undefined || high !== undefined)
      throw new DomainError('solve: --radius, --low and --high belong to --constraint, which is missing.')
    if (method === 'exact') throw new UnsupportedError('solve: method exact belongs to --constraint. Use direct.')
  } else if (loss !== 'squared' || task !== 'model')
    throw new UnsupportedError(
      `solve: --constraint is for squared loss; got ${task === 'model' ? `${loss} loss` : `--task ${task}`}.`,
    )
  if (variant !== undefined && method !== 'ihs')
    throw new UnsupportedError(`solve: --variant belongs to --method ihs; got method ${method}.`)
}

function isNewton(method: SolveMethod): boolean {
  return method !== 'auto' && (GLM_METHODS as readonly string[]).includes(method)
}

function checkMethod({ method, loss }: SolveFlags): void {
  if (!(GLM_METHODS as readonly string[]).includes(method))
    throw new UnsupportedError(
      `solve: method ${method} is for squared loss; got ${loss} loss. Use one of ${GLM_METHODS.join(', ')}.`,
    )
}

/** null for what JSON has no number for. */
export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

const EXAMPLES = `
Examples:
  nadir solve diabetes --target progression
  nadir solve data.csv --target y --ridge 1e-3 --method adaptive --json
  nadir solve breast-cancer --loss logistic --ridge 1e-3
  nadir solve diabetes --target progression --constraint nonnegative
  nadir solve diabetes --target progression --constraint l1 --radius 500 --method ihs
  nadir solve rows.parquet --target a,b,c --stream      (several targets; a file larger than memory)
  nadir solve constraints.csv --target b --task lp --cost c.csv
`
