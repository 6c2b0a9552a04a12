/**
 * A two-layer network from arrays by name: what PyTorch, scikit-learn, Keras and people call the weights of two layers.
 *
 *   PyTorch       0.weight (m × d), 0.bias, 2.weight (c × m), 2.bias: any two names that end so
 *   scikit-learn  coefs_0 (d × m), intercepts_0, coefs_1 (m × c), intercepts_1
 *   plainly       W (m × d), b, a (m, or m × c), c; V (d × c) for a linear way around the hidden layer
 *
 * Biases may be left out. Arrays of other names are refused: nothing is guessed from shapes alone.
 * @module
 */
import { ShapeError, UnsupportedError } from '../../errors.ts'
import { type Dense, dense, transpose } from '../../matrix/dense.ts'
import type { Activation } from '../../models/activation.ts'
import { checkForeign, type ForeignNetwork } from '../../models/audit/foreign.ts'

/** An array as a file holds it. */
export interface NamedArray {
  readonly shape: readonly number[]
  readonly data: Float64Array
  /** Stored in single precision or less. */
  readonly single?: boolean
}

/**
 * The network of named arrays.
 *
 * @param options `source`: how messages call the file.
 * @throws UnsupportedError (E_NOT_TWO_LAYER) for names that are no two layers; ShapeError, DomainError as `checkForeign`.
 */
export function networkFromArrays(
  arrays: ReadonlyMap<string, NamedArray>,
  options: { readonly source: string; readonly activation: Activation; readonly producer?: string },
): ForeignNetwork {
  const { source, activation, producer = '' } = options
  const names = [...arrays.keys()]
  const single = [...arrays.values()].some(array => array.single === true)
  const get = (name: string) => arrays.get(name) as NamedArray
  const make = (parts: {
    readonly hidden: Dense
    readonly output: Dense
    readonly hiddenBias: string | null
    readonly outputBias: string | null
    readonly skip?: Dense
  }): ForeignNetwork => {
    const network: ForeignNetwork = {
      activation,
      hidden: parts.hidden,
      hiddenBias: parts.hiddenBias === null ? null : get(parts.hiddenBias).data,
      output: parts.output,
      outputBias: parts.outputBias === null ? null : get(parts.outputBias).data,
      skip: parts.skip ?? null,
      scaler: null,
      rescale: null,
      link: 'identity',
      labels: null,
      single,
      producer,
    }
    checkForeign(network)
    return network
  }
  const present = (name: string) => (arrays.has(name) ? name : null)
  const only = (...allowed: readonly string[]) => names.every(name => allowed.includes(name))

  if (arrays.has('W') && arrays.has('a') && only('W', 'b', 'a', 'c', 'V')) {
    const { shape, data } = get('a')
    const output = shape.length === 1 ? dense(data.length, 1, data) : matrixOf('a', get('a'), source)
    return make({
      hidden: matrixOf('W', get('W'), source),
      output,
      hiddenBias: present('b'),
      outputBias: present('c'),
      ...(arrays.has('V') && { skip: matrixOf('V', get('V'), source) }),
    })
  }
  if (arrays.has('coefs_0') && only('coefs_0', 'coefs_1', 'intercepts_0', 'intercepts_1') && arrays.has('coefs_1'))
    return make({
      hidden: transpose(matrixOf('coefs_0', get('coefs_0'), source)),
      output: matrixOf('coefs_1', get('coefs_1'), source),
      hiddenBias: present('intercepts_0'),
      outputBias: present('intercepts_1'),
    })
  const weights = names.filter(name => /(^|\.)weight$/.test(name))
  if (weights.length === 2) {
    const stems = weights.map(name => name.slice(0, -'weight'.length))
    if (only(...stems.flatMap(stem => [`${stem}weight`, `${stem}bias`]))) {
      const [first, second] = stems.map(stem => matrixOf(`${stem}weight`, get(`${stem}weight`), source))
      // Files may list names in another order: the second layer takes what the first one gives.
      const turned = second.cols !== first.rows && first.cols === second.rows
      const [a, b] = turned ? [1, 0] : [0, 1]
      return make({
        hidden: turned ? second : first,
        output: transpose(turned ? first : second),
        hiddenBias: present(`${stems[a]}bias`),
        outputBias: present(`${stems[b]}bias`),
      })
    }
  }
  throw new UnsupportedError(
    `weights: ${source} must hold the arrays of two layers; it holds ${names.slice(0, 8).join(', ') || 'none'}${names.length > 8 ? ' …' : ''}. Name them 0.weight, 0.bias, 2.weight, 2.bias (PyTorch), coefs_0, intercepts_0, coefs_1, intercepts_1 (scikit-learn), or W, b, a, c.`,
    'E_NOT_TWO_LAYER',
  )
}

function matrixOf(name: string, { shape, data }: NamedArray, source: string): Dense {
  if (shape.length !== 2 || shape[0] * shape[1] !== data.length)
    throw new ShapeError(
      `weights: "${name}" of ${source} must be a matrix; its shape is (${shape.join(', ')}). Only dense layers are audited.`,
    )
  return dense(shape[0], shape[1], data)
}
