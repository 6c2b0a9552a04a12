/**
 * Penalties: convex functions with a proximal map. A cone is a penalty (its indicator).
 * @module
 */

/** A convex penalty Ω on R^size. */
export interface Penalty {
  readonly name: string
  readonly size: number
  /** Ω(t·x) = t·Ω(x) for t ≥ 0: norms and cones. Then Ω*(s) is 0 where Ω°(s) ≤ 1 and +∞ elsewhere. */
  readonly homogeneous?: boolean
  /** Ω(v); +∞ outside the domain. */
  value(v: Float64Array): number
  /** out ← argmin_x step·Ω(x) + ½‖x − v‖²; returns Ω(out), which every algorithm needs next. */
  prox(v: Float64Array, step: number, out: Float64Array): number
  /**
   * Gauge polar Ω°(s) = inf { t ≥ 0 : sᵀx ≤ t·Ω(x) for all x }: s is dual feasible iff Ω°(s) ≤ 1. For the indicator of a
   * cone K it is 0 on the polar cone −K* and +∞ outside it.
   */
  polar(s: Float64Array): number
  /** Euclidean distance of −gradient from the subdifferential ∂Ω(v): the stationarity residual. */
  distance(v: Float64Array, gradient: Float64Array): number
}
