/**
 * The messages of an ONNX file as plain objects, and its tensors as numbers. Nothing in the file is trusted: every length is
 * checked against the bytes that are there before anything is reserved.
 * @module
 */
import { fromBinary } from '@bufbuild/protobuf'
import { FormatError, UnsupportedError } from '../../errors.ts'
import { ModelProto } from '../onnxSchema.ts'

/** An attribute of a node; `type` says which field counts. */
export interface OnnxAttribute {
  readonly name: string
  readonly type: number
  readonly f: number
  readonly i: bigint
  readonly s: Uint8Array
  readonly t?: OnnxTensor
  readonly floats: readonly number[]
  readonly ints: readonly bigint[]
  readonly strings: readonly Uint8Array[]
}

/** One operator of a graph. */
export interface OnnxNode {
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly opType: string
  readonly domain: string
  readonly attribute: readonly OnnxAttribute[]
}

/** A tensor as it is stored. */
export interface OnnxTensor {
  readonly name: string
  readonly dims: readonly bigint[]
  readonly dataType: number
  readonly floatData: readonly number[]
  readonly int32Data: readonly number[]
  readonly int64Data: readonly bigint[]
  readonly doubleData: readonly number[]
  readonly stringData: readonly Uint8Array[]
  readonly rawData: Uint8Array
  readonly externalData: readonly { readonly key: string; readonly value: string }[]
  readonly dataLocation: number
}

/** A file: its graph and who wrote it. */
export interface OnnxModel {
  readonly producerName: string
  readonly producerVersion: string
  readonly graph?: {
    readonly node: readonly OnnxNode[]
    readonly initializer: readonly OnnxTensor[]
    readonly input: readonly { readonly name: string }[]
    readonly output: readonly { readonly name: string }[]
  }
}

/** Numbers (or texts, then `data` is empty) with their shape. */
export interface Constant {
  readonly shape: readonly number[]
  readonly data: Float64Array
  readonly texts: readonly string[] | null
  /** Stored in single precision or less. */
  readonly single: boolean
}

/** Gives the bytes of a file beside the model, by its plain name; null when there is none. */
export type Beside = (name: string) => Uint8Array | null

// TensorProto.DataType
const [FLOAT, INT32, INT64, TEXT, BOOL, HALF, DOUBLE] = [1, 6, 7, 8, 9, 10, 11]
const BYTES: Readonly<Record<number, number>> = {
  [FLOAT]: 4,
  [INT32]: 4,
  [INT64]: 8,
  [BOOL]: 1,
  [HALF]: 2,
  [DOUBLE]: 8,
}

/** The messages of a file. @throws FormatError when the bytes are no ONNX file. */
export function decodeOnnx(bytes: Uint8Array, source: string): OnnxModel {
  if (bytes.length === 0) throw new FormatError(`onnx: ${source} is empty. Export the network again.`)
  let model: OnnxModel
  try {
    model = fromBinary(ModelProto, bytes, { readUnknownFields: false }) as unknown as OnnxModel
  } catch (error) {
    // Also a RangeError, when nested groups exhaust the stack.
    throw new FormatError(
      `onnx: ${source} is damaged, cut short or no ONNX file (${error instanceof Error ? error.message : 'unreadable'}). Export the network again.`,
      { cause: error },
    )
  }
  if (model.graph === undefined || model.graph.node.length === 0)
    throw new FormatError(`onnx: ${source} holds no graph. Give a file that an ONNX exporter wrote.`)
  return model
}

/**
 * The numbers of a tensor.
 *
 * @throws FormatError when shape and data do not agree, or data beside the file are missing or lie outside their file.
 * @throws UnsupportedError for element types that hold no plain numbers.
 */
export function constantOf(tensor: OnnxTensor, source: string, beside?: Beside): Constant {
  const name = tensor.name === '' ? 'a tensor' : `tensor "${tensor.name.slice(0, 80)}"`
  const bad = (what: string) => new FormatError(`onnx: ${name} of ${source} ${what}. Export the network again.`)
  const shape = tensor.dims.map(Number)
  const count = shape.reduce((product, size) => product * size, 1)
  if (
    shape.length > 8 ||
    shape.some(size => !(Number.isSafeInteger(size) && size >= 0)) ||
    !Number.isSafeInteger(count)
  )
    throw bad(`has the shape (${shape.slice(0, 8).join(', ')}), which no tensor can have`)
  const { dataType: type } = tensor
  const single = type === FLOAT || type === HALF
  if (type === TEXT) {
    if (tensor.stringData.length !== count)
      throw bad(`must hold ${count} texts by its shape; it has ${tensor.stringData.length}`)
    const decoder = new TextDecoder()
    return { shape, data: new Float64Array(0), texts: tensor.stringData.map(text => decoder.decode(text)), single }
  }
  const width = BYTES[type]
  if (width === undefined)
    throw new UnsupportedError(
      `onnx: ${name} of ${source} has elements of type ${type}; float, double, float16, int32, int64 and bool are read. Export in float32 or float64.`,
    )
  const raw = tensor.dataLocation === 1 ? bytesBeside(tensor, bad, beside) : tensor.rawData
  if (raw.length === 0 && tensor.dataLocation !== 1) {
    const listed: ArrayLike<number | bigint> =
      type === FLOAT
        ? tensor.floatData
        : type === DOUBLE
          ? tensor.doubleData
          : type === INT64
            ? tensor.int64Data
            : tensor.int32Data
    if (listed.length !== count) throw bad(`must hold ${count} numbers by its shape; it has ${listed.length}`)
    const data = Float64Array.from({ length: count }, (_, at) =>
      type === HALF ? halfOf(Number(listed[at])) : Number(listed[at]),
    )
    return { shape, data, texts: null, single }
  }
  if (raw.length !== count * width) throw bad(`must hold ${count * width} bytes by its shape; it has ${raw.length}`)
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const read: Readonly<Record<number, (at: number) => number>> = {
    [FLOAT]: at => view.getFloat32(at, true),
    [DOUBLE]: at => view.getFloat64(at, true),
    [INT32]: at => view.getInt32(at, true),
    [INT64]: at => Number(view.getBigInt64(at, true)),
    [BOOL]: at => view.getUint8(at),
    [HALF]: at => halfOf(view.getUint16(at, true)),
  }
  return { shape, data: Float64Array.from({ length: count }, (_, at) => read[type](at * width)), texts: null, single }
}

/** Bytes of a tensor in a file beside the model. Only plain names in the same folder are followed. */
function bytesBeside(tensor: OnnxTensor, bad: (what: string) => FormatError, beside?: Beside): Uint8Array {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]))
  const location = entries.get('location') ?? ''
  if (location === '' || location === '.' || location === '..' || /[/\\:\0]/.test(location))
    throw bad(
      `lies in another file, "${location.slice(0, 80)}", which is not a plain file name in the folder of the model`,
    )
  const file = beside?.(location) ?? null
  if (file === null) throw bad(`lies in another file, "${location.slice(0, 80)}", which is not there`)
  const offset = Number(entries.get('offset') ?? 0)
  const length = entries.has('length') ? Number(entries.get('length')) : file.length - offset
  if (!(Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0))
    throw bad(`has no place in "${location}"`)
  if (offset + length > file.length)
    throw bad(`should end at byte ${offset + length} of "${location}", which has ${file.length}`)
  return file.subarray(offset, offset + length)
}

/** IEEE half precision. */
function halfOf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}
