/**
 * Networks of PyTorch (both exporters), scikit-learn and Keras are read as they predict; what is no two-layer network is refused by
 * name; hostile files are refused in words.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { mutated } from '../../../test/oracles/mutations.ts'
import { drawnModel } from '../../../test/oracles/savedModels.ts'
import { bundled, datasetOf } from '../../data/index.ts'
import { NadirError } from '../../errors.ts'
import type { ForeignNetwork } from '../../models/audit/foreign.ts'
import { exportOnnx } from '../export/exportOnnx.ts'
import { ModelProto } from '../onnxSchema.ts'
import { readOnnx } from './onnx.ts'

const folder = new URL('../../../test/fixtures/foreign/', import.meta.url)
const fixture = (name: string) => readFileSync(new URL(name, folder))
const beside = (name: string) => (existsSync(new URL(name, folder)) ? fixture(name) : null)
const read = (name: string) => readOnnx(fixture(name), { source: name, beside })
const rows = fixture('plane.csv')
  .toString()
  .trim()
  .split('\n')
  .slice(1)
  .map(line => line.split(',').slice(0, 2).map(Number))

/** f(x), written out. */
function valueAt(network: ForeignNetwork, row: readonly number[]): number {
  const { hidden, hiddenBias, output, outputBias, skip, scaler, activation } = network
  const x = row.map((v, i) => (scaler === null ? v : v * scaler.factor[i] + scaler.shift[i]))
  let f = outputBias?.[0] ?? 0
  for (let j = 0; j < hidden.rows; j++) {
    const t = x.reduce((sum, v, i) => sum + v * hidden.data[j * x.length + i], hiddenBias?.[j] ?? 0)
    f += output.data[j] * (t > 0 ? activation.positive : activation.negative) * t
  }
  return x.reduce((sum, v, i) => sum + v * (skip?.data[i] ?? 0), f)
}

describe('networks of other programs', () => {
  it.each([
    ['pytorch-script.onnx', 'pytorch', 12, 'identity'],
    ['pytorch-dynamo.onnx', 'pytorch', 12, 'identity'],
    ['pytorch-beside.onnx', 'pytorch', 80, 'identity'],
    ['pytorch-leaky.onnx', 'pytorch', 6, 'identity'],
    ['pytorch-skip.onnx', 'pytorch', 6, 'identity'],
    ['sklearn-regressor.onnx', 'skl2onnx', 10, 'identity'],
    ['sklearn-classifier.onnx', 'skl2onnx', 8, 'sigmoid'],
    ['keras-regressor.onnx', 'tf2onnx', 10, 'identity'],
    ['keras-classifier.onnx', 'tf2onnx', 10, 'sigmoid'],
  ] as const)('%s predicts what its program predicted', (name, producer, neurons, link) => {
    const network = read(name)
    expect([network.producer, network.hidden.rows, network.link]).toEqual([producer, neurons, link])
    const expected = JSON.parse(fixture(name.replace('.onnx', '.json')).toString()) as number[]
    const size = Math.max(...expected.map(Math.abs))
    rows.forEach((row, i) => {
      expect(Math.abs(valueAt(network, row) - expected[i])).toBeLessThan(3e-6 * size)
    })
  })

  it('keeps what matters beside the weights', () => {
    expect(read('pytorch-leaky.onnx')).toMatchObject({
      activation: { positive: 1, negative: Math.fround(0.1) },
      hiddenBias: null,
      outputBias: null,
      single: true,
    })
    expect(read('pytorch-skip.onnx').activation).toEqual({ positive: 1, negative: -1 })
    expect(read('pytorch-skip.onnx').skip?.rows).toBe(2)
    expect(read('sklearn-classifier.onnx').labels).toEqual(['in', 'out'])
    const cancer = read('sklearn-breast-cancer.onnx')
    expect([cancer.hidden.cols, cancer.scaler?.factor.length, cancer.labels]).toEqual([30, 30, ['benign', 'malignant']])
  })

  it('reads what nadir writes, to the bit', async () => {
    for (const loss of ['squared', 'logistic'] as const) {
      const data = datasetOf(await bundled(loss === 'squared' ? 'diabetes' : 'breast-cancer'))
      const model = drawnModel(data, { kind: 'relu', loss, intercept: true, shared: false, neurons: 4, constant: [] })
      const network = readOnnx(exportOnnx(model))
      const d = data.x.cols
      expect(network.producer).toBe('nadir')
      expect(network.hidden.data).toEqual(model.network.hidden.data.filter((_, at) => at % (d + 1) < d))
      expect(network.output.data).toEqual(model.network.output.data)
      expect(network.rescale?.spread ?? Float64Array.of(1)).toEqual(model.standardisation.spread)
      expect(network.link).toBe(loss === 'squared' ? 'identity' : 'sigmoid')
    }
  })
})

