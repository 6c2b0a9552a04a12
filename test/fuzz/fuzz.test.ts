/**
 * Hostile files, some hundred a reader; test/full has ten thousand of the same.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { families, fuzz } from './laws.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-fuzz-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
/** Readers that start DuckDB take longer a file. */
const SLOW = ['csv', 'json lines']

describe('hostile files', () => {
  it.each(families(folder))('$name', async family => {
    const { read, refused } = await fuzz(family, 0, SLOW.includes(family.name) ? 100 : 300)
    expect(read + refused).toBeGreaterThan(0)
    expect(refused).toBeGreaterThan(20)
  })
})
