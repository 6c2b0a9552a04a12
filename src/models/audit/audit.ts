/**
 * The audit of a trained two-layer network: how good it is, how far from the best possible, and what is missing.
 *
 * Everything is computed in float64 from weights and data alone. What is claimed about all networks of the class, of any width, is
 * the certificate; stationarity and the missing neuron are about this network. See `foreign.ts` and `program.ts` for the class.
 * @module
 */
import {
  type Certificate,
  certifyGlobal,
  certifyHomogeneous,
  type HomogeneousNetwork,
  homogeneousOracles,
  homogeneousValue,
  type OracleChoice,
  statement,
  zeroSum,
} from '../../certificates/index.ts'
import { DomainError } from '../../errors.ts'
import type { LossName } from '../../losses/index.ts'
import type { Compute } from '../../matrix/compute.ts'
import { compute as sharedCompute } from '../../matrix/createCompute.ts'
import { dense } from '../../matrix/dense.ts'
import { fold, key } from '../../random/index.ts'
import type { Network } from '../model.ts'
import { minimalWidth } from '../networks/minimalWidth.ts'
import type { ForeignNetwork } from './foreign.ts'
import { bestConstants, type Improved, improve, notImprovable } from './improve.ts'
import { type MaxMargin, maxMargin } from './maxMargin.ts'
import { type MissingNeuron, missingNeuron } from './missingNeuron.ts'
import { type NeuronReport, neuronReport } from './neurons.ts'
import { type AuditData, type Conventions, type Measured, measure } from './program.ts'
import { nearestLambda, type Stationarity, stationarity } from './stationarity.ts'

/** How a network is audited. */
export interface AuditOptions extends Conventions {
  readonly loss: LossName
  /** Huber's δ. */
  readonly delta?: number
  /** Weight of the penalty in mean form, ≥ 0; 0 asks for the max-margin audit. Default: where the network is nearest to stationary. */
  readonly lambda?: number
  /** Relative gap up to which a network counts as optimal; default 1e-4. */
  readonly tolerance?: number
  /** Default 1e-6, and 1e-4 for weights in single precision. */
  readonly kinkTolerance?: number
  readonly oracle?: OracleChoice
  /** Train further from this network. 'auto' (default): where an exact oracle makes the bound tight; true: in any case; false: never. */
  readonly improve?: boolean | 'auto'
  /** The training decoupled its weight decay from the gradient (AdamW). */
  readonly decoupled?: boolean
  readonly seed?: number
  readonly maxTime?: number
  readonly signal?: AbortSignal
  readonly compute?: Compute
}

/** 'optimal': within the tolerance of every network. 'not-stationary' and 'stationary-not-global': proved suboptimal. */
export type AuditVerdict = 'optimal' | 'stationary-not-global' | 'not-stationary' | 'uncertified'

/** A remark with a stable code. */
export interface AuditWarning {
  readonly code:
    | 'W_DECOUPLED_DECAY'
    | 'W_OUTPUT_BIAS'
    | 'W_LAMBDA_GUESSED'
    | 'W_KINK_TOL'
    | 'W_EPS_SLACK'
    | 'W_TRAIN_DATA_SUBSET'
  readonly text: string
}

/** The report. Numbers are in mean form. */
export interface Audit {
  readonly verdict: AuditVerdict
  readonly lambda: number
  /** How lambda was found, when it was not given: what is left of the stationarity of the output weights, as a part. */
  readonly guessed: { readonly spread: number } | null
  /** Of the network at lambda, or at lambda 0 of its margin (`maxMargin`). */
  readonly certificate: Certificate
  /** From above. */
  readonly objective: number
  /** With every neuron's weights rescaled to equal length: a free improvement. */
  readonly balancedObjective: number
  /** null where lambda is 0, or was guessed with a spread above 10 %. */
  readonly stationarity: (Stationarity & { readonly stationary: boolean; readonly directional: boolean }) | null
  readonly neurons: NeuronReport
  /** Neurons that remain when the balanced network is pruned to independent contributions; null for other activations than ReLU. */
  readonly minimalWidth: number | null
  /** max over unit neurons of |θᵀφ(Xu)|/n: optimal networks have it equal to lambda. */
  readonly dualNorm: { readonly lower: number; readonly upper: number }
  readonly missing: MissingNeuron | null
  readonly maxMargin: MaxMargin | null
  /** What our solver made of it; null when it was not run. */
  readonly improved: (Improved & { readonly certificate: Certificate }) | null
  readonly classOf: Pick<Measured, 'subject' | 'hiddenBias' | 'outputBias'> & { readonly linear: boolean }
  readonly measured: Measured
  readonly warnings: readonly AuditWarning[]
  readonly notes: readonly string[]
}

/** A relative residual up to this counts as stationary: what training in single precision leaves. */
const STATIONARY = { single: 1e-4, double: 1e-6 }
const SHARES = [1, 0.9, 0.75, 0.5, 0.25, 0]
/** Spread of lambda beyond which nothing is said about stationarity. */
const SPREAD = 0.1

