/**
 * `nadir inspect`: what is inside a model. Neurons, weight and importance of each feature, partial dependence.
 *
 * The tables stay within 72 characters; --json has everything.
 * @module
 */
import type { Command } from 'commander'
import { encodedNames } from '../data/encoding.ts'
import { printable, shorten } from '../display/words.ts'
import { DomainError } from '../errors.ts'
import { readModel, type SavedModel } from '../formats/modelFile.ts'
import { networkKind } from '../models/index.ts'
import type { NeuronSummary } from '../models/inspection/neurons.ts'
import { byImportance, featureOrder, type Inspection, inspectModel } from '../report/inspection.ts'
import { loadRows } from './load.ts'
import { optimalSetOf, optimalSetText } from './optimalSet.ts'
import { addCommon, type CommonOptions, positive, wholeNumber } from './options.ts'
import { columns, figure, jsonText, note, wrap } from './output.ts'
import type { Session } from './session.ts'

interface InspectFlags extends CommonOptions {
  readonly target?: string
  readonly weights?: string
  readonly neurons: number
  readonly repeats: number
  readonly points: number
  readonly rows: number
  readonly seed: number
  readonly optimalSet?: boolean
  readonly at?: string
  readonly within: number
}

const WIDTH = 72
/** A space at which no line is broken. */
const TIED = '\u00a0'
/** The largest weights named for each neuron. */
const MOST_WEIGHTS = 4

/** Adds the command. */
export function addInspect(program: Command, { io }: Session): void {
  addCommon(program.command('inspect'))
    .description('look into a model: its neurons, the weight and importance of each feature, partial dependence')
    .argument('<model>', 'a model file, or a run folder')
    .argument('[data]', 'rows to look at it on, with the target; without them only the weights are shown')
    .option('-t, --target <column>', 'the target column, or a .npy file of it (default: as in training)')
    .option('--weights <column>', 'column of sample weights ≥ 0')
    .option('--neurons <count>', 'neurons in the table, the most important first', wholeNumber(1), 10)
    .option('--repeats <count>', 'shuffles of each feature', wholeNumber(1, 1000), 10)
    .option('--points <count>', 'points of partial dependence on a number', wholeNumber(2, 1000), 20)
    .option(
      '--rows <count>',
      'most rows for importance and dependence; of more a sample is drawn',
      wholeNumber(2),
      2000,
    )
    .option('--seed <seed>', 'seed of shuffles and sample', wholeNumber(0, 2 ** 32 - 1), 0)
    .option('--optimal-set', 'how few neurons do, and how far networks that are as good can differ')
    .option(
      '--at <file>',
      'with --optimal-set: rows at which predictions are compared (default: half-way between rows)',
    )
    .option(
      '--within <part>',
      'with --optimal-set: part of the objective by which networks may be above it',
      positive,
      1e-6,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  nadir inspect runs/diabetes-1 diabetes\n  nadir inspect model.json train.csv --optimal-set --at new.csv\n',
    )
    .action(async (modelPath: string, dataPath: string | undefined, options: InspectFlags) => {
      if (options.at !== undefined && options.optimalSet !== true)
        throw new DomainError('inspect: --at names rows for --optimal-set. Say --optimal-set.', 'E_USAGE')
      if (options.optimalSet && dataPath === undefined)
        throw new DomainError(
          'inspect: the optimal set is about the rows of training. Name them: nadir inspect <model> <data> --optimal-set.',
          'E_USAGE',
        )
      const model = await readModel(modelPath)
      const loaded =
        dataPath === undefined
          ? null
          : await loadRows(model, dataPath, {
              target: options.target,
              weights: options.weights ?? (options.optimalSet ? model.training.weights : null),
              trained: options.optimalSet === true,
              io,
            })
      const notes = loaded?.notes ?? []
      if (!options.quiet) for (const text of notes) note(io, text)
      const { repeats, points, seed } = options
      const optima = options.optimalSet && loaded !== null ? await optimalSetOf(model, loaded.rows, options, io) : null
      const found = inspectModel(model, loaded?.rows ?? null, { repeats, points, seed, mostRows: options.rows })
      if (options.json)
        return io.out(
          jsonText({ ...objectOf(model, found), ...(optima && { optimalSet: optima }), notes, outputs: [] }),
        )
      io.out(textOf(model, found, options.neurons))
      if (optima !== null) io.out(`\n${optimalSetText(optima, io.width)}`)
      if (loaded === null && !options.quiet)
        note(io, 'importance and partial dependence need rows: add the data, as in nadir inspect <model> <data>.')
    })
}

/** With --json: everything. Vectors over columns are in the order of `columns`. */
function objectOf(model: SavedModel, found: Inspection): Record<string, unknown> {
  const { scope, oracle, primal, dual, gap, relativeGap, statement } = model.certificate
  const { features, dependence } = found
  return {
    command: 'inspect',
    status: 'done',
    objective: primal,
    lambda: model.lambda,
    certificate: { scope, oracle, primal, dual, gap, relativeGap, statement },
    metrics: model.metrics,
    target: model.target,
    model: model.network.kind,
    loss: model.loss.name,
    seed: found.seed,
    rows: found.rows,
    columns: found.columns,
    neurons: found.neurons.map(({ standardised, raw, ...neuron }) => ({ ...neuron, weights: { standardised, raw } })),
    features: features.map(({ name, weight, share }) => ({ feature: name, weight, share })),
    importance:
      found.rows === null
        ? null
        : { repeats: found.repeats, features: features.map(each => ({ feature: each.name, ...each.importance })) },
    partialDependence:
      dependence?.map(({ feature, outputs, grid, values }) => ({
        feature,
        outputs,
        grid: grid.map(({ at }) => at),
        values: grid.map((_, k) => values.data.slice(k * values.cols, (k + 1) * values.cols)),
      })) ?? null,
  }
}

