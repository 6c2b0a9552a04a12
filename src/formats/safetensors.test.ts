import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors.ts'
import { readSafetensors, type Tensor, writeSafetensors } from './safetensors.ts'

const tensors = new Map<string, Tensor>([
  ['a', { shape: [2, 3], data: Float64Array.of(0.1, -1 / 3, 5e-324, 1e300, Math.PI, -0) }],
  ['__proto__', { shape: [1], data: Float64Array.of(7) }],
  ['empty "quoted"', { shape: [0, 4], data: new Float64Array() }],
  ['scalar', { shape: [], data: Float64Array.of(42) }],
])

/** A file of this header over `size` bytes of data. */
function file(header: unknown, size: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const out = new Uint8Array(8 + text.length + size)
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true)
  out.set(text, 8)
  return out
}
const f64 = (shape: unknown, from: unknown, to: unknown, dtype: unknown = 'F64') => ({
  dtype,
  shape,
  data_offsets: [from, to],
})

describe('safetensors', () => {
  it('come back to the bit, data at a multiple of 8', () => {
    const bytes = writeSafetensors(tensors)
    expect(readSafetensors(bytes)).toEqual(tensors)
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.array(fc.double(), { maxLength: 5 })), { maxLength: 4 }), list => {
        const given = new Map(
          list
            .filter(([name]) => name !== '__metadata__')
            .map(([name, values]): [string, Tensor] => [
              name,
              { shape: [values.length], data: Float64Array.from(values) },
            ]),
        )
        expect(readSafetensors(writeSafetensors(given))).toEqual(given)
      }),
      { seed: 3, numRuns: 100 },
    )
  })

  it('reads float32 and skips metadata', () => {
    const bytes = file({ __metadata__: { by: 'x' }, w: f64([2], 0, 8, 'F32') }, 8)
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, 0.5, true)
    expect(readSafetensors(bytes).get('w')).toEqual({ shape: [2], data: Float64Array.of(0, 0.5) })
  })

  it('refuses every truncation, and bytes too many', () => {
    const bytes = writeSafetensors(tensors)
    for (let length = 0; length < bytes.length; length++)
      expect(() => readSafetensors(bytes.slice(0, length))).toThrow(FormatError)
    expect(() => readSafetensors(Uint8Array.of(...bytes, 0))).toThrow('has 1 bytes that belong to no tensor')
  })

  it.each([
    [file('', 8), 'has a header that is no JSON object'],
    [file('[]', 8), 'has a header that is no JSON object'],
    [file('{"a', 8), 'has a header that is no JSON object'],
    [Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 0, 0), 'has a header of 9223372036854775807 bytes'],
    [file({ a: f64([1], 0, 16) }, 16), 'must hold 8 bytes for "a"'],
    [file({ a: f64([3], 0, 24) }, 8), 'must hold 24 bytes for "a"'],
    [file({ a: f64([2 ** 40, 2 ** 40], 0, 8) }, 8), 'must hold'],
    [file({ a: f64([-1], 0, 8) }, 8), 'does not say what "a" is'],
    [file({ a: f64([1], -8, 0) }, 8), 'does not say what "a" is'],
    [file({ a: f64([1.5], 0, 12) }, 12), 'does not say what "a" is'],
    [file({ a: null }, 8), 'does not say what "a" is'],
    [file({ a: f64([1], 0, 8), b: f64([1], 0, 8) }, 8), 'must hold its tensors one after the other'],
    [file({ a: f64([1], 8, 16) }, 16), 'must hold its tensors one after the other'],
    [file({ a: f64([1], 0, 8) }, 16), 'has 8 bytes that belong to no tensor'],
    [file({ a: f64([1], 0, 8, 'I64') }, 8), 'holds "a" as I64; F64 and F32 are read. Convert it to float64.'],
  ])('refuses %#', (bytes, message) => {
    expect(() => readSafetensors(bytes, 'w.safetensors')).toThrow(FormatError)
    expect(() => readSafetensors(bytes, 'w.safetensors')).toThrow(`safetensors: w.safetensors ${message}`)
  })

  it('does not write what does not fit', () => {
    expect(() => writeSafetensors(new Map([['a', { shape: [2], data: new Float64Array(3) }]]))).toThrow(
      'safetensors: "a" of shape 2 needs 2 numbers; got 3.',
    )
  })
})
