/**
 * Newton's method with a sketched Hessian, H_S = (SR)ᵀ(SR) + G, a fresh S in each step and v = −H_S⁻¹·∇f: no inner iteration.
 *
 * With m fixed the local phase is linear, however large m is: the squared error in the norm of the Hessian shrinks by about d_λ/m a step, for
 * Gaussian-like S exactly by ρ = 1 − (m − D)(m − D − 3)/((m − 1)(m − D − 1)), D = d_λ, at the step μ* = (m − D)(m − D − 3)/(m(m − 1)) ≈ (1 − D/m)²
 * (at 1 − D/m it is (D/m)/(1 − D/m)). A quadratic phase needs m of order D/λ̃², growing without end; the rules of growth are in `growthRules.ts`.
 *
 * Steps: Armijo's until λ̃ < 0.1 (of the mean objective), then μ*, still checked to lower f.
 * Sources: M. Pilanci, M. Wainwright, Newton sketch: a near linear-time optimization algorithm with linear-quadratic convergence, 2017;
 * J. Lacotte, Y. Wang, M. Pilanci, Adaptive Newton sketch, 2021.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { rowOf } from '../../matrix/dense.ts'
import { dot, max, norm } from '../../matrix/vector.ts'
import { powerAbove } from '../../sketch/srht.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import { acceptsGlm, type GlmProblem } from './glmProblem.ts'
import {
  type DecrementOptions,
  decrementGrowth,
  type Growth,
  type PublishedOptions,
  publishedGrowth,
} from './growthRules.ts'
import { type GlmSolver, iterateNewton, newtonReport } from './newton.ts'
import { type DirectionOptions, drawRoot, exactDirection } from './newtonStep.ts'
import { type NewtonSystem, systemFactor } from './newtonSystem.ts'
import { rate } from './rates.ts'
import { Contraction } from './report.ts'

/** Sketch, growth and steps of `newtonSketch`. */
export interface NewtonSketchOptions {
  /** Default 'sjlt'. */
  readonly kind?: DirectionOptions['kind']
  /** Instead of `kind`, for sketches that look at the root first; told the last squared decrement (NaN at first). */
  readonly choose?: (system: NewtonSystem, decrement: number) => DirectionOptions['kind']
  /** m, to begin with where it grows; default min(n, 4d) when it does not, else the least possible. */
  readonly rows?: number
  /** How m grows; default not at all. */
  readonly growth?:
    | 'fixed'
    | ({ readonly rule: 'published' } & PublishedOptions)
    | ({ readonly rule: 'decrement' } & DecrementOptions)
  /** Armijo's a and b; default 0.1 and 0.5. */
  readonly decrease?: number
  readonly shrink?: number
  /** Default 0. */
  readonly seed?: number
  readonly name?: string
  readonly reference?: string
}

/** λ̃² of the mean objective below which steps are μ*. */
const LOCAL = 0.01
const ESTIMATE_SIDE = 600

/**
 * The solver. Cost a step: the sketch, m·d² + d³/3, 4nd.
 *
 * `iterate` throws DomainError: E_PARAM_RANGE for rows or constants out of range, E_SKETCH_TOO_LARGE for m > n, E_SKETCH_TOO_SMALL for λ = 0 and m ≤ d + 3;
 * else as `newton`.
 */
