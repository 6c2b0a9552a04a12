/**
 * How many bits each component of a low-rank product gets, and how many components there are.
 *
 * Published rule: one precision for each factor, rank ⌊β·n·d/(n·B₁ + d·B₂)⌋ for β bits an entry. Graded rule: component k, of energy σ_k², loses
 * about σ_k²·(1 − (1 − q(B₁))(1 − q(B₂))) with q(B) the relative error of B bits on Gaussian numbers, and all of σ_k² when it is left out;
 * bits go where they lower the sum of losses the most for what they cost (water-filling). Large components get many bits, small ones one or none.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { checkBits } from './quantizer.ts'

/** Mean squared error of the `clip` grid on Gaussian numbers of variance 1, by bits. */
const LOSS = [1, 0.3634, 0.1188, 0.0374, 0.01154, 0.0035, 0.00104, 0.0003, 0.00009]
const MOST_BITS = 8

/** Bits of each column of L and of R. */
export interface BitPlan {
  readonly left: Uint8Array
  readonly right: Uint8Array
}

/** Shape, budget and precisions of a product of factors. */
export interface RankOptions {
  /** n ≥ 1. */
  readonly rows: number
  /** d ≥ 1. */
  readonly cols: number
  /** Bits for each entry of A, > 0. */
  readonly budget: number
  /** B₁ and B₂, whole numbers in 1..8. */
  readonly leftBits: number
  readonly rightBits: number
  /** Bits of scales: for the whole, and for each component; default none, as published. */
  readonly overhead?: number
  readonly overheadEach?: number
}

/**
 * The largest rank that a budget pays for: ⌊(β·n·d − overhead)/(n·B₁ + d·B₂ + overheadEach)⌋.
 *
 * @throws DomainError (E_BUDGET) when not even rank 1 fits; (E_PARAM_RANGE) for bits outside 1..8.
 */
export function rankForBudget(options: RankOptions): number {
  const { rows, cols, budget, leftBits, rightBits, overhead = 0, overheadEach = 0 } = options
  checkBits('rankForBudget', leftBits, 'leftBits')
  checkBits('rankForBudget', rightBits, 'rightBits')
  const each = rows * leftBits + cols * rightBits + overheadEach
  const rank = Math.floor((budget * rows * cols - overhead) / each)
  if (!(rank >= 1))
    throw new DomainError(
      `rankForBudget: the budget must pay for one component of ${each} bits; got ${budget} bits for each of ${rows} × ${cols} entries. Raise the budget, or lower the bits.`,
      'E_BUDGET',
    )
  return rank
}

/** The same bits for every component. */
export function evenBits(rank: number, leftBits: number, rightBits: number): BitPlan {
  return { left: new Uint8Array(rank).fill(leftBits), right: new Uint8Array(rank).fill(rightBits) }
}

/** What the graded rule goes by. */
export interface GradedOptions {
  readonly rows: number
  readonly cols: number
  /** Bits in all. */
  readonly total: number
  /** Bits of a component beside its codes. */
  readonly overheadEach: number
  /** Multiplies q: below 1 the other components are expected to take up part of a loss, so more and coarser ones are made. Default 1. */
  readonly take?: number
}

/** Bits by water-filling over the energies of the singular values (descending). May be empty. */
export function gradedBits(values: Float64Array, options: GradedOptions): BitPlan {
  const { rows, cols, overheadEach, take = 1 } = options
  const left: number[] = []
  const right: number[] = []
  const lossOf = (k: number, b: number, c: number) => values[k] ** 2 * (1 - (1 - take * LOSS[b]) * (1 - take * LOSS[c]))
  let rest = options.total
  for (;;) {
    let best: { gain: number; cost: number; k: number; b: number; c: number } | null = null
    const offer = (k: number, b: number, c: number, gain: number, cost: number) => {
      if (cost <= rest && gain / cost > (best === null ? 0 : best.gain / best.cost)) best = { gain, cost, k, b, c }
    }
    for (let k = 0; k < left.length; k++) {
      const now = lossOf(k, left[k], right[k])
      if (left[k] < MOST_BITS) offer(k, left[k] + 1, right[k], now - lossOf(k, left[k] + 1, right[k]), rows)
      if (right[k] < MOST_BITS) offer(k, left[k], right[k] + 1, now - lossOf(k, left[k], right[k] + 1), cols)
    }
    const k = left.length
    if (k < values.length) offer(k, 1, 1, values[k] ** 2 - lossOf(k, 1, 1), rows + cols + overheadEach)
    if (best === null) return { left: Uint8Array.from(left), right: Uint8Array.from(right) }
    const { k: at, b, c, cost } = best as { k: number; b: number; c: number; cost: number }
    left[at] = b
    right[at] = c
    rest -= cost
  }
}
