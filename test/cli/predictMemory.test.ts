/**
 * What `nadir predict` holds on to: as much after ten blocks of rows as after three. Counted after a collection, in bytes of buffers and
 * of the heap; the size of the process, in which DuckDB and the allocator keep room, says nothing.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, it } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { run } from '../../src/cli/run.ts'
import { nadir } from './terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-memory-'))
const at = (name: string) => join(folder, name)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Rows of one block in `predict`, and numbers of a row. */
const BLOCK = 16_384
const COLUMNS = 3
const BLOCKS = 10

/** What is held when a block has been written. */
function held(): number {
  collect()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

describe('predict', () => {
  it('holds no block that it has written', async () => {
    const header = `${Array.from({ length: COLUMNS }, (_, j) => `x${j}`).join(',')},y\n`
    const line = (i: number) =>
      `${Array.from({ length: COLUMNS }, (_, j) => ((i * (j + 3)) % 17) / 4).join(',')},${(i % 13) - (i % 7)}\n`
    writeFileSync(at('few.csv'), header + Array.from({ length: 60 }, (_, i) => line(i)).join(''))
    const trained = await nadir([
      'fit',
      at('few.csv'),
      '--model',
      'gated',
      '--patterns',
      '5',
      '--lambda',
      '0.2max',
      '--loss',
      'squared',
      '--out',
      at('m.json'),
      '-q',
    ])
    expect(trained.code, trained.err).toBe(0)
    writeFileSync(at('many.csv'), header + Array.from({ length: BLOCK * BLOCKS }, (_, i) => line(i)).join(''))
    const sizes: number[] = []
    let rows = 0
    const io: Io = {
      out: text => {
        rows += text.split('\n').length - 1
      },
      // After each block `predict` waits here for a slow reader.
      drained: async () => {
        await new Promise(done => setImmediate(done))
        sizes.push(held())
      },
      err: () => {},
      terminal: false,
      colour: false,
      env: {},
      onInterrupt: () => () => {},
      exit: () => {},
    }
    expect(await run(['predict', at('m.json'), at('many.csv')], io)).toBe(0)
    expect(rows).toBe(BLOCK * BLOCKS + 1)
    expect(sizes.length).toBeGreaterThanOrEqual(BLOCKS)
    const early = Math.max(...sizes.slice(1, 4))
    const late = Math.min(...sizes.slice(-3))
    // One column of every block that was kept would come to five blocks of it at least.
    expect(late - early).toBeLessThan(3 * BLOCK * 8)
  })
})
