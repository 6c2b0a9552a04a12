/**
 * Distinct indices: a partial Fisher–Yates shuffle that stores only the cells it touched.
 *
 * Address: draw t takes r = t + ⌊u·(N − t)⌋ with the uniform u at position t, so the first m indices are the same for
 * every number drawn.
 * @module
 */
import { DomainError } from '../errors.ts'
import type { Key } from './key.ts'
import { counters, range } from './range.ts'
import { u53 } from './threefry.ts'
import { checkBelow, scaled } from './uniform.ts'

/**
 * `count` distinct indices out of 0..of − 1, in the order drawn. Cost and memory O(count).
 *
 * @throws DomainError when `of` is not in 1..2^31 or count > of.
 */
export function sampleIndices(key: Key, count: number, options: { readonly of: number }): Uint32Array {
  range('sampleIndices', count, {})
  const n = checkBelow('sampleIndices', options.of)
  if (count > n) throw new DomainError(`sampleIndices: count must not exceed the ${n} choices; got ${count}.`)
  const out = new Uint32Array(count)
  const moved = new Map<number, number>()
  counters(key, 0, count, (block, t) => {
    const r = t + scaled(u53(block), n - t)
    out[t] = moved.get(r) ?? r
    moved.set(r, moved.get(t) ?? t)
    moved.delete(t)
  })
  return out
}

/**
 * A uniformly random permutation of 0..n − 1, equal to `sampleIndices(key, n, { of: n })`. Cost O(n).
 *
 * @throws DomainError when n is not an integer in 0..2^31.
 */
export function permutation(key: Key, n: number): Uint32Array {
  range('permutation', n, {})
  if (n > 0) checkBelow('permutation', n)
  const out = Uint32Array.from({ length: n }, (_, i) => i)
  counters(key, 0, n, (block, t) => {
    const r = t + scaled(u53(block), n - t)
    const taken = out[r]
    out[r] = out[t]
    out[t] = taken
  })
  return out
}
