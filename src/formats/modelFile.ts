/**
 * The model file: one JSON text with everything needed to predict, to certify again and to know where it came from.
 *
 *   { "format": "nadir-model", "version": 1, "network": …, "standardisation": …, "encoding": …, "target": …, "certificate": …, … }
 *
 * Nothing in it is run. Numbers are written with all their digits, so weights come back to the bit. More than 1 MiB of weights lie
 * beside it in a safetensors file that the JSON names with its SHA-256. A file of another program, a newer version, a damaged or
 * inconsistent one is refused as a whole. What the keys mean is in `modelSchema.ts`.
 * @module
 */
import { createHash } from 'node:crypto'
import { readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FormatError } from '../errors.ts'
import type { Dense } from '../matrix/dense.ts'
import type { PredictorState } from '../models/predictor.ts'
import {
  checkModel,
  claimedVersion,
  claimedWeights,
  MODEL_FORMAT,
  MODEL_VERSION,
  type SavedModel,
  type WeightsFile,
} from './modelSchema.ts'
import { readSafetensors, type Tensor, writeSafetensors } from './safetensors.ts'
import { writeAtomic } from './writeAtomic.ts'

export type { SavedModel } from './modelSchema.ts'

/** Name of the model file in a run folder. */
export const MODEL_NAME = 'model.json'
/** Numbers in all that are kept in the JSON text: 1 MiB as float64. */
const MOST_INSIDE = 1 << 17

/** The text of a model file: indented, but each array of numbers on one line (a line end is never inside a text). */
export function modelText(model: SavedModel): string {
  return textOf(model)
}

/** A model as files: the text, and the weights beside it where they are many. */
export interface ModelFiles {
  readonly text: string
  readonly weights: { readonly name: string; readonly bytes: Uint8Array } | null
}

/**
 * The files of a model. `nameOf` names the file of weights by its SHA-256; up to `inside` numbers stay in the text (1 MiB).
 *
 * @throws FormatError for weights that are not finite, or a model that could not be read again.
 */
export function modelFiles(
  model: SavedModel,
  options: { readonly nameOf: (sha256: string) => string; readonly inside?: number },
): ModelFiles {
  const { nameOf, inside = MOST_INSIDE } = options
  const tensors = new Map<string, Tensor>()
  for (const [name, { rows, cols, data }] of Object.entries(matricesOf(model)))
    tensors.set(name, { shape: [rows, cols], data })
  const { witness } = model.certificate
  if (witness !== null) tensors.set(WITNESS, { shape: [witness.length], data: witness })
  if ([...tensors.values()].reduce((sum, { data }) => sum + data.length, 0) <= inside) {
    const text = textOf(model)
    parseModel(text, 'the model')
    return { text, weights: null }
  }
  for (const { data } of tensors.values()) data.forEach(finite)
  const bytes = writeSafetensors(tensors)
  const sha256 = hashOf(bytes)
  const name = nameOf(sha256)
  const text = textOf(model, { file: name, sha256 })
  parseModel(text, 'the model', tensors)
  return { text, weights: { name, bytes } }
}

/**
 * Reads the text of a model file.
 *
 * @param source how messages call it.
 * @param tensors of the file of weights, where there is one.
 * @throws FormatError when it is cut short, foreign, of a newer version, or does not hold together.
 */
export function parseModel(content: string, source: string, tensors?: ReadonlyMap<string, Tensor>): SavedModel {
  const raw = jsonOf(content, source)
  const file = claimedWeights(raw)?.file
  if (file !== undefined && tensors === undefined)
    throw new FormatError(`model: ${source} has its weights in ${file} beside it. Read it by its path.`)
  const model = checkModel(raw, tensors ?? new Map())
  if (typeof model === 'string')
    throw new FormatError(`model: ${source} is damaged${model.replace(/\.$/, '')}. Copy or train it again.`)
  return model
}

/** The JSON of a model file of this version. */
function jsonOf(content: string, source: string): unknown {
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
  const version = claimedVersion(raw)
  if (version === null)
    throw new FormatError(
      `model: ${source} is not a nadir model ("format" must be "${MODEL_FORMAT}"). Give a file written by nadir fit.`,
    )
  if (version !== MODEL_VERSION)
    throw new FormatError(
      `model: ${source} has version ${version}; this program reads version ${MODEL_VERSION}. ${
        version > MODEL_VERSION ? 'Update nadir.' : 'Train it again.'
      }`,
    )
  return raw
}

