/**
 * Matrices, masks, operators and factorisations, and the compute layer under them.
 * @module
 */
export type { BackendName, Compute, ComputeDetails, Kernels, Region } from './compute.ts'
export { type ComputeOptions, compute, configureCompute, createCompute } from './createCompute.ts'
export * from './csr.ts'
export * from './dense.ts'
export { type DenseOperator, type DenseOperatorOptions, denseOperator } from './denseOperator.ts'
export { type ComputeDescription, describeCompute } from './describeCompute.ts'
export * from './factor/index.ts'
export * from './gated.ts'
export * from './masks.ts'
export * from './operator.ts'
export * from './separable.ts'
export * from './vector.ts'
