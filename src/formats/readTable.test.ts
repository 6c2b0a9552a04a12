import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { FormatError } from '../errors.ts'
import { hasDuckdb } from './duckdb.ts'
import { writeNpy } from './npy.ts'
import { readTable } from './readTable.ts'

const folder = mkdtempSync(join(tmpdir(), 'nadir-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const piped = (bytes: Uint8Array) =>
  async function* () {
    yield bytes
  }
const duck = await hasDuckdb()

const FILES: [string, string | Uint8Array][] = [
  ['plain.csv', 'a,b,y\n1,x,0.5\n2,"z, w",1e3\n'],
  ['missing.csv', 'a,b\n1,NA\n,2\n NA ,3\n'],
  ['tabs.tsv', 'a\tb\n1\tx\n2\ty\n'],
  ['comma.csv', 'a;b\n1,5;x\n2,25;y\n'],
  ['bare.csv', '1,2\n3,4\n'],
  ['flags.csv', 'f,l,d\nTrue,a01,2024-01-02\nfalse,b02,2024-01-03\n'],
  ['notnumbers.csv', 'a,b\nnan,1\ninf,2\n3,-Infinity\n'],
  ['crlf.csv', '\uFEFFa,b\r\n1,"x\ny"\r\n2,z\r\n'],
  ['zipped.csv.gz', gzipSync('a,b\n1,2\n3,4\n')],
  ["strange name[1]'s.csv", 'a,b\n1,2\n3,4\n'],
  ['late.csv', `a,b\n${'1,2\n'.repeat(30_000)}x,2\n`],
]

describe.runIf(duck)('DuckDB and the built-in reader agree', () => {
  it.each(FILES)('on %s', async (name, content) => {
    const path = put(name, content)
    const builtin = await readTable(path, { reader: 'builtin' })
    const { notes, ...through } = await readTable(path)
    expect(through).toEqual({ rows: builtin.rows, columns: builtin.columns, source: builtin.source })
    if (name !== "strange name[1]'s.csv") expect(notes).toEqual(builtin.notes)
  })
})

describe.runIf(duck)('DuckDB', () => {
  it('reads Parquet and JSON lines, nulls, booleans and dates', async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const path = join(folder, 'a.parquet')
    await connection.run(
      `COPY (SELECT * FROM (VALUES (1, 1.5::DECIMAL(4,2), true, 'x', DATE '2024-01-02'), (NULL, 2, false, NULL, NULL)) t(i, d, b, s, t)) TO '${path}'`,
    )
    connection.closeSync()
    const { columns, rows } = await readTable(path)
    expect(rows).toBe(2)
    expect(columns.map(column => [column.name, column.kind])).toEqual([
      ['i', 'number'],
      ['d', 'number'],
      ['b', 'text'],
      ['s', 'text'],
      ['t', 'text'],
    ])
    expect(columns[0]).toMatchObject({ missing: Uint8Array.of(0, 1) })
    expect(columns[2]).toMatchObject({ values: ['true', 'false'] })
    expect(columns[4]).toMatchObject({ values: ['2024-01-02', null] })
    const lines = await readTable(put('a.jsonl', '{"a": 1, "b": "x"}\n{"a": 2.5, "b": null}\n'))
    expect(lines.columns).toEqual([
      { kind: 'number', name: 'a', values: Float64Array.of(1, 2.5), missing: null },
      { kind: 'text', name: 'b', values: ['x', null] },
    ])
  })

  it('explains a damaged Parquet file', async () => {
    await expect(readTable(put('cut.parquet', 'PAR1 and no more'))).rejects.toThrow(
      /^parquet: cut.parquet could not be read: /,
    )
  })
})

describe('readTable', () => {
  it('reads .npy by its first bytes, and standard input', async () => {
    const bytes = writeNpy({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) })
    const { columns } = await readTable(put('array.dat', bytes))
    expect(columns.map(column => column.name)).toEqual(['x0', 'x1'])
    expect((await readTable('-', { stdin: piped(bytes) })).columns).toEqual(columns)
    const lines = await readTable('-', { stdin: piped(Buffer.from('a,b\n1,2\n3,4\n')) })
    expect([lines.rows, lines.source]).toEqual([2, 'standard input'])
  })

  it('knows the bundled data sets by name', async () => {
    expect((await readTable('wine')).rows).toBe(178)
    await expect(readTable('wien')).rejects.toThrow(
      'data: there is no file and no bundled data set called wien. Did you mean "wine"?',
    )
  })

  it.each<[string, string | Uint8Array, string]>([
    ['empty.csv', '', 'data: empty.csv is empty. Give a file with data.'],
    ['header.csv', 'a,b\n', 'csv: header.csv has a header line and no rows.'],
    [
      'ragged.csv',
      'a,b\n1,2\n3\n4,5\n',
      'csv: every line must have 2 cells, as the first has; line 3 of ragged.csv has 1.',
    ],
    ['wide.csv', 'a,b\n1,2,3\n4,5\n', 'line 2 of wide.csv has 3.'],
    ['twice.csv', 'a,a\n1,2\n4,5\n', 'data: column names must differ; "a" comes twice in twice.csv.'],
    ['quote.csv', 'a,b\n1,"2\n3,4\n', 'csv: a quote opened on line 2 of quote.csv is never closed.'],
    ['latin.csv', Uint8Array.of(97, 44, 98, 10, 0xe9, 44, 49, 10), 'csv: latin.csv is not UTF-8 text.'],
    ['book.xlsx', 'PK\u0003\u0004rest', 'data: book.xlsx is a zip archive'],
    ['zero.npy', writeNpy({ shape: [0, 3], data: new Float64Array(0) }), 'npy: zero.npy has no numbers (0 × 3).'],
  ])('refuses %s', async (name, content, message) => {
    const path = put(name, content)
    await expect(readTable(path)).rejects.toThrow(FormatError)
    await expect(readTable(path)).rejects.toThrow(message)
  })

  it('refuses what is no file', async () => {
    await expect(readTable(folder)).rejects.toThrow('is not a file. Name a CSV, Parquet, JSON or .npy file.')
    await expect(readTable(join(folder, 'absent.csv'))).rejects.toThrow(
      /there is no file .*absent.csv. Check the path./,
    )
    await expect(readTable('-')).rejects.toThrow('data: standard input is not connected.')
    await expect(readTable('-', { stdin: piped(new Uint8Array(0)) })).rejects.toThrow('standard input is empty')
  })
})
