/**
 * A run folder: everything about one training, in files that other programs read. Appears whole or not at all.
 *
 *   model.json  certificate.json  metrics.json  curve.csv  events.ndjson  config.yaml  MODEL_CARD.md
 * @module
 */
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FormatError } from '../errors.ts'
import type { Progress } from '../solvers/solve.ts'
import { MODEL_NAME, modelText, type SavedModel } from './modelFile.ts'
import { makeFolder, requireWritable } from './writeAtomic.ts'

export interface Run {
  readonly model: SavedModel
  /** [seconds, objective, relative gap] of the steps. */
  readonly curve: readonly (readonly [number, number, number])[]
  readonly events: readonly Progress[]
  /** The options that make this run again: plain values. */
  readonly config: Readonly<Record<string, unknown>>
}

/**
 * The folder to write to: `wanted`, which must not exist or be empty, or the first free of runs/<stem>-1, -2 …
 *
 * @throws FormatError when it is in use or cannot be made.
 */
export async function chooseRunFolder(options: { readonly wanted?: string; readonly stem: string }): Promise<string> {
  const { wanted, stem } = options
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

/** Writes all files of a run to a folder beside, flushes them, and renames it to `folder`. */
export async function writeRun(folder: string, run: Run): Promise<void> {
  const { witness, ...certificate } = run.model.certificate
  const files: Record<string, string> = {
    [MODEL_NAME]: modelText(run.model),
    'certificate.json': `${JSON.stringify({ ...certificate, witness: witness === null ? null : `in ${MODEL_NAME}` }, null, 2)}\n`,
    'metrics.json': `${JSON.stringify(run.model.metrics, null, 2)}\n`,
    'curve.csv': `seconds,objective,relative_gap\n${run.curve.map(point => `${point.join(',')}\n`).join('')}`,
    'events.ndjson': run.events.map(event => `${JSON.stringify(event)}\n`).join(''),
    'config.yaml': Object.entries(run.config)
      .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
      .join(''),
    'MODEL_CARD.md': cardOf(run.model),
  }
  const temporary = join(dirname(folder), `.${basename(folder)}.${process.pid}.part`)
  try {
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
    // An empty folder of that name may be replaced; rename refuses any other.
    await rename(temporary, folder)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {})
    throw new FormatError(
      `run: ${folder} could not be written: ${error instanceof Error ? error.message : error}. Choose another place with --out.`,
      { cause: error },
    )
  }
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
function cardOf(model: SavedModel): string {
  const { training, certificate, target, network } = model
  const what =
    target.kind === 'number'
      ? `the number \`${target.name}\``
      : `the class \`${target.name}\` (${target.labels.slice(0, 12).join(', ')}${target.labels.length > 12 ? ' …' : ''})`
  return `# Model card

- **Predicts** ${what} from ${model.encoding.length} columns: ${model.encoding.map(feature => `\`${feature.column}\``).join(', ')}.
- **Network**: two layers, ${network.kind === 'relu' ? 'ReLU' : 'gated ReLU'}, ${network.hidden.rows} neurons; ${model.loss.name} loss, lambda ${model.lambda}.
- **Trained** on ${training.rows} rows of ${training.source}, by nadir ${model.madeBy}, seed ${training.seed}, ${training.backend} backend; ended: ${training.status}.
- **Objective** ${certificate.primal}, bound ${certificate.dual}, relative gap ${certificate.relativeGap}. ${certificate.statement}
- **On the training rows**: ${Object.entries(model.metrics)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}. Measure on other rows with \`nadir score\`.
- **Limits**: the certificate is about the training objective on these rows. It does not promise accuracy on new ones.
`
}
