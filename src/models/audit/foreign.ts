/**
 * A two-layer network as another program trained it: f(x) = c + Σ_j a_j φ(w_j·x' + b_j) (+ V x'), x' = factor·x + shift.
 *
 * φ(t) = positive·t for t ≥ 0 and negative·t for t < 0: ReLU (1, 0), leaky ReLU (1, κ), absolute value (1, −1). Such φ are
 * positively homogeneous of degree one, which is all the convex program asks for. x' are the columns as the file itself scales
 * them before the first weights (a StandardScaler): the penalty is on the weights, so the scaler belongs to the data.
 * @module
 */
import { DomainError, ShapeError, UnsupportedError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import type { Activation } from '../activation.ts'

/** What a file says of a network, before any data. */
export interface ForeignNetwork {
  readonly activation: Activation
  /** W: m × d. */
  readonly hidden: Dense
  /** b ∈ R^m; null when the file has none. */
  readonly hiddenBias: Float64Array | null
  /** a: m × c. */
  readonly output: Dense
  /** c ∈ R^c; null when the file has none. */
  readonly outputBias: Float64Array | null
  /** V: d × c, a linear way around the hidden layer; null when there is none. */
  readonly skip: Dense | null
  /** x' = factor·x + shift, by columns; null when the first weights see the columns as they are. */
  readonly scaler: { readonly factor: Float64Array; readonly shift: Float64Array } | null
  /** The file gives spread·f + centre: a rescaled target; null when it gives f. */
  readonly rescale: { readonly spread: Float64Array; readonly centre: Float64Array } | null
  /** What the file does with f in the end. */
  readonly link: 'identity' | 'sigmoid' | 'softmax'
  /** Names of the classes in order, where the file has them. */
  readonly labels: readonly string[] | null
  /** Whether some weight was stored in single precision or less. */
  readonly single: boolean
  /** The program that wrote the file, as far as it says. */
  readonly producer: string
}

/**
 * Checks that the parts fit together and are finite.
 *
 * @throws ShapeError, DomainError (E_NONFINITE) naming the part; UnsupportedError (E_NOT_TWO_LAYER) for a linear activation, no
 *   neuron, or a neuron that feeds several outputs.
 */
export function checkForeign(network: ForeignNetwork): void {
  const { hidden, output, hiddenBias, outputBias, skip, scaler, rescale, activation } = network
  const [m, d, c] = [hidden.rows, hidden.cols, output.cols]
  if (
    output.rows !== m ||
    (hiddenBias !== null && hiddenBias.length !== m) ||
    (outputBias !== null && outputBias.length !== c) ||
    (skip !== null && (skip.rows !== d || skip.cols !== c)) ||
    (scaler !== null && (scaler.factor.length !== d || scaler.shift.length !== d)) ||
    (rescale !== null && (rescale.spread.length !== c || rescale.centre.length !== c))
  )
    throw new ShapeError(
      `audit: the weights of the two layers must fit together; got ${m} × ${d} (biases ${hiddenBias?.length ?? 'none'}) and ${output.rows} × ${c} (biases ${outputBias?.length ?? 'none'}). Check the file.`,
    )
  if (m === 0 || d === 0 || c === 0)
    throw new UnsupportedError(
      `audit: a network has inputs, neurons and outputs; got ${d} inputs, ${m} neurons, ${c} outputs. Check the file.`,
      'E_NOT_TWO_LAYER',
    )
  const parts: [string, Float64Array | undefined][] = [
    ['hidden weights', hidden.data],
    ['hidden biases', hiddenBias ?? undefined],
    ['output weights', output.data],
    ['output biases', outputBias ?? undefined],
    ['weights of the linear way', skip?.data],
    ['factors of the scaler', scaler?.factor],
    ['shifts of the scaler', scaler?.shift],
    ['factors of the output', rescale?.spread],
    ['shifts of the output', rescale?.centre],
    ['slopes of the activation', Float64Array.of(activation.positive, activation.negative)],
  ]
  for (const [what, values] of parts) {
    const at = values?.findIndex(value => !Number.isFinite(value)) ?? -1
    if (values !== undefined && at >= 0)
      throw new DomainError(
        `audit: ${what} must be finite; got ${values[at]} at ${at}. The training has diverged, or the file is damaged.`,
        'E_NONFINITE',
      )
  }
  if (scaler?.factor.some(factor => factor === 0) || rescale?.spread.some(spread => !(spread > 0)))
    throw new DomainError('audit: a scale of the file must not be 0, nor negative on the output. Check the file.')
  if (activation.positive === activation.negative)
    throw new UnsupportedError(
      `audit: the activation must bend at 0; both slopes are ${activation.positive}, so this is a linear model. Use nadir solve.`,
      'E_NOT_TWO_LAYER',
    )
  for (let j = 0; c > 1 && j < m; j++)
    if (output.data.subarray(j * c, (j + 1) * c).reduce((count, v) => count + (v === 0 ? 0 : 1), 0) > 1)
      throw new UnsupportedError(
        `audit: every neuron must feed one output; neuron ${j} feeds several. Networks whose outputs share neurons are another program (vector outputs), which is not audited.`,
        'E_NOT_TWO_LAYER',
      )
}

/** x' of raw rows. @throws ShapeError when the columns are not those of the network. */
export function scaledInputs({ hidden, scaler }: ForeignNetwork, x: Dense): Dense {
  if (x.cols !== hidden.cols)
    throw new ShapeError(
      `audit: the data must have the ${hidden.cols} columns that the network takes; got ${x.cols}. Choose them, in their order, with --features.`,
    )
  if (scaler === null) return x
  return dense(
    x.rows,
    x.cols,
    x.data.map((value, at) => value * scaler.factor[at % x.cols] + scaler.shift[at % x.cols]),
  )
}
