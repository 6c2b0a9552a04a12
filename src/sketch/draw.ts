/**
 * Sketches: a random S ∈ R^{m × n} with E[SᵀS] = I, so that S·A keeps the geometry of the columns of a tall A ∈ R^{n × d}.
 *
 * A distribution (a file each: `gaussian`, `sjlt`, …) and a draw from it are apart. A draw is fixed by its seed and addressed by
 * row and column: S[:, from … from + count) can be had without the rest, in any order and on any machine, with the same bits.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'
import { type Dense, dense } from '../matrix/dense.ts'

/** Rows of A that are summed in order; the sums of such chunks are added by a fixed tree. Part of the format, not of the machine. */
export const CHUNK = 4096

/** What every distribution is told. */
export interface DrawOptions {
  /** m ≥ 1, rows of S. */
  readonly rows: number
  /** n in 1..2³¹, columns of S: rows of the matrices it is applied to. */
  readonly samples: number
  /** Integer in 0..2³² − 1; default 0. */
  readonly seed?: number
}

/** One S, drawn. */
export interface Draw {
  readonly kind: string
  /** m. */
  readonly rows: number
  /** n. */
  readonly samples: number
  /** S·A ∈ R^{m × d} for A ∈ R^{n × d}. */
  apply(a: Dense): Dense
  /** S[:, from … from + count) ∈ R^{m × count}, explicitly: for tests and small things. */
  columns(from: number, count: number): Dense
}

/** A draw that can take A by blocks of rows, in one pass. */
export interface RowDraw extends Draw {
  /** S = scale·E; sums are taken of E, whose entries are often ±1 (and the sums then exact but for additions). */
  readonly scale: number
  /** Blocks must begin at a multiple of this, and end at one or at n; 1 for most. */
  readonly granule: number
  /** Where E has few signs a column: those of columns rowOffset …, for A that is itself sparse. */
  readonly scatter?: (rowOffset: number, rows: number) => readonly Scatter[]
  /** acc ← acc + E[:, rowOffset …]·rows, row after row; acc ∈ R^{m × d} is returned. S·A = scale·acc after all rows. */
  accumulate(rowOffset: number, rows: Dense, acc: Dense): Dense
}

/** One entry a column of E: row `bucket[j]`, value `sign[j]` of ±1. */
export interface Scatter {
  readonly bucket: Int32Array
  readonly sign: Float64Array
}

/**
 * Checks sizes.
 *
 * @throws DomainError (E_PARAM_RANGE) for m or n out of range.
 */
export function checkSizes(who: string, { rows, samples }: DrawOptions): void {
  if (!(Number.isInteger(rows) && rows >= 1 && rows <= 2147483648))
    throw outOfRange(
      `${who}: rows must be a whole number in 1..2147483648; got ${rows}. Four times the columns is usual.`,
    )
  if (!(Number.isInteger(samples) && samples >= 1 && samples <= 2147483648))
    throw outOfRange(
      `${who}: samples must be a whole number in 1..2147483648; got ${samples}. Count the rows of the data.`,
    )
}

/** A refusal of a parameter. */
export function outOfRange(message: string): DomainError {
  return new DomainError(message, 'E_PARAM_RANGE')
}

/** A refusal of a sketch with more rows than there can be. */
export function tooLarge(message: string): DomainError {
  return new DomainError(message, 'E_SKETCH_TOO_LARGE')
}

/** @throws ShapeError when A has not n rows; DomainError (E_NONFINITE) naming the first entry that is not finite. */
export function checkRows(who: string, rows: Dense, expected: number, offset = 0): void {
  if (rows.rows !== expected)
    throw new ShapeError(`${who}: the matrix must have ${expected} rows; got ${rows.rows}. Draw for that many samples.`)
  let probe = 0
  for (let i = 0; i < rows.data.length; i++) probe += rows.data[i] - rows.data[i]
  if (probe === 0) return
  const at = rows.data.findIndex(v => !Number.isFinite(v))
  throw new DomainError(
    `${who}: entries must be finite; got ${rows.data[at]} at row ${offset + Math.floor(at / rows.cols)}, column ${at % rows.cols}. Correct it.`,
    'E_NONFINITE',
  )
}

/** @throws DomainError (E_PARAM_RANGE) unless 0 ≤ from, 0 ≤ count and from + count ≤ n. */
export function checkColumns(who: string, samples: number, from: number, count: number): void {
  if (!(Number.isInteger(from) && Number.isInteger(count) && from >= 0 && count >= 0 && from + count <= samples))
    throw outOfRange(`${who}: columns must lie within 0..${samples}; got ${count} from ${from}.`)
}

/** The first `count` columns of an identity that starts at column `lead`: (lead + count + tail) × count. */
export function identityColumns(rows: number, lead: number, count: number): Dense {
  const out = dense(rows, count)
  for (let j = 0; j < count; j++) out.data[(lead + j) * count + j] = 1
  return out
}
