import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors.ts'
import { parseDelimited, recordsOf } from './delimited.ts'

const parse = (text: string) => parseDelimited(text, { source: 'x.csv' })
const cells = (text: string) =>
  parse(text).columns.map(column => [
    column.name,
    column.kind,
    column.kind === 'text' ? [...column.values] : [...column.values].map((v, i) => (column.missing?.[i] ? null : v)),
  ])

describe('parseDelimited', () => {
  it('reads numbers, texts and missing cells', () => {
    expect(cells('a,b,c\n1,x,NA\n -2.5e3 , ,3\n')).toEqual([
      ['a', 'number', [1, -2500]],
      ['b', 'text', ['x', null]],
      ['c', 'number', [null, 3]],
    ])
  })

  it('reads quotes, doubled quotes, line ends inside quotes, CRLF, a byte order mark and blank lines', () => {
    expect(cells('\uFEFFa,b\r\n1,"x, ""y"""\r\n\r\n2,"z\nw"')).toEqual([
      ['a', 'number', [1, 2]],
      ['b', 'text', ['x, "y"', 'z\nw']],
    ])
  })

  it.each([';', '\t', '|'])('finds the delimiter %j, and reads decimal commas beside it', delimiter => {
    expect(cells(`a;b\n1,5;x,1\n-,25;y\n`.replaceAll(';', delimiter))).toEqual([
      ['a', 'number', [1.5, -0.25]],
      ['b', 'text', ['x,1', 'y']],
    ])
  })

  it('keeps NaN and infinities as numbers, for the data set to refuse', () => {
    expect(cells('a,b\nnan,1\n-inf,2\n')[0]).toEqual(['a', 'number', [Number.NaN, -Infinity]])
  })

  it('does not take hexadecimal, dates or separated digits for numbers', () => {
    for (const text of ['0x10', '2024-01-02', '1_000', '1 000', '12abc', '.', 'e5'])
      expect(cells(`a,b\n${text},1\n`)[0][1], text).toBe('text')
  })

  it('a column without a name is called by its place: row numbers before the others, a delimiter after them', () => {
    expect(cells(',a,b\n0,1,x\n1,2,y\n').map(([name]) => name)).toEqual(['column0', 'a', 'b'])
    expect(cells('a,b,\n1,x,\n2,y,\n')).toEqual([
      ['a', 'number', [1, 2]],
      ['b', 'text', ['x', 'y']],
      ['column2', 'text', [null, null]],
    ])
  })

  it.each([';', ',', '\t'])('takes a first line sep=%s at its word, and counts it', delimiter => {
    const text = `sep=${delimiter}\r\na;b\r\n1;2\r\n3\r\n`.replaceAll(';', delimiter)
    expect(() => parse(text)).toThrow('line 4 of x.csv has 1')
    expect(cells(text.replace(/3\r\n$/, ''))).toEqual([
      ['a', 'number', [1]],
      ['b', 'number', [2]],
    ])
  })

  it('a title above the table is named as what may be wrong', () => {
    expect(() => parse('Rentals 2024\na,b\n1,2\n')).toThrow('If the first line is a title or a remark, remove it.')
  })

  it('names the columns when there is no header line, and says so', () => {
    const table = parse('1,2\n3,4\n')
    expect(table.columns.map(column => column.name)).toEqual(['column0', 'column1'])
    expect(table.rows).toBe(2)
    expect(table.notes).toEqual(['x.csv has no header line: its columns are called column0 … column1.'])
  })

  it.each([
    ['', 'csv: x.csv is empty.'],
    ['\n\n', 'csv: x.csv is empty.'],
    ['a,b\n', 'csv: x.csv has a header line and no rows.'],
    ['a,b\n1,2\n3\n', 'csv: every line must have 2 cells, as the first has; line 3 of x.csv has 1.'],
    ['a,b\n\n"1\n",2\n3,4,5\n', 'csv: every line must have 2 cells, as the first has; line 5 of x.csv has 3.'],
    ['a,b\n1,"2\n', 'csv: a quote opened on line 2 of x.csv is never closed.'],
    ['a,a\n1,2\n', 'data: column names must differ; "a" comes twice in x.csv.'],
    ['PK\0\0', 'csv: x.csv is not text'],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text)).toThrow(FormatError)
    expect(() => parse(text)).toThrow(message)
  })

  it('gives back any cells that were quoted', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é'), maxLength: 6 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }),
        fc.constantFrom('\n', '\r\n'),
        (rows, end) => {
          const text = rows.map(row => row.map(c => `"${c.replaceAll('"', '""')}"`).join(',')).join(end)
          expect(recordsOf(text, ',', 'x').records).toEqual(rows)
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })
})
