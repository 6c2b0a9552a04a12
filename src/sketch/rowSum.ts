/**
 * Sums over rows that have the same bits however the rows arrive.
 *
 * Rows are added in order within fixed chunks; chunk results are added by a pairwise tree over the chunk number:
 * node (l, i) = node (l − 1, 2i) + node (l − 1, 2i + 1), a missing right child counting as nothing. Chunks may come in any order,
 * from any number of workers.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { CHUNK, checkColumns, checkRows, type RowDraw } from './draw.ts'

/** A sum in the making. */
export interface RowSum {
  /** Takes rows rowOffset … of A. Rows of one chunk must come in order; chunks may come in any. */
  add(rowOffset: number, rows: Dense): void
  /** Takes over what another sum over other chunks has finished. */
  merge(other: RowSum): void
  /** S·A ∈ R^{m × d}, once all rows are there. */
  result(): Dense
  /** Finished parts: 'level:index' → partial sum. */
  readonly nodes: ReadonlyMap<string, Dense>
}

interface OpenChunk {
  readonly acc: Dense
  /** Rows waiting for their granule to fill. */
  readonly waiting: Float64Array
  held: number
  /** The row that must come next. */
  next: number
}

/**
 * Starts the sum S·A for a matrix of `cols` columns that arrives by rows.
 *
 * Memory: m·d numbers for each open chunk and each unpaired node (about log₂ of the chunks when rows come in order).
 *
 * `add` throws DomainError (E_ROW_ORDER) when rows of a chunk come twice or out of order, ShapeError for another number of columns;
 * `result` throws DomainError (E_ROWS_MISSING) naming the first row that is not there.
 */
export function rowSum(draw: RowDraw, cols: number): RowSum {
  const { samples, rows: m, granule } = draw
  const size = Math.max(CHUNK, granule)
  const chunks = Math.ceil(samples / size)
  const open = new Map<number, OpenChunk>()
  const nodes = new Map<string, Dense>()
  const done = new Uint8Array(chunks)

  function finish(level: number, index: number, value: Dense): void {
    const count = Math.ceil(chunks / 2 ** level)
    const sibling = nodes.get(`${level}:${index ^ 1}`)
    if (count === 1) nodes.set(`${level}:0`, value)
    else if ((index ^ 1) >= count) finish(level + 1, index >> 1, value)
    else if (sibling === undefined) nodes.set(`${level}:${index}`, value)
    else {
      nodes.delete(`${level}:${index ^ 1}`)
      for (let t = 0; t < value.data.length; t++) sibling.data[t] += value.data[t]
      finish(level + 1, index >> 1, sibling)
    }
  }

  function flush(chunk: OpenChunk): void {
    if (chunk.held === 0) return
    const rows = dense(chunk.held, cols, chunk.waiting.subarray(0, chunk.held * cols))
    draw.accumulate(chunk.next - chunk.held, rows, chunk.acc)
    chunk.held = 0
  }

  function addPiece(index: number, offset: number, piece: Dense): void {
    const start = index * size
    const end = Math.min(samples, start + size)
    const chunk: OpenChunk = open.get(index) ?? {
      acc: dense(m, cols),
      waiting: new Float64Array(granule > 1 ? granule * cols : 0),
      held: 0,
      next: start,
    }
    if (done[index] === 1 || offset !== chunk.next)
      throw new DomainError(
        `rowSum: rows of a chunk of ${size} must come once and in order; got row ${offset}, ${done[index] === 1 ? 'again' : `expected ${chunk.next}`}.`,
        'E_ROW_ORDER',
      )
    open.set(index, chunk)
    if (granule === 1) {
      draw.accumulate(offset, piece, chunk.acc)
      chunk.next += piece.rows
    } else
      for (let i = 0; i < piece.rows; i++) {
        chunk.waiting.set(piece.data.subarray(i * cols, (i + 1) * cols), chunk.held * cols)
        chunk.held++
        chunk.next++
        if (chunk.held === granule) flush(chunk)
      }
    if (chunk.next < end) return
    flush(chunk)
    open.delete(index)
    done[index] = 1
    finish(0, index, chunk.acc)
  }

  return {
    nodes,
    add(rowOffset, rows) {
      if (rows.cols !== cols)
        throw new ShapeError(`rowSum: every block must have ${cols} columns; got ${rows.cols} at row ${rowOffset}.`)
      checkColumns('rowSum', samples, rowOffset, rows.rows)
      checkRows('rowSum', rows, rows.rows, rowOffset)
      for (let at = 0; at < rows.rows; ) {
        const index = Math.floor((rowOffset + at) / size)
        const count = Math.min(rows.rows - at, (index + 1) * size - (rowOffset + at))
        addPiece(index, rowOffset + at, dense(count, cols, rows.data.subarray(at * cols, (at + count) * cols)))
        at += count
      }
    },
    merge(other) {
      for (const [name, value] of other.nodes) {
        const [level, index] = name.split(':').map(Number)
        const [first, end] = [index * 2 ** level, Math.min(chunks, (index + 1) * 2 ** level)]
        for (let c = first; c < end; c++) {
          if (done[c] === 1 || open.has(c))
            throw new DomainError(
              `rowSum: a chunk must be summed once; got chunk ${c} from both. Split the chunks.`,
              'E_ROW_ORDER',
            )
          done[c] = 1
        }
        finish(level, index, dense(value.rows, value.cols, value.data.slice()))
      }
    },
    result() {
      const root = nodes.get(`${Math.ceil(Math.log2(chunks))}:0`)
      if (root === undefined) {
        const missing = done.indexOf(0)
        const row = open.get(missing)?.next ?? missing * size
        throw new DomainError(
          `rowSum: all ${samples} rows are needed; row ${row} has not come. Add it.`,
          'E_ROWS_MISSING',
        )
      }
      return dense(m, cols, draw.scale === 1 ? root.data.slice() : root.data.map(v => draw.scale * v))
    },
  }
}
