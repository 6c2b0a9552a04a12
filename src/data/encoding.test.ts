import { describe, expect, it } from 'vitest'
import { DomainError } from '../errors.ts'
import { parseDelimited } from './delimited.ts'
import { type Encoding, encode, encodedNames, encoderOf } from './encoding.ts'
import { learnEncoding } from './learnEncoding.ts'

const table = (text: string) => parseDelimited(text, { source: 'x.csv' })
const train = table(
  'num,gap,flag,kind,same\n1,10,True,red,7\n2,,False,blue,7\n3,30,True,,7\n4,20,False,red,7\n'.replaceAll('\r', ''),
)
const names = ['num', 'gap', 'flag', 'kind', 'same']
const { encoding, notes } = learnEncoding(train, names)
const rowsOf = (x: { rows: number; cols: number; data: Float64Array }) =>
  Array.from({ length: x.rows }, (_, i) => [...x.data.subarray(i * x.cols, (i + 1) * x.cols)])

describe('learnEncoding and encode', () => {
  it('codes numbers, missing numbers, booleans, categories and missing categories', () => {
    expect(encodedNames(encoding)).toEqual([
      'num',
      'gap',
      'gap (missing)',
      'flag',
      'kind=blue',
      'kind=red',
      'kind (missing)',
    ])
    expect(rowsOf(encode(encoding, train).x)).toEqual([
      [1, 10, 0, 1, 0, 1, 0],
      [2, 20, 1, 0, 1, 0, 0],
      [3, 30, 0, 1, 0, 0, 1],
      [4, 20, 0, 0, 0, 1, 0],
    ])
    expect(notes).toEqual([
      'column "same" is the same in every row and is left out.',
      'column "gap" has missing cells: filled with the mean, and a column says where they were.',
    ])
  })

  it('takes columns in any order, ignores others, and codes the unseen as zeros with a note', () => {
    const { x, notes } = encode(
      encoding,
      table('extra,kind,flag,gap,num\n0,green,maybe,5,\n0,blue,True,,9\n0,blue,True,,9\n'),
    )
    expect(rowsOf(x)).toEqual([
      [2.5, 5, 0, 0, 0, 0, 0],
      [9, 20, 1, 1, 1, 0, 0],
      [9, 20, 1, 1, 1, 0, 0],
    ])
    expect(notes).toEqual([
      'ignored, since the model does not use them: "extra".',
      'column "num" has 1 missing cell(s) and had none in training: filled with the training mean.',
      'column "flag" holds "maybe", never seen in training: coded as False.',
      'column "kind" holds "green", never seen in training: coded as none of the known categories.',
    ])
  })

  it('survives JSON', () => {
    const again = JSON.parse(JSON.stringify(encoding)) as Encoding
    expect(encode(again, train).x).toEqual(encode(encoding, train).x)
  })

  it('takes a column without a single value for missing numbers', () => {
    expect([...encode(encoding.slice(0, 1), table('num,b\n,1\n,2\n')).x.data]).toEqual([2.5, 2.5])
  })

  it.each([
    ['num,b\n1,2\nnan,3\n', 'data: every number must be finite; got NaN in row 2, column "num" of x.csv.'],
    ['num,b\n1,2\n2,3\n3,4\n-inf,3\n', 'got -Infinity in row 4, column "num"'],
    ['b,c\n1,2\n', 'data: feature "num" is not a column of x.csv. There are: "b", "c".'],
    ['Num,c\n1,2\n', 'Did you mean "Num"?'],
  ])('refuses %j in training', (text, message) => {
    expect(() => learnEncoding(table(text), ['num'])).toThrow(DomainError)
    expect(() => learnEncoding(table(text), ['num'])).toThrow(message)
  })

  it.each([
    ['num,gap\n1,2\n', 'data: the model needs columns "flag", "kind", which x.csv does not have. It has "num", "gap".'],
    [
      'num,gap,flg,kind\n1,2,True,red\n',
      'data: the model needs column "flag", which x.csv does not have. Did you mean "flg"?',
    ],
    ['num,gap,flag,kind\nnan,2,True,red\n', 'got NaN in row 1, column "num"'],
    [
      'num,gap,flag,kind\n1,2,True,red\n1,two,True,red\n',
      'data: column "gap" must hold numbers, as in training; got "two" in row 2 of x.csv.',
    ],
  ])('refuses %j at prediction', (text, message) => {
    expect(() => encode(encoding, table(text))).toThrow(DomainError)
    expect(() => encode(encoding, table(text))).toThrow(message)
  })

  it('names a stray text in a column of numbers, and identifiers', () => {
    const stray = `a,b\n${Array.from({ length: 30 }, (_, i) => `${i === 16 ? 'x5' : i},1`).join('\n')}\n`
    expect(() => learnEncoding(table(stray), ['a'])).toThrow(
      'data: column "a" holds numbers except "x5" in row 17 of x.csv.',
    )
    const ids = `a,b\n${Array.from({ length: 101 }, (_, i) => `id${i},1`).join('\n')}\n`
    expect(() => learnEncoding(table(ids), ['a'])).toThrow('"a" has 101 in 101 rows')
  })

  it('needs a feature that varies', () => {
    expect(() => learnEncoding(train, [])).toThrow('data: at least one feature column is needed beside the target')
    expect(() => learnEncoding(train, ['same'])).toThrow('data: at least one feature must vary')
  })
})

describe('an encoder', () => {
  const part = (text: string, firstRow: number) => ({ ...table(text), firstRow })
  it('counts rows and keeps its remarks over the parts of a table', () => {
    const encoder = encoderOf(encoding)
    encoder.encode(part('num,gap,flag,kind,x\n1,10,True,green,0\n', 0))
    encoder.encode(part('num,gap,flag,kind,x\n,10,true,yellow,0\n', 1))
    expect(encoder.notes()).toEqual([
      'ignored, since the model does not use them: "x".',
      'column "num" has 1 missing cell(s) and had none in training: filled with the training mean.',
      'column "kind" holds "green", "yellow", never seen in training: coded as none of the known categories.',
    ])
    expect(() => encoder.encode(part('num,gap,flag,kind\n1,1,True,red\ninf,1,True,red\n', 100))).toThrow(
      'got Infinity in row 102',
    )
    expect(() => encoder.encode(part('num,gap,flag,kind\n1,1,True,red\nx,1,True,red\n', 100))).toThrow(
      'got "x" in row 102',
    )
  })
})
