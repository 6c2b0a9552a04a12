/**
 * What closed forms have in common: weights, their value, and a certificate made from weights and data alone.
 * @module
 */
import { type Certificate, certifyGlobal } from '../../certificates/index.ts'
import { UnsupportedError } from '../../errors.ts'
import type { Loss } from '../../losses/loss.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { Network } from '../model.ts'
import { networkObjective } from '../networks/network.ts'
import { type Atom, networkOf } from '../networks/recover.ts'

/** A training problem in sum form, without biases. */
export interface ClosedFormData {
  /** X: n × d. */
  readonly x: Dense
  /** One output. */
  readonly loss: Loss
  /** β = n·lambda > 0. */
  readonly beta: number
}

/** An optimal network found without iterations that need a tolerance. */
export interface ClosedForm {
  readonly network: Network
  /** Its objective, in sum form. */
  readonly value: number
  /** Over networks of every width, in mean form; made from the weights, not from the formula. */
  readonly certificate: Certificate
}

/** The network of these atoms with its value and its certificate, for which dual points may be tried. */
export function closedFormOf(
  atoms: readonly Atom[],
  data: ClosedFormData,
  candidates: readonly Float64Array[] = [],
): ClosedForm {
  const network = networkOf('relu', atoms, { features: data.x.cols, offset: data.loss.offset })
  return { network, value: networkObjective(network, data), certificate: certifyGlobal(network, data, { candidates }) }
}

/** @throws UnsupportedError (E_LOSS_UNSUPPORTED) for several outputs, or a loss that is not among `names`. */
export function requireLoss(loss: Loss, who: string, names: readonly string[]): void {
  if (loss.outputs !== 1 || !names.includes(loss.name))
    throw new UnsupportedError(
      `${who}: the closed form is for one output and ${names.join(' or ')} loss; got ${loss.outputs} and ${loss.name}. Use fit.`,
      'E_LOSS_UNSUPPORTED',
    )
}
