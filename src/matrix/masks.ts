/**
 * Activation patterns as bits: P patterns over n samples, one bit each.
 * @module
 */
import { ShapeError } from '../errors.ts'

/** Rows of X that one streamed block holds; every pattern is padded to whole blocks. */
export const BLOCK = 256
const WORDS_PER_BLOCK = BLOCK / 32

/**
 * Bit i of pattern k is bit `i & 31` of `words[k·stride + (i >>> 5)]`. `stride` is a multiple of 8 words
 * (256 samples, the block in which the kernels stream), and bits beyond `samples` are 0.
 */
export interface Masks {
  readonly patterns: number
  readonly samples: number
  readonly stride: number
  readonly words: Uint32Array
}

/** Words that n samples take, padded to whole blocks. */
export function maskStride(samples: number): number {
  return WORDS_PER_BLOCK * Math.ceil(samples / BLOCK)
}

/** All-zero masks. */
export function masks(patterns: number, samples: number): Masks {
  const stride = maskStride(samples)
  return { patterns, samples, stride, words: new Uint32Array(patterns * stride) }
}

/** Whether sample i is active in pattern k. */
export function maskBit(m: Masks, k: number, i: number): boolean {
  return ((m.words[k * m.stride + (i >>> 5)] >>> (i & 31)) & 1) === 1
}

/** Sets sample i active in pattern k (in place; used only while masks are being built). */
export function setMaskBit(m: Masks, k: number, i: number): void {
  m.words[k * m.stride + (i >>> 5)] |= 1 << (i & 31)
}

/** The words of pattern k, a live view. */
export function maskRow(m: Masks, k: number): Uint32Array {
  return m.words.subarray(k * m.stride, (k + 1) * m.stride)
}

/** Key under which equal patterns are equal (for deduplication). */
export function maskKey(m: Masks, k: number): string {
  return String.fromCharCode(...new Uint16Array(maskRow(m, k).slice().buffer))
}

/** Number of active samples of pattern k. */
export function maskCount(m: Masks, k: number): number {
  let count = 0
  for (const word of maskRow(m, k)) {
    let v = word - ((word >>> 1) & 0x55555555)
    v = (v & 0x33333333) + ((v >>> 2) & 0x33333333)
    count += (Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24) & 0xff
  }
  return count
}

/** Copies the patterns named in `index`, in that order (repetition allowed). */
export function selectMasks(m: Masks, index: ArrayLike<number>): Masks {
  const out = masks(index.length, m.samples)
  for (let k = 0; k < index.length; k++) {
    const from = index[k]
    if (!(from >= 0 && from < m.patterns))
      throw new ShapeError(`selectMasks: pattern index must be in 0..${m.patterns - 1}; got ${from}.`)
    out.words.set(maskRow(m, from), k * out.stride)
  }
  return out
}
