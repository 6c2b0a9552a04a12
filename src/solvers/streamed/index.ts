/**
 * Least squares and ridge regression over rows that are seen only in passes.
 * @module
 */
export { chooseByGcv, type StreamModel } from './models.ts'
export type { StreamProgress } from './passes.ts'
export { type RegressionBlock, type RowSource, type RowsInMemory, rowsInMemory } from './rowSource.ts'
export {
  type PathOfLambdas,
  STREAM_METHODS,
  type StreamMethod,
  type StreamRidgeOptions,
  type StreamRidgeSolution,
} from './streamOptions.ts'
export { streamRidge } from './streamRidge.ts'
export type { StreamBoundBy } from './systems.ts'
