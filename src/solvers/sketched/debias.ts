/**
 * What averaging cannot remove: (SA)ᵀ(SA) + λI is unbiased, its inverse is not. It behaves like the inverse at a larger ridge, and is too large by a factor:
 *   E[((SA)ᵀ(SA) + λ'I)⁻¹] = (1 − d_λ/m)⁻¹·(AᵀA + λI)⁻¹ at λ' = λ(1 − d_λ/m), d_λ = tr AᵀA(AᵀA + λI)⁻¹,
 * exactly for surrogate sketches, to a few hundredths for Gaussian and Hadamard ones; not for uniform rows of coherent data.
 *
 * A sketch-and-solve estimate needs λ' alone. A Newton step with an exact gradient needs the factor 1 − d_λ/m too: with λ' alone averaging gets worse.
 *
 * Source: M. Dereziński, B. Bartan, M. Pilanci, M. Mahoney, Debiasing distributed second order optimization with surrogate sketching and scaled
 * regularization, 2020.
 * @module
 */
import { DomainError } from '../../errors.ts'

/** The corrections. */
export interface Debiased {
  /** λ' = λ(1 − d_λ/m). */
  readonly ridge: number
  /** 1 − d_λ/m: what a Newton step is multiplied by. */
  readonly factor: number
  /** γ = m − d_λ: mean number of independent rows of a surrogate sketch. */
  readonly gamma: number
}

/** What the corrections depend on. */
export interface DebiasOptions {
  readonly lambda: number
  /** d_λ. */
  readonly effectiveDimension: number
  /** m. */
  readonly rows: number
}

/**
 * λ', factor and γ.
 *
 * @throws DomainError (E_PARAM_RANGE) for λ ≤ 0, (E_SKETCH_TOO_SMALL) for m ≤ d_λ.
 */
export function debias({ lambda, effectiveDimension, rows }: DebiasOptions): Debiased {
  if (!(lambda > 0 && lambda < Infinity))
    throw new DomainError(
      `debias: lambda must be > 0; got ${lambda}. Without a ridge only the factor 1 − d/m is needed.`,
      'E_PARAM_RANGE',
    )
  if (!(rows > effectiveDimension))
    throw new DomainError(
      `debias: the sketch must have more rows than the effective dimension ${effectiveDimension.toPrecision(4)}; got ${rows}. Take ${Math.ceil(2 * effectiveDimension)}.`,
      'E_SKETCH_TOO_SMALL',
    )
  const factor = 1 - effectiveDimension / rows
  return { ridge: lambda * factor, factor, gamma: rows - effectiveDimension }
}
