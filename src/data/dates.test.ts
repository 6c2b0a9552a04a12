import { expect, it } from 'vitest'
import { areDates, daysOf } from './dates.ts'

it.each([
  ['1970-01-01', 0],
  ['1970-01-02', 1],
  ['1969-12-31', -1],
  ['2024-02-29', 19782],
  ['2000-01-01T12:00', 10957.5],
  ['2000-01-01 06:00:00', 10957.25],
  ['2000-01-01T12:00:00Z', 10957.5],
  ['2000-01-01T12:00:00+06:00', 10957.25],
  ['2000-01-01T12:00-0600', 10957.75],
  ['2000-01-01 00:00:00.864+00', 10957.00001],
])('%s is day %f', (text, days) => {
  expect(daysOf(text)).toBeCloseTo(days, 12)
})

it.each([
  '2023-02-29',
  '2024-13-01',
  '2024-00-10',
  '2024-05-00',
  '2024-1-2',
  '03/04/2024',
  '2024-05-17T25:00',
  '20240517',
  'yesterday',
  '',
])('"%s" is no date', text => {
  expect(daysOf(text)).toBeNaN()
})

it('a column is of dates when all texts that are there are', () => {
  expect(areDates(['2024-05-17', null])).toBe(true)
  expect(areDates(['2024-05-17', 'soon'])).toBe(false)
  expect(areDates([null, null])).toBe(false)
})
