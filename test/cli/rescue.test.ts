/**
 * A disk that is full when the result is to be written: the result goes to a temporary folder, or is printed, and the error says where.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readModel } from '../../src/formats/modelFile.ts'
import { nadir, objectOf } from './terminal.ts'

/** What of the file system is full, by the beginning of paths; probes of no bytes still pass, as on a real full disk. */
const full = vi.hoisted(() => ({ places: [] as string[], code: 'ENOSPC' }))
vi.mock('node:fs/promises', async original => {
  const fs = await original<typeof import('node:fs/promises')>()
  return {
    ...fs,
    async open(path: string, ...rest: []): Promise<FileHandle> {
      const handle = await fs.open(path, ...rest)
      if (full.places.some(place => path.startsWith(place)))
        handle.writeFile = () => Promise.reject(Object.assign(new Error(`${full.code}: write`), { code: full.code }))
      return handle
    },
  }
})

const folder = mkdtempSync(join(tmpdir(), 'nadir-rescue-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const disk = join(folder, 'disk')
const at = (name: string) => join(disk, name)
const rescued = join(tmpdir(), 'nadir-rescued-')
const FIT = ['fit', join(folder, 'd.csv'), '--target', 'y', '--model', 'gated', '--patterns', '8', '--lambda', '0.2max']
const QUIET = ['--backend', 'wasm', '--threads', '1', '--quiet']

writeFileSync(
  join(folder, 'd.csv'),
  `a,y\n${Array.from({ length: 30 }, (_, i) => `${i},${Math.abs(i - 9.5)}\n`).join('')}`,
)
beforeEach(() => {
  rmSync(disk, { recursive: true, force: true })
  mkdirSync(disk)
  full.places = [disk]
  full.code = 'ENOSPC'
})

/** The place that an error names; it is taken away again. */
function placeIn(text: string): string {
  const place = /The result is not lost: it is in (\S+)\. Move it from there\./.exec(text)?.[1]
  if (place === undefined) throw new Error(`no place in: ${text}`)
  expect(place.startsWith(rescued)).toBe(true)
  return place
}

describe('a full disk', () => {
  it.each(['ENOSPC', 'EROFS', 'EDQUOT'])('%s: a model file', async code => {
    full.code = code
    const ran = await nadir([...FIT, ...QUIET, '--out', at('m.json'), '--json'])
    expect([ran.code, readdirSync(disk)]).toEqual([1, []])
    expect(ran.err).toMatch(/^error: write: \S+m\.json cannot be written: .*\. The result is not lost/)
    const place = placeIn(ran.err)
    expect(objectOf(ran)).toMatchObject({ command: 'fit', status: 'error', error: { code: 'E_RESCUED' } })
    expect((await readModel(place)).target.name).toBe('y')
    rmSync(dirname(place), { recursive: true })
  })

  it('a run folder', async () => {
    const ran = await nadir([...FIT, ...QUIET, '--out', at('run')])
    expect([ran.code, readdirSync(disk)]).toEqual([1, []])
    const place = placeIn(ran.err)
    expect(readdirSync(place)).toContain('MODEL_CARD.md')
    expect((await readModel(place)).target.name).toBe('y')
    rmSync(dirname(place), { recursive: true })
  })

  it('exports and predictions; an old file stays as it was', async () => {
    full.places = []
    expect((await nadir([...FIT, ...QUIET, '--out', at('m.json')])).code).toBe(0)
    writeFileSync(at('p.csv'), 'old')
    full.places = [disk]
    const ran = await nadir(['export', at('m.json'), '--out', at('m.js')])
    expect([ran.code, ran.out]).toEqual([1, ''])
    const place = placeIn(ran.err)
    expect(readFileSync(place, 'utf8')).toContain('export function predict')
    rmSync(dirname(place), { recursive: true })
    // Predictions are written as they come and are made again in a moment: they are refused, and the file of before stays.
    const predicted = await nadir(['predict', at('m.json'), join(folder, 'd.csv'), '--out', at('p.csv')])
    expect([predicted.code, predicted.err]).toEqual([2, expect.stringContaining('the disk is full')])
    expect(readFileSync(at('p.csv'), 'utf8')).toBe('old')
    expect(existsSync(at('m.js'))).toBe(false)
  })

  it('and no temporary folder either: a model is printed', async () => {
    full.places = [disk, rescued]
    const left = () => readdirSync(tmpdir()).filter(name => name.startsWith('nadir-rescued-'))
    const before = left()
    const ran = await nadir([...FIT, ...QUIET, '--out', at('m.json')])
    expect(ran.code).toBe(1)
    expect(ran.err).toContain('it was printed on standard output. Keep that.')
    full.places = []
    writeFileSync(at('kept.json'), ran.out)
    expect((await readModel(at('kept.json'))).target.name).toBe('y')
    expect(left()).toEqual(before)
  })
})
