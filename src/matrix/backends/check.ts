/**
 * The one gate in front of every kernel: types and lengths. The FFI checks neither, and reads past the end.
 * @module
 */
import { DomainError, ShapeError } from '../../errors.ts'

/**
 * Requires a rows × cols matrix with `ld` numbers from row to row to lie within `array`.
 *
 * @throws ShapeError when a size is not a whole number ≥ 0, ld < cols, the type is wrong or the array too short.
 */
export function checkMatrix(
  who: string,
  array: Float64Array,
  rows: number,
  cols: number,
  ld: number,
  type: 'Float64Array',
): void
export function checkMatrix(
  who: string,
  array: Float32Array,
  rows: number,
  cols: number,
  ld: number,
  type: 'Float32Array',
): void
export function checkMatrix(
  who: string,
  array: Float64Array | Float32Array,
  rows: number,
  cols: number,
  ld: number,
  type: 'Float64Array' | 'Float32Array',
): void {
  if (array?.constructor?.name !== type)
    throw new ShapeError(`${who}: numbers must come as ${type}; got ${array?.constructor?.name ?? typeof array}.`)
  checkSize(who, rows)
  checkSize(who, cols)
  checkSize(who, ld)
  if (ld < cols && rows > 1)
    throw new ShapeError(`${who}: the row distance must be at least the ${cols} columns; got ${ld}.`)
  if (rows > 0 && cols > 0 && array.length < (rows - 1) * ld + cols)
    throw new ShapeError(
      `${who}: a ${rows} × ${cols} matrix with row distance ${ld} takes ${(rows - 1) * ld + cols} numbers; got ${array.length}.`,
    )
}

/**
 * Requires `length` entries.
 *
 * @throws ShapeError when the array is shorter or of another type.
 */
export function checkVector(
  who: string,
  array: Float64Array | Uint32Array | Int32Array,
  length: number,
  type: 'Float64Array' | 'Uint32Array' | 'Int32Array',
): void {
  if (array?.constructor?.name !== type)
    throw new ShapeError(`${who}: entries must come as ${type}; got ${array?.constructor?.name ?? typeof array}.`)
  checkSize(who, length)
  if (array.length < length) throw new ShapeError(`${who}: ${length} entries are needed; got ${array.length}.`)
}

/** The FFI's integers are 32 bits wide. */
export function checkSize(who: string, size: number): void {
  if (!(Number.isInteger(size) && size >= 0 && size <= 0x7fffffff))
    throw new ShapeError(`${who}: sizes must be whole numbers in 0..2147483647; got ${size}.`)
}

/** Bits of `patterns` patterns for `count` ≤ 256 samples from the start of `words`. */
export function checkBits(who: string, words: Uint32Array, stride: number, patterns: number, count: number): void {
  if (!(Number.isInteger(count) && count >= 0 && count <= 256))
    throw new DomainError(`${who}: a block holds 0..256 samples; got ${count}. Stream longer data in blocks.`)
  checkWords(who, words, stride, patterns, count)
}

/** Bits of `patterns` patterns for any number of samples. */
export function checkWords(who: string, words: Uint32Array, stride: number, patterns: number, count: number): void {
  checkSize(who, patterns)
  checkVector(who, words, patterns === 0 ? 0 : (patterns - 1) * stride + Math.ceil(count / 32), 'Uint32Array')
}

/** The transform exists for powers of two only. */
export function checkPowerOfTwo(rows: number): void {
  if (!(Number.isInteger(rows) && rows > 0 && Number.isInteger(Math.log2(rows))))
    throw new DomainError(`fwht: the number of rows must be a power of two; got ${rows}. Pad with zero rows.`)
}

/** Every bucket must be a row of `out`, or memory of others would be written. */
export function checkSketch(
  a: Float64Array,
  rows: number,
  cols: number,
  bucket: Int32Array,
  sign: Float64Array,
  out: Float64Array,
): void {
  checkMatrix('countSketch a', a, rows, cols, cols, 'Float64Array')
  checkVector('countSketch bucket', bucket, rows, 'Int32Array')
  checkVector('countSketch sign', sign, rows, 'Float64Array')
  checkVector('countSketch out', out, 0, 'Float64Array')
  const buckets = cols === 0 ? 0x7fffffff : Math.floor(out.length / cols)
  for (let i = 0; i < rows; i++)
    if (!(bucket[i] >= 0 && bucket[i] < buckets))
      throw new DomainError(`countSketch: buckets must lie in 0..${buckets - 1}; got ${bucket[i]} for row ${i}.`)
}
