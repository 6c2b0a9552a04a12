/**
 * Threefry-2x32 with 20 rounds: a bijection of 64-bit counters for every 64-bit key, made of 32-bit additions, rotations
 * and exclusive-ors only, hence exact and equal in every JavaScript engine.
 *
 * Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011.
 * @module
 */
import type { Key } from './key.ts'

/** The two 32-bit words of one block, unsigned. */
export interface Block {
  x0: number
  x1: number
}

/**
 * Encrypts the counter (c0, c1) under `key` into `out` (which is returned). Cost: about 50 ns, no allocation.
 *
 * Known answer: key (0, 0), counter (0, 0) → 6b200159 99ba4efe.
 */
export function threefry(key: Key, c0: number, c1: number, out: Block): Block {
  const k0 = key.k0 | 0
  const k1 = key.k1 | 0
  const k2 = 0x1bd11bda ^ k0 ^ k1
  let a = (c0 + k0) | 0
  let b = (c1 + k1) | 0
  // Five groups of four rounds; the rotations alternate between two sets, and a key word is injected after each group.
  a = (a + b) | 0
  b = ((b << 13) | (b >>> 19)) ^ a
  a = (a + b) | 0
  b = ((b << 15) | (b >>> 17)) ^ a
  a = (a + b) | 0
  b = ((b << 26) | (b >>> 6)) ^ a
  a = (a + b) | 0
  b = ((b << 6) | (b >>> 26)) ^ a
  a = (a + k1) | 0
  b = (b + k2 + 1) | 0

  a = (a + b) | 0
  b = ((b << 17) | (b >>> 15)) ^ a
  a = (a + b) | 0
  b = ((b << 29) | (b >>> 3)) ^ a
  a = (a + b) | 0
  b = ((b << 16) | (b >>> 16)) ^ a
  a = (a + b) | 0
  b = ((b << 24) | (b >>> 8)) ^ a
  a = (a + k2) | 0
  b = (b + k0 + 2) | 0

  a = (a + b) | 0
  b = ((b << 13) | (b >>> 19)) ^ a
  a = (a + b) | 0
  b = ((b << 15) | (b >>> 17)) ^ a
  a = (a + b) | 0
  b = ((b << 26) | (b >>> 6)) ^ a
  a = (a + b) | 0
  b = ((b << 6) | (b >>> 26)) ^ a
  a = (a + k0) | 0
  b = (b + k1 + 3) | 0

  a = (a + b) | 0
  b = ((b << 17) | (b >>> 15)) ^ a
  a = (a + b) | 0
  b = ((b << 29) | (b >>> 3)) ^ a
  a = (a + b) | 0
  b = ((b << 16) | (b >>> 16)) ^ a
  a = (a + b) | 0
  b = ((b << 24) | (b >>> 8)) ^ a
  a = (a + k1) | 0
  b = (b + k2 + 4) | 0

  a = (a + b) | 0
  b = ((b << 13) | (b >>> 19)) ^ a
  a = (a + b) | 0
  b = ((b << 15) | (b >>> 17)) ^ a
  a = (a + b) | 0
  b = ((b << 26) | (b >>> 6)) ^ a
  a = (a + b) | 0
  b = ((b << 6) | (b >>> 26)) ^ a
  a = (a + k2) | 0
  b = (b + k0 + 5) | 0
  out.x0 = a >>> 0
  out.x1 = b >>> 0
  return out
}

/** The 53-bit uniform number in [0, 1) of a block: (⌊x0/2⁵⌋·2²⁶ + ⌊x1/2⁶⌋)·2⁻⁵³. */
export function u53(block: Block): number {
  return ((block.x0 >>> 5) * 67108864 + (block.x1 >>> 6)) / 9007199254740992
}
