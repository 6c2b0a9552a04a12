/**
 * `nadir path`: one certified network a lambda, from the constant down to weak weight decay.
 * @module
 */
import type { Command } from 'commander'
import type { Certificate } from '../certificates/index.ts'
import type { Dataset } from '../data/dataset.ts'
import { evaluate } from '../formats/onRows.ts'
import { type Fitted, fitPath, type Path, type PathLambdas } from '../models/index.ts'
import { addConfig } from './config.ts'
import { headline } from './fit.ts'
import { interruptible } from './interrupt.ts'
import { loadSplit, type Split, taskOf } from './load.ts'
import {
  addCommon,
  addCompute,
  addData,
  addHoldout,
  addModel,
  addPath,
  type CommonOptions,
  type ComputeFlags,
  DATA,
  type DataFlags,
  type HoldoutFlags,
  type ModelFlags,
  type PathFlags,
} from './options.ts'
import { columns, figure, jsonText, METRIC_NAMES, note, shellWord, wrap } from './output.ts'
import { progressLine } from './progress.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { formOf, type TableForm, writeTable } from './tableFile.ts'
import { optionsFor, savedModel } from './train.ts'

type Flags = CommonOptions &
  DataFlags &
  HoldoutFlags &
  ModelFlags &
  PathFlags &
  ComputeFlags & { readonly output?: string }

/** Adds the command. */
export function addPathCommand(program: Command, session: Session): void {
  const { io } = session
  const command = addHoldout(addData(addCommon(program.command('path'))))
  addConfig(addCompute(addModel(addPath(command, { count: 30, ratio: 1e-3 }))), session)
    .description('one certified network a lambda: objective, bound, gap, neurons and metrics along the path')
    .argument('[data...]', DATA)
    .option('-o, --output <file>', 'also write the table: a .csv or .json file; or csv or json, to print it so')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], flags: Flags) => {
      const form = await formOf(flags.output, 'path')
      const task = taskOf(flags.loss)
      const split = await loadSplit(paths, { ...flags, ...(task !== undefined && { task }) }, io)
      const { data } = split
      const plain = !flags.json && form?.file !== null
      if (!flags.quiet && plain) io.out(headline(data))
      if (!flags.quiet) for (const text of data.notes) note(io, text)
      const line = progressLine(io, { gap: flags.gap, quiet: flags.quiet === true })
      const path = await interruptible(io, signal =>
        fitPath(data.x, data.y, {
          ...optionsFor(data, flags, { signal, onProgress: progress => line.update(progress) }),
          ...shapeOf(flags),
          onFit: (_, at, points) => line.stage(`lambda ${at + 2} of ${points}`),
        }),
      ).finally(() => line.end())
      const points = path.fits.map(fitted => pointOf(fitted, path, split, flags))
      const best = bestOf(points)
      const solved = path.complete && points.every(({ status }) => status === 'solved')
      session.code = solved ? DONE : STOPPED_EARLY
      const result = {
        ...points[best],
        command: 'path',
        status: solved ? 'solved' : path.complete ? 'gap-not-reached' : 'stopped',
        best,
        lambdaMax: path.lambdaMax,
        points,
        seconds: points[points.length - 1].seconds,
        seed: path.fits[0].seed,
        backend: path.fits[0].backend,
        model: flags.model,
        rows: data.x.rows,
        target: data.target,
        validation: split.held && { source: split.held.source, rows: split.held.x.rows },
        notes: [...data.notes, ...path.fits[0].notes],
      }
      await show({ result, points, best, path, form, flags, data, split }, session)
    })
}

/** One row of the table. */
interface Point {
  readonly lambda: number
  readonly fraction: number
  readonly status: Fitted['status']
  readonly objective: number
  readonly certificate: Omit<Certificate, 'witness'>
  readonly neurons: number
  readonly iterations: number
  readonly seconds: number
  /** On the training rows. */
  readonly metrics: Readonly<Record<string, number>>
  /** On the rows held out. */
  readonly validationMetrics: Readonly<Record<string, number>> | null
}

function pointOf(fitted: Fitted, { lambdaMax }: Path, { data, held }: Split, flags: Flags): Point {
  const model = savedModel(data, fitted, flags)
  const { scope, oracle, primal, dual, gap, relativeGap, statement } = fitted.certificate
  return {
    lambda: fitted.lambda,
    fraction: fitted.lambda / lambdaMax,
    status: fitted.status,
    objective: primal,
    certificate: { scope, oracle, primal, dual, gap, relativeGap, statement },
    neurons: fitted.network.hidden.rows,
    iterations: fitted.iterations,
    seconds: fitted.seconds,
    metrics: evaluate(model, data),
    validationMetrics: held && evaluate(model, held),
  }
}

