import { crc32 } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { parkMillerMatrix } from '../../test/oracles/sketches.ts'
import { FormatError } from '../errors.ts'
import { type Compressed, type CompressOptions, compress } from '../models/compression/index.ts'
import { readCompressed, writeCompressed } from './compressedFile.ts'

const files = new Map<string, Uint8Array>()
const a = parkMillerMatrix(9, 7, 3)
beforeAll(async () => {
  const kinds: Record<string, CompressOptions> = {
    product: { method: 'graded', bitsPerEntry: 8 },
    affine: { method: 'direct', bits: 3, grid: 'min-max' },
    codebook: { method: 'direct', bits: 2, grid: 'codebook' },
    both: { method: 'caldera', bits: 2, rank: 2, rounds: 2 },
  }
  for (const [name, options] of Object.entries(kinds))
    files.set(name, writeCompressed((await compress(a, options)).compressed))
})
const fileOf = (name: string): Uint8Array => (files.get(name) ?? new Uint8Array()).slice()

/** A file altered by somebody who knows the format: the checksum fits. */
function forged(name: string, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = fileOf(name)
  const view = new DataView(bytes.buffer)
  change(view, bytes)
  view.setUint32(44, crc32(bytes.subarray(48), crc32(bytes.subarray(0, 44))), true)
  return bytes
}

describe('nadirc', () => {
  it('has the bytes its page describes', async () => {
    const plain: Compressed = {
      ...{ rows: 2, cols: 3, exponent: -1, mean: 0, error: 0.5, norm: 2 },
      terms: [
        {
          ...{ kind: 'full', by: 'rows' },
          matrix: {
            ...{ lines: 2, length: 3, grid: 'symmetric', shared: true, bits: Uint8Array.of(2, 2) },
            ...{
              parameters: Float32Array.of(1),
              levels: new Float32Array(0),
              codes: Uint8Array.of(0b11100100, 0b0110),
            },
          },
        },
      ],
    }
    const bytes = writeCompressed(plain)
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '4e4144495243' +
        '0100' +
        '000000000000e03f' +
        '0000000000000040' +
        '0000000000000000' +
        '02000000' +
        '03000000' +
        'ffff' +
        '0100' +
        Buffer.from(bytes.subarray(44, 48)).toString('hex') +
        '01' +
        '01' +
        '01' +
        '02' +
        '02000000' +
        '0000803f' +
        'e406',
    )
    expect(readCompressed(bytes)).toEqual(plain)
  })

  it.each(['product', 'affine', 'codebook', 'both'])('%s: refused when cut anywhere, or with a bit turned', name => {
    const bytes = fileOf(name)
    expect(readCompressed(bytes).rows).toBe(9)
    for (let length = 0; length < bytes.length; length++)
      expect(() => readCompressed(bytes.subarray(0, length)), `cut at ${length}`).toThrow(FormatError)
    for (let at = 0; at < bytes.length; at++)
      for (const bit of [1, 128]) {
        const turned = bytes.slice()
        turned[at] ^= bit
        expect(() => readCompressed(turned), `bit ${bit} of byte ${at}`).toThrow(FormatError)
      }
    expect(() => readCompressed(Uint8Array.of(...bytes, 0))).toThrow('has 1 bytes after its last term')
  })

  it('works on a part of a larger buffer', () => {
    const bytes = fileOf('product')
    const wide = new Uint8Array(bytes.length + 7)
    wide.set(bytes, 3)
    expect(readCompressed(wide.subarray(3, 3 + bytes.length))).toEqual(readCompressed(bytes))
  })

  it.each([
    [
      'rows beyond the codes',
      'both',
      (v: DataView) => v.setUint32(32, 4_000_000_000, true),
      /must have 4000000000 lines/,
    ],
    [
      'columns beyond the codes',
      'both',
      (v: DataView) => v.setUint32(36, 4_000_000_000, true),
      /cut short, or altered/,
    ],
    ['no rows', 'both', (v: DataView) => v.setUint32(32, 0, true), /matrix with entries; it says 0 × 7/],
    ['a NaN error', 'both', (v: DataView) => v.setFloat64(8, Number.NaN, true), /finite norms ≥ 0.*NaN/],
    ['an infinite norm', 'both', (v: DataView) => v.setFloat64(16, Infinity, true), /finite norms ≥ 0/],
    ['a NaN mean', 'both', (v: DataView) => v.setFloat64(24, Number.NaN, true), /finite mean/],
    ['an exponent out of range', 'both', (v: DataView) => v.setInt16(40, 2000, true), /exponent 2000/],
    ['more terms', 'both', (v: DataView) => v.setUint16(42, 9, true), /ends before its term 3 of 9/],
    ['fewer terms', 'both', (v: DataView) => v.setUint16(42, 1, true), /bytes after its last term/],
    ['an unknown term', 'both', (v: DataView) => v.setUint8(48, 9), /unknown kind 9/],
    ['an unknown grid', 'both', (v: DataView) => v.setUint8(49, 4), /grid 4/],
    ['unknown flags', 'both', (v: DataView) => v.setUint8(50, 4), /flags 4/],
    ['nine bits', 'both', (v: DataView) => v.setUint8(51, 9), /bits 9/],
    ['no bits', 'both', (v: DataView) => v.setUint8(51, 0), /1 to 8 bits a code/],
    [
      'many lines',
      'both',
      (v: DataView) => v.setUint32(52, 4_000_000_000, true),
      /4000000000 lines of 7 codes of 2 bits/,
    ],
    ['fewer lines', 'both', (v: DataView) => v.setUint32(52, 8, true), /must have 9 lines in term 1; it says 8/],
    [
      'many lines of no bits',
      'affine',
      (v: DataView) => {
        v.setUint8(51, 0)
        v.setUint32(52, 4_000_000_000, true)
      },
      /4000000000 lines of no bits/,
    ],
    ['a NaN scale', 'both', (v: DataView) => v.setFloat32(56, Number.NaN, true), /finite scales/],
    ['another version', 'both', (v: DataView) => v.setUint16(6, 2, true), /version 2; version 1 is known/],
  ] as const)('lies about %s are seen', (_, name, change, message) => {
    expect(() => readCompressed(forged(name, change), 'x.nadirc')).toThrow(message)
  })

  it('codes end in zero bits', () => {
    const bytes = forged('affine', (_, all) => {
      all[all.length - 1] |= 128
    })
    // 9·7·3 = 189 bits: three of the last byte are unused.
    expect(() => readCompressed(bytes)).toThrow('must end its codes with zero bits')
  })

  it('is not taken for another file', () => {
    expect(() => readCompressed(new Uint8Array(80), 'x.bin')).toThrow(
      'nadirc: x.bin does not begin as a compressed matrix does. Give a file written by nadir compress.',
    )
  })
})
