/**
 * What a model file holds: its type, and the schema that a file is checked by. The JSON Schema published as
 * schema/nadir-model-1.json is made from it (`npm run schema`).
 *
 * Within a version keys may be added and none changes its meaning: what a reader does not know it leaves alone.
 * @module
 */
import { z } from 'zod'
import type { Certificate } from '../certificates/certificate.ts'
import { type Encoding, encodedNames } from '../data/encoding.ts'
import type { TargetEncoding } from '../data/target.ts'
import { ShapeError } from '../errors.ts'
import type { LossName } from '../losses/loss.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import type { Network } from '../models/model.ts'
import type { Standardisation } from '../models/standardisation.ts'
import type { Status } from '../solvers/solve.ts'
import type { Tensor } from './safetensors.ts'

export const MODEL_FORMAT = 'nadir-model'
export const MODEL_VERSION = 1

/** What is saved. */
export interface SavedModel {
  /** Version of nadir that wrote it. */
  readonly madeBy: string
  /** In the coordinates of training: standardised, ones column appended. */
  readonly network: Network
  readonly standardisation: Standardisation
  readonly encoding: Encoding
  readonly target: TargetEncoding
  readonly loss: { readonly name: LossName; readonly delta?: number }
  readonly lambda: number
  readonly lambdaMax: number
  /** The gates of the patterns the certificate covers (P × d), and whether these are all patterns; null when none were kept. */
  readonly patterns: { readonly gates: Dense; readonly complete: boolean } | null
  /** With its witness. */
  readonly certificate: Certificate
  readonly training: {
    readonly source: string
    readonly rows: number
    /** Column of sample weights, when there was one. */
    readonly weights: string | null
    /** Share of the rows read that was held out by the seed and not trained on, when there was one. */
    readonly validFraction?: number | undefined
    /** SHA-256 of rows, target and weights as encoded; absent in files of before. */
    readonly dataHash?: string
    readonly status: Status
    readonly iterations: number
    readonly seconds: number
    readonly seed: number
    readonly backend: string
    /** The relative gap asked for. */
    readonly gap: number
    readonly solver: string
  }
  /** On the training rows. */
  readonly metrics: Readonly<Record<string, number>>
}

const numbers = z.array(z.number())
const vector = numbers.transform(values => Float64Array.from(values))
const count = z.number().int().nonnegative()
const tensor = z.string().describe('Name of the array in the file of weights.')
const matrix = z
  .object({ rows: count, cols: count, data: vector.optional(), tensor: tensor.optional() })
  .refine(({ rows, cols, data }) => data === undefined || rows * cols === data.length, {
    message: 'rows × cols numbers are needed',
  })
  .refine(({ data, tensor }) => (data === undefined) !== (tensor === undefined), {
    message: 'data or tensor is needed, and only one of them',
  })
const text = z.string()
const names = z.array(text)

const schema = z
  .object({
    weights: z
      .object({
        file: z.string().regex(/^[^/\\]+\.safetensors$/),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      })
      .describe('The file beside that holds the arrays named by "tensor".')
      .optional(),
    madeBy: text,
    network: z.object({
      kind: z.enum(['relu', 'gated']),
      activation: z
        .object({ positive: z.number(), negative: z.number() })
        .describe('Slopes of the activation of a "relu" network for t ≥ 0 and t < 0. Default: 1 and 0.')
        .optional(),
      hidden: matrix,
      output: matrix,
      gates: matrix.nullable(),
      offset: vector,
    }),
    standardisation: z.object({
      mean: vector,
      scale: vector,
      constant: z.array(count),
      intercept: z.boolean(),
      centre: vector,
      spread: vector,
    }),
    encoding: z.array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('number'), column: text, mean: z.number(), indicator: z.boolean() }),
        z.object({ kind: z.literal('date'), column: text, mean: z.number(), indicator: z.boolean() }),
        z.object({ kind: z.literal('boolean'), column: text, falseText: text, trueText: text }),
        z.object({ kind: z.literal('category'), column: text, categories: names, missing: z.boolean() }),
      ]),
    ),
    target: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('number'), name: text }),
      z.object({ kind: z.literal('classes'), name: text, labels: names.min(2) }),
    ]),
    loss: z.object({
      name: z.enum(['squared', 'logistic', 'multinomial', 'squared-hinge', 'huber']),
      delta: z.number().positive().optional(),
    }),
    lambda: z.number().positive(),
    lambdaMax: z.number().nonnegative(),
    patterns: z.object({ gates: matrix, complete: z.boolean() }).nullable(),
    certificate: z.object({
      primal: z.number(),
      // −∞ has no JSON: null stands for it.
      dual: z
        .number()
        .nullable()
        .transform(value => value ?? -Infinity),
      gap: z
        .number()
        .nullable()
        .transform(value => value ?? Infinity),
      relativeGap: z
        .number()
        .nullable()
        .transform(value => value ?? Infinity),
      scope: z.enum(['global', 'restricted', 'stationary']),
      oracle: z.enum(['enumeration', 'closed-form', 'spectral', 'sdp', 'dictionary', 'none']),
      statement: text,
      witness: z.union([vector, z.object({ tensor, length: count })]).nullable(),
      proofs: z
        .array(
          z.object({
            form: z.enum(['diagonal', 'lifted']),
            output: count,
            sign: z.union([z.literal(1), z.literal(-1)]),
            weights: vector,
          }),
        )
        .optional(),
    }),
    training: z.object({
      source: text,
      rows: count,
      weights: text.nullable(),
      validFraction: z.number().gt(0).lt(1).optional(),
      dataHash: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .optional(),
      status: z.enum(['solved', 'max-iterations', 'max-time', 'aborted', 'stalled']),
      iterations: count,
      seconds: z.number().nonnegative(),
      seed: count,
      backend: text,
      gap: z.number().positive(),
      solver: text,
    }),
    metrics: z.record(z.string().regex(/^[a-z][a-zA-Z0-9]*$/), z.number()),
  })
  .superRefine((model, context) => {
    const fail = (message: string) => context.addIssue({ code: 'custom', message })
    const { hidden, output, gates, offset, kind, activation } = model.network
    const { mean, scale, constant, intercept, centre, spread } = model.standardisation
    const columns = encodedNames(model.encoding).length
    const outputs =
      model.target.kind === 'classes' && model.loss.name === 'multinomial' ? model.target.labels.length : 1
    if (mean.length !== columns || scale.length !== columns) fail('standardisation does not fit the encoding')
    if (columns === 0) fail('the encoding has no columns')
    if (constant.some(j => j >= columns)) fail('standardisation does not fit the encoding')
    if ([...scale, ...spread].some(s => !(s > 0))) fail('a scale is not above 0')
    if (centre.length !== outputs || spread.length !== outputs) fail('standardisation does not fit the target')
    if (hidden.cols !== columns + (intercept ? 1 : 0)) fail('hidden weights do not fit the encoding')
    if (output.rows !== hidden.rows) fail('hidden and output weights differ in neurons')
    if (output.cols !== outputs || offset.length !== outputs) fail('outputs do not fit the target')
    if (activation !== undefined && (kind !== 'relu' || outputs !== 1)) fail('the activation does not fit the network')
    if ((kind === 'gated') !== (gates !== null)) fail('gates belong to gated networks, and only there')
    if (gates !== null && (gates.rows !== hidden.rows || gates.cols !== hidden.cols))
      fail('gates do not fit the weights')
    if (model.patterns !== null && model.patterns.gates.cols !== hidden.cols) fail('patterns do not fit the weights')
    if (model.certificate.witness !== null && model.certificate.witness.length !== model.training.rows * outputs)
      fail('the witness does not fit the rows')
    if (model.certificate.dual > model.certificate.primal) fail('the bound is above the objective')
  })

