/**
 * Model files across time: the published schema, the golden files of version 1, and weights beside the text.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { predicted } from '../../test/oracles/savedModels.ts'
import { dense } from '../matrix/dense.ts'
import { modelFiles, modelText, parseModel, readModel, type SavedModel, writeModel } from './modelFile.ts'
import { modelJsonSchema } from './modelSchema.ts'
import { readTable } from './readTable.ts'
import { writeRun } from './runFolder.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const fixture = (name: string) => join(root, 'test/fixtures', name)
const folder = mkdtempSync(join(tmpdir(), 'nadir-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const golden = readFileSync(fixture('model-1.json'), 'utf8')
const model = parseModel(golden, 'golden')
/** The golden model with patterns enough for 1 MiB. */
const large = (shift = 0): SavedModel => {
  const cols = model.network.hidden.cols
  const gates = dense(
    20_000,
    cols,
    Float64Array.from({ length: 20_000 * cols }, (_, i) => Math.sin(i + shift)),
  )
  return { ...model, patterns: { gates, complete: false } }
}

describe('the golden files of version 1', () => {
  it.each(['model-1.json', 'model-1-beside.json'])('%s loads and predicts what it did', async name => {
    const read = await readModel(fixture(name))
    expect(read).toEqual(model)
    const table = await readTable(fixture('model-1-rows.csv'), { reader: 'builtin' })
    const said = readFileSync(fixture('model-1-predictions.csv'), 'utf8').trim().split('\n').slice(1).map(Number)
    expect(Array.from(predicted(read, table).values)).toEqual(said)
  })

  it('is still what is written, and keys added later are left alone', () => {
    expect(JSON.parse(modelText(model))).toEqual(JSON.parse(golden))
    const later = JSON.parse(golden) as Record<string, Record<string, unknown>>
    later.network.flavour = 'new'
    Object.assign(later, { novelty: { deep: [1, 2] } })
    expect(parseModel(JSON.stringify(later), 'later')).toEqual(model)
  })
})

describe('the published schema', () => {
  const published = JSON.parse(readFileSync(join(root, 'schema/nadir-model-1.json'), 'utf8')) as object
  const schema = z.fromJSONSchema(published as Parameters<typeof z.fromJSONSchema>[0])

  it('is the one that files are checked by; after a change run npm run schema', () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(modelJsonSchema())))
  })

  it('accepts what is written and refuses what is not', () => {
    for (const name of ['model-1.json', 'model-1-beside.json'])
      expect(schema.safeParse(JSON.parse(readFileSync(fixture(name), 'utf8'))).success, name).toBe(true)
    const raw = JSON.parse(golden) as Record<string, unknown>
    for (const change of [
      { lambda: '1' },
      { network: {} },
      { version: 2 },
      { format: 'other' },
      { metrics: { r2: 'x' } },
    ])
      expect(schema.safeParse({ ...raw, ...change }).success, JSON.stringify(change)).toBe(false)
  })
})

describe('weights beside the text', () => {
  const at = join(folder, 'm.json')
  const weightsAt = () => readdirSync(folder).filter(name => name.endsWith('.safetensors'))
  beforeEach(async () => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true })
    await writeModel(at, large())
  })

  it('begin at 1 MiB, come back to the bit, and one file is left after each writing', async () => {
    expect(weightsAt()).toEqual([expect.stringMatching(/^m-[0-9a-f]{12}\.safetensors$/)])
    expect(readFileSync(at, 'utf8').length).toBeLessThan(10_000)
    expect(await readModel(at)).toEqual(large())
    const [first] = weightsAt()
    await writeModel(at, large(1))
    expect(weightsAt()).toHaveLength(1)
    expect(weightsAt()).not.toEqual([first])
    expect(await readModel(at)).toEqual(large(1))
    await writeModel(at, model)
    expect(readdirSync(folder)).toEqual(['m.json'])
    const inside = 20_000 * 5
    expect(modelFiles(model, { nameOf: () => 'x.safetensors', inside }).weights).toBeNull()
  })

  it('the old model is there until the new one is: its weights have another name', async () => {
    const text = readFileSync(at, 'utf8')
    const [first] = weightsAt()
    const bytes = readFileSync(join(folder, first))
    await writeModel(at, large(1))
    // As after a crash between the two steps: the old text, and both files of weights.
    writeFileSync(at, text)
    writeFileSync(join(folder, first), bytes)
    expect(weightsAt()).toHaveLength(2)
    expect(await readModel(at)).toEqual(large())
  })

  it('another file, an absent or a damaged one is refused', async () => {
    const [name] = weightsAt()
    const bytes = readFileSync(join(folder, name))
    bytes[bytes.length - 1] ^= 1
    writeFileSync(join(folder, name), bytes)
    await expect(readModel(at)).rejects.toThrow(
      /is not the file that was written with .*m\.json \(its SHA-256 differs\)\. Copy both again\.$/,
    )
    rmSync(join(folder, name))
    await expect(readModel(at)).rejects.toThrow(/which is not beside it\. Copy both files to one folder\.$/)
  })

  it('are asked for by a plain name only, and must have every array', () => {
    const { text, weights } = modelFiles(model, { nameOf: () => 'w.safetensors', inside: 0 })
    expect(weights?.name).toBe('w.safetensors')
    expect(() => parseModel(text, 'm.json')).toThrow('m.json has its weights in w.safetensors beside it.')
    for (const path of ['../w.safetensors', '/etc/w.safetensors', 'a\\\\w.safetensors', 'w.bin'])
      expect(() => parseModel(text.replace('w.safetensors', path), 'm.json')).toThrow('is damaged at weights.file')
    expect(() => parseModel(text, 'm.json', new Map())).toThrow('numbers are needed for "network.hidden"')
    const cells = model.network.hidden.data.length
    const odd = new Map([['network.hidden', { shape: [cells], data: new Float64Array(cells).fill(Number.NaN) }]])
    expect(() => parseModel(text, 'm.json', odd)).toThrow('"network.hidden" holds numbers that are not finite')
  })

  it('are model.safetensors in a run folder', async () => {
    const run = join(folder, 'run')
    await writeRun(run, { model: large(), curve: [], events: [], validation: null, config: '', held: null })
    expect(readdirSync(run)).toContain('model.safetensors')
    expect(await readModel(run)).toEqual(large())
  })
})
