/**
 * The independent re-check of certificates of threshold networks: own patterns in exact arithmetic, own sums, own value.
 * @module
 */
import { ShapeError, UnsupportedError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { Masks } from '../../matrix/masks.ts'
import type { Certificate } from '../certificate.ts'
import { dualValue, inDomain } from './dualFromDefinition.ts'
import { type Bits, bitsOf, exactCells, exactPattern } from './exactCells.ts'
import { type LossDescription, lossFromDefinition } from './lossFromDefinition.ts'
import { BoundedSum, ROUND } from './plainSums.ts'
import { type Verdict, verdictOf } from './verdictOf.ts'

/** What a threshold network and its certificate were made for. */
export interface ThresholdRecheck {
  readonly x: Dense
  readonly loss: LossDescription
  /** β = n·lambda. */
  readonly beta: number
  readonly network: { readonly directions: Dense; readonly heights: Float64Array }
  /** The patterns of a restricted claim. */
  readonly masks?: Masks
}

/** Rows for which all cells are listed in exact arithmetic. */
const MOST_ROWS = 60

/**
 * Checks a certificate of `certifyThreshold`.
 *
 * @throws ShapeError for data that do not fit together; UnsupportedError for a global claim on more than 3 columns or 60 rows.
 */
export function recheckThreshold(certificate: Certificate, data: ThresholdRecheck): Verdict {
  const { x, loss, beta, network, masks } = data
  const { directions, heights } = network
  const n = x.rows
  if (
    loss.targets.length !== n ||
    loss.outputs !== 1 ||
    directions.cols !== x.cols ||
    directions.rows !== heights.length
  )
    throw new ShapeError(
      `recheck: rows, targets and weights must fit together; got ${n} rows of ${x.cols}, ${loss.targets.length} targets, ${directions.rows} × ${directions.cols} directions, ${heights.length} heights.`,
    )
  const { scope, oracle, witness } = certificate
  const problems: string[] = []
  if (scope === 'stationary' || oracle !== (scope === 'global' ? 'enumeration' : 'dictionary'))
    problems.push(`scope '${scope}' with oracle '${oracle}' is not a claim that can be checked here`)
  if (scope === 'global' && n > MOST_ROWS)
    throw new UnsupportedError(
      `recheck: the cells of threshold networks are listed again for at most ${MOST_ROWS} rows; got ${n}. Check a restricted claim.`,
    )
  const own = Array.from({ length: directions.rows }, (_, j) =>
    exactPattern(x, directions.data.slice(j * x.cols, (j + 1) * x.cols)),
  )
  const primal = primalOf(data, own)
  let dual = 0
  if (witness === null || witness.length !== n || !witness.every(Number.isFinite))
    problems.push(`the witness must have ${n} finite numbers; it has not`)
  else {
    const { theta, moved } = inDomain(witness, { x, loss })
    if (moved) problems.push('the witness lies outside the domain of the conjugate')
    const patterns = [...(scope === 'global' ? exactCells(x) : masks === undefined ? [] : bitsOf(masks)), ...own]
    let norm = 0
    for (const bits of patterns) {
      const sum = new BoundedSum()
      for (let i = 0; i < n; i++) if (bits[i] === 1) sum.add(theta[i])
      norm = Math.max(norm, Math.abs(sum.value) + sum.error(0))
    }
    if (norm > beta * (1 + 1e-12)) problems.push(`the witness has dual norm ${norm}, above ${beta}`)
    const { value, error } = dualValue(theta, { x, loss })
    const shrink = norm <= beta ? 1 : (beta / norm) * (1 - 4 * ROUND)
    dual = Math.max(0, (shrink * (value - error) * (1 - 8 * ROUND)) / n)
  }
  return verdictOf(certificate, { primal, dual, problems })
}

/** The objective from above, in mean form. */
function primalOf({ x, loss, beta, network }: ThresholdRecheck, own: readonly Bits[]): number {
  const n = x.rows
  const sample = lossFromDefinition(loss)
  const value = new BoundedSum()
  let excess = 0
  const z = new Float64Array(1)
  for (let i = 0; i < n; i++) {
    const sum = new BoundedSum()
    own.forEach((bits, j) => {
      if (bits[i] === 1) sum.add(network.heights[j])
    })
    z[0] = sum.value + loss.offset[0]
    const e = sum.error(0) + 8 * ROUND * (Math.abs(z[0]) + Math.abs(loss.offset[0]))
    const w = loss.weights === null ? 1 : loss.weights[i]
    value.add(w * sample.value(z, i))
    excess += w * (Math.abs(sample.slope(z, i, 0)) * (1 + 1e-9) + sample.smoothness * e) * e
  }
  const penalty = new BoundedSum()
  for (const h of network.heights) penalty.add(Math.abs(h))
  const upper = value.value + value.error(32) + excess * (1 + 1e-9) + beta * (penalty.value + penalty.error(0))
  return (upper * (1 + 8 * ROUND)) / n
}
