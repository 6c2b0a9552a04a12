/**
 * Files that are odd as a whole: cut at every 97th byte, very wide, very long in one place, or deeper than a stack.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { parseDelimited } from '../../src/data/delimited.ts'
import { hasDuckdb, parseModel, readNpy, readTable, writeNpy } from '../../src/formats/index.ts'
import { readNpz } from '../../src/formats/npz.ts'
import { root } from '../structure/sources.ts'
import { clear } from './laws.ts'
import { damaged, drawOf } from './mutations.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-odd-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const duck = await hasDuckdb()
const refused = async (work: () => unknown, which: string): Promise<void> => {
  try {
    await work()
  } catch (error) {
    return clear(error, which)
  }
  throw new Error(`${which} was read`)
}
const numbers = (count: number) => Float64Array.from({ length: count }, (_, i) => i / 7)

describe('cut at every 97th byte', () => {
  it('npy', async () => {
    const bytes = writeNpy({ shape: [40, 9], data: numbers(360) })
    for (let length = 0; length < bytes.length; length += 97)
      await refused(() => readNpy(bytes.slice(0, length), 'x.npy'), `${length} bytes`)
    expect(readNpy(bytes).data).toEqual(numbers(360))
  })

  it('npz', async () => {
    const bytes = zipSync({ 'X.npy': writeNpy({ shape: [40, 9], data: numbers(360) }) })
    for (let length = 0; length < bytes.length; length += 97)
      await refused(() => readNpz(bytes.slice(0, length), 'x.npz'), `${length} bytes`)
    expect(readNpz(bytes).rows).toBe(40)
  })

  it.skipIf(!duck)('parquet, and with faults', { timeout: 120_000 }, async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const path = join(folder, 'x.parquet')
    await connection.run(
      `COPY (SELECT i AS a, sin(i) AS b, 'text ' || i AS c FROM range(300) t(i)) TO '${path}' (FORMAT parquet, COMPRESSION snappy)`,
    )
    connection.closeSync()
    instance.closeSync()
    const bytes = readFileSync(path)
    expect(bytes.length).toBeGreaterThan(2000)
    for (let length = 0; length < bytes.length; length += 97)
      await refused(() => readTable(put('cut.parquet', bytes.subarray(0, length))), `${length} bytes`)
    for (let index = 0; index < 60; index++) {
      try {
        const table = await readTable(put('odd.parquet', damaged(bytes, drawOf('parquet', index))))
        for (const column of table.columns) expect(column.values.length).toBe(table.rows)
      } catch (error) {
        clear(error, `parquet, case ${index}`)
      }
    }
    expect((await readTable(path)).rows).toBe(300)
  })
})

describe('large in one place', () => {
  const wide = `${Array.from({ length: 10_000 }, (_, j) => `c${j}`).join(',')}\n${'1,'.repeat(9_999)}1\n${'2,'.repeat(9_999)}2\n`
  const long = `a,b\n1,"${'x""y,\n'.repeat(900_000)}"\n2,z\n`

  it('ten thousand columns', async () => {
    expect(parseDelimited(wide, { source: 'x' }).columns).toHaveLength(10_000)
    const table = await readTable(put('wide.csv', wide))
    expect([table.rows, table.columns.length]).toEqual([2, 10_000])
  })

  it('a cell of five megabytes', async () => {
    expect(long.length).toBeGreaterThan(5e6)
    const cell = 'x"y,\n'.repeat(900_000).trim()
    for (const table of [parseDelimited(long, { source: 'x' }), await readTable(put('long.csv', long))])
      expect(table.columns[1].values[0] === cell).toBe(true)
  })

  it('a quote that is never closed, blank lines, and lines of one kind: in time proportional to the length', async () => {
    await refused(() => parseDelimited(`a,b\n1,"${'x'.repeat(5e6)}`, { source: 'x' }), 'open quote')
    await refused(() => parseDelimited('\n'.repeat(3e6), { source: 'x' }), 'line feeds')
    await refused(() => parseDelimited('\r'.repeat(3e6), { source: 'x' }), 'returns')
    await refused(() => parseDelimited(' \n'.repeat(2e6), { source: 'x' }), 'blank lines')
    await refused(() => parseDelimited('"'.repeat(3e6), { source: 'x' }), 'quotes')
    expect(parseDelimited(`${'\n'.repeat(2e6)}a,b\n1,2\n`, { source: 'x' }).rows).toBe(1)
    const names = Array.from({ length: 100_000 }, (_, j) => `c${j}`).join(',')
    expect(parseDelimited(`${names}\n${','.repeat(99_999)}\n`, { source: 'x' }).columns).toHaveLength(100_000)
  })

  it('a long quoted cell takes memory in proportion to it', async () => {
    // A heap of 112 MB for a text of 5 MB; pieces of one character each would take more.
    const { outputFiles } = await build({
      entryPoints: [join(root, 'src/data/delimited.ts')],
      bundle: true,
      write: false,
      format: 'cjs',
      platform: 'node',
    })
    const script = `${outputFiles[0].text}
      const table = module.exports.parseDelimited('a,b\\n1,"' + 'x""y,\\n'.repeat(900000) + '"\\n2,z\\n', { source: 'x' })
      require('node:worker_threads').parentPort.postMessage(table.rows)`
    const rows = await new Promise<unknown>((resolve, reject) => {
      const worker = new Worker(script, {
        eval: true,
        resourceLimits: { maxOldGenerationSizeMb: 112 },
      })
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    expect(rows).toBe(2)
  })
})

describe('lengths that lie', () => {
  it('an archive that claims to unpack to gigabytes', async () => {
    const bytes = zipSync({ 'X.npy': writeNpy({ shape: [40, 9], data: numbers(360) }) }, { level: 6 })
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    // The sizes are in the central directory, whose entry begins with PK 1 2: unpacked at 24.
    for (let at = 0; at + 28 < bytes.length; at++)
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 0x7fffffff, true)
    await refused(() => readNpz(bytes, 'x.npz'), 'claim of 2 GiB')
    await expect(async () => readNpz(bytes, 'x.npz')).rejects.toThrow('claims to unpack to 2147483647 bytes')
  })

  it('a model of 2⁵³ rows of nothing', async () => {
    const raw = JSON.parse(readFileSync(join(root, 'test/fixtures/model-1.json'), 'utf8')) as Record<string, unknown>
    const none = { rows: Number.MAX_SAFE_INTEGER, cols: 0, data: [] }
    const standardisation = { mean: [], scale: [], constant: [], intercept: false, centre: [0], spread: [1] }
    const network = {
      kind: 'relu',
      hidden: { ...none, rows: 1 },
      output: { rows: 1, cols: 1, data: [1] },
      gates: null,
      offset: [0],
    }
    const hollow = { ...raw, encoding: [], standardisation, network, patterns: { gates: none, complete: false } }
    await refused(() => parseModel(JSON.stringify(hollow), 'm.json'), 'no columns')
  })

  it('a model nested a million deep', async () => {
    const text = readFileSync(join(root, 'test/fixtures/model-1.json'), 'utf8')
    const deep = `${'['.repeat(1e6)}${']'.repeat(1e6)}`
    await refused(
      () => parseModel(text.replace('"network": {', `"network": ${deep}, "x": {`), 'm.json'),
      'deep network',
    )
    expect(
      parseModel(text.replace('"network": {', `"novelty": ${deep}, "network": {`), 'm.json').lambda,
    ).toBeGreaterThan(0)
  })
})