/**
 * Reads a model file, or the one in a run folder, with its file of weights where it has one.
 *
 * @throws FormatError when one is absent, is not the file that was written, or is refused by `parseModel`.
 */
export async function readModel(path: string): Promise<SavedModel> {
  const found = await stat(path).catch(() => null)
  if (found === null) throw new FormatError(`model: there is no file ${path}. Check the path, or make one: nadir fit.`)
  const file = found.isDirectory() ? join(path, MODEL_NAME) : path
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new FormatError(`model: ${file} could not be read. Give a file written by nadir fit.`, { cause: error })
  })
  const weights = claimedWeights(jsonOf(content, file))
  return parseModel(content, file, weights === null ? undefined : await readWeights(weights, file))
}

async function readWeights({ file, sha256 }: WeightsFile, model: string): Promise<ReadonlyMap<string, Tensor>> {
  const path = join(dirname(model), file)
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new FormatError(
      `model: ${model} has its weights in ${file}, which is not beside it. Copy both files to one folder.`,
      { cause: error },
    )
  })
  if (hashOf(bytes) !== sha256)
    throw new FormatError(
      `model: ${path} is not the file that was written with ${model} (its SHA-256 differs). Copy both again.`,
    )
  return readSafetensors(bytes, path)
}

/**
 * Writes a model file, whole or not at all: at any moment the path holds the old model or the new one. A file of weights is called
 * by its content, is there before the model that needs it, and the one of the model before goes last.
 *
 * @throws FormatError for weights that are not finite, or a place that cannot be written to.
 */
export async function writeModel(path: string, model: SavedModel): Promise<void> {
  const stem = basename(path).replace(/\.json$/, '')
  const { text, weights } = modelFiles(model, {
    nameOf: sha256 => `${stem}-${sha256.slice(0, 12)}.safetensors`,
  })
  const before = await weightsBefore(path)
  if (weights !== null) await writeAtomic(join(dirname(path), weights.name), weights.bytes)
  await writeAtomic(path, text)
  if (before !== null && before !== weights?.name && before.startsWith(`${stem}-`))
    await rm(join(dirname(path), before), { force: true }).catch(() => {})
}

async function weightsBefore(path: string): Promise<string | null> {
  try {
    return claimedWeights(JSON.parse(await readFile(path, 'utf8')))?.file ?? null
  } catch {
    return null
  }
}

/** What `predictorOf` needs of a saved model. */
export function predictorState(model: SavedModel): PredictorState {
  const { network, standardisation, loss, target } = model
  return { network, standardisation, loss: loss.name, classes: target.kind === 'classes' ? target.labels : null }
}

const WITNESS = 'certificate.witness'

/** The matrices that may be many numbers, by the name of their tensor. */
function matricesOf({ network, patterns }: SavedModel): Record<string, Dense> {
  return {
    'network.hidden': network.hidden,
    'network.output': network.output,
    ...(network.gates !== null && { 'network.gates': network.gates }),
    ...(patterns !== null && { 'patterns.gates': patterns.gates }),
  }
}

function textOf(model: SavedModel, weights?: WeightsFile): string {
  const names = new Map(Object.entries(matricesOf(model)).map(([name, matrix]): [unknown, string] => [matrix, name]))
  const { witness } = model.certificate
  const beside = (value: unknown): unknown => {
    if (weights === undefined || value === null) return value
    if (value === witness) return { tensor: WITNESS, length: witness.length }
    const name = names.get(value)
    if (name === undefined) return value
    const { rows, cols } = value as Dense
    return { rows, cols, tensor: name }
  }
  const { network, ...rest } = model
  return `${JSON.stringify(
    { format: MODEL_FORMAT, version: MODEL_VERSION, ...(weights !== undefined && { weights }), ...rest, network },
    (_, value: unknown) => {
      const shown = beside(value)
      return shown instanceof Float64Array ? Array.from(shown, finite) : shown
    },
    1,
  ).replaceAll(/\[\n[\s\d.,eE+-]+\]/g, numbers => numbers.replaceAll(/\s+/g, ''))}\n`
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function finite(value: number): number {
  if (!Number.isFinite(value))
    throw new FormatError(
      `model: every number saved must be finite; got ${value}. This model is broken: train it again.`,
    )
  return value
}
