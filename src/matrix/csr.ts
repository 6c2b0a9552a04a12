/**
 * Sparse matrices in compressed rows, and their operators.
 *
 * Row i holds the entries rowStart[i] … rowStart[i + 1] − 1 of `column` and `value`, columns ascending and without
 * repetition. Products visit entries in row order, so results are the same bits everywhere.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'
import { type Dense, dense, rowOf } from './dense.ts'
import { checkGroups } from './denseOperator.ts'
import { groupNorms } from './gated.ts'
import type { GroupedOperator, Traits } from './operator.ts'

/** A ∈ R^{rows × cols} with `value.length` stored entries. */
export interface Csr {
  readonly rows: number
  readonly cols: number
  /** rows + 1 offsets, ascending from 0. */
  readonly rowStart: Uint32Array
  readonly column: Uint32Array
  readonly value: Float64Array
}

/**
 * Wraps compressed rows (not copied) after checking them.
 *
 * @throws ShapeError when lengths or offsets do not fit together.
 * @throws DomainError when a row's columns do not ascend within 0..cols − 1.
 */
export function csr(rows: number, cols: number, parts: Pick<Csr, 'rowStart' | 'column' | 'value'>): Csr {
  const { rowStart, column, value } = parts
  if (rowStart.length !== rows + 1 || rowStart[0] !== 0)
    throw new ShapeError(
      `csr: rowStart must hold ${rows + 1} offsets from 0; got ${rowStart.length} from ${rowStart[0]}.`,
    )
  if (column.length !== value.length || rowStart[rows] !== value.length)
    throw new ShapeError(
      `csr: columns, values and the last offset must agree; got ${column.length}, ${value.length}, ${rowStart[rows]}.`,
    )
  for (let i = 0; i < rows; i++)
    if (rowStart[i + 1] < rowStart[i]) throw new ShapeError(`csr: offsets must ascend; row ${i} ends before it starts.`)
  for (let i = 0; i < rows; i++) {
    for (let k = rowStart[i]; k < rowStart[i + 1]; k++)
      if (column[k] >= cols || (k > rowStart[i] && column[k] <= column[k - 1]))
        throw new DomainError(
          `csr: columns of a row must ascend within 0..${cols - 1}; got ${column[k]} in row ${i}. Use csrFromTriplets.`,
        )
  }
  return { rows, cols, rowStart, column, value }
}

/** One stored entry; repeated positions add up. */
export type Triplet = readonly [row: number, column: number, value: number]

/**
 * Sorts entries into compressed rows. Cost O(entries·log).
 *
 * @throws DomainError when an entry lies outside the matrix.
 */
export function csrFromTriplets(rows: number, cols: number, triplets: readonly Triplet[]): Csr {
  for (const [i, j] of triplets)
    if (!(Number.isInteger(i) && i >= 0 && i < rows && Number.isInteger(j) && j >= 0 && j < cols))
      throw new DomainError(`csrFromTriplets: entries must lie within ${rows} × ${cols}; got row ${i}, column ${j}.`)
  const sorted = [...triplets].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const rowStart = new Uint32Array(rows + 1)
  const column: number[] = []
  const value: number[] = []
  let last = -1
  for (const [i, j, v] of sorted) {
    if (last === i * cols + j) value[value.length - 1] += v
    else {
      column.push(j)
      value.push(v)
      rowStart[i + 1]++
    }
    last = i * cols + j
  }
  for (let i = 0; i < rows; i++) rowStart[i + 1] += rowStart[i]
  return { rows, cols, rowStart, column: Uint32Array.from(column), value: Float64Array.from(value) }
}

/** The entries of A that are not zero. */
export function csrFromDense(a: Dense): Csr {
  const triplets: Triplet[] = []
  for (let i = 0; i < a.rows; i++)
    rowOf(a, i).forEach((v, j) => {
      if (v !== 0) triplets.push([i, j, v])
    })
  return csrFromTriplets(a.rows, a.cols, triplets)
}

/** A sparse matrix as a grouped operator. */
export interface CsrOperator extends GroupedOperator {
  readonly kind: 'csr'
  readonly matrix: Csr
  restrict(active: ArrayLike<number>): CsrOperator
}

/**
 * The operator of a sparse A, its columns in groups of `groupSize` (default 1). Products cost 2 flops an entry.
 *
 * @throws ShapeError when the groups do not fill the columns.
 */
export function csrOperator(
  matrix: Csr,
  options: { readonly groupSize?: number; readonly traits?: Traits } = {},
): CsrOperator {
  const { groupSize = 1, traits = {} } = options
  const { rows, cols, rowStart, column, value } = matrix
  if (!Number.isInteger(groupSize) || groupSize < 1 || cols % groupSize !== 0)
    throw new ShapeError(`csrOperator: groupSize must divide the ${cols} columns; got ${groupSize}.`)
  const groups = cols / groupSize
  const scratch = new Float64Array(cols)
  const apply = (x: Float64Array, out: Float64Array = new Float64Array(rows)) => {
    for (let i = 0; i < rows; i++) {
      let sum = 0
      for (let k = rowStart[i]; k < rowStart[i + 1]; k++) sum += value[k] * x[column[k]]
      out[i] = sum
    }
    return out
  }
  const applyT = (y: Float64Array, out: Float64Array = new Float64Array(cols)) => {
    out.fill(0)
    for (let i = 0; i < rows; i++) {
      const v = y[i]
      for (let k = rowStart[i]; k < rowStart[i + 1]; k++) out[column[k]] += v * value[k]
    }
    return out
  }
  const restrict = (active: ArrayLike<number>) => csrOperator(columnsOf(matrix, active, groupSize), { groupSize })
  return {
    kind: 'csr',
    matrix,
    rows,
    cols,
    groups,
    groupSize,
    traits,
    apply,
    applyT,
    applyBlock(x, out = dense(x.rows, rows)) {
      for (let i = 0; i < x.rows; i++) apply(rowOf(x, i), rowOf(out, i))
      return out
    },
    applyTBlock(y, out = dense(y.rows, cols)) {
      for (let i = 0; i < y.rows; i++) applyT(rowOf(y, i), rowOf(out, i))
      return out
    },
    correlations: (r, out = new Float64Array(groups)) => groupNorms(applyT(r, scratch), groupSize, out),
    restrict,
    gram(active) {
      const a = restrict(active).matrix
      const out = dense(a.cols, a.cols)
      for (let i = 0; i < rows; i++)
        for (let p = a.rowStart[i]; p < a.rowStart[i + 1]; p++) {
          const row = rowOf(out, a.column[p])
          for (let q = a.rowStart[i]; q < a.rowStart[i + 1]; q++) row[a.column[q]] += a.value[p] * a.value[q]
        }
      return out
    },
  }
}

/** The columns of the groups of `active`, in that order (repetition allowed). */
function columnsOf(a: Csr, active: ArrayLike<number>, groupSize: number): Csr {
  checkGroups('csrOperator', active, a.cols / groupSize)
  const places: number[][] = Array.from({ length: a.cols / groupSize }, () => [])
  for (let k = 0; k < active.length; k++) places[active[k]].push(k)
  const triplets: Triplet[] = []
  for (let i = 0; i < a.rows; i++)
    for (let k = a.rowStart[i]; k < a.rowStart[i + 1]; k++) {
      const group = Math.floor(a.column[k] / groupSize)
      for (const place of places[group])
        triplets.push([i, place * groupSize + a.column[k] - group * groupSize, a.value[k]])
    }
  return csrFromTriplets(a.rows, active.length * groupSize, triplets)
}
