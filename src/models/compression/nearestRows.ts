/**
 * Nearest neighbours among the rows of a compressed matrix, without decompressing it.
 *
 * For a query q the products Â·q cost one pass over the codes, and ‖q − â_i‖² = ‖q‖² − 2·(Âq)_i + ‖â_i‖²; the norms of the rows are computed once, block
 * by block, and are all that is kept (8 bytes a row).
 * @module
 */
import { DomainError, ShapeError } from '../../errors.ts'
import { type Dense, rowOf } from '../../matrix/dense.ts'
import { dot } from '../../matrix/vector.ts'
import { type Compressed, forEachBlock } from './compressed.ts'
import { compressedOperator } from './products.ts'

/** What "near" means: least distance, largest cosine, or largest inner product. */
export type Metric = 'euclidean' | 'cosine' | 'inner'

/** The k best rows of each query, best first; both (queries × k). */
export interface Neighbours {
  readonly index: Int32Array
  /** Squared distance (euclidean), else cosine or inner product. */
  readonly score: Float64Array
}

/** Rows that can be searched. */
export interface RowIndex {
  /**
   * The `count` nearest rows to each row of `queries`; at equal scores the lower row first.
   *
   * @throws ShapeError when queries have another number of columns; DomainError (E_PARAM_RANGE) unless 1 ≤ count ≤ rows, (E_NONFINITE) for NaN.
   */
  search(queries: Dense, options?: { readonly count?: number; readonly metric?: Metric }): Neighbours
}

/** Prepares a search: one pass over Â for the norms of its rows. */
export function nearestRows(c: Compressed): RowIndex {
  const squares = new Float64Array(c.rows)
  forEachBlock(c, (from, block) => {
    for (let i = 0; i < block.rows; i++) squares[from + i] = dot(rowOf(block, i), rowOf(block, i))
  })
  const operator = compressedOperator(c)
  return {
    search(queries, { count = 10, metric = 'euclidean' } = {}) {
      if (queries.cols !== c.cols)
        throw new ShapeError(`nearestRows: queries must have ${c.cols} columns; got ${queries.cols}.`)
      if (!(Number.isInteger(count) && count >= 1 && count <= c.rows))
        throw new DomainError(
          `nearestRows: count must be a whole number in 1..${c.rows}; got ${count}.`,
          'E_PARAM_RANGE',
        )
      const index = new Int32Array(queries.rows * count)
      const score = new Float64Array(queries.rows * count)
      const products = new Float64Array(c.rows)
      for (let r = 0; r < queries.rows; r++) {
        const q = rowOf(queries, r)
        const size = dot(q, q)
        if (!Number.isFinite(size))
          throw new DomainError(`nearestRows: queries must be finite; row ${r} is not. Correct it.`, 'E_NONFINITE')
        operator.apply(q, products)
        // Every metric as a loss: the smaller the nearer.
        for (let i = 0; i < c.rows; i++) {
          if (metric === 'euclidean') products[i] = Math.max(0, size - 2 * products[i] + squares[i])
          else if (metric === 'inner') products[i] = -products[i]
          else products[i] = squares[i] > 0 && size > 0 ? -products[i] / Math.sqrt(squares[i] * size) : 0
        }
        smallest(products, count).forEach((i, k) => {
          index[r * count + k] = i
          score[r * count + k] = metric === 'euclidean' ? products[i] : -products[i]
        })
      }
      return { index, score }
    },
  }
}

/** Positions of the `count` smallest numbers, in order; a heap with the worst kept on top. */
function smallest(values: Float64Array, count: number): number[] {
  const heap: number[] = []
  const worse = (a: number, b: number) => values[a] > values[b] || (values[a] === values[b] && a > b)
  const down = (at: number) => {
    for (let i = at; ; ) {
      let top = i
      for (const child of [2 * i + 1, 2 * i + 2]) if (child < heap.length && worse(heap[child], heap[top])) top = child
      if (top === i) return
      ;[heap[i], heap[top]] = [heap[top], heap[i]]
      i = top
    }
  }
  for (let i = 0; i < values.length; i++) {
    if (heap.length < count) {
      heap.push(i)
      for (let k = heap.length - 1; k > 0 && worse(heap[k], heap[(k - 1) >> 1]); k = (k - 1) >> 1)
        [heap[k], heap[(k - 1) >> 1]] = [heap[(k - 1) >> 1], heap[k]]
    } else if (worse(heap[0], i)) {
      heap[0] = i
      down(0)
    }
  }
  return heap.sort((a, b) => (worse(a, b) ? 1 : -1))
}
