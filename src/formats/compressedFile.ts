/**
 * Compressed matrices on disk: `.nadirc`, little-endian, version 1 (docs/math/compression.md has the table).
 *
 *   0   'NADIRC', version (u16)
 *   8   ‖A − Â‖_F, ‖A‖_F, mean (f64 each)
 *   32  rows, columns (u32), exponent (i16), number of terms (u16)
 *   44  CRC-32 of all other bytes (u32)
 *   48  terms: kind (u8: 1 whole by rows, 2 whole by columns, 3 product), then one block of coded lines, or two (L, R)
 *
 *   block: grid (u8: 0 integer, 1 symmetric, 2 affine, 3 codebook), flags (u8: 1 shared, 2 bits differ), bits (u8; 0 when they differ), lines (u32),
 *   [bits of each line (u8)], parameters (f32), codebook (2^bits f32), codes (bit stream, low bit first, zero bits to the end of the byte)
 *
 * Sizes are checked against the length of the file before anything is reserved; every byte is covered by the checksum; what is read is read whole or refused.
 * @module
 */
import { crc32 } from 'node:zlib'
import { FormatError } from '../errors.ts'
import { type CodedLines, type GridKind, mixedBits, PARAMETERS, totalBits } from '../models/compression/codedLines.ts'
import type { Compressed, Term } from '../models/compression/compressed.ts'

/** Version of the format, written into every file. */
export const COMPRESSED_VERSION = 1
const MAGIC = [0x4e, 0x41, 0x44, 0x49, 0x52, 0x43]
const HEADER = 48
const CHECKSUM_AT = 44
const GRIDS: readonly GridKind[] = ['integer', 'symmetric', 'affine', 'codebook']
const [SHARED, MIXED] = [1, 2]
const [BY_ROWS, BY_COLUMNS, PRODUCT] = [1, 2, 3]

/** The bytes of a `.nadirc` file. */
export function writeCompressed(c: Compressed): Uint8Array {
  const parts: Uint8Array[] = []
  const head = new DataView(new ArrayBuffer(HEADER))
  for (let i = 0; i < MAGIC.length; i++) head.setUint8(i, MAGIC[i])
  head.setUint16(6, COMPRESSED_VERSION, true)
  head.setFloat64(8, c.error, true)
  head.setFloat64(16, c.norm, true)
  head.setFloat64(24, c.mean, true)
  head.setUint32(32, c.rows, true)
  head.setUint32(36, c.cols, true)
  head.setInt16(40, c.exponent, true)
  head.setUint16(42, c.terms.length, true)
  parts.push(new Uint8Array(head.buffer))
  for (const term of c.terms) {
    if (term.kind === 'product') parts.push(Uint8Array.of(PRODUCT), ...blockOf(term.left), ...blockOf(term.right))
    else parts.push(Uint8Array.of(term.by === 'rows' ? BY_ROWS : BY_COLUMNS), ...blockOf(term.matrix))
  }
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  new DataView(out.buffer).setUint32(CHECKSUM_AT, checksum(out), true)
  return out
}

/**
 * Reads the bytes of a `.nadirc` file. Allocates at most eight bytes for each byte of the file.
 *
 * @throws FormatError for a foreign, newer, cut, overlong or damaged file.
 */
export function readCompressed(bytes: Uint8Array, source = 'the file'): Compressed {
  const bad = (what: string, todo = 'Compress the matrix again, or copy the file again.') =>
    new FormatError(`nadirc: ${source} ${what}. ${todo}`)
  if (bytes.length < 8 || !MAGIC.every((byte, i) => bytes[i] === byte))
    throw bad('does not begin as a compressed matrix does', 'Give a file written by nadir compress.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint16(6, true)
  if (version !== COMPRESSED_VERSION)
    throw bad(`has version ${version}; version ${COMPRESSED_VERSION} is known`, 'Read it with the nadir that wrote it.')
  if (bytes.length < HEADER) throw bad(`ends inside its header, after ${bytes.length} bytes`)
  const [error, norm, mean] = [8, 16, 24].map(at => view.getFloat64(at, true))
  const [rows, cols] = [view.getUint32(32, true), view.getUint32(36, true)]
  const [exponent, count] = [view.getInt16(40, true), view.getUint16(42, true)]
  if (!(error >= 0 && error < Infinity && norm >= 0 && norm < Infinity && Number.isFinite(mean)))
    throw bad(`must hold finite norms ≥ 0 and a finite mean; it has ${error}, ${norm} and ${mean}`)
  if (rows === 0 || cols === 0 || Math.abs(exponent) > 1074)
    throw bad(`must hold a matrix with entries; it says ${rows} × ${cols}, exponent ${exponent}`)
  const cursor = { at: HEADER }
  const terms: Term[] = []
  for (let t = 0; t < count; t++) {
    if (cursor.at >= bytes.length) throw bad(`ends before its term ${t + 1} of ${count}`)
    const kind = bytes[cursor.at++]
    if (kind === PRODUCT) {
      const left = readBlock(view, bytes, cursor, rows, bad)
      const right = readBlock(view, bytes, cursor, cols, bad)
      if (left.lines !== right.lines || left.lines > Math.min(rows, cols))
        throw bad(
          `must have factors of one rank ≤ ${Math.min(rows, cols)}; term ${t + 1} has ${left.lines} and ${right.lines}`,
        )
      terms.push({ kind: 'product', left, right })
    } else if (kind === BY_ROWS || kind === BY_COLUMNS) {
      const [lines, length] = kind === BY_ROWS ? [rows, cols] : [cols, rows]
      const matrix = readBlock(view, bytes, cursor, length, bad)
      if (matrix.lines !== lines) throw bad(`must have ${lines} lines in term ${t + 1}; it says ${matrix.lines}`)
      terms.push({ kind: 'full', by: kind === BY_ROWS ? 'rows' : 'columns', matrix })
    } else throw bad(`has a term of the unknown kind ${kind}`)
  }
  if (cursor.at !== bytes.length) throw bad(`has ${bytes.length - cursor.at} bytes after its last term`)
  const stored = view.getUint32(CHECKSUM_AT, true)
  if (stored !== checksum(bytes)) throw bad('was altered: its checksum does not fit')
  return { rows, cols, exponent, mean, terms, error, norm }
}

/** Whether bytes begin as a compressed matrix does. */
export function isCompressed(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte)
}

