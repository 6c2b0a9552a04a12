/**
 * Nadir trains neural networks to the lowest point of their loss, and proves it.
 *
 * These are the names most people need; each folder has an entry of its own (`nadir/matrix`, `nadir/solvers` …). Everything
 * here runs in a browser as it is; reading files is in `nadir/formats` and `nadir/data`.
 * @module
 */
export { type Certificate, certify, recheck } from './certificates/index.ts'
export {
  DomainError,
  FormatError,
  NadirError,
  NotSolvedError,
  PeerError,
  ShapeError,
  UnsupportedError,
} from './errors.ts'
export {
  type Compute,
  type ComputeOptions,
  configureCompute,
  createCompute,
  type Dense,
  dense,
  fromRows,
} from './matrix/index.ts'
export {
  type CrossValidation,
  crossValidate,
  type FitOptions,
  type Fitted,
  fit,
  fitPath,
  type Network,
  type Path,
  type Predictor,
  predictorOf,
} from './models/index.ts'
export type { Progress, Status } from './solvers/solve.ts'
