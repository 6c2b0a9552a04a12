/**
 * Which solver: by the shape of the problem and its loss; the choice is printed, never hidden.
 * @module
 */
import { UnsupportedError } from '../errors.ts'
import type { GatedOperator } from '../matrix/gated.ts'
import { fista } from './fista.ts'
import { acceptsGated, isSquared } from './gatedProgram.ts'
import { interiorPoint } from './interiorPoint/interiorPoint.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import { proximalNewton } from './proximalNewton.ts'
import { semismoothNewton } from './semismoothNewton.ts'
import type { Solver } from './solver.ts'
import { supportNewton } from './supportNewton.ts'

/** Samples above which a factor of side n is out of the question. */
const TALL = 4000
/** Samples from which on a factor of that side is worth avoiding. */
const LONG = 1000

/** A solver and why it was chosen. */
export interface Choice {
  readonly solver: Solver
  /** One sentence for people. */
  readonly reason: string
}

/** The solver expected to be fastest on `problem`, and why. */
export function chooseSolver(problem: Problem): Choice {
  if (problem.kind === 'cones')
    return { solver: interiorPoint, reason: 'interior point: cone constraints, eliminated group by group' }
  if (problem.kind === 'inequalities')
    throw new UnsupportedError('chooseSolver: programs with inequalities have their own front; use solveProgram.')
  if (acceptsGated(problem) === true) return gatedChoice(problem)
  if (supportNewton.accepts(problem) === true)
    return { solver: supportNewton, reason: 'Newton on the support: several outputs, coupled by the loss' }
  return { solver: fista, reason: 'accelerated proximal gradient: the one method for this operator and penalty' }
}

function gatedChoice({ operator, loss }: CompositeProblem): Choice {
  const { x, masks } = operator as GatedOperator
  const n = x.rows
  if (n > TALL)
    return {
      solver: supportNewton,
      reason: `Newton on the support: ${n} samples are too many for a factor of that side`,
    }
  const coefficients = masks.patterns * x.cols
  if (n >= LONG && 2 * coefficients <= n)
    return {
      solver: supportNewton,
      reason: `Newton on the support: ${coefficients} coefficients are few beside ${n} samples`,
    }
  if (isSquared(loss))
    return { solver: semismoothNewton, reason: `semismooth Newton on the dual: a factor of side ${n} is cheap` }
  return { solver: proximalNewton, reason: `proximal Newton: the ${loss.name} loss is not quadratic` }
}
