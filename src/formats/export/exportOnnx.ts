/**
 * A trained network as an ONNX model (opset 17), in float64 or float32.
 *
 *   input   x: N × d, the encoded columns in the order of the metadata entry `inputs`, raw
 *   graph   z = (x − mean)/scale;  h = Relu(z Uᵀ + b), or (z Uᵀ + b)·1[z Gᵀ + h > 0];  f = (h V + offset)·spread + centre
 *   output  regression: value N × 1. Classes: label N (texts), and probabilities N × C after logistic and multinomial loss.
 *
 * The encoding of a table (texts, missing cells) is not part of the graph: the metadata entry `columns` says how, as JSON.
 * Products are summed in the order of the runtime, so a row within rounding of a gate's hyperplane may fall on its other side.
 * In float32 that rounding is 1e-7 of the raw columns: take float64 where means are large against spreads.
 *
 * Source: Open Neural Network Exchange, IR specification and operators, version 1.12 (opset 17).
 * @module
 */
import { fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf'
import { base64Encode } from '@bufbuild/protobuf/wire'
import { encodedNames } from '../../data/encoding.ts'
import { rowOf } from '../../matrix/dense.ts'
import type { Network } from '../../models/model.ts'
import type { SavedModel } from '../modelFile.ts'
import { ModelProto } from '../onnxSchema.ts'
import { liveNetwork } from './liveNetwork.ts'

/** In which numbers a graph computes. */
export type OnnxPrecision = 'float64' | 'float32'

/** How the graph is written. */
export interface OnnxOptions {
  /** Default float64, as training. */
  readonly precision?: OnnxPrecision
}

// TensorProto.DataType
const FLOAT = 1
const INT64 = 7
const TEXT = 8
const DOUBLE = 11

/** The bytes of the ONNX file. Size O(m·(d + c)). */
export function exportOnnx(model: SavedModel, options: OnnxOptions = {}): Uint8Array<ArrayBuffer> {
  const { precision = 'float64' } = options
  const { standardisation: s, target, loss, encoding } = model
  const network = liveNetwork(model.network)
  const [d, m, c] = [s.mean.length, network.hidden.rows, network.offset.length]
  const type = precision === 'float64' ? DOUBLE : FLOAT
  const constant = new Set(s.constant)
  const nodes: JsonObject[] = []
  const tensors: JsonObject[] = []
  const node = (op: string, input: readonly string[], output: string, attributes: Record<string, number> = {}) => {
    const attribute = Object.entries(attributes).map(([name, i]) => ({ name, i: String(i), type: 2 }))
    nodes.push({ op_type: op, input: [...input], output: [output], attribute })
    return output
  }
  const tensor = (name: string, dims: readonly number[], values: Float64Array) => {
    const stored = precision === 'float64' ? values : Float32Array.from(values)
    tensors.push({ name, dims: dims.map(String), data_type: type, raw_data: base64Encode(littleEndian(stored)) })
    return name
  }
  // z Wᵀ + b, with the weight of the ones column as b, and no weights on columns that were constant in training.
  const affine = (name: string, w: Network['hidden'], z: string) => {
    const weights = Float64Array.from({ length: m * d }, (_, at) => {
      const j = at % d
      return constant.has(j) ? 0 : rowOf(w, Math.floor(at / d))[j]
    })
    const bias = Float64Array.from({ length: m }, (_, j) => (s.intercept ? rowOf(w, j)[d] : 0))
    return node('Gemm', [z, tensor(`${name}_weights`, [m, d], weights), tensor(`${name}_bias`, [m], bias)], name, {
      transB: 1,
    })
  }

  const centred = node('Sub', ['x', tensor('mean', [d], s.mean)], 'centred')
  const z = node('Div', [centred, tensor('scale', [d], s.scale)], 'z')
  const inner = affine('hidden', network.hidden, z)
  let fit: string
  if (network.gates === null) fit = node('Relu', [inner], 'fit')
  else {
    const open = node('Greater', [affine('gate', network.gates, z), tensor('zero', [1], new Float64Array(1))], 'open')
    fit = node('Mul', [inner, node('Cast', [open], 'mask', { to: type })], 'fit')
  }
  const output = tensor('output_weights', [m, c], network.output.data)
  const sum = node('Gemm', [fit, output, tensor('offset', [c], network.offset)], 'sum')
  const spread = node('Mul', [sum, tensor('spread', [c], s.spread)], 'spread_sum')
  const last = target.kind === 'number' ? 'value' : 'f'
  const f = node('Add', [spread, tensor('centre', [c], s.centre)], last)

  const outputs: JsonObject[] = []
  if (target.kind === 'number') outputs.push(valueInfo('value', type, [c]))
  else {
    const classes = target.labels.length
    tensors.push({
      name: 'labels',
      dims: [String(classes)],
      data_type: TEXT,
      string_data: target.labels.map(label => base64Encode(new TextEncoder().encode(label))),
    })
    let index: string
    if (loss.name === 'multinomial') index = node('ArgMax', [f], 'index', { axis: 1, keepdims: 0 })
    else {
      const upper = node('Greater', [f, tensor('threshold', [1], new Float64Array(1))], 'upper')
      tensors.push({
        name: 'flat',
        dims: ['1'],
        data_type: INT64,
        raw_data: base64Encode(littleEndian(BigInt64Array.of(-1n))),
      })
      index = node('Reshape', [node('Cast', [upper], 'upper_index', { to: INT64 }), 'flat'], 'index')
    }
    node('Gather', ['labels', index], 'label')
    outputs.push(valueInfo('label', TEXT, []))
    if (loss.name === 'multinomial') node('Softmax', [f], 'probabilities', { axis: 1 })
    if (loss.name === 'logistic') {
      const first = node('Sigmoid', [node('Neg', [f], 'negative')], 'first')
      node('Concat', [first, node('Sigmoid', [f], 'second')], 'probabilities', { axis: 1 })
    }
    if (loss.name !== 'squared-hinge') outputs.push(valueInfo('probabilities', type, [classes]))
  }

  const json: JsonObject = {
    ir_version: '8',
    producer_name: 'nadir',
    producer_version: model.madeBy,
    doc_string: `${target.name} by a two-layer ${network.kind} network`,
    opset_import: [{ version: '17' }],
    graph: {
      name: 'network',
      node: nodes,
      initializer: tensors,
      input: [valueInfo('x', type, [d])],
      output: outputs,
    },
    metadata_props: [
      { key: 'inputs', value: JSON.stringify(encodedNames(encoding)) },
      { key: 'columns', value: JSON.stringify(encoding) },
      { key: 'target', value: JSON.stringify(target) },
    ],
  }
  return toBinary(ModelProto, fromJson(ModelProto, json))
}

/** N rows of what is given. */
function valueInfo(name: string, type: number, shape: readonly number[]): JsonObject {
  const dim = [{ dim_param: 'N' }, ...shape.map(size => ({ dim_value: String(size) }))]
  return { name, type: { tensor_type: { elem_type: type, shape: { dim } } } }
}

function littleEndian(values: Float64Array | Float32Array | BigInt64Array): Uint8Array {
  const out = new DataView(new ArrayBuffer(values.byteLength))
  values.forEach((value: number | bigint, i: number) => {
    if (typeof value === 'bigint') out.setBigInt64(8 * i, value, true)
    else if (values.BYTES_PER_ELEMENT === 8) out.setFloat64(8 * i, value, true)
    else out.setFloat32(4 * i, value, true)
  })
  return new Uint8Array(out.buffer)
}
