/**
 * Sketches: random S with few rows such that S·A stands for A. One distribution a file; draws are addressed, never remembered.
 * @module
 */
export { type AOptimalProbabilityOptions, aOptimalProbabilities } from './aOptimalProbabilities.ts'
export { bernoulliRows } from './bernoulliRows.ts'
export { countsketch } from './countsketch.ts'
export { CHUNK, type Draw, type DrawOptions, type RowDraw, type Scatter } from './draw.ts'
export { type Embedding, embedding, gaussianDistortion } from './embedding.ts'
export { gaussian } from './gaussian.ts'
export { type LessOptions, type LessUniformOptions, less, lessUniform } from './less.ts'
export { leverageRows, type WeightedOptions } from './leverageRows.ts'
export {
  factorOfSketch,
  type LeverageOptions,
  leverageScorer,
  leverageScores,
  samplingProbabilities,
} from './leverageScores.ts'
export { rademacher } from './rademacher.ts'
export { type RowSum, type RowSummand, rowSum } from './rowSum.ts'
export { type SjltOptions, sjlt } from './sjlt.ts'
export { type ObliviousKind, SKETCH_KINDS, type SketchKind, sketch } from './sketch.ts'
export { applySparse, type SparseOptions } from './sparse.ts'
export { srht } from './srht.ts'
export { type BlocksampleOptions, srhtBlocksample } from './srhtBlocksample.ts'
export { type BlocksumOptions, srhtBlocksum } from './srhtBlocksum.ts'
export { stacked } from './stacked.ts'
export { stepSeed } from './stepSeed.ts'
export { type Surrogate, type SurrogateOptions, surrogate } from './surrogateRows.ts'
export { uniformRows } from './uniformRows.ts'
