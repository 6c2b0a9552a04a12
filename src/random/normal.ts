/**
 * Standard normal numbers by Box and Muller, with the logarithm and cosine of `elementary.ts`: equal bits everywhere.
 *
 * Address: numbers 2p and 2p + 1 come from the block at position p: with u1 = (x0 + ½)·2^−32 and u2 = x1·2^−32,
 * √(−2 ln u1)·(cos 2πu2, sin 2πu2). The largest magnitude is √(66 ln 2) ≈ 6.76: tails beyond it (chance 1.4e−11) are
 * cut, which matters to no use here.
 *
 * Source: G. Box, M. Muller, A note on the generation of random normal deviates, 1958.
 * @module
 */
import { ln, sincos2pi } from './elementary.ts'
import type { Key } from './key.ts'
import { counters, type Range, range } from './range.ts'
import type { Block } from './threefry.ts'

/** Two independent normal numbers. */
export interface NormalPair {
  even: number
  odd: number
}

const angle = { sin: 0, cos: 0 }

/** The pair of a block, written into `out`, which is returned. */
export function normalPair(block: Block, out: NormalPair): NormalPair {
  const radius = Math.sqrt(-2 * ln((block.x0 + 0.5) / 4294967296))
  sincos2pi(block.x1 / 4294967296, angle)
  out.even = radius * angle.cos
  out.odd = radius * angle.sin
  return out
}

/** Numbers from..from + count − 1 of the stream of `key`, standard normal. Cost: about 80 ns a number. */
export function normals(key: Key, count: number, options: Range = {}): Float64Array {
  const from = range('normals', count, options)
  const out = new Float64Array(count)
  const pair = { even: 0, odd: 0 }
  counters(key, Math.floor(from / 2), Math.floor((from + count + 1) / 2), (block, position) => {
    normalPair(block, pair)
    const i = 2 * position - from
    if (i >= 0) out[i] = pair.even
    if (i + 1 < count) out[i + 1] = pair.odd
  })
  return out
}
