/**
 * Files through DuckDB: CSV, Parquet and JSON lines by one call. An optional dependency, loaded when first needed.
 *
 * Numbers come as float64, everything else as text. Types are found from the whole file, and only among whole numbers, numbers
 * and texts, so that labels such as `True` or a date stay as they were written.
 * @module
 */

import { columnFrom, MISSING_TEXTS } from '../data/delimited.ts'
import { type Column, requireNames, type Table } from '../data/table.ts'
import { FormatError, PeerError } from '../errors.ts'

/** A file format that DuckDB reads for us. */
export type DuckFormat = 'csv' | 'parquet' | 'json'

const NUMERIC =
  /^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|UTINYINT|USMALLINT|UINTEGER|UBIGINT|UHUGEINT|FLOAT|DOUBLE|DECIMAL)/

/** Whether DuckDB is installed and loads on this machine. */
export async function hasDuckdb(): Promise<boolean> {
  try {
    await import('@duckdb/node-api')
    return true
  } catch {
    return false
  }
}

/**
 * Reads a file as a table.
 *
 * @param path a file on this machine.
 * @param options its format, how messages call it, and for CSV what `delimited.ts` found in its first lines.
 * @throws PeerError when DuckDB is not installed.
 * @throws FormatError with DuckDB's own first line when it refuses the file.
 */
export async function readDuckdb(
  path: string,
  options: {
    readonly format: DuckFormat
    readonly source: string
    readonly delimiter?: string
    readonly header?: boolean
    readonly gzip?: boolean
  },
): Promise<Table> {
  const { format, source } = options
  const { DuckDBInstance } = await import('@duckdb/node-api').catch((error: unknown) => {
    throw new PeerError(
      `${format}: reading ${source} needs DuckDB; the package @duckdb/node-api is not installed or does not load. Run "npm install @duckdb/node-api", or convert the file to CSV.`,
      { cause: error },
    )
  })
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' })
  const connection = await instance.connect()
  try {
    const from = scan(path, options)
    const described = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${from}`)).getRows()
    const names = described.map(row => String(row[0]))
    requireNames(names, source)
    const numeric = described.map(row => NUMERIC.test(String(row[1])))
    const casts = names.map((name, j) => `CAST(${identifier(name)} AS ${numeric[j] ? 'DOUBLE' : 'VARCHAR'})`)
    const result = await connection.run(`SELECT ${casts.join(', ')} FROM ${from}`)
    const rows = Number(result.rowCount)
    const numbers = names.map((_, j) => (numeric[j] ? new Float64Array(rows) : null))
    const missing: (Uint8Array | null)[] = names.map(() => null)
    const texts: (string | null)[][] = names.map(() => [])
    let at = 0
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      for (let j = 0; j < names.length; j++) {
        const cells = chunk.getColumnValues(j)
        const into = numbers[j]
        if (into === null) for (const cell of cells) texts[j].push(cell === null ? null : String(cell))
        else
          cells.forEach((cell, i) => {
            if (cell === null) (missing[j] ??= new Uint8Array(rows))[at + i] = 1
            else into[at + i] = Number(cell)
          })
      }
      at += chunk.rowCount
    }
    if (rows === 0) throw new FormatError(`${format}: ${source} has no rows. Give a file with data.`)
    const columns = names.map((name, j): Column => {
      const values = numbers[j]
      if (values !== null) return { kind: 'number', name, values, missing: missing[j] }
      // Spaces around cells and missing marks are read as the built-in reader reads them.
      if (format === 'csv')
        return columnFrom(
          name,
          texts[j].map(text => text ?? ''),
          options.delimiter ?? ',',
        )
      return { kind: 'text', name, values: texts[j] }
    })
    return { rows, columns, source, notes: [] }
  } catch (error) {
    if (error instanceof FormatError) throw error
    const message = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new FormatError(`${format}: ${source} could not be read: ${message}. Check that the file is whole.`, {
      cause: error,
    })
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function scan(
  path: string,
  options: { format: DuckFormat; delimiter?: string; header?: boolean; gzip?: boolean },
): string {
  if (options.format === 'parquet') return `read_parquet(${literal(path)})`
  const compression = options.gzip ? ", compression = 'gzip'" : ''
  if (options.format === 'json') return `read_json(${literal(path)}, format = 'auto', sample_size = -1${compression})`
  const missing = MISSING_TEXTS.map(literal).join(', ')
  const { delimiter, header } = options
  return (
    `read_csv(${literal(path)}, auto_type_candidates = ['BIGINT', 'DOUBLE', 'VARCHAR'], sample_size = -1, nullstr = [${missing}]${compression}` +
    (delimiter === undefined ? '' : `, delim = ${literal(delimiter)}, quote = '"', escape = '"'`) +
    (header === undefined ? ')' : `, header = ${header})`)
  )
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
