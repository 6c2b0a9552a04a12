/**
 * The judge: primal, dual and gap of any point, the same for every contestant, by the re-check of `src/certificates`.
 *
 * Primal: the value of the network that the point stands for, so a slightly infeasible cone point is taken at what its
 * network does. Dual: the best point on the rays through ∇L at the fit and through every dual point offered, scaled into
 * feasibility. Both are proved with their rounding, from the definition.
 * @module
 */
import { certifyPoint, lambdaMax as lambdaMaxOf } from '../src/certificates/index.ts'
import { createLoss, type Loss } from '../src/losses/index.ts'
import { groupNorms } from '../src/matrix/gated.ts'
import type { RaceProblem } from './problems/problem.ts'

/** In the public (mean) objective. */
export interface Verdict {
  readonly primal: number
  readonly dual: number
  readonly relativeGap: number
  /** Groups longer than 1e-6 of the longest. */
  readonly active: number
}

/** The loss of a race problem, in sum form. */
export function lossOf({ loss, y, outputs }: RaceProblem): Loss {
  return createLoss(loss, loss === 'multinomial' ? { targets: y, outputs } : { targets: y })
}

/**
 * Judges a point u (as `Point`), with a dual candidate of the sum form. Cost: n·P·d flops a candidate, NNLS for cones.
 *
 * @throws ShapeError for a point of the wrong size.
 */
export function judge(
  problem: RaceProblem,
  options: { readonly lambda: number; readonly u: Float64Array; readonly theta?: Float64Array | null },
): Verdict {
  const { x, masks, kind } = problem
  const { lambda, u, theta } = options
  const data = { x, masks, loss: lossOf(problem), beta: x.rows * lambda }
  const { primal, dual, relativeGap } = certifyPoint({ kind, u, candidates: theta ? [theta] : [] }, data)
  const lengths = groupNorms(u, x.cols)
  const longest = lengths.reduce((most, each) => Math.max(most, each), 0)
  return { primal, dual, relativeGap, active: lengths.filter(each => each > 1e-6 * longest).length }
}

/** The smallest lambda at which all weights are zero. */
export function lambdaMax(problem: RaceProblem): number {
  const { x, masks, kind } = problem
  return lambdaMaxOf({ x, loss: lossOf(problem) }, { kind, masks })
}
