/**
 * What a tensor of a two-layer graph can be, and the arithmetic that keeps it one: sums and column-wise products with
 * constants, and weight matrices.
 * @module
 */
import { FormatError, UnsupportedError } from '../../errors.ts'
import type { Activation } from '../../models/activation.ts'
import type { ForeignNetwork } from '../../models/audit/foreign.ts'
import type { Constant, OnnxNode } from './onnxModel.ts'

/** An affine map x'·X + units·H + bias of the scaled inputs and the hidden layer. */
export interface Affine {
  readonly kind: 'affine'
  /** 'hidden': before φ, or a linear way around it. 'units': φ itself. 'output': behind the second weights. */
  readonly stage: 'hidden' | 'units' | 'output'
  /** inputs × width; null for 0. */
  readonly x: Float64Array | null
  /** units × width; null for 0 (and the identity for stage 'units'). */
  readonly h: Float64Array | null
  /** null when no constant was added. */
  readonly bias: Float64Array | null
  readonly inputs: number
  readonly width: number
  readonly single: boolean
  /** The tensor is spread·(the sum) + centre. */
  readonly spread: Float64Array | null
  readonly centre: Float64Array | null
}

/** What a tensor is. `tail` comes after the output and does not matter any more. */
export type Value =
  | { readonly kind: 'constant'; readonly constant: Constant }
  | { readonly kind: 'input'; readonly factor: Float64Array | null; readonly shift: Float64Array | null }
  | Affine
  | { readonly kind: 'tail' }

/** What has been found while walking along the graph. */
export interface Walk {
  readonly source: string
  /** undefined before the first weights are met. */
  scaler: ForeignNetwork['scaler'] | undefined
  layer: {
    readonly weights: Float64Array
    readonly bias: Float64Array | null
    readonly slopes: Activation
    readonly inputs: number
    readonly units: number
    readonly single: boolean
  } | null
  /** Operators that tails began with. */
  readonly links: Set<string>
  readonly outputs: Affine[]
  labels: readonly string[] | null
}

type Attribute = (name: string) => OnnxNode['attribute'][number] | undefined

/** Sums and column-wise products with constants, and the sum with a linear way; null when the operator is none. */
export function arithmetic(
  op: string,
  inputs: readonly (Value | null)[],
  attribute: Attribute,
  walk: Walk,
): Value | null {
  const [a, b = null] = inputs
  if (a === null) return null
  if (op === 'Scaler' && a.kind === 'input') {
    const numbers = (name: string) => Float64Array.from(attribute(name)?.floats ?? [])
    const [offset, scale] = [numbers('offset'), numbers('scale')]
    // (x − offset)·scale
    return scaled(
      shifted(
        a,
        offset.map(value => -value),
      ),
      scale,
    )
  }
  if (!(op === 'Add' || op === 'Sub' || op === 'Mul' || op === 'Div') || b === null) return null
  if (a.kind === 'affine' && b.kind === 'affine' && op === 'Add') return together(a, b, walk)
  const [value, other] = b.kind === 'constant' ? [a, b] : [b, a]
  if (other.kind !== 'constant' || (value.kind !== 'input' && value.kind !== 'affine')) return null
  // constant − value and constant / value are not met in front of a network, and change its sign behind it.
  if (value === b && (op === 'Sub' || op === 'Div')) return null
  const numbers = rowOf(other.constant, value.kind === 'affine' ? value.width : null, op, walk)
  const single = other.constant.single
  if (op === 'Add' || op === 'Sub') {
    const added = op === 'Add' ? numbers : numbers.map(v => -v)
    return value.kind === 'input' ? shifted(value, added) : biased(value, added, single)
  }
  const factor = op === 'Mul' ? numbers : numbers.map(v => 1 / v)
  if (value.kind === 'input') return scaled(value, factor)
  if (value.stage !== 'output') return null
  return {
    ...value,
    spread: spreadTo(value.spread ?? Float64Array.of(1), value.width).map(
      (s, k) => s * spreadTo(factor, value.width)[k],
    ),
    centre: value.centre === null ? null : value.centre.map((s, k) => s * spreadTo(factor, value.width)[k]),
  }
}

/** MatMul and Gemm with a constant matrix behind; null when the operator is none. */
export function affine(op: string, inputs: readonly (Value | null)[], attribute: Attribute, walk: Walk): Value | null {
  if (op !== 'MatMul' && op !== 'Gemm') return null
  const [value, right = null, added = null] = inputs
  if (value === null || right?.kind !== 'constant' || value.kind === 'constant' || value.kind === 'tail') return null
  if ((attribute('transA')?.i ?? 0n) !== 0n) return null
  if (added !== null && added.kind !== 'constant') return null
  const alpha = attribute('alpha')?.f ?? 1
  const beta = attribute('beta')?.f ?? 1
  const { matrix, rows, cols } = matrixFrom(right.constant, (attribute('transB')?.i ?? 0n) !== 0n, walk)
  const weights = alpha === 1 ? matrix : matrix.map(v => alpha * v)
  const bias = added === null ? null : rowOf(added.constant, cols, op, walk).map(v => beta * v)
  const single = right.constant.single || added?.constant.single === true
  const common = { kind: 'affine', inputs: rows, width: cols, single, spread: null, centre: null } as const
  if (value.kind === 'input') {
    const scaler = scalerOf(value, rows, walk)
    if (walk.scaler !== undefined && !sameScaler(walk.scaler, scaler))
      throw new UnsupportedError(
        `onnx: the hidden layer and the linear way of ${walk.source} must see the inputs scaled alike; they do not. Such a network is not audited.`,
        'E_NOT_TWO_LAYER',
      )
    walk.scaler = scaler
    return { ...common, stage: 'hidden', x: weights, h: null, bias: bias && spreadTo(bias, cols) }
  }
  if (value.stage !== 'units')
    throw new UnsupportedError(
      `onnx: ${walk.source} has a weight matrix behind another without ReLU between, which is a deeper network. Only networks with one hidden layer are audited.`,
      'E_NOT_TWO_LAYER',
    )
  if (rows !== value.width)
    throw new FormatError(
      `onnx: the second weights of ${walk.source} take ${rows} units; the hidden layer has ${value.width}. Export the network again.`,
    )
  return { ...common, inputs: value.inputs, stage: 'output', x: null, h: weights, bias: bias && spreadTo(bias, cols) }
}

