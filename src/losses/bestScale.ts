/**
 * The dual value along a ray: φ(s) = −L*(s·θ), 0 ≤ s ≤ sMax.
 * @module
 */
import type { DualLoss } from './loss.ts'

const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * Scale s ∈ [0, limit] that maximises φ(s) = −L*(s·θ), and the value there: a lower bound of the optimum whenever s·θ is
 * dual feasible for all s ≤ limit (s may exceed 1).
 *
 * Squared loss in closed form, s = clip(−θᵀ(W)⁻¹-slope); the others by golden section on the concave φ, to 1e-10 of the
 * interval, with both ends tried. Cost: one conjugate for squared loss, about 50 else.
 *
 * @param theta θ ∈ R^{size of the loss}, any point with 0·θ in the domain of L*.
 * @param limit largest admissible scale by the penalty, β / Ω°(Aᵀθ).
 */
export function bestScale(loss: DualLoss, theta: Float64Array, limit: number): { scale: number; bound: number } {
  const scaled = new Float64Array(theta.length)
  const phi = (s: number) => {
    for (let i = 0; i < theta.length; i++) scaled[i] = s * theta[i]
    return -loss.conjugate(scaled)
  }
  const top = Math.min(limit, loss.domainScale(theta))
  if (loss.name === 'squared') {
    // φ is a parabola through φ(0) = 0: two values give its vertex.
    const unit = Math.min(top, 1) || 1
    const [full, half] = [phi(unit), phi(unit / 2)]
    const curvature = 4 * half - 2 * full
    const vertex = curvature > 0 ? (unit * (4 * half - full)) / (2 * curvature) : top
    const scale = Math.max(0, Math.min(vertex, top))
    return { scale, bound: phi(scale) }
  }
  let [low, high] = [0, Number.isFinite(top) ? top : 4]
  let [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)]
  let [fa, fb] = [phi(a), phi(b)]
  for (let k = 0; k < 48 && high - low > 1e-10 * high; k++) {
    if (fa < fb) {
      low = a
      a = b
      fa = fb
      b = low + GOLDEN * (high - low)
      fb = phi(b)
    } else {
      high = b
      b = a
      fb = fa
      a = high - GOLDEN * (high - low)
      fa = phi(a)
    }
  }
  let [scale, bound] = fa > fb ? [a, fa] : [b, fb]
  const end = Number.isFinite(top) ? top : 4
  const atEnd = phi(end)
  if (atEnd > bound) [scale, bound] = [end, atEnd]
  const atZero = phi(0)
  if (atZero > bound) [scale, bound] = [0, atZero]
  return { scale, bound }
}
