/**
 * A compressed matrix: A ≈ Â = 2^e·(mean·1·1ᵀ + Σ terms), each term a coded matrix Q or a product L·R of two coded factors.
 *
 * LPLR is one term L·R, direct quantization one term Q, CALDERA Q and L·R. The error ‖A − Â‖_F is stored, so that it is known without A. Everything
 * in the payload is counted: codes, scales, codebooks, the mean, and the table of bits where lines differ.
 * @module
 */
import { compensatedSum } from '../../certificates/rounding.ts'
import { ShapeError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { bitsOfLines, type CodedLines, lineValues } from './codedLines.ts'

/** A whole matrix: its rows or its columns are the coded lines. */
export interface FullTerm {
  readonly kind: 'full'
  readonly by: 'rows' | 'columns'
  readonly matrix: CodedLines
}

/** A product: the lines of `left` are the columns of L, the lines of `right` the rows of R. */
export interface ProductTerm {
  readonly kind: 'product'
  readonly left: CodedLines
  readonly right: CodedLines
}

/** One summand of Â. */
export type Term = FullTerm | ProductTerm

/** Â with its error. */
export interface Compressed {
  readonly rows: number
  readonly cols: number
  /** e: everything below is in units of 2^e, so that float32 parameters neither over- nor underflow. */
  readonly exponent: number
  readonly mean: number
  readonly terms: readonly Term[]
  /** ‖A − Â‖_F. */
  readonly error: number
  /** ‖A‖_F. */
  readonly norm: number
}

/** Rows of Â at a time where it is formed block by block. */
const BLOCK = 128

/** Bits of the payload: codes, parameters, codebooks, tables of bits, and 64 for a mean that is not zero. */
export function bitsOf(c: Compressed): number {
  const terms = c.terms.map(term =>
    term.kind === 'full' ? bitsOfLines(term.matrix) : bitsOfLines(term.left) + bitsOfLines(term.right),
  )
  return terms.reduce((sum, bits) => sum + bits, c.mean === 0 ? 0 : 64)
}

/** Rank of the product terms together. */
export function rankOf(c: Compressed): number {
  return c.terms.reduce((sum, term) => sum + (term.kind === 'product' ? term.left.lines : 0), 0)
}

/** ‖A − Â‖_F/‖A‖_F, from what is stored; 0 for the zero matrix. */
export function relativeErrorOf(c: Compressed): number {
  return c.error === 0 ? 0 : c.error / c.norm
}

/** Â ∈ R^{rows × cols}. The same bits in every engine and for any number of threads. Cost 2·rows·cols·rank flops. */
export function decompress(c: Compressed): Dense {
  const out = dense(c.rows, c.cols)
  forEachBlock(c, (from, block) => out.data.set(block.data, from * c.cols))
  return out
}

/**
 * ‖A − Â‖_F and ‖A‖_F, computed from the definition block by block with compensated sums.
 *
 * @throws ShapeError when A has another shape.
 */
export function measureError(a: Dense, c: Compressed): { readonly error: number; readonly norm: number } {
  if (a.rows !== c.rows || a.cols !== c.cols)
    throw new ShapeError(
      `measureError: the matrix must be ${c.rows} × ${c.cols}; got ${a.rows} × ${a.cols}. Give the one that was compressed.`,
    )
  // In units of 2^e, so that no square over- or underflows.
  const unit = 2 ** c.exponent
  const [errors, norms]: [number[], number[]] = [[], []]
  forEachBlock(c, (from, block) => {
    const part = a.data.subarray(from * c.cols, from * c.cols + block.data.length)
    errors.push(compensatedSum(part.map((v, i) => ((v - block.data[i]) / unit) ** 2)))
    norms.push(compensatedSum(part.map(v => (v / unit) ** 2)))
  })
  return { error: unit * Math.sqrt(compensatedSum(errors)), norm: unit * Math.sqrt(compensatedSum(norms)) }
}

/** Calls `visit` with each block of rows of Â in order; the block is overwritten afterwards. Memory 128·(cols + rank). */
export function forEachBlock(c: Compressed, visit: (from: number, block: Dense) => void): void {
  const rights = c.terms.map(term => (term.kind === 'product' ? allLines(term.right) : null))
  const unit = 2 ** c.exponent
  for (let from = 0; from < c.rows; from += BLOCK) {
    const count = Math.min(BLOCK, c.rows - from)
    const block = dense(count, c.cols)
    block.data.fill(c.mean)
    c.terms.forEach((term, t) => {
      if (term.kind === 'full') addFull(term, from, block)
      else addProduct(term.left, rights[t] as Float64Array[], from, block)
    })
    if (unit !== 1) for (let i = 0; i < block.data.length; i++) block.data[i] *= unit
    visit(from, block)
  }
}

function addFull({ by, matrix }: FullTerm, from: number, block: Dense): void {
  const { rows, cols, data } = block
  if (by === 'rows') {
    const line = new Float64Array(cols)
    for (let i = 0; i < rows; i++) {
      lineValues(matrix, from + i, line)
      for (let j = 0; j < cols; j++) data[i * cols + j] += line[j]
    }
    return
  }
  const line = new Float64Array(rows)
  for (let j = 0; j < cols; j++) {
    lineValues(matrix, j, line, from)
    for (let i = 0; i < rows; i++) data[i * cols + j] += line[i]
  }
}

function addProduct(left: CodedLines, right: readonly Float64Array[], from: number, block: Dense): void {
  const { rows, cols, data } = block
  const column = new Float64Array(rows)
  for (let k = 0; k < left.lines; k++) {
    lineValues(left, k, column, from)
    const line = right[k]
    for (let i = 0; i < rows; i++) {
      const v = column[i]
      const row = data.subarray(i * cols, (i + 1) * cols)
      for (let j = 0; j < cols; j++) row[j] += v * line[j]
    }
  }
}

/** Every line of `coded`, decoded. */
export function allLines(coded: CodedLines): Float64Array[] {
  return Array.from({ length: coded.lines }, (_, k) => lineValues(coded, k, new Float64Array(coded.length)))
}
