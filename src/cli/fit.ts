/**
 * `nadir fit`: from a table to a network at a certified optimum.
 * @module
 */
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import type { Dataset } from '../data/dataset.ts'
import { encodedNames } from '../data/encoding.ts'
import { DomainError } from '../errors.ts'
import { modelText, type SavedModel, writeModel } from '../formats/modelFile.ts'
import { constantNetwork, evaluate, valuesOf } from '../formats/onRows.ts'
import { chooseRunFolder, type Run, writeRun } from '../formats/runFolder.ts'
import { requireWritable, writeOrRescue } from '../formats/writeAtomic.ts'
import { networkKind } from '../models/index.ts'
import type { Progress } from '../solvers/solve.ts'
import { checkpoints, resumeFrom } from './checkpoint.ts'
import { addConfig, configText, optionsInForce } from './config.ts'
import { layerText } from './convolutionLayer.ts'
import { interruptible } from './interrupt.ts'
import type { Io } from './io.ts'
import { loadSplit, taskOf } from './load.ts'
import {
  addCommon,
  addCompute,
  addData,
  addHoldout,
  addOracle,
  addTraining,
  type CommonOptions,
  type ComputeFlags,
  DATA,
  type DataFlags,
  type HoldoutFlags,
  type Lambda,
  positive,
  type TrainFlags,
} from './options.ts'
import { duration, figure, jsonText, metricsText, note, wrap } from './output.ts'
import { progressLine } from './progress.ts'
import { writeReport } from './report.ts'
import type { RunConfig } from './runConfig.ts'
import { DONE, FAILURE, type Session, STOPPED_EARLY } from './session.ts'
import { train } from './train.ts'

export type FitFlags = CommonOptions &
  DataFlags &
  HoldoutFlags &
  TrainFlags &
  ComputeFlags & {
    readonly out?: string
    readonly report?: boolean
    readonly resume?: string
    readonly checkpoint?: number
  }

/** Steps closer together than this are one event. */
const EVENT_SECONDS = 0.02
const MOST_EVENTS = 20_000
const CHECKPOINT_SECONDS = 30
/** Numbers of X from which on the cone program of ReLU networks is no matter of seconds. */
const MANY_CELLS = 20_000

/** Adds the command. */
export function addFit(program: Command, session: Session): void {
  addConfig(addOracle(addCompute(addTraining(addHoldout(addData(addCommon(program.command('fit'))))))), session)
    .description('train a network to the lowest point of its loss, with a certificate')
    .argument('[data...]', DATA)
    .option('-o, --out <path>', 'model file (ends in .json) or run folder (default: a new folder below runs/)')
    .option('--resume <run>', 'go on from the last checkpoint of a run folder, with its options; flags beat them')
    .option('--checkpoint <seconds>', 'seconds between two checkpoints in the run folder (default: 30)', positive)
    .option(
      '--conv <layer>',
      'a first layer that slides over the columns, one output: width:3, or width:5,stride:2 and so on with padding:1 and pool:mean',
      layerText,
    )
    .option('--report', 'make the report as well: report.html in the run folder')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], flags: FitFlags, command: Command) =>
      flags.conv === undefined
        ? fitAndReport({ paths, flags, config: optionsInForce(command) }, session)
        : (await import('./fitConvolution.ts')).runConvolution(paths, flags, session),
    )
}