describe('refusals', () => {
  it('names the operator that is not understood', () => {
    expect(() => read('pytorch-tanh.onnx')).toThrow(/operator Tanh of pytorch-tanh\.onnx is not understood/)
    expect(() => read('pytorch-deep.onnx')).toThrow(/bends again behind the hidden layer/)
  })

  it('says when weights lie elsewhere, and follows plain names only', () => {
    expect(() => readOnnx(fixture('pytorch-beside.onnx'))).toThrow(
      /lies in another file, "pytorch-beside\.onnx\.data", which is not there/,
    )
    const moved = Buffer.from(
      fixture('pytorch-beside.onnx')
        .toString('latin1')
        .replaceAll('pytorch-beside.onnx.data', '../../../../etc/ssh/keys'),
      'latin1',
    )
    expect(() => readOnnx(moved, { beside: () => new Uint8Array(99) })).toThrow(
      /not a plain file name in the folder of the model/,
    )
    expect(() => readOnnx(fixture('pytorch-beside.onnx'), { beside: () => new Uint8Array(10) })).toThrow(
      /should end at byte \d+ of "pytorch-beside\.onnx\.data", which has 10/,
    )
  })

  it.each([
    ['no bytes', new Uint8Array(0), /is empty/],
    ['text', new TextEncoder().encode('a,b,y\n1,2,3\n'), /no ONNX file|holds no graph/],
    [
      'a length that lies',
      Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 1, 2),
      /damaged, cut short or no ONNX file/,
    ],
    // Ten thousand nested groups of an unknown field.
    ['deep nesting', new Uint8Array(100_000).fill(0x7b), /damaged, cut short or no ONNX file/],
    ['a graph without nodes', graphOf([], []), /holds no graph/],
  ] as const)('%s', (_what, bytes, message) => {
    expect(() => readOnnx(bytes)).toThrow(message)
    expect(() => readOnnx(bytes)).toThrow(NadirError)
  })

  const gemm = (input: string, weights: string, output: string) => ({
    op_type: 'Gemm',
    input: [input, weights],
    output: [output],
  })
  const tensor = (name: string, dims: number[], float_data: (number | string)[]) => ({
    name,
    dims: dims.map(String),
    data_type: 1,
    float_data,
  })
  const relu = { op_type: 'Relu', input: ['h'], output: ['r'] }
  const weights = [tensor('w', [2, 3], [1, 2, 3, 4, 5, 6]), tensor('v', [3, 1], [1, 1, 1])]
  it.each([
    [
      'a tensor larger than its data',
      [gemm('x', 'w', 'h'), relu, gemm('r', 'v', 'f')],
      [tensor('w', [2, 2 ** 40], [1]), weights[1]],
      /must hold 2199023255552 numbers by its shape; it has 1/,
    ],
    [
      'a negative shape',
      [gemm('x', 'w', 'h'), relu, gemm('r', 'v', 'f')],
      [tensor('w', [-2, 3], [1]), weights[1]],
      /which no tensor can have/,
    ],
    [
      'NaN weights',
      [gemm('x', 'w', 'h'), relu, gemm('r', 'v', 'f')],
      [tensor('w', [2, 3], [1, 2, 'NaN', 4, 5, 6]), weights[1]],
      /hidden weights must be finite; got NaN/,
    ],
    [
      'layers that do not fit',
      [gemm('x', 'w', 'h'), relu, gemm('r', 'v', 'f')],
      [weights[0], tensor('v', [2, 1], [1, 1])],
      /second weights of the file take 2 units; the hidden layer has 3/,
    ],
    [
      'a name from nowhere',
      [gemm('x', 'w', 'h'), relu, gemm('q', 'v', 'f')],
      weights,
      /reads "q", which nothing before it gives/,
    ],
    [
      'two weights without a bend',
      [gemm('x', 'w', 'h'), gemm('h', 'v', 'f')],
      weights,
      /weight matrix behind another without ReLU between/,
    ],
    ['no bend', [gemm('x', 'w', 'f')], weights, /has no hidden layer of ReLU/],
    [
      'batch norm',
      [
        gemm('x', 'w', 'h'),
        { op_type: 'BatchNormalization', input: ['h', 'w', 'w', 'w', 'w'], output: ['r'] },
        gemm('r', 'v', 'f'),
      ],
      weights,
      /operator BatchNormalization of the file is not understood/,
    ],
    [
      'a convolution',
      [{ op_type: 'Conv', input: ['x', 'w'], output: ['h'] }, relu, gemm('r', 'v', 'f')],
      weights,
      /operator Conv of the file is not understood/,
    ],
    [
      'another domain',
      [{ op_type: 'Gemm', domain: 'com.evil', input: ['x', 'w'], output: ['h'] }, relu, gemm('r', 'v', 'f')],
      weights,
      /operator com\.evil\.Gemm of the file is not understood/,
    ],
    [
      'outputs that share neurons',
      [gemm('x', 'w', 'h'), relu, gemm('r', 'v', 'f')],
      [weights[0], tensor('v', [3, 2], [1, 1, 1, 1, 1, 1])],
      /every neuron must feed one output; neuron 0 feeds several/,
    ],
    [
      'an activation without a bend',
      [
        gemm('x', 'w', 'h'),
        { op_type: 'LeakyRelu', input: ['h'], output: ['r'], attribute: [{ name: 'alpha', f: 1, type: 1 }] },
        gemm('r', 'v', 'f'),
      ],
      weights,
      /the activation must bend at 0/,
    ],
  ])('%s', (_what, nodes, tensors, message) => {
    expect(() => readOnnx(graphOf(nodes, tensors))).toThrow(message)
  })

  it('spellings of one network give one network', () => {
    const plain = readOnnx(graphOf([gemm('x', 'w', 'h'), relu, gemm('r', 'v', 'f')], weights))
    const zero = tensor('zero', [], [0])
    for (const bend of [
      { op_type: 'Max', input: ['h', 'zero'], output: ['r'] },
      { op_type: 'Clip', input: ['h', 'zero'], output: ['r'] },
      { op_type: 'LeakyRelu', input: ['h'], output: ['r'], attribute: [{ name: 'alpha', f: 0, type: 1 }] },
    ])
      expect(
        readOnnx(
          graphOf(
            [
              { ...gemm('x', 'w', 'h'), op_type: 'MatMul' },
              bend,
              { op_type: 'Dropout', input: ['r'], output: ['s', 'mask'] },
              { ...gemm('s', 'v', 'g'), op_type: 'MatMul' },
              { op_type: 'Flatten', input: ['g'], output: ['f'] },
            ],
            [...weights, zero],
          ),
        ),
      ).toEqual(plain)
  })
})

describe('damaged files', () => {
  it('are read or refused in words, never otherwise (500 seeded mutations)', () => {
    const names = ['pytorch-script.onnx', 'sklearn-classifier.onnx', 'keras-regressor.onnx', 'pytorch-skip.onnx']
    let refused = 0
    for (let seed = 0; seed < 500; seed++) {
      const bytes = mutated(fixture(names[seed % names.length]), seed)
      try {
        readOnnx(bytes)
      } catch (error) {
        if (!(error instanceof NadirError)) throw new Error(`seed ${seed}: ${String(error)}`)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(200)
    expect(refused).toBeLessThan(500)
  })
})

function graphOf(nodes: readonly object[], tensors: readonly object[]): Uint8Array {
  const graph = { node: nodes, initializer: tensors, input: [{ name: 'x' }], output: [{ name: 'f' }] }
  return toBinary(ModelProto, fromJson(ModelProto, { ir_version: '8', graph } as unknown as JsonObject))
}
