/**
 * S·A for a sparse A, with the bits of S·(A as a dense matrix) up to the sign of zeros: the same chunks, the same order, the same tree.
 * @module
 */
import { DomainError } from '../errors.ts'
import type { Csr } from '../matrix/csr.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { CHUNK, type Draw, type RowDraw } from './draw.ts'

/** Limit of `applySparse`. */
export interface SparseOptions {
  /** Numbers a dense copy may take, where one is needed; default 2²⁷ (1 GiB). */
  readonly most?: number
}

/**
 * S·A ∈ R^{m × d}. Cost s·nnz for sketches of few signs a column (sjlt, countsketch); other sketches by rows densify 4096 rows at a time; the others (srht) all of A.
 *
 * @throws DomainError (E_DENSIFY) when the dense rows that are needed would hold more numbers than allowed; else as the draw.
 */
export function applySparse(draw: Draw, a: Csr, { most = 2 ** 27 }: SparseOptions = {}): Dense {
  const byRows = 'accumulate' in draw ? (draw as RowDraw) : null
  const bad = a.value.findIndex(v => !Number.isFinite(v))
  if (bad >= 0)
    throw new DomainError(
      `applySparse: entries must be finite; got ${a.value[bad]} in column ${a.column[bad]}. Correct it.`,
      'E_NONFINITE',
    )
  if (byRows?.scatter === undefined) {
    const size = byRows === null ? a.rows : Math.min(a.rows, Math.max(CHUNK, byRows.granule))
    if (size * a.cols > most)
      throw new DomainError(
        `applySparse: ${draw.kind} needs ${size} rows densely, ${size * a.cols} numbers; at most ${most} are allowed. Use sjlt, which keeps them sparse.`,
        'E_DENSIFY',
      )
  }
  if (a.rows !== draw.samples || byRows === null) return draw.apply(densified(a, 0, a.rows))
  const size = Math.max(CHUNK, byRows.granule)
  const sum = node(0, Math.ceil(a.rows / size))
  return dense(draw.rows, a.cols, byRows.scale === 1 ? sum : sum.map(v => byRows.scale * v))

  /** Sum of chunks first … end − 1: pairs by the tree over chunk numbers, whose left part is the largest whole power of two. */
  function node(first: number, end: number): Float64Array {
    if (end - first === 1) return chunk(first)
    const half = 2 ** Math.ceil(Math.log2(end - first) - 1)
    const left = node(first, first + half)
    const right = node(first + half, end)
    for (let t = 0; t < left.length; t++) left[t] += right[t]
    return left
  }

  function chunk(index: number): Float64Array {
    const from = index * size
    const count = Math.min(size, a.rows - from)
    const acc = dense(draw.rows, a.cols)
    const { scatter } = byRows as RowDraw
    if (scatter === undefined) (byRows as RowDraw).accumulate(from, densified(a, from, count), acc)
    else
      for (const { bucket, sign } of scatter(from, count))
        for (let i = 0; i < count; i++)
          for (let k = a.rowStart[from + i]; k < a.rowStart[from + i + 1]; k++)
            acc.data[bucket[i] * a.cols + a.column[k]] += sign[i] * a.value[k]
    return acc.data
  }
}

/** Some rows as a dense matrix. */
function densified(a: Csr, from: number, count: number): Dense {
  const out = dense(count, a.cols)
  for (let i = 0; i < count; i++)
    for (let k = a.rowStart[from + i]; k < a.rowStart[from + i + 1]; k++)
      out.data[i * a.cols + a.column[k]] = a.value[k]
  return out
}
