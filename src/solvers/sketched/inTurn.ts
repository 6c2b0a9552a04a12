/**
 * Methods in turn, each from the point the last one reached and for no more products than it was given.
 *
 * How many steps conjugate gradients need is known only by trying. Trying for as long as the other method would take costs at most twice the better of the two,
 * whichever that is (the rule of renting before buying).
 * @module
 */
import type { RidgeSolver } from './pcg.ts'
import { acceptsRidge } from './ridgeProblem.ts'

/** One method and its share. */
export interface Turn {
  readonly solver: RidgeSolver
  /** Products after which the next method takes over; Infinity for the last. */
  readonly products: number
  /** ln(1/error) wanted: a method whose measured contraction would need four times its share gives up after ten products. Default: none does. */
  readonly digits?: number
}

/** Four: contraction often improves later on. */
const PATIENCE = 4
const LOOK_AFTER = 10

/** The methods in turn as one; its report is that of the method at work, with all products counted. */
export function inTurn(turns: readonly Turn[]): RidgeSolver {
  const last = turns[turns.length - 1].solver
  return {
    name: turns.map(turn => turn.solver.name).join(', then '),
    reference: last.reference,
    accepts: acceptsRidge,
    *iterate(problem, context) {
      let start = context.start
      let before = 0
      const warnings: string[] = []
      for (const { solver, products, digits = 0 } of turns) {
        let used = 0
        for (const step of solver.iterate(problem, { ...context, ...(start && { start }) })) {
          const { report } = step
          used = report.products
          yield {
            ...step,
            report: { ...report, products: before + used, warnings: [...warnings, ...report.warnings] },
          }
          start = step.x
          const hopeless = used >= LOOK_AFTER && digits > PATIENCE * products * -Math.log(report.measured)
          if (used >= products || hopeless) break
        }
        start = start?.slice()
        before += used
        if (solver !== last) warnings.push(`${solver.name} was tried for ${used} products first.`)
      }
    },
  }
}
