/**
 * Ranges of rows of .npy files are those of the whole, in any order and type; tables in blocks of rows for regression.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parkMillerMatrix } from '../../test/oracles/sketches.ts'
import type { RegressionBlock } from '../solvers/streamed/rowSource.ts'
import { hasDuckdb } from './duckdb.ts'
import { writeNpy } from './npy.ts'
import { streamNpy } from './npyRows.ts'
import { readTable } from './readTable.ts'
import { type RegressionRowsOptions, regressionRows, targetsOf } from './regressionRows.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-rows-'))
afterAll(() => rmSync(folder, { recursive: true }))
const place = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const a = parkMillerMatrix(23, 3, 7)

async function rowsOf(file: string, most: number): Promise<number[]> {
  const all: number[] = []
  for await (const block of streamNpy(file, 'x', most)) {
    expect(block.rows).toBeLessThanOrEqual(most)
    all.push(...block.data)
  }
  return all
}

describe('streamNpy', () => {
  const plain = place('plain.npy', writeNpy({ shape: [23, 3], data: a.data }))
  it.each([1, 5, 23, Infinity])('%d rows at a time are the rows', async most => {
    expect(await rowsOf(plain, most)).toEqual([...a.data])
  })
  it('reads float32 and Fortran order', async () => {
    const single = place('single.npy', writeNpy({ shape: [23, 3], data: a.data }, { type: 'f4' }))
    expect(await rowsOf(single, 4)).toEqual([...Float32Array.from(a.data)])
    const turned = Float64Array.from({ length: 69 }, (_, t) => a.data[3 * (t % 23) + Math.floor(t / 23)])
    const bytes = writeNpy({ shape: [23, 3], data: turned })
    const text = Buffer.from(bytes).toString('latin1').replace("'fortran_order': False", "'fortran_order': True ")
    expect(await rowsOf(place('turned.npy', Buffer.from(text, 'latin1')), 4)).toEqual([...a.data])
  })
  it('refuses what readNpy refuses', async () => {
    const bytes = writeNpy({ shape: [23, 3], data: a.data })
    await expect(rowsOf(place('cut.npy', bytes.subarray(0, 300)), 5)).rejects.toThrow(
      /must hold 552 bytes of data.*cut short/,
    )
    const cube = place('cube.npy', writeNpy({ shape: [1, 1, 2], data: new Float64Array(2) }))
    await expect(rowsOf(cube, 5)).rejects.toThrow(/one or two axes; x has 3/)
    await expect(readTable(place('none.npy', writeNpy({ shape: [0, 3], data: new Float64Array(0) })))).rejects.toThrow(
      /none.npy has no numbers/,
    )
  })
})

describe('regressionRows', () => {
  async function blocks(path: string, options: RegressionRowsOptions = {}) {
    const rows = await regressionRows(path, options)
    const gather = async () => {
      const found: RegressionBlock[] = []
      for await (const block of rows.source.blocks()) found.push(block)
      return {
        sizes: found.map(({ x }) => x.rows),
        x: found.flatMap(({ x }) => [...x.data]),
        y: found.flatMap(({ y }) => [...y.data]),
        weights: found.flatMap(({ weights }) => [...(weights ?? [])]),
      }
    }
    try {
      return { ...rows, first: await gather(), second: await gather() }
    } finally {
      await rows.close()
    }
  }
  const npy = place('table.npy', writeNpy({ shape: [23, 3], data: a.data }))
  it('gives features, targets and weights in blocks, the same at every pass', async () => {
    const got = await blocks(npy, { target: 'x1', blockRows: 10 })
    expect([got.names, got.targets, got.first.sizes]).toEqual([['x0', 'x2'], ['x1'], [10, 10, 3]])
    expect(got.first.y).toEqual([...a.data.filter((_, t) => t % 3 === 1)])
    expect(got.second).toEqual(got.first)
    const two = await blocks(npy, { target: 'x2, x0' })
    expect([two.names, two.targets]).toEqual([['x1'], ['x2', 'x0']])
    expect(two.first.y.slice(0, 2)).toEqual([a.data[2], a.data[0]])
  })
  it('copies standard input, which comes once', async () => {
    const got = await blocks('-', {
      async *stdin() {
        yield Buffer.from('a,w,y\n1,2,3\n4,5,6\n7,0,9\n')
      },
      weights: 'w',
    })
    expect(got.first).toMatchObject({ x: [1, 4, 7], y: [3, 6, 9], weights: [2, 5, 0] })
    expect(got.second).toEqual(got.first)
    expect(got.notes).toEqual(['no target given: the last column, "y", is predicted.'])
  })
  it('refuses texts, missing cells and weights below 0 by row and column, and columns that are not there', async () => {
    const refused = (content: string, options: RegressionRowsOptions, message: RegExp) =>
      expect(blocks(place('bad.csv', content), options)).rejects.toThrow(message)
    await refused('a,b,y\n1,2,3\n4,five,6\n', {}, /column "b" has "five" in row 2 of bad.csv.*--exclude/)
    await refused('a,b,y\n1,2,3\n4,,6\n', {}, /no cell may be missing; row 2 of column "b" of bad.csv/)
    await refused('a,w,y\n1,2,3\n4,-1,6\n', { weights: 'w' }, /weights must be numbers ≥ 0; got -1 in row 2/)
    await refused('a,b,y\n1,2,3\n', { target: 'z' }, /target "z" is not a column of bad.csv/)
    await refused('a,b,y\n1,2,3\n', { features: ['c'] }, /feature "c" is not a column/)
    await refused('a,b,y\n1,2,3\n', { features: ['y'] }, /"y" cannot be a feature and a target/)
    await refused('y\n1\n', {}, /at least one feature column/)
    await refused('a,b,y\n1,2,3\n4,nan,6\n', {}, /got NaN in row 2|column "b"/)
    expect(() => targetsOf('a,,b', ['a', 'b'])).toThrow(/different names, separated by commas/)
    expect(targetsOf('a,b', ['a,b', 'c'])).toEqual(['a,b'])
  })
  it('reads Parquet in order, and counts rows on from block to block', async () => {
    if (!(await hasDuckdb())) return
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const file = join(folder, 'rows.parquet')
    await connection.run(
      `COPY (SELECT i::DOUBLE AS a, CASE WHEN i = 30000 THEN NULL ELSE -i END AS b, 2 * i AS y FROM range(40000) t(i)) TO '${file}' (FORMAT parquet)`,
    )
    connection.closeSync()
    instance.closeSync()
    const got = await blocks(file, { target: 'y', features: ['a'] })
    expect(got.first.x).toEqual(Array.from({ length: 40_000 }, (_, i) => i))
    expect(got.first.sizes.length).toBeGreaterThan(1)
    await expect(blocks(file, { target: 'y' })).rejects.toThrow(/row 30001 of column "b" of rows.parquet/)
  })
})
