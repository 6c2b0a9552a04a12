/**
 * Configuration files: flags beat the file, the file beats defaults; what is unknown is refused; a run repeats from its folder.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseModel } from '../../src/formats/modelFile.ts'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const write = (name: string, content: string) => {
  writeFileSync(at(name), content)
  return at(name)
}
const rows = Array.from({ length: 48 }, (_, i) => {
  const a = (i - 24) / 7
  return `${a},${Math.cos(3 * i)},${i % 2 === 0 ? 1 : 2},${Math.abs(a) + 0.2 * Math.sin(i)}\n`
})
beforeAll(() => write('d.csv', `a,"b, c",w,y\n${rows.join('')}`))

describe('--config', () => {
  it('flags beat the file, the file beats defaults', async () => {
    const file = write(
      'run.yaml',
      `data: ${at('d.csv')}\nmodel: gated\nseed: 7\ngap: 1.0e-3\nlambda: 0.2max\nfeatures: ["b, c"]\n`,
    )
    const ran = await nadir(['fit', '--config', file, '--seed', '9', '--print-config'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    expect(parse(ran.out)).toEqual({
      data: at('d.csv'),
      features: ['b, c'],
      model: 'gated',
      loss: 'auto',
      lambda: '0.2max',
      patterns: 'auto',
      standardise: true,
      intercept: true,
      gap: 1e-3,
      seed: 9,
    })
    // Files named beside it take the place of the file's data.
    expect(parse((await nadir(['fit', 'wine', '--config', file, '--print-config'])).out)).toMatchObject({
      data: 'wine',
    })
  })

  it('what it prints is a configuration that prints the same', async () => {
    const flags = ['wine', 'more.csv', '--lambdas', '0.5max,0.1max', '--valid-fraction', '0.2', '--patterns', '30']
    const { out } = await nadir(['path', ...flags, '--print-config'])
    const again = await nadir(['path', '--config', write('printed.yaml', out), '--print-config'])
    expect([again.code, again.out]).toEqual([0, out])
    expect(parse(out)).toMatchObject({ data: ['wine', 'more.csv'], lambdas: ['0.5max', '0.1max'], patterns: 30 })
  })

  it('keeps truth values', async () => {
    const file = write('global.yaml', 'data: wine\nglobal: true\noracle: sdp\nstandardise: false\n')
    const { out } = await nadir(['fit', '--config', file, '--no-intercept', '--print-config'])
    expect(parse(out)).toMatchObject({ global: true, oracle: 'sdp', standardise: false, intercept: false })
    const flags = ['--global', '--oracle', 'sdp', '--no-standardise', '--no-intercept']
    expect((await nadir(['fit', 'wine', ...flags, '--print-config'])).out).toBe(out)
  })

  it('one file serves several verbs: what a verb does not take is noted', async () => {
    const file = write('both.yaml', 'data: wine\nlambda: 0.1\nfolds: 4\n')
    const ran = await nadir(['cv', '--config', file, '--print-config'])
    expect(parse(ran.out)).toMatchObject({ data: 'wine', folds: 4 })
    expect(ran.err).toBe(`note: cv does not use lambda, which ${file} gives.\n`)
  })

  it.each([
    ['an unknown key', 'lamda: 0.1\n', '"lamda" in F is no option. Did you mean "lambda"?'],
    ['a camel-case key', 'maxTime: 3\n', '"maxTime" in F is no option. Did you mean "max-time"?'],
    ['a wrong kind', 'gap: small\n', 'gap in F: a number is needed; got "small".'],
    ['a wrong range', 'valid-fraction: 1.5\n', 'valid-fraction in F: a number in (0, 1) is needed; got 1.5.'],
    ['a wrong choice', 'model: relux\n', 'model in F: it must be relu or gated; got "relux".'],
    ['nothing', 'features:\n', 'features in F: a value or a list is needed; got null.'],
    ['a lambda too large', 'lambda: 2max\n', 'lambda in F: lambda must be below lambdaMax'],
    ['a key twice', 'seed: 1\nseed: 2\n', 'F is not YAML: Map keys must be unique'],
    ['broken YAML', 'features: [a\n', 'F is not YAML:'],
    ['a list', '- 1\n', 'F must hold lines "key: value"; got [1].'],
  ])('refuses %s', async (_, content, message) => {
    const file = write('bad.yaml', content)
    for (const argv of [
      ['fit', 'wine', '--config', file],
      ['config', file],
    ]) {
      // The range of a fraction of lambdaMax is known to the option alone.
      if (argv[0] === 'config' && content.startsWith('lambda')) continue
      const ran = await nadir(argv)
      expect([ran.code, ran.out, ran.err]).toEqual([
        2,
        '',
        expect.stringContaining(`config: ${message.replace('F', file)}`),
      ])
    }
  })

  it('refuses a file that is not there, and a run without data', async () => {
    expect((await nadir(['fit', '--config', at('none.yaml')])).err).toContain(
      `config: ${at('none.yaml')} could not be read.`,
    )
    const ran = await nadir(['fit', '--out', at('never.json')])
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining('data: a file to read is needed; got none.')])
  })
})

describe('the config.yaml of a run folder', () => {
  it('makes the run again, to the last bit', async () => {
    const flags = [
      '--target',
      'y',
      '--weights',
      'w',
      '--valid-fraction',
      '0.25',
      '--patterns',
      '25',
      '--model',
      'gated',
      '--seed',
      '3',
    ]
    const first = await nadir(['fit', at('d.csv'), ...flags, '--backend', 'wasm', '--out', at('first'), '--json'])
    expect(first.code).toBe(0)
    const config = parse(readFileSync(at('first/config.yaml'), 'utf8')) as Record<string, unknown>
    // lambda came from cross-validation; what it chose is what is kept.
    expect(config).toMatchObject({ loss: 'squared', lambda: objectOf(first).lambda, backend: 'wasm' })
    expect(config).not.toHaveProperty('out')
    const second = await nadir(['fit', '--config', at('first/config.yaml'), '--out', at('second'), '--json'])
    expect(second.code).toBe(0)
    const of = (name: string) => parseModel(readFileSync(at(`${name}/model.json`), 'utf8'), name)
    const [a, b] = [of('first'), of('second')]
    expect(b.network).toEqual(a.network)
    expect(b.certificate).toEqual(a.certificate)
    expect(b.patterns).toEqual(a.patterns)
    expect(b.metrics).toEqual(a.metrics)
    expect(objectOf(second).validation).toEqual(objectOf(first).validation)
    expect(readFileSync(at('second/config.yaml'), 'utf8')).toBe(readFileSync(at('first/config.yaml'), 'utf8'))
  })
})

describe('nadir config', () => {
  it('prints the schema that schema/nadir-config.json publishes', async () => {
    const { out, code } = await nadir(['config', '--schema'])
    expect(code).toBe(0)
    const published = readFileSync(join(import.meta.dirname, '../../schema/nadir-config.json'), 'utf8')
    expect(JSON.parse(out)).toEqual(JSON.parse(published))
    expect(JSON.parse(out)).toMatchObject({ type: 'object', additionalProperties: false })
  })
  it('checks a file', async () => {
    const file = write('good.yaml', 'seed: 3\ndata: wine\n')
    expect((await nadir(['config', file])).out).toBe('data: "wine"\nseed: 3\n')
    expect((await nadir(['config'])).code).toBe(2)
  })
})