/** The sum of the hidden layer's output and a linear map of the inputs. */
function together(a: Affine, b: Affine, walk: Walk): Value | null {
  const [output, way] = a.stage === 'output' ? [a, b] : [b, a]
  if (output.stage !== 'output' || way.stage !== 'hidden') return null
  if (output.spread !== null || output.centre !== null || output.x !== null || way.width !== output.width) return null
  if (way.inputs !== output.inputs)
    throw new FormatError(
      `onnx: the linear way of ${walk.source} takes ${way.inputs} columns, the hidden layer ${output.inputs}. Export the network again.`,
    )
  const joined: Affine = { ...output, x: way.x, single: output.single || way.single }
  return way.bias === null ? joined : biased(joined, way.bias, way.single)
}

function biased(value: Affine, added: Float64Array, single: boolean): Value | null {
  if (value.stage === 'units') return null
  const row = spreadTo(added, value.width)
  if (value.spread !== null)
    return { ...value, centre: row.map((v, k) => v + (value.centre?.[k] ?? 0)), single: value.single || single }
  return { ...value, bias: row.map((v, k) => v + (value.bias?.[k] ?? 0)), single: value.single || single }
}

type Input = Extract<Value, { kind: 'input' }>

function shifted(value: Input, added: Float64Array): Input {
  const { shift } = value
  if (shift === null) return { ...value, shift: added }
  const width = Math.max(shift.length, added.length)
  const [s, t] = [spreadTo(shift, width), spreadTo(added, width)]
  return { ...value, shift: s.map((v, k) => v + t[k]) }
}

function scaled({ factor, shift }: Input, by: Float64Array): Input {
  const times = (row: Float64Array) => {
    const width = Math.max(row.length, by.length)
    const [s, t] = [spreadTo(row, width), spreadTo(by, width)]
    return s.map((v, k) => v * t[k])
  }
  return { kind: 'input', factor: factor === null ? by : times(factor), shift: shift === null ? null : times(shift) }
}

function scalerOf({ factor, shift }: Input, width: number, { source }: Walk): ForeignNetwork['scaler'] {
  if (factor === null && shift === null) return null
  for (const row of [factor, shift])
    if (row !== null && row.length !== 1 && row.length !== width)
      throw new FormatError(
        `onnx: the scaler of ${source} has ${row.length} columns, the first weights ${width}. Export the network again.`,
      )
  return { factor: spreadTo(factor ?? Float64Array.of(1), width), shift: spreadTo(shift ?? Float64Array.of(0), width) }
}

function sameScaler(a: ForeignNetwork['scaler'], b: ForeignNetwork['scaler']): boolean {
  if (a === null || b === null) return a === b
  const same = (s: Float64Array, t: Float64Array) => s.length === t.length && s.every((v, k) => v === t[k])
  return same(a.factor, b.factor) && same(a.shift, b.shift)
}

function matrixFrom(
  { shape, data }: Constant,
  transpose: boolean,
  { source }: Walk,
): { matrix: Float64Array; rows: number; cols: number } {
  if (shape.length !== 2 || data.length === 0)
    throw new UnsupportedError(
      `onnx: weights must be matrices; ${source} multiplies by a tensor of shape (${shape.join(', ')}). Only dense layers are audited.`,
      'E_NOT_TWO_LAYER',
    )
  const [rows, cols] = transpose ? [shape[1], shape[0]] : shape
  return {
    matrix: transpose ? data.map((_, at) => data[(at % cols) * rows + Math.floor(at / cols)]) : data,
    rows,
    cols,
  }
}

/** A constant as a row of columns: k, 1 × k or one number. */
function rowOf({ shape, data, texts }: Constant, width: number | null, op: string, { source }: Walk): Float64Array {
  const row = texts === null && data.length > 0 && shape.slice(0, -1).every(size => size === 1) && shape.length <= 2
  if (!row || (width !== null && data.length !== width && data.length !== 1))
    throw new UnsupportedError(
      `onnx: operator ${op} of ${source} must have one number a column; got a constant of shape (${shape.slice(0, 8).join(', ')}) for ${width ?? 'the input'} columns. Only sums and scales by columns are read.`,
      'E_UNSUPPORTED_OP',
    )
  return data
}

function spreadTo(row: Float64Array, width: number): Float64Array {
  return row.length === width ? row : new Float64Array(width).fill(row[0])
}
