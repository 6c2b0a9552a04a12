/**
 * The bridge between the flags of a command and the library: train, evaluate and certify what is saved.
 * @module
 */
import {
  type Certificate,
  certifyGlobal,
  dataClass,
  type OracleChoice,
  type RecheckData,
  recheck,
  recheckHomogeneous,
  type Verdict,
} from '../certificates/index.ts'
import type { Dataset } from '../data/dataset.ts'
import { lossFor } from '../data/predictions.ts'
import { DomainError, UnsupportedError } from '../errors.ts'
import { dataHash } from '../formats/dataHash.ts'
import type { SavedModel } from '../formats/modelFile.ts'
import { evaluate, problemOf, type Rows } from '../formats/onRows.ts'
import type { LossName } from '../losses/loss.ts'
import { createCompute, masks } from '../matrix/index.ts'
import {
  ACTIVATIONS,
  type CrossValidation,
  certifyActivated,
  enumeratePatterns,
  type FitOptions,
  type Fitted,
  fit,
  gatedRelu,
  patternRows,
  patternsOf,
  relu,
  type TrainingData,
  type TrainOptions,
} from '../models/index.ts'
import type { Progress } from '../solvers/solve.ts'
import type { ComputeFlags, ModelFlags, OracleFlags, TrainFlags } from './options.ts'
import { figure } from './output.ts'
import { VERSION } from './version.ts'

export interface TrainedModel {
  readonly model: SavedModel
  readonly curve: readonly (readonly [number, number, number])[]
  readonly notes: readonly string[]
  /** How lambda was chosen, when it was left open. */
  readonly validation: CrossValidation | null
}

/** Flags that are kept with the model. */
export interface SavedFlags {
  readonly weights?: string
  readonly validFraction?: number
}

interface Hooks {
  readonly signal: AbortSignal
  /** Of the cross-validation that chooses lambda. */
  readonly onFold?: (done: number, most: number) => void
  readonly onProgress?: (progress: Progress) => void
}

/** What the flags of training say to the library about a data set, lambda apart. */
export function optionsFor(data: Dataset, flags: ModelFlags & ComputeFlags, hooks: Hooks): TrainOptions {
  const { target } = data
  return {
    model: flags.model,
    ...(flags.activation !== undefined && { activation: flags.activation }),
    loss: lossOf(data, flags),
    names: data.names,
    ...(target.kind === 'classes' && { classes: target.labels }),
    ...(flags.patterns !== 'auto' && { patterns: flags.patterns === 'exact' ? 'all' : flags.patterns }),
    ...(flags.global === true && { global: flags.oracle ?? true }),
    standardise: flags.standardise ?? true,
    intercept: flags.intercept ?? true,
    ...(data.weights !== null && { weights: data.weights }),
    tolerance: flags.gap,
    ...(flags.maxTime !== undefined && { maxTime: flags.maxTime }),
    seed: flags.seed,
    ...(flags.backend !== undefined && { backend: flags.backend }),
    ...(flags.threads !== undefined && { threads: flags.threads }),
    signal: hooks.signal,
    ...(hooks.onProgress && { onProgress: hooks.onProgress }),
  }
}

/**
 * Trains on a data set as the flags say.
 *
 * @throws DomainError (E_LAMBDA) when lambda is so large that the zero network is optimal, or cross-validation prefers it; else as `fit`.
 */
export async function train(
  data: Dataset,
  flags: TrainFlags & ComputeFlags & SavedFlags,
  hooks: Hooks & Pick<FitOptions, 'checkpoint' | 'start'>,
): Promise<TrainedModel> {
  const fitted = await fit(data.x, data.y, {
    ...optionsFor(data, flags, hooks),
    ...(hooks.checkpoint && { checkpoint: hooks.checkpoint }),
    ...(hooks.start && { start: hooks.start }),
    ...(hooks.onFold && { validation: { onFold: hooks.onFold } }),
    ...(flags.lambda?.unit === 'absolute' && { lambda: flags.lambda.value }),
    ...(flags.lambda?.unit === 'lambdaMax' && { lambdaFraction: flags.lambda.value }),
  })
  if (fitted.lambda >= fitted.lambdaMax && fitted.network.hidden.rows === 0) {
    if (fitted.validation !== null)
      throw new DomainError(
        `fit: on the rows that cross-validation left out no network did better than a constant, so there is nothing to save. Other columns may help; --lambda 0.1max trains a network all the same.`,
        'E_LAMBDA',
      )
    throw new DomainError(
      `fit: lambda must be below lambdaMax = ${figure(fitted.lambdaMax)}; got ${figure(fitted.lambda)}. From there on the zero network, a constant, is optimal: choose a smaller one, such as --lambda 0.1max.`,
      'E_LAMBDA',
    )
  }
  const model = savedModel(data, fitted, flags)
  return {
    model: { ...model, metrics: evaluate(model, data) },
    curve: fitted.curve,
    notes: fitted.notes,
    validation: fitted.validation,
  }
}

/** What of a training is saved. */
type Savable = Pick<
  Fitted,
  | 'network'
  | 'standardisation'
  | 'lambda'
  | 'lambdaMax'
  | 'certificate'
  | 'status'
  | 'iterations'
  | 'seconds'
  | 'seed'
  | 'solver'
> & { readonly backend: string; readonly patterns: Pick<Fitted['patterns'], 'gates' | 'complete'> }

