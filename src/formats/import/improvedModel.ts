/**
 * A network that training further made of a foreign one, as a model of our own: it predicts, certifies and exports like any other.
 *
 * The file's column scaler becomes the standardisation, a rescaled output its spread and centre. The certificate is that of a saved
 * model: about networks with this output bias.
 * @module
 */
import { lambdaMax } from '../../certificates/index.ts'
import type { Encoding } from '../../data/encoding.ts'
import type { TargetEncoding } from '../../data/target.ts'
import { UnsupportedError } from '../../errors.ts'
import type { LossName } from '../../losses/loss.ts'
import { createCompute, dense } from '../../matrix/index.ts'
import type { ForeignNetwork } from '../../models/audit/foreign.ts'
import type { Audit, Network } from '../../models/index.ts'
import { patternsOf, relu } from '../../models/index.ts'
import type { Standardisation } from '../../models/standardisation.ts'
import type { SavedModel } from '../modelSchema.ts'
import { evaluate, problemOf, type Rows } from '../onRows.ts'

/** What a model file says beside the weights. */
export interface ImprovedContext {
  readonly foreign: ForeignNetwork
  readonly rows: Rows
  readonly encoding: Encoding
  readonly target: TargetEncoding
  readonly loss: LossName
  readonly delta?: number
  readonly source: string
  readonly weights: string | null
  readonly seed: number
  readonly gap: number
  readonly madeBy: string
  readonly seconds: number
}

/** null, or why the better network cannot be a model file (it can be an ONNX file all the same). */
export function notAModel({ classOf }: Pick<Audit, 'classOf'>): string | null {
  if (classOf.hiddenBias === 'free') return 'a model file has penalised hidden biases; these cost nothing'
  if (classOf.outputBias === 'penalised')
    return 'a model file has an output bias that costs nothing; this one is penalised'
  return null
}

/**
 * The model of `audit.improved`.
 *
 * @throws UnsupportedError when nothing was trained, or the file scales a column by a negative factor.
 */
export function improvedModel(audit: Audit, context: ImprovedContext): SavedModel {
  const { foreign, rows, encoding, target, loss, madeBy } = context
  const { improved, lambda } = audit
  if (improved === null) throw new UnsupportedError('audit: no better network was trained. Say --improve.')
  const { scaler, rescale } = foreign
  const [d, c] = [foreign.hidden.cols, foreign.output.cols]
  if (scaler?.factor.some(factor => factor < 0))
    throw new UnsupportedError('audit: the file scales a column by a negative factor, which a model file cannot hold.')
  const standardisation: Standardisation = {
    mean: scaler === null ? new Float64Array(d) : scaler.shift.map((shift, j) => -shift / scaler.factor[j]),
    scale: scaler === null ? new Float64Array(d).fill(1) : scaler.factor.map(factor => 1 / factor),
    constant: [],
    intercept: audit.classOf.hiddenBias !== 'none',
    centre: rescale?.centre ?? new Float64Array(c),
    spread: rescale?.spread ?? new Float64Array(c).fill(1),
  }
  const offset = audit.classOf.outputBias === 'fixed' ? audit.measured.loss.offset : improved.network.constant
  const network: Network = {
    kind: 'relu',
    hidden: improved.network.hidden,
    output: improved.network.output,
    gates: null,
    offset: offset.slice(),
  }
  const model: SavedModel = {
    madeBy,
    network,
    standardisation,
    encoding,
    target,
    loss: { name: loss, ...(context.delta !== undefined && { delta: context.delta }) },
    lambda,
    lambdaMax: 0,
    patterns: null,
    certificate: improved.certificate,
    training: {
      source: context.source,
      rows: rows.x.rows,
      weights: context.weights,
      status: 'solved',
      iterations: improved.iterations,
      seconds: context.seconds,
      seed: context.seed,
      backend: 'wasm',
      gap: context.gap,
      solver: 'interior-point',
    },
    metrics: {},
  }
  const data = problemOf(model, rows)
  const patterns = patternsOf(data.x, network.hidden.rows > 0 ? network.hidden : dense(0, data.x.cols))
  const compute = createCompute({})
  try {
    const certificate = relu.certify(network, data, patterns, improved.candidates, compute)
    return {
      ...model,
      lambdaMax: lambdaMax(data, { kind: 'relu', masks: patterns.masks, compute }),
      patterns: { gates: patterns.gates, complete: false },
      certificate,
      metrics: evaluate(model, rows),
      training: {
        ...model.training,
        backend: compute.backend,
        status: certificate.relativeGap <= context.gap ? 'solved' : 'stalled',
      },
    }
  } finally {
    compute.close()
  }
}
