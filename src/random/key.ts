/**
 * Keys: where a stream of random numbers lives. A key is (seed, stream); `fold` derives independent keys by purpose.
 *
 * Rule: never draw twice under one key for two purposes, and never use seed + k for "the next" seed (two solvers side by
 * side would overlap). Fold instead: `fold(key(seed), 'gates')`, `fold(k, iteration)`.
 *
 * Addresses. Draws use counters whose second word is below 2^31; `fold` uses those above (numbers: (p mod 2^32,
 * 2^31 + ⌊p/2^32⌋); the i-th UTF-16 unit u of a name, chained: (u, 3·2^30 + i)), so a derived key never meets a draw.
 * @module
 */
import { DomainError } from '../errors.ts'
import { threefry } from './threefry.ts'

/** Two unsigned 32-bit words: (seed, stream) at the root, hashed words after `fold`. */
export interface Key {
  readonly k0: number
  readonly k1: number
}

/**
 * Stream numbers of the operators whose addresses are part of a file or test format; new uses take new numbers, or a
 * name through `fold`.
 */
export const STREAM = {
  gauss: 1,
  rademacher: 2,
  countsketch: 3,
  sjlt: 4,
  sign: 5,
  rows: 6,
  sample: 7,
  less: 8,
  dither: 9,
  hash: 10,
  permute: 20,
} as const

/**
 * The root key (seed, stream).
 *
 * @param seed integer in 0..2^32 − 1.
 * @param stream integer in 0..2^32 − 1; see `STREAM`. Default 0.
 * @throws DomainError when one is not.
 */
export function key(seed: number, stream = 0): Key {
  word(seed, 'seed')
  word(stream, 'stream')
  return { k0: seed, k1: stream }
}

/**
 * An independent key for a purpose: a name, or a whole number (an iteration, a task, a fold of cross-validation).
 *
 * @throws DomainError for a number that is not an integer in 0..2^53 − 1, or an empty name.
 */
export function fold(k: Key, purpose: number | string): Key {
  const block = { x0: 0, x1: 0 }
  if (typeof purpose === 'number') {
    if (!Number.isSafeInteger(purpose) || purpose < 0)
      throw new DomainError(`fold: a numeric purpose must be an integer in 0..2^53 − 1; got ${purpose}.`)
    threefry(k, purpose >>> 0, 0x80000000 + Math.floor(purpose / 4294967296), block)
    return { k0: block.x0, k1: block.x1 }
  }
  if (purpose.length === 0) throw new DomainError(`fold: a purpose must have a name; got ''. Name what is drawn.`)
  let folded = k
  for (let i = 0; i < purpose.length; i++) {
    threefry(folded, purpose.charCodeAt(i), 0xc0000000 + i, block)
    folded = { k0: block.x0, k1: block.x1 }
  }
  return folded
}

function word(value: number, name: string): void {
  if (!Number.isInteger(value) || value < 0 || value > 4294967295)
    throw new DomainError(`key: ${name} must be an integer in 0..4294967295; got ${value}.`)
}