/** A trained network with what it was made of; its metrics are left empty. */
export function savedModel(data: Dataset, fitted: Savable, flags: ModelFlags & SavedFlags): SavedModel {
  const loss = lossOf(data, flags)
  return {
    madeBy: VERSION,
    network: fitted.network,
    standardisation: fitted.standardisation,
    encoding: data.encoding,
    target: data.target,
    loss: { name: loss, ...(loss === 'huber' && { delta: HUBER_DELTA }) },
    lambda: fitted.lambda,
    lambdaMax: fitted.lambdaMax,
    patterns: { gates: fitted.patterns.gates, complete: fitted.patterns.complete },
    certificate: fitted.certificate,
    training: {
      source: data.source,
      rows: data.x.rows,
      weights: flags.weights ?? null,
      ...(flags.validFraction !== undefined && { validFraction: flags.validFraction }),
      dataHash: dataHash(data),
      status: fitted.status,
      iterations: fitted.iterations,
      seconds: fitted.seconds,
      seed: fitted.seed,
      backend: fitted.backend,
      gap: flags.gap,
      solver: fitted.solver,
    },
    metrics: {},
  }
}

/** The loss of a training: as the flags say, else by the target. */
export function lossOf({ target }: Dataset, flags: ModelFlags): LossName {
  return flags.loss === 'auto' ? lossFor(target) : flags.loss
}

/**
 * Certifies a saved model on rows twice: the saved claim re-checked from the definition, by code that shares nothing with what
 * made it, and a certificate computed anew. `verdict` is null, with a note, where the re-check cannot go.
 *
 * With an oracle, or where the saved claim was global without all patterns, the new certificate is over networks of every width and
 * is re-checked as well (`anew`).
 */
export function certifySaved(
  model: SavedModel,
  rows: Rows,
  flags: ComputeFlags & OracleFlags,
): {
  readonly certificate: Certificate
  readonly verdict: Verdict | null
  readonly anew: Verdict | null
  readonly notes: readonly string[]
} {
  if (model.patterns === null)
    throw new DomainError('certify: the patterns were not saved with this model. Train it again.')
  const { network, certificate: claim } = model
  const { complete, gates } = model.patterns
  const data = problemOf(model, rows)
  const candidates = claim.witness === null ? [] : [claim.witness]
  if (network.activation !== undefined) return certifyActivatedSaved(model, data, flags)
  const compute = createCompute(flags)
  try {
    const oracle = flags.oracle ?? (complete ? null : oracleOf(claim))
    if (oracle !== null) {
      const certificate = certifyGlobal(network, data, { oracle, candidates, compute, seed: model.training.seed })
      const shared = { ...data, network }
      const saved = rechecked(claim, { ...shared, masks: patternsOf(data.x, gates).masks })
      const known = dataClass(data)
      const anew = rechecked(certificate, { ...shared, masks: masks(0, data.x.rows) })
      return {
        certificate,
        verdict: saved.verdict,
        anew: anew.verdict,
        notes: [
          ...new Set([...saved.notes, ...anew.notes]),
          ...(known.name === 'general' ? [] : [`data: ${known.guarantee}.`]),
        ],
      }
    }
    // A claim of completeness is not taken from the file: the patterns are enumerated again.
    const patterns = complete ? enumeratePatterns(data.x) : patternsOf(data.x, gates)
    const certificate = (network.kind === 'relu' ? relu : gatedRelu).certify(
      network,
      data,
      patterns,
      candidates,
      compute,
    )
    return { certificate, anew: null, ...rechecked(claim, { ...data, masks: patterns.masks, network }) }
  } finally {
    compute.close()
  }
}

/** The same for other activations than ReLU, which have their own certificate and re-check. */
function certifyActivatedSaved(
  { network, certificate: claim, patterns }: SavedModel,
  data: TrainingData,
  { oracle }: OracleFlags,
): ReturnType<typeof certifySaved> {
  const { activation = ACTIVATIONS.relu, hidden, output } = network
  const rows = patternRows({ activation }, data.x)
  // A claim of completeness is not taken from the file.
  const masks =
    patterns === null || claim.scope === 'global'
      ? null
      : (patterns.complete ? enumeratePatterns(rows) : patternsOf(rows, patterns.gates)).masks
  const certificate = certifyActivated(network, data, {
    patterns: oracle === undefined ? masks : null,
    candidates: claim.witness === null ? [] : [claim.witness],
    ...(oracle !== undefined && { oracle }),
  })
  const notes: string[] = []
  const check = (each: Certificate): Verdict | null => {
    try {
      return recheckHomogeneous(each, {
        ...data,
        slopes: activation,
        network: { hidden, output },
        ...(masks !== null && { masks }),
      })
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error
      notes.push(`the independent re-check was not possible: ${error.message}`)
      return null
    }
  }
  return { certificate, verdict: check(claim), anew: oracle === undefined ? null : check(certificate), notes }
}

/** The oracle a saved global claim rests on. */
function oracleOf({ scope, oracle }: Certificate): OracleChoice | null {
  if (scope !== 'global') return null
  return oracle === 'dictionary' || oracle === 'low-rank' || oracle === 'none' ? 'auto' : oracle
}

function rechecked(claim: Certificate, data: RecheckData): { verdict: Verdict | null; notes: string[] } {
  try {
    return { verdict: recheck(claim, data), notes: [] }
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error
    return { verdict: null, notes: [`the independent re-check was not possible: ${error.message}`] }
  }
}

/** Huber's δ when none is given, as in `fit`. */
const HUBER_DELTA = 1
