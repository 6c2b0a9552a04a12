/**
 * Linear operators: what a solver may know of a matrix.
 * @module
 */
import type { Dense } from './dense.ts'

/** Declared, never guessed from values. */
export interface Traits {
  readonly symmetric?: boolean
  readonly positiveDefinite?: boolean
}

/**
 * A ∈ R^{rows × cols}, known by its products. Output buffers come last and are returned; inputs are never modified.
 * `applyBlock` maps X ∈ R^{k × cols} (one right-hand side a row) to R^{k × rows}; `applyTBlock` the other way.
 */
export interface LinearOperator {
  readonly rows: number
  readonly cols: number
  readonly traits: Traits
  apply(x: Float64Array, out?: Float64Array): Float64Array
  applyT(y: Float64Array, out?: Float64Array): Float64Array
  applyBlock(x: Dense, out?: Dense): Dense
  applyTBlock(y: Dense, out?: Dense): Dense
}

/**
 * An operator whose columns fall into `groups` groups of `groupSize` (A = [A_0 … A_{G−1}]), the shape of group-sparse
 * programs. Working-set solvers live on `correlations`, `restrict` and `gram`.
 */
export interface GroupedOperator extends LinearOperator {
  readonly groups: number
  readonly groupSize: number
  /** ‖A_gᵀ r‖₂ for every group, in R^groups, in one streamed pass. */
  correlations(r: Float64Array, out?: Float64Array): Float64Array
  /** The operator over the groups of `active` only, in that order. */
  restrict(active: ArrayLike<number>): GroupedOperator
  /** A_WᵀA_W for the groups W = `active`, symmetric, of side |W|·groupSize. */
  gram(active: ArrayLike<number>): Dense
}
