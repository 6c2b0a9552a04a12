/**
 * From paths to a table: what a file is, is told by its first bytes and its name.
 * @module
 */
import { open, readFile } from 'node:fs/promises'
import { constants, gunzipSync } from 'node:zlib'
import { hasHeader, namesOf, parseDelimited, recordsOf, SEP, sniffDelimiter } from '../data/delimited.ts'
import { joinTables } from '../data/joinTables.ts'
import { type Table, tableOf } from '../data/table.ts'
import { FormatError, UnsupportedError } from '../errors.ts'
import { type DuckFile, type DuckReading, hasDuckdb, streamDuckdb, streamQuery } from './duckdb.ts'
import { isNpy } from './npy.ts'
import { streamNpy } from './npyRows.ts'
import { readNpz } from './npz.ts'
import { type OpenFile, openFile, type Stdin } from './openFile.ts'

/** How a table is read from paths. */
export interface ReadTableOptions {
  /** Standard input, for the path '-'. */
  readonly stdin?: Stdin
  /** 'builtin' reads CSV without DuckDB; default 'auto': DuckDB when it is installed. */
  readonly reader?: 'auto' | 'builtin'
  /** An SQL query over the files, which it knows as "data"; its rows are the table. */
  readonly sql?: string
}

const HEAD_BYTES = 1 << 16

/**
 * Reads CSV, TSV, Parquet, JSON (lines or array), .npy or .npz; CSV and JSON may be gzipped; '-' is standard input; the bare name of
 * a bundled data set works where no such file exists. Several files are read one below the other.
 *
 * @throws FormatError when a file is absent, empty, damaged, ragged or of an unknown kind.
 * @throws PeerError when Parquet, JSON or SQL is asked for and DuckDB is not installed.
 */
export async function readTable(paths: string | readonly string[], options: ReadTableOptions = {}): Promise<Table> {
  const tables: Table[] = []
  for await (const table of streamTable(paths, options)) tables.push(table)
  return joinTables(tables)
}

/**
 * Reads as `readTable` does, in tables of about `most` rows each: in bounded memory where DuckDB reads (CSV, Parquet, JSON, SQL), and
 * `.npy` files; other files come whole.
 */
export async function* streamTable(
  paths: string | readonly string[],
  options: ReadTableOptions & DuckReading = {},
): AsyncGenerator<Table, void, void> {
  const all = typeof paths === 'string' ? [paths] : paths
  if (options.sql !== undefined) return yield* queried(all, options.sql, options)
  for (const path of all) {
    const found = await openFile(path, options)
    try {
      yield* fileTables(found, options)
    } finally {
      await found.close()
    }
  }
}

async function* queried(
  paths: readonly string[],
  sql: string,
  options: ReadTableOptions & DuckReading,
): AsyncGenerator<Table, void, void> {
  const found: OpenFile[] = []
  try {
    const files: DuckFile[] = []
    for (const path of paths) {
      const file = await openFile(path, options)
      found.push(file)
      const { format, head } = await kindOf(file)
      if (format === 'npy' || format === 'npz')
        throw new UnsupportedError(
          `sql: a query can read CSV, TSV, Parquet and JSON; ${file.source} is .${format}. Leave --sql out, or save it as Parquet.`,
        )
      files.push(
        format === 'csv'
          ? { ...file, format, ...csvShape(head, file.source) }
          : { ...file, format, gzip: isGzip(head) },
      )
    }
    let any = false
    for await (const table of streamQuery(files, sql, options)) {
      any = true
      yield table
    }
    if (!any) throw new FormatError(`sql: the query over ${paths.join(', ')} gives no rows. Check its conditions.`)
  } finally {
    for (const file of found) await file.close()
  }
}

async function* fileTables(
  found: OpenFile,
  options: ReadTableOptions & DuckReading,
): AsyncGenerator<Table, void, void> {
  const { source } = found
  const { format, head } = await kindOf(found)
  if (format === 'npy') yield* npyTables(found, options.most ?? Infinity)
  else if (format === 'npz') yield readNpz(await readBytes(found.file), source)
  else if (format === 'csv') yield* csvTables(found, head, options)
  else yield* streamDuckdb({ ...found, format, gzip: isGzip(head) }, options)
}

type Kind = { readonly format: 'npy' | 'npz' | 'parquet' | 'json' | 'csv'; readonly head: Uint8Array }

async function kindOf({ file, source }: OpenFile): Promise<Kind> {
  const head = await headOf(file)
  if (head.length === 0) throw new FormatError(`data: ${source} is empty. Give a file with data.`)
  if (isNpy(head)) return { format: 'npy', head }
  if (startsWith(head, 'PAR1')) return { format: 'parquet', head }
  // An archive of arrays may come without its ending, from a pipe: its first member tells.
  if (startsWith(head, ZIP) && (/\.npz$/i.test(source) || /\.npy$/.test(firstMember(head))))
    return { format: 'npz', head }
  for (const [magic, kind] of FOREIGN)
    if (startsWith(head, magic))
      throw new FormatError(`data: ${source} is ${kind}, which is not read. Save it as CSV, Parquet, JSON or .npy.`)
  return { format: textFormat(file, head), head }
}

