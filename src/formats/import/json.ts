/**
 * Reads a two-layer network from JSON: arrays by the names of `namedWeights.ts`, with an "activation" beside them, or the plain weights
 * that `nadir export --format json` writes.
 *
 *   { "activation": "relu", "W": [[0.5, -0.5], …], "b": […], "a": […], "c": 0.1 }
 *
 * "activation" is "relu" (the default), "abs" or { "leaky": slope }.
 * @module
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import { dense } from '../../matrix/dense.ts'
import { ACTIVATIONS, type Activation } from '../../models/activation.ts'
import { checkForeign, type ForeignNetwork } from '../../models/audit/foreign.ts'
import { type NamedArray, networkFromArrays } from './namedWeights.ts'

const DEPTH = 3

/**
 * The network of a JSON text.
 *
 * @throws FormatError for text that is no JSON object of numbers, ragged rows included; else as `networkFromArrays`.
 */
export function readJsonWeights(text: string, source = 'the file'): ForeignNetwork {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw new FormatError(`weights: ${source} is no JSON, or is cut short. Write it again.`, { cause: error })
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new FormatError(
      `weights: ${source} must be a JSON object of arrays, such as {"W": …, "a": …}. Write it again.`,
    )
  const entries = new Map(Object.entries(raw as Record<string, unknown>))
  if (entries.get('format') === 'nadir-weights') return ownWeights(entries, source)
  const activation = activationOf(entries.get('activation') ?? 'relu', source)
  entries.delete('activation')
  const arrays = new Map<string, NamedArray>()
  for (const [name, value] of entries) {
    // scikit-learn's lists of matrices.
    if (
      (name === 'coefs' || name === 'intercepts' || name === 'coefs_' || name === 'intercepts_') &&
      Array.isArray(value)
    )
      value.forEach((part, k) => {
        arrays.set(`${name.replace(/_$/, '')}_${k}`, arrayOf(part, name, source))
      })
    else arrays.set(name, arrayOf(value, name, source))
  }
  return networkFromArrays(arrays, { source, activation })
}

/** What `exportJson` wrote. */
function ownWeights(entries: ReadonlyMap<string, unknown>, source: string): ForeignNetwork {
  if (entries.get('kind') !== 'relu')
    throw new UnsupportedError(
      `weights: ${source} is a gated network, whose gates are given and not trained. Certify its model file instead.`,
      'E_NOT_TWO_LAYER',
    )
  const array = (name: string) => arrayOf(entries.get(name), name, source)
  const matrix = (name: string) => {
    const { shape, data } = array(name)
    if (shape.length !== 2) throw new FormatError(`weights: "${name}" of ${source} must be a matrix. Export it again.`)
    return dense(shape[0], shape[1], data)
  }
  const link = String(entries.get('link'))
  const labels = entries.get('labels')
  const network: ForeignNetwork = {
    activation: ACTIVATIONS.relu,
    hidden: matrix('hidden'),
    hiddenBias: array('bias').data,
    output: matrix('output'),
    outputBias: array('offset').data,
    skip: null,
    scaler: null,
    rescale: null,
    link: link === 'softmax' ? 'softmax' : link === 'logistic' ? 'sigmoid' : 'identity',
    labels: Array.isArray(labels) ? labels.map(String) : null,
    single: false,
    producer: 'nadir',
  }
  checkForeign(network)
  return network
}

/** The activation by its name; leaky ReLU as { leaky: slope }. */
export function activationOf(value: unknown, source: string): Activation {
  if (value === 'relu' || value === 'abs') return ACTIVATIONS[value]
  const slope = typeof value === 'object' && value !== null && 'leaky' in value ? value.leaky : undefined
  if (typeof slope === 'number' && Number.isFinite(slope)) return { positive: 1, negative: slope }
  throw new UnsupportedError(
    `weights: the activation of ${source} must be "relu", "abs" or {"leaky": slope}; got ${JSON.stringify(value)?.slice(0, 80)}. Others are not positively homogeneous.`,
    'E_UNSUPPORTED_OP',
  )
}

/** Nested lists of numbers of equal lengths. */
function arrayOf(value: unknown, name: string, source: string): NamedArray {
  const bad = () =>
    new FormatError(
      `weights: "${name.slice(0, 40)}" of ${source} must be a number, a list of numbers, or rows of equally many numbers. Write it again.`,
    )
  const shape: number[] = []
  for (let at = value; Array.isArray(at); at = at[0]) {
    shape.push(at.length)
    if (shape.length > DEPTH || at.length === 0) throw bad()
  }
  const data: number[] = []
  const walk = (part: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (typeof part !== 'number') throw bad()
      data.push(part)
      return
    }
    if (!Array.isArray(part) || part.length !== shape[depth]) throw bad()
    for (const each of part) walk(each, depth + 1)
  }
  walk(value, 0)
  return { shape: shape.length === 0 ? [1] : shape, data: Float64Array.from(data) }
}
