/**
 * The training problem that a foreign network is measured by: which parts carry the penalty is a convention of the program that
 * trained it, and is stated, never guessed.
 *
 *   (1/n) Σ_i w_i ℓ(f(x_i), y_i) + lambda·½(Σ_j ‖w_j‖² + a_j² [+ b_j²] + ‖V‖² [+ c²])
 *
 * Hidden biases 'penalised' (the default; PyTorch's weight_decay) are the weight of a ones column. 'free' (scikit-learn's alpha, kernel
 * regularisers in Keras): not counted. The output bias 'free' (the default), 'penalised' (PyTorch), or 'fixed': the bound then speaks of
 * networks with this very bias.
 * @module
 */
import { type HomogeneousNetwork, type HomogeneousProgram, homogeneousValue } from '../../certificates/index.ts'
import { DomainError, ShapeError, UnsupportedError } from '../../errors.ts'
import { createLoss, type Loss, type LossName } from '../../losses/index.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { activationName } from '../activation.ts'
import { betaOf } from '../lambda.ts'
import { checkForeign, type ForeignNetwork, scaledInputs } from './foreign.ts'

/** What carries the penalty. */
export interface Conventions {
  /** Default 'penalised'. */
  readonly hiddenBias?: 'penalised' | 'free'
  /** Default 'free'. */
  readonly outputBias?: 'free' | 'penalised' | 'fixed'
}

/** Rows with targets as the loss takes them. */
export interface AuditData {
  /** n × d, raw: as the file's own scaler takes them. */
  readonly x: Dense
  /** In R^{n·c} numbers, or R^n labels ±1 or class indices. */
  readonly y: ArrayLike<number>
  readonly weights?: ArrayLike<number> | null
}

/** A foreign network over data, in the terms of the certificates. */
export interface Measured {
  readonly network: HomogeneousNetwork
  /** The program at a lambda (mean form). */
  program(lambda: number): HomogeneousProgram
  /** The loss of the program. */
  readonly loss: Loss
  /** f(X) less the loss's offset, in R^{n·c}. */
  readonly fit: Float64Array
  /** Where the columns of hidden vectors carry the penalty: all, or all but the last. */
  readonly freeBias: boolean
  readonly hiddenBias: 'none' | 'penalised' | 'free'
  readonly outputBias: 'none' | 'free' | 'penalised' | 'fixed'
  /** What the class is called in sentences. */
  readonly subject: string
  readonly notes: readonly string[]
}

/**
 * Puts network, data and conventions together.
 *
 * @throws ShapeError, DomainError, UnsupportedError for networks, data or conventions that do not fit together.
 */