function blockOf(coded: CodedLines): Uint8Array[] {
  const mixed = mixedBits(coded)
  const head = new DataView(new ArrayBuffer(7))
  head.setUint8(0, GRIDS.indexOf(coded.grid))
  head.setUint8(1, (coded.shared ? SHARED : 0) | (mixed ? MIXED : 0))
  head.setUint8(2, mixed ? 0 : coded.bits[0])
  head.setUint32(3, coded.lines, true)
  return [
    new Uint8Array(head.buffer),
    ...(mixed ? [coded.bits] : []),
    floats(coded.parameters),
    floats(coded.levels),
    coded.codes,
  ]
}

type Refuse = (what: string, todo?: string) => FormatError

function readBlock(view: DataView, bytes: Uint8Array, cursor: { at: number }, length: number, bad: Refuse): CodedLines {
  const need = (size: number): number => {
    const from = cursor.at
    if (!(size <= bytes.length - from))
      throw bad(`must hold ${size} bytes from ${from} on; it has ${bytes.length - from}. It was cut short, or altered`)
    cursor.at += size
    return from
  }
  const head = need(7)
  const grid = GRIDS[bytes[head]]
  const flags = bytes[head + 1]
  const even = bytes[head + 2]
  const lines = view.getUint32(head + 3, true)
  const [shared, mixed] = [(flags & SHARED) !== 0, (flags & MIXED) !== 0]
  if (grid === undefined || flags > (SHARED | MIXED) || lines === 0 || (mixed ? even !== 0 : even > 8))
    throw bad(`has a block with grid ${bytes[head]}, flags ${flags}, bits ${even} and ${lines} lines, which is none`)
  // The bits of codes are known to fit before a table of lines is made.
  if (!mixed && !(Math.ceil((even * lines * length) / 8) <= bytes.length - cursor.at))
    throw bad(
      `must hold ${lines} lines of ${length} codes of ${even} bits; it has ${bytes.length - cursor.at} bytes more. It was cut short, or altered`,
    )
  const from = mixed ? need(lines) : 0
  // Lines without codes take a byte each, in a table or as parameters: uniform ones would take none.
  if (!mixed && even === 0 && lines > bytes.length) throw bad(`says ${lines} lines of no bits, more than it has bytes`)
  const bits = mixed ? bytes.slice(from, from + lines) : new Uint8Array(lines).fill(even)
  if (bits.some(b => b > 8 || (b === 0 && grid !== 'affine')))
    throw bad('must have 1 to 8 bits a code (0 on affine grids only)')
  if (grid === 'codebook' && mixed) throw bad('has a codebook for lines that differ in bits')
  const parameters = readFloats(view, need(4 * PARAMETERS[grid] * (shared ? 1 : lines)), cursor.at)
  const levels = readFloats(view, need(grid === 'codebook' ? 4 * 2 ** even : 0), cursor.at)
  if (![parameters, levels].every(list => list.every(Number.isFinite)))
    throw bad('must hold finite scales; it has NaN or an infinity')
  const total = totalBits(bits, length)
  const start = need(Math.ceil(total / 8))
  const codes = bytes.slice(start, cursor.at)
  const used = total % 8
  if (used !== 0 && codes[codes.length - 1] >>> used !== 0) throw bad('must end its codes with zero bits')
  return { lines, length, grid, shared, bits, parameters, levels, codes }
}

function readFloats(view: DataView, from: number, end: number): Float32Array {
  return Float32Array.from({ length: (end - from) / 4 }, (_, i) => view.getFloat32(from + 4 * i, true))
}

function floats(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * values.length))
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i], true)
  return new Uint8Array(view.buffer)
}

/** CRC-32 of all bytes but the checksum's own. */
function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(CHECKSUM_AT + 4), crc32(bytes.subarray(0, CHECKSUM_AT)))
}
