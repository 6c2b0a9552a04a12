/**
 * One ReLU neuron f(x) = (x·w)₊ by its convex relaxation, a polish of the true loss, and, in low rank, the proved optimum.
 *
 * The relaxation is justified for targets made by a neuron (y = (Xw*)₊, perhaps with noise): then it finds w* where descent
 * from random starts may not. For other targets it is an initialiser and no more; the polish and the exact search say so.
 * @module
 */
import { type Certificate, statement } from '../../certificates/index.ts'
import { DomainError, ShapeError } from '../../errors.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { dot } from '../../matrix/vector.ts'
import { lbfgsSteps } from '../baselines/lbfgs.ts'
import { breathing } from '../breathing.ts'
import { type Inputs, matrixOf } from '../inputs.ts'
import { type ExactNeuron, exactNeuron } from './exactNeuron.ts'
import { minimiseRelaxation, neuronLoss, orthonormal, relaxedLoss } from './relaxation.ts'

/** Products of a row with w at or below this part of ‖x‖‖w‖ do not count as active. */
const OFF = 1e-9
const FINE = { maxIterations: 2000, tolerance: 1e-12 }
/** A sum of n squares is rounded by less than this part: taken off the bound. */
const ROUNDED = 1e-13

/** Options of `fitNeuron`. */
export interface NeuronOptions {
  /** Ridge of the mean objective, (ridge/2)‖w‖²; default 0. */
  readonly ridge?: number
  /** Append a ones column; default false: a neuron through the origin. */
  readonly intercept?: boolean
  /** Descend on the true loss from the relaxed point; default true. */
  readonly polish?: boolean
  /** Enumerate all cells (rank ≤ 3) and prove the optimum; default false. */
  readonly exact?: boolean
  readonly signal?: AbortSignal
}

/** Objectives are in mean form, (1/2n)‖(Xw)₊ − y‖² + (ridge/2)‖w‖². */
export interface FittedNeuron {
  /** w in R^d, the bias last with `intercept`. */
  readonly weights: Float64Array
  readonly objective: number
  /** The relaxed minimiser, its own value g and its true objective. */
  readonly relaxed: { readonly weights: Float64Array; readonly relaxation: number; readonly objective: number }
  readonly polished: boolean
  /** Whether the active rows span R^d; else other weights fit as well, and these are the shortest found. */
  readonly unique: boolean
  /** Rank of the active rows. */
  readonly activeRank: number
  /** Active rows. */
  readonly active: number
  /** With `exact`, and only then. */
  readonly certificate: Certificate | null
  readonly cells: number | null
  readonly iterations: number
  readonly converged: boolean
  readonly seconds: number
  readonly notes: readonly string[]
  /** (x·w)₊ on rows of raw inputs. */
  predict(x: Inputs): Float64Array
}

/**
 * Fits one neuron.
 *
 * @param x X ∈ R^{n × d}. @param y n finite numbers.
 * @throws ShapeError, DomainError for data that make no sense; UnsupportedError for `exact` beyond rank 3.
 */
