/**
 * --output of the verbs that end in a table: a file, or standard output, as CSV or JSON.
 * @module
 */
import { extname } from 'node:path'
import { DomainError } from '../errors.ts'
import { requireWritable, writeResult } from '../formats/writeAtomic.ts'
import type { Io } from './io.ts'
import { csvCell, jsonText } from './output.ts'

/** Where a table goes, and how; `file` is null for standard output. */
export interface TableForm {
  readonly kind: 'csv' | 'json'
  readonly file: string | null
}

/**
 * What --output says: a path that ends in .csv or .json, or the bare word.
 *
 * @throws DomainError for any other ending; FormatError when the file cannot be written.
 */
export async function formOf(output: string | undefined, who: string): Promise<TableForm | null> {
  if (output === undefined) return null
  if (output === 'csv' || output === 'json') return { kind: output, file: null }
  const ending = extname(output).toLowerCase()
  if (ending !== '.csv' && ending !== '.json')
    throw new DomainError(
      `${who}: --output must be a file that ends in .csv or .json, or csv or json to print; got "${output}". Try --output ${who}.csv.`,
      'E_USAGE',
    )
  await requireWritable(output)
  return { kind: ending === '.csv' ? 'csv' : 'json', file: output }
}

/** Writes or prints a table. */
export async function writeTable(
  io: Io,
  { kind, file }: TableForm,
  table: { readonly header: readonly string[]; readonly rows: readonly (readonly number[])[]; readonly object: object },
): Promise<void> {
  const cell = (value: number) => (Number.isFinite(value) ? String(value) : '')
  const text =
    kind === 'json'
      ? jsonText(table.object)
      : `${[table.header.map(csvCell), ...table.rows.map(row => row.map(cell))].map(row => row.join(',')).join('\n')}\n`
  if (file === null) io.out(text)
  else await writeResult(file, text)
}
