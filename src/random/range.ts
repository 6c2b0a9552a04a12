/**
 * Which part of a stream is drawn: every stream is a function of the position, so any cut gives the same numbers.
 * @module
 */
import { DomainError } from '../errors.ts'
import type { Key } from './key.ts'
import { type Block, threefry } from './threefry.ts'

/** The first position to draw, an integer ≥ 0; default 0. */
export interface Range {
  readonly from?: number
}

/**
 * Checks a range and returns its start.
 *
 * @throws DomainError when `count` or `from` is not an integer ≥ 0, or the end lies beyond 2^53 − 1.
 */
export function range(who: string, count: number, { from = 0 }: Range): number {
  if (!Number.isSafeInteger(count) || count < 0)
    throw new DomainError(`${who}: count must be an integer ≥ 0; got ${count}.`)
  if (!Number.isSafeInteger(from) || from < 0 || !Number.isSafeInteger(from + count))
    throw new DomainError(`${who}: from must be an integer ≥ 0 with from + count ≤ 2^53 − 1; got ${from}.`)
  return from
}

/** Visits the blocks at positions start..end − 1. The block is one object, overwritten at each step. */
export function counters(key: Key, start: number, end: number, visit: (block: Block, position: number) => void): void {
  const block = { x0: 0, x1: 0 }
  for (let p = start; p < end; p++) visit(threefry(key, p >>> 0, Math.floor(p / 4294967296), block), p)
}
