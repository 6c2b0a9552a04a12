/**
 * Constrained least squares and ridge regression: min ½‖A·x − b‖² + ½λ‖x‖² over x ∈ C, a closed convex set with a projection.
 *
 * Dual: for θ = A·x − b and s = −Aᵀθ, weak duality says f(x') ≥ −½‖θ‖² − θᵀb − h, h = max { sᵀy − ½λ‖y‖² : y ∈ C }, for all x' ∈ C. At θ = A·x − b the gap is
 *   h − (sᵀx − ½λ‖x‖²) ≥ 0,
 * a difference of two values of one function, so it can be as small as round-off of s. It is zero at x* alone when λ > 0.
 * @module
 */
import { DomainError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import { dot } from '../../matrix/vector.ts'
import type { Constraint } from '../../penalties/constraint.ts'
import type { Penalty } from '../../penalties/penalty.ts'
import type { CompositeProblem, Problem } from '../problem.ts'
import { type RidgeProblem, type RidgeState, ridgeProblem } from './ridgeProblem.ts'

/** A constrained ridge problem; also a composite problem for any general solver. */
export interface ConstrainedProblem extends CompositeProblem {
  /** The same without C. */
  readonly free: RidgeProblem
  readonly constraint: Constraint
}

/**
 * Wraps A, b (not copied) and C.
 *
 * @throws as `ridgeProblem`; DomainError for a constraint on another number of coefficients.
 */
export function constrainedProblem(
  a: Dense,
  b: Float64Array,
  { lambda = 0, constraint }: { readonly lambda?: number; readonly constraint: Constraint },
): ConstrainedProblem {
  const free = ridgeProblem(a, b, { lambda })
  if (constraint.size !== a.cols)
    throw new DomainError(
      `constrainedProblem: the constraint must be on the ${a.cols} coefficients; got one on ${constraint.size}.`,
    )
  const { kind, operator, loss } = free
  return { kind, operator, loss, penalty: confined(lambda, constraint), free, constraint }
}

/** Whether a problem was made by `constrainedProblem`. */
export function isConstrained(problem: Problem): problem is ConstrainedProblem {
  return problem.kind === 'composite' && 'constraint' in problem && 'free' in problem
}

/** The duality gap at x ∈ C, and the reach: R where only entries up to R are covered (an unbounded C without a ridge), else null. Cost O(d log d). */
export function constrainedGap(
  { free, constraint }: ConstrainedProblem,
  { x, gradient }: RidgeState,
): { readonly gap: number; readonly reach: number | null } {
  const { lambda } = free
  const s = gradient.map((g, j) => lambda * x[j] - g)
  const at = (y: Float64Array) => dot(s, y) - 0.5 * lambda * dot(y, y)
  if (lambda > 0) {
    const best = new Float64Array(x.length)
    constraint.prox(
      s.map(v => v / lambda),
      1,
      best,
    )
    // (best − x)ᵀ(s − ½λ(best + x)): the difference of the two values without cancellation.
    let gap = 0
    for (let j = 0; j < x.length; j++) gap += (best[j] - x[j]) * (s[j] - 0.5 * lambda * (best[j] + x[j]))
    return { gap: Math.max(0, gap), reach: null }
  }
  const { set } = constraint
  if (set.kind !== 'box' || set.high - set.low < Infinity)
    return { gap: Math.max(0, constraint.support(s) - at(x)), reach: null }
  const reach = REACH * x.reduce((most, v) => Math.max(most, Math.abs(v)), 1)
  let gap = 0
  for (let j = 0; j < x.length; j++) {
    const end = s[j] > 0 ? Math.min(set.high, reach) : Math.max(set.low, -reach)
    gap += s[j] * (end - x[j])
  }
  return { gap: Math.max(0, gap), reach }
}

/** As in `certifyLinear`. */
const REACH = 1000

/** ½λ‖x‖² on C. */
function confined(lambda: number, constraint: Constraint): Penalty {
  const { size } = constraint
  return {
    name: constraint.name,
    size,
    value: v => constraint.value(v) + 0.5 * lambda * dot(v, v),
    prox(v, step, out) {
      constraint.prox(
        v.map(x => x / (1 + step * lambda)),
        1,
        out,
      )
      return 0.5 * lambda * dot(out, out)
    },
    polar: s => (lambda > 0 ? (s.every(x => x === 0) ? 0 : Infinity) : constraint.polar(s)),
    distance: (v, gradient) =>
      constraint.distance(
        v,
        gradient.map((g, j) => g + lambda * v[j]),
      ),
  }
}
