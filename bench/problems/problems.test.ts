import { describe, expect, it } from 'vitest'
import { maskBit, maskCount } from '../../src/matrix/masks.ts'
import { draws, patternsOf, planted } from './generator.ts'
import { problemNamed, problems } from './index.ts'

const sum = (v: Float64Array): number => v.reduce((total, each) => total + each, 0)
const energy = (v: Float64Array): number => v.reduce((total, each) => total + each * each, 0)

describe('race problems', () => {
  it('A has the published numbers', () => {
    const { x, y, masks } = problemNamed('A').make()
    expect([x.rows, x.cols, masks.patterns]).toEqual([500, 20, 200])
    expect(x.data[0]).toBeCloseTo(1.549242583, 9)
    expect(x.data[1]).toBeCloseTo(0.983697099, 9)
    expect(y[0]).toBeCloseTo(-3.535196415, 9)
    expect(sum(x.data)).toBeCloseTo(63.223484, 6)
    expect(energy(y)).toBeCloseTo(3454.889992, 6)
  })

  it('C has the published numbers and every non-zero pattern', () => {
    const { x, y, masks, gates } = problemNamed('C').make()
    expect([x.rows, x.cols, masks.patterns]).toEqual([30, 3, 872])
    expect(x.data[0]).toBeCloseTo(0.141970438, 9)
    expect(x.data[1]).toBeCloseTo(-0.864253025, 9)
    expect(y[0]).toBeCloseTo(-1.819098979, 9)
    expect(sum(x.data)).toBeCloseTo(4.341696, 6)
    expect(energy(y)).toBeCloseTo(121.739157, 6)
    // Each gate realises its pattern, and no sampled direction shows a pattern that is missing.
    for (let k = 0; k < masks.patterns; k++)
      for (let i = 0; i < x.rows; i++) {
        let z = 0
        for (let j = 0; j < 3; j++) z += x.data[i * 3 + j] * gates.data[k * 3 + j]
        expect(maskBit(masks, k, i)).toBe(z > 0)
      }
    const sampled = patternsOf(x, draws(5).matrix(3, 5000)).masks
    const known = new Set(Array.from({ length: masks.patterns }, (_, k) => bits(masks, k)))
    for (let k = 0; k < sampled.patterns; k++) expect(known.has(bits(sampled, k))).toBe(true)
  })

  it('diabetes is standardised, with a ones column', () => {
    const { x, y, masks } = problemNamed('diabetes').make()
    expect([x.rows, x.cols, masks.patterns]).toEqual([442, 11, 100])
    for (let j = 0; j < 10; j++) {
      const column = Float64Array.from({ length: 442 }, (_, i) => x.data[i * 11 + j])
      expect(sum(column)).toBeCloseTo(0, 9)
      expect(energy(column)).toBeCloseTo(442, 9)
    }
    expect(x.data[10]).toBe(1)
    expect(energy(y)).toBeCloseTo(442, 9)
  })

  it('the labels of A-logistic and A-multinomial are balanced', () => {
    expect(sum(problemNamed('A-logistic').make().y)).toBe(0)
    const classes = problemNamed('A-multinomial').make().y
    expect([0, 1, 2].map(c => classes.filter(each => each === c).length)).toEqual([166, 167, 167])
  })

  it('patterns are distinct, non-zero and strict', () => {
    const { x } = planted(1, { n: 5, d: 2, hidden: 1, patterns: 0 })
    const gates = { rows: 2, cols: 4, data: Float64Array.from([1, 1, 0, -1, 0, 0, 0, 0]) }
    const { masks, gates: kept } = patternsOf(x, gates)
    expect([...kept.data]).toEqual([1, 0, -1, 0])
    expect(maskCount(masks, 0) + maskCount(masks, 1)).toBe(5)
  })

  it('names are unique and an unknown one is refused', () => {
    expect(new Set(problems.map(each => each.name)).size).toBe(problems.length)
    expect(() => problemNamed('B')).toThrow('bench: no problem is named "B". There are: A, C, T, L,')
  })
})

function bits(masks: Parameters<typeof maskBit>[0], k: number): string {
  return Array.from({ length: masks.samples }, (_, i) => (maskBit(masks, k, i) ? '1' : '0')).join('')
}
