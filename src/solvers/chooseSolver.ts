/**
 * Which solver: a cost model over the shape of the problem; the choice is printed, never hidden.
 * @module
 */
import type { GatedOperator } from '../matrix/gated.ts'
import { fista } from './fista.ts'
import { acceptsGated, isSquared } from './gatedProgram.ts'
import { interiorPoint } from './interiorPoint/interiorPoint.ts'
import type { Problem } from './problem.ts'
import { proximalNewton, TALL } from './proximalNewton.ts'
import { semismoothNewton } from './semismoothNewton.ts'
import type { Solver } from './solver.ts'
import { workingSetNewton } from './workingSetNewton.ts'

export interface Choice {
  readonly solver: Solver
  /** One sentence for people. */
  readonly reason: string
}

/** The solver expected to be fastest on `problem`, and why. */
export function chooseSolver(problem: Problem): Choice {
  if (problem.kind === 'cones')
    return { solver: interiorPoint, reason: 'interior point: half-space constraints, any loss, no tuning' }
  if (acceptsGated(problem) === true && problem.kind === 'composite' && isSquared(problem.loss)) {
    const { x } = problem.operator as GatedOperator
    if (x.rows <= TALL)
      return {
        solver: semismoothNewton,
        reason: `semismooth Newton on the ${x.rows}-sample dual: its ${x.rows} × ${x.rows} factor is cheap`,
      }
    return {
      solver: workingSetNewton,
      reason: `working sets with a cached Gram matrix: ${x.rows} samples are too many for a factor of that side`,
    }
  }
  if (proximalNewton.accepts(problem) === true)
    return {
      solver: proximalNewton,
      reason: 'proximal Newton: the loss is not quadratic, or there are several outputs',
    }
  return {
    solver: fista,
    reason: 'accelerated proximal gradient: the only method that takes this operator and penalty',
  }
}
