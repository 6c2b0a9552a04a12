/**
 * Matrices in .npy files by ranges of rows: a file larger than memory is read a block at a time.
 * @module
 */
import { open } from 'node:fs/promises'
import { FormatError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { matrixShape, npyHeader } from './npy.ts'

const HEAD_BYTES = 1 << 17
/** Bytes that are asked for at once: Node reads no more than 2 GiB. */
const MOST_BYTES = 2 ** 30

/**
 * The rows of a matrix in order, at most `most` at a time and at most 1 GiB. Fortran order costs a read for each column of a block.
 *
 * @throws FormatError as `npyHeader`, for a file without rows or columns, and when it ends early after all; ShapeError for more than two axes.
 */
export async function* streamNpy(file: string, source: string, most: number): AsyncGenerator<Dense, void, void> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    const head = new Uint8Array(Math.min(size, HEAD_BYTES))
    await handle.read(head, 0, head.length, 0)
    const { shape, fortran, start, bytes, read } = npyHeader(head, size, source)
    const [rows, cols] = matrixShape(shape, source)
    if (rows === 0 || cols === 0)
      throw new FormatError(`npy: ${source} has no numbers (${rows} × ${cols}). Save an array with rows and columns.`)
    const part = async (first: number, count: number): Promise<DataView> => {
      const buffer = new Uint8Array(count * bytes)
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, start + first * bytes)
      if (bytesRead < buffer.length)
        throw new FormatError(`npy: ${source} ended early while it was read. Do not change it meanwhile.`)
      return new DataView(buffer.buffer)
    }
    const step = Math.min(most, rows, Math.max(1, Math.floor(MOST_BYTES / (cols * bytes))))
    for (let from = 0; from < rows; from += step) {
      const count = Math.min(step, rows - from)
      const block = dense(count, cols)
      if (fortran)
        for (let j = 0; j < cols; j++) {
          const view = await part(j * rows + from, count)
          for (let i = 0; i < count; i++) block.data[i * cols + j] = read(view, i * bytes)
        }
      else {
        const view = await part(from * cols, count * cols)
        for (let t = 0; t < block.data.length; t++) block.data[t] = read(view, t * bytes)
      }
      yield block
    }
  } finally {
    await handle.close()
  }
}
