/**
 * From a path as users name it to a file that can be read more than once: '-' and pipes are copied to a temporary file.
 * @module
 */
import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { BUNDLED, bundledPath, isBundled } from '../data/bundled.ts'
import { suggestion } from '../data/suggest.ts'
import { FormatError } from '../errors.ts'

/** Standard input as it comes. */
export type Stdin = () => AsyncIterable<Uint8Array>

/** A file, and how messages call it. */
export interface OpenFile {
  readonly file: string
  readonly source: string
  /** Takes a copy away again. */
  close(): Promise<void>
}

/**
 * The file that a path names: a file, '-' for standard input, a pipe, or the bare name of a bundled data set where no such file
 * exists.
 *
 * @throws FormatError when there is no such file, or nothing comes.
 */
export async function openFile(path: string, options: { readonly stdin?: Stdin }): Promise<OpenFile> {
  if (path === '-') {
    if (options.stdin === undefined)
      throw new FormatError('data: standard input is not connected. Name a file instead of "-".')
    return copied(options.stdin(), 'standard input')
  }
  const close = async () => {}
  const found = await stat(path).catch(() => null)
  if (found === null) {
    if (!isBundled(path)) throw absent(path)
    return { file: bundledPath(path), source: `the bundled data set ${path}`, close }
  }
  if (found.isFile()) return { file: path, source: basename(path), close }
  if (!found.isFIFO() && !found.isCharacterDevice())
    throw new FormatError(`data: ${path} is not a file. Name a CSV, Parquet, JSON or .npy file.`)
  // A pipe can be read only once: it is copied first.
  return copied(createReadStream(path) as AsyncIterable<Uint8Array>, path)
}

async function copied(bytes: AsyncIterable<Uint8Array>, source: string): Promise<OpenFile> {
  const folder = await mkdtemp(join(tmpdir(), 'nadir-'))
  const close = () => rm(folder, { recursive: true, force: true })
  try {
    const file = join(folder, 'input')
    const handle = await open(file, 'w')
    let size = 0
    try {
      for await (const chunk of bytes) {
        size += chunk.length
        await handle.writeFile(chunk)
      }
    } finally {
      await handle.close()
    }
    if (size === 0) throw new FormatError(`data: ${source} is empty. Pipe a CSV, Parquet, JSON or .npy file in.`)
    return { file, source, close }
  } catch (error) {
    await close()
    throw error
  }
}

function absent(path: string): FormatError {
  if (/[./\\]/.test(path)) return new FormatError(`data: there is no file ${path}. Check the path.`)
  return new FormatError(`data: there is no file and no bundled data set called ${path}. ${suggestion(path, BUNDLED)}`)
}
