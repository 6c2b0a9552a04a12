/**
 * One call from a path to a table: what the file is, is told by its first bytes and its name.
 * @module
 */
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { constants, gunzipSync } from 'node:zlib'
import { BUNDLED, bundledPath, isBundled } from '../data/bundled.ts'
import { hasHeader, parseDelimited, recordsOf, sniffDelimiter } from '../data/delimited.ts'
import { suggestion } from '../data/suggest.ts'
import { type Table, tableOf } from '../data/table.ts'
import { FormatError } from '../errors.ts'
import { type DuckFormat, hasDuckdb, readDuckdb } from './duckdb.ts'
import { isNpy, npyMatrix, readNpy } from './npy.ts'

/** How a table is read from a path. */
export interface ReadTableOptions {
  /** Gives the bytes of standard input, for the path '-'. */
  readonly stdin?: () => Promise<Uint8Array>
  /** 'builtin' reads CSV without DuckDB; default 'auto': DuckDB when it is installed. */
  readonly reader?: 'auto' | 'builtin'
}

const HEAD_BYTES = 1 << 16

/**
 * Reads CSV, TSV, Parquet, JSON (lines or array) or .npy; CSV and JSON may be gzipped; '-' is standard input; the bare name of
 * a bundled data set works where no such file exists.
 *
 * @throws FormatError when the file is absent, empty, damaged, ragged or of an unknown kind.
 * @throws PeerError when Parquet or JSON is asked for and DuckDB is not installed.
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<Table> {
  if (path === '-') return readStdin(options)
  let file = path
  const found = await stat(path).catch(() => null)
  if (found === null) {
    if (!isBundled(path)) throw absent(path)
    file = bundledPath(path)
  } else if (!found.isFile() && !found.isFIFO() && !found.isCharacterDevice())
    throw new FormatError(`data: ${path} is not a file. Name a CSV, Parquet, JSON or .npy file.`)
  // A pipe can be read only once: it is copied first.
  else if (!found.isFile()) return spool(await readBytes(path), path, options)
  return readFileAs(file, found === null ? `the bundled data set ${path}` : basename(path), options)
}

async function readFileAs(file: string, source: string, options: ReadTableOptions): Promise<Table> {
  const head = await headOf(file)
  if (head.length === 0) throw new FormatError(`data: ${source} is empty. Give a file with data.`)
  if (isNpy(head)) return tableOfNpy(await readBytes(file), source)
  if (startsWith(head, 'PAR1')) return readDuckdb(file, { format: 'parquet', source })
  for (const [magic, kind] of FOREIGN)
    if (startsWith(head, magic))
      throw new FormatError(`data: ${source} is ${kind}, which is not read. Save it as CSV, Parquet, JSON or .npy.`)
  const format = textFormat(file, head)
  if (format === 'json') return readDuckdb(file, { format, source, gzip: isGzip(head) })
  return readCsv(file, source, head, options)
}

async function readCsv(file: string, source: string, head: Uint8Array, options: ReadTableOptions): Promise<Table> {
  const builtin = async () => parseDelimited(textOf(await readBytes(file), source), { source })
  if (options.reader === 'builtin') return builtin()
  if (!(await hasDuckdb())) {
    const table = await builtin()
    return {
      ...table,
      notes: [...table.notes, `DuckDB is not installed: ${source} was read by the built-in, slower CSV reader.`],
    }
  }
  const start = new TextDecoder().decode(unzipHead(head))
  const delimiter = sniffDelimiter(start)
  const { records } = firstRecords(start, delimiter, source)
  // Faulty files are explained by the built-in reader, which names the line.
  if (records.length < 2 || new Set(records[0].map(name => name.trim())).size < records[0].length) return builtin()
  const header = hasHeader(records)
  try {
    const table = await readDuckdb(file, { format: 'csv', source, delimiter, header, gzip: isGzip(head) })
    if (table.columns.length !== records[0].length) return await builtin()
    const columns = table.columns.map((column, j) => ({
      ...column,
      name: header ? records[0][j].trim() : `column${j}`,
    }))
    const note = `${source} has no header line: its columns are called column0 … column${columns.length - 1}.`
    return { ...table, columns, notes: header ? [] : [note] }
  } catch (error) {
    const refused = error instanceof Error ? error.message : String(error)
    const table = await builtin()
    return {
      ...table,
      notes: [...table.notes, `read by the built-in CSV reader, since DuckDB refused it (${refused})`],
    }
  }
}

/** The first two records of a file whose head may end inside a record, or inside a quote. */
function firstRecords(start: string, delimiter: string, source: string): { records: string[][] } {
  try {
    return recordsOf(start, delimiter, source, 2)
  } catch {
    return { records: [] }
  }
}

function tableOfNpy(bytes: Uint8Array, source: string): Table {
  const x = npyMatrix(readNpy(bytes, source), source)
  if (x.rows === 0 || x.cols === 0) throw new FormatError(`npy: ${source} has no numbers (${x.rows} × ${x.cols}).`)
  return tableOf(x, source)
}

async function readStdin(options: ReadTableOptions): Promise<Table> {
  if (options.stdin === undefined)
    throw new FormatError('data: standard input is not connected. Name a file instead of "-".')
  return spool(await options.stdin(), 'standard input', options)
}

/** Writes bytes to a temporary file, since DuckDB reads files, and takes it away again. */
async function spool(bytes: Uint8Array, source: string, options: ReadTableOptions): Promise<Table> {
  if (bytes.length === 0) throw new FormatError(`data: ${source} is empty. Pipe a CSV, Parquet, JSON or .npy file in.`)
  const folder = await mkdtemp(join(tmpdir(), 'nadir-'))
  try {
    const file = join(folder, 'input')
    await writeFile(file, bytes)
    return await readFileAs(file, source, options)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const FOREIGN: readonly (readonly [string, string])[] = [
  ['PK\u0003\u0004', 'a zip archive (.xlsx, .npz …)'],
  ['ARROW1', 'an Arrow file'],
  ['\u0089HDF', 'an HDF5 file'],
  ['%PDF', 'a PDF'],
  ['MATLAB', 'a MATLAB file'],
]

function textFormat(file: string, head: Uint8Array): DuckFormat {
  if (/\.(json|jsonl|ndjson)(\.gz)?$/i.test(file)) return 'json'
  if (/\.(csv|tsv|txt)(\.gz)?$/i.test(file)) return 'csv'
  const first = new TextDecoder().decode(unzipHead(head).subarray(0, 64)).trimStart()
  return first.startsWith('{"') || first.startsWith('[') ? 'json' : 'csv'
}

function absent(path: string): FormatError {
  if (/[./\\]/.test(path)) return new FormatError(`data: there is no file ${path}. Check the path.`)
  return new FormatError(`data: there is no file and no bundled data set called ${path}. ${suggestion(path, BUNDLED)}`)
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
