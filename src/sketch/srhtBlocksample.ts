/**
 * The Hadamard sketch as a sample of whole blocks: H_N·D·A, its rows permuted at random, cut into blocks of s rows, of which q are kept:
 * S = (1/√(q·s))·(kept rows of H_N)·D, m = q·s.
 *
 * The permutation is not an ornament: without it, heavy rows of A at a regular stride give equal rows within every block, and the
 * sketch loses rank by the length of a block.
 *
 * Address: signs as `srht`; the permutation of stream 20; block b holds permuted rows b·s … (b + 1)·s − 1.
 * @module
 */
import { key, permutation, STREAM } from '../random/index.ts'
import { checkSizes, type Draw, type DrawOptions, outOfRange, tooLarge } from './draw.ts'
import { hadamardDraw, powerAbove } from './srht.ts'

/** Which blocks of the transformed rows are kept. */
export interface BlocksampleOptions extends DrawOptions {
  /** s, a divisor of the rows m and of N; default 1. */
  readonly blockRows?: number
  /** The q = m/s blocks to keep, distinct, in 0..N/s − 1; default the first q (which the permutation makes random). */
  readonly blocks?: readonly number[]
}

/**
 * The block form used where each worker holds one block and some never answer. Cost of S·A as `srht`.
 *
 * @throws DomainError (E_PARAM_RANGE) when s does not divide m and N, or blocks are not q distinct ones; (E_SKETCH_TOO_LARGE) when m > N.
 */
export function srhtBlocksample(options: BlocksampleOptions): Draw {
  checkSizes('srhtBlocksample', options)
  const { rows: m, samples, seed = 0, blockRows: s = 1 } = options
  const size = powerAbove(samples)
  if (m > size)
    throw tooLarge(`srhtBlocksample: rows must be at most ${size}, the padded samples; got ${m}. Keep fewer blocks.`)
  if (!(Number.isInteger(s) && s >= 1 && m % s === 0 && size % s === 0))
    throw outOfRange(`srhtBlocksample: blockRows must divide the ${m} rows and the ${size} padded samples; got ${s}.`)
  const { blocks = Array.from({ length: m / s }, (_, b) => b) } = options
  const sound = blocks.every(b => Number.isInteger(b) && b >= 0 && b < size / s)
  if (blocks.length !== m / s || !sound || new Set(blocks).size !== blocks.length)
    throw outOfRange(
      `srhtBlocksample: blocks must be ${m / s} different numbers in 0..${size / s - 1}; got ${blocks.join(', ')}.`,
    )
  const permuted = permutation(key(seed, STREAM.permute), size)
  const chosen = Uint32Array.from({ length: m }, (_, i) => permuted[blocks[Math.floor(i / s)] * s + (i % s)])
  return hadamardDraw('srht-blocksample', { rows: m, samples, seed }, chosen, 1 / Math.sqrt(m))
}
