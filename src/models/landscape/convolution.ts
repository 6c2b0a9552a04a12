/**
 * Convolutional first layers with sum or mean pooling, as rows of patches.
 *
 * A filter u of width h slides over a signal of length p in steps of `stride`: patch k holds entries k·stride … k·stride + h − 1, and the
 * layer gives share·Σ_k φ(patch_k·u). Patches of n signals are n·K rows of rank ≤ h, so there are at most 2 Σ_{l<h} C(nK − 1, l)
 * patterns: polynomial in n and K for a fixed width, however long the signals are. Max pooling is not of this form.
 * @module
 */
import type { Pooling } from '../../certificates/index.ts'
import { DomainError, ShapeError, UnsupportedError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'

/** The layer. */
export interface Convolution {
  /** h ≥ 1, at most the length of a signal with its padding. */
  readonly width: number
  /** ≥ 1; default 1. */
  readonly stride?: number
  /** Zeros on both sides; default 0. */
  readonly padding?: number
  /** Default 'sum'. */
  readonly pool?: 'sum' | 'mean'
}

/**
 * The rows that the layer sees: K patches for each of n signals, nK × width, and how they are summed.
 *
 * @param signals n × p.
 * @throws ShapeError when the signals are shorter than the filter, or a patch lies in the padding only; DomainError for numbers that make no
 *   sense; UnsupportedError (E_UNSUPPORTED_OP) for other pooling.
 */
export function convolutionRows(signals: Dense, layer: Convolution): { readonly x: Dense; readonly pooling: Pooling } {
  const { width, stride = 1, padding = 0, pool = 'sum' } = layer
  for (const [what, value, least] of [
    ['width', width, 1],
    ['stride', stride, 1],
    ['padding', padding, 0],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      throw new DomainError(`convolution: ${what} must be a whole number ≥ ${least}; got ${value}.`)
  if (pool !== 'sum' && pool !== 'mean')
    throw new UnsupportedError(
      `convolution: pool must be sum or mean; got ${String(pool)}. Max pooling is not linear in a cell and has no convex program here.`,
      'E_UNSUPPORTED_OP',
    )
  const [n, p] = [signals.rows, signals.cols]
  const length = p + 2 * padding
  if (width > length)
    throw new ShapeError(`convolution: the filter must fit into the signal; got width ${width} for length ${length}.`)
  const patches = Math.floor((length - width) / stride) + 1
  if (padding >= width || (patches - 1) * stride >= padding + p)
    throw new ShapeError(
      `convolution: every patch must meet the signal; got padding ${padding} for width ${width}, length ${p}. Use less padding.`,
    )
  const rows = dense(n * patches, width)
  const sample = new Int32Array(n * patches)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < patches; k++) {
      const row = i * patches + k
      sample[row] = i
      for (let a = 0; a < width; a++) {
        const at = k * stride + a - padding
        if (at >= 0 && at < p) rows.data[row * width + a] = signals.data[i * p + at]
      }
    }
  return { x: rows, pooling: { sample, samples: n, share: pool === 'sum' ? 1 : 1 / patches } }
}
