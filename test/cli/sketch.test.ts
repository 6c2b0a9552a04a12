/**
 * `nadir sketch`: what it writes is S·A, what it says of S is so, and a sketch that would be wrong is refused.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readNpy, writeNpy } from '../../src/formats/npy.ts'
import { dense } from '../../src/matrix/dense.ts'
import { SKETCH_KINDS, type SketchKind, sketch } from '../../src/sketch/sketch.ts'
import { jacobiSingularValues, times } from '../oracles/linearAlgebra.ts'
import { parkMillerMatrix, sketchMatrix } from '../oracles/sketches.ts'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-sketch-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const a = parkMillerMatrix(64, 3, 5)
const data = at('a.npy')
writeFileSync(data, writeNpy({ shape: [64, 3], data: a.data }))
writeFileSync(
  at('a.csv'),
  `x0,x1,x2\n${Array.from({ length: 64 }, (_, i) => a.data.slice(3 * i, 3 * i + 3).join(',')).join('\n')}\n`,
)
/** Three rows carry all there is. */
const spiked = dense(400, 3)
for (let j = 0; j < 3; j++) spiked.data[3 * (100 * j + 7) + j] = 100
for (let t = 0; t < 1200; t++) spiked.data[t] += 1e-3 * Math.sin(t)
writeFileSync(at('spiked.npy'), writeNpy({ shape: [400, 3], data: spiked.data }))

interface Result {
  rows: number
  nonzerosPerColumn: number
  distortion: number
  eigenvalues: { least: number; most: number }
  seed: number
  scaling: string
  notes: string[]
  unmeasured?: string
}

async function sketched(...argv: string[]): Promise<Result & { sa: Float64Array }> {
  const out = at('out.npy')
  const ran = await nadir(['sketch', ...argv, '--json', '--quiet', '--out', out])
  expect([ran.code, ran.err]).toEqual([0, ''])
  return { ...(objectOf(ran) as unknown as Result), sa: readNpy(readFileSync(out)).data }
}

const oblivious = SKETCH_KINDS.filter(kind => !['leverage', 'bernoulli', 'less'].includes(kind))
const extras = (kind: SketchKind) => ({
  ...((kind === 'sjlt' || kind === 'less-uniform') && { sparsity: 8 }),
  ...(kind === 'srht-blocksum' && { blockRows: 64 }),
})

