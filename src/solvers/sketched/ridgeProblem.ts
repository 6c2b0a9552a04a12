/**
 * Least squares and ridge regression: f(x) = ½‖A·x − b‖² + ½λ‖x‖², A ∈ R^{n × d}, λ ≥ 0, with H = AᵀA + λI and ∇f(x) = H·x − Aᵀb.
 *
 * For every x: f(x) − f(x*) = ½‖x − x*‖²_H = ½·gᵀH⁻¹g with g = ∇f(x). This is what the solvers here bound and drive to zero.
 * @module
 */
import { DomainError, ShapeError } from '../../errors.ts'
import { squaredLoss } from '../../losses/squared.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { type DenseOperator, denseOperator } from '../../matrix/denseOperator.ts'
import { dot, norm } from '../../matrix/vector.ts'
import type { Penalty } from '../../penalties/penalty.ts'
import { ridge } from '../../penalties/ridge.ts'
import type { CompositeProblem, Problem } from '../problem.ts'

/** A ridge problem; also a composite problem that any general solver takes. */
export interface RidgeProblem extends CompositeProblem {
  readonly operator: DenseOperator
  /** b ∈ R^n. */
  readonly target: Float64Array
  /** λ ≥ 0, in sum form. */
  readonly lambda: number
}

/** What a gradient is worth, kept up to date while x moves. All vectors are live. */
export interface RidgeState {
  readonly x: Float64Array
  /** A·x − b. */
  readonly residual: Float64Array
  /** Aᵀ(A·x − b) + λ·x. */
  readonly gradient: Float64Array
  /** Pairs of products with A and Aᵀ so far. */
  products: number
  objective(): number
  /** Recomputes residual and gradient from x. */
  refresh(): void
  /** x ← x + step·p, given A·p; the gradient is taken of the new residual, never by recurrence. */
  move(step: number, p: Float64Array, ap: Float64Array): void
  /** The same, but the gradient by recurrence, from H·p; `ridgeStepper` sees to it that nothing is claimed of it. */
  follow(step: number, p: Float64Array, images: { readonly ap: Float64Array; readonly hp: Float64Array }): void
  copy(): RidgeState
}

/**
 * Wraps A and b (not copied). `checked`: the entries are known to be finite, which saves a pass over A.
 *
 * @throws ShapeError when b has not n numbers or A is empty; DomainError (E_NONFINITE) for entries that are not finite, (E_PARAM_RANGE) for λ < 0.
 */
export function ridgeProblem(
  a: Dense,
  b: Float64Array,
  { lambda = 0, checked = false }: { readonly lambda?: number; readonly checked?: boolean } = {},
): RidgeProblem {
  if (a.rows < 1 || a.cols < 1)
    throw new ShapeError(`ridgeProblem: the matrix must have rows and columns; got ${a.rows} × ${a.cols}.`)
  if (b.length !== a.rows)
    throw new ShapeError(`ridgeProblem: the target must have ${a.rows} numbers; got ${b.length}. One a row.`)
  if (!(lambda >= 0 && lambda < Infinity))
    throw new DomainError(`ridgeProblem: lambda must be a number ≥ 0; got ${lambda}.`, 'E_PARAM_RANGE')
  if (!checked) {
    checkFinite('matrix', a)
    checkFinite('target', dense(b.length, 1, b))
  }
  const penalty = lambda > 0 ? ridge(a.cols, { beta: lambda }) : none(a.cols)
  return { kind: 'composite', operator: denseOperator(a), loss: squaredLoss(b), penalty, target: b, lambda }
}

/** Whether a problem was made by `ridgeProblem`. */
export function isRidge(problem: Problem): problem is RidgeProblem {
  // A constrained problem has no target of its own: its unconstrained part is not what was asked.
  return problem.kind === 'composite' && 'target' in problem && 'lambda' in problem
}

/** What `accepts` of every solver here says. */
export function acceptsRidge(problem: Problem): true | string {
  return isRidge(problem) || 'it is not a ridge problem; make it with ridgeProblem, or use fista.'
}

