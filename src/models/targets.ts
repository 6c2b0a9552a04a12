/**
 * Targets: numbers for regression, or labels, which are coded and whose names are kept.
 * @module
 */
import { DomainError, ShapeError, UnsupportedError } from '../errors.ts'
import type { LossName } from '../losses/index.ts'
import type { Dense } from '../matrix/dense.ts'

/** A class as a user names it. */
export type Label = number | string | boolean

/** Numbers, labels, or a matrix with one column an output. */
export type Targets = ArrayLike<number> | readonly Label[] | Dense

/** A target as a loss takes it. */
export interface CodedTarget {
  readonly loss: LossName
  /** c, outputs of the network: 1, the classes of 'multinomial', or the columns of a matrix of targets. */
  readonly outputs: number
  /** In R^{n·c} for numbers, sample-major; labels ±1 or class indices in R^n. */
  readonly values: Float64Array
  /** Class k is named classes[k]; null for numbers. */
  readonly classes: readonly Label[] | null
}

export interface TargetOptions {
  /** Default: squared for numbers, logistic for two classes, multinomial for more. */
  readonly loss?: LossName
  /** Names of the classes; y then holds class indices 0 … C − 1. */
  readonly classes?: readonly Label[]
}

const FOR_NUMBERS: readonly LossName[] = ['squared', 'huber']
const FOR_TWO: readonly LossName[] = ['logistic', 'squared-hinge']

/**
 * Codes a target for its loss. Texts and booleans are classes, numbers are numbers unless the loss is one for classes; classes
 * are put in ascending order (numbers by size, others by character code).
 *
 * @param rows n, the rows of X.
 * @throws ShapeError for another length; DomainError (E_TARGET) for NaN, a constant target or one class; UnsupportedError for a
 *   loss that does not fit the target.
 */
export function codeTarget(y: Targets, rows: number, options: TargetOptions = {}): CodedTarget {
  const { loss, classes } = options
  if (loss === 'poisson')
    throw new UnsupportedError(
      'fit: networks take squared, huber, logistic, multinomial or squared-hinge loss; got poisson. Use solve for linear models of counts.',
    )
  if (isMatrix(y)) {
    requireLength(y.rows, rows)
    return numbers(y.data, loss ?? 'squared', y.cols)
  }
  requireLength(y.length, rows)
  const given = Array.from(y as ArrayLike<Label>)
  if (classes !== undefined) return byIndex(given, classes, loss)
  const texts = given.some(value => typeof value !== 'number')
  if (!texts && (loss === undefined || FOR_NUMBERS.includes(loss)))
    return numbers(Float64Array.from(given as number[]), loss ?? 'squared', 1)
  if (loss !== undefined && FOR_NUMBERS.includes(loss))
    throw new UnsupportedError(
      `fit: ${loss} loss needs numbers as targets; got ${JSON.stringify(given.find(value => typeof value !== 'number'))}. Use logistic or multinomial loss for classes.`,
    )
  const bad = given.findIndex(value => value === null || value === undefined || Number.isNaN(value))
  if (bad >= 0)
    throw new DomainError(`fit: every row needs a label; got ${given[bad]} in row ${bad}. Remove the row.`, 'E_TARGET')
  const kinds = new Set(given.map(value => typeof value))
  if (kinds.size > 1)
    throw new DomainError(
      `fit: labels must be of one type; got ${[...kinds].join(' and ')}. Convert them to texts.`,
      'E_TARGET',
    )
  const found = [...new Set(given)].sort((a, b) => (a < b ? -1 : 1))
  const index = new Map(found.map((label, k) => [label, k]))
  return byIndex(
    given.map(label => index.get(label) as number),
    found,
    loss,
  )
}

/** Class indices of labels the model knows, in R^n. */
export function classIndices(y: Targets, classes: readonly Label[]): Float64Array {
  const index = new Map(classes.map((label, k) => [label, k]))
  return Float64Array.from(Array.from(y as ArrayLike<Label>), (label, i) => {
    const k = index.get(label)
    if (k === undefined)
      throw new DomainError(
        `score: labels must be among ${classes.slice(0, 8).map(String).join(', ')}; got ${String(label)} in row ${i}.`,
        'E_LABELS',
      )
    return k
  })
}

function numbers(values: Float64Array, loss: LossName, outputs: number): CodedTarget {
  if (!FOR_NUMBERS.includes(loss))
    throw new UnsupportedError(
      `fit: ${loss} loss needs one label a row; got a matrix of ${outputs} columns. Use squared loss.`,
    )
  const bad = values.findIndex(value => !Number.isFinite(value))
  if (bad >= 0)
    throw new DomainError(
      `fit: targets must be finite numbers; got ${values[bad]} in row ${Math.floor(bad / outputs)}${outputs > 1 ? `, column ${bad % outputs}` : ''}. Remove the row.`,
      'E_TARGET',
    )
  for (let k = 0; k < outputs; k++)
    if (values.every((value, at) => at % outputs !== k || value === values[k]))
      throw new DomainError(
        `fit: the target must vary; got ${values[k]} in all ${values.length / outputs} rows${outputs > 1 ? ` of column ${k}` : ''}. The best prediction is that constant.`,
        'E_TARGET',
      )
  return { loss, outputs, values: values.slice(), classes: null }
}

function byIndex(given: readonly Label[], classes: readonly Label[], wanted?: LossName): CodedTarget {
  const count = classes.length
  const bad = given.findIndex(k => typeof k !== 'number' || !Number.isInteger(k) || k < 0 || k >= count)
  if (bad >= 0)
    throw new DomainError(
      `fit: with named classes, targets must be indices 0..${count - 1}; got ${String(given[bad])} in row ${bad}.`,
      'E_LABELS',
    )
  const present = new Set(given)
  if (present.size < 2)
    throw new DomainError(
      `fit: two classes at least are needed; got only ${String(classes[given[0] as number])} in all ${given.length} rows. Choose another target.`,
      'E_TARGET',
    )
  const loss = wanted ?? (count === 2 ? 'logistic' : 'multinomial')
  if (FOR_NUMBERS.includes(loss))
    throw new UnsupportedError(`fit: ${loss} loss is for numbers; got classes. Use logistic or multinomial loss.`)
  if (FOR_TWO.includes(loss)) {
    if (count !== 2)
      throw new UnsupportedError(`fit: ${loss} loss is for two classes; got ${count}. Use multinomial loss.`)
    return { loss, outputs: 1, values: Float64Array.from(given as number[], k => 2 * k - 1), classes: [...classes] }
  }
  return { loss, outputs: count, values: Float64Array.from(given as number[]), classes: [...classes] }
}

function requireLength(got: number, rows: number): void {
  if (got !== rows)
    throw new ShapeError(`fit: there must be one target a row of x; got ${got} targets for ${rows} rows.`)
}

/** Whether `y` is a matrix. */
export function isMatrix(y: Targets): y is Dense {
  return 'rows' in y && 'data' in y
}