export async function fitNeuron(x: Inputs, y: ArrayLike<number>, options: NeuronOptions = {}): Promise<FittedNeuron> {
  const { ridge = 0, intercept = false, polish = true, exact = false, signal } = options
  const began = performance.now()
  const inputs = withOnes(matrixOf(x, 'neuron'), intercept)
  const n = inputs.rows
  if (y.length !== n) throw new ShapeError(`neuron: one target a row is needed; got ${y.length} for ${n} rows.`)
  if (!(ridge >= 0 && ridge < Infinity)) throw new DomainError(`neuron: ridge must be a number ≥ 0; got ${ridge}.`)
  const targets = Float64Array.from(y)
  const bad = targets.findIndex(value => !Number.isFinite(value))
  if (bad >= 0)
    throw new DomainError(
      `neuron: targets must be finite numbers; row ${bad + 1} has ${targets[bad]}. Mend or drop it.`,
    )
  const total = n * ridge
  const notes: string[] = []
  const loss = (w: Float64Array) => neuronLoss(inputs, targets, w, total)
  const hopeless = targets.every(value => value <= 0)
  if (hopeless) notes.push('no target is above 0: the zero neuron is optimal.')
  // A ridge means lengths as they are; without one, coordinates are free.
  const space = total > 0 ? { x: inputs, back: (w: Float64Array) => w } : orthonormal(inputs)
  const found = await breathing(minimiseRelaxation(space.x, targets, total), signal)
  const relaxed = { ...found, w: space.back(found.w) }
  if (!relaxed.converged && !hopeless) notes.push('the relaxation stopped before its gradient vanished.')
  let weights: Float64Array = hopeless ? new Float64Array(inputs.cols) : relaxed.w
  let iterations = relaxed.iterations
  if (polish && !hopeless) {
    const smooth = (z: Float64Array, gradient: Float64Array) => neuronLoss(space.x, targets, z, total, gradient)
    const better = await breathing(lbfgsSteps(smooth, found.w, FINE), signal)
    iterations += better.iterations
    const w = space.back(better.w)
    if (loss(w) <= loss(weights)) weights = w
  }
  let proved: ExactNeuron | null = null
  let cells: number | null = null
  if (exact) {
    const optimum = await breathing(exactNeuron(inputs, targets, total), signal)
    cells = optimum.cells
    if (optimum.objective < loss(weights)) {
      if (loss(weights) > optimum.objective * (1 + 1e-6) + 1e-12)
        notes.push(
          `the relaxation is not tight here: its point has objective ${(loss(weights) / n).toPrecision(6)}, the optimum ${(optimum.objective / n).toPrecision(6)}.`,
        )
      weights = optimum.w
    }
    proved = optimum
  }
  weights = shorten(inputs, weights, loss)
  const objective = loss(weights) / n
  const zero = loss(new Float64Array(inputs.cols)) / n
  const certificate = proved && certificateOf(objective, proved.bound / n, { ...proved, zero })
  const rows = activeRows(inputs, weights)
  const activeRank = rankOf(inputs, rows)
  const unique = total > 0 || activeRank === inputs.cols
  if (!unique && !hopeless)
    notes.push(
      `${rows.length} active rows span ${activeRank} of ${inputs.cols} dimensions: other weights fit equally well.`,
    )
  return {
    weights,
    objective,
    relaxed: {
      weights: relaxed.w,
      relaxation: relaxedLoss(inputs, targets, relaxed.w, { ridge: total }) / n,
      objective: loss(relaxed.w) / n,
    },
    polished: polish,
    unique,
    activeRank,
    active: rows.length,
    certificate,
    cells,
    iterations,
    converged: relaxed.converged,
    seconds: (performance.now() - began) / 1000,
    notes,
    predict(rows) {
      const at = withOnes(matrixOf(rows, 'neuron'), intercept)
      if (at.cols !== inputs.cols)
        throw new ShapeError(
          `neuron: rows must have ${inputs.cols - (intercept ? 1 : 0)} columns; got ${at.cols - (intercept ? 1 : 0)}.`,
        )
      return Float64Array.from({ length: at.rows }, (_, i) => Math.max(0, dot(rowOf(at, i), weights)))
    },
  }
}

/** Below this part of the zero neuron's objective a perfect fit is rounding: the gap is then relative to the zero neuron. */
const PERFECT = 1e-12

function certificateOf(
  primal: number,
  bound: number,
  { complete, zero }: { readonly complete: boolean; readonly zero: number },
): Certificate {
  const dual = Math.min(primal, Math.max(0, bound - ROUNDED * Math.abs(bound)))
  const gap = primal - dual
  const relativeGap = gap === 0 ? 0 : gap / (primal > PERFECT * zero ? primal : zero)
  const claim = { primal, dual, relativeGap, scope: complete ? 'global' : 'restricted', oracle: 'enumeration' } as const
  return {
    ...claim,
    gap,
    statement: statement({ ...claim, subject: 'single ReLU neuron', oneWidth: true }),
    witness: null,
  }
}

/** w without its part outside the span of the active rows, where that costs nothing. */
function shorten(x: Dense, w: Float64Array, loss: (w: Float64Array) => number): Float64Array {
  const rows = activeRows(x, w)
  if (rows.length === 0) return w
  const active = dense(Math.max(rows.length, x.cols), x.cols)
  rows.forEach((i, at) => {
    active.data.set(rowOf(x, i), at * x.cols)
  })
  const { values, vt } = svd(active)
  const rank = values.filter(value => value > 1e-10 * values[0]).length
  if (rank === x.cols) return w
  const short = new Float64Array(w.length)
  for (let a = 0; a < rank; a++) {
    const direction = rowOf(vt, a)
    const along = dot(direction, w)
    for (let j = 0; j < w.length; j++) short[j] += along * direction[j]
  }
  return loss(short) <= loss(w) * (1 + 1e-12) ? short : w
}

function activeRows(x: Dense, w: Float64Array): number[] {
  const length = Math.sqrt(dot(w, w))
  return Array.from({ length: x.rows }, (_, i) => i).filter(i => {
    const row = rowOf(x, i)
    return dot(row, w) > OFF * length * Math.sqrt(dot(row, row))
  })
}

function rankOf(x: Dense, rows: readonly number[]): number {
  if (rows.length === 0) return 0
  const active = dense(Math.max(rows.length, x.cols), x.cols)
  rows.forEach((i, at) => {
    active.data.set(rowOf(x, i), at * x.cols)
  })
  const { values } = svd(active)
  return values.filter(value => value > 1e-10 * values[0]).length
}

function withOnes(x: Dense, intercept: boolean): Dense {
  if (!intercept) return x
  const out = dense(x.rows, x.cols + 1)
  for (let i = 0; i < x.rows; i++) {
    out.data.set(rowOf(x, i), i * out.cols)
    out.data[i * out.cols + x.cols] = 1
  }
  return out
}
