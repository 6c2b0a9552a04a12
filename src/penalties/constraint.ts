/**
 * Constraints: convex sets C ⊂ R^d as penalties (their indicators), with the support function that bounds of constrained programs are made of.
 * @module
 */
import type { Penalty } from './penalty.ts'

/** A set as data, for those who check it without trusting its functions. */
export type ConstraintSet =
  | { readonly kind: 'box'; readonly low: number; readonly high: number }
  | { readonly kind: 'l1-ball' | 'l2-ball' | 'simplex'; readonly radius: number }

/** The indicator of C: `prox` projects onto it. */
export interface Constraint extends Penalty {
  readonly set: ConstraintSet
  /** σ_C(s) = max { sᵀx : x ∈ C }; +∞ where C is unbounded along s. */
  support(s: Float64Array): number
  /** out ← argmin over x ∈ C of ½Σ w_i(x_i − v_i)², all w_i > 0: the projection in a diagonal metric. */
  project(v: Float64Array, weights: Float64Array, out: Float64Array): void
}

/** A point of norm up to this much above the radius still lies in a ball: what the roundings of a projection may leave. */
export const MARGIN = 1e-12
