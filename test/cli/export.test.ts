/**
 * `nadir export` from end to end: a trained model, its module, its refusals.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-export-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)

const ROWS = Array.from({ length: 45 }, (_, i) => ({
  a: i % 9 === 4 ? '' : String((i - 20) / 7),
  colour: ['red', 'green', ''][i % 3],
  y: ['low', 'mid', 'high'][Math.floor(i / 15)],
}))
const FAST = ['--model', 'gated', '--patterns', '20', '--lambda', '0.05max', '--backend', 'wasm', '--threads', '1']

type Answer = { label: string; probabilities: Record<string, number> }
type Predict = (row: Record<string, unknown>) => Answer
const load = async (path: string): Promise<Predict> =>
  ((await import(/* @vite-ignore */ pathToFileURL(path).href)) as { predict: Predict }).predict

beforeAll(async () => {
  writeFileSync(at('d.csv'), `a,colour,y\n${ROWS.map(({ a, colour, y }) => `${a},${colour},${y}\n`).join('')}`)
  expect((await nadir(['fit', at('d.csv'), '--target', 'y', ...FAST, '--out', at('m.json')])).code).toBe(0)
})

describe('nadir export', () => {
  it('writes a module that predicts what nadir predict predicts, also from cells as texts', async () => {
    const ran = await nadir(['export', at('m.json'), '--out', at('m.mjs')])
    expect([ran.code, ran.out, ran.err]).toEqual([0, `y as js: ${at('m.mjs')}\n`, ''])
    const predict = await load(at('m.mjs'))
    const said = objectOf(await nadir(['predict', at('m.json'), at('d.csv'), '--json'])) as {
      predictions: string[]
      labels: string[]
      probabilities: number[][]
    }
    ROWS.forEach((row, i) => {
      const answer = predict(row)
      expect(answer.label).toBe(said.predictions[i])
      said.labels.forEach((label, k) => {
        expect(Math.abs(answer.probabilities[label] - said.probabilities[i][k])).toBeLessThan(1e-12)
      })
      expect(predict({ ...row, a: row.a === '' ? null : Number(row.a) })).toEqual(answer)
    })
  })

  it('the module refuses rows that nadir predict refuses', async () => {
    const predict = await load(at('m.mjs'))
    expect(() => predict({ a: 1 })).toThrow(
      'predict: the row must have the column "colour"; got none. Use null for a missing value.',
    )
    for (const a of [Number.NaN, Infinity, 'red', true, {}])
      expect(() => predict({ a, colour: 'red' })).toThrow('predict: column "a" must hold finite numbers; got ')
    expect(() => predict({ a: 1, colour: {} })).toThrow('predict: column "colour" must hold texts; got object.')
  })

  it('needs no imports, and writes to standard output too', async () => {
    const { out, code } = await nadir(['export', at('m.json'), '-f', 'js'])
    expect(code).toBe(0)
    expect(out).toBe(readFileSync(at('m.mjs'), 'utf8'))
    expect(out).not.toMatch(/\bimport\b|\brequire\b/)
    const said = objectOf(await nadir(['export', at('m.json'), '-f', 'js', '--json']))
    expect(said).toEqual({ command: 'export', status: 'done', format: 'js', target: 'y', content: out, outputs: [] })
  })

  it('writes ONNX in either precision', async () => {
    expect((await nadir(['export', at('m.json'), '--out', at('m.onnx')])).code).toBe(0)
    expect((await nadir(['export', at('m.json'), '--out', at('h.onnx'), '--precision', 'float32'])).code).toBe(0)
    const [double, single] = [readFileSync(at('m.onnx')), readFileSync(at('h.onnx'))]
    expect(single.length).toBeLessThan(0.8 * double.length)
    expect(double.includes('colour (missing)')).toBe(true)
  })

  it('takes the format from the ending', async () => {
    expect((await nadir(['export', at('m.json'), '--out', at('w.json'), '-q'])).out).toBe('')
    expect(JSON.parse(readFileSync(at('w.json'), 'utf8'))).toMatchObject({
      format: 'nadir-weights',
      link: 'softmax',
      labels: ['high', 'low', 'mid'],
      inputs: ['a', 'a (missing)', 'colour=green', 'colour=red', 'colour (missing)'],
    })
    expect((await nadir(['export', at('m.json'), '--out', at('p.sql'), '--class', 'mid'])).code).toBe(0)
    expect(readFileSync(at('p.sql'), 'utf8').split('\n')[0]).toContain('-- the probability of "mid" of "y"')
  })

  it.each([
    [['-f', 'jss'], 'export: --format must be one of js, sql, json, onnx; got "jss". Did you mean "js"?'],
    [['-f', 'pickle'], 'got "pickle". There are: "js", "sql", "json", "onnx".'],
    [['-o', 'x.pkl'], 'got the ending .pkl. Add --format: js, sql, json, onnx.'],
    [[], 'export: the format must be said, or be the ending of --out; got neither. Add --format: js, sql, json, onnx.'],
    [
      ['-f', 'sql'],
      'export: SQL gives the probability of one class; the model has 3. Name one with --class: "high", "low", "mid".',
    ],
    [
      ['-f', 'sql', '--class', 'hihg'],
      'export: --class must be a class of the model; got "hihg". Did you mean "high"?',
    ],
    [['-f', 'onnx'], 'export: ONNX is bytes, not text; got no file to write to. Add --out model.onnx.'],
    [
      ['-f', 'js', '--precision', 'float32'],
      'export: --precision is for --format onnx; got js, which is always in float64.',
    ],
    [['-f', 'onnx', '--precision', 'half'], 'Allowed choices are float64, float32.'],
    [
      ['-f', 'js', '--class', 'high'],
      'export: --class is for --format sql; got js, which has all classes. Leave --class out.',
    ],
  ])('refuses %j', async (flags, message) => {
    const { code, err, out } = await nadir(['export', at('m.json'), ...flags])
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
  })

  it('refuses a class where there are no probabilities', async () => {
    writeFileSync(at('n.csv'), `a,y\n${Array.from({ length: 30 }, (_, i) => `${i},${Math.abs(i - 9.5)}\n`).join('')}`)
    await nadir(['fit', at('n.csv'), '--target', 'y', ...FAST, '--out', at('n.json')])
    const { code, err } = await nadir(['export', at('n.json'), '-f', 'sql', '--class', 'high'])
    expect(code).toBe(2)
    expect(err).toContain(
      'export: a class can be named where the model gives probabilities; this one has squared loss.',
    )
  })

  it('refuses a place it cannot write to, and a model that is none', async () => {
    mkdirSync(at('folder.js'))
    const there = await nadir(['export', at('m.json'), '-o', at('folder.js')])
    expect([there.code, there.err]).toEqual([
      2,
      expect.stringContaining('cannot be written: there is a folder of that name'),
    ])
    const below = await nadir(['export', at('m.json'), '-o', join(at('d.csv'), 'm.js')])
    expect([below.code, below.err]).toEqual([2, expect.stringContaining('a part of the path is a file, not a folder')])
    expect((await nadir(['export', at('d.csv'), '-o', at('never.js')])).code).toBe(2)
    expect(existsSync(at('never.js'))).toBe(false)
  })
})
