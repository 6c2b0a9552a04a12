/**
 * `nadir spline`: the best ReLU network of one input, as a linear spline, with its proof.
 * @module
 */
import { extname } from 'node:path'
import { type Command, Option } from 'commander'
import {
  columnOf,
  encodeTarget,
  learnTarget,
  lossTargets,
  metricsOf,
  predictionsOf,
  type TargetEncoding,
  weightsOf,
} from '../data/index.ts'
import { isMissing, requireFinite } from '../data/table.ts'
import { DomainError, UnsupportedError } from '../errors.ts'
import { readTable } from '../formats/readTable.ts'
import { requireWritable, writeResult } from '../formats/writeAtomic.ts'
import { breathing, type Spline, type SplineOptions, splineSteps } from '../models/index.ts'
import { interruptible } from './interrupt.ts'
import { addCommon, type CommonOptions, type Lambda, lambdaOf, positive, wholeNumber } from './options.ts'
import { columns, csvCell, duration, figure, jsonText, METRIC_NAMES, note, wrap } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'

type LossFlag = NonNullable<SplineOptions['loss']>
type SplineFlags = CommonOptions & {
  readonly x?: string
  readonly y?: string
  readonly weights?: string
  readonly lambda?: Lambda
  readonly knots?: number
  readonly interpolate?: boolean
  readonly sparsest?: boolean
  readonly loss: LossFlag
  readonly delta?: number
  readonly gap: number
  readonly seed: number
  readonly out?: string
}

/** Adds the command. */
export function addSpline(program: Command, session: Session): void {
  addCommon(program.command('spline'))
    .description('fit one column by another: the best ReLU network of one input with free biases, as a linear spline')
    .argument('<data>', 'CSV, TSV, Parquet, JSON lines or .npy, "-" for standard input, or a bundled data set')
    .option('--x <column>', 'column of the input (default: the only other one)')
    .option('--y <column>', 'column to fit (default: the last)')
    .option('--weights <column>', 'column of sample weights ≥ 0')
    .option('--lambda <lambda>', 'weight of the penalty: a number, or 0.01max (default: by cross-validation)', lambdaOf)
    .option('--knots <count>', 'at most so many knots, by choice of lambda', wholeNumber(0))
    .option('--interpolate', 'the smallest network through all points')
    .option('--sparsest', 'of all equally good fits the one with the fewest knots')
    .addOption(
      new Option('--loss <loss>', 'logistic and squared-hinge want two classes')
        .choices(['squared', 'huber', 'logistic', 'squared-hinge'])
        .default('squared'),
    )
    .option('--delta <delta>', "Huber's delta (default 1)", positive)
    .addOption(new Option('--gap <gap>', 'relative duality gap to stop at').argParser(positive).default(1e-8))
    .addOption(
      new Option('--seed <seed>', 'seed of the folds of cross-validation')
        .argParser(wholeNumber(0, 2 ** 32 - 1))
        .default(0),
    )
    .option('--out <file>', 'write the spline and its network to a .json file, or x, y and fit to a .csv file')
    .addHelpText('after', EXAMPLES)
    .action((path: string, flags: SplineFlags) => runSpline(path, flags, session))
}

async function runSpline(path: string, flags: SplineFlags, session: Session): Promise<void> {
  const { io } = session
  if (flags.out !== undefined) {
    if (!['.json', '.csv'].includes(extname(flags.out)))
      throw new UnsupportedError(`spline: --out takes a .json or a .csv file; got "${flags.out}".`)
    await requireWritable(flags.out)
  }
  const data = await loadPair(path, flags, session)
  const y = lossTargets(data.y, flags.loss)
  const began = performance.now()
  const steps = splineSteps(data.x, y, {
    ...(flags.lambda?.unit === 'absolute' && { lambda: flags.lambda.value }),
    ...(flags.lambda?.unit === 'lambdaMax' && { lambdaFraction: flags.lambda.value }),
    ...(flags.knots !== undefined && { knots: flags.knots }),
    ...(flags.interpolate && { interpolate: true }),
    ...(flags.sparsest && { sparsest: true }),
    ...(flags.delta !== undefined && { delta: flags.delta }),
    ...(data.weights !== null && { weights: data.weights }),
    loss: flags.loss,
    tolerance: flags.gap,
    seed: flags.seed,
  })
  const spline = await interruptible(io, signal => breathing(steps, signal))
  const seconds = (performance.now() - began) / 1000
  const predictions = predictionsOf(spline.fitted, { target: data.target, loss: flags.loss })
  const metrics = metricsOf(data.y, predictions, { target: data.target, weights: data.weights })
  session.code = spline.status === 'solved' ? DONE : STOPPED_EARLY
  const notes = [...data.notes, ...spline.notes]
  if (!flags.quiet) for (const text of notes) note(io, text)
  const result = resultOf(spline, flags, { metrics, seconds, notes })
  if (flags.out !== undefined) await writeResult(flags.out, fileOf(flags.out, { data, spline, result, y }))
  if (flags.json) return io.out(jsonText(result))
  io.out(summaryOf(spline, data, { metrics, seconds }))
  io.out(knotsTable(spline, data.name))
  if (flags.out !== undefined) io.out(`\nwritten: ${flags.out}\n`)
}

/** The two columns as numbers, and weights. */
interface Pair {
  readonly x: Float64Array
  /** Numbers, or class indices. */
  readonly y: Float64Array
  readonly weights: Float64Array | null
  readonly name: string
  readonly target: TargetEncoding
  readonly notes: readonly string[]
}

