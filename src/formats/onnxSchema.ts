/**
 * The part of ONNX's protocol buffers that networks need, to write (`export/`) and to read (`import/`), as a descriptor for
 * @bufbuild/protobuf. What is not listed is passed over when reading.
 *
 * Numbers and types of the fields are those of onnx.proto (IR version 8, ONNX 1.13). On the wire a field that is left out
 * means its default, and packed and plain lists read alike, so that proto3 rules write what proto2 readers read.
 * @module
 */
import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf'
import {
  FileDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from '@bufbuild/protobuf/wkt'

const SCALARS = {
  int64: Type.INT64,
  int32: Type.INT32,
  float: Type.FLOAT,
  double: Type.DOUBLE,
  string: Type.STRING,
  bytes: Type.BYTES,
} as const

/** Message → field → [number, type]; a type with [] is a list, one that is no scalar a message. */
const MESSAGES: Readonly<Record<string, Readonly<Record<string, readonly [number, string]>>>> = {
  ModelProto: {
    ir_version: [1, 'int64'],
    producer_name: [2, 'string'],
    producer_version: [3, 'string'],
    doc_string: [6, 'string'],
    graph: [7, 'GraphProto'],
    opset_import: [8, 'OperatorSetIdProto[]'],
    metadata_props: [14, 'StringStringEntryProto[]'],
  },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
  GraphProto: {
    node: [1, 'NodeProto[]'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto[]'],
    input: [11, 'ValueInfoProto[]'],
    output: [12, 'ValueInfoProto[]'],
  },
  NodeProto: {
    input: [1, 'string[]'],
    output: [2, 'string[]'],
    op_type: [4, 'string'],
    attribute: [5, 'AttributeProto[]'],
    domain: [7, 'string'],
  },
  // Types: 1 FLOAT, 2 INT, 3 STRING, 4 TENSOR, 6 FLOATS, 7 INTS, 8 STRINGS. Graphs as attributes (If, Loop) are not listed.
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    t: [5, 'TensorProto'],
    floats: [7, 'float[]'],
    ints: [8, 'int64[]'],
    strings: [9, 'bytes[]'],
    type: [20, 'int32'],
  },
  TensorProto: {
    dims: [1, 'int64[]'],
    data_type: [2, 'int32'],
    float_data: [4, 'float[]'],
    int32_data: [5, 'int32[]'],
    string_data: [6, 'bytes[]'],
    int64_data: [7, 'int64[]'],
    name: [8, 'string'],
    raw_data: [9, 'bytes'],
    double_data: [10, 'double[]'],
    external_data: [13, 'StringStringEntryProto[]'],
    // 1: the numbers are in another file.
    data_location: [14, 'int32'],
  },
  ValueInfoProto: { name: [1, 'string'], type: [2, 'TypeProto'] },
  TypeProto: { tensor_type: [1, 'TensorType'] },
  // Nested in TypeProto and TensorShapeProto upstream; only numbers are on the wire.
  TensorType: { elem_type: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'Dimension[]'] },
  Dimension: { dim_value: [1, 'int64'], dim_param: [2, 'string'] },
}

/** The descriptor of ModelProto, the whole file. */
export const ModelProto: DescMessage = modelProto()

function modelProto(): DescMessage {
  const file = create(FileDescriptorProtoSchema, {
    name: 'onnx.proto',
    package: 'onnx',
    syntax: 'proto3',
    messageType: Object.entries(MESSAGES).map(([name, fields]) => ({
      name,
      field: Object.entries(fields).map(([field, [number, type]]) => {
        const list = type.endsWith('[]')
        const of = list ? type.slice(0, -2) : type
        const scalar = Object.entries(SCALARS).find(([key]) => key === of)?.[1]
        return {
          name: field,
          jsonName: field,
          number,
          label: list ? Label.REPEATED : Label.OPTIONAL,
          ...(scalar === undefined ? { type: Type.MESSAGE, typeName: `.onnx.${of}` } : { type: scalar }),
        }
      }),
    })),
  })
  return createFileRegistry(file, () => undefined).getMessage('onnx.ModelProto') as DescMessage
}
