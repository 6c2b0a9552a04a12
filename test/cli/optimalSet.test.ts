/** `nadir inspect --optimal-set`: from a model and its rows to ranges, and what is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-optimal-set-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const rows = Array.from({ length: 12 }, (_, i) => [Math.sin(3 * i), Math.cos(2 * i), 100 + 20 * Math.sin(i * i)])
const model = at('model.json')
const train = at('train.csv')
beforeAll(async () => {
  writeFileSync(train, `a,b,y\n${rows.map(row => row.join(',')).join('\n')}\n`)
  writeFileSync(at('new.csv'), 'a,b\n0.1,0.2\n-0.4,0.9\n')
  const ran = await nadir(['fit', train, '--target', 'y', '--lambda', '0.1max', '--gap', '1e-8', '--out', model, '-q'])
  expect([ran.code, ran.err]).toEqual([0, ''])
})

interface Found {
  readonly optimalSet: {
    readonly scope: string
    readonly neurons: number
    readonly minimalWidth: number
    readonly statement: string
    readonly ranges: readonly {
      readonly row: string
      readonly prediction: number
      readonly low: number
      readonly high: number
      readonly bound: { readonly low: number; readonly high: number }
    }[]
  }
}

describe('nadir inspect --optimal-set', () => {
  it('gives ranges in the unit of the target, at rows of a file', async () => {
    const ran = await nadir(['inspect', model, train, '--optimal-set', '--at', at('new.csv'), '--json', '-q'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    const { optimalSet } = objectOf(ran) as unknown as Found
    expect(optimalSet.scope).toBe('global')
    expect(optimalSet.minimalWidth).toBeLessThanOrEqual(optimalSet.neurons)
    expect(optimalSet.ranges.map(({ row }) => row)).toEqual(['row 1', 'row 2'])
    const predicted = await nadir(['predict', model, at('new.csv'), '-q'])
    const values = predicted.out
      .trim()
      .split('\n')
      .slice(1)
      .map(line => Number(line.split(',').at(-1)))
    optimalSet.ranges.forEach(({ prediction, low, high, bound }, k) => {
      expect(prediction).toBeCloseTo(values[k], 6)
      expect(bound.low).toBeLessThanOrEqual(low)
      expect(low).toBeLessThanOrEqual(prediction)
      expect(high).toBeGreaterThanOrEqual(prediction)
      expect(bound.high).toBeGreaterThanOrEqual(high)
      expect(bound.high - bound.low).toBeLessThan(5)
    })
    expect(optimalSet.statement).toMatch(
      /^Proved: no ReLU network of this form, of any width, whose objective is at most 0\.00010 % above this one's predicts below /,
    )
  })

  it('without rows of interest between those of training, as a page', async () => {
    const ran = await nadir(['inspect', model, train, '--optimal-set', '--within', '0.01'])
    expect(ran.code).toBe(0)
    expect(ran.out).toContain('between rows 1 and 2')
    expect(ran.out).toContain('never outside')
    expect(ran.out.replace(/\s+/g, ' ')).toContain('at most 1.0 % above')
  })

  it.each([
    [['inspect', model, '--optimal-set'], 'Name them: nadir inspect <model> <data> --optimal-set'],
    [['inspect', model, train, '--at', 'x.csv'], 'Say --optimal-set.'],
    [['inspect', model, train, '--optimal-set', '--within', '-1'], "option '--within <part>' argument '-1' is invalid"],
  ])('%j is refused', async (argv, message) => {
    const ran = await nadir(argv)
    expect([ran.code, ran.out]).toEqual([2, ''])
    expect(ran.err.replace(/\s+/g, ' ')).toContain(message)
  })

  it('other rows than those of training are refused', async () => {
    const other = at('other.csv')
    writeFileSync(
      other,
      `a,b,y\n${rows
        .slice(1)
        .map(row => row.join(','))
        .join('\n')}\n`,
    )
    const ran = await nadir(['inspect', model, other, '--optimal-set'])
    expect([ran.code, ran.err.replace(/\s+/g, ' ')]).toEqual([
      2,
      expect.stringContaining('about the 12 rows of training; got 11'),
    ])
  })
})
