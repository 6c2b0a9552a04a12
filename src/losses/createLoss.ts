/**
 * A loss by its name, for callers that read the name from a flag or a file.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import { type HuberOptions, huberLoss } from './huber.ts'
import { logisticLoss } from './logistic.ts'
import type { Loss, LossName } from './loss.ts'
import { multinomialLoss } from './multinomial.ts'
import { poissonLoss } from './poisson.ts'
import { squaredLoss } from './squared.ts'
import { squaredHingeLoss } from './squaredHinge.ts'

const FACTORIES: Record<LossName, (targets: ArrayLike<number>, options?: HuberOptions) => Loss> = {
  squared: squaredLoss,
  logistic: logisticLoss,
  multinomial: multinomialLoss,
  'squared-hinge': squaredHingeLoss,
  huber: huberLoss,
  poisson: poissonLoss,
}

/** Every name that `createLoss` takes. */
export const LOSS_NAMES: readonly LossName[] = Object.keys(FACTORIES) as LossName[]

/** Options of every loss together. */
export interface CreateLossOptions extends HuberOptions {
  /** Targets as the loss wants them: numbers, labels ±1, or class indices. */
  readonly targets: ArrayLike<number>
}

/**
 * The loss called `name`, bound to `options.targets`.
 *
 * @throws UnsupportedError for an unknown name; else as the factory of that loss.
 */
export function createLoss(name: LossName, options: CreateLossOptions): Loss {
  if (!Object.hasOwn(FACTORIES, name))
    throw new UnsupportedError(`createLoss: the loss must be one of ${LOSS_NAMES.join(', ')}; got ${name}.`)
  const { targets, ...rest } = options
  return FACTORIES[name](targets, rest)
}
