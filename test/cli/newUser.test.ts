/**
 * What a person with a table of their own stumbles over: each of these went wrong, or went without a word, in a walk with such tables.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-new-user-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const FAST = ['--model', 'gated', '--patterns', '4', '--backend', 'wasm']
const LAMBDA = ['--lambda', '0.3max']

/** A file of 40 rows. */
function put(name: string, header: string, row: (i: number) => string): string {
  writeFileSync(at(name), `${header}\n${Array.from({ length: 40 }, (_, i) => row(i)).join('\n')}\n`)
  return at(name)
}
const y = (i: number) => Math.abs(i - 20) / 4 + (i % 3) / 8

describe('a new user', () => {
  it('gives a pandas file with row numbers, and another with a delimiter at the end of each line', async () => {
    const numbered = put('pandas.csv', ',a,y', i => `${i},${(i * 7) % 11},${y(i)}`)
    const ran = await nadir(['fit', numbered, ...FAST, ...LAMBDA, '--out', at('1.json'), '--json'])
    expect(objectOf(ran)).toMatchObject({ status: 'solved', features: 2, target: { name: 'y', kind: 'number' } })
    const trailing = put('trailing.csv', 'a,y,', i => `${(i * 7) % 11},${y(i)},`)
    const other = await nadir(['fit', trailing, ...FAST, ...LAMBDA, '--out', at('2.json'), '--json'])
    expect(objectOf(other)).toMatchObject({ status: 'solved', features: 1, target: { name: 'y', kind: 'number' } })
    expect(objectOf(other).notes).toContain('column "column2" is the same in every row and is left out.')
    const predicted = await nadir(['predict', at('1.json'), numbered])
    expect([predicted.code, predicted.out.trim().split('\n').length]).toEqual([0, 41])
  })

  it('gives a file of Excel that names its delimiter', async () => {
    const file = put('sep.csv', 'sep=;\r\na;b;y', i => `${i % 7},5;${i};${y(i)}`)
    const ran = await nadir(['fit', file, ...FAST, ...LAMBDA, '--out', at('3.json'), '--json'])
    expect(objectOf(ran)).toMatchObject({ status: 'solved', features: 2, target: { name: 'y', kind: 'number' } })
  })

  it('names a column with a comma in its name', async () => {
    const file = put('comma.csv', '"size, m2",b,y', i => `${i % 7},${i},${y(i)}`)
    const flags = ['--features', '"size, m2", b', ...FAST, ...LAMBDA, '--json']
    expect(objectOf(await nadir(['fit', file, ...flags, '--out', at('4.json')]))).toMatchObject({ features: 2 })
    const one = await nadir([
      'fit',
      file,
      '--exclude',
      '"size, m2"',
      ...FAST,
      ...LAMBDA,
      '--json',
      '--out',
      at('5.json'),
    ])
    expect(objectOf(one)).toMatchObject({ features: 1 })
    const never = await nadir(['fit', file, '--features', '', ...FAST, '--out', at('never.json')])
    expect([never.code, never.err]).toEqual([2, expect.stringContaining('Column names separated by commas are needed')])
  })

  it('scores a model against another column than it predicts, and is told', async () => {
    const file = put('two.csv', 'a,b,y', i => `${i % 7},${i},${y(i)}`)
    await nadir(['fit', file, ...FAST, ...LAMBDA, '--out', at('6.json')])
    const told = 'the model predicts "y": its predictions are compared with "a".'
    expect((await nadir(['score', at('6.json'), file, '--target', 'a'])).err).toContain(told)
    expect((await nadir(['score', at('6.json'), file, '--target', 'y'])).err).not.toContain('compared with')
  })

  it('reads which column was as good as constant by its name', async () => {
    const file = put('far.csv', 'key,a,y', i => `${9e16 + 3 * ((i * 7) % 40)},${i % 7},${y(i)}`)
    const ran = await nadir(['fit', file, ...FAST, ...LAMBDA, '--out', at('7.json')])
    expect(ran.err).toContain('column "key" is constant, or as good as that for its size, and not used.')
    expect(ran.err).toContain('column "key" has whole numbers beyond 2^53')
  })

  it('hears of the networks that choose lambda while they are trained', async () => {
    const signal = put('signal.csv', 'a,b,y', i => `${(i * 7) % 40},${i % 3},${Math.abs(((i * 7) % 40) - 20)}`)
    // The first line comes after five seconds on a pipe: a terminal is redrawn at once.
    let seen = ''
    const { run } = await import('../../src/cli/run.ts')
    const io = {
      out: () => {},
      err: (text: string) => void (seen += text),
      terminal: true,
      colour: false,
      env: {},
      onInterrupt: () => () => {},
      exit: () => {},
    }
    const code = await run(['fit', signal, ...FAST, '--gap', '1e-2', '--out', at('8.json')], io)
    expect(code, seen).toBe(0)
    expect(seen).toMatch(/choosing lambda by cross-validation: \d+ of at most 50 networks/)
  })

  it('has columns that say nothing, and is told that, not to choose another lambda', async () => {
    const file = put('nothing.csv', 'a,y', i => `${i % 7},${y(i)}`)
    const ran = await nadir(['fit', file, ...FAST, '--gap', '1e-2', '--out', at('9.json')])
    expect([ran.code, ran.err]).toEqual([
      2,
      expect.stringContaining('on the rows that cross-validation left out no network did better than a constant'),
    ])
  })

  it('is not sent from a path to its last, most overfitted lambda, and finds target and model in the next command', async () => {
    const file = put('odd name.csv', "a,it's y", i => `${i % 7},${y(i)}`)
    const flags = [file, ...FAST, '--count', '3', '--ratio', '0.1']
    const blind = await nadir(['path', ...flags])
    expect(blind.out).toContain("next: nadir cv <data> --target 'it'\\''s y' --model gated  (chooses among lambdas)")
    const judged = await nadir(['path', ...flags, '--valid-fraction', '0.25'])
    expect(judged.out).toMatch(/next: nadir fit <data> --target 'it'\\''s y' --model gated --lambda [\d.]+\n/)
  })

  it('hears before a long training what would be shorter', async () => {
    const columns = Array.from({ length: 11 }, (_, j) => `x${j}`)
    const lines = Array.from({ length: 2000 }, (_, i) => [...columns.map((_, j) => (i * (j + 3)) % 17), i % 29].join())
    writeFileSync(at('long.csv'), `${columns.join()},y\n${lines.join('\n')}\n`)
    const flags = [
      'fit',
      at('long.csv'),
      '-t',
      'y',
      '--patterns',
      '2',
      '--loss',
      'squared',
      '--max-time',
      '0.1',
      ...LAMBDA,
    ]
    const told = 'a ReLU network over 2000 rows and 11 columns takes minutes to train; --model gated takes seconds'
    expect((await nadir([...flags, '--out', at('10.json')])).err).toContain(told)
    expect((await nadir([...flags, '--model', 'gated', '--out', at('11.json')])).err).not.toContain('takes minutes')
  })
})