export function measure(
  foreign: ForeignNetwork,
  data: AuditData,
  options: Conventions & { readonly loss: LossName; readonly delta?: number },
): Measured {
  checkForeign(foreign)
  const { hidden, output, skip, rescale, link } = foreign
  const [n, d, m, c] = [data.x.rows, hidden.cols, hidden.rows, output.cols]
  const bad = data.x.data.findIndex(value => !Number.isFinite(value))
  if (bad >= 0)
    throw new DomainError(
      `audit: the data must be finite; got ${data.x.data[bad]} in row ${Math.floor(bad / data.x.cols)}, column ${bad % data.x.cols}. Fill or remove the cell.`,
      'E_NONFINITE',
    )
  const inputs = scaledInputs(foreign, data.x)
  const regression = options.loss === 'squared' || options.loss === 'huber'
  if (regression && link !== 'identity')
    throw new UnsupportedError(
      `audit: ${options.loss} loss is for numbers; this network ends in a ${link}. Choose logistic or multinomial loss, on the values before it.`,
      'E_LOSS_UNSUPPORTED',
    )
  const perRow = options.loss === 'multinomial' ? 1 : c
  if (data.y.length !== n * perRow)
    throw new ShapeError(
      `audit: there must be ${perRow} target${perRow > 1 ? 's' : ''} for each of ${n} rows; got ${data.y.length}. Check the target.`,
    )
  if (rescale !== null && !regression)
    throw new UnsupportedError(
      'audit: outputs are rescaled, which has no meaning for classes. Export the network without it.',
    )
  const notes: string[] = []
  if (rescale !== null)
    notes.push(
      'the file rescales its output: the objective is that of the target less the same shift, over the same scale, as in training.',
    )
  const targets =
    rescale === null
      ? data.y
      : Float64Array.from(data.y, (value, at) => (value - rescale.centre[at % c]) / rescale.spread[at % c])

  const hiddenBias = foreign.hiddenBias === null ? 'none' : (options.hiddenBias ?? 'penalised')
  const outputBias = foreign.outputBias === null ? 'none' : (options.outputBias ?? 'free')
  if (options.loss === 'multinomial' && (hiddenBias === 'free' || outputBias === 'free'))
    throw new UnsupportedError(
      'audit: with multinomial loss, biases that cost nothing are not covered. Say --hidden-bias penalised and --output-bias fixed or penalised.',
    )
  const width = d + (hiddenBias === 'none' ? 0 : 1)
  const x = dense(n, width)
  for (let i = 0; i < n; i++) {
    x.data.set(inputs.data.subarray(i * d, (i + 1) * d), i * width)
    if (width > d) x.data[(i + 1) * width - 1] = 1
  }
  const vectors = dense(m, width)
  for (let j = 0; j < m; j++) {
    vectors.data.set(hidden.data.subarray(j * d, (j + 1) * d), j * width)
    if (foreign.hiddenBias !== null) vectors.data[(j + 1) * width - 1] = foreign.hiddenBias[j]
  }
  const own = foreign.outputBias ?? new Float64Array(c)
  const fixed = outputBias === 'fixed'
  const loss = createLoss(options.loss, {
    targets,
    outputs: c,
    ...(data.weights && { weights: data.weights }),
    ...(options.delta !== undefined && { delta: options.delta }),
    ...(fixed && { offset: own }),
  })
  const network: HomogeneousNetwork = {
    hidden: vectors,
    output,
    constant: fixed ? new Float64Array(c) : own,
    linear: skip,
  }
  const freeBias = hiddenBias === 'free'
  const program = (lambda: number): HomogeneousProgram => ({
    x,
    slopes: foreign.activation,
    freeBias,
    loss,
    beta: betaOf(lambda, n),
    constant: outputBias === 'fixed' ? 'none' : outputBias,
    linear: skip === null ? null : inputs,
  })
  return {
    network,
    program,
    loss,
    fit: homogeneousValue(network, program(1)).fit,
    freeBias,
    hiddenBias,
    outputBias,
    subject: activationName(foreign.activation),
    notes,
  }
}

/** Column k of values in R^{n·c}. */
export function outputOf(values: Float64Array, k: number, outputs: number): Float64Array {
  return outputs === 1 ? values : values.filter((_value, at) => at % outputs === k)
}

/** The output that neuron j feeds (0 when it feeds none). */
export function fedBy({ output }: HomogeneousNetwork, j: number): number {
  const row = output.data.subarray(j * output.cols, (j + 1) * output.cols)
  return Math.max(
    0,
    row.findIndex(a => a !== 0),
  )
}

/** t = X w_j. */
export function preActivation({ hidden }: HomogeneousNetwork, j: number, x: Dense): Float64Array {
  const p = x.cols
  return Float64Array.from({ length: x.rows }, (_, i) => {
    let sum = 0
    for (let l = 0; l < p; l++) sum += x.data[i * p + l] * hidden.data[j * p + l]
    return sum
  })
}

/** ‖w_j‖, without a bias that costs nothing. */
export function hiddenLength({ hidden }: HomogeneousNetwork, j: number, freeBias: boolean): number {
  const p = hidden.cols
  return Math.hypot(...hidden.data.subarray(j * p, (j + 1) * p - (freeBias ? 1 : 0)))
}
