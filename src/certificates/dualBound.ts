/**
 * From any dual point to a lower bound that holds in exact arithmetic.
 *
 * θ is put into the domain of L*, scaled to the best value along its ray that Ω°(θ) ≤ β allows (Ω° from above), and the
 * rounded result is checked once more: Ω°(w) ≤ s·Ω°(θ) + ‖|X|ᵀ|w − sθ|‖. Then −L*(w) less its own rounding is a bound.
 * @module
 */
import { bestScale } from '../losses/bestScale.ts'
import type { DualLoss } from '../losses/loss.ts'
import type { Dense } from '../matrix/dense.ts'
import { absoluteReach, type DualNormOptions } from './dualNorm.ts'
import { down, UNIT, up } from './rounding.ts'

export interface DualBound {
  /** A number ≤ −L*(witness), in sum form. */
  readonly lower: number
  readonly witness: Float64Array
}

/** A number ≥ max(floor, Ω°(θ)). */
export type DualNorm = (theta: Float64Array, options: DualNormOptions) => number

/** What a bound is made from: X bounds how the norm moves when rounding moves θ. */
export interface DualData {
  readonly x: Dense
  readonly loss: DualLoss
  readonly beta: number
}

/** The best bound on the ray of `candidate`; null when the candidate is not finite. */
export function dualBound({ x, loss, beta }: DualData, candidate: Float64Array, norm: DualNorm): DualBound | null {
  if (candidate.length !== loss.samples * loss.outputs || !candidate.every(Number.isFinite)) return null
  const theta = loss.project(candidate)
  // Where the penalty would not bind is known before its norm is: only norms above β/free matter.
  const free = bestScale(loss, theta, Infinity).scale
  const limit = free > 0 ? norm(theta, { floor: beta / free }) : Infinity
  let scale = free > 0 ? bestScale(loss, theta, beta / limit).scale : 0
  for (let attempt = 0; attempt < 30 && scale > 0; attempt++) {
    const scaled = theta.map(t => scale * t)
    const witness = loss.project(scaled)
    const moved = up(
      widestReach(
        x,
        loss.outputs,
        witness.map((w, i) => Math.abs(w - scaled[i]) + 2 * UNIT * Math.abs(scaled[i])),
      ),
    )
    const reached = up(up(scale * limit) + moved)
    if (reached <= beta) return { lower: lowerValue(loss, witness), witness }
    scale *= (beta / reached) * (1 - 8 * UNIT)
  }
  const witness = new Float64Array(theta.length)
  return { lower: lowerValue(loss, witness), witness }
}

function lowerValue(loss: DualLoss, witness: Float64Array): number {
  const value = -loss.conjugate(witness)
  return down(value - up(32 * UNIT * loss.conjugateMagnitude(witness)))
}

/** max_c ‖|X|ᵀ|δ_c|‖, from above. */
function widestReach(x: Dense, outputs: number, delta: Float64Array): number {
  let most = 0
  for (let c = 0; c < outputs; c++)
    most = Math.max(
      most,
      absoluteReach(
        x,
        delta.filter((_value, at) => at % outputs === c),
      ),
    )
  return most
}
