/**
 * Generalised linear models with a ridge: f(x, x₀) = L(A·x + x₀·1) + ½λ‖x‖², L any smooth loss on one output; x₀ is not penalised, and may be left out.
 *
 * Newton's system has the root diag(√L″)·A; the intercept is eliminated, which centres the root by its weighted mean.
 *
 * Bound (Fenchel): for every θ and every (x, x₀) with |entries without a penalty| ≤ R,
 *   f(x, x₀) ≥ −L*(θ) − ‖Aᵀθ‖²/(2λ) − R·|1ᵀθ|,   and for λ = 0   f ≥ −L*(θ) − R·‖Aᵀθ‖₁ − R·|1ᵀθ|.
 * The linearised gradient θ = ∇L + L″·(A·v) at a Newton step v makes 1ᵀθ (and Aᵀθ for λ = 0) vanish up to rounding.
 * @module
 */
import { DomainError, ShapeError, UnsupportedError } from '../../errors.ts'
import type { Loss } from '../../losses/loss.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { type DenseOperator, denseOperator } from '../../matrix/denseOperator.ts'
import { dot, max } from '../../matrix/vector.ts'
import type { Penalty } from '../../penalties/penalty.ts'
import { ridge } from '../../penalties/ridge.ts'
import type { CompositeProblem, Problem } from '../problem.ts'
import type { SmoothProgram } from './smoothProgram.ts'

/** A ridged generalised linear model; also a composite problem that general solvers take. */
export interface GlmProblem extends CompositeProblem {
  /** Over A, or [A 1] with an intercept. */
  readonly operator: DenseOperator
  /** λ ≥ 0, in sum form. */
  readonly lambda: number
  readonly intercept: boolean
  readonly program: SmoothProgram
}

/** Ridge and intercept of `glmProblem`. */
export interface GlmOptions {
  /** λ ≥ 0 of ½λ‖x‖² (sum form); default 0. */
  readonly lambda?: number
  /** A constant term without a penalty, the last unknown; default false. */
  readonly intercept?: boolean
}

/** Entries without a penalty are bounded by this many times the largest entry (at least 1) where nothing else bounds them. */
const REACH = 1000

/**
 * Wraps A (not copied without an intercept) and a loss.
 *
 * @throws ShapeError when the loss has another number of samples, or A is empty; UnsupportedError for several outputs; DomainError (E_PARAM_RANGE) for λ < 0,
 *   (E_NONFINITE) for entries that are not finite.
 */
export function glmProblem(a: Dense, loss: Loss, { lambda = 0, intercept = false }: GlmOptions = {}): GlmProblem {
  if (a.rows < 1 || a.cols < 1)
    throw new ShapeError(`glmProblem: the matrix must have rows and columns; got ${a.rows} × ${a.cols}.`)
  if (loss.outputs !== 1)
    throw new UnsupportedError(
      `glmProblem: a loss on one output is needed; got ${loss.name} on ${loss.outputs}. Fit one against the rest.`,
    )
  if (loss.samples !== a.rows)
    throw new ShapeError(`glmProblem: the loss must have the ${a.rows} samples of the matrix; got ${loss.samples}.`)
  if (!(lambda >= 0 && lambda < Infinity))
    throw new DomainError(`glmProblem: lambda must be a number ≥ 0; got ${lambda}.`, 'E_PARAM_RANGE')
  const at = a.data.findIndex(v => !Number.isFinite(v))
  if (at >= 0)
    throw new DomainError(
      `glmProblem: the matrix must be finite; got ${a.data[at]} at row ${Math.floor(at / a.cols)}, column ${at % a.cols}. Correct it.`,
      'E_NONFINITE',
    )
  const operator = denseOperator(intercept ? withOnes(a) : a)
  const size = a.cols
  const program = glmProgram(operator, loss, { lambda, size })
  return {
    kind: 'composite',
    operator,
    loss,
    penalty: partRidge(operator.cols, size, lambda),
    lambda,
    intercept,
    program,
  }
}

/** Whether a problem was made by `glmProblem`. */
export function isGlm(problem: Problem): problem is GlmProblem {
  return problem.kind === 'composite' && 'program' in problem && 'intercept' in problem
}

