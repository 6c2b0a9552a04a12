/**
 * Reads a two-layer network from an ONNX file by computing with the graph: every tensor is a constant, the input, an affine
 * map of it, the hidden layer, or the output, and each operator either keeps to that or is refused by its name.
 *
 *   input (scaled by columns) → affine map → φ → affine map (+ affine map of the input) → tail (sigmoid, softmax, labels)
 *
 * So it does not matter how an exporter spells a layer: Gemm or MatMul and Add, Relu or Max with 0, Scaler or Sub and Div, with
 * Identity, Cast, Reshape, Flatten or Dropout (at inference) between. A second weight matrix before φ, a second φ, and φ that
 * are not positively homogeneous are another class of networks and are refused.
 *
 * Source: Open Neural Network Exchange, operators of the default domain (opset 7 and later) and of ai.onnx.ml.
 * @module
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import { dense } from '../../matrix/dense.ts'
import type { Activation } from '../../models/activation.ts'
import { checkForeign, type ForeignNetwork } from '../../models/audit/foreign.ts'
import { type Affine, affine, arithmetic, type Value, type Walk } from './onnxAlgebra.ts'
import { type Beside, type Constant, constantOf, decodeOnnx, type OnnxNode } from './onnxModel.ts'

/** How an ONNX file is read. */
export interface OnnxReadOptions {
  /** How messages call the file. Default 'the file'. */
  readonly source?: string
  /** Gives the bytes of a data file in the folder of the model, by its plain name. */
  readonly beside?: Beside
}

