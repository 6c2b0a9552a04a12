/**
 * kill -9 at moments drawn by a seed, and what must be there afterwards. Shared by the quick tests and the long ones.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { parse } from 'yaml'
import { readModel } from '../../src/formats/modelFile.ts'
import { readCheckpoint } from '../../src/formats/runFolder.ts'
import { fold, key, uniforms } from '../../src/random/index.ts'
import { root } from '../structure/sources.ts'
import { start } from './child.ts'

/** Starts the writer on an empty folder and kills it somewhere in its k-th writing; then every file is an old or a new one, whole. */
export async function killWriter(folder: string, seed: number): Promise<void> {
  const [a, b] = uniforms(fold(key(seed), 'kill'), 2)
  const k = 1 + Math.floor(4 * a)
  const child = start('test/cli/writer.ts', [join(root, 'test/fixtures/model-1.json'), folder], { cwd: folder })
  await child.line(line => line === `written ${k}`)
  await sleep(60 * b)
  await child.kill()
  const written = (lambda: number) => {
    expect(lambda, `seed ${seed}`).toBeGreaterThanOrEqual(k)
    expect(Number.isInteger(lambda)).toBe(true)
  }
  written((await readModel(join(folder, 'm.json'))).lambda)
  written((await readModel(join(folder, 'run'))).lambda)
  written((await readCheckpoint(join(folder, 'run'))).lambda)
  wholeFiles(join(folder, 'run'))
}

/** Every file of a run folder that has its own name (not one in the making) is whole. */
export function wholeFiles(run: string): void {
  for (const name of readdirSync(run).filter(each => !each.startsWith('.'))) {
    const bytes = readFileSync(join(run, name))
    expect(bytes.length > 0 || name === 'events.ndjson', name).toBe(true)
    if (name.endsWith('.json')) expect(() => JSON.parse(bytes.toString()), name).not.toThrow()
    if (name.endsWith('.yaml')) expect(parse(bytes.toString()), name).toBeTypeOf('object')
  }
}
