/**
 * PCG that finds the size of its sketch: start small, and whenever a step does not shrink δ = gᵀM⁻¹g to ρ times itself, throw the step
 * away and double the rows. For ridge problems whose spectrum decays, m ends near the effective dimension d_λ, which nobody has to know.
 *
 * How to begin is measured first, unless `rows` says it: a small sketch gives d_λ and a rehearsal of CG (`ridgeProbe.ts`). If plain CG will take no more products
 * than a preconditioned run, it runs, and hands over from where it is when it takes half as many again; else the first sketch has 3.5·d_λ rows, and grows when the
 * contraction since it was drawn, on geometric average over four steps, is worse than ρ. Starting too small costs products that plain CG would not have spent.
 *
 * Deviations. 1. The stopping test comes before the ratio test, which otherwise fires on rounding and doubles for ever. 2. A fresh sketch at
 * each size. 3. When even the largest sketch does not help, the factor of H itself takes over (d up to 4096), else plain CG: never stuck.
 * The path of m may depend on rounding; the answer and the bound on m do not.
 *
 * Source: J. Lacotte, M. Pilanci, Effective dimension adaptive sketching methods for faster regularized least-squares optimization, 2020.
 * @module
 */
import { DomainError } from '../../errors.ts'
import type { Region } from '../../matrix/compute.ts'
import { compute } from '../../matrix/createCompute.ts'
import { type Dense, dense, transpose } from '../../matrix/dense.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { stacked } from '../../sketch/stacked.ts'
import { stepSeed } from '../../sketch/stepSeed.ts'
import type { SolverContext } from '../solver.ts'
import { type SketchChoice, sketchMatrix } from './drawing.ts'
import { effectiveDimension } from './effectiveDimension.ts'
import { errorBounds } from './errorBounds.ts'
import { iteratePcg, type RidgeSolver } from './pcg.ts'
import {
  identityPreconditioner,
  type Preconditioner,
  ridgedFactor,
  sketchedHessian,
  triangular,
} from './preconditioner.ts'
import { pcgFactor } from './rates.ts'
import { Contraction, type RidgeStep, ridgeReport, ridgeStep } from './report.ts'
import { probeRidge, type RidgeProbe } from './ridgeProbe.ts'
import { acceptsRidge, gradientNoise, type RidgeProblem, ridgeState } from './ridgeProblem.ts'
import { ridgeStepper } from './ridgeStepper.ts'

/** How the sketch of `adaptivePcg` starts and grows. */
export interface AdaptiveOptions extends Pick<SketchChoice, 'kind' | 'seed'> {
  /** ρ in (0, 1), the part of δ that a good step leaves at most; default 0.5. */
  readonly shrink?: number
  /** m to begin with, and every step judged alone, as published; default: measured. */
  readonly rows?: number
  /** A probe made before; default: made when it is needed. */
  readonly probe?: RidgeProbe
  /** Rows of a measured sketch, in effective dimensions; default 3.5. */
  readonly rowsPerDimension?: number
  /** Whether plain CG may go first when its rehearsal says so; default true. */
  readonly plain?: boolean
  /** Default min(n, 4d). */
  readonly maxRows?: number
  /**
   * What a doubling does: 'resample' (default) draws all rows anew; 'append' draws as many more and keeps the old ones, half the sketching, for kinds whose
   * union is of the same kind (sjlt, gaussian, rademacher, or a distribution of one's own).
   */
  readonly grow?: 'resample' | 'append'
  /** Seed of the k-th sketch; default `stepSeed(seed, k)`. */
  readonly seedOf?: (k: number) => number
}

/** Kinds of which two independent draws, stacked, are one. */
const UNITES: readonly string[] = ['sjlt', 'gaussian', 'rademacher']
const PATIENCE = 20
const DIRECT_COLUMNS = 4096
const ESTIMATE_ROWS = 600
/** Contraction √(1/3.5) a step: the fewest products at four effective dimensions at most, with room for the error of the estimate. */
const ROWS_PER_DIMENSION = 3.5
/** Steps over which a measured size is judged. */
const JUDGED = 4
/** Products beyond one and a half times its rehearsal that CG is given. */
const SPARE = 5

