/**
 * The interior-point solver for the ReLU program (cones) and the gated one (none): all groups at once when that is cheap,
 * else columns of groups as pricing asks for them.
 * @module
 */

import { isSeparable } from '../../matrix/separable.ts'
import { coneColumns } from '../coneColumns.ts'
import { acceptsGated } from '../gatedProgram.ts'
import type { Problem } from '../problem.ts'
import type { Solver, SolverContext, Step } from '../solver.ts'
import { centralPath } from './centralPath.ts'
import { givenPoint } from './givenPoint.ts'
import { type Program, programOf } from './program.ts'

/** Flops of one iteration over all groups from which on a working set pays. */
const COLUMNS_FROM = 5e8

/** The robust Newton method: 8–30 iterations at any beta, no tuning. */
export const interiorPoint: Solver = {
  name: 'interior-point',
  reference:
    'Mehrotra, On the implementation of a primal-dual interior point method, 1992; Andersen, Dahl and Vandenberghe, Interior-point methods for large-scale cone programming, 2011',
  accepts: problem => (problem.kind === 'cones' || isSeparableGated(problem) ? true : acceptsGated(problem)),
  iterate,
}

function* iterate(problem: Problem, context: SolverContext): Generator<Step, void, void> {
  const program = programOf(problem)
  const given = givenPoint(program, context)
  if (given) yield given
  if (program.cones && iterationFlops(program) > COLUMNS_FROM) yield* coneColumns(program, context.tolerance)
  else yield* centralPath(program, program.groups, context.tolerance)
}

function isSeparableGated(problem: Problem): boolean {
  return problem.kind === 'composite' && isSeparable(problem.operator) && problem.penalty.name === 'group-l2'
}

/** G·n·d² for the blocks and the cheaper of the two eliminations. */
function iterationFlops({ operator, loss, groups }: Program): number {
  const { rows: n, cols: d } = operator.x
  const side = operator.masks.patterns * d
  const bySamples = n * n * side + n ** 3 / 3
  const byFeatures = side ** 3 / 3
  return groups.length * n * d * d + loss.outputs * Math.min(bySamples, byFeatures)
}