const MOST_NODES = 10_000
/** What keeps every row as it is. */
const KEEPS = new Set(['Identity', 'Cast', 'Dropout', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'])
/** What may follow on the output: it does not change the network. */
const TAILS = new Set(
  'Sigmoid Softmax LogSoftmax ArgMax ZipMap ArrayFeatureExtractor Gather Concat Sub Neg Add Mul Div Greater GreaterOrEqual Less Equal Not Where Sign Log Exp Round LabelEncoder Normalizer Binarizer TopK ReduceMax ReduceSum Slice Split'.split(
    ' ',
  ),
)
/** Hidden layers that bend in another way than at 0. */
const OTHER_ACTIVATIONS = new Set(
  'Sigmoid Tanh Gelu Elu Selu Softplus Softsign HardSigmoid HardSwish Mish Swish Erf Sin Cos Exp Celu ThresholdedRelu Sign'.split(
    ' ',
  ),
)

/**
 * The two-layer network of an ONNX file.
 *
 * @param bytes of the file.
 * @throws FormatError for a damaged or foreign file; UnsupportedError (E_UNSUPPORTED_OP) naming the operator that is not
 *   understood, or (E_NOT_TWO_LAYER) when the graph is another kind of network; DomainError for weights that are not finite.
 */
export function readOnnx(bytes: Uint8Array, options: OnnxReadOptions = {}): ForeignNetwork {
  const { source = 'the file', beside } = options
  const model = decodeOnnx(bytes, source)
  const graph = model.graph as NonNullable<typeof model.graph>
  if (graph.node.length > MOST_NODES)
    throw new UnsupportedError(
      `onnx: ${source} has ${graph.node.length} operators, no two-layer network. Give a network with one hidden layer.`,
      'E_NOT_TWO_LAYER',
    )
  const values = new Map<string, Value>()
  for (const tensor of graph.initializer)
    values.set(tensor.name, { kind: 'constant', constant: constantOf(tensor, source, beside) })
  const inputs = graph.input.filter(({ name }) => !values.has(name))
  if (inputs.length !== 1)
    throw new UnsupportedError(
      `onnx: ${source} must take one matrix of inputs; it takes ${inputs.length} (${inputs
        .slice(0, 5)
        .map(({ name }) => name)
        .join(', ')}). Export it with one input of all columns.`,
      'E_NOT_TWO_LAYER',
    )
  values.set(inputs[0].name, { kind: 'input', factor: null, shift: null })

  const walk: Walk = { source, scaler: undefined, layer: null, links: new Set(), outputs: [], labels: null }
  for (const node of graph.node) {
    const result = step(node, values, walk, beside)
    node.output.forEach((name, at) => {
      if (name !== '') values.set(name, at === 0 || result.kind === 'tail' ? result : { kind: 'tail' })
    })
  }
  return networkOf(
    graph.output.map(({ name }) => values.get(name)),
    walk,
    model.producerName,
  )
}

/** What a node computes. */
function step(node: OnnxNode, values: ReadonlyMap<string, Value>, walk: Walk, beside?: Beside): Value {
  const { source } = walk
  const op = node.opType
  const foreign = node.domain !== '' && node.domain !== 'ai.onnx' && node.domain !== 'ai.onnx.ml'
  if (foreign) throw notUnderstood(`${node.domain.slice(0, 40)}.${op.slice(0, 40)}`, source)
  const attribute = (name: string) => node.attribute.find(each => each.name === name)
  if (op === 'Constant') {
    const tensor = attribute('value')?.t
    const number = attribute('value_float') ?? attribute('value_int')
    if (tensor !== undefined) return { kind: 'constant', constant: constantOf(tensor, source, beside) }
    if (number === undefined) throw notUnderstood('Constant', source)
    return { kind: 'constant', constant: scalar(number.type === 1 ? number.f : Number(number.i)) }
  }
  const inputs = node.input.map(name => {
    if (name === '') return null
    const value = values.get(name)
    if (value === undefined)
      throw new FormatError(
        `onnx: operator ${op.slice(0, 40)} of ${source} reads "${name.slice(0, 80)}", which nothing before it gives. Export the network again.`,
      )
    return value
  })
  const [first = null] = inputs
  if (first === null) throw notUnderstood(op, source)
  if (inputs.every(value => value === null || value.kind === 'constant'))
    return {
      kind: 'constant',
      constant: folded(
        op,
        inputs.flatMap(v => (v?.kind === 'constant' ? [v.constant] : [])),
        attribute,
        source,
      ),
    }
  if (inputs.some(value => value?.kind === 'tail')) {
    const bend = [...walk.links].find(link => OTHER_ACTIVATIONS.has(link))
    if (!TAILS.has(op) && !KEEPS.has(op))
      throw notUnderstood(walk.layer === null && bend !== undefined ? bend : op, source)
    labelsFrom(node, inputs, walk)
    return { kind: 'tail' }
  }
  if (KEEPS.has(op)) return kept(op, first, inputs[1] ?? null, attribute, source)
  const activation = activationOf(op, inputs, attribute)
  if (activation !== null) return activate(activation.value, activation.slopes, walk)
  if (first.kind === 'affine' && first.stage === 'hidden' && OTHER_ACTIVATIONS.has(op)) {
    // On its own behind one layer, a sigmoid is the tail of a linear model: it is told apart when the graph ends.
    walk.outputs.push(first)
    walk.links.add(op)
    return { kind: 'tail' }
  }
  if (first.kind === 'affine' && first.stage === 'output') {
    const answer = arithmetic(op, inputs, attribute, walk)
    if (answer !== null) return answer
    if (!TAILS.has(op)) throw notUnderstood(op, source)
    walk.outputs.push(first)
    walk.links.add(op)
    labelsFrom(node, inputs, walk)
    return { kind: 'tail' }
  }
  const answer = arithmetic(op, inputs, attribute, walk) ?? affine(op, inputs, attribute, walk)
  if (answer === null) throw notUnderstood(op, source)
  return answer
}

function notUnderstood(op: string, source: string): UnsupportedError {
  return new UnsupportedError(
    `onnx: operator ${op.slice(0, 60) || '(without a name)'} of ${source} is not understood here. Networks with one hidden layer of ReLU, leaky ReLU or absolute values are read, with column scalers in front and sigmoid, softmax or labels behind.`,
    'E_UNSUPPORTED_OP',
  )
}

type Attribute = (name: string) => OnnxNode['attribute'][number] | undefined

/** Row-preserving operators. */
function kept(op: string, value: Value, shape: Value | null, attribute: Attribute, source: string): Value {
  if (op === 'Cast') {
    const to = Number(attribute('to')?.i ?? 0n)
    // Whole numbers and texts of the network's own values would round them.
    if (![1, 10, 11].includes(to)) {
      if (value.kind === 'input') throw notUnderstood('Cast of the input to whole numbers', source)
      throw notUnderstood('Cast of network values to another type', source)
    }
    return value
  }
  if (op === 'Reshape' && value.kind === 'affine') {
    const sizes = shape?.kind === 'constant' ? Array.from(shape.constant.data) : []
    const width = value.width
    const last = sizes[sizes.length - 1]
    const good =
      width === 1
        ? sizes.every(size => size === -1 || size === 0 || size === 1)
        : sizes.length === 2 && (last === width || (last === -1 && sizes[0] === 0))
    if (!good) throw notUnderstood(`Reshape to (${sizes.slice(0, 6).join(', ')})`, source)
  }
  if (op === 'Flatten' && (attribute('axis')?.i ?? 1n) !== 1n) throw notUnderstood('Flatten along another axis', source)
  if ((op === 'Squeeze' || op === 'Unsqueeze') && !(value.kind === 'affine' && value.width === 1))
    throw notUnderstood(op, source)
  return value
}

/** φ and what it is applied to, when the operator is one. */
function activationOf(
  op: string,
  inputs: readonly (Value | null)[],
  attribute: Attribute,
): { value: Value; slopes: Activation } | null {
  const [value, other = null] = inputs
  if (value === null) return null
  const isZero = (v: Value | null) => v?.kind === 'constant' && v.constant.data.length === 1 && v.constant.data[0] === 0
  if (op === 'Relu') return { value, slopes: { positive: 1, negative: 0 } }
  if (op === 'Abs') return { value, slopes: { positive: 1, negative: -1 } }
  if (op === 'LeakyRelu')
    return { value, slopes: { positive: 1, negative: attribute('alpha')?.f ?? Math.fround(0.01) } }
  if (op === 'PRelu' && other?.kind === 'constant' && other.constant.data.length === 1)
    return { value, slopes: { positive: 1, negative: other.constant.data[0] } }
  if (op === 'Max' && inputs.length === 2 && other !== null) {
    if (isZero(other)) return { value, slopes: { positive: 1, negative: 0 } }
    if (isZero(value)) return { value: other, slopes: { positive: 1, negative: 0 } }
  }
  if (op === 'Clip' && isZero(other) && (inputs[2] ?? null) === null)
    return { value, slopes: { positive: 1, negative: 0 } }
  return null
}

/** The hidden layer. */
function activate(value: Value, slopes: Activation, walk: Walk): Value {
  if (value.kind !== 'affine' || value.stage !== 'hidden')
    throw new UnsupportedError(
      `onnx: ${walk.source} must bend once, behind its first weights; it bends ${
        value.kind === 'input' ? 'before them' : 'again behind the hidden layer'
      }. Only networks with one hidden layer are audited.`,
      'E_NOT_TWO_LAYER',
    )
  if (walk.layer !== null)
    throw new UnsupportedError(
      `onnx: ${walk.source} has several activations; a network with one hidden layer has one. Deeper or branched networks are not audited.`,
      'E_NOT_TWO_LAYER',
    )
  walk.layer = {
    weights: value.x as Float64Array,
    bias: value.bias,
    slopes,
    inputs: value.inputs,
    units: value.width,
    single: value.single,
  }
  return {
    kind: 'affine',
    stage: 'units',
    x: null,
    h: null,
    bias: null,
    inputs: value.inputs,
    width: value.width,
    single: value.single,
    spread: null,
    centre: null,
  }
}

/** Operators on constants alone. */
function folded(op: string, [first, second]: readonly Constant[], attribute: Attribute, source: string): Constant {
  const { shape, data } = first
  if (op === 'Identity' || op === 'Cast') return first
  if (op === 'Transpose' && shape.length <= 2) {
    const perm = attribute('perm')?.ints.map(Number) ?? [1, 0]
    if (shape.length < 2 || perm[0] === 0) return first
    const [rows, cols] = shape
    return {
      ...first,
      shape: [cols, rows],
      data: data.map((_, at) => data[(at % rows) * cols + Math.floor(at / rows)]),
    }
  }
  if (['Reshape', 'Unsqueeze', 'Squeeze', 'Flatten'].includes(op) && shape.length <= 2) {
    if (op !== 'Reshape') return op === 'Unsqueeze' && shape.length === 1 ? { ...first, shape: [1, ...shape] } : first
    const sizes = second === undefined ? [] : Array.from(second.data)
    const known = sizes.reduce((product, size) => (size > 0 ? product * size : product), 1)
    const whole = sizes.map(size => (size === -1 ? data.length / known : size))
    if (
      whole.length <= 2 &&
      whole.every(size => Number.isInteger(size) && size > 0) &&
      whole.reduce((a, b) => a * b, 1) === data.length
    )
      return { ...first, shape: whole }
  }
  throw notUnderstood(`${op.slice(0, 40)} of constants`, source)
}

function scalar(value: number): Constant {
  return { shape: [], data: Float64Array.of(value), texts: null, single: false }
}

/** Names of the classes, from the operators that carry them. */
function labelsFrom(node: OnnxNode, inputs: readonly (Value | null)[], walk: Walk): void {
  const decoder = new TextDecoder()
  for (const { name, ints, strings } of node.attribute) {
    if (node.opType === 'ZipMap' && name === 'classlabels_int64s') walk.labels = ints.map(String)
    if (node.opType === 'ZipMap' && name === 'classlabels_strings')
      walk.labels = strings.map(text => decoder.decode(text))
  }
  const [classes] = inputs
  if ((node.opType === 'ArrayFeatureExtractor' || node.opType === 'Gather') && classes?.kind === 'constant')
    walk.labels ??= classes.constant.texts ?? Array.from(classes.constant.data, String)
}

/** Puts the parts together once the graph has been walked. */
function networkOf(ends: readonly (Value | undefined)[], walk: Walk, producer: string): ForeignNetwork {
  const { layer, source, links } = walk
  const outputs = [...walk.outputs, ...ends.filter(value => value !== undefined && value.kind !== 'tail')]
  const [value] = outputs
  if (layer === null || value === undefined || value.kind !== 'affine') {
    const other = [...links].find(op => OTHER_ACTIVATIONS.has(op))
    throw other !== undefined && layer === null
      ? new UnsupportedError(
          `onnx: ${source} has no hidden layer of ReLU, leaky ReLU or absolute values: operator ${other} follows its first weights. It is a linear model, or its activation is not positively homogeneous.`,
          'E_UNSUPPORTED_OP',
        )
      : new UnsupportedError(
          `onnx: ${source} has no hidden layer of ReLU, leaky ReLU or absolute values. A linear model needs no audit; nadir solve gives its optimum.`,
          'E_NOT_TWO_LAYER',
        )
  }
  if (value.stage !== 'output' || value.h === null || outputs.some(other => other !== value))
    throw new UnsupportedError(
      `onnx: ${source} must end in one weighted sum of its hidden layer; its outputs are something else. Only networks with one hidden layer are audited.`,
      'E_NOT_TWO_LAYER',
    )
  const [m, d, c] = [layer.units, layer.inputs, value.width]
  const hidden = dense(m, d)
  for (let j = 0; j < m; j++) for (let i = 0; i < d; i++) hidden.data[j * d + i] = layer.weights[i * m + j]
  const network: ForeignNetwork = {
    activation: layer.slopes,
    hidden,
    hiddenBias: layer.bias,
    output: dense(m, c, value.h.slice()),
    outputBias: value.bias,
    skip: value.x === null ? null : dense(d, c, value.x.slice()),
    scaler: walk.scaler ?? null,
    rescale: rescaleOf(value),
    link: links.has('Softmax') || links.has('LogSoftmax') ? 'softmax' : links.has('Sigmoid') ? 'sigmoid' : 'identity',
    labels: walk.labels,
    single: layer.single || value.single,
    producer,
  }
  checkForeign(network)
  return network
}

/** null for a spread of 1 and a centre of 0: then the file gives f itself. */
function rescaleOf({ spread, centre, width }: Affine): ForeignNetwork['rescale'] {
  const plain = (spread === null || spread.every(v => v === 1)) && (centre === null || centre.every(v => v === 0))
  if (plain) return null
  return { spread: spread ?? new Float64Array(width).fill(1), centre: centre ?? new Float64Array(width) }
}
