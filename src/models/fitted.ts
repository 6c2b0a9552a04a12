/**
 * What training returns.
 * @module
 */
import type { Certificate } from '../certificates/index.ts'
import type { BackendName } from '../matrix/compute.ts'
import type { Status } from '../solvers/solve.ts'
import type { CrossValidation } from './crossValidate.ts'
import type { PatternSet } from './model.ts'
import { type Predictor, type PredictorState, predictorOf } from './predictor.ts'
import type { Prepared } from './prepare.ts'
import { showingFitted } from './showResults.ts'
import type { Trained } from './train.ts'

/** A trained network with its certificate. Numbers are in mean form, on standardised data. */
export interface Fitted extends Predictor {
  /** (1/n) Σ w_i ℓ_i + lambda·½ Σ (‖u‖² + ‖v‖²). */
  readonly objective: number
  readonly lambda: number
  /** Smallest lambda at which the zero network is optimal, over the patterns at the start. */
  readonly lambdaMax: number
  readonly certificate: Certificate
  readonly status: Status
  readonly iterations: number
  readonly seconds: number
  /** [seconds, objective, relative gap] of every step. */
  readonly curve: readonly (readonly [number, number, number])[]
  readonly solver: string
  readonly seed: number
  readonly backend: BackendName
  /** The patterns at the end, with gates on standardised inputs. */
  readonly patterns: PatternSet
  /** Patterns that pricing added. */
  readonly patternsAdded: number
  /** Plain sentences for people. */
  readonly notes: readonly string[]
  /** How lambda was chosen, when it was. */
  readonly validation: CrossValidation | null
  /** Plain data from which `predictorOf` makes the predictor again. */
  readonly state: PredictorState
  /** The last dual point (sum form), for warm starts. */
  readonly dualPoint: Float64Array | null
}

const ENDED: Record<Trained['pricing'], string> = {
  'nothing violated': 'in the end the search found no neuron that would lower it further',
  'little to gain': 'others that the search found could lower it by less than the tolerance',
  'rounds spent': 'more rounds may lower it further',
  stopped: 'the search was stopped',
  'not needed': 'they came from the neighbour on the path',
}

/** Puts a result together. */
export function fittedOf(
  prepared: Prepared,
  trained: Trained,
  lambda: number,
  more: { readonly notes?: readonly string[]; readonly validation?: CrossValidation | null } = {},
): Fitted {
  const state: PredictorState = {
    network: trained.network,
    standardisation: prepared.standardisation,
    loss: prepared.target.loss,
    classes: prepared.target.classes,
  }
  const notes = [...prepared.notes, ...(more.notes ?? []), `solver: ${trained.reason}.`]
  if (lambda >= prepared.lambdaMax && trained.network.hidden.rows === 0)
    notes.push('lambda is at or above lambdaMax: the zero network, a constant, is optimal over these patterns.')
  if (trained.added > 0)
    notes.push(
      `${trained.added} patterns were added to the sampled ones, since neurons there lower the objective; ${ENDED[trained.pricing]}.`,
    )
  return showingFitted({
    ...predictorOf(state),
    objective: trained.objective,
    lambda,
    lambdaMax: prepared.lambdaMax,
    certificate: trained.certificate,
    status: trained.status,
    iterations: trained.iterations,
    seconds: trained.seconds,
    curve: trained.curve,
    solver: trained.solver,
    seed: prepared.seed,
    backend: prepared.compute.backend,
    patterns: trained.patterns,
    patternsAdded: trained.added,
    notes,
    validation: more.validation ?? null,
    state,
    dualPoint: trained.dualPoint,
  })
}
