/**
 * `nadir ridge`: one weight of the ridge or a whole path of them, from one Gram matrix or one sketch, each model with its own bound.
 *
 * Minimises (1/n)·Σ w_i·½(β₀ + x_iᵀβ − y_i)² + ½λ·Σ_j (σ_j·β_j)², σ_j the standard deviation of column j (1 with --no-standardise).
 * @module
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { DomainError } from '../errors.ts'
import { requireWritable, writeResult } from '../formats/writeAtomic.ts'
import { compute, configureCompute } from '../matrix/createCompute.ts'
import { chooseByGcv, type StreamModel } from '../solvers/streamed/models.ts'
import { STREAM_METHODS, type StreamMethod, type StreamRidgeSolution } from '../solvers/streamed/streamOptions.ts'
import { streamRidge } from '../solvers/streamed/streamRidge.ts'
import { interruptible } from './interrupt.ts'
import {
  certificateOf,
  coefficientRows,
  modelObject,
  passLine,
  severalCsv,
  severalTable,
  sharedFields,
} from './linearResult.ts'
import { addStream, type LinearRows, linearRows, type StreamFlags } from './linearRows.ts'
import {
  addCommon,
  addCompute,
  addData,
  type CommonOptions,
  type ComputeFlags,
  type DataFlags,
  fraction,
  nonNegative,
  positive,
  wholeNumber,
} from './options.ts'
import { columns, duration, figure, jsonText, note, wrap } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { coefficientsCsv, coefficientsTable } from './solve.ts'
import { formOf, type TableForm, writeTable } from './tableFile.ts'

type Flags = CommonOptions &
  DataFlags &
  ComputeFlags &
  StreamFlags & {
    readonly lambda?: number
    readonly path?: boolean
    readonly lambdas?: readonly number[]
    readonly count: number
    readonly ratio: number
    readonly standardise: boolean
    readonly intercept: boolean
    readonly method: StreamMethod
    readonly tolerance: number
    readonly rows?: number
    readonly maxTime?: number
    readonly seed: number
    readonly out?: string
    readonly output?: string
  }

/** Adds the command. */
export function addRidge(program: Command, session: Session): void {
  addStream(addCompute(addData(addCommon(program.command('ridge')))))
    .description(
      'ridge regression for one lambda or a whole path of them from one pass or one sketch, each with a bound on its error',
    )
    .argument('<data>', 'CSV, TSV, Parquet, JSON lines or .npy, "-" for standard input, or a bundled data set')
    .option('--lambda <lambda>', 'weight λ ≥ 0 of ½Σ(σβ)² beside the mean of the losses', nonNegative)
    .option('--path', 'a path of lambdas, and the choice among them by generalised cross-validation')
    .option('--lambdas <list>', 'the lambdas of the path, separated by commas', lambdasOf)
    .addOption(
      new Option('--count <count>', 'how many, evenly spaced in log from where the effective dimension is at most 1')
        .argParser(wholeNumber(1))
        .default(20),
    )
    .addOption(
      new Option('--ratio <ratio>', 'the smallest as a part of the largest, in (0, 1)')
        .argParser(fraction)
        .default(1e-6),
    )
    .option('--no-standardise', 'penalise β as it is, not in units of the standard deviations')
    .option('--no-intercept', 'no constant term')
    .addOption(
      new Option('--method <method>', 'gram: one pass for all; pcg: a sketch, and a pass a step')
        .choices(STREAM_METHODS)
        .default('auto'),
    )
    .addOption(
      new Option('--tolerance <error>', 'error of the fitted values relative to the target')
        .argParser(positive)
        .default(1e-8),
    )
    .option('--rows <count>', 'rows of the sketch (default: four times the columns)', wholeNumber(1))
    .option('--max-time <seconds>', 'stop after so many seconds, with the best so far', positive)
    .addOption(new Option('--seed <seed>', 'seed of all randomness').argParser(wholeNumber(0, 2 ** 32 - 1)).default(0))
    .option('-o, --out <file>', 'CSV file for the coefficients of the model chosen')
    .option('--output <file>', 'also write the path: a .csv or .json file; or csv or json, to print it so')
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: Flags) => ridge(path, flags, session))
}

async function ridge(path: string, flags: Flags, session: Session): Promise<void> {
  const { io } = session
  const whole = flags.path === true || flags.lambdas !== undefined
  if (whole === (flags.lambda !== undefined))
    throw new DomainError(
      `ridge: give --lambda, or --path (with --lambdas, or --count and --ratio); got ${whole ? 'both' : 'neither'}. Try --path.`,
      'E_USAGE',
    )
  const form = await formOf(flags.output, 'ridge')
  if (flags.out !== undefined) await requireWritable(flags.out)
  const { backend, threads } = flags
  if (backend !== undefined || threads !== undefined)
    configureCompute({ ...(backend !== undefined && { backend }), ...(threads !== undefined && { threads }) })
  const rows = await linearRows(path, flags, io)
  if (!flags.quiet) for (const text of rows.notes) note(io, text)
  const line = passLine(io, flags.quiet === true)
  const solution = await interruptible(io, signal =>
    streamRidge(rows.source, {
      path:
        flags.lambda !== undefined
          ? { lambdas: [flags.lambda] }
          : flags.lambdas !== undefined
            ? { lambdas: flags.lambdas }
            : { count: flags.count, ratio: flags.ratio },
      intercept: flags.intercept,
      standardise: flags.standardise,
      method: flags.method,
      tolerance: flags.tolerance,
      seed: flags.seed,
      signal,
      onProgress: line.update,
      ...(flags.rows !== undefined && { rows: flags.rows }),
      ...(flags.maxTime !== undefined && { maxTime: flags.maxTime }),
    }),
  ).finally(async () => {
    line.end()
    await rows.close()
  })
  session.code = solution.status === 'solved' ? DONE : STOPPED_EARLY
  await show({ rows, solution, flags, form, whole }, session)
}

