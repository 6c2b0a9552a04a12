/**
 * The iterative Hessian sketch that finds the size of its sketch: a step is tried, and kept where it shrinks δ = gᵀM⁻¹g to ρ times itself; else it is thrown away,
 * the rows are doubled and a fresh sketch drawn. `adaptivePcg` needs fewer steps with the same sketches; this one needs no inner products between workers.
 *
 * 'polyak' tries heavy ball first: its step is kept while δ since the sketch was drawn has shrunk, on geometric average, by its momentum's target or better; else a
 * plain step is tried, and only when that misses its own target the sketch grows.
 *
 * Sources: J. Lacotte, M. Pilanci, Effective dimension adaptive sketching methods for faster regularized least-squares optimization, 2020.
 * Deviation: ρ = z (`adaptiveRates`, direct) unless `published`; the stopping test comes before the ratio test.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import { adaptiveRates } from './adaptiveRates.ts'
import { type SketchChoice, sketchMatrix } from './drawing.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import { errorBounds } from './errorBounds.ts'
import type { RidgeSolver } from './pcg.ts'
import { identityPreconditioner, type Preconditioner, sketchedHessian } from './preconditioner.ts'
import { Contraction, ridgeReport, ridgeStep } from './report.ts'
import { acceptsRidge, gradientNoise, type RidgeProblem, ridgeState } from './ridgeProblem.ts'

/** Steps, threshold and growth of `adaptiveIhs`. */
export interface AdaptiveIhsOptions extends Pick<SketchChoice, 'kind' | 'seed'> {
  /** 'gradient' (default), or 'polyak' with momentum. */
  readonly variant?: 'gradient' | 'polyak'
  /** ρ in (0, 1); default 0.5. */
  readonly threshold?: number
  /** The published inversion of ρ instead of z = ρ; default false. */
  readonly published?: boolean
  /** m to begin with; default max(16, ⌈d/16⌉), at most `maxRows`. */
  readonly rows?: number
  /** Default n. */
  readonly maxRows?: number
}

const PATIENCE = 40
const ESTIMATE_ROWS = 600

/**
 * The solver. Cost: a sketch and a factor for each size, 4nd a step and for each rejected one.
 *
 * `iterate` throws DomainError (E_PARAM_RANGE) for λ = 0, ρ outside (0, 1) or rows outside 1..maxRows; (E_SKETCH_TOO_LARGE) for maxRows > n.
 */
export function adaptiveIhs(options: AdaptiveIhsOptions = {}): RidgeSolver {
  const { variant = 'gradient', threshold = 0.5, published = false, seed = 0 } = options
  return {
    name: `adaptive-ihs-${variant}`,
    reference: 'Lacotte and Pilanci, Effective dimension adaptive sketching methods, 2020',
    accepts: acceptsRidge,
    *iterate(problem, context) {
      const stated = problem as RidgeProblem
      const { operator, lambda } = stated
      const { rows: n, cols: d } = operator
      const { maxRows = n } = options
      let rows = options.rows ?? Math.min(maxRows, Math.max(16, Math.ceil(d / 16)))
      check(lambda, { rows, maxRows, samples: n })
      const rates = adaptiveRates('ihs', { threshold, direct: !published })
      const report = ridgeReport(`adaptive-ihs-${variant}`)
      report.predicted = Math.sqrt(rates.contraction)
      const contraction = new Contraction(report, { warn: false })
      const bounds = errorBounds(stated, report, { tolerance: context.tolerance, seed })
      const noise = gradientNoise(stated)
      const state = ridgeState(stated, context.start)
      const { x, residual, gradient } = state
      const held = { x: x.slice(), residual: residual.slice(), gradient: gradient.slice() }
      const [p, ap, last] = [new Float64Array(d), new Float64Array(n), new Float64Array(d)]
      let m: Preconditioner = identityPreconditioner
      let v = gradient
      let [delta, drawn, since, sketches, accepted, poor] = [0, 0, 0, 0, 0, 0]
      const restore = () => {
        x.set(held.x)
        residual.set(held.residual)
        gradient.set(held.gradient)
      }
      const attempt = (step: number, momentum: number): { z: Float64Array; next: number } => {
        for (let j = 0; j < d; j++) p[j] = -step * v[j] + momentum * last[j]
        operator.apply(p, ap)
        state.move(1, p, ap)
        const z = m.solve(gradient)
        return { z, next: dot(gradient, z) }
      }
      const draw = () => {
        const sa = sketchMatrix(stated, options, rows, stepSeed(seed, sketches++))
        m = sketchedHessian(sa, lambda)
        report.sketchRows = sa.rows
        if (Math.min(sa.rows, d) <= ESTIMATE_ROWS) report.effectiveDimension = effectiveDimension(sa, lambda)
        contraction.restart()
        last.fill(0)
        v = m.solve(gradient)
        delta = dot(gradient, v)
        ;[drawn, since] = [delta, 0]
      }
      yield ridgeStep(state, report, 'sketch')
      draw()
      for (;;) {
        const quiet = norm(gradient) <= noise(state)
        contraction.add(delta, quiet)
        for (const _ of bounds.update(state, m, delta)) yield ridgeStep(state, report, 'spectrum')
        yield ridgeStep(state, report, 'ihs')
        if (quiet) return
        held.x.set(x)
        held.residual.set(residual)
        held.gradient.set(gradient)
        const enough = (next: number) => next <= threshold * delta
        let tried = variant === 'polyak' ? attempt(rates.momentumStep, rates.momentum) : attempt(rates.step, 0)
        // Heavy ball is judged over all its steps: single ones may rise.
        let good = variant === 'polyak' ? tried.next <= threshold ** (since + 1) * drawn : enough(tried.next)
        if (!good && variant === 'polyak') {
          restore()
          tried = attempt(rates.step, 0)
          good = enough(tried.next)
        }
        const clear = norm(gradient) > noise(state)
        if (!good && clear && rows < maxRows) {
          restore()
          rows = Math.min(2 * rows, maxRows)
          report.growth.push([accepted, rows])
          yield ridgeStep(state, report, 'sketch')
          draw()
          continue
        }
        if (!good && (tried.next > delta || ++poor > PATIENCE)) {
          restore()
          report.warnings.push(
            `E_STAGNATED: steps with ${rows} rows, the most allowed, do not help. Use method adaptive.`,
          )
          yield ridgeStep(state, report, 'stagnated')
          return
        }
        accepted++
        since++
        last.set(p)
        v = tried.z
        delta = tried.next
        if (accepted % 50 === 0) state.refresh()
      }
    },
  }
}

function check(
  lambda: number,
  { rows, maxRows, samples }: { readonly rows: number; readonly maxRows: number; readonly samples: number },
): void {
  const refuse = (message: string, code = 'E_PARAM_RANGE') => new DomainError(`adaptiveIhs: ${message}`, code)
  if (!(lambda > 0)) throw refuse(`lambda must be > 0; got ${lambda}. Use hessianSketch, which needs no ridge.`)
  if (!(Number.isInteger(maxRows) && maxRows >= 1)) throw refuse(`maxRows must be a whole number ≥ 1; got ${maxRows}.`)
  if (maxRows > samples)
    throw refuse(`maxRows must be at most the ${samples} rows of the data; got ${maxRows}.`, 'E_SKETCH_TOO_LARGE')
  if (!(Number.isInteger(rows) && rows >= 1 && rows <= maxRows))
    throw refuse(`rows must be a whole number in 1..${maxRows}, maxRows; got ${rows}.`)
}
