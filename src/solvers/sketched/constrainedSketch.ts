/**
 * Iterative Hessian sketch under constraints: x⁺ = argmin over y ∈ C of gᵀ(y − x) + ‖y − x‖²_M/(2μ), M = (SA)ᵀ(SA) + λI, with the exact gradient g.
 *
 * For one S and the step of `rate('gradient')` this is a projected gradient step in the metric of M: projections in a metric do not expand it, so ‖x − x*‖_M, and
 * with it the length of the steps, shrinks by the factor of the unconstrained method at least. With a fresh S in each step and μ = 1 it is the published method;
 * its prediction is that of the unconstrained case. Momentum has none under constraints and is not offered.
 *
 * With 'exact', M = H and μ = 1: each step solves the problem up to the accuracy of its subproblem, the next one refines it.
 *
 * No step is trusted: one that would raise f is replaced by the best point on the segment to it, which stays in C.
 *
 * Source: M. Pilanci, M. Wainwright, Iterative Hessian sketch: fast and accurate solution approximation for constrained least-squares, 2016.
 * @module
 */
import { DomainError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import { dot } from '../../matrix/vector.ts'
import { powerAbove } from '../../sketch/srht.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import type { Problem } from '../problem.ts'
import type { Solver, SolverContext, Step } from '../solver.ts'
import { type ConstrainedProblem, constrainedGap, isConstrained } from './constrainedProblem.ts'
import { type SketchChoice, sketchMatrix, sketchRows } from './drawing.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import { refuseUnsafe } from './hessianSketch.ts'
import { projectedQuadratic, sketchedQuadratic } from './projectedQuadratic.ts'
import { rate, type Variant } from './rates.ts'
import { Contraction, type SketchReport, sketchReport } from './report.ts'
import { ridgeState } from './ridgeProblem.ts'

/** Variants under constraints. */
export type ConstrainedVariant = Exclude<Variant, 'heavy-ball'>

/** Sketch and steps of `constrainedHessianSketch`. */
export interface ConstrainedSketchOptions extends SketchChoice {
  /** Default 'gradient'; 'exact' sketches nothing. */
  readonly variant?: ConstrainedVariant | 'exact'
  /** The dimension r·m to set the steps by; default d, or with a ridge d_λ estimated from the first sketch. */
  readonly dimension?: number
  /** Accuracy of the subproblems, relative to the way made; default 1e-3. */
  readonly accuracy?: number
  /** Lets unit steps run below the sizes at which they converge; default false. */
  readonly allowUnsafeStep?: boolean
}

/** What it tells beside its point. */
export interface ConstrainedReport extends SketchReport {
  /** Duality gap in sum form. */
  gap: number
  /** R where only entries up to this are covered by the bound; else null. */
  reach: number | null
}

/** A step of `constrainedHessianSketch`. */
export interface ConstrainedStep extends Step {
  readonly report: ConstrainedReport
}

/** A solver of constrained problems: its steps carry a report. */
export interface ConstrainedSolver extends Solver {
  iterate(problem: Problem, context: SolverContext): Generator<ConstrainedStep, void, void>
}

/** Largest eigenproblem for an estimate of d_λ. */
const ESTIMATE_COLUMNS = 600
const ROUNDING = 1e-15
/** Steps without a smaller gap before the method gives up. */
const PATIENCE = 30

/**
 * The solver. Cost a step: 4nd, and 2d² with a projection for each of the tens of iterations of the subproblem; with a fresh sketch also the sketch and m·d².
 *
 * `iterate` throws DomainError: as `sketchedPcg` for the rows, E_SKETCH_TOO_SMALL as `rate`, E_PARAM_RANGE for unit steps below m = 12d (fixed) or 4d (fresh) and
 * for an accuracy outside (0, 0.5].
 */
export function constrainedHessianSketch(options: ConstrainedSketchOptions = {}): ConstrainedSolver {
  const { variant = 'gradient', seed = 0, accuracy = 1e-3 } = options
  const fresh = variant.startsWith('fresh')
  const name = variant === 'exact' ? 'projected-newton' : `ihs-${variant}`
  return {
    name,
    reference: 'Pilanci and Wainwright, Iterative Hessian sketch, 2016',
    accepts: problem =>
      isConstrained(problem) || 'it is not a constrained ridge problem; make it with constrainedProblem.',
    *iterate(problem, context) {
      const stated = problem as ConstrainedProblem
      const { free, constraint } = stated
      const { operator, lambda } = free
      if (!(accuracy > 0 && accuracy <= 0.5))
        throw new DomainError(
          `constrainedHessianSketch: accuracy must be in (0, 0.5]; got ${accuracy}. 1e-3 is usual.`,
          'E_PARAM_RANGE',
        )
      const rows = variant === 'exact' ? operator.rows : sketchRows('constrainedHessianSketch', free, options)
      const start = context.start?.slice() ?? new Float64Array(operator.cols)
      constraint.prox(start.slice(), 1, start)
      const state = ridgeState(free, start)
      const { x, gradient, residual } = state
      const report: ConstrainedReport = { ...sketchReport(name), gap: Infinity, reach: null }
      const told = (phase: string): ConstrainedStep => {
        const { gap, reach } = constrainedGap(stated, state)
        Object.assign(report, { gap, reach, products: state.products })
        const objective = state.objective()
        const active = x.reduce((count, v) => count + (v === 0 ? 0 : 1), 0)
        return { x, objective, bound: objective - gap, dualPoint: residual, active, phase, report }
      }
      const draw = (k: number): Dense =>
        variant === 'exact' ? operator.matrix : sketchMatrix(free, options, rows, fresh ? stepSeed(seed, k) : seed)
      yield told('sketch')
      let sa = draw(0)
      let step = 1
      if (variant !== 'exact') {
        report.sketchRows = sa.rows
        const small = Math.min(sa.rows, sa.cols) <= ESTIMATE_COLUMNS
        report.effectiveDimension =
          options.dimension ?? (lambda === 0 || !small ? operator.cols : effectiveDimension(sa, lambda))
        const sizes = {
          dimension: report.effectiveDimension,
          rows: sa.rows,
          ...(options.kind === 'srht' && { hadamard: powerAbove(operator.rows) }),
        }
        refuseUnsafe(variant, sizes, options)
        const planned = rate(variant, sizes)
        step = planned.step
        report.predicted = planned.factor
      }
      yield told('factor')
      let quadratic = sketchedQuadratic(sa, lambda)
      const contraction = new Contraction(report)
      const [p, ap] = [new Float64Array(x.length), new Float64Array(operator.rows)]
      let rescued = false
      let [best, since] = [Infinity, 0]
      for (let k = 1; ; k++) {
        const inner = projectedQuadratic({ quadratic, constraint, x, gradient, step, accuracy })
        let found = inner.next()
        while (!found.done) {
          yield told('subproblem')
          found = inner.next()
        }
        const { y, length } = found.value
        // From x + (y − x) back into C, which rounding may have left.
        constraint.prox(y.slice(), 1, y)
        for (let j = 0; j < p.length; j++) p[j] = y[j] - x[j]
        if (p.every(v => v === 0)) return
        operator.apply(p, ap)
        const slope = dot(gradient, p)
        const curvature = dot(ap, ap) + lambda * dot(p, p)
        // On a face the entries of g cancel in gᵀp, up to the roundings of the projection: below this its sign is noise, and the step is as good as its gradient.
        const noise =
          ROUNDING * x.reduce((sum, v, j) => sum + (Math.abs(v) + Math.abs(p[j])) * Math.abs(gradient[j]), 0)
        if (variant !== 'exact') contraction.add(length, Math.abs(slope) <= noise)
        since = report.gap < best ? 0 : since + 1
        best = Math.min(best, report.gap)
        if (!(slope < noise && curvature > 0) || since > PATIENCE) return
        const safe = slope + 0.5 * curvature < noise ? 1 : -slope / curvature
        if (safe !== 1 && !rescued && variant !== 'exact') {
          rescued = true
          report.warnings.push(
            'a planned step would have raised the objective: the best point on the way to it was taken instead. Take more sketch rows, or another kind (sjlt).',
          )
        }
        state.move(safe, p, ap)
        if (safe === 1) x.set(y)
        else constraint.prox(x.slice(), 1, x)
        if (k % 50 === 0) state.refresh()
        yield told(variant === 'exact' ? 'newton' : 'ihs')
        if (fresh) {
          sa = draw(k)
          quadratic = sketchedQuadratic(sa, lambda)
        }
      }
    },
  }
}
