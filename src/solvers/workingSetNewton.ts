/**
 * Working sets with a cached Gram matrix, for tall gated programs (n ≫ active·d).
 *
 * Outside: walk β down to its target; at each β add the groups that violate ‖A_gᵀr‖ ≤ β most, form their Gram rows once
 * (nearly all of the cost, so groups are added sparingly), solve in the Gram domain (`gramProgram`), and look at all
 * groups in one streamed pass, which also gives the dual bound. Inside nothing depends on n.
 * Cost: n·(|W|·d)² flops for the Gram matrix, 4·n·d·P a pass, (s³/3 + |W|²d²) an inner round. Memory (|W|·d)².
 * Source: working sets as in Massias, Gramfort and Salmon, Celer, 2018; the Newton step on the support is standard.
 * @module
 */
import { dense } from '../matrix/dense.ts'
import { groupNorms } from '../matrix/gated.ts'
import { selectMasks } from '../matrix/masks.ts'
import { axpy, max } from '../matrix/vector.ts'
import {
  acceptsGated,
  type GatedProgram,
  gatedProgram,
  groupPenalty,
  isSquared,
  quadraticBound,
  quadraticValue,
} from './gatedProgram.ts'
import { GramProgram } from './gramProgram.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import type { Solver, SolverContext, Step } from './solver.ts'

/** β shrinks by this factor on the way down to its target. */
const PATH_FACTOR = 0.4
const FIRST_GROUPS = 10
const MAX_INNER = 60

/** Use it when n is well above active·d; for fewer rows `semismoothNewton` factors n × n instead. */
export const workingSetNewton: Solver = {
  name: 'working-set-newton',
  reference: 'Massias, Gramfort and Salmon, Celer: a fast solver for the Lasso with dual extrapolation, 2018',
  accepts: problem => {
    const gated = acceptsGated(problem)
    if (gated !== true) return gated
    return isSquared((problem as CompositeProblem).loss) || 'its loss is not squared; use proximalNewton.'
  },
  iterate(problem: Problem, context: SolverContext) {
    const { program, rowScale } = gatedProgram(problem as CompositeProblem)
    return workingSets(program, context, rowScale)
  },
}

/** The iteration itself, on a quadratic program; `rowScale` is folded into the dual points it hands out. */
export function* workingSets(
  program: GatedProgram,
  context: SolverContext,
  rowScale: Float64Array | null = null,
): Generator<Step, void, void> {
  const { y, beta, compute } = program
  const region = compute.region()
  try {
    const x = dense(program.x.rows, program.x.cols, region.own(program.x.data))
    const masks = region.ownMasks(program.masks)
    const [n, d, groups] = [x.rows, x.cols, masks.patterns]
    /** The point over all groups. */
    const u = new Float64Array(groups * d)
    u.set(context.start ?? [])
    const residual = region.float64(n)
    const adjoint = region.float64(groups * d)
    /** Aᵀy. */
    const target = compute.gatedAdjoint(x, masks, y, region.float64(groups * d)).slice()
    const dualPoint = new Float64Array(n)
    const chosen: number[] = []
    const inside = new Uint8Array(groups)
    const gram = new GramProgram(d, beta, compute)
    let bound = -Infinity
    let phase = 'pricing'

    /** A u − y, Aᵀ(A u − y) and the bound at u. */
    const look = (): Step => {
      compute.gatedForward(x, masks, u, residual)
      axpy(-1, y, residual)
      compute.gatedAdjoint(x, masks, residual, adjoint)
      const claim = quadraticBound(program, residual, adjoint, d)
      if (claim.bound > bound) {
        bound = claim.bound
        for (let i = 0; i < n; i++) dualPoint[i] = claim.scale * residual[i] * (rowScale === null ? 1 : rowScale[i])
      }
      const active = groupNorms(u, d).reduce((count, length) => count + (length > 0 ? 1 : 0), 0)
      const objective = quadraticValue(residual) + groupPenalty(u, d, beta)
      return { x: u, objective, bound, dualPoint, active, phase }
    }

    let step = look()
    yield step
    const warm = groupNorms(u, d)
    let fresh = [...warm.keys()].filter(g => warm[g] > 0)
    let level = fresh.length > 0 ? beta : Math.max(beta, PATH_FACTOR * max(groupNorms(adjoint, d)))
    for (;;) {
      if (fresh.length === 0) fresh = mostViolated(groupNorms(adjoint, d), inside, level, roomFor(step.active))
      yield* extend(fresh)
      gram.beta = level
      const last = level === beta
      const accuracy = last ? Math.min(1e-2, Math.max(0.1 * relativeGapOf(step), 1e-10)) : 1e-2
      for (let k = 0; k < MAX_INNER && gram.violation() > accuracy; k++)
        for (const _ of gram.improve()) yield { ...step, phase: 'newton' }
      gram.refresh()
      for (const [k, g] of chosen.entries()) u.set(gram.u.subarray(k * d, (k + 1) * d), g * d)
      phase = 'pricing'
      step = look()
      yield step
      fresh = mostViolated(groupNorms(adjoint, d), inside, level, roomFor(step.active))
      if (fresh.length === 0) level = Math.max(beta, PATH_FACTOR * level)
    }

    /** Forms the Gram rows of the new groups. */
    function* extend(added: readonly number[]): Generator<Step, void, void> {
      if (added.length === 0) return
      const all = [...chosen, ...added]
      const rows = compute.gatedGram(
        x,
        selectMasks(masks, added),
        selectMasks(masks, all),
        new Float64Array(added.length * d * all.length * d),
      )
      const gather = (from: Float64Array) =>
        Float64Array.from(added.flatMap(g => [...from.subarray(g * d, (g + 1) * d)]))
      gram.append(rows, gather(target), gather(u))
      for (const g of added) {
        chosen.push(g)
        inside[g] = 1
      }
      yield { ...step, phase: 'gram' }
    }
  } finally {
    region.dispose()
  }
}

function roomFor(active: number): number {
  return Math.max(FIRST_GROUPS, Math.ceil(active / 2))
}

function relativeGapOf({ objective, bound }: Step): number {
  return (objective - bound) / Math.abs(objective)
}

/** The groups outside the set that violate ‖A_gᵀr‖ ≤ β, worst first, at most `room` of them. */
function mostViolated(correlations: Float64Array, inside: Uint8Array, beta: number, room: number): number[] {
  const violated: number[] = []
  for (let g = 0; g < correlations.length; g++)
    if (inside[g] === 0 && correlations[g] > beta * (1 + 1e-9)) violated.push(g)
  return violated.sort((a, b) => correlations[b] - correlations[a]).slice(0, room)
}