/** Trains, writes and prints; `validation` of a cross-validation before it joins the object that --json prints. */
export async function fitAndReport(
  {
    paths,
    flags,
    config,
    more = {},
  }: { paths: readonly string[]; flags: FitFlags; config: RunConfig; more?: Readonly<Record<string, unknown>> },
  session: Session,
): Promise<void> {
  const { io } = session
  const single = flags.out?.endsWith('.json') ? flags.out : null
  if (single !== null && flags.report)
    throw new DomainError(
      `fit: --report writes into a run folder; got the single file ${single}. Give a folder to --out, or make it afterwards: nadir report ${single} ${paths.join(' ')}.`,
    )
  if (single !== null) await requireWritable(single)
  const folder =
    single !== null
      ? null
      : await chooseRunFolder({
          stem: stemOf(paths),
          ...(flags.out !== undefined && { wanted: flags.out }),
          ...(flags.resume !== undefined && { resumed: flags.resume }),
        })
  const task = taskOf(flags.loss)
  const { data, held } = await loadSplit(paths, { ...flags, ...(task !== undefined && { task }) }, io)
  const resumed = flags.resume === undefined ? null : await resumeFrom(flags.resume, data, flags)
  const saving =
    folder === null
      ? null
      : checkpoints(folder, {
          data,
          flags,
          every: flags.checkpoint ?? CHECKPOINT_SECONDS,
          configOf: model => configText({ ...config, ...settled(model) }),
          warn: message => note(io, message),
        })
  const events: Progress[] = []
  const line = progressLine(io, { gap: flags.gap, quiet: flags.quiet === true })
  if (!flags.quiet && !flags.json) io.out(headline(data))
  if (!flags.quiet) for (const text of data.notes) note(io, text)
  if (!flags.quiet && flags.model === 'relu' && data.x.rows * data.x.cols > MANY_CELLS)
    note(
      io,
      `a ReLU network over ${data.x.rows} rows and ${data.x.cols} columns takes minutes to train; --model gated takes seconds, and --max-time stops with the best so far.`,
    )
  const trained = await interruptible(io, signal =>
    train(data, resumed === null ? flags : { ...flags, lambda: flags.lambda ?? absolute(resumed.lambda) }, {
      signal,
      ...(resumed !== null && { start: resumed.start }),
      ...(saving !== null && { checkpoint: saving.hook }),
      onFold: (done, most) =>
        line.say(
          `choosing lambda by cross-validation: ${done} of at most ${most} networks  (--lambda 0.1max goes without)`,
        ),
      onProgress(progress) {
        line.update(progress)
        const last = events[events.length - 1]
        if (events.length < MOST_EVENTS && !(progress.seconds - (last?.seconds ?? -1) < EVENT_SECONDS))
          events.push(progress)
      },
    }),
  ).finally(async () => {
    line.end()
    await saving?.done()
  })
  if (!flags.quiet) for (const text of trained.notes) note(io, text)
  const { model } = trained
  const validation = held && { source: held.source, rows: held.x.rows, metrics: evaluate(model, held) }
  const run: Run = {
    model,
    curve: trained.curve,
    events,
    validation: trained.validation,
    held: validation,
    config: configText({ ...config, ...settled(model) }),
  }
  await writeOrRescue(
    single ?? folder ?? '',
    path => (single !== null ? writeModel(path, model) : writeRun(path, run)),
    () => io.out(modelText(model)),
  )
  session.code = model.training.status === 'solved' ? DONE : STOPPED_EARLY
  const constant = valuesOf(model, data.x, constantNetwork(model))
  const baseline = {
    name:
      flags.intercept === false
        ? 'the constant 0'
        : model.target.kind === 'number'
          ? 'the mean'
          : 'the most common class',
    metrics: evaluate(model, data, constant),
  }
  const outputs = [single ?? folder]
  const reported =
    folder !== null && flags.report
      ? await interruptible(io, signal =>
          writeReport(
            {
              model,
              trace: trained,
              data: { rows: data, source: data.source, target: data.target.name, notes: data.notes },
              test: held && { rows: held, source: held.source, target: data.target.name, notes: [] },
              path: folder,
              out: join(folder, 'report.html'),
            },
            { ...flags, quiet: true, io, signal },
          ),
        )
      : null
  if (reported?.refuted) session.code = FAILURE
  if (flags.json)
    return io.out(
      jsonText({
        ...resultOf('fit', model),
        features: encodedNames(model.encoding).length,
        baseline,
        validation,
        notes: [...data.notes, ...trained.notes],
        ...more,
        ...(reported !== null && folder !== null && { report: join(folder, 'report.html') }),
        outputs,
      }),
    )
  io.out(summaryOf(model, io))
  io.out(`${wrap(`on the training rows: ${metricsText(model.metrics)}  (${baseline.name}: ${metricsText(baseline.metrics)})`, { most: io.width })}
`)
  if (validation !== null)
    io.out(`${wrap(`on ${validation.source}: ${metricsText(validation.metrics)}`, { most: io.width })}
`)
  io.out(`${single === null ? 'run folder' : 'model'}: ${outputs[0]}
`)
  if (reported !== null && folder !== null) io.out(`report: ${join(folder, 'report.html')}\n`)
  if (!flags.quiet)
    io.out(`next: nadir predict ${outputs[0]} <data>
`)
}

