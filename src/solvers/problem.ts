/**
 * Problems, in sum form (beta = n·lambda).
 * @module
 */
import type { Loss } from '../losses/loss.ts'
import type { Dense } from '../matrix/dense.ts'
import type { LinearOperator } from '../matrix/operator.ts'
import type { Penalty } from '../penalties/penalty.ts'

/** min_x L(A x) + Ω(x). */
export interface CompositeProblem {
  readonly kind: 'composite'
  readonly operator: LinearOperator
  readonly loss: Loss
  readonly penalty: Penalty
}

/**
 * The ReLU program: min L(Σ_k D_k X (v_k − w_k)) + beta·Σ (‖v_k‖ + ‖w_k‖) with v_k, w_k ∈ K_k = {u : (2D_k − I) X u ≥ 0}.
 * The variable is x = (v_0 … v_{P−1}, w_0 … w_{P−1}) ∈ R^{2·P·d}; `operator` is the gated one over the P patterns.
 */
export interface ConeProblem {
  readonly kind: 'cones'
  readonly operator: import('../matrix/gated.ts').GatedOperator
  readonly loss: Loss
  readonly beta: number
  /** P × d, row k inside K_k (a gate of pattern k), where known: interior methods start there. */
  readonly gates?: Dense
}

/** Linear and quadratic programs: min cᵀx + ½xᵀQx with A·x ≤ b. */
export interface InequalityProblem {
  readonly kind: 'inequalities'
  /** A ∈ R^{n × d}. */
  readonly operator: import('../matrix/denseOperator.ts').DenseOperator
  /** b ∈ R^n. */
  readonly bounds: Float64Array
  /** c ∈ R^d. */
  readonly cost: Float64Array
  /** Q ∈ R^{d × d}, symmetric positive semidefinite; null for a linear program. */
  readonly quadratic: Dense | null
}

/** What a solver may be given. */
export type Problem = CompositeProblem | ConeProblem | InequalityProblem
