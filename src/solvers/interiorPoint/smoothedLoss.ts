/**
 * Squared hinge and Huber losses with their kinks of curvature rounded off while the barrier is far from 0.
 *
 * Both are built from (s)₊. In its place p_ν(s) = (s + √(s² + 4ν))/2, the q > 0 with q(q − s) = ν: exactly what a barrier
 * on q and q − s would give, so ν is the complementarity of the iterate and goes to 0 with it. Without it Newton's
 * method sees no curvature beyond the kinks and runs far off at small beta.
 *   squared hinge  ℓ' = −y p_ν(1 − yz),  ℓ'' = p_ν'(1 − yz)
 *   Huber          ℓ' = r − p_ν(r − δ) + p_ν(−r − δ),  ℓ'' = 1 − p_ν'(r − δ) − p_ν'(−r − δ) > 0
 * The other losses are as they are.
 * @module
 */
import type { Loss } from '../../losses/loss.ts'

/** slope ← ∇L_ν(f) and curvature ← diagonal of ∇²L_ν(f) (or of a matrix above it), sample-major. */
export function smoothedDerivatives(
  loss: Loss,
  f: Float64Array,
  nu: number,
  slope: Float64Array,
  curvature: Float64Array,
): void {
  const { name, targets, weights, offset, outputs } = loss
  const delta = loss.parameter ?? 1
  if (name !== 'squared-hinge' && name !== 'huber') {
    loss.gradient(f, slope)
    loss.curvature(f, curvature)
    return
  }
  for (let i = 0; i < f.length; i++) {
    const w = weights === null ? 1 : weights[Math.floor(i / outputs)]
    const z = f[i] + offset[i % outputs]
    if (name === 'squared-hinge') {
      const s = 1 - targets[i] * z
      const root = Math.sqrt(s * s + 4 * nu)
      slope[i] = -w * targets[i] * positive(s, root, nu)
      curvature[i] = (w * positive(s, root, nu)) / root || 0
    } else {
      const r = z - targets[i]
      const above = r - delta
      const below = -r - delta
      const rootAbove = Math.sqrt(above * above + 4 * nu)
      const rootBelow = Math.sqrt(below * below + 4 * nu)
      const p = positive(above, rootAbove, nu)
      const q = positive(below, rootBelow, nu)
      slope[i] = w * (r - p + q)
      curvature[i] = w * Math.max(0, 1 - (p / rootAbove || 0) - (q / rootBelow || 0))
    }
  }
}

/** p_ν(s) without cancellation; p_ν'(s) = p_ν(s)/√(s² + 4ν). */
function positive(s: number, root: number, nu: number): number {
  return s >= 0 ? (s + root) / 2 : (2 * nu) / (root - s)
}
