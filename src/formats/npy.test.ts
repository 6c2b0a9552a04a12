import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError, ShapeError } from '../errors.ts'
import { isNpy, type NpyType, npyMatrix, readNpy, writeNpy } from './npy.ts'

/** A file with any header and data, as a foreign program might write it. */
function file(header: string, data: ArrayLike<number> = [], version = 1): Uint8Array {
  const bytes = [header.length & 255, (header.length >> 8) & 255, header.length >> 16, 0]
  const length = version === 1 ? bytes.slice(0, 2) : bytes
  return Uint8Array.from([
    0x93,
    ...Buffer.from('NUMPY'),
    version,
    0,
    ...length,
    ...Buffer.from(header),
    ...Array.from(data),
  ])
}
const plain = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`

describe('npy', () => {
  it('writes the bytes numpy.save writes', () => {
    // numpy 1.26.4: np.save(f, np.array([[1.0, 2.0]])), as hexadecimal of header and data.
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }".padEnd(117) + '\n'
    const expected = [...file(header), ...new Uint8Array(Float64Array.of(1, 2).buffer)]
    const bytes = writeNpy({ shape: [1, 2], data: Float64Array.of(1, 2) })
    expect([...bytes]).toEqual(expected)
    expect(bytes.length).toBe(128 + 16)
  })

  it('gives back what it wrote, to the bit', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { maxLength: 12 }), values => {
        const back = readNpy(writeNpy({ shape: [values.length], data: Float64Array.from(values) }))
        expect(back.shape).toEqual([values.length])
        expect([...back.data].every((v, i) => Object.is(v, values[i]))).toBe(true)
      }),
      { seed: 3 },
    )
  })

  it.each<[NpyType, number[]]>([
    ['f4', [0.5, -3, 2 ** 100]],
    ['i4', [-(2 ** 31), 0, 2 ** 31 - 1]],
    ['i8', [-(2 ** 53), 0, 2 ** 53]],
    ['u1', [0, 17, 255]],
    ['bool', [0, 1, 1]],
  ])('%s goes there and back', (type, values) => {
    const bytes = writeNpy({ shape: [3, 1], data: Float64Array.from(values) }, { type })
    expect([...readNpy(bytes).data]).toEqual(values)
  })

  it.each<[NpyType, number]>([
    ['i4', 0.5],
    ['i4', 2 ** 31],
    ['u1', -1],
    ['bool', 2],
    ['i8', Number.NaN],
  ])('%s refuses %d', (type, value) => {
    expect(() => writeNpy({ shape: [1], data: Float64Array.of(value) }, { type })).toThrow(
      `npy: ${type} cannot hold ${value} (element 0). Write it as f8.`,
    )
  })

  it('reads Fortran order and big-endian numbers', () => {
    const columns = new Uint8Array(Float64Array.of(1, 4, 2, 5, 3, 6).buffer)
    const { shape, data } = readNpy(file(plain('<f8', '(2, 3)', 'True'), columns))
    expect(shape).toEqual([2, 3])
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6])
    expect([...readNpy(file(plain('>i2', '(2,)'), [1, 2, 255, 254])).data]).toEqual([258, -2])
    expect([...readNpy(file(plain('>i2', '(1,)'), [1, 2], 2)).data]).toEqual([258])
    // Three axes: a[i,j,k] = 4i + 2j + k, stored first axis fastest.
    const cube = readNpy(file(plain('|u1', '(2, 2, 2)', 'True'), [0, 4, 2, 6, 1, 5, 3, 7]))
    expect([...cube.data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  it('refuses hostile and foreign files', () => {
    const cases: [Uint8Array, string][] = [
      [Uint8Array.of(1, 2, 3), 'does not begin as a .npy file does'],
      [file(plain('<f8', '(2,)'), [0, 0]), 'must hold 16 bytes of data for shape (2,); it has 2. It was cut short'],
      [file(plain('|u1', '(2,)'), [0, 0, 0]), 'must hold 2 bytes of data for shape (2,); it has 3'],
      [file(plain('|u1', '(9007199254740993, 2)')), 'has the shape (9007199254740993, 2), which is too large'],
      [file(plain('<f8', '(4000000000,)')), 'must hold 32000000000 bytes'],
      [file(plain('|O', '(1,)'), [0]), 'holds elements of type "O"'],
      [file(plain('<c16', '(0,)')), 'holds elements of type "c16"'],
      [
        file("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }"),
        'has a header that describes no plain array',
      ],
      [
        file("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }"),
        'has a header that describes no plain array',
      ],
      [file("__import__('os').system('true')"), 'has a header that describes no plain array'],
      [file(plain('|u1', `(${'1,'.repeat(40)})`), [0]), 'has the shape (1,1'],
      [file(plain('|u1', '(1,)'), [0], 9), 'has version 9.0'],
      [file(plain('|u1', '(1,)')).subarray(0, 30), 'ends inside its header'],
      [file(plain('|u1', '(1,)')).subarray(0, 9), 'ends inside its header'],
      [file(' '.repeat(60_000) + ' '.repeat(10_000), [], 2), 'has a header of'],
    ]
    for (const [bytes, message] of cases) {
      expect(() => readNpy(bytes, 'x.npy'), message).toThrow(FormatError)
      expect(() => readNpy(bytes, 'x.npy'), message).toThrow(`npy: x.npy ${message}`)
    }
  })

  it('never throws anything but FormatError, whatever bytes are changed', () => {
    const good = writeNpy({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) })
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, cut) => {
        const bytes = good.slice(0, cut)
        if (at < cut) bytes[at] = byte
        try {
          readNpy(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
      { seed: 4, numRuns: 500 },
    )
  })

  it('makes matrices of one and two axes', () => {
    expect(npyMatrix({ shape: [2], data: Float64Array.of(1, 2) })).toMatchObject({ rows: 2, cols: 1 })
    expect(() => npyMatrix({ shape: [1, 1, 1], data: Float64Array.of(1) })).toThrow(ShapeError)
    expect(() => writeNpy({ shape: [3], data: Float64Array.of(1) })).toThrow('npy: shape 3 needs 3 numbers; got 1.')
    expect(isNpy(writeNpy({ shape: [0], data: new Float64Array(0) }))).toBe(true)
  })
})
