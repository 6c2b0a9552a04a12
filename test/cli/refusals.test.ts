/**
 * Bad input, each with a sentence that says what to do, exit code 2 and nothing written.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const rows = (line: (i: number) => string) => Array.from({ length: 12 }, (_, i) => line(i)).join('\n') + '\n'

const BAD: [string, string, string[], string][] = [
  [
    'a NaN cell',
    `a,b,y\n1,nan,2\n${rows(i => `${i},${i * i},${i + 0.5}`)}`,
    [],
    'got NaN in row 1, column "b" of bad.csv',
  ],
  [
    'an infinite cell',
    `a,b,y\n${rows(i => `${i},${i === 7 ? '-inf' : 1 / (i + 1)},${i + 0.5}`)}`,
    [],
    'got -Infinity in row 8, column "b"',
  ],
  ['a NaN target', `a,y\n1,nan\n${rows(i => `${i},${i + 0.5}`)}`, [], 'got NaN in row 1, column "y"'],
  [
    'a ragged line',
    'a,y\n1,2\n3\n4,5\n',
    [],
    'every line must have 2 cells, as the first has; line 3 of bad.csv has 1',
  ],
  ['an empty file', '', [], 'data: bad.csv is empty. Give a file with data.'],
  ['a header alone', 'a,y\n', [], 'has a header line and no rows'],
  [
    'an unknown target',
    'age,income\n1,2\n2,3\n3,5\n',
    ['--target', 'incme'],
    'target "incme" is not a column of bad.csv. Did you mean "income"?',
  ],
  [
    'an unknown feature',
    'age,income\n1,2\n2,3\n3,5\n',
    ['--features', 'aeg'],
    'feature "aeg" is not a column of bad.csv. Did you mean "age"?',
  ],
  ['a constant target', 'a,y\n1,2\n2,2\n3,2\n', [], 'the target must vary; "y" is 2 in all 3 rows.'],
  ['one class', 'a,y\n1,yes\n2,yes\n', [], 'two classes at least are needed; "y" is "yes" in all 2 rows.'],
  ['one row', 'a,y\n1,2\n', [], 'at least two rows are needed to train; bad.csv has 1.'],
  ['no features', 'y\n1\n2\n3.5\n', [], 'at least one feature column is needed beside the target; bad.csv has none.'],
  ['features that do not vary', 'a,y\n1,1.5\n1,2\n1,3.5\n', [], 'at least one feature must vary'],
  ['lambda = 0', 'a,y\n1,2\n2,3\n', ['--lambda', '0'], 'lambda must be a number > 0'],
  ['lambda < 0', 'a,y\n1,2\n2,3\n', ['--lambda=-1'], 'lambda must be a number > 0'],
  [
    'lambda above lambdaMax',
    `a,y\n${rows(i => `${i},${i * i + 0.5}`)}`,
    ['--lambda', '1e6'],
    'the zero network, a constant, is optimal: choose a smaller one',
  ],
  ['a fraction ≥ 1', 'a,y\n1,2\n2,3\n', ['--lambda', '1.5max'], 'lambda must be below lambdaMax'],
  ['texts for a regression loss', 'a,y\n1,x\n2,z\n', ['--loss', 'squared'], 'a regression target must hold numbers'],
  [
    'three classes for logistic',
    `a,y\n${rows(i => `${i},${'abc'[i % 3]}`)}`,
    ['--loss', 'logistic'],
    'logistic loss is for two classes; got 3',
  ],
  ['a mistyped option', 'a,y\n1,2\n2,3\n', ['--lamda', '1'], '(Did you mean --lambda?)'],
  ['a bad number', 'a,y\n1,2\n2,3\n', ['--gap', 'small'], 'A number > 0 is needed; got "small".'],
]

describe('fit refuses', () => {
  it.each(BAD)('%s', async (_, content, flags, message) => {
    writeFileSync(at('bad.csv'), content)
    const ran = await nadir([
      'fit',
      at('bad.csv'),
      '--backend',
      'wasm',
      '--threads',
      '1',
      ...flags,
      '--out',
      at('m.json'),
    ])
    expect(ran.err).toContain(message)
    expect(ran.code).toBe(2)
    expect(ran.err).not.toContain('fault in nadir')
    expect(readdirSync(folder)).toEqual(['bad.csv'])
  })

  it('an unwritable output, before any work', async () => {
    writeFileSync(at('bad.csv'), 'a,y\n1,2\n2,3\n3,5\n')
    for (const out of [join(at('bad.csv'), 'm.json'), join(at('bad.csv'), 'run')]) {
      const ran = await nadir(['fit', at('bad.csv'), '--out', out])
      expect([ran.code, ran.err]).toEqual([
        2,
        expect.stringContaining('a part of the path is a file, not a folder. Choose another place with --out.'),
      ])
    }
  })

  it('with --json: one object that says why', async () => {
    const ran = await nadir(['fit', at('absent.csv'), '--json'])
    expect(ran.code).toBe(2)
    expect(objectOf(ran)).toEqual({
      command: 'fit',
      status: 'error',
      error: { code: 'E_FORMAT', message: `data: there is no file ${at('absent.csv')}. Check the path.` },
    })
    const usage = await nadir(['fit', '--json', '--gap', 'x', 'a.csv'])
    expect(objectOf(usage)).toMatchObject({ command: 'fit', error: { code: 'E_USAGE' } })
  })
})

describe('a model file is refused', () => {
  it.each([
    ['foreign JSON', '{"weights": [1, 2]}', 'is not a nadir model'],
    ['a table', 'a,y\n1,2\n', 'is not a model file'],
    ['cut short', '{"format": "nadir-model", "version": 1, "network": {', 'is damaged or cut short'],
    ['newer', '{"format": "nadir-model", "version": 9}', 'has version 9; this program reads version 1. Update nadir.'],
    ['hollow', '{"format": "nadir-model", "version": 1}', 'is damaged at madeBy'],
  ])('when it is %s', async (_, content, message) => {
    writeFileSync(at('m.json'), content)
    for (const verb of ['predict', 'score', 'certify']) {
      const ran = await nadir([verb, at('m.json'), 'wine'])
      // certify takes weights of other programs too, so for it what is no model may still be such weights.
      const foreign = verb === 'certify' && !content.includes('nadir-model')
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(foreign ? 'weights: m.json' : message)])
    }
    rmSync(at('m.json'))
  })

  it('when it is absent, and predictions are not begun', async () => {
    const ran = await nadir(['predict', at('none.json'), 'wine', '--out', at('p.csv')])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('Check the path, or make one: nadir fit.')])
    expect(existsSync(at('p.csv'))).toBe(false)
  })
})
