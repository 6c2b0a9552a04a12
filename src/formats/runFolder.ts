/**
 * A run folder: everything about one training, in files that other programs read. Appears whole or not at all, unless the run has
 * saved checkpoints in it: then each file appears whole, and `model.json` last of all. With it the run is complete.
 *
 *   model.json (model.safetensors)  model.onnx  certificate.json  metrics.json  curve.csv  events.ndjson  config.yaml  MODEL_CARD.md
 *   validation.json, when lambda was chosen by cross-validation
 *   checkpoint.json and config.yaml, while the run goes on
 * @module
 */
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { FormatError } from '../errors.ts'
import type { CrossValidation } from '../models/crossValidate.ts'
import { networkKind } from '../models/networks/network.ts'
import type { Progress } from '../solvers/solve.ts'
import { exportOnnx } from './export/exportOnnx.ts'
import { MODEL_NAME, modelFiles, readModel, type SavedModel, writeModel } from './modelFile.ts'
import { makeFolder, requireWritable, writeAtomic } from './writeAtomic.ts'

export interface Run {
  readonly model: SavedModel
  /** [seconds, objective, relative gap] of the steps. */
  readonly curve: readonly (readonly [number, number, number])[]
  readonly events: readonly Progress[]
  /** How lambda was chosen, when it was left open. */
  readonly validation: CrossValidation | null
  /** Metrics on rows that were not trained on, when there were some. */
  readonly held?: { readonly source: string; readonly metrics: Readonly<Record<string, number>> } | null
  /** The options that make this run again, as YAML. */
  readonly config: string
}

const CHECKPOINT = 'checkpoint.json'
/** Name of the file of options in a run folder. */
export const CONFIG_NAME = 'config.yaml'
const CURVE = 'curve.csv'
const VALIDATION = 'validation.json'

/**
 * The folder to write to: `wanted`, which must not exist or be empty, or the first free of runs/<stem>-1, -2 …
 *
 * @throws FormatError when it is in use or cannot be made.
 */
export async function chooseRunFolder(options: {
  readonly wanted?: string
  readonly stem: string
  /** A run that goes on: its own folder may hold files. */
  readonly resumed?: string
}): Promise<string> {
  const { wanted, stem, resumed } = options
  if (resumed !== undefined && (wanted === undefined || wanted === resumed)) {
    await requireWritable(join(resumed, MODEL_NAME))
    return resumed
  }
  if (wanted === undefined) {
    const safe = stem.replaceAll(/[^\w.-]+/g, '-') || 'run'
    let k = 1
    while ((await stat(join('runs', `${safe}-${k}`)).catch(() => null)) !== null) k++
    const free = join('runs', `${safe}-${k}`)
    await requireWritable(free)
    return free
  }
  await requireFree(wanted)
  return wanted
}

/**
 * Saves the best so far into the folder of a run that goes on: `checkpoint.json`, a model file, and the options. At any moment the
 * last one or the new one is there.
 */
export async function saveCheckpoint(folder: string, checkpoint: Pick<Run, 'model' | 'config'>): Promise<void> {
  await writeAtomic(join(folder, CONFIG_NAME), checkpoint.config)
  await writeModel(join(folder, CHECKPOINT), checkpoint.model)
}

/**
 * The best that a run has saved: its checkpoint, or the model of a complete one, whichever is lower at the same lambda.
 *
 * @throws FormatError when there is none, or it is damaged.
 */
export async function readCheckpoint(folder: string): Promise<SavedModel> {
  const saved: SavedModel[] = []
  for (const name of [CHECKPOINT, MODEL_NAME])
    if ((await stat(join(folder, name)).catch(() => null)) !== null) saved.push(await readModel(join(folder, name)))
  const [first, second] = saved
  if (first === undefined)
    throw new FormatError(
      `fit: ${folder} holds no checkpoint to go on from. Check the path, or train from the start without --resume.`,
    )
  const lower = second?.lambda === first.lambda && second.certificate.primal < first.certificate.primal
  return lower ? second : first
}

