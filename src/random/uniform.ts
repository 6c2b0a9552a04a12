/**
 * Uniform numbers and indices. Address: number i is the 53-bit uniform of the block at position i.
 * @module
 */
import { DomainError } from '../errors.ts'
import type { Key } from './key.ts'
import { counters, type Range, range } from './range.ts'
import { u53 } from './threefry.ts'

/** Numbers from..from + count − 1 of the stream of `key`, uniform in [0, 1) on the grid of 2^−53. */
export function uniforms(key: Key, count: number, options: Range = {}): Float64Array {
  const from = range('uniforms', count, options)
  const out = new Float64Array(count)
  counters(key, from, from + count, (block, p) => {
    out[p - from] = u53(block)
  })
  return out
}

/** What `indices` draws from: 0..below − 1. */
export interface IndexRange extends Range {
  readonly below: number
}

/**
 * Indices from..from + count − 1 of the stream of `key`, uniform in 0..below − 1, with replacement: ⌊u·below⌋ of the
 * uniform u at the same address (bias below 2^−22 relative, since below ≤ 2^31).
 *
 * @throws DomainError when `below` is not an integer in 1..2^31.
 */
export function indices(key: Key, count: number, options: IndexRange): Uint32Array {
  const from = range('indices', count, options)
  const below = checkBelow('indices', options.below)
  const out = new Uint32Array(count)
  counters(key, from, from + count, (block, p) => {
    out[p - from] = scaled(u53(block), below)
  })
  return out
}

/** ⌊u·below⌋, kept in range where the product rounds up. */
export function scaled(u: number, below: number): number {
  return Math.min(Math.floor(u * below), below - 1)
}

export function checkBelow(who: string, below: number): number {
  if (!Number.isInteger(below) || below < 1 || below > 2147483648)
    throw new DomainError(`${who}: the number of choices must be an integer in 1..2147483648; got ${below}.`)
  return below
}
