/**
 * What a dual point proves, from the definition: put inside the domain of the conjugate, its dual norm g taken from above,
 * and with t = min(1, β/g) concavity and L*(0) ≤ 0 give −L*(t·w) ≥ t·(−L*(w)).
 * @module
 */
import { type LossDescription, lossFromDefinition, type SampleLoss } from './lossFromDefinition.ts'
import { BoundedSum, ROUND } from './plainSums.ts'
import type { ProgramData } from './recheckData.ts'

/** The loss, and how many rows there are. */
export interface DualData {
  readonly loss: LossDescription
  readonly x: { readonly rows: number }
}

/** The better of what several points prove. */
export function best(found: readonly { value: number; problems: string[] }[]): { value: number; problems: string[] } {
  return found.reduce((a, b) => (b.value > a.value ? b : a), found[0] ?? { value: 0, problems: [] })
}

/** What a dual point proves, in mean form, and what was wrong with it. */
export function dualFromPoint(
  point: Float64Array,
  normAt: (theta: Float64Array) => number,
  data: ProgramData,
): { value: number; problems: string[] } {
  const { x, loss, beta } = data
  if (point.length !== x.rows * loss.outputs || !point.every(Number.isFinite))
    return { value: 0, problems: [`the witness must have ${x.rows * loss.outputs} finite numbers; it has not`] }
  const { theta, moved } = inDomain(point, data)
  const problems = moved ? ['the witness lies outside the domain of the conjugate'] : []
  const norm = normAt(theta)
  if (norm > beta * (1 + 1e-12)) problems.push(`the witness has dual norm ${norm}, above ${beta}`)
  const { value, error } = dualValue(theta, data)
  const shrink = Math.min(1, beta / norm) * (1 - 4 * ROUND)
  // 0 is always a bound: no loss and no penalty is negative.
  const lower = Math.max(0, (norm <= beta ? 1 : shrink) * (value - error))
  return { value: (lower * (1 - 8 * ROUND)) / x.rows, problems }
}

/** −L*(θ) and a bound of its error, θ inside the domain. */
export function dualValue(theta: Float64Array, { x, loss }: DualData): { value: number; error: number } {
  const sample = lossFromDefinition(loss)
  const c = loss.outputs
  const sum = new BoundedSum()
  let rounds = 0
  for (let i = 0; i < x.rows; i++) {
    const weight = loss.weights === null ? 1 : loss.weights[i]
    for (let k = 0; k < c; k++) sum.add(theta[i * c + k] * loss.offset[k])
    if (weight === 0) continue
    const t = theta.slice(i * c, (i + 1) * c).map(v => v / weight)
    sum.add(-weight * sample.conjugate(t, i))
    rounds += weight * sample.conjugateError(t, i)
  }
  return { value: sum.value, error: sum.error(4) + rounds * ROUND * (1 + 1e-9) }
}

/** The point itself when every sample lies in the domain exactly; else a copy moved inside. */
export function inDomain(theta: Float64Array, { x, loss }: DualData): { theta: Float64Array; moved: boolean } {
  const sample: SampleLoss = lossFromDefinition(loss)
  const c = loss.outputs
  const out = theta.slice()
  let moved = false
  for (let i = 0; i < x.rows; i++) {
    const row = out.subarray(i * c, (i + 1) * c)
    const weight = loss.weights === null ? 1 : loss.weights[i]
    if (sample.contains(row, weight, i)) continue
    sample.repair(row, weight, i)
    moved = true
  }
  return { theta: out, moved }
}
