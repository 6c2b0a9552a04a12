/**
 * Solvers, the one loop that runs them, and the choice among them.
 * @module
 */
export { type Choice, chooseSolver } from './chooseSolver.ts'
export { fista } from './fista.ts'
export { interiorPoint } from './interiorPoint/interiorPoint.ts'
export type { CompositeProblem, ConeProblem, Problem } from './problem.ts'
export { proximalNewton } from './proximalNewton.ts'
export { semismoothNewton } from './semismoothNewton.ts'
export * from './sketched/index.ts'
export {
  type Checkpoint,
  type Progress,
  relativeGap,
  type Solution,
  type SolveOptions,
  type Status,
  solve,
} from './solve.ts'
export type { Solver, SolverContext, Step } from './solver.ts'
export * from './streamed/index.ts'
export { supportNewton } from './supportNewton.ts'
