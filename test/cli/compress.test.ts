/**
 * `nadir compress` and `nadir decompress` from end to end.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readCompressed } from '../../src/formats/compressedFile.ts'
import { readNpy, writeNpy } from '../../src/formats/npy.ts'
import { parkMillerMatrix } from '../oracles/sketches.ts'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-compress-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const a = parkMillerMatrix(40, 16, 3)
writeFileSync(at('a.npy'), writeNpy({ shape: [40, 16], data: a.data }))
writeFileSync(at('a.csv'), `name,p,q\n${Array.from({ length: 12 }, (_, i) => `r${i},${i},${i * i}\n`).join('')}`)

describe('compress and decompress', () => {
  it('a budget: searches, keeps it, and says what was chosen and why', async () => {
    const ran = await nadir(['compress', at('a.npy'), '--budget', '3', '--out', at('a.nadirc'), '--json'])
    expect([ran.code, ran.err]).toEqual([0, ''])
    const got = objectOf(ran) as Record<string, number> & { tried: { name: string }[]; reason: string; method: string }
    expect(got).toMatchObject({
      command: 'compress',
      status: 'done',
      shape: [40, 16],
      seed: 0,
      outputs: [at('a.nadirc')],
    })
    expect(got.bitsPerEntry).toBeLessThanOrEqual(3)
    expect(got.bitsPerEntry).toBe(got.bits / 640)
    expect(got.ratio).toBeCloseTo(32 / got.bitsPerEntry, 12)
    expect(got.bytes).toBe(statSync(at('a.nadirc')).size)
    expect(got.tried[0].name).toBe(got.method)
    expect(got.reason).toContain(got.tried[1].name)
    const c = readCompressed(readFileSync(at('a.nadirc')))
    expect(c.error).toBe(got.error)
    expect(got.relativeError).toBe(c.error / c.norm)

    const back = await nadir(['decompress', at('a.nadirc'), '-o', at('b.npy'), '--check', at('a.npy'), '--json'])
    const facts = objectOf(back) as Record<string, number>
    expect(facts).toMatchObject({ command: 'decompress', bits: got.bits, error: got.error, outputs: [at('b.npy')] })
    expect(facts.measuredError).toBe(got.error)
    const array = readNpy(readFileSync(at('b.npy')))
    const error = Math.sqrt(array.data.reduce((sum, v, t) => sum + (v - a.data[t]) ** 2, 0))
    expect(error).toBeCloseTo(got.error, 10)
    await nadir(['decompress', at('a.nadirc'), '-o', at('b.csv')])
    expect(readFileSync(at('b.csv'), 'utf8').split('\n')[1].split(',').map(Number)).toEqual([
      ...array.data.subarray(0, 16),
    ])
  })

  it('the published method, as told', async () => {
    const told = ['--method', 'lplr', '--bits', '4', '--rank', '6', '--grid', 'min-max', '--rounds', '0']
    const got = objectOf(await nadir(['compress', at('a.npy'), ...told, '-o', at('p.nadirc'), '--json']))
    expect(got).toMatchObject({ rank: 6, bits: 6 * 4 * 56 + 128, iterations: 1 })
  })

  it('people read the same', async () => {
    const ran = await nadir(['compress', at('a.csv'), '--features', 'p,q', '--budget', '20', '-o', at('c.nadirc')])
    expect(ran.code).toBe(0)
    expect(ran.out).toMatch(/matrix {5}12 × 2\n.*method.*\n.*why.*\n.*bits.*an entry.*\n.*ratio.*\n.*error.*relative/)
    const back = await nadir([
      'decompress',
      at('c.nadirc'),
      '-o',
      at('c.npy'),
      '--check',
      at('a.csv'),
      '--features',
      'p,q',
    ])
    expect(back.out).toMatch(/^12 × 2, .*: .*c\.npy\nerror stored/)
  })

  it('calibration inputs', async () => {
    writeFileSync(at('x.npy'), writeNpy({ shape: [30, 16], data: parkMillerMatrix(30, 16, 5).data }))
    const told = ['--method', 'caldera', '--bits', '2', '--rank', '2', '--calibration', at('x.npy')]
    expect((await nadir(['compress', at('a.npy'), ...told, '-o', at('q.nadirc'), '--quiet'])).code).toBe(0)
    expect(readCompressed(readFileSync(at('q.nadirc'))).terms.map(term => term.kind)).toEqual(['full', 'product'])
  })

  it('Ctrl-C keeps the best so far', async () => {
    const ran = await nadir(['compress', at('a.npy'), '--budget', '3', '-o', at('s.nadirc'), '--json'], {
      onListen: interrupt => interrupt(),
    })
    expect(ran.code).toBe(3)
    expect(objectOf(ran)).toMatchObject({ status: 'aborted' })
    expect(readCompressed(readFileSync(at('s.nadirc'))).error).toBeGreaterThan(0)
  })

  it.each([
    ['texts', ['compress', at('a.csv')], /"name" of .* holds texts. Name the columns to use with --features/],
    ['a budget of nothing', ['compress', at('a.npy'), '--budget', '0'], /A number > 0 is needed; got "0"/],
    [
      'a budget too small',
      ['compress', at('a.npy'), '--budget', '0.05'],
      /must pay for at least \d+ bits; got 32 bits/,
    ],
    ['bits', ['compress', at('a.npy'), '--bits', '9'], /≥ 1 and ≤ 8 is needed; got "9"/],
    ['a rank', ['compress', at('a.npy'), '--rank', '17'], /rank must be a whole number in 1..16/],
    ['a method', ['compress', at('a.npy'), '--method', 'zip'], /auto, direct, lplr/],
    ['a claim', ['compress', at('a.npy'), '--method', 'graded', '--unbiased'], /only method direct is unbiased/],
    ['no matrix', ['decompress', at('a.npy')], /a\.npy is no compressed matrix/],
    ['an ending', ['decompress', at('a.npy'), '--out', at('z.txt')], /must end in \.npy or \.csv/],
    ['no file', ['decompress', at('none.nadirc')], /none\.nadirc cannot be read/],
    ['itself', ['compress', at('a.npy'), '--out', at('a.npy')], /must be another file than the data/],
  ])('refuses %s', async (_, argv, message) => {
    const ran = await nadir(argv.includes('--out') ? argv : [...argv, '--out', at('none.npy')])
    expect(ran.code).toBe(2)
    expect(ran.err).toMatch(message)
    expect(existsSync(at('none.npy'))).toBe(false)
  })
})
