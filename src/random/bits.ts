/**
 * Raw words and signs.
 *
 * Addresses: word i of a stream is x_{i mod 2} of the block at counter ⌊i/2⌋; sign j is bit j mod 64 of the block at
 * counter ⌊j/64⌋ (x0 holds bits 0–31, x1 bits 32–63), a clear bit being +1. A position p stands for the counter
 * (p mod 2^32, ⌊p/2^32⌋).
 * @module
 */
import type { Key } from './key.ts'
import { counters, type Range, range } from './range.ts'

/** Words from..from + count − 1 of the stream of `key`, uniform in 0..2^32 − 1. */
export function bits(key: Key, count: number, options: Range = {}): Uint32Array {
  const from = range('bits', count, options)
  const out = new Uint32Array(count)
  counters(key, Math.floor(from / 2), Math.floor((from + count + 1) / 2), (block, position) => {
    const i = 2 * position - from
    if (i >= 0) out[i] = block.x0
    if (i + 1 < count) out[i + 1] = block.x1
  })
  return out
}

/** Signs from..from + count − 1 of the stream of `key`: +1 and −1 with equal chance. */
export function signs(key: Key, count: number, options: Range = {}): Float64Array {
  const from = range('signs', count, options)
  const out = new Float64Array(count)
  counters(key, Math.floor(from / 64), Math.ceil((from + count) / 64), (block, position) => {
    const start = 64 * position - from
    for (let b = Math.max(0, -start); b < 64 && start + b < count; b++)
      out[start + b] = (((b < 32 ? block.x0 : block.x1) >>> (b & 31)) & 1) === 0 ? 1 : -1
  })
  return out
}
