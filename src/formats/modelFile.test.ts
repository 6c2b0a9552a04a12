import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { FormatError } from '../errors.ts'
import { dense } from '../matrix/dense.ts'
import { modelText, parseModel, readModel, type SavedModel, writeModel } from './modelFile.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const model: SavedModel = {
  madeBy: '0.1.0',
  network: {
    kind: 'gated',
    hidden: dense(2, 3, Float64Array.of(0.1, -1 / 3, 5e-324, 1e300, Math.PI, -7)),
    output: dense(2, 1, Float64Array.of(1, -1)),
    gates: dense(2, 3, Float64Array.of(1, 2, 3, 4, 5, 6)),
    offset: Float64Array.of(0.5),
  },
  standardisation: {
    mean: Float64Array.of(1, 2),
    scale: Float64Array.of(0.5, 3),
    constant: [],
    intercept: true,
    centre: Float64Array.of(100),
    spread: Float64Array.of(20),
  },
  encoding: [
    { kind: 'number', column: 'a "quoted", [1, 2]', mean: 1.5, indicator: false },
    { kind: 'boolean', column: 'b', falseText: 'no', trueText: 'yes' },
  ],
  target: { kind: 'number', name: 'y' },
  loss: { name: 'huber', delta: 1.35 },
  lambda: 0.01,
  lambdaMax: 1.25,
  patterns: { gates: dense(1, 3, Float64Array.of(1, 0, -1)), complete: false },
  certificate: {
    primal: 1.5,
    dual: 1.4,
    gap: 0.1,
    relativeGap: 0.0667,
    scope: 'restricted',
    oracle: 'dictionary',
    statement: 'No network …',
    witness: Float64Array.of(0.1, 0.2, 0.3),
  },
  training: {
    source: 'x.csv',
    rows: 3,
    weights: null,
    status: 'solved',
    iterations: 7,
    seconds: 0.25,
    seed: 0,
    backend: 'wasm',
    gap: 1e-4,
    solver: 'fista',
  },
  metrics: { r2: 0.5, rmse: 2 },
}
const text = modelText(model)
/** The text with one thing changed. */
function changed(change: (raw: Record<string, never>) => void): string {
  const raw = JSON.parse(text) as Record<string, never>
  change(raw)
  return JSON.stringify(raw)
}
const set = (path: string, value: unknown) =>
  changed(raw => {
    const keys = path.split('.')
    const last = keys.pop() as string
    let at: Record<string, unknown> = raw
    for (const key of keys) at = at[key] as Record<string, unknown>
    at[last] = value
  })