interface Shown {
  readonly rows: LinearRows
  readonly solution: StreamRidgeSolution
  readonly flags: Flags
  readonly form: TableForm | null
  readonly whole: boolean
}

async function show({ rows, solution, flags, form, whole }: Shown, { io }: Session): Promise<void> {
  const { targets, names } = rows
  const one = targets.length === 1
  const chosen = solution.models.map(models => (whole ? chooseByGcv(models) : 0))
  const best = solution.models.map((models, t) => models[chosen[t]])
  const tableOf = (model: StreamModel) => coefficientRows(model, names, flags.intercept)
  const tables = best.map(tableOf)
  if (flags.out !== undefined)
    await writeResult(flags.out, one ? coefficientsCsv(tables[0]) : severalCsv(targets, tables))
  const outputs = [...(flags.out === undefined ? [] : [flags.out]), ...(form?.file ? [form.file] : [])]
  const judged = solution.models.every(models => models.some(({ gcv }) => Number.isFinite(gcv)))
  const remarks = [
    ...solution.constant.map(j => `column "${names[j]}" is the same in every row: its coefficient is 0.`),
    ...solution.warnings,
    ...(whole && !judged
      ? [
          'no lambda was chosen, since effective dimensions are not known at this size: the largest is shown. --method gram knows them.',
        ]
      : []),
  ]
  if (!flags.quiet) for (const text of remarks) note(io, text)
  const path = solution.models.flatMap((models, t) =>
    models.map(model => ({ ...(!one && { target: targets[t] }), ...modelObject(model, tableOf(model)) })),
  )
  const result = {
    command: 'ridge',
    ...modelObject(best[0], tables[0]),
    status: solution.status,
    objective: best.reduce((sum, model) => sum + model.objective, 0),
    lambda: one ? best[0].lambda : best.map(({ lambda }) => lambda),
    certificate: certificateOf(best),
    ...sharedFields(solution, flags.seed),
    standardised: flags.standardise,
    outputs,
    ...(!one && { targets: best.map((model, t) => ({ target: targets[t], ...modelObject(model, tables[t]) })) }),
    ...(whole && { chosenBy: judged ? 'gcv' : 'none', chosen: one ? chosen[0] : chosen, path }),
    notes: [...rows.notes, ...remarks],
  }
  if (form !== null)
    await writeTable(io, form, {
      header: ['target', 'lambda', 'objective', 'bound', 'relative_error', 'effective_dimension', 'gcv', 'r2', 'rmse'],
      rows: solution.models.flatMap((models, t) =>
        models.map(m => [
          t,
          m.lambda,
          m.objective,
          m.objective - m.errorBound,
          m.relativeError,
          m.effectiveDimension,
          m.gcv,
          m.r2,
          m.rmse,
        ]),
      ),
      object: result,
    })
  if (flags.json) return form?.file === null ? undefined : io.out(jsonText(result))
  if (form?.file === null) return
  io.out(
    `\n${solution.status === 'solved' ? 'solved' : `stopped (${solution.status}) before the error asked for,`} after ${duration(solution.seconds)}, ${solution.passes} ${solution.passes === 1 ? 'pass' : 'passes'} over ${solution.rows} rows (${compute().backend} backend)\n` +
      `  method     ${solution.method}${solution.sketchRows > 0 ? `, sketch of ${solution.sketchRows} rows` : ''}\n` +
      `  why        ${solution.reason}\n\n`,
  )
  solution.models.forEach((models, t) => {
    if (!one) io.out(`${targets[t]}\n`)
    io.out(
      columns(
        ['lambda', 'objective', 'error at most', 'd_λ', 'GCV', 'R²'],
        models.map((m, k) => [
          figure(m.lambda, 4),
          figure(m.objective, 6),
          m.errorBound < Infinity ? m.relativeError.toExponential(1) : '—',
          figure(m.effectiveDimension, 4),
          figure(m.gcv, 6),
          `${figure(m.r2, 4)}${whole && judged ? (k === chosen[t] ? ' *' : '  ') : ''}`,
        ]),
        io.width,
      ),
    )
    io.out(`${whole && judged ? '* least GCV\n' : ''}\n${wrap(best[t].statement, { most: io.width })}\n\n`)
  })
  io.out(one ? coefficientsTable(tables[0]) : severalTable(targets, tables, 30))
  if (flags.out !== undefined) io.out(`coefficients: ${flags.out}\n`)
  if (form?.file) io.out(`path: ${form.file}\n`)
}

function lambdasOf(text: string): number[] {
  const list = text.split(',').map(nonNegative)
  if (new Set(list).size < list.length) throw new InvalidArgumentError(`The lambdas must differ; got "${text}".`)
  return list
}

const EXAMPLES = `
Examples:
  nadir ridge diabetes --target progression --path
  nadir ridge rows.parquet --target y --lambda 1e-3 --stream --json
  nadir ridge table.csv --target a,b,c --path --count 40 --output path.csv --out coefficients.csv
`
