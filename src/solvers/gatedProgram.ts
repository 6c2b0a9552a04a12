/**
 * The quadratic gated program all Newton methods solve: min ½‖A u − y‖² + β Σ_g ‖u_g‖, A = [D_0 X … D_{P−1} X].
 *
 * Sample weights and the offset of a squared loss are folded in: rows of X and y are scaled by √w.
 * @module
 */
import type { Loss } from '../losses/loss.ts'
import type { Compute } from '../matrix/compute.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { type GatedOperator, groupNorms, isGated } from '../matrix/gated.ts'
import type { Masks } from '../matrix/masks.ts'
import { dot, max } from '../matrix/vector.ts'
import type { CompositeProblem, Problem } from './problem.ts'

export interface GatedProgram {
  readonly x: Dense
  readonly masks: Masks
  readonly y: Float64Array
  readonly beta: number
  readonly compute: Compute
}

/** true when `problem` is a gated operator with one group-ℓ2 penalty of a single β per group; else why not. */
export function acceptsGated(problem: Problem): true | string {
  if (problem.kind !== 'composite') return 'it has cone constraints; use interiorPoint.'
  if (!isGated(problem.operator)) return 'its operator is not a gated one; use fista.'
  if (problem.penalty.name !== 'group-l2') return `its penalty is ${problem.penalty.name}, not group-l2; use fista.`
  if (problem.loss.outputs !== 1) return 'it has several outputs; use proximalNewton.'
  return true
}

/** The program of a squared loss; `rowScale` = √w (1 without weights) leads back to the loss's own dual points. */
export function gatedProgram(problem: CompositeProblem): { program: GatedProgram; rowScale: Float64Array | null } {
  const { x, masks, compute } = problem.operator as GatedOperator
  const { loss } = problem
  const y = loss.targets.slice()
  for (let i = 0; i < y.length; i++) y[i] -= loss.offset[0]
  const beta = groupBeta(problem)
  if (loss.weights === null) return { program: { x, masks, y, beta, compute }, rowScale: null }
  const rowScale = loss.weights.map(Math.sqrt)
  for (let i = 0; i < y.length; i++) y[i] *= rowScale[i]
  return { program: { x: scaleRows(x, rowScale), masks, y, beta, compute }, rowScale }
}

/** β of a group-ℓ2 penalty, read off its own definition: Ω(e_1) = β. */
export function groupBeta({ penalty }: CompositeProblem): number {
  const unit = new Float64Array(penalty.size)
  unit[0] = 1
  return penalty.value(unit)
}

/** diag(s)·X. */
export function scaleRows(x: Dense, s: Float64Array): Dense {
  const out = dense(x.rows, x.cols)
  for (let i = 0, at = 0; i < x.rows; i++) for (let j = 0; j < x.cols; j++, at++) out.data[at] = s[i] * x.data[at]
  return out
}

/** β Σ ‖u_g‖. */
export function groupPenalty(u: Float64Array, size: number, beta: number): number {
  let sum = 0
  for (const length of groupNorms(u, size)) sum += length
  return beta * sum
}

/**
 * Best dual value on the ray through ξ (ξ near A u − y): ½‖y‖² − ½‖y + s ξ‖² at the best s with s·‖A_gᵀξ‖ ≤ β.
 *
 * @param correlations Aᵀξ in R^{P·d}.
 */
export function quadraticBound(
  { y, beta }: GatedProgram,
  xi: Float64Array,
  correlations: Float64Array,
  size: number,
): { bound: number; scale: number } {
  const widest = max(groupNorms(correlations, size))
  const energy = dot(xi, xi)
  if (energy === 0) return { bound: 0, scale: 0 }
  const scale = Math.max(0, Math.min(-dot(xi, y) / energy, widest > 0 ? beta / widest : Infinity))
  return { bound: -scale * dot(xi, y) - 0.5 * scale * scale * energy, scale }
}

/** Loss of a program's primal value given the residual A u − y. */
export function quadraticValue(residual: Float64Array): number {
  return 0.5 * dot(residual, residual)
}

/** Whether a loss is the squared one (then one program is all there is to solve). */
export function isSquared(loss: Loss): boolean {
  return loss.name === 'squared'
}
