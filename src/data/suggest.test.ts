import { describe, expect, it } from 'vitest'
import { editDistance, nearest, suggestion } from './suggest.ts'

describe('editDistance', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['bmi', 'bmi', 0],
    ['bim', 'bmi', 1],
    ['Bmi', 'bmi', 0.1],
    ['', 'abc', 3],
  ])('%s → %s is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })
})

describe('nearest', () => {
  const names = ['age', 'bmi', 'progression']
  it('finds slips, and prefers the case slip', () => {
    expect(nearest('progresion', names)).toBe('progression')
    expect(nearest('AGE', ['axe', 'age'])).toBe('age')
  })
  it('says nothing when nothing is near', () => {
    expect(nearest('price', names)).toBeNull()
    expect(suggestion('price', names)).toBe('There are: "age", "bmi", "progression".')
    expect(suggestion('bmj', names)).toBe('Did you mean "bmi"?')
  })
})
