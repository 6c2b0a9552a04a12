/**
 * NumPy's .npz files: a zip archive of .npy arrays, stored or deflated.
 *
 * As a table every array has one row for each of its first axis: one axis is a column of the array's name, two axes are columns
 * name0, name1 … (x0, x1 … for X, as for a bare .npy). An array called y, target, label or labels comes last, where the target
 * is looked for.
 * @module
 */
import { unzipSync } from 'fflate'
import { type Column, type Table, tableOf } from '../data/table.ts'
import { FormatError, ShapeError } from '../errors.ts'
import { npyMatrix, readNpy } from './npy.ts'

/** Most bytes that an archive may unpack to. */
const MOST_BYTES = 2 ** 33
/** Bytes that deflate packs into one, at most. */
const MOST_PACKED = 1032
const TARGETS = ['y', 'target', 'targets', 'label', 'labels']

/**
 * Reads the bytes of a .npz file as a table.
 *
 * @throws FormatError for a damaged archive, one without arrays, or one that unpacks to over 8 GiB; ShapeError for arrays of
 *   different numbers of rows.
 */
export function readNpz(bytes: Uint8Array, source = 'the file'): Table {
  const arrays = npzMembers(bytes, source)
  const names = Object.keys(arrays).sort((a, b) => rank(a) - rank(b))
  if (names.length === 0)
    throw new FormatError(`npz: ${source} holds no .npy array. Save it with numpy.savez(file, X=X, y=y).`)
  const tables = names.map(name => {
    const matrix = npyMatrix(readNpy(arrays[name], `array "${name}" of ${source}`), `array "${name}" of ${source}`)
    const prefix = name === 'X' ? 'x' : name
    const columns = matrix.cols === 1 && name !== 'X' && name !== 'x' ? [name] : undefined
    return {
      name,
      table: tableOf(matrix, source, columns ?? Array.from({ length: matrix.cols }, (_, j) => `${prefix}${j}`)),
    }
  })
  const [first] = tables
  for (const { name, table } of tables)
    if (table.rows !== first.table.rows)
      throw new ShapeError(
        `npz: all arrays of a table must have equally many rows; in ${source} "${first.name}" has ${first.table.rows} and "${name}" has ${table.rows}. Save what belongs together: numpy.savez(file, X=X, y=y).`,
      )
  const columns = tables.flatMap(({ table }): readonly Column[] => table.columns)
  if (first.table.rows === 0 || columns.length === 0)
    throw new FormatError(`npz: ${source} has no numbers. Save arrays with rows and columns.`)
  return { rows: first.table.rows, columns, source, notes: [] }
}

/** The .npy members of an archive by name, as bytes. @throws FormatError as `readNpz`. */
export function npzMembers(bytes: Uint8Array, source: string): Record<string, Uint8Array> {
  let size = 0
  try {
    const files = unzipSync(bytes, {
      filter(file) {
        // Room is made for what the archive claims: no more than deflate can have packed.
        if (file.originalSize > MOST_PACKED * file.size + 64)
          throw new FormatError(
            `npz: ${source} claims to unpack to ${file.originalSize} bytes, which its ${file.size} bytes cannot. Copy it, or write it again with numpy.savez.`,
          )
        size += file.originalSize
        if (size > MOST_BYTES)
          throw new FormatError(`npz: ${source} unpacks to more than ${MOST_BYTES} bytes. Save float32, or Parquet.`)
        return file.name.endsWith('.npy')
      },
    })
    return Object.fromEntries(Object.entries(files).map(([name, content]) => [name.slice(0, -'.npy'.length), content]))
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(`npz: ${source} is damaged or cut short. Copy it, or write it again with numpy.savez.`, {
      cause: error,
    })
  }
}

/** Targets after all others. */
function rank(name: string): number {
  return TARGETS.includes(name.toLowerCase()) ? 1 : 0
}
