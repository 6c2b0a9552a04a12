/**
 * Training, written once for all models: data in, a network at a certified optimum out.
 *
 *   minimise  (1/n) Σ_i w_i ℓ(f(x_i), y_i) + lambda·½ Σ_j (‖u_j‖² + ‖v_j‖²)
 *
 * on standardised data, through the convex program of the model. The certificate says how far from the best the result is.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'
import { ACTIVATIONS } from './activation.ts'
import { validate } from './crossValidate.ts'
import { type Fitted, fittedOf } from './fitted.ts'
import { type Inputs, matrixOf } from './inputs.ts'
import { patternRows } from './networks/homogeneous.ts'
import { networkKind } from './networks/network.ts'
import { joinPatterns, patternsOf } from './networks/patterns/patternsOf.ts'
import type { FitOptions, Start } from './options.ts'
import { type Prepared, prepare } from './prepare.ts'
import type { Targets } from './targets.ts'
import { type TrainAtOptions, trainAt } from './train.ts'

/** Path of the cross-validation that `fit` runs by itself: shorter than one asked for, and not walked on where it only gets worse. */
const OWN_PATH = { points: 10, smallestFraction: 5e-3, patience: 2 }
/** Fraction of lambdaMax when cross-validation was stopped before its first lambda was done. */
const FALLBACK = 0.05

/**
 * Trains a two-layer network to its global optimum over the activation patterns used (all there are, for data of rank ≤ 3
 * and moderate size), and certifies it.
 *
 * Use it for tables with up to some ten thousand rows and some dozens of columns. Not converging is a status; the best point
 * is always returned, with its certificate, also when time runs out or the signal aborts.
 *
 * @param x X ∈ R^{n × d}: a matrix or rows of numbers, raw units.
 * @param y n numbers, n labels (texts, booleans, or numbers with a classification loss), or an n × c matrix.
 * @throws DomainError, ShapeError, UnsupportedError with row and column for data or options that make no sense.
 * @example
 * const model = await fit(x, y, { lambdaFraction: 0.05 })
 * model.certificate.relativeGap // ≤ 1e-6
 * model.predict(xNew)
 */
export async function fit(x: Inputs, y: Targets, options: FitOptions = {}): Promise<Fitted> {
  const prepared = prepare(x, y, options)
  const clock = performance.now()
  try {
    const { lambda, notes, validation } = await chooseLambda(x, prepared, options)
    const start = options.start && startOf(prepared, options.start)
    const { start: _, ...training } = options
    const trained = await trainAt(prepared, lambda, { ...training, clock, ...(start && { start }) })
    return fittedOf(prepared, trained, lambda, { notes, validation })
  } finally {
    if (prepared.ownCompute) prepared.compute.close()
  }
}

/** A start over the patterns prepared and its own. */
function startOf(
  { model, x, loss, patterns }: Prepared,
  { network, gates, dualPoint }: Start,
): TrainAtOptions['start'] {
  const kind = model.name === 'gated' ? 'gated' : 'relu'
  const { positive, negative } = network.activation ?? ACTIVATIONS.relu
  const wanted = model.activation ?? ACTIVATIONS.relu
  const same = network.kind === kind && positive === wanted.positive && negative === wanted.negative
  if (!same || network.hidden.cols !== x.cols || network.offset.length !== loss.outputs)
    throw new ShapeError(
      `fit: a start must be a ${model.name} network of ${x.cols} inputs and ${loss.outputs} output(s), as the training; got ${networkKind(network)} of ${network.hidden.cols} and ${network.offset.length}. Start from the same model on the same columns.`,
    )
  if (dualPoint !== null && dualPoint.length !== x.rows * loss.outputs)
    throw new ShapeError(
      `fit: the dual point of a start must have ${x.rows * loss.outputs} numbers; got ${dualPoint.length}. Start on the same rows.`,
    )
  return { network, patterns: joinPatterns(patterns, patternsOf(patternRows(model, x), gates)), dualPoint }
}

async function chooseLambda(
  x: Inputs,
  prepared: Prepared,
  options: FitOptions,
): Promise<{ lambda: number; notes: string[]; validation: Fitted['validation'] }> {
  const { lambda, lambdaFraction } = options
  if (lambda !== undefined && lambdaFraction !== undefined)
    throw new DomainError('fit: give lambda or lambdaFraction, not both.', 'E_LAMBDA')
  if (lambda !== undefined) return { lambda, notes: [], validation: null }
  if (lambdaFraction !== undefined) {
    if (!(lambdaFraction > 0 && lambdaFraction < Infinity))
      throw new DomainError(
        `fit: lambdaFraction must be a positive number; got ${lambdaFraction}. Try 0.05.`,
        'E_LAMBDA',
      )
    return { lambda: lambdaFraction * prepared.lambdaMax, notes: [], validation: null }
  }
  const { rule = 'min', ...shape } = options.validation ?? {}
  // Half of the time at most goes into the choice. Networks of the folds are not what is wanted in the end.
  const { checkpoint: _, start: __, ...training } = options
  const validation = await validate(matrixOf(x, 'fit'), prepared, {
    ...training,
    ...OWN_PATH,
    ...shape,
    ...(options.maxTime !== undefined && { maxTime: options.maxTime / 2 }),
  })
  if (validation.folds === 0)
    return {
      lambda: FALLBACK * prepared.lambdaMax,
      notes: [
        `lambda was set to ${FALLBACK} lambdaMax: cross-validation was stopped before its first lambda was done.`,
      ],
      validation: null,
    }
  const chosen = rule === 'min' ? validation.lambdaMin : validation.lambdaOneStandardError
  return {
    lambda: chosen,
    notes: [
      `lambda = ${chosen.toPrecision(4)} was chosen by ${validation.folds}-fold cross-validation over ${validation.lambdas.length} values: ${
        rule === 'min'
          ? 'the least mean held-out loss'
          : 'the largest within one standard error of the least mean held-out loss'
      }${ENDED[validation.ended ?? 'not']}.`,
    ],
    validation,
  }
}

const ENDED = {
  not: '',
  rising: ', which only rose below them',
  stopped: '; it was stopped there, and smaller ones may be better',
} as const
