/**
 * Products straight on the codes: Â·x and Âᵀ·y, one line decoded at a time.
 *
 * A product term costs two passes over its codes, (n + d)·m numbers in place of n·d: at rank m a compressed matrix is also quicker to multiply with than the
 * matrix it stands for.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import type { LinearOperator } from '../../matrix/operator.ts'
import { axpy, dot } from '../../matrix/vector.ts'
import { type CodedLines, lineValues } from './codedLines.ts'
import type { Compressed } from './compressed.ts'

/** Â as an operator; nothing but one line at a time is decoded. */
export function compressedOperator(c: Compressed): LinearOperator {
  const { rows, cols } = c
  return {
    rows,
    cols,
    traits: {},
    apply: (x, out = new Float64Array(rows)) => multiply(c, x, false, out),
    applyT: (y, out = new Float64Array(cols)) => multiply(c, y, true, out),
    applyBlock: (x, out = dense(x.rows, rows)) => byRows(x, out, (v, to) => multiply(c, v, false, to)),
    applyTBlock: (y, out = dense(y.rows, cols)) => byRows(y, out, (v, to) => multiply(c, v, true, to)),
  }
}

function byRows(x: Dense, out: Dense, each: (from: Float64Array, to: Float64Array) => void): Dense {
  if (x.rows !== out.rows)
    throw new ShapeError(`compressedOperator: out must have ${x.rows} rows; got ${out.rows}. One a right-hand side.`)
  for (let i = 0; i < x.rows; i++) each(rowOf(x, i), rowOf(out, i))
  return out
}

function multiply(c: Compressed, x: Float64Array, transposed: boolean, out: Float64Array): Float64Array {
  const [from, to] = transposed ? [c.rows, c.cols] : [c.cols, c.rows]
  if (x.length !== from || out.length !== to)
    throw new ShapeError(
      `compressedOperator: the vector must have ${from} numbers and the result ${to}; got ${x.length} and ${out.length}.`,
    )
  out.fill(c.mean === 0 ? 0 : c.mean * x.reduce((sum, v) => sum + v, 0))
  for (const term of c.terms) {
    if (term.kind === 'product') {
      const [first, second] = transposed ? [term.left, term.right] : [term.right, term.left]
      spread(second, gather(first, x), out)
    } else if ((term.by === 'rows') === transposed) spread(term.matrix, x, out)
    else axpy(1, gather(term.matrix, x), out)
  }
  const unit = 2 ** c.exponent
  if (unit !== 1) for (let i = 0; i < out.length; i++) out[i] *= unit
  return out
}

/** The dot product of every line with x. */
export function gather(coded: CodedLines, x: Float64Array): Float64Array {
  const line = new Float64Array(coded.length)
  return Float64Array.from({ length: coded.lines }, (_, k) => dot(lineValues(coded, k, line), x))
}

/** out ← out + Σ_k weights_k·line_k. */
export function spread(coded: CodedLines, weights: Float64Array, out: Float64Array): void {
  const line = new Float64Array(coded.length)
  for (let k = 0; k < coded.lines; k++) axpy(weights[k], lineValues(coded, k, line), out)
}
