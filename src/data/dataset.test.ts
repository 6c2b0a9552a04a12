import { describe, expect, it } from 'vitest'
import { DomainError } from '../errors.ts'
import { BUNDLED, type BundledName, bundled } from './bundled.ts'
import { type DatasetOptions, datasetOf } from './dataset.ts'
import { parseDelimited } from './delimited.ts'

const make = (text: string, options?: DatasetOptions) => datasetOf(parseDelimited(text, { source: 'x.csv' }), options)

describe('datasetOf', () => {
  it('takes the last column as target, and says so', () => {
    const data = make('a,b,y\n1,2,0.5\n3,4,1.5\n5,7,2.5\n')
    expect(data.names).toEqual(['a', 'b'])
    expect([...data.y]).toEqual([0.5, 1.5, 2.5])
    expect(data.target).toEqual({ kind: 'number', name: 'y' })
    expect(data.notes).toEqual(['no target given: the last column, "y", is predicted.'])
  })

  it('keeps labels as given, sorted, and codes them', () => {
    const data = make('y,a\nno,1\nYes,2\nno,3\n', { target: 'y' })
    expect(data.target).toEqual({ kind: 'classes', name: 'y', labels: ['Yes', 'no'] })
    expect([...data.y]).toEqual([1, 0, 1])
    expect(data.notes).toEqual([])
  })

  it('takes few whole numbers for classes with a note, unless told', () => {
    const text = `a,y\n${Array.from({ length: 30 }, (_, i) => `${i},${[10, 9, 2][i % 3]}`).join('\n')}\n`
    const data = make(text, { target: 'y' })
    expect(data.target).toEqual({ kind: 'classes', name: 'y', labels: ['2', '9', '10'] })
    expect(data.notes).toEqual([
      'target "y" has 3 different numbers (2, 9, 10): taken as classes. For regression say --loss squared.',
    ])
    expect(make(text, { target: 'y', task: 'regression' }).target.kind).toBe('number')
    expect(make('a,y\n1,1\n2,2\n3,3\n', { target: 'y' }).target.kind).toBe('number')
  })

  it('reads weights, and leaves them out of the features', () => {
    const data = make('w,a,y\n1,1,2\n0,2,3\n0.5,3,5\n', { target: 'y', weights: 'w' })
    expect(data.names).toEqual(['a'])
    expect([...(data.weights ?? [])]).toEqual([1, 0, 0.5])
  })

  it.each<[string, DatasetOptions, string]>([
    ['a,y\n1,2\n', {}, 'data: at least two rows are needed to train; x.csv has 1.'],
    ['y\n1.5\n2\n3\n', {}, 'data: at least one feature column is needed beside the target; x.csv has none.'],
    ['abc,y\n1,2\n2,3\n', { target: 'Y' }, 'data: target "Y" is not a column of x.csv. Did you mean "y"?'],
    ['a,y\n1,2\n2,2\n', {}, 'data: the target must vary; "y" is 2 in all 2 rows.'],
    ['a,y\n1,no\n2,no\n', {}, 'data: two classes at least are needed; "y" is "no" in all 2 rows.'],
    ['a,y\n1,2\n2,\n3,4\n', {}, 'data: the target must be known in every row; "y" is missing in row 2 of x.csv.'],
    ['a,y\n1,2\n2,nan\n3,4\n', {}, 'got NaN in row 2, column "y" of x.csv.'],
    [
      'a,y\n1,x\n2,z\n',
      { task: 'regression' },
      'data: a regression target must hold numbers; "y" holds texts such as "x", "z".',
    ],
    ['a,y\n1,2\n2,3\n', { features: ['a', 'y'] }, 'data: "y" cannot be a feature and the target at once.'],
    [
      'a,w,y\n1,1,2\n2,-1,3\n',
      { weights: 'w' },
      'data: weights must be numbers ≥ 0; got -1 in row 2, column "w" of x.csv.',
    ],
    ['a,w,y\n1,,2\n2,1,3\n', { weights: 'w' }, 'got a missing cell in row 1, column "w"'],
    ['a,w,y\n1,0,2\n2,0,3\n', { weights: 'w' }, 'data: some weight must be above 0'],
    ['a,w,y\n1,0,2\n2,1,3\n', { weights: 'y' }, 'data: "y" cannot be the target and the weights at once.'],
  ])('refuses %j with %j', (text, options, message) => {
    expect(() => make(text, options)).toThrow(DomainError)
    expect(() => make(text, options)).toThrow(message)
  })

  it('refuses a target of too many classes', () => {
    const text = `a,y\n${Array.from({ length: 150 }, (_, i) => `${i},t${i}`).join('\n')}\n`
    expect(() => make(text)).toThrow('data: at most 100 classes are taken; "y" has 150 different values.')
  })
})

describe('bundled', () => {
  it.each<[BundledName, number, number, string, number]>([
    ['diabetes', 442, 10, 'number', 0],
    ['breast-cancer', 569, 30, 'classes', 2],
    ['wine', 178, 13, 'classes', 3],
    ['digits', 1797, 61, 'classes', 10],
  ])('%s is a data set of %d rows and %d varying features', async (name, rows, features, kind, classes) => {
    const data = datasetOf(await bundled(name))
    expect([data.x.rows, data.x.cols, data.target.kind]).toEqual([rows, features, kind])
    expect(data.target.kind === 'classes' ? data.target.labels.length : 0).toBe(classes)
  })

  it('has the class sizes its pages state', async () => {
    const sizes = async (name: BundledName) => {
      const { y } = datasetOf(await bundled(name))
      return [...new Set(y)].sort().map(k => y.filter(v => v === k).length)
    }
    expect(await sizes('breast-cancer')).toEqual([357, 212])
    expect(await sizes('wine')).toEqual([59, 71, 48])
  })

  it('suggests the nearest name', async () => {
    await expect(bundled('diabtes' as BundledName)).rejects.toThrow('Did you mean "diabetes"?')
    expect(BUNDLED).toHaveLength(4)
  })
})
