/**
 * Makes a large table for trying out streams: `tsx tools/large-table.ts <rows> <file.parquet> [columns]`.
 *
 * DuckDB alone makes it, a row group at a time: column j is uniform on ±½·0.9^j, the target a combination of all with noise uniform on (0, 1), every
 * number a hash of its place, so that the table is the same each time.
 */
import { DuckDBInstance } from '@duckdb/node-api'

const [rows, file, columns = '50'] = process.argv.slice(2)
if (!(Number(rows) >= 1) || file === undefined) {
  console.error('usage: tsx tools/large-table.ts <rows> <file.parquet> [columns]')
  process.exit(2)
}
const names = Array.from({ length: Number(columns) }, (_, j) => `x${j}`)
const uniform = (k: number) => `hash(i * 1024 + ${k}) / 18446744073709551616.0`
const features = names.map((name, j) => `(${uniform(j)} - 0.5) * ${0.9 ** j} AS ${name}`)
const target = [`1 + ${uniform(1023)}`, ...names.map((name, j) => `${name} * ${(j % 7) - 3}`)].join(' + ')
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
await connection.run(
  `COPY (SELECT * EXCLUDE (i), ${target} AS y FROM (SELECT i, ${features.join(', ')} FROM range(${Number(rows)}) t(i))) ` +
    `TO '${file.replaceAll("'", "''")}' (FORMAT parquet)`,
)
connection.closeSync()
instance.closeSync()