const absolute = (value: number): Lambda => ({ value, unit: 'absolute' })

/** What the run folder is called after. */
function stemOf(paths: readonly string[]): string {
  const [first = 'run'] = paths
  return first === '-' ? 'stdin' : basename(first).replace(/(\.[A-Za-z]+)+$/, '')
}

/** What was found out in a run and makes the same network again, whatever the defaults and the machine. */
function settled(model: SavedModel): RunConfig {
  return {
    target: model.target.name,
    loss: model.loss.name,
    lambda: model.lambda,
    backend: model.training.backend,
    out: undefined,
    output: undefined,
  }
}

/** What every verb that trains or certifies prints with --json. */
export function resultOf(command: string, model: SavedModel): Record<string, unknown> {
  const { certificate, training } = model
  const { scope, oracle, primal, dual, gap, relativeGap, statement } = certificate
  return {
    command,
    status: training.status,
    objective: primal,
    lambda: model.lambda,
    certificate: { scope, oracle, primal, dual, gap, relativeGap, statement },
    metrics: model.metrics,
    iterations: training.iterations,
    seconds: training.seconds,
    seed: training.seed,
    backend: training.backend,
    lambdaMax: model.lambdaMax,
    model: model.network.kind,
    ...(model.network.activation !== undefined && { activation: model.network.activation }),
    loss: model.loss.name,
    neurons: model.network.hidden.rows,
    patterns: model.patterns && { count: model.patterns.gates.rows, complete: model.patterns.complete },
    solver: training.solver,
    rows: training.rows,
    target: model.target,
  }
}

/** The result of a training for people. */
export function summaryOf(model: SavedModel, io: Pick<Io, 'width'> = {}): string {
  const { certificate, training, network, patterns } = model
  const pattern =
    patterns === null ? '' : `, ${patterns.gates.rows} patterns (${patterns.complete ? 'all there are' : 'sampled'})`
  return [
    '',
    `${ENDED[training.status]} after ${duration(training.seconds)}, ${training.iterations} iterations of ${training.solver} (${training.backend} backend)`,
    `  model      ${networkKind(network)}, ${model.loss.name} loss, ${network.hidden.rows} neurons${pattern}`,
    `  lambda     ${figure(model.lambda)}  (${figure(model.lambda / model.lambdaMax, 3)} lambdaMax)`,
    `  objective  ${figure(certificate.primal, 8)}`,
    `  bound      ${figure(certificate.dual, 8)}`,
    `  gap        ${certificate.relativeGap.toExponential(1)} relative, asked for ${training.gap.toExponential(0)}`,
    '',
    wrap(certificate.statement, { most: io.width }),
    '',
    '',
  ].join('\n')
}

const ENDED: Record<SavedModel['training']['status'], string> = {
  solved: 'solved',
  'max-iterations': 'stopped at the limit of iterations, before the gap asked for,',
  'max-time': 'stopped at --max-time, before the gap asked for,',
  aborted: 'stopped by Ctrl-C, before the gap asked for,',
  stalled: 'stopped, since no step went further, before the gap asked for,',
}

export function headline({ source, x, names, target }: Dataset): string {
  const what = target.kind === 'number' ? 'regression' : `${target.labels.length} classes`
  return `${source}: ${x.rows} rows, ${names.length} feature columns, target "${target.name}" (${what})\n`
}

const EXAMPLES = `
Examples:
  nadir fit houses.csv --target price --out model.json
  nadir fit breast-cancer --model gated --patterns 200 --lambda 0.05max --json
  nadir fit --resume runs/houses-1
  nadir fit beats.csv --target class --activation abs --conv width:3,stride:1 --lambda 0.1max --out filters.json
  cat data.csv | nadir fit - --target y --max-time 60 --out run1
`
