/**
 * The independent re-check of the end of a prediction range: feasibility and value of its dual point once more, from the definition.
 *
 * Claim: every network with an objective up to U has f(x₀) ≤ end (side 1) or f(x₀) ≥ end (side −1). Proof: for (θ, t) with dual norm ≤ β over the
 * rows (X; x₀), ∓f(x₀) counting with weight t, side·(f(x₀) − offset) ≤ (U + L*(θ))/t. A point whose norm g is above β is taken at β/g.
 * @module
 */
import { type Dense, dense } from '../../matrix/dense.ts'
import type { RangeEnd, RangeQuestion } from '../predictionRange.ts'
import { coveringNorm } from './covering.ts'
import { dualValue, inDomain } from './dualFromDefinition.ts'
import { dualNormFromDefinition } from './dualNormFromDefinition.ts'
import { type Bits, exactCells, exactPattern } from './exactCells.ts'
import type { LossDescription } from './lossFromDefinition.ts'
import { ROUND } from './plainSums.ts'

/** What a range was asked of, as data. */
export interface RangeRecheck {
  readonly kind: 'relu' | 'gated'
  readonly x: Dense
  readonly loss: LossDescription
  readonly beta: number
  /** P × d: a vector of each cell ('relu') or the gates ('gated'); null: every cell there is ('relu'). */
  readonly gates: Dense | null
}

/** Rows up to which the cells are enumerated; above, the sphere is covered. */
const ENUMERATED = 40

/**
 * What is wrong with a claimed end: nothing when it is proved again, to 1e-9 of its own size.
 *
 * @throws UnsupportedError for claims about every cell of data that can neither be enumerated nor covered.
 */
export function recheckRange(claim: RangeEnd, question: RangeQuestion, data: RangeRecheck): string[] {
  const { kind, x, loss, beta, gates } = data
  const { row, output, level, side } = question
  const [n, d, c] = [x.rows, x.cols, loss.outputs]
  if (claim.theta.length !== n * c || !claim.theta.every(Number.isFinite) || !(claim.t > 0 && claim.t < Infinity))
    return [`the dual point must have ${n * c} finite numbers and t > 0; it has not`]
  const { theta, moved } = inDomain(claim.theta, { x, loss })
  if (moved) return ['the dual point lies outside the domain of the conjugate']
  const longer = dense(n + 1, d, Float64Array.of(...x.data, ...row))
  const point = new Float64Array((n + 1) * c)
  point.set(theta)
  point[n * c + output] = -side * claim.t
  const norm = normOver(longer, point, { kind, beta, gates })
  const share = norm <= beta ? 1 : (beta / norm) * (1 - 4 * ROUND)
  const scaled = inDomain(
    theta.map(v => share * v),
    { x, loss },
  ).theta
  const { value, error } = dualValue(scaled, { x, loss })
  const top = (level * n - value + error) / (share * claim.t)
  const size = (Math.abs(level * n) + Math.abs(value)) / (share * claim.t) + Math.abs(loss.offset[output])
  const end = side * loss.offset[output] + top
  return side * claim.end >= end - 1e-9 * size
    ? []
    : [`the end ${claim.end} is not proved by its dual point, which gives ${side * end}`]
}

/** max(β, dual norm) over the rows with x₀. */
function normOver(
  longer: Dense,
  point: Float64Array,
  { kind, beta, gates }: Pick<RangeRecheck, 'kind' | 'beta' | 'gates'>,
): number {
  if (gates === null) {
    if (longer.rows > ENUMERATED || longer.cols > 3) return coveringNorm(longer, point, beta)
    return dualNormFromDefinition(kind, longer, exactCells(longer), point, beta)
  }
  // Dead on the data, alive at x₀.
  const cells: Bits[] =
    kind === 'relu' ? [Uint8Array.from({ length: longer.rows }, (_, i) => (i === longer.rows - 1 ? 1 : 0))] : []
  for (let k = 0; k < gates.rows; k++) {
    const bits = exactPattern(longer, gates.data.slice(k * gates.cols, (k + 1) * gates.cols))
    cells.push(bits)
    if (kind === 'relu') cells.push(bits.map((bit, i) => (i === longer.rows - 1 ? 1 - bit : bit)))
  }
  return dualNormFromDefinition(kind, longer, cells, point, beta)
}
