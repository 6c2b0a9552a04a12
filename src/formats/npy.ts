/**
 * NumPy's .npy files: one array, its type and order in a short text header.
 *
 * Layout: the bytes 93 'NUMPY', version (1–3, minor 0), header length (2 bytes, 4 from version 2), a Python dictionary
 * {'descr', 'fortran_order', 'shape'}, the data. Read: little- or big-endian f4 f8, i1 i2 i4 i8, u1 u2 u4 u8, bool, in C or Fortran order.
 * The header is matched, never evaluated, and nothing is reserved before the length of the file is seen to fit.
 * Source: NEP 1, "A simple file format for NumPy arrays".
 * @module
 */
import { FormatError, ShapeError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'

/** An array of any number of axes, in C order, as float64. */
export interface NpyArray {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

/** An element type of `.npy` files that is read. */
export type NpyType = 'f8' | 'f4' | 'i4' | 'i8' | 'u1' | 'bool'

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]
const MOST_AXES = 32
const HEADER =
  /^\{\s*'descr'\s*:\s*'([<>=|]?)([a-zA-Z?]\d*)'\s*,\s*'fortran_order'\s*:\s*(True|False)\s*,\s*'shape'\s*:\s*\(([\d\s,]*)\)\s*,?\s*\}\s*$/

/** Whether bytes begin as a .npy file does. */
export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte)
}

/** What the header says: where the data begin, of which type and shape. */
export interface NpyHeader {
  readonly shape: readonly number[]
  readonly fortran: boolean
  /** Bytes before the data. */
  readonly start: number
  /** Bytes of an element. */
  readonly bytes: number
  /** The element at a byte. */
  read(view: DataView, at: number): number
}

/**
 * Reads the header from the first bytes of a file (64 KiB hold it).
 *
 * @param size bytes of the whole file; nothing is reserved before it is seen to fit.
 * @throws FormatError for a foreign, damaged, cut or overlong file, or an element type that holds no numbers.
 */
