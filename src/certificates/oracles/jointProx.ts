/**
 * The step of the lifted relaxation that sees the loss: for every sample
 *
 *   min over p, q ≥ 0 of ℓ_i(p − q) + ρ(p − a_i)² + ρ(q − b_i)².
 *
 * Inside, p = a − e/2ρ and q = b + e/2ρ with e = ℓ'(p − q), so z = p − q solves z + ℓ'(z)/ρ = a − b; with p or q at 0 the other
 * solves the same with 2ρ. Newton's method on all samples at once.
 * @module
 */
import type { Loss } from '../../losses/loss.ts'

/** The minimisers, for a loss of one output. */
export function jointProx(
  loss: Loss,
  rho: number,
  a: Float64Array,
  b: Float64Array,
): { p: Float64Array; q: Float64Array } {
  const n = a.length
  const p = new Float64Array(n)
  const q = new Float64Array(n)
  const both = resolvent(
    loss,
    1 / rho,
    a.map((v, i) => v - b[i]),
  )
  const onlyP = resolvent(loss, 1 / (2 * rho), a)
  const onlyQ = resolvent(
    loss,
    1 / (2 * rho),
    b.map(v => -v),
  )
  const slope = loss.gradient(both)
  for (let i = 0; i < n; i++) {
    p[i] = a[i] - slope[i] / (2 * rho)
    q[i] = b[i] + slope[i] / (2 * rho)
    if (p[i] < 0) [p[i], q[i]] = [0, Math.max(0, -onlyQ[i])]
    else if (q[i] < 0) [p[i], q[i]] = [Math.max(0, onlyP[i]), 0]
  }
  return { p, q }
}

/** z with z + step·∇L(z) = v. */
function resolvent(loss: Loss, step: number, v: Float64Array): Float64Array {
  const z = v.slice()
  for (let round = 0; round < 40; round++) {
    const slope = loss.gradient(z)
    const bend = loss.curvature(z)
    let moved = 0
    for (let i = 0; i < z.length; i++) {
      const change = (z[i] + step * slope[i] - v[i]) / (1 + step * bend[i])
      z[i] -= change
      moved = Math.max(moved, Math.abs(change) / (1 + Math.abs(z[i])))
    }
    if (moved < 1e-13) break
  }
  return z
}
