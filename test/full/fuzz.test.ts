/**
 * Ten thousand hostile files a reader, the same that test/fuzz begins with, and kill -9 at many moments.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { killWriter } from '../cli/killing.ts'
import { families, fuzz } from '../fuzz/laws.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('hostile files', () => {
  it.each(families(folder))('$name: ten thousand', async family => {
    const { read, refused } = await fuzz(family, 0, 10_000)
    expect(read + refused).toBe(10_000)
    expect(refused).toBeGreaterThan(1000)
  })
})

describe('kill -9 while models and runs are written', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => 100 + seed))('seed %i', async seed => {
    const own = join(folder, `kill-${seed}`)
    mkdirSync(own)
    await killWriter(own, seed)
    rmSync(own, { recursive: true })
  })
})
