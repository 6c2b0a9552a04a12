/**
 * Files through DuckDB: CSV, Parquet and JSON lines by one call, and SQL over them. An optional dependency, loaded when first needed.
 *
 * Numbers come as float64, everything else as text. In CSV files types are found from the whole file, and only among whole
 * numbers, numbers and texts, so that labels such as `True` or a date stay as they were written.
 * @module
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { MISSING_TEXTS } from '../data/delimited.ts'
import { requireNames, type Table } from '../data/table.ts'
import { FormatError, NadirError, PeerError } from '../errors.ts'
import { type Named, tableBuilder } from './tableBuilder.ts'

/** A file format that DuckDB reads for us. */
export type DuckFormat = 'csv' | 'parquet' | 'json'

/** A file that DuckDB reads. */
export interface DuckFile {
  readonly file: string
  readonly format: DuckFormat
  /** How messages call it. */
  readonly source: string
  /** For CSV, what `delimited.ts` found in its first lines. */
  readonly delimiter?: string
  readonly header?: boolean
  readonly gzip?: boolean
}

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

/** How a file or a query is read. */
export interface DuckReading {
  /** About how many rows a table is to have; default all. */
  readonly most?: number
  /**
   * The columns of CSV files that are numbers, where that is known: all others stay texts as they were written. The file is then not
   * read beforehand to find the types, for which DuckDB keeps all of it in memory.
   */
  readonly numbers?: ReadonlySet<string>
}

/**
 * Reads a file as one table or several, in bounded memory.
 *
 * @throws PeerError when DuckDB is not installed.
 * @throws FormatError with DuckDB's own first line when it refuses the file, or when there are no rows.
 */
export async function* streamDuckdb(file: DuckFile, options: DuckReading = {}): AsyncGenerator<Table, void, void> {
  const { format, source } = file
  let any = false
  for await (const table of streaming({ format, source }, async connection => {
    const from = scan(file, options.numbers !== undefined)
    const names = await namesOf(connection, `SELECT * FROM ${from}`)
    requireNames(
      names.map(({ name }) => name),
      source,
    )
    const delimiter = format === 'csv' ? (file.delimiter ?? ',') : null
    if (delimiter !== null && options.numbers !== undefined)
      return { ...options, ...tried(names, options.numbers, from), delimiter }
    return {
      ...options,
      select: `SELECT ${castsOf(names)} FROM ${from}`,
      names,
      ...(delimiter !== null && { delimiter }),
    }
  })) {
    any = true
    yield table
  }
  if (!any) throw new FormatError(`${format}: ${source} has no rows. Give a file with data.`)
}

/**
 * Reads the rows of an SQL query over files, which it knows as "data": one below the other, columns by name. In one thread, so that
 * the order of rows is the same each time.
 *
 * @throws PeerError when DuckDB is not installed; FormatError with DuckDB's own words when it refuses the query.
 */
export async function* streamQuery(
  files: readonly DuckFile[],
  sql: string,
  options: DuckReading = {},
): AsyncGenerator<Table, void, void> {
  const source = `the query over ${files.map(each => each.source).join(', ')}`
  yield* streaming({ format: 'sql', source }, async connection => {
    await connection.run('SET threads = 1')
    await connection.run(
      `CREATE VIEW data AS ${files.map(each => `SELECT * FROM ${scan(each)}`).join(' UNION ALL BY NAME ')}`,
    )
    const query = `(${sql.trim().replace(/;\s*$/, '')}\n)`
    const names = await namesOf(connection, `SELECT * FROM ${query}`)
    requireNames(
      names.map(({ name }) => name),
      source,
    )
    return { ...options, select: `SELECT ${castsOf(names)} FROM ${query}`, names }
  })
}

interface Selection extends DuckReading {
  readonly select: string
  readonly names: readonly Named[]
  /** Given for CSV, whose texts are read as the built-in reader reads them. */
  readonly delimiter?: string
}

/** Opens DuckDB, prepares, and gives what is selected in tables; closes it whatever happens. */
async function* streaming(
  { format, source }: { readonly format: string; readonly source: string },
  prepare: (connection: DuckDBConnection) => Promise<Selection>,
): AsyncGenerator<Table, void, void> {
  const { DuckDBInstance } = await import('@duckdb/node-api').catch((error: unknown) => {
    throw new PeerError(
      `${format}: reading ${source} needs DuckDB; the package @duckdb/node-api is not installed or does not load. Run "npm install @duckdb/node-api", or convert the file to CSV.`,
      { cause: error },
    )
  })
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' })
  const connection = await instance.connect()
  try {
    const { select, names, most = Infinity, ...reading } = await prepare(connection)
    const result = await connection.stream(select)
    let builder = tableBuilder(names, { ...reading, source, firstRow: 0 })
    for (
      let chunk = await result.fetchChunk();
      chunk !== null && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      builder.add(
        Array.from({ length: chunk.columnCount }, (_, j) => {
          const vector = chunk.getColumnVector(j)
          return { count: vector.itemCount, get: i => vector.getItem(i) }
        }),
      )
      if (builder.rows < most) continue
      yield builder.finish()
      builder = tableBuilder(names, { ...reading, source, firstRow: builder.firstRow + builder.rows })
    }
    if (builder.rows > 0) yield builder.finish()
  } catch (error) {
    if (error instanceof NadirError) throw error
    const message = error instanceof Error ? error.message.split('\n')[0].replace(/\.$/, '') : String(error)
    throw new FormatError(
      format === 'sql'
        ? `sql: ${source} was refused: ${message}. The files are the table "data"; write SELECT … FROM data.`
        : `${format}: ${source} could not be read: ${message}. Check that the file is whole.`,
      { cause: error },
    )
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function namesOf(connection: DuckDBConnection, query: string): Promise<Named[]> {
  const described = (await connection.runAndReadAll(`DESCRIBE ${query}`)).getRows()
  return described.map(row => ({ name: String(row[0]), numeric: NUMERIC.test(String(row[1])) }))
}

function castsOf(names: readonly Named[]): string {
  return names.map(({ name, numeric }) => `CAST(${identifier(name)} AS ${numeric ? 'DOUBLE' : 'VARCHAR'})`).join(', ')
}

/** Numbers where a cell is one; what is no number comes in columns of its own behind all others. */
function tried(names: readonly Named[], numbers: ReadonlySet<string>, from: string): Selection {
  const columns = names.map(({ name }) => ({ name, numeric: numbers.has(name), tried: numbers.has(name) }))
  const number = (name: string) => `TRY_CAST(${identifier(name)} AS DOUBLE)`
  const rests = columns
    .filter(column => column.tried)
    .map(({ name }) => `CASE WHEN ${number(name)} IS NULL THEN ${identifier(name)} END`)
  const cells = columns.map(({ name, numeric }) => (numeric ? number(name) : identifier(name)))
  return { select: `SELECT ${[...cells, ...rests].join(', ')} FROM ${from}`, names: columns }
}

function scan({ file, format, delimiter, header, gzip }: DuckFile, untyped = false): string {
  if (format === 'parquet') return `read_parquet(${literal(file)})`
  const compression = gzip ? ", compression = 'gzip'" : ''
  if (format === 'json') return `read_json(${literal(file)}, format = 'auto', sample_size = -1${compression})`
  const missing = MISSING_TEXTS.map(literal).join(', ')
  return (
    `read_csv(${literal(file)}, ${untyped ? 'all_varchar = true' : "auto_type_candidates = ['BIGINT', 'DOUBLE', 'VARCHAR'], sample_size = -1"}, nullstr = [${missing}]${compression}` +
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
