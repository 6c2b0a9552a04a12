/**
 * Compression: low rank and low precision, in packed bits that are multiplied and searched as they are.
 * @module
 */
export {
  type BitPlan,
  evenBits,
  type GradedOptions,
  gradedBits,
  type RankOptions,
  rankForBudget,
} from './allocateBits.ts'
export { calibratedError } from './caldera.ts'
export { fitCodebook, nearestLevel } from './codebook.ts'
export { bitsOfLines, type CodedLines, type GridKind, lineCodes, lineValues, packCodes } from './codedLines.ts'
export { type CodeOptions, codeLines } from './codeLines.ts'
export { type Compression, type CompressProgress, compress, type Tried } from './compress.ts'
export {
  bitsOf,
  type Compressed,
  decompress,
  type FullTerm,
  measureError,
  type ProductTerm,
  rankOf,
  relativeErrorOf,
  type Term,
} from './compressed.ts'
export { COMPRESS_METHODS, type CompressMethod, type CompressOptions } from './compressOptions.ts'
export { type GradedFactors, type GradedState, improveFactors, roundFactors } from './gradedFactors.ts'
export { ldlq, unitUpper } from './ldlq.ts'
export { leadingFactors } from './leadingFactors.ts'
export { type Metric, type Neighbours, nearestRows, type RowIndex } from './nearestRows.ts'
export { compressedOperator } from './products.ts'
export { type ProductDraft, type PublishedMethod, type PublishedOptions, publishedFactors } from './publishedFactors.ts'
export { ditheredCodes, type GridRule, gridValues, nearestCodes, type UniformGrid, uniformGrid } from './quantizer.ts'