async function loadPair(path: string, flags: SplineFlags, { io }: Session): Promise<Pair> {
  const table = await readTable(path, io.stdin === undefined ? {} : { stdin: io.stdin })
  const last = table.columns[table.columns.length - 1]
  const output = flags.y === undefined ? last : columnOf(table, flags.y, 'target')
  const others = table.columns.filter(each => each !== output && each.name !== flags.weights)
  if (flags.x === undefined && others.length !== 1)
    throw new DomainError(
      `spline: the input is one column; there are ${others.length} to choose from: ${others
        .map(({ name }) => name)
        .slice(0, 5)
        .join(', ')}${others.length > 5 ? ' …' : ''}. Name it with --x, or use fit for several.`,
    )
  const input = flags.x === undefined ? others[0] : columnOf(table, flags.x, 'feature')
  if (input === output)
    throw new DomainError(`spline: --x and --y must be different columns; got "${input.name}" for both.`)
  if (input.kind === 'text')
    throw new DomainError(`spline: the input must be a column of numbers; "${input.name}" holds texts. Use fit.`)
  requireFinite(input, table.source)
  for (let i = 0; i < table.rows; i++)
    if (isMissing(input, i))
      throw new DomainError(
        `spline: no cell may be missing; row ${i + 1} of column "${input.name}" of ${table.source} is. Fill it or drop the row.`,
      )
  const labels = flags.loss === 'logistic' || flags.loss === 'squared-hinge'
  const { target, notes } = learnTarget(output, table, labels ? 'classification' : 'regression')
  if (labels && (target.kind !== 'classes' || target.labels.length !== 2))
    throw new DomainError(
      `spline: ${flags.loss} loss is for two classes; column "${output.name}" has another number. Use --loss squared for numbers.`,
      'E_LABELS',
    )
  return {
    x: input.values,
    y: encodeTarget(target, output, table.source),
    weights: flags.weights === undefined ? null : weightsOf(table, flags.weights),
    name: input.name,
    target,
    notes: [...table.notes, ...notes],
  }
}

function resultOf(
  spline: Spline,
  flags: SplineFlags,
  run: {
    readonly metrics: Record<string, number>
    readonly seconds: number
    readonly notes: readonly string[]
  },
): object {
  const { witness: _, ...certificate } = spline.certificate
  const { network } = spline
  return {
    command: 'spline',
    status: spline.status,
    objective: spline.objective,
    lambda: spline.lambda,
    lambdaMax: spline.lambdaMax,
    loss: flags.interpolate ? null : flags.loss,
    certificate,
    metrics: run.metrics,
    iterations: spline.iterations,
    seconds: run.seconds,
    seed: flags.seed,
    backend: null,
    outputs: flags.out === undefined ? [] : [flags.out],
    gap: spline.gap,
    penalty: spline.penalty,
    knots: spline.knots,
    values: spline.values,
    jumps: spline.jumps,
    ends: spline.ends,
    neurons: network.hidden.rows,
    network: {
      slopes: network.hidden.data.filter((_value, at) => at % 2 === 0),
      biases: network.hidden.data.filter((_value, at) => at % 2 === 1),
      output: network.output.data,
      offset: network.offset[0],
    },
    notes: run.notes,
  }
}

function fileOf(
  path: string,
  { data, spline, result, y }: { data: Pair; spline: Spline; result: object; y: Float64Array },
): string {
  if (extname(path) === '.json') return jsonText(result)
  const rows = Array.from(spline.fitted, (f, i) => [data.x[i], y[i], f])
  return [[data.name, data.target.name, 'fit'], ...rows].map(row => `${row.map(csvCell).join(',')}\n`).join('')
}

function summaryOf(
  spline: Spline,
  data: Pair,
  { metrics, seconds }: { readonly metrics: Record<string, number>; readonly seconds: number },
): string {
  const { knots, lambda, lambdaMax, penalty, objective, network, certificate } = spline
  return [
    '',
    `${spline.status === 'solved' ? 'done' : `stopped (${spline.status})`} after ${duration(seconds)}, ${spline.iterations} steps: ${data.target.name} by ${data.name}, ${data.x.length} rows`,
    `  knots      ${knots.length} inside the data, ${network.hidden.rows} neurons`,
    ...(lambdaMax === null
      ? []
      : [`  lambda     ${figure(lambda)}${lambdaMax > 0 ? ` (${figure(lambda / lambdaMax, 3)} of lambdaMax)` : ''}`]),
    `  ${lambdaMax === null ? 'norm       ' : 'objective  '}${figure(objective, 10)}${lambdaMax === null ? '' : `, penalty ${figure(penalty)}`}`,
    `  fit        ${Object.entries(metrics)
      .map(([name, value]) => `${METRIC_NAMES[name] ?? name} ${figure(value, 4)}`)
      .join(', ')}`,
    '',
    wrap(certificate.statement),
    '',
    '',
  ].join('\n')
}

function knotsTable({ knots, values, jumps, ends }: Spline, name: string): string {
  const rows: string[][] = [
    [figure(ends.x[0]), figure(ends.values[0]), ''],
    ...Array.from(knots, (k, at) => [figure(k), figure(values[at]), figure(jumps[at])]),
    ...(ends.x[1] > ends.x[0] ? [[figure(ends.x[1]), figure(ends.values[1]), '']] : []),
  ]
  return columns([name, 'value', 'kink'], rows.length > 60 ? [...rows.slice(0, 57), ['…', '', '']] : rows)
}

const EXAMPLES = `
Examples:
  nadir spline diabetes --x bmi --y progression --knots 4
  nadir spline readings.csv --x t --y v --interpolate --sparsest
`