/** What `accepts` of the Newton methods says. */
export function acceptsGlm(problem: Problem): true | string {
  return isGlm(problem) || 'it is not a generalised linear model; make it with glmProblem, or use fista.'
}

/** −L*(θ) less what the penalty and the unpenalised entries (up to `reach`) take: a lower bound for θ in dom L*. Cost: one product. */
export function fenchelBound(
  { operator, loss, lambda, intercept }: GlmProblem,
  theta: Float64Array,
  reach: number,
): number {
  const s = operator.applyT(theta)
  const size = s.length - (intercept ? 1 : 0)
  let taken = intercept ? reach * Math.abs(s[size]) : 0
  const own = s.subarray(0, size)
  taken += lambda > 0 ? dot(own, own) / (2 * lambda) : reach * own.reduce((sum, v) => sum + Math.abs(v), 0)
  return -loss.conjugate(theta) - taken
}

/** R for a point z: far beyond every entry. */
export function reachOf(z: Float64Array): number {
  return REACH * Math.max(1, max(z.map(Math.abs)))
}

function glmProgram(
  operator: DenseOperator,
  loss: Loss,
  { lambda, size }: { readonly lambda: number; readonly size: number },
): SmoothProgram {
  const { rows: n, cols } = operator
  const free = cols > size
  const slopes = new Float64Array(n)
  const scale = loss.weights === null ? n : loss.weights.reduce((sum, w) => sum + w, 0)
  return {
    operator,
    scale,
    value: (fit, z) => loss.value(fit) + 0.5 * lambda * dot(z.subarray(0, size), z.subarray(0, size)),
    gradient(fit, z) {
      const out = operator.applyT(loss.gradient(fit, slopes))
      for (let j = 0; j < size; j++) out[j] += lambda * z[j]
      return out
    },
    system(fit, _z, gradient) {
      let weights = loss.curvature(fit)
      let total = weights.reduce((sum, w) => sum + w, 0)
      if (free && !(total > 0)) {
        // No sample has curvature left: a majoriser keeps the intercept moving.
        weights = new Float64Array(n).fill(Number.isFinite(loss.smoothness) ? loss.smoothness : 1)
        total = weights.reduce((sum, w) => sum + w, 0)
      }
      const { data } = operator.matrix
      const means = new Float64Array(size)
      if (free) {
        for (let i = 0; i < n; i++) for (let j = 0; j < size; j++) means[j] += weights[i] * data[i * cols + j]
        for (let j = 0; j < size; j++) means[j] /= total
      }
      const root = dense(n, size)
      for (let i = 0; i < n; i++) {
        const factor = Math.sqrt(weights[i])
        for (let j = 0; j < size; j++) root.data[i * size + j] = factor * (data[i * cols + j] - means[j])
      }
      const last = free ? gradient[size] : 0
      return {
        root,
        rest: { kind: 'ridge', lambda },
        gradient: Float64Array.from({ length: size }, (_, j) => gradient[j] - means[j] * last),
        expand(v) {
          if (!free) return v
          const out = new Float64Array(cols)
          out.set(v)
          out[size] = -last / total - dot(means, v)
          return out
        },
      }
    },
  }
}

/** ½λ‖·‖² on the first `size` entries. */
function partRidge(all: number, size: number, lambda: number): Penalty {
  const inner = lambda > 0 ? ridge(size, { beta: lambda }) : undefined
  return {
    name: 'ridge',
    size: all,
    value: v => inner?.value(v.subarray(0, size)) ?? 0,
    prox(v, step, out) {
      out.set(v)
      return inner?.prox(v.subarray(0, size), step, out.subarray(0, size)) ?? 0
    },
    polar: s => (s.every(v => v === 0) ? 0 : Infinity),
    distance: (v, gradient) =>
      Math.sqrt(gradient.reduce((sum, g, j) => sum + (g + (j < size ? lambda * v[j] : 0)) ** 2, 0)),
  }
}

function withOnes(a: Dense): Dense {
  const out = dense(a.rows, a.cols + 1)
  for (let i = 0; i < a.rows; i++) {
    out.data.set(a.data.subarray(i * a.cols, (i + 1) * a.cols), i * out.cols)
    out.data[i * out.cols + a.cols] = 1
  }
  return out
}