describe('sketch', () => {
  it.each(oblivious)('%s writes S·A of its definition, and counts its entries', async kind => {
    const got = await sketched(data, '--kind', kind, '--m', '12', '--seed', '3')
    const s = sketchMatrix(kind, { rows: 12, samples: 64, seed: 3, ...extras(kind) })
    const expected = times(s, a)
    expect(got).toMatchObject({ kind, rows: 12, samples: 64, columns: 3, seed: 3 })
    got.sa.forEach((v, t) => {
      expect(v).toBeCloseTo(expected.data[t], 12)
    })
    const entries = s.data.filter(v => v !== 0).length / 64
    // Of less-uniform places may repeat.
    if (kind === 'less-uniform') expect(entries).toBeLessThanOrEqual(got.nonzerosPerColumn)
    else expect(got.nonzerosPerColumn).toBeCloseTo(entries, 12)
  })
  it.each(['leverage', 'bernoulli', 'less'] as const)('%s draws by leverage', async kind => {
    const got = await sketched(at('spiked.npy'), '--kind', kind, '--m', '60')
    expect(got.distortion).toBeLessThan(1)
  })
  it('measures the distortion', async () => {
    const got = await sketched(data, '--m', '24')
    // A = U·R: singular values of SU, U from the left singular vectors by A·(AᵀA)^(−½): here by the generalised ratio on a basis change.
    const s = sketchMatrix('sjlt', { rows: 24, samples: 64, seed: 0, sparsity: 8 })
    const u = dense(64, 3, a.data.slice())
    for (let j = 0; j < 3; j++) {
      for (let k = 0; k < j; k++) {
        let overlap = 0
        for (let i = 0; i < 64; i++) overlap += u.data[3 * i + j] * u.data[3 * i + k]
        for (let i = 0; i < 64; i++) u.data[3 * i + j] -= overlap * u.data[3 * i + k]
      }
      const size = Math.hypot(...Array.from({ length: 64 }, (_, i) => u.data[3 * i + j]))
      for (let i = 0; i < 64; i++) u.data[3 * i + j] /= size
    }
    const values = [...jacobiSingularValues(times(s, u))].map(v => v * v).sort((x, y) => x - y)
    expect(got.eigenvalues.least).toBeCloseTo(values[0], 10)
    expect(got.eigenvalues.most).toBeCloseTo(values[2], 10)
    expect(got.distortion).toBeCloseTo(Math.max(values[2] - 1, 1 - values[0]), 10)
  })
  it('takes CSV, columns, and rows in blocks, with the same bits', async () => {
    const whole = await sketched(data, '--m', '12')
    for (const flags of [
      [at('a.csv')],
      [data, '--stream', '--block-rows', '7'],
      [at('a.csv'), '--stream', '--block-rows', '10'],
    ])
      expect((await sketched(...flags, '--m', '12')).sa).toEqual(whole.sa)
    for (const kind of ['srht-blocksum', 'uniform', 'gaussian', 'less-uniform'] as const)
      expect((await sketched(data, '--kind', kind, '--m', '12', '--stream', '--block-rows', '9')).sa).toEqual(
        (await sketched(data, '--kind', kind, '--m', '12')).sa,
      )
    const one = await sketched(at('a.csv'), '--features', 'x2', '--m', '12')
    expect(one.sa).toEqual(whole.sa.filter((_, t) => t % 3 === 2))
    const scored = await sketched(at('spiked.npy'), '--kind', 'leverage', '--m', '60', '--stream')
    expect(scored.distortion).toBeLessThan(1.2)
  })
  it('refuses rows drawn uniformly where three of them carry everything, and says when a direction is lost', async () => {
    for (const kind of ['uniform', 'less-uniform']) {
      const out = at(`${kind}.npy`)
      const { code, err } = await nadir(['sketch', at('spiked.npy'), '--kind', kind, '--m', '40', '--out', out])
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/largest squared row norm is \d+ times the mean, more than 50\. Use sjlt/),
      ])
      expect(existsSync(out)).toBe(false)
    }
    const got = await sketched(at('spiked.npy'), '--kind', 'uniform', '--m', '40', '--unsafe')
    expect(got.notes.join()).toMatch(/a direction of the columns is lost/)
    expect(got.distortion).toBeGreaterThan(0.99)
  })
  it('refuses with exit code 2', async () => {
    const refused = async (message: RegExp, ...flags: string[]) => {
      const { code, err } = await nadir(['sketch', data, ...flags])
      expect([code, err]).toEqual([2, expect.stringMatching(message)])
    }
    await refused(/rows must be at most 64, the padded samples; got 65/, '--kind', 'srht', '--m', '65')
    await refused(/sparsity must be a whole number in 1..4/, '--m', '4', '--sparsity', '5')
    await refused(/--m and --rows are the same; got 4 and 5/, '--m', '4', '--rows', '5')
    await refused(/argument 'fourier' is invalid/, '--kind', 'fourier')
    await refused(/srht needs all rows at once.*srht-blocksum/, '--kind', 'srht', '--stream', '--m', '8')
    await refused(/must be another file/, '--out', data)
    writeFileSync(at('text.csv'), 'a,b\n1,x\n2,y\n')
    const { code, err } = await nadir(['sketch', at('text.csv')])
    expect([code, err]).toEqual([2, expect.stringMatching(/every column must hold numbers; "b"/)])
  })
  it('says what it could not measure', async () => {
    const twice = dense(20, 2)
    for (let i = 0; i < 20; i++) twice.data.set([i, 2 * i], 2 * i)
    writeFileSync(at('twice.npy'), writeNpy({ shape: [20, 2], data: twice.data }))
    const got = await sketched(at('twice.npy'))
    expect([got.distortion, got.unmeasured]).toEqual([null, 'the columns are dependent, to twelve digits'])
    const { out } = await nadir(['sketch', data, '--m', '30', '--out', at('b.npy')])
    expect(out).toMatch(/sketched 64 × 3 to 30 × 3/)
    expect(out).toMatch(/entries +±1\/√s, 8 a column/)
    expect(sketch('sjlt', { rows: 30, samples: 64 }).apply(a).data).toEqual(readNpy(readFileSync(at('b.npy'))).data)
  })
})
