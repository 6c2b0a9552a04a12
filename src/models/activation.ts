/**
 * Activations of degree one: φ(t) = positive·t for t ≥ 0 and negative·t for t < 0. ReLU (1, 0), leaky ReLU (1, κ), absolute value (1, −1).
 *
 * The convex programs ask for φ(ct) = cφ(t), c ≥ 0, and no more; in one variable these are all there are. Threshold, sign, polynomial and smooth
 * activations are not among them.
 * @module
 */
import { DomainError, UnsupportedError } from '../errors.ts'

/** Slopes of φ to the right and to the left of 0. */
export interface Activation {
  readonly positive: number
  readonly negative: number
}

/** Common activations by name; leaky ReLU has its own slope. */
export const ACTIVATIONS: Readonly<Record<'relu' | 'abs', Activation>> = {
  relu: { positive: 1, negative: 0 },
  abs: { positive: 1, negative: -1 },
}

/** What φ is called in sentences. */
export function activationName({ positive, negative }: Activation): string {
  if (positive === 1 && negative === 0) return 'ReLU network'
  if (positive === 1 && negative === -1) return 'absolute-value network'
  if (positive === 1 && negative === 1) return 'linear network'
  if (positive === 1) return `leaky ReLU network (slope ${Number(negative.toPrecision(6))})`
  return `two-slope network (${Number(positive.toPrecision(6))}, ${Number(negative.toPrecision(6))})`
}

/**
 * The activation of a name: 'relu', 'abs', 'linear' or 'leaky:κ', κ the slope for t < 0.
 *
 * @throws UnsupportedError (E_UNSUPPORTED_OP) for other names; DomainError when κ is no finite number.
 */
export function activationFrom(text: string, who: string): Activation {
  if (text === 'relu' || text === 'abs') return ACTIVATIONS[text]
  if (text === 'linear') return { positive: 1, negative: 1 }
  const leaky = /^leaky(?::(.*))?$/.exec(text)
  if (leaky === null)
    throw new UnsupportedError(
      `${who}: the activation must be relu, abs, linear or leaky:<slope>; got ${text}. Others are not positively homogeneous.`,
      'E_UNSUPPORTED_OP',
    )
  const slope = leaky[1]?.trim() ?? ''
  const negative = slope === '' ? Number.NaN : Number(slope)
  if (!Number.isFinite(negative))
    throw new DomainError(`${who}: leaky needs its slope below 0, as in leaky:0.01; got ${text}.`)
  return { positive: 1, negative }
}

/** Slopes that make an activation. @throws DomainError when they are not finite, or both 0. */
export function checkedActivation({ positive, negative }: Activation, who: string): Activation {
  if (!Number.isFinite(positive) || !Number.isFinite(negative) || (positive === 0 && negative === 0))
    throw new DomainError(`${who}: slopes must be finite and not both 0; got ${positive} and ${negative}.`)
  return { positive, negative }
}
