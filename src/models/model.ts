/**
 * What a model is: a reformulation of a network's training as a convex problem, and the way back.
 * @module
 */
import type { Certificate } from '../certificates/certificate.ts'
import type { Loss } from '../losses/loss.ts'
import type { Compute } from '../matrix/compute.ts'
import type { Dense } from '../matrix/dense.ts'
import type { Masks } from '../matrix/masks.ts'
import type { Problem } from '../solvers/problem.ts'
import type { Status } from '../solvers/solve.ts'
import type { Activation } from './activation.ts'

/**
 * A two-layer network on inputs x ∈ R^d (a ones column included when there is a hidden bias):
 * f(x) = offset + Σ_j v_j · φ_j(x), with φ_j = (x·u_j)₊ for 'relu' and 1[x·g_j > 0]·(x·u_j) for 'gated'.
 */
export interface Network {
  readonly kind: 'relu' | 'gated'
  /** φ of 'relu' networks, where it is another activation of degree one: φ_j(x) = φ(x·u_j). Absent: ReLU. */
  readonly activation?: Activation
  /** u: m × d. */
  readonly hidden: Dense
  /** v: m × c. */
  readonly output: Dense
  /** g: m × d, for 'gated' only. */
  readonly gates: Dense | null
  /** In R^c. */
  readonly offset: Float64Array
}

/** Training data in the coordinates of the model: standardised, ones column appended. */
export interface TrainingData {
  readonly x: Dense
  readonly loss: Loss
  /** Sum form: beta = n·lambda. */
  readonly beta: number
}

/** Patterns with a vector that realises each (1[X g_k > 0] = pattern k), and whether they are all there are. */
export interface PatternSet {
  readonly masks: Masks
  /** P × d. */
  readonly gates: Dense
  /** true when every pattern of the arrangement is present: certificates over them are global. */
  readonly complete: boolean
}

/** A convex program with the way from its variable to a network and back. */
export interface Reformulation {
  readonly problem: Problem
  /** Weights of the network of equal objective. */
  recover(x: Float64Array): Network
  /** The way back, for warm starts: the variable of a network. Neurons whose pattern is not among the given ones are left out. */
  embed(network: Network): Float64Array
}

/** What a model that trains by itself gives back. */
export interface TrainedDirectly {
  readonly network: Network
  /** In sum form. */
  readonly dualPoint: Float64Array
  readonly status: Status
  readonly iterations: number
  /** Name and reason, as a solver's. */
  readonly solver: string
  readonly reason: string
}

/** A kind of network: its convex program, the way back, its predictions and its certificate. */
export interface Model {
  readonly name: string
  readonly reference: string
  /** Of 'homogeneous' models; its patterns are then over [X; −X]. */
  readonly activation?: Activation
  /** Instead of `reformulate` and a solver of `solvers/`: a method of its own for its program. */
  train?(
    data: TrainingData,
    patterns: PatternSet,
    options: { readonly tolerance: number; readonly maxTime: number; readonly signal?: AbortSignal },
  ): Promise<TrainedDirectly>
  /** Absent where `train` is there. */
  reformulate?(data: TrainingData, patterns: PatternSet, compute: Compute): Reformulation
  /** Fitted values on rows of x, in R^{rows·c} sample-major. */
  predict(network: Network, x: Dense): Float64Array
  /** From weights and data alone; `candidates` are dual points that may be tried. */
  certify(
    network: Network,
    data: TrainingData,
    patterns: PatternSet,
    candidates?: readonly Float64Array[],
    compute?: Compute,
  ): Certificate
}
