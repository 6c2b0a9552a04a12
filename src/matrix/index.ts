/**
 * Matrices, masks, operators and the compute layer under them.
 * @module
 */
export * from './compute.ts'
export * from './createCompute.ts'
export * from './dense.ts'
export * from './gated.ts'
export * from './masks.ts'
export * from './operator.ts'