/**
 * Audits a network over the rows it was trained on.
 *
 * @throws ShapeError, DomainError, UnsupportedError for networks, data and options that do not fit together; DomainError (E_LAMBDA) when
 *   lambda is 0 for a loss without margins, or no positive lambda makes the network nearly stationary; (E_NOT_SEPARABLE) when lambda is 0
 *   and the network does not separate the classes.
 */
export async function audit(foreign: ForeignNetwork, data: AuditData, options: AuditOptions): Promise<Audit> {
  const { tolerance = 1e-4, oracle: choice = 'auto', seed = 0, compute = sharedCompute() } = options
  const measured = measure(foreign, data, options)
  const { subject, hiddenBias, outputBias, loss } = measured
  const warnings: AuditWarning[] = []
  const notes = [...measured.notes]
  const kinkTolerance = options.kinkTolerance ?? (foreign.single ? 1e-4 : 1e-6)
  if (foreign.single)
    warnings.push({
      code: 'W_EPS_SLACK',
      text: `the weights are stored in single precision; all is computed in double precision, and pre-activations up to ${kinkTolerance} of their size count as 0.`,
    })
  if (options.decoupled)
    warnings.push({
      code: 'W_DECOUPLED_DECAY',
      text: 'AdamW decouples weight decay from the gradient: its stationary points are not those of this objective.',
    })
  if (outputBias !== 'none')
    warnings.push({
      code: 'W_OUTPUT_BIAS',
      text: `the output bias is taken as ${outputBias}${hiddenBias === 'none' ? '' : `, hidden biases as ${hiddenBias}`}: PyTorch's weight_decay penalises both, scikit-learn's alpha and Keras' kernel regularisers neither.`,
    })
  warnings.push({
    code: 'W_TRAIN_DATA_SUBSET',
    text: 'all of this is about the rows given: give those of the training.',
  })

  const oracles = homogeneousOracles(measured.program(1), { choice, compute })
  const [first] = oracles
  const { lambda, guessed } = chooseLambda(measured, options.lambda)
  const margin = maxMargin(measured, measured.program(lambda || 1), oracles)
  if (guessed !== null)
    warnings.push({
      code: 'W_LAMBDA_GUESSED',
      text: `lambda = ${lambda.toPrecision(4)} was estimated from the weights, where the network is nearest to stationary (spread ${(100 * guessed.spread).toPrecision(2)} %).${guessed.spread > SPREAD ? ' The spread is too large to say whether the network is stationary.' : ''}`,
    })
  const alike = foreign.single ? 1e-6 : 1e-9
  // At lambda 0 the neurons are looked at with a penalty of any weight: what is said of them does not depend on it.
  const program = measured.program(lambda || 1)
  const neurons = neuronReport(measured, program, alike)
  const searchKey = fold(key(seed), 'audit')
  const { lower, best } = missingNeuron(measured, program, { oracle: first, key: searchKey })
  const common = {
    lambda,
    guessed,
    neurons,
    minimalWidth: widthOf(measured),
    maxMargin: margin,
    classOf: { subject, hiddenBias, outputBias, linear: foreign.skip !== null },
    measured,
    warnings,
    notes,
  }
  if (lambda === 0) {
    if (margin === null)
      throw new DomainError(
        'audit: at lambda 0 a network must separate two classes, without a penalised bias or a linear way; this one does not. Give --lambda.',
        'E_NOT_SEPARABLE',
      )
    const certificate = marginCertificate(margin, { subject, oracle: first.oracle })
    return {
      ...common,
      verdict: certificate.relativeGap <= tolerance ? 'optimal' : 'uncertified',
      certificate,
      objective: loss.value(measured.fit) / loss.samples,
      balancedObjective: loss.value(measured.fit) / loss.samples,
      stationarity: null,
      dualNorm: { lower, upper: upperNorm(measured, oracles) },
      missing: null,
      improved: null,
    }
  }

  const reason = notImprovable(measured)
  const wanted = options.improve ?? 'auto'
  const runs = wanted === true || (wanted === 'auto' && reason === null && first.exact)
  if (wanted === 'auto' && !runs)
    notes.push(
      reason === null
        ? 'no network was trained for comparison, since no exact oracle is affordable here; --improve does it.'
        : `no network was trained for comparison: ${reason}. The bound comes from this network's own residuals, and may be loose.`,
    )
  const trained = runs
    ? await improve(measured, {
        lambda,
        tolerance,
        seed,
        compute,
        ...(options.maxTime !== undefined && { maxTime: options.maxTime }),
        ...(options.signal && { signal: options.signal }),
      })
    : null
  const candidates = [...(trained?.candidates ?? []), ...ownCandidates(measured, program.beta, first.exact)]
  const certified = (network: HomogeneousNetwork, more: readonly Float64Array[] = []): Certificate =>
    isPlain(measured)
      ? certifyGlobal(plain(network, loss.offset), program, {
          oracle: choice,
          candidates: [...more, ...candidates],
          compute,
          seed,
        })
      : certifyHomogeneous(network, program, {
          candidates: [...more, ...candidates],
          subject: subjectOf(measured),
          oracles,
        })
  const improved = trained === null ? null : { ...trained, certificate: certified(trained.network) }
  // The better network's residuals are the better dual point.
  const witness = improved?.certificate.witness ?? null
  const certificate = certified(measured.network, witness === null ? [] : [witness])
  const station = stationarity(measured, program, kinkTolerance)
  const stationary = station.relative <= (foreign.single ? STATIONARY.single : STATIONARY.double)
  const directional = station.concaveKinks.length === 0
  const trusted = guessed === null || guessed.spread <= SPREAD
  const provedLower =
    lower > lambda * (1 + 1e-9) ||
    best !== null ||
    (improved !== null && improved.objective < certificate.primal * (1 - tolerance))
  if (station.neurons.some(({ kinks }) => kinks > 0))
    warnings.push({
      code: 'W_KINK_TOL',
      text: `${station.neurons.filter(({ kinks }) => kinks > 0).length} neurons have rows on their kink (pre-activation 0 up to ${kinkTolerance} of its size); there the shortest subgradient counts.`,
    })
  return {
    ...common,
    verdict:
      certificate.scope === 'global' && certificate.relativeGap <= tolerance
        ? 'optimal'
        : !trusted
          ? 'uncertified'
          : !(stationary && directional)
            ? 'not-stationary'
            : provedLower
              ? 'stationary-not-global'
              : 'uncertified',
    certificate,
    objective: certificate.primal,
    balancedObjective: certificate.primal - neurons.savedByBalance,
    stationarity: trusted ? { ...station, stationary, directional } : null,
    dualNorm: { lower, upper: upperNorm(measured, oracles) },
    missing: best,
    improved,
  }
}

