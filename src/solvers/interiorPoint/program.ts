/**
 * The ReLU program and the gated program in one shape.
 * @module
 */
import { UnsupportedError } from '../../errors.ts'
import type { Loss } from '../../losses/loss.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { GatedOperator } from '../../matrix/gated.ts'
import { isSeparable } from '../../matrix/separable.ts'
import { groupBeta } from '../gatedProgram.ts'
import type { Problem } from '../problem.ts'
import { allGroups, type Group } from './groups.ts'

/** min L(A u) + β Σ‖u_g‖ over all groups, with u_g in the cell of its pattern when `cones`. */
export interface Program {
  readonly operator: GatedOperator
  readonly loss: Loss
  readonly beta: number
  readonly cones: boolean
  /** P × d, row k inside cell k. */
  readonly gates?: Dense
  readonly groups: readonly Group[]
}

/** The program of a problem that the interior point accepts. */
export function programOf(problem: Problem): Program {
  if (problem.kind === 'inequalities')
    throw new UnsupportedError('interiorPoint: it takes programs over activation patterns; use solveProgram.')
  const { operator: stated } = problem
  const operator = isSeparable(stated) ? stated.base : (stated as GatedOperator)
  const { loss } = problem
  const groups = allGroups(loss.outputs, operator.masks.patterns, problem.kind === 'cones' ? [1, -1] : [1])
  if (problem.kind !== 'cones') return { operator, loss, beta: groupBeta(problem), cones: false, groups }
  const { beta, gates } = problem
  return { operator, loss, beta, cones: true, groups, ...(gates && { gates }) }
}
