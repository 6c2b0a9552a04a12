/**
 * Memory that all backends can see.
 * @module
 */
import type { Region } from './compute.ts'
import type { Masks } from './masks.ts'

/** A region of plain buffers. */
export function plainRegion(): Region {
  return {
    float64: length => new Float64Array(length),
    float32: length => new Float32Array(length),
    uint32: length => new Uint32Array(length),
    int32: length => new Int32Array(length),
    own: source => source.slice(),
    ownMasks: (m: Masks) => ({ ...m, words: m.words.slice() }),
    dispose() {},
  }
}