function chooseLambda(measured: Measured, given: number | undefined): Pick<Audit, 'lambda' | 'guessed'> {
  const margins = measured.loss.name === 'logistic' || measured.loss.name === 'squared-hinge'
  if (given !== undefined) {
    if (!(given >= 0 && given < Infinity) || (given === 0 && !margins))
      throw new DomainError(
        `audit: lambda must be a positive number (0 asks for the margin of a classifier); got ${given}. Leave it out to have it estimated.`,
        'E_LAMBDA',
      )
    return { lambda: given, guessed: null }
  }
  const { lambda, spread } = nearestLambda(measured, measured.program(1))
  if (!(lambda > 0 && lambda < Infinity))
    throw new DomainError(
      `audit: no positive lambda makes this network nearly stationary (least squares give ${lambda.toPrecision(3)}). Give --lambda, or --lambda 0 for the margin of a classifier.`,
      'E_LAMBDA',
    )
  return { lambda, guessed: { spread } }
}

/**
 * ∇L at the fit with the best constants, which adds up to nearly 0 where a constant is free; under an oracle that is loose also at shares of
 * the fit, where less cancels.
 */
function ownCandidates(measured: Measured, beta: number, exact: boolean): Float64Array[] {
  const { network, loss } = measured
  const program = measured.program(1)
  return (exact ? [1] : SHARES).map(share => {
    const part = {
      ...network,
      output: dense(
        network.output.rows,
        network.output.cols,
        network.output.data.map(a => share * a),
      ),
      linear:
        network.linear &&
        dense(
          network.linear.rows,
          network.linear.cols,
          network.linear.data.map(v => share * v),
        ),
    }
    const constant = bestConstants(measured, part, beta)
    return loss.gradient(homogeneousValue({ ...part, constant }, program).fit)
  })
}

/** The smallest proved upper bound of the dual norm at the network's own residuals. */
function upperNorm({ loss, fit, freeBias }: Measured, oracles: ReturnType<typeof homogeneousOracles>): number {
  const gradient = loss.gradient(fit)
  const theta = freeBias ? zeroSum(gradient, loss.outputs) : gradient
  return Math.min(...oracles.map(oracle => oracle.norm(theta, 0).value)) / loss.samples
}

/** Whether this is the class that `certifyGlobal` knows, which has more oracles. */
function isPlain({ subject, freeBias, outputBias, network }: Measured): boolean {
  return (
    subject === 'ReLU network' &&
    !freeBias &&
    network.linear === null &&
    (outputBias === 'none' || outputBias === 'fixed')
  )
}

function plain({ hidden, output }: HomogeneousNetwork, offset: Float64Array): Network {
  return { kind: 'relu', hidden, output, gates: null, offset }
}

function subjectOf({ subject, hiddenBias }: Measured): string {
  return hiddenBias === 'free' ? `${subject} with free hidden biases` : subject
}

function marginCertificate(
  { primal, dual, relativeGap, witness }: MaxMargin,
  claim: Pick<Certificate, 'oracle'> & { subject: string },
): Certificate {
  const numbers = { primal, dual, relativeGap, scope: 'global' as const, ...claim }
  const { subject: _, ...rest } = numbers
  return { ...rest, gap: primal - dual, statement: statement({ ...numbers, what: 'norm at margin one' }), witness }
}

function widthOf({ network, subject, program }: Measured): number | null {
  if (subject !== 'ReLU network') return null
  const { x } = program(1)
  return minimalWidth(plain(network, new Float64Array(network.output.cols)), { x }).hidden.rows
}
