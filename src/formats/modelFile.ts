/**
 * The model file: one JSON text with everything needed to predict, to certify again and to know where it came from.
 *
 *   { "format": "nadir-model", "version": 1, "network": …, "standardisation": …, "encoding": …, "target": …, "certificate": …, … }
 *
 * Nothing in it is run. Numbers are written with all their digits, so weights come back to the bit. A file of another
 * program, a newer version, a damaged or inconsistent one is refused as a whole.
 * @module
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Certificate } from '../certificates/certificate.ts'
import { type Encoding, encodedNames } from '../data/encoding.ts'
import type { TargetEncoding } from '../data/target.ts'
import { FormatError } from '../errors.ts'
import type { LossName } from '../losses/loss.ts'
import type { Dense } from '../matrix/dense.ts'
import type { Network } from '../models/model.ts'
import type { PredictorState } from '../models/predictor.ts'
import type { Standardisation } from '../models/standardisation.ts'
import type { Status } from '../solvers/solve.ts'
import { writeAtomic } from './writeAtomic.ts'

export const MODEL_FORMAT = 'nadir-model'
export const MODEL_VERSION = 1
/** Name of the model file in a run folder. */
export const MODEL_NAME = 'model.json'

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

const vector = z.array(z.number()).transform(values => Float64Array.from(values))
const count = z.number().int().nonnegative()
const matrix = z
  .object({ rows: count, cols: count, data: vector })
  .refine(({ rows, cols, data }) => rows * cols === data.length, { message: 'rows × cols numbers are needed' })
const text = z.string()
const names = z.array(text)

const schema = z
  .object({
    madeBy: text,
    network: z.object({
      kind: z.enum(['relu', 'gated']),
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
      witness: vector.nullable(),
      proofs: z
        .array(z.object({ output: count, sign: z.union([z.literal(1), z.literal(-1)]), weights: vector }))
        .optional(),
    }),
    training: z.object({
      source: text,
      rows: count,
      weights: text.nullable(),
      validFraction: z.number().gt(0).lt(1).optional(),
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
    const { hidden, output, gates, offset, kind } = model.network
    const { mean, scale, constant, intercept, centre, spread } = model.standardisation
    const columns = encodedNames(model.encoding).length
    const outputs =
      model.target.kind === 'classes' && model.loss.name === 'multinomial' ? model.target.labels.length : 1
    if (mean.length !== columns || scale.length !== columns) fail('standardisation does not fit the encoding')
    if (constant.some(j => j >= columns)) fail('standardisation does not fit the encoding')
    if ([...scale, ...spread].some(s => !(s > 0))) fail('a scale is not above 0')
    if (centre.length !== outputs || spread.length !== outputs) fail('standardisation does not fit the target')
    if (hidden.cols !== columns + (intercept ? 1 : 0)) fail('hidden weights do not fit the encoding')
    if (output.rows !== hidden.rows) fail('hidden and output weights differ in neurons')
    if (output.cols !== outputs || offset.length !== outputs) fail('outputs do not fit the target')
    if ((kind === 'gated') !== (gates !== null)) fail('gates belong to gated networks, and only there')
    if (gates !== null && (gates.rows !== hidden.rows || gates.cols !== hidden.cols))
      fail('gates do not fit the weights')
    if (model.patterns !== null && model.patterns.gates.cols !== hidden.cols) fail('patterns do not fit the weights')
    if (model.certificate.witness !== null && model.certificate.witness.length !== model.training.rows * outputs)
      fail('the witness does not fit the rows')
    if (model.certificate.dual > model.certificate.primal) fail('the bound is above the objective')
  })

/** The text of a model file: indented, but each array of numbers on one line (a line end is never inside a text). */
export function modelText(model: SavedModel): string {
  const { network, ...rest } = model
  return `${JSON.stringify(
    { format: MODEL_FORMAT, version: MODEL_VERSION, ...rest, network },
    (_, value: unknown) => (value instanceof Float64Array ? Array.from(value, finite) : value),
    1,
  ).replaceAll(/\[\n[\s\d.,eE+-]+\]/g, numbers => numbers.replaceAll(/\s+/g, ''))}\n`
}

/**
 * Reads the text of a model file.
 *
 * @param source how messages call it.
 * @throws FormatError when it is cut short, foreign, of a newer version, or does not hold together.
 */
export function parseModel(content: string, source: string): SavedModel {
  let raw: unknown
  try {
    raw = JSON.parse(content)
  } catch (error) {
    const looks = content.trimStart().startsWith('{')
    throw new FormatError(
      `model: ${source} is ${looks ? 'damaged or cut short (its JSON ends early or is broken)' : 'not a model file'}. ${
        looks ? 'Copy or train it again.' : 'Give a file written by nadir fit.'
      }`,
      { cause: error },
    )
  }
  const head = z.object({ format: z.literal(MODEL_FORMAT), version: z.number() }).safeParse(raw)
  if (!head.success)
    throw new FormatError(
      `model: ${source} is not a nadir model ("format" must be "${MODEL_FORMAT}"). Give a file written by nadir fit.`,
    )
  if (head.data.version !== MODEL_VERSION)
    throw new FormatError(
      `model: ${source} has version ${head.data.version}; this program reads version ${MODEL_VERSION}. ${
        head.data.version > MODEL_VERSION ? 'Update nadir.' : 'Train it again.'
      }`,
    )
  const parsed = schema.safeParse(raw)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const at = issue.path.length > 0 ? ` at ${issue.path.join('.')}` : ''
    throw new FormatError(`model: ${source} is damaged${at}: ${issue.message}. Copy or train it again.`)
  }
  const { loss, certificate, ...rest } = parsed.data
  const { proofs, ...claim } = certificate
  return {
    ...rest,
    certificate: { ...claim, ...(proofs && { proofs }) },
    loss: { name: loss.name, ...(loss.delta !== undefined && { delta: loss.delta }) },
  }
}

/**
 * Reads a model file, or the one in a run folder.
 *
 * @throws FormatError when it is absent or refused by `parseModel`.
 */
export async function readModel(path: string): Promise<SavedModel> {
  const found = await stat(path).catch(() => null)
  if (found === null) throw new FormatError(`model: there is no file ${path}. Check the path, or make one: nadir fit.`)
  const file = found.isDirectory() ? join(path, MODEL_NAME) : path
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new FormatError(`model: ${file} could not be read. Give a file written by nadir fit.`, { cause: error })
  })
  return parseModel(content, file)
}

/**
 * Writes a model file, whole or not at all.
 *
 * @throws FormatError for weights that are not finite, or a place that cannot be written to.
 */
export async function writeModel(path: string, model: SavedModel): Promise<void> {
  const content = modelText(model)
  // What could not be read again is not written.
  parseModel(content, path)
  await writeAtomic(path, content)
}

/** What `predictorOf` needs of a saved model. */
export function predictorState(model: SavedModel): PredictorState {
  const { network, standardisation, loss, target } = model
  return { network, standardisation, loss: loss.name, classes: target.kind === 'classes' ? target.labels : null }
}

function finite(value: number): number {
  if (!Number.isFinite(value))
    throw new FormatError(
      `model: every number saved must be finite; got ${value}. This model is broken: train it again.`,
    )
  return value
}