/** Writes all files of a run to a folder beside, flushes them, and renames it to `folder`, or its files into one with checkpoints. */
export async function writeRun(folder: string, run: Run): Promise<void> {
  const temporary = join(dirname(folder), `.${basename(folder)}.${process.pid}.part`)
  try {
    const begun = (await readdir(folder).catch(() => [])).length > 0
    const files = filesOf(run, begun)
    await makeFolder(temporary)
    for (const [name, content] of Object.entries(files)) {
      const handle = await open(join(temporary, name), 'w')
      try {
        await handle.writeFile(content)
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
    if (!begun) return await rename(temporary, folder)
    const last = Object.keys(files).filter(name => name !== MODEL_NAME)
    for (const name of [...last, MODEL_NAME]) await rename(join(temporary, name), join(folder, name))
    const stale = (name: string) =>
      /^checkpoint|^\..*\.part$/.test(name) || (/^model.*\.safetensors$/.test(name) && files[name] === undefined)
    for (const name of (await readdir(folder)).filter(stale)) await rm(join(folder, name), { force: true })
    await rm(temporary, { recursive: true, force: true })
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {})
    throw new FormatError(
      `run: ${folder} could not be written: ${error instanceof Error ? error.message : error}. Choose another place with --out.`,
      { cause: error },
    )
  }
}

/** The files of a run; in a folder with files, weights are called by their content, so that none is changed under an old model. */
function filesOf(run: Run, begun: boolean): Record<string, string | Uint8Array> {
  const { witness, ...certificate } = run.model.certificate
  const { text, weights } = modelFiles(run.model, {
    nameOf: sha256 => (begun ? `model-${sha256.slice(0, 12)}.safetensors` : 'model.safetensors'),
  })
  return {
    [MODEL_NAME]: text,
    ...(weights !== null && { [weights.name]: weights.bytes }),
    'model.onnx': exportOnnx(run.model),
    'certificate.json': `${JSON.stringify({ ...certificate, witness: witness === null ? null : `in ${MODEL_NAME}` }, null, 2)}\n`,
    'metrics.json': `${JSON.stringify({ ...run.model.metrics, ...(run.held && { validation: run.held.metrics }) }, null, 2)}\n`,
    [CURVE]: `seconds,objective,relative_gap\n${run.curve.map(point => `${point.join(',')}\n`).join('')}`,
    'events.ndjson': run.events.map(event => `${JSON.stringify(event)}\n`).join(''),
    [CONFIG_NAME]: run.config,
    'MODEL_CARD.md': cardOf(run),
    ...(run.validation !== null && { [VALIDATION]: `${JSON.stringify(run.validation, null, 2)}\n` }),
  }
}

/** What a run recorded beside its model. */
export type Trace = Pick<Run, 'curve' | 'validation'>

/**
 * Reads back the steps and the choice of lambda of the run folder `path`; empty and null where `path` is a single model file, or
 * the run did not record them.
 *
 * @throws FormatError when a file of the run is damaged.
 */
export async function readTrace(path: string): Promise<Trace> {
  if (!(await stat(path).catch(() => null))?.isDirectory()) return { curve: [], validation: null }
  const read = (name: string) =>
    readFile(join(path, name), 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw damaged(path, name, error)
    })
  const curve = await read(CURVE)
  const validation = await read(VALIDATION)
  return { curve: curve === null ? [] : curveOf(curve, path), validation: validationOf(validation, path) }
}

/** Steps without a finite objective (none was reached yet) are written as Infinity, and a gap without a bound likewise. */
function curveOf(text: string, path: string): (readonly [number, number, number])[] {
  const [header, ...lines] = text.trimEnd().split('\n')
  const rows = lines.map(line => line.split(',').map(cell => (cell === '' ? Number.NaN : Number(cell))))
  if (header !== 'seconds,objective,relative_gap' || rows.some(row => row.length !== 3 || row.some(Number.isNaN)))
    throw damaged(path, CURVE)
  return rows.map(([seconds, objective, gap]) => [seconds, objective, gap] as const)
}

const numbers = z.array(z.number())
const validationSchema = z
  .object({
    lambdas: numbers.min(1),
    mean: numbers,
    // A single fold has no spread: NaN, which JSON writes as null.
    standardError: z.array(
      z
        .number()
        .nullable()
        .transform(value => value ?? Number.NaN),
    ),
    lambdaMin: z.number(),
    lambdaOneStandardError: z.number(),
    folds: z.number().int().positive(),
    ended: z.enum(['stopped', 'rising']).nullable().default(null),
  })
  .refine(({ lambdas, mean, standardError }) => [mean, standardError].every(column => column.length === lambdas.length))

function validationOf(text: string | null, path: string): CrossValidation | null {
  if (text === null) return null
  try {
    return validationSchema.parse(JSON.parse(text))
  } catch (error) {
    throw damaged(path, VALIDATION, error)
  }
}

function damaged(path: string, name: string, cause?: unknown): FormatError {
  return new FormatError(`run: ${join(path, name)} is damaged. Remove it to go without, or train again.`, { cause })
}

async function requireFree(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null)
  if (found === null) return requireWritable(folder)
  if (!found.isDirectory())
    throw new FormatError(
      `run: ${folder} is a file, not a folder. Choose another --out, or end it in .json for one file.`,
    )
  if ((await readdir(folder)).length > 0)
    throw new FormatError(`run: the folder ${folder} is not empty. Choose another --out, or remove it first.`)
}

/** What a reader of the model should know, after M. Mitchell et al., "Model cards for model reporting", 2019. */
function cardOf({ model, held = null, validation }: Run): string {
  const { training, certificate, target, network } = model
  const what =
    target.kind === 'number'
      ? `the number \`${target.name}\``
      : `the class \`${target.name}\` (${target.labels.slice(0, 12).join(', ')}${target.labels.length > 12 ? ' …' : ''})`
  return `# Model card

- **Predicts** ${what} from ${model.encoding.length} columns: ${model.encoding.map(feature => `\`${feature.column}\``).join(', ')}.
- **Network**: two layers, ${networkKind(network)}, ${network.hidden.rows} neurons; ${model.loss.name} loss, lambda ${model.lambda}.
- **Trained** on ${training.rows} rows of ${training.source}, by nadir ${model.madeBy}, seed ${training.seed}, ${training.backend} backend; ended: ${training.status}.
- **Objective** ${certificate.primal}, bound ${certificate.dual}, relative gap ${certificate.relativeGap}. ${certificate.statement}
- **On the training rows**: ${metricsText(model.metrics)}. Measure on other rows with \`nadir score\`.${held === null ? '' : `\n- **On ${held.source}**, not trained on: ${metricsText(held.metrics)}.`}${validation === null ? '' : `\n- **Lambda** was chosen by cross-validation: ${chosenText(validation, model.lambda)}.`}
- **Limits**: the certificate is about the training objective on these rows. It does not promise accuracy on new ones.
`
}

/** The held-out loss at the lambda chosen. */
function chosenText({ lambdas, mean, standardError, folds }: CrossValidation, lambda: number): string {
  const at = lambdas.indexOf(lambda)
  if (at < 0) return `${folds} folds`
  return `mean loss on the rows left out ${mean[at]}, standard error ${standardError[at]}, ${folds} folds`
}

function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