/** The state at `start`, or at 0. */
export function ridgeState(problem: RidgeProblem, start?: Float64Array): RidgeState {
  const { operator, target, lambda } = problem
  const { rows: n, cols: d } = operator
  return stateOf(problem, {
    x: start?.slice() ?? new Float64Array(d),
    residual: start === undefined ? target.map(v => -v) : new Float64Array(n),
    gradient: new Float64Array(d),
    products: 0,
    ready: start === undefined,
    lambda,
  })
}

interface Parts {
  readonly x: Float64Array
  readonly residual: Float64Array
  readonly gradient: Float64Array
  readonly products: number
  readonly ready: boolean
  readonly lambda: number
}

function stateOf(problem: RidgeProblem, parts: Parts): RidgeState {
  const { operator, target, lambda } = problem
  const { x, residual, gradient } = parts
  function differentiate(): void {
    operator.applyT(residual, gradient)
    for (let j = 0; j < x.length; j++) gradient[j] += lambda * x[j]
    state.products++
  }
  const state: RidgeState = {
    x,
    residual,
    gradient,
    products: parts.products,
    objective: () => 0.5 * dot(residual, residual) + 0.5 * lambda * dot(x, x),
    refresh() {
      operator.apply(x, residual)
      for (let i = 0; i < residual.length; i++) residual[i] -= target[i]
      differentiate()
    },
    move(step, p, ap) {
      for (let j = 0; j < x.length; j++) x[j] += step * p[j]
      for (let i = 0; i < residual.length; i++) residual[i] += step * ap[i]
      differentiate()
    },
    follow(step, p, { ap, hp }) {
      for (let j = 0; j < x.length; j++) x[j] += step * p[j]
      for (let i = 0; i < residual.length; i++) residual[i] += step * ap[i]
      for (let j = 0; j < x.length; j++) gradient[j] += step * hp[j]
      state.products++
    },
    copy() {
      const own = { x: x.slice(), residual: residual.slice(), gradient: gradient.slice() }
      return stateOf(problem, { ...parts, ...own, products: state.products, ready: true })
    },
  }
  if (!parts.ready) state.refresh()
  else if (parts.products === 0) differentiate()
  return state
}

/** The size below which a gradient is noise: round-off times ‖A‖_F·(‖A·x − b‖ + ‖b‖) + λ‖x‖. */
export function gradientNoise(problem: RidgeProblem): (state: RidgeState) => number {
  const { lambda, target } = problem
  const frobenius = frobeniusNorm(problem)
  const size = norm(target)
  return ({ residual, x }) => 2 ** -52 * (frobenius * (norm(residual) + size) + lambda * norm(x))
}

const frobeniusNorms = new WeakMap<RidgeProblem, number>()

/** ‖A‖_F, computed once for a problem: a pass over A is as dear as half a product. */
export function frobeniusNorm(problem: RidgeProblem): number {
  const known = frobeniusNorms.get(problem) ?? norm(problem.operator.matrix.data)
  frobeniusNorms.set(problem, known)
  return known
}

/** No penalty at all: 0 everywhere. */
function none(size: number): Penalty {
  return {
    name: 'none',
    size,
    value: () => 0,
    prox(v, _step, out) {
      out.set(v)
      return 0
    },
    polar: s => (s.every(v => v === 0) ? 0 : Infinity),
    distance: (_v, gradient) => Math.sqrt(dot(gradient, gradient)),
  }
}

function checkFinite(what: string, { cols, data }: Dense): void {
  // 0·v is 0 for every finite v: one sum decides, and only a bad one is searched.
  let zero = 0
  for (let t = 0; t < data.length; t++) zero += 0 * data[t]
  if (zero === 0) return
  const at = data.findIndex(v => !Number.isFinite(v))
  throw new DomainError(
    `ridgeProblem: the ${what} must be finite; got ${data[at]} at row ${Math.floor(at / cols)}, column ${at % cols}. Correct it.`,
    'E_NONFINITE',
  )
}