export function newtonSketch(options: NewtonSketchOptions = {}): GlmSolver {
  const { growth = 'fixed', kind = 'sjlt', seed = 0 } = options
  const fixed = growth === 'fixed'
  const { name = fixed ? 'newton-sketch' : `newton-sketch-${growth.rule}` } = options
  return {
    name,
    reference: options.reference ?? 'Pilanci and Wainwright, Newton sketch, 2017',
    accepts: acceptsGlm,
    *iterate(problem, context) {
      const stated = problem as GlmProblem
      const { operator, lambda, program, intercept } = stated
      const [n, d] = [operator.rows, operator.cols - (intercept ? 1 : 0)]
      const report = newtonReport(name)
      let rows = options.rows ?? (fixed ? Math.min(n, 4 * d) : lambda > 0 ? 1 : Math.min(n, d + 4))
      check(name, rows, { n, d, lambda })
      const judge = ruleOf(growth, stated)
      const contraction = new Contraction(report, { warn: fixed })
      let [sketches, before, mu, local] = [0, Number.NaN, 1, false]
      const grow = () => {
        rows = Math.min(n, 2 * rows)
        report.growth.push([report.decrements.length, rows])
      }
      yield* iterateNewton(
        stated,
        context,
        report,
        function* (system, { value, decrease }) {
          yield
          // Beyond a quarter of the data a sketch saves nothing.
          if (!fixed && rows > n / 4) {
            report.sketchRows = 0
            return exactDirection(system, report)
          }
          const chosen = options.choose?.(system, before) ?? kind
          const sr = drawRoot(system.root, chosen, rows, stepSeed(seed, sketches++))
          report.sketchRows = sr.rows
          const v = systemFactor(sr, system.rest)
            .solve(system.gradient)
            .map(x => -x)
          const decrement = -dot(system.gradient, v)
          const now = decrement / program.scale
          if (Number.isFinite(before)) {
            const verdict = judge({ before, now, decrease: decrease / program.scale })
            if (verdict !== 'keep') grow()
            if (verdict === 'reject') {
              before = Number.NaN
              return null
            }
          }
          before = now
          if (lambda === 0 || Math.min(sr.rows, d) <= ESTIMATE_SIDE)
            report.effectiveDimension = effectiveDimension(sr, lambda)
          if (fixed && report.effectiveDimension + 3 < sr.rows) {
            const { step, factor } = rate('fresh', {
              dimension: report.effectiveDimension,
              rows: sr.rows,
              ...(chosen === 'srht' && { hadamard: powerAbove(n) }),
            })
            mu = step
            report.predicted = factor
          }
          if (now < LOCAL && !local) {
            local = true
            contraction.restart()
          }
          if (local) contraction.add(decrement, decrement <= 2 ** -48 * Math.abs(value))
          return { v, decrement }
        },
        {
          ...(options.decrease !== undefined && { decrease: options.decrease }),
          ...(options.shrink !== undefined && { shrink: options.shrink }),
          first: decrement => (fixed && decrement < LOCAL ? mu : 1),
        },
      )
    },
  }
}

/** The rule of growth; the published one in the units in which the loss is self-concordant. */
function ruleOf(growth: NonNullable<NewtonSketchOptions['growth']>, problem: GlmProblem): Growth {
  if (growth === 'fixed') return () => 'keep'
  if (growth.rule === 'decrement') return decrementGrowth(growth)
  return publishedGrowth({ selfConcordance: selfConcordance(problem), ...growth })
}

/** Logistic loss with ridge μ on rows of norm ≤ R is self-concordant after multiplication by R²/(4μ); other losses are taken as they are. */
function selfConcordance({ loss, lambda, operator, program }: GlmProblem): number {
  if (loss.name !== 'logistic' || lambda === 0) return 1
  const rows = Float64Array.from({ length: operator.rows }, (_, i) => norm(rowOf(operator.matrix, i)))
  return Math.max(1, (max(rows) ** 2 * program.scale) / (4 * lambda))
}

function check(
  who: string,
  rows: number,
  { n, d, lambda }: { readonly n: number; readonly d: number; readonly lambda: number },
): void {
  if (!(Number.isInteger(rows) && rows >= 1))
    throw new DomainError(
      `${who}: rows must be a whole number ≥ 1; got ${rows}. ${4 * d} is usual here.`,
      'E_PARAM_RANGE',
    )
  if (rows > n)
    throw new DomainError(
      `${who}: the sketch must have at most the ${n} rows of the data; got ${rows}. Use method newton, which costs no more.`,
      'E_SKETCH_TOO_LARGE',
    )
  if (lambda === 0 && rows <= d + 3)
    throw new DomainError(
      `${who}: without a ridge the sketch must have more than ${d + 3} rows, three more than the columns; got ${rows}. Take ${4 * d}, or a ridge.`,
      'E_SKETCH_TOO_SMALL',
    )
}
