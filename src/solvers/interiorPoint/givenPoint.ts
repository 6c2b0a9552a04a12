/**
 * What a given start is worth: its objective when it is feasible, and the bound of a given dual point.
 *
 * An interior method cannot start from the boundary, where optima lie; but along a path of beta, or after a pattern was
 * added, the given pair is often good enough already, and the best of all steps is kept in any case.
 * @module
 */
import { bestScale } from '../../losses/bestScale.ts'
import { groupNorms } from '../../matrix/gated.ts'
import { maskBit } from '../../matrix/masks.ts'
import { cellProjector } from '../coneProjection.ts'
import type { SolverContext, Step } from '../solver.ts'
import type { Program } from './program.ts'

/** σ_i x_i·u may be this far below 0, as a part of ‖x_i‖‖u‖. */
const INSIDE = 1e-12

/** The step of `context.start` and `context.startDual`; null when there is neither, or the start is not feasible. */
export function givenPoint(program: Program, context: SolverContext): Step | null {
  const { operator, loss, beta, groups } = program
  const d = operator.x.cols
  const x = new Float64Array(groups.length * d)
  if (context.start?.length === x.length) x.set(context.start)
  else if (!context.startDual) return null
  const lengths = groupNorms(x, d)
  let [norms, active] = [0, 0]
  for (const [g, group] of groups.entries()) {
    if (lengths[g] === 0) continue
    if (program.cones && !isInside(program, group.pattern, x.subarray(g * d, (g + 1) * d), lengths[g])) return null
    norms += lengths[g]
    active++
  }
  const objective = loss.value(fitOf(program, x)) + beta * norms
  const theta = loss.project(context.startDual ?? loss.gradient(fitOf(program, x)))
  const { scale, bound } = bestScale(loss, theta, beta / widest(program, theta))
  return { x, objective, bound, dualPoint: theta.map(t => scale * t), active, phase: 'start' }
}

function isInside({ operator }: Program, pattern: number, u: Float64Array, length: number): boolean {
  const { x, masks } = operator
  for (let i = 0, at = 0; i < x.rows; i++) {
    let [inner, square] = [0, 0]
    for (let j = 0; j < x.cols; j++, at++) {
      inner += x.data[at] * u[j]
      square += x.data[at] * x.data[at]
    }
    if ((maskBit(masks, pattern, i) ? inner : -inner) < -INSIDE * Math.sqrt(square) * length) return false
  }
  return true
}

/** A u, sample-major. */
function fitOf({ operator, loss, groups }: Program, u: Float64Array): Float64Array {
  const { x, masks, compute } = operator
  const [n, d, c] = [x.rows, x.cols, loss.outputs]
  const fit = new Float64Array(n * c)
  const part = new Float64Array(n)
  for (let k = 0; k < c; k++) {
    const sums = new Float64Array(masks.patterns * d)
    for (const [g, { output, pattern, sign }] of groups.entries())
      if (output === k) for (let j = 0; j < d; j++) sums[pattern * d + j] += sign * u[g * d + j]
    compute.gatedForward(x, masks, sums, part)
    for (let i = 0; i < n; i++) fit[i * c + k] = part[i]
  }
  return fit
}

/** max_g of the length of A_gᵀθ, projected on the cell when there are cones (or a number ≤ β above it). */
function widest({ operator, loss, beta, groups, cones }: Program, theta: Float64Array): number {
  const { x, masks, compute } = operator
  const [n, d, c] = [x.rows, x.cols, loss.outputs]
  const projector = cones ? cellProjector(x) : null
  const part = new Float64Array(n)
  const sums = new Float64Array(masks.patterns * d)
  let [output, most] = [-1, Number.MIN_VALUE]
  for (const { output: k, pattern, sign } of groups) {
    if (k !== output) {
      for (let i = 0; i < n; i++) part[i] = theta[i * c + k]
      compute.gatedAdjoint(x, masks, part, sums)
      output = k
    }
    const q = sums.slice(pattern * d, (pattern + 1) * d).map(v => -sign * v)
    most = Math.max(most, projector ? projector.project(masks, pattern, q, { enough: beta }) : Math.hypot(...q))
  }
  return most
}