const head = z.object({ format: z.literal(MODEL_FORMAT), version: z.number() })
const weightsKey = z.object({ weights: schema.shape.weights })

/** The file of weights beside a model file, and what it must be. */
export interface WeightsFile {
  /** A name without a path. */
  readonly file: string
  readonly sha256: string
}

/** The version that parsed JSON claims; null when it is no model file. */
export function claimedVersion(raw: unknown): number | null {
  const parsed = head.safeParse(raw)
  return parsed.success ? parsed.data.version : null
}

/** The file of weights that parsed JSON asks for; null when it has all numbers inside, or asks for none that may be read. */
export function claimedWeights(raw: unknown): WeightsFile | null {
  const parsed = weightsKey.safeParse(raw)
  return parsed.success ? (parsed.data.weights ?? null) : null
}

/**
 * Checks parsed JSON, and puts the arrays of the file of weights in their places.
 *
 * @returns the model, or what is wrong with it: " at <key>: <rule>".
 */
export function checkModel(raw: unknown, tensors: ReadonlyMap<string, Tensor>): SavedModel | string {
  const parsed = schema.safeParse(raw)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return `${issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''}: ${issue.message}`
  }
  const { weights: _, loss, network, patterns, certificate, training, ...rest } = parsed.data
  const { activation, ...layers } = network
  const faults: string[] = []
  const array = (name: string, length: number): Float64Array => {
    const found = tensors.get(name)?.data ?? new Float64Array()
    if (found.length !== length)
      faults.push(`: ${length} numbers are needed for "${name}"; the file of weights has ${found.length}`)
    else if (!found.every(Number.isFinite)) faults.push(`: "${name}" holds numbers that are not finite`)
    return found
  }
  const whole = ({ rows, cols, data, tensor }: StoredMatrix): Dense =>
    dense(rows, cols, data ?? array(tensor ?? '', rows * cols))
  try {
    const { dataHash, ...trained } = training
    const { witness, proofs, ...claim } = certificate
    const model: SavedModel = {
      ...rest,
      network: {
        ...layers,
        ...(activation !== undefined && { activation }),
        hidden: whole(network.hidden),
        output: whole(network.output),
        gates: network.gates === null ? null : whole(network.gates),
      },
      loss: { name: loss.name, ...(loss.delta !== undefined && { delta: loss.delta }) },
      patterns: patterns === null ? null : { ...patterns, gates: whole(patterns.gates) },
      certificate: {
        ...claim,
        ...(proofs !== undefined && { proofs }),
        witness: witness === null || witness instanceof Float64Array ? witness : array(witness.tensor, witness.length),
      },
      training: { ...trained, ...(dataHash !== undefined && { dataHash }) },
    }
    return faults[0] ?? model
  } catch (error) {
    // dense refuses what does not fit.
    if (error instanceof ShapeError) return faults[0] ?? `: ${error.message}`
    throw error
  }
}

/** The JSON Schema of model files of this version. */
export function modelJsonSchema(): object {
  const whole = z.object({
    format: z.literal(MODEL_FORMAT),
    version: z.literal(MODEL_VERSION),
    ...schema.shape,
  })
  const { $schema, ...keys } = z.toJSONSchema(whole, { io: 'input' })
  return {
    $schema,
    title: `Nadir model file, version ${MODEL_VERSION}`,
    description:
      'A trained two-layer network with its encoding, its certificate and where it came from. Numbers are float64; null stands for an infinite bound or gap.',
    ...keys,
  }
}

type StoredMatrix = z.infer<typeof matrix>
