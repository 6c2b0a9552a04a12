/**
 * Files that are there whole or not at all: written beside the target, flushed to the disk, then renamed.
 * @module
 */
import { mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { FormatError, RescuedError } from '../errors.ts'

/**
 * Writes `content` to `path`, whole or not at all: whatever fails, a file that was there before stays as it was.
 * Missing folders above are made.
 *
 * @throws FormatError (E_FORMAT) when the place cannot be written to.
 */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const file = await openAtomic(path)
  try {
    await file.write(content)
    await file.commit()
  } finally {
    await file.discard()
  }
}

/** A file that is written bit by bit, and appears when it is whole. */
export interface AtomicFile {
  write(content: string | Uint8Array): Promise<void>
  /** Flushes it to the disk and gives it its name. */
  commit(): Promise<void>
  /** Takes away what was written; nothing after `commit`. */
  discard(): Promise<void>
}

/**
 * Begins a file that appears under its name on `commit`. Missing folders above are made.
 *
 * @throws FormatError (E_FORMAT), there and later, when the place cannot be written to.
 */
export async function openAtomic(path: string): Promise<AtomicFile> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`)
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw unwritable(path, error)
    }
  }
  const handle = await guarded(async () => {
    await makeFolder(dirname(path))
    return open(temporary, 'w')
  })
  let committed = false
  return {
    write: content => guarded(() => handle.writeFile(content)),
    commit: () =>
      guarded(async () => {
        await handle.sync()
        await handle.close()
        await rename(temporary, path)
        committed = true
      }),
    async discard() {
      if (committed) return
      await handle.close().catch(() => {})
      await rm(temporary, { force: true }).catch(() => {})
    },
  }
}

/**
 * Writes a result that took work: when its place fails after all (a full disk, a folder that went away), it goes to a new folder
 * among the system's temporary ones, and as a last resort `print` shows it.
 *
 * @param path where it is wanted, for `write`.
 * @throws RescuedError (E_RESCUED), saying where the result is; the error of `write` when there is no `print` either.
 */
export async function writeOrRescue(
  path: string,
  write: (path: string) => Promise<void>,
  print?: () => void,
): Promise<void> {
  try {
    await write(path)
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(
      ' Choose another place with --out.',
      '',
    )
    const spare = await elsewhere(basename(path), write)
    if (spare !== null)
      throw new RescuedError(`${why} The result is not lost: it is in ${spare}. Move it from there.`, spare, {
        cause: error,
      })
    if (print === undefined) throw error
    print()
    throw new RescuedError(
      `${why} No temporary folder took the result either: it was printed on standard output. Keep that.`,
      null,
      { cause: error },
    )
  }
}

async function elsewhere(name: string, write: (path: string) => Promise<void>): Promise<string | null> {
  let folder: string | null = null
  try {
    folder = await mkdtemp(join(tmpdir(), 'nadir-rescued-'))
    await write(join(folder, name))
    return join(folder, name)
  } catch {
    if (folder !== null) await rm(folder, { recursive: true, force: true }).catch(() => {})
    return null
  }
}

/** `writeAtomic` of a result that took work, with the care of `writeOrRescue`. */
export function writeResult(path: string, content: string | Uint8Array): Promise<void> {
  return writeOrRescue(path, place => writeAtomic(place, content))
}

/**
 * Tries whether `path` could be written, before hours of work go into what should be written there. Leaves nothing behind
 * but folders.
 *
 * @throws FormatError as `writeAtomic`.
 */
export async function requireWritable(path: string): Promise<void> {
  const folder = dirname(path)
  const probe = join(folder, `.${basename(path)}.${process.pid}.part`)
  try {
    await makeFolder(folder)
    await (await open(probe, 'w')).close()
    await rm(probe)
  } catch (error) {
    throw unwritable(path, error)
  }
  if ((await stat(path).catch(() => null))?.isDirectory())
    throw unwritable(path, Object.assign(new Error(), { code: 'EISDIR' }))
}

/**
 * Makes a folder and the missing ones above it. Not mkdir's own `recursive`, which never returns where the file system answers
 * ENOENT for a parent that exists (/proc, under Node 20).
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return
    const above = dirname(folder)
    if (code !== 'ENOENT' || above === folder) throw error
    await makeFolder(above)
    await mkdir(folder)
  }
}

function unwritable(path: string, error: unknown): FormatError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const why = REASONS[code] ?? code
  return new FormatError(`write: ${path} cannot be written: ${why}. Choose another place with --out.`, { cause: error })
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  ENOENT: 'no folder can be made there',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a part of the path is a file, not a folder',
  EISDIR: 'there is a folder of that name',
}
