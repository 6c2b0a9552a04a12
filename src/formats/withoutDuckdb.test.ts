/**
 * The machine on which DuckDB is not installed: its package does not load.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it, vi } from 'vitest'
import { PeerError } from '../errors.ts'
import { hasDuckdb } from './duckdb.ts'
import { readTable } from './readTable.ts'

vi.mock('@duckdb/node-api', () => {
  throw new Error('Cannot find package')
})

const folder = mkdtempSync(join(tmpdir(), 'nadir-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('reads CSV by the built-in reader, and says so', async () => {
  expect(await hasDuckdb()).toBe(false)
  writeFileSync(join(folder, 'a.csv'), 'a,b\n1,2\n3,4\n')
  const { rows, notes } = await readTable(join(folder, 'a.csv'))
  expect(rows).toBe(2)
  expect(notes).toEqual(['DuckDB is not installed: a.csv was read by the built-in, slower CSV reader.'])
})

it('says what Parquet and JSON need', async () => {
  writeFileSync(join(folder, 'a.parquet'), 'PAR1…')
  writeFileSync(join(folder, 'a.jsonl'), '{"a": 1}\n')
  for (const [name, format] of [
    ['a.parquet', 'parquet'],
    ['a.jsonl', 'json'],
  ]) {
    await expect(readTable(join(folder, name))).rejects.toThrow(PeerError)
    await expect(readTable(join(folder, name))).rejects.toThrow(
      `${format}: reading ${name} needs DuckDB; the package @duckdb/node-api is not installed or does not load. Run "npm install @duckdb/node-api", or convert the file to CSV.`,
    )
  }
})
