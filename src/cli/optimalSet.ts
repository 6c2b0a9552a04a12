/**
 * `nadir inspect --optimal-set`: how few neurons do, and how far equally good networks differ at rows of interest.
 * @module
 */
import { rangeStatement } from '../certificates/index.ts'
import { encode } from '../data/encoding.ts'
import { DomainError } from '../errors.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import { problemOf, type Rows } from '../formats/onRows.ts'
import { createCompute } from '../matrix/createCompute.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { enumeratePatterns, type OptimalSet, optimalSet, patternsOf, standardise } from '../models/index.ts'
import type { Io } from './io.ts'
import { loadTable } from './load.ts'
import { columns, figure, wrap } from './output.ts'

/** The flags. */
export interface OptimalSetFlags {
  readonly at?: string
  readonly within: number
}

/** Ranges in the unit of the target (log-odds or logits for classes). */
export interface OptimalSetReport {
  readonly within: number
  /** Mean objective up to which networks count. */
  readonly level: number
  readonly scope: 'global' | 'restricted'
  readonly directions: number
  readonly dimension: number
  readonly neurons: number
  readonly minimalWidth: number
  readonly ranges: readonly {
    readonly row: string
    readonly output: number
    readonly prediction: number
    readonly low: number
    readonly high: number
    readonly bound: { readonly low: number; readonly high: number }
  }[]
  /** About the row where networks differ most. */
  readonly statement: string | null
}

/** Places between successive rows, at most. */
const PLACES = 10

/** Rows for which ranges are wanted: those of a file, or the places half-way between the first rows of training. */
async function placesOf(
  model: SavedModel,
  rows: Rows,
  path: string | undefined,
  io: Io,
): Promise<{ x: Dense; names: string[] }> {
  if (path !== undefined) {
    const { table } = await loadTable(path, {}, io)
    const { x } = encode(model.encoding, table, { known: [model.target.name] })
    return { x, names: Array.from({ length: x.rows }, (_, i) => `row ${i + 1}`) }
  }
  const { x } = rows
  const count = Math.min(PLACES, x.rows - 1)
  const between = dense(count, x.cols)
  for (let i = 0; i < count; i++)
    for (let j = 0; j < x.cols; j++)
      between.data[i * x.cols + j] = x.data[i * x.cols + j] / 2 + x.data[(i + 1) * x.cols + j] / 2
  return { x: between, names: Array.from({ length: count }, (_, i) => `between rows ${i + 1} and ${i + 2}`) }
}

/**
 * The optimal set of a saved model on its training rows.
 *
 * @throws DomainError for other rows than those of training, or a model without patterns; UnsupportedError when it is too large.
 */
export async function optimalSetOf(
  model: SavedModel,
  rows: Rows,
  flags: OptimalSetFlags,
  io: Io,
): Promise<OptimalSetReport> {
  if (model.patterns === null)
    throw new DomainError('inspect: the patterns were not saved with this model. Train it again.')
  if (rows.x.rows !== model.training.rows)
    throw new DomainError(
      `inspect: the optimal set is about the ${model.training.rows} rows of training; got ${rows.x.rows}. Give the data the model was trained on, and rows of interest with --at.`,
      'E_ROWS',
    )
  const data = problemOf(model, rows)
  const places = await placesOf(model, rows, flags.at, io)
  const { gates, complete } = model.patterns
  const compute = createCompute({})
  try {
    const found = optimalSet(model.network, data, {
      patterns: complete ? enumeratePatterns(data.x) : patternsOf(data.x, gates),
      at: standardise(model.standardisation, places.x),
      within: flags.within,
      dualPoint: model.certificate.witness,
      compute,
    })
    return reportOf(model, found, { ...flags, names: places.names })
  } finally {
    compute.close()
  }
}

function reportOf(
  { network, standardisation }: SavedModel,
  found: OptimalSet,
  { within, names }: { readonly within: number; readonly names: readonly string[] },
): OptimalSetReport {
  const { centre, spread } = standardisation
  const ranges = found.ranges.map(({ row, output, prediction, low, high, bound }) => {
    const raw = (value: number) => centre[output] + spread[output] * value
    return {
      row: names[row],
      output,
      prediction: raw(prediction),
      low: raw(low),
      high: raw(high),
      bound: { low: raw(bound.low), high: raw(bound.high) },
    }
  })
  const widest = ranges.reduce<(typeof ranges)[number] | null>(
    (most, each) => (most === null || each.high - each.low > most.high - most.low ? each : most),
    null,
  )
  const { level, scope, directions, dimension, minimal } = found
  return {
    within,
    level,
    scope,
    directions,
    dimension,
    neurons: network.hidden.rows,
    minimalWidth: minimal.hidden.rows,
    ranges,
    statement:
      widest &&
      rangeStatement({
        ...widest,
        scope,
        subject: network.kind === 'relu' ? 'ReLU network' : 'gated ReLU network',
        within,
        where: widest.row.startsWith('row') ? widest.row : `the place ${widest.row}`,
      }),
  }
}

/** The page. */
export function optimalSetText(report: OptimalSetReport, width: number | undefined): string {
  const several = report.ranges.some(({ output }) => output > 0)
  const most = width === undefined ? {} : { most: width }
  const lines = report.ranges.map(({ row, output, prediction, low, high, bound }) => [
    several ? `${row}, output ${output + 1}` : row,
    figure(prediction, 5),
    `${figure(low, 5)} … ${figure(high, 5)}`,
    `${figure(bound.low, 5)} … ${figure(bound.high, 5)}`,
  ])
  return [
    'Optimal set\n',
    `  neurons    ${report.neurons}; pruned to independent contributions ${report.minimalWidth}\n`,
    `  directions ${report.directions} that optimal networks may use, ${report.dimension === 0 ? 'all independent' : `${report.dimension} more than are independent`}\n\n`,
    columns(['where', 'prediction', 'reached', 'never outside'], lines, width),
    ...(report.statement === null ? [] : ['\n', wrap(report.statement, most), '\n']),
  ].join('')
}
