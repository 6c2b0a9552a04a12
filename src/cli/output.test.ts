import { describe, expect, it } from 'vitest'
import { columns, csvCell, duration, figure, jsonText, wrap } from './output.ts'

describe('figure', () => {
  it.each([
    [0, '0'],
    [1.23456789, '1.23457'],
    [123456.789, '123457'],
    [1e7, '1.000e+7'],
    [0.00001, '1.000e-5'],
    [-0.5, '-0.5'],
    [4e-16, '0'],
    [-Infinity, '−∞'],
    [Number.NaN, '—'],
  ])('%d is %s', (value, text) => expect(figure(value)).toBe(text))
})

describe('duration', () => {
  it.each([
    [0.0012, '0.001 s'],
    [0.42, '0.42 s'],
    [12.4, '12 s'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
    [Infinity, '—'],
  ])('%d is %s', (seconds, text) => expect(duration(seconds)).toBe(text))
})

describe('columns, wrap, csvCell, jsonText', () => {
  it('aligns texts left and figures right', () => {
    expect(
      columns(
        ['name', 'R²'],
        [
          ['a', '1.5'],
          ['long name', '10'],
        ],
      ),
    ).toBe('name        R²\na          1.5\nlong name   10\n')
  })
  it('breaks between words only', () => {
    expect(wrap('one two three', { indent: '  ', most: 9 })).toBe('  one two\n  three')
    expect(wrap('unbreakable', { most: 3 })).toBe('unbreakable')
  })
  it('quotes what CSV needs quoted', () => {
    expect(['a', 'a,b', 'a"b', 'a\nb', 1.5].map(csvCell)).toEqual(['a', '"a,b"', '"a""b"', '"a\nb"', '1.5'])
  })
  it('prints what JSON cannot hold as null, and typed arrays as arrays', () => {
    expect(JSON.parse(jsonText({ a: -Infinity, b: Float64Array.of(1, 2) }))).toEqual({ a: null, b: [1, 2] })
  })
})
