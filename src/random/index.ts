/**
 * Random numbers that are a function of (key, position): the same for any number of threads and in any engine.
 * @module
 */
export { bits, signs } from './bits.ts'
export { ln, type SineCosine, sincos2pi } from './elementary.ts'
export { fold, type Key, key, STREAM } from './key.ts'
export { type NormalPair, normalPair, normals } from './normal.ts'
export type { Range } from './range.ts'
export { permutation, sampleIndices } from './sample.ts'
export { type Block, threefry, u53 } from './threefry.ts'
export { type IndexRange, indices, uniforms } from './uniform.ts'
