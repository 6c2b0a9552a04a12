/**
 * Classes of data for which it is known beforehand how good a bound will be.
 *
 * | class | condition | guarantee |
 * |---|---|---|
 * | rank one to four | rank of X | enumeration is exact in O(m^{r−1} log m) |
 * | orthogonal rows | x_i·x_j = 0 for i ≠ j | closed form, exact, every loss |
 * | orthogonal separable | monotone classification loss; x_i·x_j > 0 within a class, ≤ 0 across | closed form, exact |
 * | negative correlation | monotone classification loss; x_i·x_j ≤ 0 across classes | semidefinite relaxation within √(π/2) of g, so the bound within a factor 1.2533 of the optimum |
 * | general | – | none beforehand; the certificate's own number |
 *
 * @module
 */
import { DomainError } from '../../errors.ts'
import type { Loss } from '../../losses/loss.ts'
import type { Dense } from '../../matrix/dense.ts'
import { exactSign } from '../exactSign.ts'

/** The names of the classes, the best guarantee first. */
export type DataClassName = 'orthogonal-rows' | 'orthogonal-separable' | 'negative-correlation' | 'general'

/** A class with its guarantee in words. */
export interface DataClass {
  readonly name: DataClassName
  /** By what factor the norm may be overestimated at most: 1 for a closed form, √(π/2), or ∞. */
  readonly factor: number
  readonly guarantee: string
}

const GUARANTEES: Readonly<Record<DataClassName, { factor: number; guarantee: string }>> = {
  'orthogonal-rows': {
    factor: 1,
    guarantee: 'rows are orthogonal: the dual norm has a closed form, and bounds are exact',
  },
  'orthogonal-separable': {
    factor: 1,
    guarantee:
      'classes are orthogonal separable and the loss is monotone: the dual norm has a closed form, and training is two one-neuron problems',
  },
  'negative-correlation': {
    factor: Math.sqrt(Math.PI / 2),
    guarantee:
      'classes are negatively correlated and the loss is monotone: the semidefinite bound is within √(π/2) = 1.2533',
  },
  general: {
    factor: Infinity,
    guarantee: 'no class with a guarantee beforehand: the certificate says how far it goes',
  },
}
const MONOTONE: readonly string[] = ['logistic', 'squared-hinge']

/**
 * The class of the data with this loss, decided in exact arithmetic.
 *
 * Cost up to n²·d flops; ends at the first pair that breaks a class.
 */
export function dataClass({ x, loss }: { readonly x: Dense; readonly loss: Loss }): DataClass {
  const of = (name: DataClassName): DataClass => ({ name, ...GUARANTEES[name] })
  const monotone = MONOTONE.includes(loss.name) && loss.outputs === 1 && loss.offset[0] === 0
  let [orthogonal, separable, negative] = [true, monotone, monotone]
  for (let i = 0; i < x.rows && (orthogonal || separable || negative); i++)
    for (let k = 0; k < i; k++) {
      const sign = exactSign(x.data, i * x.cols, x.data, k * x.cols, x.cols)
      const same = loss.targets[i] === loss.targets[k]
      if (sign !== 0) orthogonal = false
      if (same ? sign <= 0 : sign > 0) separable = false
      if (!same && sign > 0) negative = false
    }
  return of(
    orthogonal ? 'orthogonal-rows' : separable ? 'orthogonal-separable' : negative ? 'negative-correlation' : 'general',
  )
}

/**
 * Requires orthogonal separable classes.
 *
 * @throws DomainError (E_NOT_ORTHSEP) with the first pair of rows that are not.
 */
export function requireOrthogonalSeparable(x: Dense, labels: ArrayLike<number>): void {
  for (let i = 0; i < x.rows; i++)
    for (let k = 0; k < i; k++) {
      const sign = exactSign(x.data, i * x.cols, x.data, k * x.cols, x.cols)
      if (labels[i] === labels[k] ? sign <= 0 : sign > 0)
        throw new DomainError(
          `requireOrthogonalSeparable: rows of one class must have positive inner products, of two classes none; got rows ${k} and ${i}. Use certifyGlobal, which needs no class.`,
          'E_NOT_ORTHSEP',
        )
    }
}
