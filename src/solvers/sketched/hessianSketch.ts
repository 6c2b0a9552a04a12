/**
 * Iterative Hessian sketch: x ← x − step·M⁻¹g (+ momentum), with the exact gradient g and the sketched Hessian M = (SA)ᵀ(SA) + λI, for one S or a
 * fresh one in every step; steps and their predicted contraction in `rates.ts`.
 *
 * No step is trusted: a variant without momentum that would raise the objective takes the exact step along the same direction instead,
 * whose Hessian product it already has; heavy ball goes back to its best point with half the step when gᵀM⁻¹g has grown.
 *
 * Source: M. Pilanci, M. Wainwright, Iterative Hessian sketch: fast and accurate solution approximation for constrained least-squares, 2016;
 * heavy ball: I. Ozaslan, M. Pilanci, O. Arikan, Iterative Hessian sketch with momentum, 2019.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { powerAbove } from '../../sketch/srht.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import { type SketchChoice, sketchMatrix, sketchRows } from './drawing.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import { errorBounds } from './errorBounds.ts'
import type { RidgeSolver } from './pcg.ts'
import { sketchedHessian } from './preconditioner.ts'
import { type RateOptions, rate, type Variant } from './rates.ts'
import { Contraction, ridgeReport, ridgeStep } from './report.ts'
import { acceptsRidge, gradientNoise, type RidgeProblem, ridgeState } from './ridgeProblem.ts'

/** Sketch and steps of the iterative Hessian sketch. */
export interface HessianSketchOptions extends SketchChoice {
  /** Default 'heavy-ball'. */
  readonly variant?: Variant
  /** The dimension r·m to set the steps by; default d, or with a ridge d_λ estimated from the first sketch. */
  readonly dimension?: number
  /** Lets unit steps run below the sizes at which they converge; default false. */
  readonly allowUnsafeStep?: boolean
}

const GROWTH = 4
const CHANCES = 3

/**
 * The iterative Hessian sketch. `sketchedPcg` needs fewer steps with the same sketch; this one needs no inner products, which is what counts
 * when rows are on many machines.
 *
 * Cost a step: 4nd + 2d², and with a fresh sketch the sketch and m·d² + d³/3.
 *
 * `iterate` throws DomainError: as `sketchedPcg`, E_SKETCH_TOO_SMALL as `rate`, E_PARAM_RANGE for unit steps below m = 12d (fixed) or 4d (fresh).
 */
export function hessianSketch(options: HessianSketchOptions = {}): RidgeSolver {
  const { variant = 'heavy-ball', seed = 0 } = options
  const fresh = variant.startsWith('fresh')
  return {
    name: `ihs-${variant}`,
    reference: 'Pilanci and Wainwright, Iterative Hessian sketch, 2016',
    accepts: acceptsRidge,
    *iterate(problem, context) {
      const stated = problem as RidgeProblem
      const { operator, lambda } = stated
      const { rows: n } = operator
      const wanted = sketchRows('hessianSketch', stated, options)
      const report = ridgeReport(`ihs-${variant}`)
      const state = ridgeState(stated, context.start)
      const { x, gradient } = state
      yield ridgeStep(state, report, 'sketch')
      let sa = sketchMatrix(stated, options, wanted, fresh ? stepSeed(seed, 0) : seed)
      report.sketchRows = sa.rows
      report.effectiveDimension = options.dimension ?? effectiveDimension(sa, lambda)
      const sizes: RateOptions = {
        dimension: report.effectiveDimension,
        rows: sa.rows,
        ...(options.kind === 'srht' && { hadamard: powerAbove(n) }),
      }
      refuseUnsafe(variant, sizes, options)
      const { step: planned, momentum: plannedMomentum, factor } = rate(variant, sizes)
      let [step, momentum] = [planned, plannedMomentum]
      report.predicted = factor
      yield ridgeStep(state, report, 'factor')
      let m = sketchedHessian(sa, lambda)
      const bounds = errorBounds(stated, report, { tolerance: context.tolerance, seed })
      const contraction = new Contraction(report)
      const noise = gradientNoise(stated)
      const ap = new Float64Array(n)
      const p = new Float64Array(operator.cols)
      const before = new Float64Array(operator.cols)
      let [smallest, bestX, grown, chances] = [Infinity, x.slice(), 0, CHANCES]
      let rescued = 0
      for (let k = 1; ; k++) {
        const v = m.solve(gradient)
        const delta = dot(gradient, v)
        const quiet = norm(gradient) <= noise(state)
        contraction.add(delta, quiet)
        for (const _ of bounds.update(state, m, delta)) yield ridgeStep(state, report, 'spectrum')
        yield ridgeStep(state, report, 'ihs')
        if (quiet) return
        if (plannedMomentum > 0) {
          if (delta < smallest) {
            smallest = delta
            bestX = x.slice()
          }
          grown = delta > GROWTH * smallest ? grown + 1 : 0
          if (grown === 2) {
            chances--
            x.set(bestX)
            state.refresh()
            if (chances === 0) {
              report.warnings.push('E_DIVERGED: the error grew three times; the best point is kept. Use method pcg.')
              yield ridgeStep(state, report, 'diverged')
              return
            }
            report.warnings.push(`the error grew: back to the best point with the step ${step / 2} and no momentum.`)
            ;[step, momentum, grown] = [step / 2, 0, 0]
            p.fill(0)
            continue
          }
        }
        for (let j = 0; j < p.length; j++) p[j] = -step * v[j] + momentum * p[j]
        operator.apply(p, ap)
        before.set(gradient)
        state.move(1, p, ap)
        if (plannedMomentum === 0 && !options.allowUnsafeStep) {
          // f(x + p) − f(x) = ½(g + g⁺)ᵀp, free of cancellation; Hp = g⁺ − g.
          let [change, slope, curvature] = [0, 0, 0]
          for (let j = 0; j < p.length; j++) {
            change += 0.5 * (before[j] + gradient[j]) * p[j]
            slope -= before[j] * p[j]
            curvature += (gradient[j] - before[j]) * p[j]
          }
          if (change > 0 && curvature > 0) {
            // The product was paid for by the step that is taken back.
            state.move(slope / curvature - 1, p, ap)
            rescued++
            if (rescued === 1)
              report.warnings.push(
                'a planned step would have raised the objective: the exact step along it was taken instead. Take more sketch rows, or another kind (sjlt).',
              )
          }
        }
        if (k % 50 === 0) state.refresh()
        if (fresh) {
          sa = sketchMatrix(stated, options, wanted, stepSeed(seed, k))
          m = sketchedHessian(sa, lambda)
        }
      }
    },
  }
}

/** @throws DomainError (E_PARAM_RANGE) for unit steps with fewer rows than they need, unless allowed. */
export function refuseUnsafe(
  variant: Variant,
  { dimension, rows }: RateOptions,
  { allowUnsafeStep }: Pick<HessianSketchOptions, 'allowUnsafeStep'>,
): void {
  const least = variant === 'unit' ? 12 : variant === 'fresh-unit' ? 4 : 0
  if (allowUnsafeStep === true || rows >= least * dimension) return
  throw new DomainError(
    `hessianSketch: unit steps need at least ${Math.ceil(least * dimension)} sketch rows to converge; got ${rows}. Use variant ${variant === 'unit' ? 'heavy-ball' : 'fresh'}, or allowUnsafeStep.`,
    'E_PARAM_RANGE',
  )
}
