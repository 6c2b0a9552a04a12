/**
 * Subsampled randomised Hadamard transform: S = P·H_N·D/√m, with N the power of two next above n (zero rows are padded), H_N the
 * Walsh–Hadamard matrix of entries ±1, D random signs, P the choice of m of the N rows without replacement.
 *
 * Address: sign j is bit j mod 64 at counter (⌊j/64⌋, 0) of stream 5; the rows are those of `sampleIndices` on stream 6, in draw order.
 *
 * Source: N. Ailon, B. Chazelle, 2006; J. Tropp, Improved analysis of the subsampled randomized Hadamard transform, 2011.
 * @module
 */
import { compute } from '../matrix/createCompute.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { key, STREAM, sampleIndices, signs } from '../random/index.ts'
import { checkColumns, checkRows, checkSizes, type Draw, type DrawOptions, tooLarge } from './draw.ts'

/**
 * The Hadamard sketch: m = N gives SᵀS = I exactly. It needs all rows at once; `srhtBlocksum` takes them by blocks. Choose
 * m ≥ 2·d·ln d + 4·d, since heavy rows of A in structured places may else be lost (a coupon collector).
 *
 * Cost of S·A: N·d·log₂N additions, memory N·d.
 *
 * @throws DomainError (E_PARAM_RANGE) for sizes out of range; (E_SKETCH_TOO_LARGE) when m > N.
 */
export function srht(options: DrawOptions): Draw {
  checkSizes('srht', options)
  const { rows: m, samples, seed = 0 } = options
  const size = powerAbove(samples)
  if (m > size)
    throw tooLarge(`srht: rows must be at most ${size}, the padded samples; got ${m}. Solve without a sketch.`)
  const chosen = sampleIndices(key(seed, STREAM.rows), m, { of: size })
  return hadamardDraw('srht', { rows: m, samples, seed }, chosen, 1 / Math.sqrt(m))
}

/** scale·(the chosen rows of H_N)·D. */
export function hadamardDraw(
  kind: string,
  { rows: m, samples, seed = 0 }: DrawOptions,
  chosen: Uint32Array,
  scale: number,
): Draw {
  const flip = key(seed, STREAM.sign)
  return {
    kind,
    rows: m,
    samples,
    apply(a) {
      checkRows(kind, a, samples)
      const all = signedHadamard(a, signs(flip, samples), powerAbove(samples))
      const out = dense(m, a.cols)
      for (let i = 0; i < m; i++)
        for (let c = 0; c < a.cols; c++) out.data[i * a.cols + c] = scale * all.data[chosen[i] * a.cols + c]
      return out
    },
    columns(from, count) {
      checkColumns(kind, samples, from, count)
      const sign = signs(flip, count, { from })
      const out = dense(m, count)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < count; j++) out.data[i * count + j] = scale * sign[j] * parity(chosen[i] & (from + j))
      return out
    },
  }
}

/** H_N·D·(A padded by zero rows to N). */
export function signedHadamard(a: Dense, sign: Float64Array, size: number): Dense {
  const out = dense(size, a.cols)
  for (let i = 0; i < a.rows; i++)
    for (let c = 0; c < a.cols; c++) out.data[i * a.cols + c] = sign[i] * a.data[i * a.cols + c]
  if (a.cols > 0 && size > 1) compute().kernels.fwht(out.data, size, a.cols)
  return out
}

/** Next power of two ≥ n. */
export function powerAbove(n: number): number {
  let power = 1
  while (power < n) power *= 2
  return power
}

/** Entry (i, j) of H_N is −1 to the number of ones in i AND j. */
function parity(word: number): number {
  let w = word
  w ^= w >>> 16
  w ^= w >>> 8
  w ^= w >>> 4
  w ^= w >>> 2
  w ^= w >>> 1
  return (w & 1) === 0 ? 1 : -1
}
