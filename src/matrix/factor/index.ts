/**
 * Factorisations of dense matrices and what is solved with them.
 * @module
 */
export * from './cholesky.ts'
export * from './choleskyPivoted.ts'
export * from './eigh.ts'
export type { FactorOptions } from './input.ts'
export * from './leastSquares.ts'
export * from './nnls.ts'
export * from './qr.ts'
export * from './svd.ts'
export * from './triangular.ts'
