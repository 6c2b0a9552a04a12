import { expect, it } from 'vitest'
import { svd } from '../matrix/factor/svd.ts'
import { sheppLogan } from './sheppLogan.ts'

it('has the sums, norms and singular values of the reference', () => {
  const small = sheppLogan(64)
  const sum = (values: Float64Array) => values.reduce((total, v) => total + v, 0)
  expect(sum(small.data)).toBeCloseTo(512.8, 9)
  expect(Math.sqrt(sum(small.data.map(v => v * v)))).toBeCloseTo(15.981864722241, 11)
  expect(small.data.filter(v => v !== 0).length).toBe(2044)
  const expected = [10.55975465, 5.96098075, 4.51005275, 3.81959062]
  svd(small)
    .values.subarray(0, 4)
    .forEach((v, k) => {
      expect(v).toBeCloseTo(expected[k], 8)
    })
  const large = sheppLogan(256)
  expect(sum(large.data)).toBeCloseTo(8106.5, 8)
  expect(Math.sqrt(sum(large.data.map(v => v * v)))).toBeCloseTo(63.2714, 4)
})

it('refuses other sizes', () => {
  for (const size of [0, 1.5, Number.NaN])
    expect(() => sheppLogan(size)).toThrow(`size must be a whole number in 1..16384; got ${size}`)
})
