/**
 * `nadir fit --conv`: a convolutional network on short signals, with its certificate.
 * @module
 */
import { extname } from 'node:path'
import { lossTargets, metricsOf, predictionsOf } from '../data/predictions.ts'
import { DomainError, UnsupportedError } from '../errors.ts'
import { requireWritable, writeResult } from '../formats/writeAtomic.ts'
import { type FittedConvolution, fitConvolution, networkKind } from '../models/index.ts'
import { layerOf } from './convolutionLayer.ts'
import type { FitFlags } from './fit.ts'
import { interruptible } from './interrupt.ts'
import { loadSplit, taskOf } from './load.ts'
import { columns, duration, figure, jsonText, METRIC_NAMES, note, wrap } from './output.ts'
import { DONE, type Session, STOPPED_EARLY } from './session.ts'
import { lossOf } from './train.ts'

/** Filters in the table. */
const MOST_FILTERS = 12

/** Trains, writes and prints. */
export async function runConvolution(paths: readonly string[], flags: FitFlags, session: Session): Promise<void> {
  const { io } = session
  refuse(flags)
  if (flags.out !== undefined) await requireWritable(flags.out)
  const task = taskOf(flags.loss)
  const { data, held } = await loadSplit(paths, { ...flags, ...(task !== undefined && { task }) }, io)
  if (data.encoding.some(({ kind }) => kind !== 'number'))
    throw new DomainError(
      'fit: with --conv every column is a number of the signal, in its order; some are not. Choose them with --features.',
    )
  const loss = lossOf(data, flags)
  if (loss === 'multinomial')
    throw new UnsupportedError(
      'fit: --conv trains one output; more than two classes need several. Leave --conv out.',
      'E_LOSS_UNSUPPORTED',
    )
  const began = performance.now()
  const fitted = await interruptible(io, signal =>
    fitConvolution(data.x, lossTargets(data.y, loss), {
      ...layerOf(flags.conv ?? ''),
      loss,
      ...(flags.activation !== undefined && { activation: flags.activation }),
      ...(flags.lambda?.unit === 'absolute' && { lambda: flags.lambda.value }),
      ...(flags.lambda?.unit === 'lambdaMax' && { lambdaFraction: flags.lambda.value }),
      ...(data.weights !== null && { weights: data.weights }),
      ...(typeof flags.patterns === 'number' && { draws: flags.patterns }),
      tolerance: flags.gap,
      ...(flags.maxTime !== undefined && { maxTime: flags.maxTime }),
      seed: flags.seed,
      signal,
    }),
  )
  const seconds = (performance.now() - began) / 1000
  const judged = (rows: { x: typeof data.x; y: Float64Array; weights: Float64Array | null }) =>
    metricsOf(rows.y, predictionsOf(fitted.predict(rows.x), { target: data.target, loss }), {
      target: data.target,
      weights: rows.weights,
    })
  const metrics = judged(data)
  const validation = held && { source: held.source, rows: held.x.rows, metrics: judged(held) }
  session.code = fitted.status === 'solved' ? DONE : STOPPED_EARLY
  if (!flags.quiet) for (const text of data.notes) note(io, text)
  const { witness: _, proofs: __, ...certificate } = fitted.certificate
  const result = {
    command: 'fit',
    status: fitted.status,
    objective: fitted.objective,
    lambda: fitted.lambda,
    certificate,
    metrics,
    iterations: fitted.iterations,
    seconds,
    seed: flags.seed,
    backend: null,
    lambdaMax: fitted.lambdaMax,
    model: 'convolution',
    layer: fitted.layer,
    activation: fitted.activation,
    loss,
    neurons: fitted.filters.rows,
    filters: rowsOf(fitted),
    output: fitted.output,
    constant: fitted.constant,
    patterns: fitted.patterns,
    features: data.names,
    rows: data.x.rows,
    target: data.target,
    validation,
    notes: data.notes,
    outputs: flags.out === undefined ? [] : [flags.out],
  }
  if (flags.out !== undefined) await writeResult(flags.out, jsonText(result))
  if (flags.json) return io.out(jsonText(result))
  const metricsText = Object.entries(metrics)
    .map(([name, value]) => `${METRIC_NAMES[name] ?? name} ${figure(value, 4)}`)
    .join(', ')
  const { width, stride, padding, pool } = fitted.layer
  io.out(
    [
      '',
      `${fitted.status === 'solved' ? 'solved' : `stopped (${fitted.status}), before the gap asked for,`} after ${duration(seconds)}, ${fitted.iterations} rounds`,
      `  model      convolutional ${networkKind({ kind: 'relu', activation: fitted.activation })}, width ${width}, stride ${stride}, padding ${padding}, ${pool} of patches`,
      `  filters    ${fitted.filters.rows}, ${fitted.patterns.count} patterns (${fitted.patterns.complete ? 'all there are' : 'sampled'})`,
      `  lambda     ${figure(fitted.lambda)}  (${figure(fitted.lambda / fitted.lambdaMax, 3)} lambdaMax)`,
      `  objective  ${figure(certificate.primal, 8)}, bound ${figure(certificate.dual, 8)}`,
      '',
      wrap(certificate.statement, { most: io.width }),
      '',
      '',
    ].join('\n'),
  )
  io.out(
    columns(
      ['output', ...Array.from({ length: width }, (_unused, k) => `filter ${k + 1}`)],
      rowsOf(fitted)
        .slice(0, MOST_FILTERS)
        .map((row, j) => [figure(fitted.output[j]), ...row.map(value => figure(value))]),
      io.width,
    ),
  )
  io.out(`on the training rows: ${metricsText}\n`)
  if (flags.out !== undefined) io.out(`written: ${flags.out}\n`)
}

function rowsOf({ filters }: FittedConvolution): number[][] {
  return Array.from({ length: filters.rows }, (_, j) => [
    ...filters.data.subarray(j * filters.cols, (j + 1) * filters.cols),
  ])
}

/** What has no meaning with --conv is not passed over in silence. */
function refuse(flags: FitFlags): void {
  const other = Object.entries({
    'model gated': flags.model === 'gated',
    report: flags.report === true,
    resume: flags.resume !== undefined,
    checkpoint: flags.checkpoint !== undefined,
    global: flags.global === true,
    oracle: flags.oracle !== undefined,
  }).flatMap(([name, given]) => (given ? [`--${name}`] : []))
  if (other.length > 0)
    throw new UnsupportedError(
      `fit: --conv does not go with ${other.join(', ')}. Leave ${other.length > 1 ? 'them' : 'it'} out.`,
    )
  if (flags.lambda === undefined)
    throw new DomainError(
      'fit: --conv needs --lambda: a number, or a fraction of lambdaMax such as 0.1max.',
      'E_LAMBDA',
    )
  if (flags.out !== undefined && extname(flags.out) !== '.json')
    throw new UnsupportedError(`fit: with --conv the network is written to one .json file; got "${flags.out}".`)
}