/**
 * The default for large ridge problems.
 *
 * Cost: sketches (geometric in m), factors of side min(m, d), 4nd a step and for each of the about log₂(m/m₀) rejected ones.
 *
 * `iterate` throws DomainError (E_PARAM_RANGE) for λ = 0, ρ outside (0, 1), or first rows outside 1..maxRows; (E_SKETCH_TOO_LARGE) for maxRows > n.
 */
export function adaptivePcg(options: AdaptiveOptions = {}): RidgeSolver {
  const { shrink = 0.5, seed = 0, kind = 'sjlt', grow = 'resample', seedOf = k => stepSeed(seed, k) } = options
  return {
    name: 'adaptive-pcg',
    reference: 'Lacotte and Pilanci, Effective dimension adaptive sketching methods, 2020',
    accepts: acceptsRidge,
    *iterate(problem, context) {
      const region = compute().region()
      try {
        yield* steps(problem as RidgeProblem, context, region)
      } finally {
        region.dispose()
      }
    },
  }

  function* steps(stated: RidgeProblem, context: SolverContext, region: Region): Generator<RidgeStep, void, void> {
    const { operator, lambda } = stated
    const { rows: n, cols: d } = operator
    const { maxRows = Math.min(n, 4 * d) } = options
    check(stated, shrink, options.rows ?? 1, maxRows)
    if (grow === 'append' && typeof kind === 'string' && !UNITES.includes(kind))
      throw new DomainError(
        `adaptivePcg: grow: 'append' is for ${UNITES.join(', ')}; got ${kind}, whose union is of another kind. Use 'resample'.`,
        'E_PARAM_RANGE',
      )
    const report = ridgeReport('adaptive')
    const contraction = new Contraction(report, { warn: false })
    const bounds = errorBounds(stated, report, { tolerance: context.tolerance, seed })
    const noise = gradientNoise(stated)
    const state = ridgeState(stated, context.start)
    const { x, residual, gradient } = state
    const [heldX, heldResidual, heldGradient] = [x.slice(), residual.slice(), gradient.slice()]
    const stepper = ridgeStepper(stated, state, { tolerance: context.tolerance })
    const p = new Float64Array(d)
    let [rows, sketches, accepted, poor] = [options.rows ?? 0, 0, 0, 0]
    let [drawn, began] = [0, 0]
    let m: Preconditioner = identityPreconditioner
    let kept: Dense | null = null
    let delta = 0

    function draw(): void {
      const before = grow === 'append' ? kept : null
      const fresh = sketchMatrix(stated, options, rows - (before?.rows ?? 0), seedOf(sketches++))
      const drawnMatrix = before === null ? fresh : stacked(before, fresh)
      kept = drawnMatrix
      const sa = dense(drawnMatrix.rows, drawnMatrix.cols, region.own(drawnMatrix.data))
      m = sketchedHessian(sa, lambda)
      report.sketchRows = sa.rows
      if (options.rows !== undefined && Math.min(sa.rows, d) <= ESTIMATE_ROWS)
        report.effectiveDimension = effectiveDimension(sa, lambda)
      if (report.effectiveDimension > 0) {
        report.predicted = pcgFactor({ dimension: report.effectiveDimension, rows: sa.rows })
      }
      contraction.restart()
      const z = m.solve(gradient)
      delta = dot(gradient, z)
      ;[drawn, began] = [delta, accepted]
      for (let j = 0; j < d; j++) p[j] = -z[j]
    }
    /** Whether the last step says that the sketch is too small. */
    const tooSmall = (next: number) =>
      options.rows === undefined
        ? accepted + 1 - began >= JUDGED && next > shrink ** (accepted + 1 - began) * drawn
        : next > shrink * delta

    yield ridgeStep(state, report, 'sketch')
    if (options.rows === undefined) {
      const probe =
        options.probe ?? probeRidge(stated, { ...context, seed, gradient, ...(options.kind && { kind: options.kind }) })
      const { effectiveDimension: dimension, cgProducts } = probe
      report.effectiveDimension = dimension
      rows = Math.max(1, Math.min(maxRows, Math.ceil((options.rowsPerDimension ?? ROWS_PER_DIMENSION) * dimension)))
      const sketched = probe.pcgProducts(rows)
      const plain = options.plain !== false && cgProducts <= sketched
      report.choices = { probeRows: probe.sa.rows, cgProducts, sketchedProducts: sketched, plainFirst: plain }
      if (plain) {
        const limit = state.products + 1.5 * cgProducts + SPARE
        for (const step of iteratePcg(stated, state, identityPreconditioner, {
          report,
          bounds,
          tolerance: context.tolerance,
        })) {
          yield step
          if (report.products >= limit) break
        }
        if (report.products < limit) return
        report.warnings.push(`CG took more than the ${cgProducts} products of its rehearsal: a sketch takes over.`)
      }
    }
    draw()
    for (;;) {
      const quiet = norm(gradient) <= noise(state)
      contraction.add(delta, quiet)
      for (const _ of bounds.update(state, m, delta)) yield ridgeStep(state, report, 'spectrum')
      yield ridgeStep(state, report, 'pcg')
      if (quiet) return
      heldX.set(x)
      heldResidual.set(residual)
      heldGradient.set(gradient)
      const curvature = stepper.along(p)
      if (!(curvature > 0)) return
      stepper.move(-dot(gradient, p) / curvature)
      if ((accepted + 1) % 50 === 0) state.refresh()
      const z = m.solve(gradient)
      const next = dot(gradient, z)
      // A gradient that has become noise says nothing about the sketch.
      const short = tooSmall(next) && norm(gradient) > noise(state)
      if (short && rows < maxRows) {
        x.set(heldX)
        residual.set(heldResidual)
        gradient.set(heldGradient)
        rows = Math.min(2 * rows, maxRows)
        report.growth.push([accepted, rows])
        yield ridgeStep(state, report, 'sketch')
        draw()
        continue
      }
      accepted++
      if (short && ++poor > PATIENCE) break
      for (let j = 0; j < d; j++) p[j] = -z[j] + (next / delta) * p[j]
      delta = next
    }
    const lower = d <= DIRECT_COLUMNS ? ridgedFactor(operator.matrix, lambda) : undefined
    report.warnings.push(
      `a sketch of ${maxRows} rows, the most allowed, does not help: ${lower ? 'the factor of the whole problem takes over' : 'plain CG takes over'}.`,
    )
    report.sketchRows = 0
    report.predicted = Number.NaN
    yield ridgeStep(state, report, 'factor')
    const exact = lower ? triangular(transpose(lower), n) : identityPreconditioner
    yield* iteratePcg(stated, state, exact, { report, bounds })
  }
}

function check({ operator, lambda }: RidgeProblem, shrink: number, first: number, maxRows: number): void {
  const refuse = (message: string, code = 'E_PARAM_RANGE') => new DomainError(`adaptivePcg: ${message}`, code)
  if (!(lambda > 0)) throw refuse(`lambda must be > 0; got ${lambda}. Use sketchedPcg, which needs no ridge.`)
  if (!(shrink > 0 && shrink < 1)) throw refuse(`shrink must be in (0, 1); got ${shrink}. 0.5 is usual.`)
  if (!(Number.isInteger(maxRows) && maxRows >= 1)) throw refuse(`maxRows must be a whole number ≥ 1; got ${maxRows}.`)
  if (maxRows > operator.rows)
    throw refuse(`maxRows must be at most the ${operator.rows} rows of the data; got ${maxRows}.`, 'E_SKETCH_TOO_LARGE')
  if (!(Number.isInteger(first) && first >= 1 && first <= maxRows))
    throw refuse(`rows must be a whole number in 1..${maxRows}, maxRows; got ${first}.`)
}
