/**
 * Distributed Newton steps: q workers, each with a small sketch of its own, answer M_k⁻¹g for the exact gradient g; x ← x − factor·mean_k M_k⁻¹g.
 *
 * Averaging shrinks the variance of the answers as 1/q but not their bias, on which q workers saturate: hence λ' and the factor of `debias.ts`. For
 * Gaussian-like sketches the debiased step leaves, in ‖x − x*‖_H on average over the sketches, σ = √((ω − 1)/q),
 *   ω = (m − 1)(m − D − 1)/((m − D)(m − D − 3)), D = d_λ.
 * With fresh sketches each step that is the factor; with fixed ones the error turns to the worst direction, 2σ at the edge of the semicircle.
 *
 * Workers are simulated here, one after the other; their sum is taken in their order, so the answer does not depend on who was first. A worker that does
 * not answer is left out of the mean.
 * @module
 */
import { DomainError, NadirError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { dot, norm } from '../../matrix/vector.ts'
import type { Draw } from '../../sketch/draw.ts'
import { leverageRows } from '../../sketch/leverageRows.ts'
import { leverageScores } from '../../sketch/leverageScores.ts'
import { type ObliviousKind, sketch } from '../../sketch/sketch.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import { surrogate } from '../../sketch/surrogateRows.ts'
import { debias } from './debias.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import { errorBounds } from './errorBounds.ts'
import type { RidgeSolver } from './pcg.ts'
import { sketchedHessian } from './preconditioner.ts'
import { Contraction, ridgeReport, ridgeStep } from './report.ts'
import { acceptsRidge, gradientNoise, type RidgeProblem, ridgeState } from './ridgeProblem.ts'

/** Sketches of the workers of `averagedNewton`. */
export type WorkerSketch = ObliviousKind | 'ridge-leverage' | 'surrogate' | 'surrogate-leverage'

/** Workers, sketches and corrections of `averagedNewton`. */
export interface AveragedNewtonOptions {
  /** q ≥ 1; default 10. */
  readonly workers?: number
  /** m of each worker; default min(n, 4d). */
  readonly rows?: number
  /** Default 'gaussian'. */
  readonly kind?: WorkerSketch
  /** λ' and the factor; `{ ridge, factor }` switches them one by one. Default both. */
  readonly debias?: boolean | { readonly ridge: boolean; readonly factor: boolean }
  /** A fresh sketch in each step; default false: one for all. */
  readonly refresh?: boolean
  /** d_λ where it is known; default the mean of the workers' own estimates. */
  readonly effectiveDimension?: number
  /** Whether worker k answers in step t; default all do. Fewer than ⌈q/2⌉ answers are an error. */
  readonly answers?: (worker: number, step: number) => boolean
  /** Default 0. */
  readonly seed?: number
}

/**
 * The solver. Cost: for each worker a sketch and m·d² + d³/3 once, 2d² a step; 4nd a step for the gradient; 2d numbers sent for each worker and step.
 *
 * `iterate` throws DomainError: E_PARAM_RANGE for λ = 0, q < 1 or rows out of range, E_SKETCH_TOO_SMALL for m ≤ d_λ; NadirError (E_WORKERS) when
 * fewer than half of the workers answer.
 */
export function averagedNewton(options: AveragedNewtonOptions = {}): RidgeSolver {
  const { workers = 10, kind = 'gaussian', refresh = false, seed = 0, answers = () => true } = options
  const { debias: corrections = true } = options
  const { ridge: scaleRidge, factor: scaleStep } =
    typeof corrections === 'boolean' ? { ridge: corrections, factor: corrections } : corrections
  return {
    name: 'avg-newton',
    reference: 'Dereziński, Bartan, Pilanci and Mahoney, Debiasing distributed second order optimization, 2020',
    accepts: acceptsRidge,
    *iterate(problem, context) {
      const stated = problem as RidgeProblem
      const { operator, lambda } = stated
      const { rows: n, cols: d } = operator
      const m = options.rows ?? Math.min(n, 4 * d)
      check({ workers, m, n, lambda })
      const report = ridgeReport('avg-newton')
      const state = ridgeState(stated, context.start)
      const { gradient } = state
      report.sketchRows = m
      const contraction = new Contraction(report)
      const bounds = errorBounds(stated, report, { tolerance: context.tolerance, seed })
      const noise = gradientNoise(stated)
      yield ridgeStep(state, report, 'sketch')
      const sketchOf = sketcher(stated, kind, m)
      const image = new Float64Array(n)
      let sketches: Dense[] = []
      let held: ReturnType<typeof sketchedHessian>[] = []
      let factor = 1
      let rescued = false
      let [best, since] = [Infinity, 0]
      for (let step = 0; ; step++) {
        if (step === 0 || refresh) {
          sketches = []
          for (let k = 0; k < workers; k++) {
            sketches.push(sketchOf(stepSeed(stepSeed(seed, k), refresh ? step : 0)))
            yield ridgeStep(state, report, 'sketch')
          }
          if (step === 0) {
            report.effectiveDimension =
              options.effectiveDimension ??
              sketches.reduce((sum, sa) => sum + effectiveDimension(sa, lambda), 0) / workers
            const D = report.effectiveDimension
            const corrected = debias({ lambda, effectiveDimension: D, rows: m })
            if (scaleStep) factor = corrected.factor
            if (m < 1.2 * D)
              report.warnings.push(
                `${m} rows are barely more than the effective dimension ${D.toFixed(1)}: the workers' systems are ill-conditioned. Take ${Math.ceil(2 * D)}.`,
              )
            if (scaleRidge && scaleStep && m > D + 3) {
              const omega = ((m - 1) * (m - D - 1)) / ((m - D) * (m - D - 3))
              report.predicted = (refresh ? 1 : 2) * Math.sqrt((omega - 1) / workers)
            }
          }
          const ridge = scaleRidge
            ? debias({ lambda, effectiveDimension: report.effectiveDimension, rows: m }).ridge
            : lambda
          held = []
          for (const sa of sketches) {
            held.push(sketchedHessian(sa, ridge))
            yield ridgeStep(state, report, 'factor')
          }
        }
        const first = held[0].solve(gradient)
        const delta = dot(gradient, first)
        const quiet = norm(gradient) <= noise(state)
        contraction.add(delta, quiet)
        for (const _ of bounds.update(state, held[0], delta)) yield ridgeStep(state, report, 'spectrum')
        yield ridgeStep(state, report, 'avg-newton')
        since = delta < best ? 0 : since + 1
        best = Math.min(best, delta)
        if (quiet || since > 40) return
        const answered = held.map((_, k) => k).filter(k => answers(k, step))
        if (answered.length < Math.ceil(workers / 2))
          throw new NadirError(
            'E_WORKERS',
            `averagedNewton: at least ${Math.ceil(workers / 2)} of ${workers} workers must answer; got ${answered.length} in step ${step}. Start more, or wait for them.`,
          )
        const p = new Float64Array(d)
        for (const k of answered) {
          const v = k === 0 ? first : held[k].solve(gradient)
          for (let j = 0; j < d; j++) p[j] -= v[j]
        }
        for (let j = 0; j < d; j++) p[j] *= factor / answered.length
        operator.apply(p, image)
        const slope = dot(gradient, p)
        const curvature = dot(image, image) + lambda * dot(p, p)
        if (!(curvature > 0)) return
        // f(x + p) − f(x) = slope + ½·curvature: a step that would raise f is replaced by the best one along p.
        const safe = slope + 0.5 * curvature < 0 ? 1 : -slope / curvature
        if (safe !== 1 && !rescued) {
          rescued = true
          report.warnings.push(
            'an averaged step would have raised the objective: the exact step along it was taken instead. Take more sketch rows, or more workers.',
          )
        }
        state.move(safe, p, image)
        if ((step + 1) % 50 === 0) state.refresh()
      }
    },
  }
}

/** seed ↦ SA. */
function sketcher(problem: RidgeProblem, kind: WorkerSketch, rows: number): (seed: number) => Dense {
  const drawOf = workerDraws(problem, kind, rows)
  return seed => {
    const out = drawOf(seed).apply(problem.operator.matrix)
    return dense(out.rows, out.cols, out.data)
  }
}

/** seed ↦ S, a worker's draw. What depends on the data (scores, eigenvalues) is computed once. */
export function workerDraws(problem: RidgeProblem, kind: WorkerSketch, rows: number): (seed: number) => Draw {
  const { matrix } = problem.operator
  const { lambda } = problem
  if (kind === 'surrogate' || kind === 'surrogate-leverage') {
    const weights = kind === 'surrogate' ? {} : { probabilities: leverageScores(matrix, { lambda }) }
    const distribution = surrogate(matrix, { rows, lambda, ...weights })
    return seed => distribution.draw(seed)
  }
  if (kind === 'ridge-leverage') {
    const probabilities = leverageScores(matrix, { lambda })
    return seed => leverageRows({ rows, samples: matrix.rows, probabilities, seed })
  }
  return seed => sketch(kind, { rows, samples: matrix.rows, seed })
}

function check({
  workers,
  m,
  n,
  lambda,
}: {
  readonly workers: number
  readonly m: number
  readonly n: number
  readonly lambda: number
}): void {
  const refuse = (message: string, code = 'E_PARAM_RANGE') => new DomainError(`averagedNewton: ${message}`, code)
  if (!(lambda > 0)) throw refuse(`lambda must be > 0; got ${lambda}. Use method pcg without a ridge.`)
  if (!(Number.isInteger(workers) && workers >= 1)) throw refuse(`workers must be a whole number ≥ 1; got ${workers}.`)
  if (!(Number.isInteger(m) && m >= 1)) throw refuse(`rows must be a whole number ≥ 1; got ${m}.`)
  if (m > n)
    throw refuse(`a worker's sketch must have at most the ${n} rows of the data; got ${m}.`, 'E_SKETCH_TOO_LARGE')
}
