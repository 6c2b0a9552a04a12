/**
 * Sketch and solve, averaged: q workers each solve their own sketch of the whole problem, x_k = argmin ½‖S_k(Ax − b)‖² + ½λ'‖x‖², and x = mean x_k. One round, no
 * gradient: the cheapest distributed estimate, and an approximate one.
 *
 * With λ' = λ the mean saturates at a bias however many workers there are. With λ' = λ(1 − d_λ/m) it does not for surrogate sketches, whose x_k are unbiased
 * exactly, and the floor is lower for Gaussian ones; no factor belongs here (it does for a Newton step, `averagedNewton.ts`).
 *
 * Source: M. Dereziński, B. Bartan, M. Pilanci, M. Mahoney, Debiasing distributed second order optimization with surrogate sketching and scaled
 * regularization, 2020.
 * @module
 */
import { DomainError, NadirError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import type { AveragedNewtonOptions } from './averagedNewton.ts'
import { workerDraws } from './averagedNewton.ts'
import { debias } from './debias.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import { sketchedHessian } from './preconditioner.ts'
import type { RidgeProblem } from './ridgeProblem.ts'

/** Workers, sketches and correction of `averagedRidge`. */
export interface AveragedRidgeOptions
  extends Pick<AveragedNewtonOptions, 'workers' | 'rows' | 'kind' | 'effectiveDimension' | 'seed'> {
  /** The scaled ridge; default true. */
  readonly debias?: boolean
  /** Whether worker k answers; default all do. Fewer than ⌈q/2⌉ answers are an error. */
  readonly answers?: (worker: number) => boolean
}

/** The mean of the estimates. */
export interface AveragedEstimate {
  readonly x: Float64Array
  /** Workers that answered. */
  readonly answered: number
  /** d_λ as used. */
  readonly effectiveDimension: number
}

/**
 * The averaged estimate. Cost for each worker: a sketch, m·d² + d³/3; d numbers sent.
 *
 * @throws DomainError (E_PARAM_RANGE) for λ ≤ 0 or q < 1, (E_SKETCH_TOO_LARGE) for m > n, (E_SKETCH_TOO_SMALL) for m ≤ d_λ; NadirError (E_WORKERS).
 */
export function averagedRidge(problem: RidgeProblem, options: AveragedRidgeOptions = {}): AveragedEstimate {
  const { workers = 10, kind = 'gaussian', seed = 0, debias: corrected = true, answers = () => true } = options
  const { operator, target, lambda } = problem
  const { rows: n, cols: d } = operator
  const m = options.rows ?? Math.min(n, 4 * d)
  if (!(Number.isInteger(workers) && workers >= 1))
    throw new DomainError(`averagedRidge: workers must be a whole number ≥ 1; got ${workers}.`, 'E_PARAM_RANGE')
  if (m > n)
    throw new DomainError(
      `averagedRidge: a worker's sketch must have at most the ${n} rows of the data; got ${m}.`,
      'E_SKETCH_TOO_LARGE',
    )
  const asked = Array.from({ length: workers }, (_, k) => k).filter(answers)
  const least = Math.ceil(workers / 2)
  if (asked.length < least)
    throw new NadirError(
      'E_WORKERS',
      `averagedRidge: at least ${least} of ${workers} workers must answer; got ${asked.length}. Start more, or wait for them.`,
    )
  const drawOf = workerDraws(problem, kind, m)
  const wide = withColumn(operator.matrix, target)
  const sketches = asked.map(k => split(drawOf(stepSeed(stepSeed(seed, k), 0)).apply(wide)))
  const dimension =
    options.effectiveDimension ??
    sketches.reduce((sum, { sa }) => sum + effectiveDimension(sa, lambda), 0) / asked.length
  const { ridge } = debias({ lambda, effectiveDimension: dimension, rows: m })
  const x = new Float64Array(d)
  for (const { sa, sb } of sketches) {
    const right = new Float64Array(d)
    for (let i = 0; i < sa.rows; i++) for (let j = 0; j < d; j++) right[j] += sa.data[i * d + j] * sb[i]
    const own = sketchedHessian(sa, corrected ? ridge : lambda).solve(right)
    for (let j = 0; j < d; j++) x[j] += own[j] / asked.length
  }
  return { x, answered: asked.length, effectiveDimension: dimension }
}

/** [A b]: one draw serves both. */
function withColumn({ rows, cols, data }: Dense, b: Float64Array): Dense {
  const out = dense(rows, cols + 1)
  for (let i = 0; i < rows; i++) {
    out.data.set(data.subarray(i * cols, (i + 1) * cols), i * (cols + 1))
    out.data[i * (cols + 1) + cols] = b[i]
  }
  return out
}

function split({ rows, cols, data }: Dense): { readonly sa: Dense; readonly sb: Float64Array } {
  const sa = dense(rows, cols - 1)
  const sb = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    sa.data.set(data.subarray(i * cols, (i + 1) * cols - 1), i * (cols - 1))
    sb[i] = data[(i + 1) * cols - 1]
  }
  return { sa, sb }
}
