/**
 * Steps of the iterative Hessian sketch and how fast they converge, for sketches that behave as a Gaussian one; r = d/m, or d_λ/m with a ridge.
 *
 * Factors are per step in ‖x − x*‖_H. For one fixed S the spectrum of M⁻¹H fills [a, b] = [(1 + √r)⁻², (1 − √r)⁻²] (Marchenko–Pastur). The Hadamard sketch
 * behaves as m rows of a Haar matrix of side N, whose law (Wachter) has a, b = ξ/(p ± q)², p² = ξ(1 − γ), q² = γ(1 − ξ), γ = d/N, ξ = m/N; then r below is
 * (q/p)² = γ(1 − ξ)/(ξ(1 − γ)), and 0 at m = N. The steps are the best ones for a spectrum in [a, b]:
 *   heavy ball step 4/(√a + √b)², momentum r, factor √r;   gradient step 2/(a + b), factor (b − a)/(b + a) = 2√r/(1 + r).
 * For a fresh S in each step the second moments of the inverse Wishart matrix give the best step and its factor exactly, and for the Hadamard sketch those
 * of the Haar ensemble do.
 *
 * Sources: M. Pilanci, M. Wainwright, Iterative Hessian sketch, 2016; J. Lacotte, M. Pilanci, Optimal randomized first-order methods for
 * least-squares problems, 2020; J. Lacotte, S. Liu, E. Dobriban, M. Pilanci, Optimal iterative sketching with the subsampled randomized
 * Hadamard transform, 2020.
 * @module
 */
import { DomainError } from '../../errors.ts'

/** Fixed S: heavy-ball, gradient, unit. A fresh S each step: fresh (the best step), fresh-simple (1 − r), fresh-unit (1). */
export type Variant = 'heavy-ball' | 'gradient' | 'unit' | 'fresh' | 'fresh-simple' | 'fresh-unit'

/** The variants of the iterative Hessian sketch by name. */
export const VARIANTS: readonly Variant[] = ['heavy-ball', 'gradient', 'unit', 'fresh', 'fresh-simple', 'fresh-unit']

/** x ← x − step·M⁻¹g + momentum·(x − x_before). */
export interface Rate {
  readonly step: number
  readonly momentum: number
  /** Predicted contraction of ‖x − x*‖_H a step; ≥ 1 means divergence. */
  readonly factor: number
}

/** The shape that a predicted rate depends on. */
export interface RateOptions {
  /** d, or d_λ. */
  readonly dimension: number
  /** m. */
  readonly rows: number
  /** N, the padded samples, for a Hadamard sketch, whose law is another; leave out for all others. */
  readonly hadamard?: number
}

/**
 * Step and predicted factor of a variant.
 *
 * @throws DomainError (E_SKETCH_TOO_SMALL) when m ≤ d, or m ≤ d + 3 with fresh sketches: the step would not be positive.
 */
export function rate(variant: Variant, { dimension: d, rows: m, hadamard }: RateOptions): Rate {
  const fresh = variant.startsWith('fresh')
  const least = fresh ? d + 3 : d
  if (!(m > least))
    throw new DomainError(
      `rate: ${variant} needs more sketch rows than ${round(least)}; got ${m}. Take ${Math.ceil(4 * d)}, or method pcg.`,
      'E_SKETCH_TOO_SMALL',
    )
  const { r, scale } = spread({ dimension: d, rows: m, ...(hadamard !== undefined && { hadamard }) })
  if (variant === 'heavy-ball') return { step: scale * (1 - r) ** 2, momentum: r, factor: Math.sqrt(r) }
  if (variant === 'gradient')
    return { step: (scale * (1 - r) ** 2) / (1 + r), momentum: 0, factor: (2 * Math.sqrt(r)) / (1 + r) }
  if (variant === 'unit') {
    const [a, b] = [1 / (scale * (1 + Math.sqrt(r)) ** 2), 1 / (scale * (1 - Math.sqrt(r)) ** 2)]
    return { step: 1, momentum: 0, factor: Math.max(b - 1, 1 - a) }
  }
  // E[B] = first·I and E[B²] = second·I for B = H^½M⁻¹H^½: a step μ leaves 1 − 2μ·first + μ²·second of the squared error.
  const [first, second] = hadamard === undefined ? wishart(d, m) : haar(d / hadamard, m / hadamard)
  const step = variant === 'fresh' ? first / second : variant === 'fresh-simple' ? 1 - d / m : 1
  return { step, momentum: 0, factor: Math.sqrt(Math.max(0, 1 - 2 * step * first + step * step * second)) }
}

/** PCG with one fixed sketch: (√κ − 1)/(√κ + 1) with κ = ((1 + √r)/(1 − √r))², which is √r. */
export function pcgFactor(sizes: RateOptions): number {
  return sizes.dimension < sizes.rows ? Math.sqrt(spread(sizes).r) : 1
}

/** The spectrum of M⁻¹H for one fixed S is [1/(scale·(1 + √r)²), 1/(scale·(1 − √r)²)]. */
function spread({ dimension: d, rows: m, hadamard }: RateOptions): { readonly r: number; readonly scale: number } {
  if (hadamard === undefined) return { r: d / m, scale: 1 }
  const [gamma, xi] = [d / hadamard, m / hadamard]
  return { r: (gamma * (1 - xi)) / (xi * (1 - gamma)), scale: 1 - gamma }
}

function wishart(d: number, m: number): [number, number] {
  return [m / (m - d - 1), (m * m * (m - 1)) / ((m - d) * (m - d - 1) * (m - d - 3))]
}

/** γ = d/N, ξ = m/N; limits for large N. */
function haar(gamma: number, xi: number): [number, number] {
  const first = (xi * (1 - gamma)) / (xi - gamma)
  return [first, (xi * xi * (1 - gamma) * (gamma * gamma + xi - 2 * gamma * xi)) / (xi - gamma) ** 3]
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