describe('model file', () => {
  it('comes back to the bit', () => {
    expect(parseModel(text, 'm')).toEqual(model)
    const unbounded: SavedModel = {
      ...model,
      certificate: {
        ...model.certificate,
        dual: -Infinity,
        gap: Infinity,
        relativeGap: Infinity,
        scope: 'stationary',
        oracle: 'none',
        witness: null,
      },
      patterns: null,
    }
    expect(parseModel(modelText(unbounded), 'm')).toEqual(unbounded)
  })

  it('refuses every truncation', () => {
    for (let length = 0; length < text.length - 2; length += 13)
      expect(() => parseModel(text.slice(0, length), 'm.json')).toThrow(FormatError)
    expect(() => parseModel(text.slice(0, 500), 'm.json')).toThrow(
      'model: m.json is damaged or cut short (its JSON ends early or is broken). Copy or train it again.',
    )
  })

  it.each([
    ['a,b\n1,2\n', 'model: m.json is not a model file. Give a file written by nadir fit.'],
    ['{"weights": []}', 'model: m.json is not a nadir model ("format" must be "nadir-model").'],
    ['[1, 2]', 'model: m.json is not a nadir model'],
    ['null', 'model: m.json is not a nadir model'],
    [set('version', 2), 'model: m.json has version 2; this program reads version 1. Update nadir.'],
    [set('version', 0), 'model: m.json has version 0; this program reads version 1. Train it again.'],
    [set('network.hidden.data', [1, 2, null, 4, 5, 6]), 'model: m.json is damaged at network.hidden.data.2'],
    [text.replace('1e+300', '1e999'), 'model: m.json is damaged at network.hidden.data.3'],
    [
      set('network.hidden.data', [1, 2, 3]),
      'model: m.json is damaged at network.hidden: rows × cols numbers are needed.',
    ],
    [set('network.gates', null), 'gates belong to gated networks, and only there'],
    [set('network.kind', 'relu'), 'gates belong to gated networks, and only there'],
    [set('network.offset', [1, 2]), 'outputs do not fit the target'],
    [set('network.output', { rows: 1, cols: 1, data: [1] }), 'hidden and output weights differ in neurons'],
    [set('standardisation.scale', [1, 0]), 'a scale is not above 0'],
    [set('standardisation.mean', [1]), 'standardisation does not fit the encoding'],
    [set('standardisation.intercept', false), 'hidden weights do not fit the encoding'],
    [set('standardisation.spread', [-1]), 'a scale is not above 0'],
    [set('standardisation.centre', [1, 2]), 'standardisation does not fit the target'],
    [set('standardisation.constant', [2]), 'standardisation does not fit the encoding'],
    [set('encoding', []), 'standardisation does not fit the encoding'],
    [set('certificate.dual', 1.6), 'the bound is above the objective'],
    [set('certificate.witness', [1]), 'the witness does not fit the rows'],
    [set('patterns.gates', { rows: 1, cols: 1, data: [1] }), 'patterns do not fit the weights'],
    [set('lambda', -1), 'model: m.json is damaged at lambda'],
    [set('metrics', { 'bad key': 1 }), 'model: m.json is damaged at metrics'],
  ])('refuses %#', (content, message) => {
    expect(() => parseModel(content, 'm.json')).toThrow(FormatError)
    expect(() => parseModel(content, 'm.json')).toThrow(message)
  })

  it('takes no keys of prototypes along', () => {
    const hostile = text.replace(
      '"madeBy"',
      '"__proto__": { "polluted": 1 }, "constructor": { "prototype": 1 }, "madeBy"',
    )
    const read = parseModel(hostile, 'm')
    expect(read).toEqual(model)
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect(Object.hasOwn(read, 'constructor')).toBe(false)
    const inside = text.replace('"r2": 0.5', '"__proto__": 0.5')
    expect(inside).not.toBe(text)
    const { metrics } = parseModel(inside, 'm')
    expect([Object.keys(metrics), Object.getPrototypeOf(metrics)]).toEqual([['rmse'], Object.prototype])
  })

  it('stays whole or is refused, whatever one character is changed', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('', '0', '"', '}', ',', '-', 'x'), (at, character) => {
        try {
          parseModel(text.slice(0, at) + character + text.slice(at + 1), 'm')
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      }),
      { seed: 6, numRuns: 300 },
    )
  })

  it('writes to a file or reads from a run folder; nothing is left of a model that is refused', async () => {
    const path = join(folder, 'run', 'model.json')
    await writeModel(path, model)
    expect(await readModel(path)).toEqual(model)
    expect(await readModel(join(folder, 'run'))).toEqual(model)
    const broken = { ...model, network: { ...model.network, offset: Float64Array.of(Number.NaN) } }
    await expect(writeModel(path, broken)).rejects.toThrow('model: every number saved must be finite; got NaN.')
    await expect(writeModel(path, { ...model, lambdaMax: Number.NaN })).rejects.toThrow('damaged at lambdaMax')
    expect(readFileSync(path, 'utf8')).toBe(text)
    expect(readdirSync(join(folder, 'run'))).toEqual(['model.json'])
  })

  it('says what is not there', async () => {
    await expect(readModel(join(folder, 'none.json'))).rejects.toThrow(/there is no file .*none.json. Check the path/)
    mkdirSync(join(folder, 'hollow'))
    await expect(readModel(join(folder, 'hollow'))).rejects.toThrow(/hollow.model.json could not be read/)
    writeFileSync(join(folder, 'binary.json'), Uint8Array.of(0, 255, 1))
    await expect(readModel(join(folder, 'binary.json'))).rejects.toThrow('is not a model file')
  })
})
