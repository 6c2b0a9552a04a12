/**
 * `nadir fit`: from a table to a network at a certified optimum.
 * @module
 */
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import { encodedNames } from '../data/encoding.ts'
import { DomainError } from '../errors.ts'
import { type SavedModel, writeModel } from '../formats/modelFile.ts'
import { constantNetwork, evaluate, valuesOf } from '../formats/onRows.ts'
import { chooseRunFolder, writeRun } from '../formats/runFolder.ts'
import { requireWritable } from '../formats/writeAtomic.ts'
import type { Progress } from '../solvers/solve.ts'
import { interruptible } from './interrupt.ts'
import { loadDataset, taskOf } from './load.ts'
import {
  addCommon,
  addCompute,
  addData,
  addOracle,
  addTraining,
  type CommonOptions,
  type ComputeFlags,
  type DataFlags,
  type TrainFlags,
} from './options.ts'
import { duration, figure, jsonText, METRIC_NAMES, note, wrap } from './output.ts'
import { progressLine } from './progress.ts'
import { writeReport } from './report.ts'
import { DONE, FAILURE, type Session, STOPPED_EARLY } from './run.ts'
import { train } from './train.ts'

export type FitFlags = CommonOptions &
  DataFlags &
  TrainFlags &
  ComputeFlags & { readonly out?: string; readonly report?: boolean }

/** Steps closer together than this are one event. */
const EVENT_SECONDS = 0.02
const MOST_EVENTS = 20_000

/** Adds the command. */
export function addFit(program: Command, session: Session): void {
  const { io } = session
  addOracle(addCompute(addTraining(addData(addCommon(program.command('fit'))))))
    .description('train a network to the lowest point of its loss, with a certificate')
    .argument('<data>', 'CSV, TSV, Parquet, JSON lines or .npy, "-" for standard input, or a bundled data set')
    .option('-o, --out <path>', 'model file (ends in .json) or run folder (default: a new folder below runs/)')
    .option('--report', 'make the report as well: report.html in the run folder')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: FitFlags) => {
      const single = flags.out?.endsWith('.json') ? flags.out : null
      if (single !== null && flags.report)
        throw new DomainError(
          `fit: --report writes into a run folder; got the single file ${single}. Give a folder to --out, or make it afterwards: nadir report ${single} ${path}.`,
        )
      if (single !== null) await requireWritable(single)
      const folder =
        single !== null
          ? null
          : await chooseRunFolder({
              stem: path === '-' ? 'stdin' : basename(path).replace(/(\.[A-Za-z]+)+$/, ''),
              ...(flags.out !== undefined && { wanted: flags.out }),
            })
      const task = taskOf(flags.loss)
      const data = await loadDataset(path, { ...flags, ...(task !== undefined && { task }) }, io)
      const events: Progress[] = []
      const line = progressLine(io, { gap: flags.gap, quiet: flags.quiet === true })
      if (!flags.quiet && !flags.json) io.out(headline(data.source, data.x.rows, data.names.length, data.target))
      if (!flags.quiet) for (const text of data.notes) note(io, text)
      const trained = await interruptible(io, signal =>
        train(data, flags, {
          signal,
          onProgress(progress) {
            line.update(progress)
            const last = events[events.length - 1]
            if (events.length < MOST_EVENTS && !(progress.seconds - (last?.seconds ?? -1) < EVENT_SECONDS))
              events.push(progress)
          },
        }),
      ).finally(() => line.end())
      if (!flags.quiet) for (const text of trained.notes) note(io, text)
      const { model } = trained
      if (single !== null) await writeModel(single, model)
      else if (folder !== null)
        await writeRun(folder, {
          model,
          curve: trained.curve,
          events,
          validation: trained.validation,
          config: configOf(path, flags, model),
        })
      session.code = model.training.status === 'solved' ? DONE : STOPPED_EARLY
      const baseline = {
        name: model.target.kind === 'number' ? 'the mean' : 'the most common class',
        metrics: evaluate(model, data, valuesOf(model, data.x, constantNetwork(model))),
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
                  test: null,
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
            notes: [...data.notes, ...trained.notes],
            ...(reported !== null && folder !== null && { report: join(folder, 'report.html') }),
            outputs,
          }),
        )
      io.out(summaryOf(model))
      io.out(
        `on the training rows: ${metricsText(model.metrics)}  (${baseline.name}: ${metricsText(baseline.metrics)})\n`,
      )
      io.out(`${single === null ? 'run folder' : 'model'}: ${outputs[0]}\n`)
      if (reported !== null && folder !== null) io.out(`report: ${join(folder, 'report.html')}\n`)
      if (!flags.quiet) io.out(`next: nadir predict ${outputs[0]} <data>\n`)
    })
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
    loss: model.loss.name,
    neurons: model.network.hidden.rows,
    patterns: model.patterns && { count: model.patterns.gates.rows, complete: model.patterns.complete },
    solver: training.solver,
    rows: training.rows,
    target: model.target,
  }
}

/** The result of a training for people. */
export function summaryOf(model: SavedModel): string {
  const { certificate, training, network, patterns } = model
  const pattern =
    patterns === null ? '' : `, ${patterns.gates.rows} patterns (${patterns.complete ? 'all there are' : 'sampled'})`
  return [
    '',
    `${ENDED[training.status]} after ${duration(training.seconds)}, ${training.iterations} iterations of ${training.solver} (${training.backend} backend)`,
    `  model      ${network.kind === 'relu' ? 'ReLU' : 'gated ReLU'}, ${model.loss.name} loss, ${network.hidden.rows} neurons${pattern}`,
    `  lambda     ${figure(model.lambda)}  (${figure(model.lambda / model.lambdaMax, 3)} lambdaMax)`,
    `  objective  ${figure(certificate.primal, 8)}`,
    `  bound      ${figure(certificate.dual, 8)}`,
    `  gap        ${certificate.relativeGap.toExponential(1)} relative, asked for ${training.gap.toExponential(0)}`,
    '',
    wrap(certificate.statement),
    '',
    '',
  ].join('\n')
}

export function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${METRIC_NAMES[name] ?? name} ${figure(value, 4)}`)
    .join(', ')
}

const ENDED: Record<SavedModel['training']['status'], string> = {
  solved: 'solved',
  'max-iterations': 'stopped at the limit of iterations, before the gap asked for,',
  'max-time': 'stopped at --max-time, before the gap asked for,',
  aborted: 'stopped by Ctrl-C, before the gap asked for,',
  stalled: 'stopped, since no step went further, before the gap asked for,',
}

function headline(source: string, rows: number, columns: number, target: SavedModel['target']): string {
  const what = target.kind === 'number' ? 'regression' : `${target.labels.length} classes`
  return `${source}: ${rows} rows, ${columns} feature columns, target "${target.name}" (${what})\n`
}

function configOf(path: string, flags: FitFlags, model: SavedModel): Record<string, unknown> {
  return {
    data: path,
    target: model.target.name,
    ...(flags.features !== undefined && { features: flags.features }),
    ...(flags.weights !== undefined && { weights: flags.weights }),
    model: flags.model,
    loss: model.loss.name,
    lambda: model.lambda,
    patterns: flags.patterns,
    gap: flags.gap,
    ...(flags.maxTime !== undefined && { 'max-time': flags.maxTime }),
    seed: flags.seed,
    backend: model.training.backend,
  }
}

const EXAMPLES = `
Examples:
  nadir fit houses.csv --target price --out model.json
  nadir fit breast-cancer --model gated --patterns 200 --lambda 0.05max --json
  cat data.csv | nadir fit - --target y --max-time 60 --out run1
`
