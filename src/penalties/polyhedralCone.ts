/**
 * The cone 𝒦 = {u ∈ R^d : K u ≥ 0} and the norm on it.
 *
 * Projection by least distance: Π(g) = g + Kᵀμ with μ = argmin_{μ ≥ 0} ‖Kᵀμ + g‖ (Moreau: the negative of the second term
 * lies in the polar cone −{Kᵀμ}). Source: Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23.
 * @module
 */
import { DomainError } from '../errors.ts'
import { type Dense, dense, rowOf } from '../matrix/dense.ts'
import { nnls } from '../matrix/factor/nnls.ts'
import { norm } from '../matrix/vector.ts'
import { checkPenalty } from './check.ts'
import type { Penalty } from './penalty.ts'

/** Rows with K_i·u at most this part of ‖K_i‖‖u‖ hold with equality; parts this small of a vector are rounding. */
const TIGHT = 1e-10

/**
 * The indicator of {u : K u ≥ 0}, for K ∈ R^{rows × d}.
 *
 * `value` and `polar` allow for rounding, 1e-10 of the lengths involved.
 * @throws ShapeError for K without columns. Cost: one NNLS of d × rows a call.
 */
export function polyhedralCone(k: Dense): Penalty {
  checkPenalty('polyhedralCone', k.cols)
  return {
    name: 'cone',
    size: k.cols,
    homogeneous: true,
    value: v => (inside(k, v) ? 0 : Infinity),
    prox(v, _step, out) {
      projectCone(k, v, out)
      return 0
    },
    polar: s => (norm(projectCone(k, s)) <= TIGHT * norm(s) ? 0 : Infinity),
    distance: (v, gradient) => (inside(k, v) ? norm(normalResidual(k, v, gradient, 0)) : Infinity),
  }
}

/**
 * Ω(u) = β‖u‖₂ on {u : K u ≥ 0} and +∞ elsewhere: one neuron of the ReLU program.
 *
 * The prox projects, then shrinks (exact for every closed convex cone); Ω°(s) = ‖Π(s)‖/β.
 * @throws DomainError for beta ≤ 0; ShapeError for K without columns. Cost: one NNLS of d × rows a call.
 */
export function coneGroupL2(k: Dense, { beta = 1 }: { readonly beta?: number } = {}): Penalty {
  checkPenalty('coneGroupL2', k.cols, beta)
  return {
    name: 'cone-group-l2',
    size: k.cols,
    homogeneous: true,
    value: v => (inside(k, v) ? beta * norm(v) : Infinity),
    prox(v, step, out) {
      const before = norm(projectCone(k, v, out))
      const after = Math.max(0, before - step * beta)
      const factor = after === 0 ? 0 : after / before
      for (let j = 0; j < out.length; j++) out[j] *= factor
      return beta * after
    },
    polar: s => norm(projectCone(k, s)) / beta,
    distance(v, gradient) {
      if (!inside(k, v)) return Infinity
      const length = norm(v)
      if (length > 0) return norm(normalResidual(k, v, gradient, beta / length))
      return Math.max(
        0,
        norm(
          projectCone(
            k,
            gradient.map(x => -x),
          ),
        ) - beta,
      )
    },
  }
}

/** Π(g) on {u : K u ≥ 0}, written into `out` and returned. */
export function projectCone(k: Dense, g: Float64Array, out: Float64Array = new Float64Array(g.length)): Float64Array {
  if (!g.every(Number.isFinite)) throw new DomainError('projectCone: the vector must be finite; got NaN or infinity.')
  if (isIn(k, g, 0)) {
    out.set(g)
    return out
  }
  // The residual of NNLS on the target −g is −g − Kᵀμ = −Π(g).
  const { residual } = nnls(
    k,
    g.map(x => -x),
  )
  const scale = norm(g)
  const zero = norm(residual) <= 1e-14 * scale
  for (let j = 0; j < out.length; j++) out[j] = zero ? 0 : -residual[j]
  return out
}

function inside(k: Dense, v: Float64Array): boolean {
  return isIn(k, v, TIGHT)
}

function isIn(k: Dense, v: Float64Array, slack: number): boolean {
  const length = norm(v)
  for (let i = 0; i < k.rows; i++) {
    const row = rowOf(k, i)
    let inner = 0
    for (let j = 0; j < k.cols; j++) inner += row[j] * v[j]
    if (!(inner >= -slack * length * norm(row))) return false
  }
  return true
}

/** −gradient − multiple·v less its best fit by the normal cone {−K_Aᵀμ : μ ≥ 0} of the rows A tight at v. */
function normalResidual(k: Dense, v: Float64Array, gradient: Float64Array, multiple: number): Float64Array {
  const length = norm(v)
  const tight = Array.from({ length: k.rows }, (_, i) => rowOf(k, i)).filter(row => {
    let inner = 0
    for (let j = 0; j < k.cols; j++) inner += row[j] * v[j]
    return inner <= TIGHT * length * norm(row)
  })
  const rest = Float64Array.from(gradient, (g, j) => g + multiple * v[j])
  if (tight.length === 0) return rest
  const active = dense(tight.length, k.cols)
  tight.forEach((row, i) => {
    active.data.set(row, i * k.cols)
  })
  return nnls(active, rest).residual
}
