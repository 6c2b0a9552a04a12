/**
 * Losses: L(f) = Σ_i w_i ℓ(f_i, y_i), with targets and weights bound when the loss is made.
 *
 * The sum form is used throughout `losses/` … `models/` (design: one meaning of lambda; the mean form of the public
 * objective is converted in `models/fit.ts` only).
 * @module
 */

/** A smooth convex loss of the fitted values f ∈ R^{size}; size = n·c, sample-major (f[i·c + k]). */
export interface Loss {
  readonly name: LossName
  /** n, the number of samples. */
  readonly samples: number
  /** c, the number of outputs per sample. */
  readonly outputs: number
  /** Targets as bound: numbers, labels ±1, or class indices. In R^n (R^{n·c} for squared loss on c outputs). */
  readonly targets: Float64Array
  /** Sample weights w ≥ 0 in R^n; null means all 1. */
  readonly weights: Float64Array | null
  /** Shape parameter (Huber's delta), when the loss has one. */
  readonly parameter?: number
  /** Lipschitz constant of the gradient, weights included; Infinity when there is none (Poisson). */
  readonly smoothness: number
  /** Fixed offset added to every fitted value before the loss sees it, in R^c (the best constant, or 0). */
  readonly offset: Float64Array
  /** L(f), to 16 ulp of itself and of what moving every argument by 2 ulp of the sample's largest does. */
  value(f: Float64Array): number
  /** ∇L(f), written into `out` and returned. */
  gradient(f: Float64Array, out?: Float64Array): Float64Array
  /** Diagonal of ∇²L(f), or of a diagonal matrix above it when the Hessian couples outputs. */
  curvature(f: Float64Array, out?: Float64Array): Float64Array
  /** out ← ∇²L(f)·v, for a loss whose Hessian couples outputs; absent when it is diagonal. */
  hessianProduct?(f: Float64Array, v: Float64Array, out: Float64Array): Float64Array
  /** L*(θ) = sup_f θᵀf − L(f); +∞ outside its domain. Offset and weights included. */
  conjugate(theta: Float64Array): number
  /** Sum of the absolute values of the terms that `conjugate` adds: its rounding error is at most 16 ulp of this. */
  conjugateMagnitude(theta: Float64Array): number
  /** Largest s ≥ 0 with s·θ in the domain of L* (it is star-shaped around 0). */
  domainScale(theta: Float64Array): number
  /**
   * A point of dom L* next to θ (θ itself up to rounding when it lies inside), which lies in it in exact arithmetic:
   * what a certificate needs, since outside the domain the dual value is −∞ however small the step.
   */
  project(theta: Float64Array, out?: Float64Array): Float64Array
}

/** The side of a loss that a dual bound needs. */
export type DualLoss = Pick<
  Loss,
  'name' | 'samples' | 'outputs' | 'conjugate' | 'conjugateMagnitude' | 'domainScale' | 'project'
>

/** The losses there are. */
export type LossName = 'squared' | 'logistic' | 'multinomial' | 'squared-hinge' | 'huber' | 'poisson'