/** The point that does best on the rows held out; without such rows the last. */
function bestOf(points: readonly Point[]): number {
  const scores = points.map(
    ({ validationMetrics: m }) => m && (m.logLoss === undefined ? (m.rmse ?? 1 - m.accuracy) : m.logLoss),
  )
  let best = points.length - 1
  scores.forEach((score, k) => {
    if (score !== null && score < (scores[best] ?? Infinity)) best = k
  })
  return best
}

interface Shown {
  readonly result: Readonly<Record<string, unknown>>
  readonly points: readonly Point[]
  readonly best: number
  readonly path: Path
  readonly form: TableForm | null
  readonly flags: Flags
  readonly data: Dataset
  readonly split: Split
}

async function show({ result, points, best, path, form, flags, data, split }: Shown, { io }: Session): Promise<void> {
  const [{ metrics }] = points
  const judged = split.held !== null
  const target = data.target.name
  const numbers = points.map(point => [
    point.lambda,
    point.fraction,
    point.objective,
    point.certificate.dual,
    point.certificate.relativeGap,
    point.neurons,
    ...Object.keys(metrics).flatMap(name => [
      point.metrics[name],
      ...(judged ? [point.validationMetrics?.[name] ?? Number.NaN] : []),
    ]),
  ])
  const names = Object.keys(metrics).flatMap(name => [name, ...(judged ? [`validation_${name}`] : [])])
  const outputs = form?.file ? [form.file] : []
  if (form !== null)
    await writeTable(io, form, {
      header: ['lambda', 'fraction', 'objective', 'bound', 'relative_gap', 'neurons', ...names],
      rows: numbers,
      object: { ...result, outputs },
    })
  if (flags.json) return form?.file === null ? undefined : io.out(jsonText({ ...result, outputs }))
  if (form?.file === null) return
  // Here only the metrics that say most; the file has all.
  const told = Object.keys(metrics).filter(name => ['r2', 'accuracy', 'logLoss'].includes(name))
  const cells = (point: Point, mark: string) =>
    told.flatMap((name, j) => {
      const judgement = `${figure(point.validationMetrics?.[name] ?? Number.NaN, 4)}${j === told.length - 1 ? mark : ''}`
      return [figure(point.metrics[name], 4), ...(judged ? [judgement] : [])]
    })
  io.out(
    columns(
      [
        'lambda',
        'of max',
        'objective',
        'bound',
        'gap',
        'neurons',
        ...told.map(name => METRIC_NAMES[name]).flatMap(name => [name, ...(judged ? [`held-out ${name}`] : [])]),
      ],
      points.map((point, k) => [
        figure(point.lambda, 4),
        figure(point.fraction, 3),
        figure(point.objective, 5),
        figure(point.certificate.dual, 5),
        point.certificate.relativeGap.toExponential(1),
        String(point.neurons),
        ...cells(point, judged ? (k === best ? ' *' : '  ') : ''),
      ]),
      io.width,
    ),
  )
  if (!path.complete) io.out('stopped: smaller lambdas were not reached\n')
  const late = points.filter(({ status }) => status !== 'solved').length
  if (late > 0)
    io.out(`${late} of ${points.length} stopped before the relative gap of ${flags.gap.toExponential(0)} asked for\n`)
  const { scope, statement } = points[best].certificate
  io.out(
    `${judged ? '* best on the rows held out\n' : ''}\n${wrap(`Every row carries its own certificate (${scope}). At lambda ${figure(points[best].lambda, 4)}: ${statement}`, { most: io.width })}\n`,
  )
  for (const file of outputs) io.out(`table: ${file}\n`)
  if (flags.quiet) return
  const same = `<data> --target ${shellWord(target)} --model ${flags.model}`
  // The last point fits the rows trained on best, and says nothing about others.
  io.out(
    judged
      ? `next: nadir fit ${same} --lambda ${points[best].lambda}\n`
      : `next: nadir cv ${same}  (chooses among lambdas)\n`,
  )
}

/** The lambdas that the flags ask for. */
export function shapeOf({ lambdas, count, ratio }: PathFlags): PathLambdas {
  if (lambdas === undefined) return { points: count, smallestFraction: ratio }
  const values = lambdas.map(({ value }) => value)
  return lambdas[0].unit === 'lambdaMax' ? { fractions: values } : { lambdas: values }
}

const EXAMPLES = `
Examples:
  nadir path diabetes --target progression --model gated --valid-fraction 0.25
  nadir path data.csv --target y --lambdas 0.5max,0.1max,0.02max --output path.csv
`
