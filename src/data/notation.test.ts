import { describe, expect, it } from 'vitest'
import { datasetOf } from './dataset.ts'
import { parseDelimited } from './delimited.ts'
import { foreignNumberRow, isForeignNumber } from './notation.ts'

describe('isForeignNumber', () => {
  it.each([
    '$12.50',
    '12 €',
    '€ 1.234,50',
    '7%',
    '7.5 %',
    '1,234',
    '1,234,567.8',
    '1.234.567,8',
    '12 000',
    "1'000.5",
    '-3,14',
  ])('%s', text => {
    expect(isForeignNumber(text)).toBe(true)
  })

  it.each([
    '12',
    '-1.5',
    '1e3',
    '',
    'a',
    '$',
    '%',
    '2024-05-17',
    '17.05.2024',
    '10.0.0.1',
    '1,23,4',
    '079 123 45 67',
    '12 kg',
  ])('not %s', text => {
    expect(isForeignNumber(text)).toBe(false)
  })

  it('a column is of numbers when every cell is one, in any notation', () => {
    expect(foreignNumberRow(['1', null, '1,234'])).toBe(2)
    expect(foreignNumberRow(['1', '2'])).toBe(-1)
    expect(foreignNumberRow(['1,234', 'many'])).toBe(-1)
  })
})

/** A table of one odd column and a plain one. */
function tableOf(cells: readonly string[], name = 'odd') {
  const rows = cells.map((cell, i) => `"${cell}",${(i * 7) % 5},${i / 3}`)
  return parseDelimited(`${name},b,y\n${rows.join('\n')}\n`, { source: 'x.csv' })
}
const many = (cell: (i: number) => string, length = 60) => Array.from({ length }, (_, i) => cell(i))

describe('columns of numbers in another notation', () => {
  it.each([
    ['thousands', many(i => `1,${100 + i}`)],
    ['a currency', many(i => `$${i}.50`)],
    ['per cent', many(i => `${i}%`)],
    ['a decimal comma between quotes', many(i => `${i},5`)],
  ])('%s: are refused as features, with the cell and the way out', (_, cells) => {
    expect(() => datasetOf(tableOf(cells))).toThrow(
      `data: column "odd" holds numbers written as "${cells[0]}" in row 1 of x.csv, which would be 60 categories. Write plain numbers with a point for decimals, such as 1234.5, or leave it out with --exclude.`,
    )
  })

  it('and as a target, where they would be as many classes', () => {
    expect(() => datasetOf(tableOf(many(i => `${i},5`)), { target: 'odd' })).toThrow(
      'data: target "odd" holds numbers written as "0,5" in row 1 of x.csv, which would be 60 classes. Write plain numbers with a point for decimals, such as 1234.5.',
    )
  })

  it('a few of them are categories', () => {
    const { encoding } = datasetOf(tableOf(many(i => `${10 * (i % 4)}%`)))
    expect(encoding[0]).toMatchObject({ kind: 'category', categories: ['0%', '10%', '20%', '30%'] })
  })

  it('one stray text among numbers is no class of its own', () => {
    expect(() => datasetOf(tableOf(many(i => (i === 30 ? 'unknown' : `${i}`))), { target: 'odd' })).toThrow(
      'data: target "odd" holds numbers except "unknown" in row 31 of x.csv. Correct the cell, or remove the row; to predict texts say so with a classification loss.',
    )
  })
})

describe('columns that name rows', () => {
  it('whole numbers that rise from row to row get a note', () => {
    const rising = many(i => `${1000 + 3 * i}`, 120)
    expect(datasetOf(tableOf(rising, 'record')).notes).toContain(
      'column "record" has another whole number in every row, and they rise: if it only counts or names rows, leave it out with --exclude.',
    )
    const mixed = many(i => `${(i * 17) % 120}`, 120)
    expect(datasetOf(tableOf(mixed)).notes.join()).not.toContain('names rows')
  })

  it('numbers beyond 2^53 get a note that their last digits are lost', () => {
    const huge = many(i => `${90071992547409930n + BigInt(i * i) * 1000000000000n}`)
    expect(datasetOf(tableOf(huge, 'key')).notes.join('\n')).toContain(
      'column "key" has whole numbers beyond 2^53, whose last digits a number does not hold',
    )
  })

  it('texts of their own in most rows get a note', () => {
    const own = many(i => (i < 99 ? `name ${i}` : 'none'), 120)
    expect(datasetOf(tableOf(own)).notes).toContain(
      'column "odd" has 100 different texts in 120 rows: if it only names rows, leave it out with --exclude.',
    )
    const shared = many(i => `name ${i % 9}`, 120)
    expect(datasetOf(tableOf(shared)).notes.join()).not.toContain('names rows')
  })
})