async function* csvTables(
  { file, source }: OpenFile,
  head: Uint8Array,
  options: ReadTableOptions & DuckReading,
): AsyncGenerator<Table, void, void> {
  const builtin = async (why: string | null): Promise<Table> => {
    const table = parseDelimited(textOf(await readBytes(file), source), { source })
    return why === null ? table : { ...table, notes: [...table.notes, why] }
  }
  if (options.reader === 'builtin') return yield await builtin(null)
  if (!(await hasDuckdb()))
    return yield await builtin(`DuckDB is not installed: ${source} was read by the built-in, slower CSV reader.`)
  const shape = csvShape(head, source)
  // Faulty files are explained by the built-in reader, which names the line.
  if (shape === null) return yield await builtin(null)
  const { names, header } = shape
  const note = `${source} has no header line: its columns are called column0 … column${names.length - 1}.`
  let begun = false
  try {
    for await (const table of streamDuckdb({ file, source, format: 'csv', ...shape }, options)) {
      if (table.columns.length !== names.length) break
      const columns = table.columns.map((column, j) => ({ ...column, name: names[j] }))
      yield { ...table, columns, notes: header || begun ? [] : [note] }
      begun = true
    }
    if (!begun) yield await builtin(null)
  } catch (error) {
    if (begun) throw error
    const refused = error instanceof Error ? error.message : String(error)
    yield await builtin(`read by the built-in CSV reader, since DuckDB refused it (${refused})`)
  }
}

/** What DuckDB is told about a CSV file, from its first lines; null when they are faulty. */
function csvShape(
  head: Uint8Array,
  source: string,
): { delimiter: string; header: boolean; gzip: boolean; names: string[] } | null {
  const start = new TextDecoder().decode(unzipHead(head))
  if (SEP.test(start)) return null
  const delimiter = sniffDelimiter(start)
  const { records } = firstRecords(start, delimiter, source)
  if (records.length < 2 || new Set(records[0].map(name => name.trim())).size < records[0].length) return null
  const header = hasHeader(records)
  const names = namesOf(records[0], header)
  return { delimiter, header, gzip: isGzip(head), names }
}

/** The first two records of a file whose head may end inside a record, or inside a quote. */
function firstRecords(start: string, delimiter: string, source: string): { records: string[][] } {
  try {
    return recordsOf(start, delimiter, source, 2)
  } catch {
    return { records: [] }
  }
}

async function* npyTables({ file, source }: OpenFile, most: number): AsyncGenerator<Table, void, void> {
  let rows = 0
  for await (const block of streamNpy(file, source, most)) {
    yield { ...tableOf(block, source), ...(rows > 0 && { firstRow: rows }) }
    rows += block.rows
  }
}

const ZIP = 'PK\u0003\u0004'

const FOREIGN: readonly (readonly [string, string])[] = [
  [ZIP, 'a zip archive (.xlsx …)'],
  ['ARROW1', 'an Arrow file'],
  ['FEA1', 'a Feather file'],
  ['\u00FF\u00FF\u00FF\u00FF', 'an Arrow stream'],
  ['\u0089HDF', 'an HDF5 file'],
  ['%PDF', 'a PDF'],
  ['MATLAB', 'a MATLAB file'],
]

function textFormat(file: string, head: Uint8Array): 'json' | 'csv' {
  if (/\.(json|jsonl|ndjson)(\.gz)?$/i.test(file)) return 'json'
  if (/\.(csv|tsv|txt)(\.gz)?$/i.test(file)) return 'csv'
  const first = new TextDecoder().decode(unzipHead(head).subarray(0, 64)).trimStart()
  return first.startsWith('{"') || first.startsWith('[') ? 'json' : 'csv'
}

async function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: unknown) => {
    throw new FormatError(
      `data: ${path} could not be read: ${error instanceof Error ? error.message : error}. Check its permissions.`,
      { cause: error },
    )
  })
}

async function headOf(path: string): Promise<Uint8Array> {
  const handle = await open(path).catch((error: unknown) => {
    throw new FormatError(
      `data: ${path} could not be opened: ${error instanceof Error ? error.message : error}. Check its permissions.`,
      { cause: error },
    )
  })
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** Name of the first file of a zip archive: 26 bytes of it are its length, the name follows 30 bytes of header. */
function firstMember(head: Uint8Array): string {
  return new TextDecoder().decode(head.subarray(30, 30 + head[26] + 256 * head[27]))
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Array.from(text).every((c, i) => bytes[i] === c.charCodeAt(0))
}

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b

/** The beginning of a gzipped file, as far as it can be unpacked. */
function unzipHead(head: Uint8Array): Uint8Array {
  return isGzip(head) ? gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }) : head
}

function textOf(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(isGzip(bytes) ? gunzipSync(bytes) : bytes)
  } catch (error) {
    throw new FormatError(
      `csv: ${source} ${isGzip(bytes) ? 'is damaged or not gzipped UTF-8 text' : 'is not UTF-8 text'}. Save it as UTF-8, or give Parquet, JSON or .npy.`,
      { cause: error },
    )
  }
}
