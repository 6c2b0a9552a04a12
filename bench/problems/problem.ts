/**
 * What is raced: the data, the patterns and the loss. Lambda is that of the public objective
 * (1/n) Σ loss + lambda·Σ ‖u_g‖ (for ReLU programs ‖v_k‖ + ‖w_k‖).
 * @module
 */
import type { Dense } from '../../src/matrix/dense.ts'
import type { Masks } from '../../src/matrix/masks.ts'

export interface RaceProblem {
  readonly name: string
  readonly kind: 'gated' | 'relu'
  readonly loss: 'squared' | 'logistic' | 'multinomial'
  /** c: 1, or the number of classes. */
  readonly outputs: number
  readonly x: Dense
  /** Numbers, labels ±1, or class indices, in R^n. */
  readonly y: Float64Array
  readonly masks: Masks
  /** A vector of each pattern, P × d. */
  readonly gates: Dense
  /** Whether these are all patterns there are, so that the optimum is that of every ReLU network. */
  readonly complete: boolean
}

/** One problem of the bench, made when asked for. */
export interface ProblemSource {
  readonly name: string
  /** One line for the table of problems. */
  readonly title: string
  /** The regularisation raced by default: lambdas, or fractions of lambdaMax. */
  readonly levels: readonly Level[]
  make(): RaceProblem
}

export type Level = { readonly lambda: number } | { readonly fraction: number }