function textOf(model: SavedModel, found: Inspection, most: number): string {
  const shown = byImportance(found.neurons).slice(0, most)
  const several = model.network.offset.length > 1
  const heading = `${networkKind(model.network)} network for "${printable(model.target.name)}", ${found.neurons.length} neurons, ${encodedNames(model.encoding).length} columns`
  return [
    wrap(heading, { most: WIDTH }),
    '',
    shown.length < found.neurons.length
      ? `The ${shown.length} neurons that matter most (--neurons shows more)`
      : 'Neurons',
    ...shown.map(neuron => neuronText(model, neuron, found, several)),
    '',
    featureText(found),
    ...(found.dependence === null ? [] : [dependenceText(found)]),
  ].join('\n')
}

/** A line of numbers, and below it the largest weights: standardised, and raw in brackets. */
function neuronText(model: SavedModel, neuron: NeuronSummary, found: Inspection, several: boolean): string {
  const { target } = model
  const { standardised, raw, sign, active, importance } = neuron
  const head = [
    `${neuron.neuron}`.padStart(4),
    sign < 0 ? '−' : '+',
    `norm ${figure(neuron.norm, 3)}`,
    ...(active === null ? [] : [`awake ${figure(100 * active, 3)} %`]),
    ...(importance === null ? [] : [`importance ${figure(importance, 3)}`]),
    ...(several && target.kind === 'classes' ? [`for ${shorten(target.labels[neuron.output], 20)}`] : []),
  ].join('  ')
  const order = [...standardised.keys()]
    .filter(j => standardised[j] !== 0)
    .sort((a, b) => Math.abs(standardised[b]) - Math.abs(standardised[a]) || a - b)
  const weights = order
    .slice(0, MOST_WEIGHTS)
    .map(j =>
      `${shorten(found.columns[j], 20)} ${figure(standardised[j], 3)} (${figure(raw[j], 3)})`.replaceAll(' ', TIED),
    )
  const more = order.length > MOST_WEIGHTS ? [`and ${order.length - MOST_WEIGHTS} smaller`] : []
  return `${head}\n${wrap([...weights, ...more].join(', '), { indent: '      ', most: WIDTH }).replaceAll(TIED, ' ')}`
}

function featureText(found: Inspection): string {
  const rows = featureOrder(found).map(k => found.features[k])
  const largest = Math.max(...rows.map(({ importance, weight }) => importance?.loss.mean ?? weight), 0)
  const bar = (value: number) => (value > 0 && largest > 0 ? '█'.repeat(Math.round((16 * value) / largest)) : '')
  const table =
    found.rows === null
      ? columns(
          ['feature', 'weight', 'of all', ''],
          rows.map(({ name, weight, share }) => [
            shorten(name, 24),
            figure(weight, 3),
            `${figure(100 * share, 3)} %`,
            bar(weight),
          ]),
        )
      : columns(
          ['feature', 'weight', 'importance', '±', ''],
          rows.map(({ name, weight, importance }) => [
            shorten(name, 24),
            figure(weight, 3),
            figure(importance?.loss.mean ?? Number.NaN, 3),
            figure(importance?.loss.spread ?? Number.NaN, 2),
            bar(importance?.loss.mean ?? 0),
          ]),
        )
  const how =
    found.rows === null
      ? 'Weight: over all neurons, on standardised columns.'
      : `Weight: over all neurons, on standardised columns. Importance: rise of the mean loss when the feature is shuffled; mean and spread of ${found.repeats} shuffles of ${found.rows.used} rows.`
  return `Features\n${table}${wrap(how, { most: WIDTH })}\n`
}

const BLOCKS = '▁▂▃▄▅▆▇█'

/** A line for each feature and output: the range of the mean prediction, and its shape along the feature (a block for each category). */
function dependenceText(found: Inspection): string {
  const lines = featureOrder(found).flatMap(k => {
    const { feature, outputs, grid, values } = (found.dependence as NonNullable<typeof found.dependence>)[k]
    if (found.features[k].weight === 0 || grid.length === 0) return []
    const numbers = grid.filter(point => typeof point.at === 'number')
    return outputs.map((output, series) => {
      const shape = grid.map((_, row) => values.data[row * values.cols + series])
      const [low, high] = [Math.min(...shape), Math.max(...shape)]
      const level = (value: number) =>
        high > low ? BLOCKS[Math.min(7, Math.floor((8 * (value - low)) / (high - low)))] : BLOCKS[0]
      const range = `${figure(low, 3)} … ${figure(high, 3)}`
      const name = outputs.length > 1 ? `${shorten(feature, 16)} → ${shorten(output, 10)}` : shorten(feature, 24)
      if (numbers.length === 0) return [name, range, '', grid.map((_, row) => level(shape[row])).join(''), '']
      const ends = [numbers[0].at, numbers[numbers.length - 1].at].map(at => figure(Number(at), 3))
      return [name, range, ends[0], numbers.map((_, row) => level(shape[row])).join(''), ends[1]]
    })
  })
  if (lines.length === 0) return ''
  return `\nPartial dependence: the mean prediction as one feature changes\n${columns(['feature', 'prediction', 'from', '', 'to'], lines)}`
}
