/**
 * What every factorisation asks of its input, and the scaling that keeps squares within range.
 * @module
 */
import { DomainError, ShapeError } from '../../errors.ts'
import type { Compute } from '../compute.ts'
import type { Dense } from '../dense.ts'

/** Unit round-off of float64, 2^−53. */
export const ROUND_OFF = 1.1102230246251565e-16

/** What all factorisations may be told. */
export interface FactorOptions {
  /** Where the inner loops run; default `compute()`. */
  readonly compute?: Compute
}

/** @throws ShapeError when `a` is not square. */
export function checkSquare(who: string, a: Dense): void {
  if (a.rows !== a.cols) throw new ShapeError(`${who}: the matrix must be square; got ${a.rows} × ${a.cols}.`)
}

/** @throws DomainError naming the first entry that is not finite. */
export function checkFinite(who: string, a: Dense): void {
  // x − x is 0 for finite numbers and NaN otherwise: one sum tells.
  let probe = 0
  for (let i = 0; i < a.data.length; i++) probe += a.data[i] - a.data[i]
  if (probe === 0) return
  const at = a.data.findIndex(v => !Number.isFinite(v))
  throw new DomainError(
    `${who}: entries must be finite; got ${a.data[at]} at row ${Math.floor(at / a.cols)}, column ${at % a.cols}.`,
  )
}

/** The power of two 2^k with max |a| ∈ [2^k, 2^{k+1}), clamped to 2^±1022; 1 for the zero matrix. Dividing by it is exact. */
export function scaleOf(data: Float64Array): number {
  let top = 0
  for (let i = 0; i < data.length; i++) {
    const v = Math.abs(data[i])
    if (v > top) top = v
  }
  return powerBelow(top)
}

/** 2^⌊log₂ x⌋ clamped to 2^±1022, for x > 0; 1 for x = 0. */
export function powerBelow(x: number): number {
  return x === 0 ? 1 : 2 ** Math.max(-1022, Math.min(1022, Math.floor(Math.log2(x))))
}

/** out ← aᵀ for a rows × cols block with row distances lda, ldo; in tiles, so that both sides stay in cache. */
export function transposeInto(
  rows: number,
  cols: number,
  a: Float64Array,
  lda: number,
  out: Float64Array,
  ldo: number,
): void {
  const tile = 16
  for (let i0 = 0; i0 < rows; i0 += tile) {
    const i1 = Math.min(rows, i0 + tile)
    for (let j0 = 0; j0 < cols; j0 += tile) {
      const j1 = Math.min(cols, j0 + tile)
      for (let i = i0; i < i1; i++) for (let j = j0; j < j1; j++) out[j * ldo + i] = a[i * lda + j]
    }
  }
}
