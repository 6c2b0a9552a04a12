/**
 * The subproblem of a constrained Hessian sketch: min over y ∈ C of gᵀ(y − x) + (y − x)ᵀM(y − x)/(2μ), by accelerated projected gradients.
 *
 * In the metric of W = diag M, so that columns of any scale are alike: steps μ/L along W⁻¹∇ with L ≥ λ_max(W^−½MW^−½) found by trial, projections weighted by W, momentum restarted when it points uphill (O'Donoghue and Candès, 2015). Ends when the projected gradient, in units of
 * ‖·‖_M, is a thousandth of the way made: ‖y⁺ − v‖_W·√L ≤ accuracy·‖y − x‖_M.
 *
 * Sources: A. Beck, M. Teboulle, A fast iterative shrinkage-thresholding algorithm, 2009; the stopping rule: M. Pilanci, M. Wainwright, 2016.
 * @module
 */
import { compute } from '../../matrix/createCompute.ts'
import type { Dense } from '../../matrix/dense.ts'
import { dot, norm } from '../../matrix/vector.ts'
import type { Constraint } from '../../penalties/constraint.ts'
import { lanczosExtremes } from './lanczos.ts'
import { gram } from './preconditioner.ts'

/** M = (SA)ᵀ(SA) + λI as a full matrix, with L. */
export interface SketchedQuadratic {
  readonly matrix: Dense
  /** w, the diagonal of M: steps and projections are made in its metric, in which columns of any scale are alike. */
  readonly weights: Float64Array
  /** L ≥ λ_max(W^−½MW^−½); grows where it proves too small. */
  smoothness: number
}

/** Cost m·d² + 12d². */
export function sketchedQuadratic(sa: Dense, lambda: number): SketchedQuadratic {
  const matrix = gram(sa, true, lambda)
  const d = matrix.rows
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) matrix.data[j * d + i] = matrix.data[i * d + j]
  // A start without symmetry; Ritz values come from below, hence the test of every step.
  const start = Float64Array.from({ length: d }, (_, j) => 1 + Math.sin(j + 1) / 2)
  // A column of zeros without a ridge has weight 0: any positive one will do.
  const weights = Float64Array.from({ length: d }, (_, j) => matrix.data[j * d + j] || 1)
  const roots = weights.map(Math.sqrt)
  const scaled = (v: Float64Array) =>
    product(
      matrix,
      v.map((x, j) => x / roots[j]),
    ).map((x, j) => x / roots[j])
  const { most } = lanczosExtremes(scaled, start, 12)
  return { matrix, weights, smoothness: 1.02 * most }
}

/** What `projectedQuadratic` minimises. */
export interface Subproblem {
  readonly quadratic: SketchedQuadratic
  readonly constraint: Constraint
  /** x ∈ C, where it starts. */
  readonly x: Float64Array
  readonly gradient: Float64Array
  /** μ. */
  readonly step: number
  readonly accuracy: number
}

const MOST = 20_000
const BREATHE_EVERY = 50

/** The minimiser and ‖y − x‖²_M. Cost 2d² and a projection each iteration. Yields now and then. */
export function* projectedQuadratic(
  problem: Subproblem,
): Generator<void, { readonly y: Float64Array; readonly length: number }, void> {
  const { quadratic, constraint, x, gradient, step, accuracy } = problem
  const { matrix, weights } = quadratic
  const d = x.length
  // u, v as differences from x: u = y − x, and M·u, M·v.
  let u = new Float64Array(d)
  let mu = new Float64Array(d)
  let [v, mv] = [u.slice(), mu.slice()]
  let momentum = 1
  const [at, next] = [new Float64Array(d), new Float64Array(d)]
  for (let k = 1; k <= MOST; k++) {
    if (k % BREATHE_EVERY === 0) yield
    let [apart, mnext] = [0, mu]
    for (;;) {
      const { smoothness } = quadratic
      for (let j = 0; j < d; j++) at[j] = x[j] + v[j] - (step * gradient[j] + mv[j]) / (smoothness * weights[j])
      constraint.project(at, weights, next)
      for (let j = 0; j < d; j++) next[j] -= x[j]
      mnext = product(matrix, next)
      let [curvature, square] = [0, 0]
      for (let j = 0; j < d; j++) {
        curvature += (next[j] - v[j]) * (mnext[j] - mv[j])
        square += weights[j] * (next[j] - v[j]) ** 2
      }
      apart = square
      if (curvature <= smoothness * square * (1 + 1e-9)) break
      quadratic.smoothness = 1.5 * smoothness
    }
    const length = Math.max(0, dot(next, mnext))
    if (apart * quadratic.smoothness <= accuracy * accuracy * length || apart === 0 || norm(next) === 0)
      return { y: next.map((p, j) => x[j] + p), length }
    let uphill = 0
    for (let j = 0; j < d; j++) uphill += weights[j] * (v[j] - next[j]) * (next[j] - u[j])
    const following = uphill > 0 ? 1 : (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2
    const weight = uphill > 0 ? 0 : (momentum - 1) / following
    v = next.map((p, j) => p + weight * (p - u[j]))
    mv = mnext.map((p, j) => p + weight * (p - mu[j]))
    u = next.slice()
    mu = mnext
    momentum = following
  }
  return { y: u.map((p, j) => x[j] + p), length: Math.max(0, dot(u, mu)) }
}

function product({ rows: d, data }: Dense, v: Float64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(d)
  compute().kernels.gemv(false, d, d, 1, data, d, v, 0, out)
  return out
}
