/**
 * kill -9 leaves the old file or the new one, never half of one; `fit --resume` goes on from the last checkpoint.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readModel } from '../../src/formats/modelFile.ts'
import { fold, key, normals } from '../../src/random/index.ts'
import { start } from './child.ts'
import { killWriter, wholeFiles } from './killing.ts'
import { nadir, objectOf } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)

const rows = (seed: number) => {
  const z = normals(fold(key(seed), 'rows'), 150 * 5)
  const line = (i: number) => {
    const [a, b, c, d, e] = z.subarray(5 * i, 5 * i + 5)
    return `${a},${b},${c},${d},${Math.max(0, a + b) - Math.max(0, c - d) + 0.3 * e}\n`
  }
  return `a,b,c,d,y\n${Array.from({ length: 150 }, (_, i) => line(i)).join('')}`
}

describe('kill -9 while models and runs are written', () => {
  it.each([1, 2])('seed %i', async seed => {
    const own = at(`kill-${seed}`)
    mkdirSync(own)
    await killWriter(own, seed)
  })
})

describe('fit --resume', () => {
  const FIT = ['fit', 'd.csv', '--target', 'y', '--patterns', '20', '--lambda', '0.05max', '--gap', '1e-9']
  const QUICK = ['--backend', 'wasm', '--threads', '1', '--quiet', '--json']
  let saved = Number.NaN
  beforeAll(async () => {
    writeFileSync(at('d.csv'), rows(1))
    const child = start('src/cli/main.ts', [...FIT, '--checkpoint', '0.001', ...QUICK, '--out', 'run'], { cwd: folder })
    const there = () => existsSync(at('run/checkpoint.json'))
    while (!there() && child.process.exitCode === null) await sleep(5)
    await sleep(150)
    await child.kill()
    wholeFiles(at('run'))
    expect(existsSync(at('run/model.json'))).toBe(false)
    saved = (await readModel(at('run/checkpoint.json'))).certificate.primal
  })
  /** Runs where the options of the run say that the data are. */
  const resume = async (argv: readonly string[]) => {
    const before = process.cwd()
    process.chdir(folder)
    try {
      return await nadir(argv)
    } finally {
      process.chdir(before)
    }
  }

  it('refuses other data, another model or loss, and a folder without a checkpoint', async () => {
    writeFileSync(at('other.csv'), rows(2))
    const other = await resume(['fit', 'other.csv', '--resume', 'run', '--quiet'])
    expect([other.code, other.err]).toEqual([
      2,
      'error: fit: a run goes on with the rows, target and weights it had; those of other.csv are others than those of run (their SHA-256 differs). Give the data of that run, or train anew without --resume.\n',
    ])
    const gated = await resume(['fit', '--resume', 'run', '--model', 'gated', '--quiet'])
    expect([gated.code, gated.err]).toEqual([2, expect.stringContaining('got gated and squared. Leave --model and')])
    const none = await resume(['fit', 'd.csv', '--resume', 'nothing'])
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('nothing/config.yaml could not be read')])
    mkdirSync(at('hollow'))
    copyFileSync(at('run/config.yaml'), at('hollow/config.yaml'))
    const hollow = await resume(['fit', '--resume', 'hollow', '--quiet'])
    expect([hollow.code, hollow.err]).toEqual([
      2,
      'error: fit: hollow holds no checkpoint to go on from. Check the path, or train from the start without --resume.\n',
    ])
    expect(existsSync(at('run/model.json'))).toBe(false)
  })

  it('stopped at once, it is not worse than the checkpoint', async () => {
    const short = await resume(['fit', '--resume', 'run', '--max-time', '1e-9', '--out', 'short.json', ...QUICK])
    expect([short.code, short.err]).toEqual([3, ''])
    expect((await readModel(at('short.json'))).certificate.primal).toBeLessThanOrEqual(saved * (1 + 1e-12))
  })

  it('goes on with the options of the run, is not worse, and completes the folder', async () => {
    const ran = await resume(['fit', '--resume', 'run', '--gap', '1e-2', ...QUICK])
    expect(ran.err).toBe('')
    const { objective, outputs, lambda } = objectOf(ran) as { objective: number; outputs: string[]; lambda: number }
    expect(outputs).toEqual(['run'])
    expect(objective).toBeLessThanOrEqual(saved * (1 + 1e-12))
    const model = await readModel(at('run'))
    expect(model.lambda).toBe(lambda)
    expect(readdirSync(at('run')).sort()).toEqual([
      'MODEL_CARD.md',
      'certificate.json',
      'config.yaml',
      'curve.csv',
      'events.ndjson',
      'metrics.json',
      'model.json',
      'model.onnx',
    ])
    wholeFiles(at('run'))
    expect(readdirSync(folder).filter(name => name.endsWith('.part'))).toEqual([])
  })

  it('goes on from a complete run as well', async () => {
    const before = (await readModel(at('run'))).certificate.primal
    const ran = await resume(['fit', '--resume', 'run', '--gap', '1e-3', '--max-time', '2', ...QUICK])
    expect((objectOf(ran) as { objective: number }).objective).toBeLessThanOrEqual(before * (1 + 1e-12))
    expect((await readModel(at('run'))).certificate.primal).toBeLessThanOrEqual(before * (1 + 1e-12))
  })
})
