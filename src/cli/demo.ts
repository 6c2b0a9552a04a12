/**
 * `nadir demo`: a regression and a classification on real bundled data, each beside its baselines, in under a minute.
 *
 * A quarter of the rows is held out. The local search descends on the very same objective (same rows, columns, lambda), so its
 * objective can be compared with the bound. Whoever predicts best on the held-out rows is marked, whoever it is.
 * @module
 */
import type { Command } from 'commander'
import { type BundledName, bundled } from '../data/bundled.ts'
import { type Dataset, datasetOf } from '../data/dataset.ts'
import { trainTestSplit } from '../data/split.ts'
import { rowsOf } from '../data/table.ts'
import { moreIsBetter } from '../display/words.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import { evaluate } from '../formats/onRows.ts'
import { trainBaselines } from '../report/baselines.ts'
import { resultOf } from './fit.ts'
import { interruptible } from './interrupt.ts'
import { heldOut } from './load.ts'
import { addCommon, addCompute, type CommonOptions, type ComputeFlags, type TrainFlags } from './options.ts'
import { columns, duration, figure, jsonText, METRIC_NAMES, wrap } from './output.ts'
import { progressLine } from './progress.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { train } from './train.ts'

interface Row {
  readonly method: string
  /** Mean training loss plus penalty; only where it is the network's objective. */
  readonly objective: number | null
  /** On the held-out rows. */
  readonly metrics: Record<string, number>
  readonly seconds: number
}

interface Part {
  readonly data: BundledName
  readonly model: SavedModel
  readonly train: number
  readonly test: number
  readonly rows: readonly Row[]
  readonly notes: readonly string[]
}

const SETS: readonly BundledName[] = ['diabetes', 'breast-cancer']

/** Adds the command. */
export function addDemo(program: Command, session: Session): void {
  const { io } = session
  addCompute(addCommon(program.command('demo')))
    .description('train on real bundled data, with a certificate, beside the usual baselines (under a minute)')
    .addHelpText('after', '\nExample:\n  nadir demo\n')
    .action(async (options: CommonOptions & ComputeFlags) => {
      const parts: Part[] = []
      await interruptible(io, async signal => {
        for (const name of SETS) {
          if (signal.aborted) break
          if (!options.quiet && !options.json) io.out(`${parts.length > 0 ? '\n' : ''}${name} …\n`)
          const part = await demonstrate(name, options, session, signal)
          parts.push(part)
          if (!options.json) io.out(textOf(part))
        }
      })
      const solved = parts.length === SETS.length && parts.every(part => part.model.training.status === 'solved')
      session.code = solved ? DONE : STOPPED_EARLY
      if (options.json)
        return io.out(
          jsonText({
            command: 'demo',
            status: solved ? 'solved' : 'aborted',
            parts: parts.map(({ model, ...part }) => ({ ...part, ...resultOf('fit', model) })),
            outputs: [],
          }),
        )
      io.out('\nNext: nadir fit <your data> --target <column>, or nadir fit --help\n')
    })
}

async function demonstrate(
  name: BundledName,
  options: CommonOptions & ComputeFlags,
  { io }: Session,
  signal: AbortSignal,
): Promise<Part> {
  const table = await bundled(name)
  const whole = datasetOf(table)
  const { train: trainRows, test: testRows } = trainTestSplit(table.rows, {
    ...(whole.target.kind === 'classes' && { classes: whole.y }),
  })
  const data = datasetOf(rowsOf(table, trainRows), { target: whole.target.name, task: taskOf(whole) })
  const held = heldOut(rowsOf(table, testRows), data)
  const flags: TrainFlags & ComputeFlags = {
    ...options,
    model: 'relu',
    loss: 'auto',
    lambda: { value: LAMBDA, unit: 'lambdaMax' },
    patterns: 'auto',
    gap: 1e-4,
    seed: 0,
  }
  const line = progressLine(io, { gap: flags.gap, quiet: options.quiet === true })
  const started = performance.now()
  const trained = await train(data, flags, { signal, onProgress: progress => line.update(progress) }).finally(() =>
    line.end(),
  )
  const seconds = (performance.now() - started) / 1000
  const { model } = trained
  const rows = (await trainBaselines(model, data, { signal })).map(
    ({ method, objective, seconds: spent, values }): Row => ({
      method,
      objective,
      metrics: evaluate(model, held, values(held.x)),
      seconds: spent,
    }),
  )
  rows.push({
    method: `nadir, ${model.network.hidden.rows} neurons`,
    objective: model.certificate.primal,
    metrics: evaluate(model, held),
    seconds,
  })
  return { data: name, model, train: trainRows.length, test: testRows.length, rows, notes: trained.notes }
}

const taskOf = (data: Dataset) => (data.target.kind === 'number' ? 'regression' : 'classification')

/** Fraction of lambdaMax: a small network, in time for a demonstration. Not tuned on the held-out rows. */
const LAMBDA = 0.1

function textOf(part: Part): string {
  const { model, rows } = part
  const names = Object.keys(rows[0].metrics)
  // Larger is better for R², accuracy and AUC; smaller for the errors.
  const better = (name: string, a: number, b: number) => (moreIsBetter(name) ? a > b : a < b)
  const best = (name: string) =>
    rows.map(row => row.metrics[name]).reduce((winner, value) => (better(name, value, winner) ? value : winner))
  const what = model.target.kind === 'number' ? 'regression' : `${model.target.labels.length} classes`
  return [
    `${part.data}: ${part.train} rows to train, ${part.test} held out; target "${model.target.name}" (${what})`,
    `${model.network.kind === 'relu' ? 'ReLU network' : 'gated ReLU network'}, ${model.loss.name} loss, lambda ${figure(model.lambda, 4)} (${LAMBDA} lambdaMax), seed ${model.training.seed}, ${model.training.backend} backend`,
    '',
    columns(
      ['', 'objective', ...names.map(name => `held-out ${METRIC_NAMES[name] ?? name}`), 'seconds'],
      [
        ...rows.map(row => [
          row.method,
          row.objective === null ? '' : figure(row.objective, 7),
          ...names.map(name => {
            const value = row.metrics[name]
            return value === undefined ? '' : `${figure(value, 4)}${value === best(name) ? ' *' : '  '}`
          }),
          duration(row.seconds).replace(' s', ''),
        ]),
        ['lower bound', figure(model.certificate.dual, 7), ...names.map(() => ''), ''],
      ],
    ),
    '* best on the held-out rows\n',
    `${wrap(model.certificate.statement)}\n`,
  ].join('\n')
}
