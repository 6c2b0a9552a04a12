/**
 * The secular equation, heart of divide and conquer: 1/ρ + Σ_j ζ_j/(p_j − λ) = 0 with ρ > 0, ζ_j = z_j² > 0 and poles
 * p_0 < p_1 < …; one root λ_k in each interval (p_k, p_{k+1}), the last in (p_{K−1}, p_{K−1} + ρ·Σζ].
 *
 * Poles are p_j = d_j (eigenvalues) or p_j = d_j² (singular values). A root is carried as (origin, τ): λ = p_origin + τ with
 * the nearer pole as origin, so that every difference p_j − λ has full relative accuracy; the orthogonality of the
 * vectors rests on that. Iteration: the left and the right sum are each replaced by constant + multiple of one pole,
 * matched in value and slope ("middle way"), safeguarded by a bracket.
 *
 * Sources: R.-C. Li, Solving secular equations stably and efficiently, 1993; M. Gu, S. Eisenstat, A stable and efficient
 * algorithm for the rank-one modification of the symmetric eigenproblem, 1994.
 * @module
 */
import { NotSolvedError } from '../../errors.ts'
import { ROUND_OFF } from './input.ts'

/** K poles, given by d ascending and without repetition. */
export interface SecularProblem {
  readonly count: number
  readonly d: Float64Array
  /** ζ = z². */
  readonly zeta: Float64Array
  readonly rho: number
  /** Poles are d² instead of d. */
  readonly squared: boolean
}

/** p_j − p_o, without cancellation beyond that of the data. */
function gap(problem: SecularProblem, j: number, o: number): number {
  const { d, squared } = problem
  return squared ? (d[j] - d[o]) * (d[j] + d[o]) : d[j] - d[o]
}

/**
 * Root k. Fills difference[j] = p_j − λ_k and returns λ_k itself (eigenvalue), or √λ_k when the poles are squared.
 *
 * @throws NotSolvedError after 200 steps (never seen; the bracket halves or better).
 */
export function secularRoot(problem: SecularProblem, k: number, difference: Float64Array): number {
  const { count, d, zeta, rho, squared } = problem
  const last = k === count - 1
  const inverse = 1 / rho
  let origin = k
  let low = 0
  let high: number
  let tau: number
  // The two poles of the interpolation: those around the root, or the last two.
  const left = last ? k - 1 : k
  const right = left + 1
  // Sums run over j < split and j ≥ split.
  const split = last ? k : k + 1

  if (count === 1) {
    tau = rho * zeta[0]
    difference[0] = -tau
    return rootAt(d[0], tau, squared)
  }
  if (last) {
    let mass = 0
    for (let j = 0; j < count; j++) mass += zeta[j]
    high = rho * mass
    for (let j = 0; j < count; j++) difference[j] = gap(problem, j, k)
    tau = rho * zeta[k]
    if (!(tau < high)) tau = 0.5 * high
  } else {
    const width = gap(problem, k + 1, k)
    let others = inverse
    for (let j = 0; j < count; j++) {
      difference[j] = gap(problem, j, k)
      if (j !== k && j !== k + 1) others += zeta[j] / (difference[j] - 0.5 * width)
    }
    const middle = others + (2 * (zeta[k + 1] - zeta[k])) / width
    if (middle >= 0) {
      high = 0.5 * width
      tau = quadraticRoot(others, others * width + zeta[k] + zeta[k + 1], zeta[k] * width, low, high)
    } else {
      origin = k + 1
      for (let j = 0; j < count; j++) difference[j] = gap(problem, j, origin)
      low = -0.5 * width
      high = 0
      tau = quadraticRoot(others, zeta[k] + zeta[k + 1] - others * width, -zeta[k + 1] * width, low, high)
    }
    if (Number.isNaN(tau)) tau = 0.5 * (low + high)
  }

  let previous = Infinity
  for (let step = 0; ; step++) {
    let [psi, dpsi, phi, dphi] = [0, 0, 0, 0]
    for (let j = 0; j < split; j++) {
      const r = 1 / (difference[j] - tau)
      const t = zeta[j] * r
      psi += t
      dpsi += t * r
    }
    for (let j = split; j < count; j++) {
      const r = 1 / (difference[j] - tau)
      const t = zeta[j] * r
      phi += t
      dphi += t * r
    }
    const f = inverse + psi + phi
    const noise = inverse + Math.abs(psi) + Math.abs(phi)
    // Rounding of the sums grows like √K; of τ, by the slope.
    if (Math.abs(f) <= ROUND_OFF * ((8 + Math.sqrt(count)) * noise + Math.abs(tau) * (dpsi + dphi))) break
    if (f < 0) low = tau
    else high = tau
    if (step === 200)
      throw new NotSolvedError(
        'secularRoot: a root must be found within 200 steps; it was not. Please report the matrix.',
      )
    const [dl, dr] = [difference[left] - tau, difference[right] - tau]
    const c = f - dl * dpsi - dr * dphi
    const eta = quadraticRoot(c, (dl + dr) * f - dl * dr * (dpsi + dphi), dl * dr * f, low - tau, high - tau)
    // Too little progress, or no root in the bracket: halve it, on the scale of its ends.
    const next = Number.isNaN(eta) || (step > 8 && Math.abs(f) > 0.5 * previous) ? halve(low, high) : tau + eta
    previous = Math.abs(f)
    if (next === tau || high - low <= 2 * ROUND_OFF * Math.abs(tau)) break
    tau = next
  }
  for (let j = 0; j < count; j++) difference[j] -= tau
  return rootAt(d[origin], tau, squared)
}

/** The root of c·x² − a·x + b in the open interval, NaN when there is none. */
function quadraticRoot(c: number, a: number, b: number, low: number, high: number): number {
  const root = Math.sqrt(Math.max(0, a * a - 4 * b * c))
  const q = 0.5 * (a >= 0 ? a + root : a - root)
  const [x, y] = [b / q, q / c]
  if (x > low && x < high) return x
  return y > low && y < high ? y : Number.NaN
}

/** A point inside (low, high), which does not straddle 0. */
function halve(low: number, high: number): number {
  if (low === 0) return high / 16
  if (high === 0) return low / 16
  const ratio = low / high
  return ratio > 0.25 && ratio < 4 ? 0.5 * (low + high) : Math.sign(low) * Math.sqrt(low * high)
}

function rootAt(d: number, tau: number, squared: boolean): number {
  return squared ? d + tau / (Math.sqrt(d * d + tau) + d) : d + tau
}

/**
 * The z for which the computed roots are exact (Löwner's formula): ẑ_j² = Π_i (λ_i − p_j) / Π_{i≠j} (p_i − p_j) / ρ, with the
 * signs of z. Row i of `differences` (distance ld) holds p_j − λ_i. The vectors made of ẑ are orthogonal to working accuracy.
 */
export function loewner(problem: SecularProblem, z: Float64Array, differences: Float64Array, ld: number): Float64Array {
  const { count, d, rho, squared } = problem
  const product = new Float64Array(count).fill(1)
  for (let i = 0; i < count; i++) {
    const row = differences.subarray(i * ld, i * ld + count)
    const di = d[i]
    for (let j = 0; j < count; j++) {
      if (j === i) continue
      const distance = squared ? (d[j] - di) * (d[j] + di) : d[j] - di
      product[j] *= row[j] / distance
    }
    product[i] *= row[i]
  }
  for (let j = 0; j < count; j++) {
    const size = Math.sqrt(Math.abs(product[j]) / rho)
    product[j] = z[j] < 0 ? -size : size
  }
  return product
}
