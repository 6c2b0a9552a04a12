/**
 * Least squares and ridge regression, sketched and bounded.
 * @module
 */

export { type AdaptiveIhsOptions, adaptiveIhs } from './adaptiveIhs.ts'
export { type AdaptiveOptions, adaptivePcg } from './adaptivePcg.ts'
export { type AdaptiveRates, type AdaptiveRule, adaptiveRates } from './adaptiveRates.ts'
export { type AOptimalOptions, aOptimal } from './aOptimal.ts'
export { type AveragedNewtonOptions, averagedNewton, type WorkerSketch } from './averagedNewton.ts'
export { type AveragedEstimate, type AveragedRidgeOptions, averagedRidge } from './averagedRidge.ts'
export { type BarrierOptions, type BarrierSolver, barrier } from './barrier.ts'
export { chooseGlmSolver, type GlmChoice } from './chooseGlmSolver.ts'
export { type ChooseOptions, chooseRidgeSolver, type RidgeChoice } from './chooseRidgeSolver.ts'
export { type ConstrainedProblem, constrainedGap, constrainedProblem } from './constrainedProblem.ts'
export {
  type ConstrainedReport,
  type ConstrainedSketchOptions,
  type ConstrainedSolver,
  type ConstrainedVariant,
  constrainedHessianSketch,
} from './constrainedSketch.ts'
export { type Debiased, type DebiasOptions, debias } from './debias.ts'
export { directRidge } from './directRidge.ts'
export type { SketchChoice } from './drawing.ts'
export { effectiveDimension } from './effectiveDimension.ts'
export { type GlmOptions, type GlmProblem, glmProblem } from './glmProblem.ts'
export {
  type DecrementOptions,
  decrementGrowth,
  type Growth,
  type PublishedOptions,
  publishedConstants,
  publishedGrowth,
} from './growthRules.ts'
export { type HessianSketchOptions, hessianSketch } from './hessianSketch.ts'
export { type GlmSolver, type NewtonIterate, type NewtonOptions, type NewtonReport, newton } from './newton.ts'
export { coherenceProbe, type NewtonLessOptions, newtonLess } from './newtonLess.ts'
export { type NewtonSketchOptions, newtonSketch } from './newtonSketch.ts'
export { conjugateGradient, type RidgeSolver, sketchedPcg } from './pcg.ts'
export {
  pcgFactor,
  type Rate,
  type RateOptions,
  rate as hessianSketchRate,
  VARIANTS as HESSIAN_SKETCH_VARIANTS,
  type Variant as HessianSketchVariant,
} from './rates.ts'
export type { BoundBy, RidgeReport, RidgeStep } from './report.ts'
export { type RidgeProblem, ridgeProblem } from './ridgeProblem.ts'
export {
  CONSTRAINED_METHODS,
  type ConstrainedMethod,
  type ConstrainedSolution,
  type SolveConstrainedOptions,
  solveConstrained,
} from './solveConstrained.ts'
export { GLM_METHODS, type GlmMethod, type GlmSolution, type SolveGlmOptions, solveGlm } from './solveGlm.ts'
export {
  inequalityProblem,
  PROGRAM_METHODS,
  type ProgramData,
  type ProgramMethod,
  type ProgramSolution,
  type SolveProgramOptions,
  solveProgram,
} from './solveProgram.ts'
export {
  RIDGE_METHODS,
  type RidgeMethod,
  type RidgeSolution,
  type SolveRidgeOptions,
  solveRidge,
} from './solveRidge.ts'
export { type SpectrumBound, type SpectrumOptions, spectrumBound } from './spectrumBound.ts'
