/**
 * From the one thing that distinguishes a distribution, how rows are added, to a whole draw.
 * @module
 */
import { ShapeError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { checkColumns, checkRows, identityColumns, type RowDraw, type Scatter } from './draw.ts'
import { rowSum } from './rowSum.ts'
import { scatterRows } from './scatterRows.ts'

/** What a distribution gives. */
export interface RowDrawParts extends Pick<RowDraw, 'kind' | 'rows' | 'samples' | 'scale' | 'scatter'> {
  readonly granule?: number
  /** As `RowDraw.accumulate`, on checked arguments. */
  add(rowOffset: number, rows: Dense, acc: Dense): void
}

/** Completes a draw: checks, `apply` by chunks and tree, explicit columns. */
export function rowDraw({ kind, rows: m, samples, scale, granule = 1, scatter, add }: RowDrawParts): RowDraw {
  const draw: RowDraw = {
    kind,
    rows: m,
    samples,
    scale,
    granule,
    ...(scatter !== undefined && { scatter }),
    accumulate(rowOffset, rows, acc) {
      checkColumns(kind, samples, rowOffset, rows.rows)
      if (acc.rows !== m || acc.cols !== rows.cols)
        throw new ShapeError(`${kind}: the accumulator must be ${m} × ${rows.cols}; got ${acc.rows} × ${acc.cols}.`)
      const end = rowOffset + rows.rows
      if (rowOffset % granule !== 0 || (end % granule !== 0 && end !== samples))
        throw new ShapeError(
          `${kind}: blocks must begin and end at multiples of ${granule} rows; got rows ${rowOffset} to ${end}. Use rowSum, which waits for whole blocks.`,
        )
      add(rowOffset, rows, acc)
      return acc
    },
    apply(a) {
      checkRows(kind, a, samples)
      const sum = rowSum(draw, a.cols)
      sum.add(0, a)
      return sum.result()
    },
    columns(from, count) {
      checkColumns(kind, samples, from, count)
      const start = from - (from % granule)
      const end = Math.min(samples, Math.ceil((from + count) / granule) * granule)
      const out = dense(m, count)
      if (count > 0) add(start, identityColumns(end - start, from - start, count), out)
      for (let t = 0; t < out.data.length; t++) out.data[t] *= scale
      return out
    },
  }
  return draw
}

/** A draw whose columns hold a few signs each. */
export function scatterDraw(
  parts: Omit<RowDrawParts, 'add' | 'granule'> & { readonly scatter: (rowOffset: number, rows: number) => Scatter[] },
): RowDraw {
  return rowDraw({
    ...parts,
    add: (rowOffset, rows, acc) => scatterRows(rows, acc, parts.scatter(rowOffset, rows.rows)),
  })
}