export function npyHeader(bytes: Uint8Array, size: number, source = 'the file'): NpyHeader {
  const bad = (what: string, todo: string) => new FormatError(`npy: ${source} ${what}. ${todo}`)
  const rewrite = 'Write it again with numpy.save.'
  if (!isNpy(bytes)) throw bad('does not begin as a .npy file does', 'Give a file written by numpy.save.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const major = bytes[6]
  if (!(major >= 1 && major <= 3 && bytes[7] === 0))
    throw bad(`has version ${major}.${bytes[7]}; versions 1.0 to 3.0 are known`, rewrite)
  const start = major === 1 ? 10 : 12
  if (bytes.length < start) throw bad('ends inside its header', rewrite)
  const end = start + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (end > size) throw bad('ends inside its header', rewrite)
  if (end - start > 65_536) throw bad(`has a header of ${end - start} bytes, which no plain array needs`, rewrite)
  const match = HEADER.exec(new TextDecoder().decode(bytes.subarray(start, end)))
  if (match === null)
    throw bad('has a header that describes no plain array (records and objects are not read)', rewrite)
  const [, order, type, fortran, axes] = match
  const shape = axes
    .split(',')
    .map(axis => axis.trim())
    .filter(axis => axis !== '')
    .map(Number)
  const count = shape.reduce((product, axis) => product * axis, 1)
  if (shape.length > MOST_AXES || !shape.every(Number.isSafeInteger) || !Number.isSafeInteger(count))
    throw bad(`has the shape (${axes.trim()}), which is too large`, rewrite)
  const reader = READERS.get(type)
  if (reader === undefined)
    throw bad(`holds elements of type "${type}"; f4 f8, i1–i8, u1–u8 and bool are read`, 'Convert with .astype("f8").')
  const needed = count * reader.bytes
  if (size - end !== needed)
    throw bad(
      `must hold ${needed} bytes of data for shape (${axes.trim()}); it has ${size - end}`,
      size - end < needed ? 'It was cut short: copy it again.' : rewrite,
    )
  const little = order !== '>'
  return {
    shape,
    fortran: fortran === 'True',
    start: end,
    bytes: reader.bytes,
    read: (data, at) => reader.read(data, at, little),
  }
}

/**
 * Reads the bytes of a .npy file. Whole numbers beyond 2⁵³ are rounded to float64.
 *
 * @throws FormatError as `npyHeader`.
 */
export function readNpy(bytes: Uint8Array, source = 'the file'): NpyArray {
  const header = npyHeader(bytes, bytes.length, source)
  const { shape } = header
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data = new Float64Array(shape.reduce((product, axis) => product * axis, 1))
  for (let i = 0; i < data.length; i++) data[i] = header.read(view, header.start + i * header.bytes)
  return { shape, data: header.fortran ? fromFortran(data, shape) : data }
}

/**
 * An array as a matrix: one axis is one column, two axes as they are.
 *
 * @throws ShapeError for other numbers of axes.
 */
export function npyMatrix({ shape, data }: NpyArray, source = 'the file'): Dense {
  const [rows, cols] = matrixShape(shape, source)
  return dense(rows, cols, data)
}

/**
 * Rows and columns of a shape of one or two axes.
 *
 * @throws ShapeError for other numbers of axes.
 */
export function matrixShape(shape: readonly number[], source = 'the file'): [number, number] {
  if (shape.length === 1) return [shape[0], 1]
  if (shape.length === 2) return [shape[0], shape[1]]
  throw new ShapeError(
    `npy: a table needs one or two axes; ${source} has ${shape.length} (shape ${shape.join(' × ')}). Reshape it to rows × columns.`,
  )
}

/**
 * The bytes of a .npy file (version 1.0, little-endian, C order; header padded so that data begin at a multiple of 64).
 *
 * @throws ShapeError when shape and data do not fit.
 * @throws FormatError when a number cannot be held by `type` exactly (f4 rounds).
 */
export function writeNpy(array: NpyArray, options: { readonly type?: NpyType } = {}): Uint8Array {
  const { type = 'f8' } = options
  const { shape, data } = array
  const count = shape.reduce((product, axis) => product * axis, 1)
  if (count !== data.length)
    throw new ShapeError(`npy: shape ${shape.join(' × ')} needs ${count} numbers; got ${data.length}.`)
  const { descr, bytes, write } = WRITERS[type]
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`
  const header = `${text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11)}\n`
  const out = new Uint8Array(10 + header.length + count * bytes)
  const view = new DataView(out.buffer)
  out.set([...MAGIC, 1, 0])
  view.setUint16(8, header.length, true)
  out.set(new TextEncoder().encode(header), 10)
  for (let i = 0, at = 10 + header.length; i < count; i++, at += bytes) {
    write(view, at, data[i])
    if (type !== 'f4' && type !== 'f8' && READERS.get(descr.slice(1))?.read(view, at, true) !== data[i])
      throw new FormatError(`npy: ${type} cannot hold ${data[i]} (element ${i}). Write it as f8.`)
  }
  return out
}

interface Reader {
  readonly bytes: number
  read(view: DataView, at: number, little: boolean): number
}

const READERS: ReadonlyMap<string, Reader> = new Map([
  ['f8', { bytes: 8, read: (v: DataView, at: number, le: boolean) => v.getFloat64(at, le) }],
  ['f4', { bytes: 4, read: (v: DataView, at: number, le: boolean) => v.getFloat32(at, le) }],
  ['i8', { bytes: 8, read: (v: DataView, at: number, le: boolean) => Number(v.getBigInt64(at, le)) }],
  ['i4', { bytes: 4, read: (v: DataView, at: number, le: boolean) => v.getInt32(at, le) }],
  ['i2', { bytes: 2, read: (v: DataView, at: number, le: boolean) => v.getInt16(at, le) }],
  ['i1', { bytes: 1, read: (v: DataView, at: number) => v.getInt8(at) }],
  ['u8', { bytes: 8, read: (v: DataView, at: number, le: boolean) => Number(v.getBigUint64(at, le)) }],
  ['u4', { bytes: 4, read: (v: DataView, at: number, le: boolean) => v.getUint32(at, le) }],
  ['u2', { bytes: 2, read: (v: DataView, at: number, le: boolean) => v.getUint16(at, le) }],
  ['u1', { bytes: 1, read: (v: DataView, at: number) => v.getUint8(at) }],
  ['b1', { bytes: 1, read: (v: DataView, at: number) => (v.getUint8(at) === 0 ? 0 : 1) }],
])

const WRITERS: Record<
  NpyType,
  { readonly descr: string; readonly bytes: number; write(view: DataView, at: number, value: number): void }
> = {
  f8: { descr: '<f8', bytes: 8, write: (v, at, x) => v.setFloat64(at, x, true) },
  f4: { descr: '<f4', bytes: 4, write: (v, at, x) => v.setFloat32(at, x, true) },
  i8: {
    descr: '<i8',
    bytes: 8,
    write: (v, at, x) => v.setBigInt64(at, Number.isInteger(x) ? BigInt(x) : 0n, true),
  },
  i4: { descr: '<i4', bytes: 4, write: (v, at, x) => v.setInt32(at, x, true) },
  u1: { descr: '|u1', bytes: 1, write: (v, at, x) => v.setUint8(at, x) },
  bool: { descr: '|b1', bytes: 1, write: (v, at, x) => v.setUint8(at, x) },
}

/** Fortran order (first axis fastest) to C order (last axis fastest). */
function fromFortran(data: Float64Array, shape: readonly number[]): Float64Array {
  const out = new Float64Array(data.length)
  const index = shape.map(() => 0)
  const strides = shape.map((_, a) => shape.slice(0, a).reduce((product, axis) => product * axis, 1))
  for (let i = 0; i < out.length; i++) {
    let from = 0
    for (let a = 0; a < shape.length; a++) from += index[a] * strides[a]
    out[i] = data[from]
    for (let a = shape.length - 1; a >= 0; a--) {
      index[a]++
      if (index[a] < shape[a]) break
      index[a] = 0
    }
  }
  return out
}
