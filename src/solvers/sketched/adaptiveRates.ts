/**
 * From the threshold ρ on δ⁺/δ, δ = gᵀM⁻¹g, at which a sketch is kept, to the contraction z it stands for and the steps that attain it.
 *
 * For a contraction level z the spectrum of M⁻¹H lies in [1/(1 + √z), 1/(1 − √z)], of condition k = (1 + √z)/(1 − √z). The published thresholds are
 *   gradient steps:       ρ = k·z,   steps μ = 1 − z;
 *   conjugate gradients:  ρ = k·((√k − 1)/(√k + 1))²;
 * the factor k allows for δ measured by M instead of H. For one fixed sketch and gradient steps it is not needed: M^{−½}HM^{−½} is symmetric, so that δ shrinks by z
 * exactly, and ρ = z is the sharper rule. For conjugate gradients it is, since δ is not monotone.
 *
 * Source: J. Lacotte, M. Pilanci, Effective dimension adaptive sketching methods for faster regularized least-squares optimization, 2020, and the authors' code.
 * @module
 */
import { DomainError } from '../../errors.ts'

/** Which method the threshold is for. */
export type AdaptiveRule = 'ihs' | 'pcg'

/** What a threshold stands for. */
export interface AdaptiveRates {
  /** z: δ shrinks by this a step at best. */
  readonly contraction: number
  /** Gradient step 1 − z. */
  readonly step: number
  /** Heavy ball for the same spectrum: 4/(√a + √b)² and ((√b − √a)/(√b + √a))² for [a, b]. */
  readonly momentumStep: number
  readonly momentum: number
}

/**
 * z and steps for ρ, by bisection on (0, ρ); where the published equation has no root there, z = ρ. `direct`: z = ρ.
 *
 * @throws DomainError (E_PARAM_RANGE) for ρ outside (0, 1).
 */
export function adaptiveRates(
  rule: AdaptiveRule,
  { threshold, direct = false }: { readonly threshold: number; readonly direct?: boolean },
): AdaptiveRates {
  if (!(threshold > 0 && threshold < 1))
    throw new DomainError(
      `adaptiveRates: the threshold must be in (0, 1); got ${threshold}. 0.5 is usual.`,
      'E_PARAM_RANGE',
    )
  let [low, high] = [0, threshold]
  const at = (z: number) => {
    const k = (1 + Math.sqrt(z)) / (1 - Math.sqrt(z))
    return rule === 'ihs' ? k * z : k * ((Math.sqrt(k) - 1) / (Math.sqrt(k) + 1)) ** 2
  }
  for (let step = 0; step < 100 && !direct; step++) {
    const middle = (low + high) / 2
    if (at(middle) > threshold) high = middle
    else low = middle
  }
  const contraction = direct ? threshold : high
  const root = Math.sqrt(contraction)
  const [a, b] = [Math.sqrt(1 / (1 + root)), Math.sqrt(1 / (1 - root))]
  return {
    contraction,
    step: 1 - contraction,
    momentumStep: 4 / (a + b) ** 2,
    momentum: ((b - a) / (b + a)) ** 2,
  }
}
