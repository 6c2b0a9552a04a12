/**
 * A Newton step on the groups in use: conjugate gradients on the exact Hessian, and a line search.
 *
 * On the support F(u) = L(A u) + β Σ ‖u_g‖ is smooth, with Hessian H = Aᵀ∇²L A + diag_g (β/‖u_g‖)(I − û_g û_gᵀ).
 * Cost: 4·n·D flops a CG step, D = support·d.
 * @module
 */
import type { Loss } from '../losses/loss.ts'
import type { Region } from '../matrix/compute.ts'
import type { GatedOperator } from '../matrix/gated.ts'
import { axpy, dot, norm } from '../matrix/vector.ts'
import { groupPenalty } from './gatedProgram.ts'
import type { SampledPreconditioner } from './sampledPreconditioner.ts'
import { gather, SupportOperator } from './supportOperator.ts'

const MAX_CG = 60
const CG_TOLERANCE = 0.02

/** One line-searched Newton step on the support; false when it made no progress. */
export function supportStep(
  operator: GatedOperator,
  loss: Loss,
  beta: number,
  u: Float64Array,
  support: readonly number[],
  preconditioner: SampledPreconditioner,
): boolean {
  const { compute, groupSize: d } = operator
  const region = compute.region()
  try {
    const part = new SupportOperator(operator, loss.outputs, support, region)
    const [rows, side] = [loss.samples * loss.outputs, support.length * d]
    const at = gather(u, support, d, region.float64(side))
    const fit = part.apply(at, region.float64(rows))
    const theta = loss.gradient(fit, region.float64(rows))
    const gradient = part.applyT(theta, region.float64(side))
    const norms = addNormGradient(at, d, beta, gradient)

    const image = region.float64(rows)
    const curved = region.float64(rows)
    const h = loss.hessianProduct ? null : loss.curvature(fit)
    const hessian = (v: Float64Array, out: Float64Array) => {
      part.apply(v, image)
      if (h === null) loss.hessianProduct!(fit, image, curved)
      else for (let i = 0; i < rows; i++) curved[i] = h[i] * image[i]
      part.applyT(curved, out)
      addNormHessian(at, norms, d, beta, v, out)
    }
    const direction = conjugateGradients(hessian, gradient, r => preconditioner.apply(r, support), region)

    const slope = dot(gradient, direction)
    const shift = part.apply(direction, image)
    const standing = loss.value(fit) + groupPenalty(at, d, beta)
    const trial = region.float64(side)
    for (let t = 1; t > 1e-4; t /= 2) {
      for (let j = 0; j < side; j++) trial[j] = at[j] + t * direction[j]
      for (let i = 0; i < rows; i++) theta[i] = fit[i] + t * shift[i]
      const value = loss.value(theta) + groupPenalty(trial, d, beta)
      if (value <= standing + 1e-4 * t * slope) {
        for (const [k, g] of support.entries()) u.set(trial.subarray(k * d, (k + 1) * d), g * d)
        return true
      }
    }
    return false
  } finally {
    region.dispose()
  }
}

/** gradient ← gradient + β u_g/‖u_g‖; returns the norms. */
function addNormGradient(u: Float64Array, d: number, beta: number, gradient: Float64Array): Float64Array {
  const norms = new Float64Array(u.length / d)
  for (let g = 0; g < norms.length; g++) {
    const part = u.subarray(g * d, (g + 1) * d)
    norms[g] = norm(part)
    axpy(beta / norms[g], part, gradient.subarray(g * d, (g + 1) * d))
  }
  return norms
}

/** out ← out + (β/‖u_g‖)(v_g − û_g (û_gᵀ v_g)). */
function addNormHessian(
  u: Float64Array,
  norms: Float64Array,
  d: number,
  beta: number,
  v: Float64Array,
  out: Float64Array,
): void {
  for (let g = 0; g < norms.length; g++) {
    const [unit, from] = [u.subarray(g * d, (g + 1) * d), v.subarray(g * d, (g + 1) * d)]
    const along = dot(unit, from) / norms[g] ** 2
    for (let j = 0; j < d; j++) out[g * d + j] += (beta / norms[g]) * (from[j] - along * unit[j])
  }
}

/** −H⁻¹g to a relative residual of CG_TOLERANCE. */
function conjugateGradients(
  hessian: (v: Float64Array, out: Float64Array) => void,
  g: Float64Array,
  precondition: (r: Float64Array) => Float64Array,
  region: Region,
): Float64Array {
  const side = g.length
  const [out, q, product, r] = [0, 0, 0, 0].map(() => region.float64(side))
  for (let j = 0; j < side; j++) {
    out[j] = 0
    r[j] = -g[j]
  }
  const target = CG_TOLERANCE * norm(g)
  let z = precondition(r)
  q.set(z)
  let rz = dot(r, z)
  for (let k = 0; k < MAX_CG; k++) {
    hessian(q, product)
    const step = rz / dot(q, product)
    axpy(step, q, out)
    axpy(-step, product, r)
    if (norm(r) <= target) break
    z = precondition(r)
    const next = dot(r, z)
    for (let j = 0; j < side; j++) q[j] = z[j] + (next / rz) * q[j]
    rz = next
  }
  return out
}
