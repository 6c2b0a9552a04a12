/**
 * Fresh sketches at step k of an algorithm take seeds of their own.
 * @module
 */
import { key, threefry } from '../random/index.ts'

/** The seed of step k: word x0 of the block at counter (k, 0) under the key (seed, 0x53). Never seed + k, which two solvers would share. */
export function stepSeed(seed: number, step: number): number {
  return threefry(key(seed, 0x53), step, 0, { x0: 0, x1: 0 }).x0
}
