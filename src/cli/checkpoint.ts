/**
 * Checkpoints of a training, and going on from one: `nadir fit --checkpoint` and `--resume`.
 * @module
 */
import { statement } from '../certificates/statement.ts'
import type { Dataset } from '../data/dataset.ts'
import { DomainError } from '../errors.ts'
import { dataHash } from '../formats/dataHash.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import { readCheckpoint, saveCheckpoint } from '../formats/runFolder.ts'
import type { Best, FitOptions, Start } from '../models/index.ts'
import type { ModelFlags } from './options.ts'
import { lossOf, type SavedFlags, savedModel } from './train.ts'

/** The best so far as a model file: no claim is made about it yet. */
function modelOf(best: Best, data: Dataset, flags: ModelFlags & SavedFlags, backend: string): SavedModel {
  const open = { primal: best.objective, dual: -Infinity, relativeGap: Infinity }
  const claim = { ...open, scope: 'stationary', oracle: 'none' } as const
  return savedModel(
    data,
    {
      ...best,
      certificate: {
        ...claim,
        gap: Infinity,
        statement: statement({ ...claim, subject: 'network' }),
        witness: best.dualPoint,
      },
      patterns: { gates: best.gates, complete: false },
      status: 'aborted',
      seed: flags.seed,
      backend,
      solver: 'checkpoint',
    },
    flags,
  )
}

/**
 * Saves checkpoints into a run folder while training goes on; one at a time, and a failure is told once and does not stop the work.
 */
export function checkpoints(
  folder: string,
  options: {
    readonly data: Dataset
    readonly flags: ModelFlags & SavedFlags & { readonly backend?: string }
    readonly every: number
    /** The options of the run, as YAML, once its model is known. */
    readonly configOf: (model: SavedModel) => string
    readonly warn: (message: string) => void
  },
): { readonly hook: NonNullable<FitOptions['checkpoint']>; done(): Promise<void> } {
  const { data, flags, every, configOf, warn } = options
  let writing: Promise<void> | null = null
  let warned = false
  return {
    hook: {
      every,
      save(best) {
        if (writing !== null || best.network.hidden.rows === 0) return
        const model = modelOf(best, data, flags, flags.backend ?? 'auto')
        writing = saveCheckpoint(folder, { model, config: configOf(model) })
          .catch((error: unknown) => {
            if (!warned) warn(`no checkpoint could be saved: ${error instanceof Error ? error.message : error}`)
            warned = true
          })
          .finally(() => {
            writing = null
          })
      },
    },
    async done() {
      await writing
    },
  }
}

/**
 * Where a run goes on from, and its lambda.
 *
 * @throws DomainError (E_RESUME) for other data, another model or another loss; FormatError when nothing was saved.
 */
export async function resumeFrom(
  run: string,
  data: Dataset,
  flags: ModelFlags,
): Promise<{ start: Start; lambda: number; objective: number }> {
  const saved = await readCheckpoint(run)
  if (saved.training.dataHash !== dataHash(data))
    throw new DomainError(
      `fit: a run goes on with the rows, target and weights it had; those of ${data.source} are others than those of ${run} (their SHA-256 differs). Give the data of that run, or train anew without --resume.`,
      'E_RESUME',
    )
  const loss = lossOf(data, flags)
  if (saved.network.kind !== flags.model || saved.loss.name !== loss)
    throw new DomainError(
      `fit: a run goes on with its model and loss, ${saved.network.kind} and ${saved.loss.name}; got ${flags.model} and ${loss}. Leave --model and --loss out, or train anew without --resume.`,
      'E_RESUME',
    )
  const { network, certificate, patterns, lambda } = saved
  return {
    start: { network, gates: patterns?.gates ?? network.hidden, dualPoint: certificate.witness },
    lambda,
    objective: certificate.primal,
  }
}
