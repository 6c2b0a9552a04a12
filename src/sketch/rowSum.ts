/**
 * Sums over rows that have the same bits however the rows arrive.
 *
 * Rows are added in order within fixed chunks; chunk results are added by a pairwise tree over the chunk number:
 * node (l, i) = node (l − 1, 2i) + node (l − 1, 2i + 1), a missing right child counting as nothing. Chunks may come in any order,
 * from any number of workers. The tree does not depend on how many rows were expected: a sum that ends early is the sum of what came.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { CHUNK, checkColumns, checkRows, type RowDraw } from './draw.ts'

/** What is summed: any map of blocks of rows that adds up, a draw being one. */
export type RowSummand = Pick<RowDraw, 'rows' | 'samples' | 'scale' | 'granule' | 'accumulate'>

/** A sum in the making. */
export interface RowSum {
  /** Takes rows rowOffset … of A. Rows of one chunk must come in order; chunks may come in any. */
  add(rowOffset: number, rows: Dense): void
  /** Takes over what another sum over other chunks has finished. */
  merge(other: RowSum): void
  /** S·A ∈ R^{m × d}, once all rows are there: n of them, or `count` where the end was not known beforehand. */
  result(count?: number): Dense
  /** Matrices of m × d held now: open chunks and unpaired parts. */
  readonly held: number
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
export function rowSum(draw: RowSummand, cols: number): RowSum {
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

  /** A node of the tree over the first `total` chunks, of those finished; undefined where one is missing. */
  function nodeOf(level: number, index: number, total: number): Dense | undefined {
    const whole = nodes.get(`${level}:${index}`)
    if (whole !== undefined || level === 0) return whole
    const left = nodeOf(level - 1, 2 * index, total)
    if (left === undefined || (2 * index + 1) * 2 ** (level - 1) >= total) return left
    const right = nodeOf(level - 1, 2 * index + 1, total)
    return (
      right &&
      dense(
        m,
        cols,
        left.data.map((v, t) => v + right.data[t]),
      )
    )
  }

  return {
    nodes,
    get held() {
      return open.size + nodes.size
    },
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
    result(count = samples) {
      const last = open.get(Math.ceil(count / size) - 1)
      if (last !== undefined && last.next === count) {
        flush(last)
        const index = Math.ceil(count / size) - 1
        open.delete(index)
        done[index] = 1
        finish(0, index, last.acc)
      }
      const total = Math.ceil(count / size)
      const later = Math.max(done.lastIndexOf(1), ...open.keys())
      if (later >= total || (open.get(total - 1)?.next ?? 0) > count)
        throw new DomainError(
          `rowSum: rows beyond the ${count} that are summed have come. Count them again.`,
          'E_ROW_ORDER',
        )
      const root = nodeOf(Math.ceil(Math.log2(total)), 0, total)
      if (root === undefined) {
        const missing = done.indexOf(0)
        const row = open.get(missing)?.next ?? missing * size
        throw new DomainError(
          `rowSum: all ${count} rows are needed; row ${row} has not come. Add it.`,
          'E_ROWS_MISSING',
        )
      }
      return dense(m, cols, draw.scale === 1 ? root.data.slice() : root.data.map(v => draw.scale * v))
    },
  }
}
