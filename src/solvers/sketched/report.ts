/**
 * What a sketched solver tells beside its point: its sketch, its predicted and its measured contraction, and how its error is bounded.
 * @module
 */
import type { Step } from '../solver.ts'
import type { RidgeState } from './ridgeProblem.ts'

/** How f(x) − f(x*) is bounded: by the ridge, the QR or a certified factor (for certain), by a spectrum met with a random start, or not. */
export type BoundBy = 'ridge' | 'orthogonality' | 'gram' | 'spectrum' | 'none'

/** What every sketched method tells. Live: changes with every step. */
export interface SketchReport {
  readonly method: string
  /** Rows of the sketch in use; 0 when there is none. */
  sketchRows: number
  /** Estimated d_λ (d without a ridge); NaN when not estimated. */
  effectiveDimension: number
  /** Factor by which ‖x − x*‖_H should shrink a step; NaN when nothing is predicted. */
  predicted: number
  /** Factor by which √(gᵀM⁻¹g) did shrink, on geometric average with the sketch in use; NaN in the first steps. */
  measured: number
  /** Pairs of products with A and Aᵀ, rejected trials and bounds included. */
  products: number
  /** Adaptive sizes: [accepted steps before, rows after] of every change. */
  readonly growth: [number, number][]
  readonly warnings: string[]
  /** What the method decided on its own, by name. */
  choices?: Readonly<Record<string, string | number | boolean>>
}

/** Of a ridge problem, also a bound on the error. */
export interface RidgeReport extends SketchReport {
  boundBy: BoundBy
  /** ½‖x − x*‖²_H ≤ this; Infinity when nothing is proved. Smaller than objective − bound can show. */
  errorBound: number
}

/** A step of a solver of ridge problems. */
export interface RidgeStep extends Step {
  readonly report: RidgeReport
}

/** An empty report. */
export function ridgeReport(method: string): RidgeReport {
  return { ...sketchReport(method), boundBy: 'none', errorBound: Infinity }
}

/** An empty report without a bound. */
export function sketchReport(method: string): SketchReport {
  return {
    method,
    sketchRows: 0,
    effectiveDimension: Number.NaN,
    predicted: Number.NaN,
    measured: Number.NaN,
    products: 0,
    growth: [],
    warnings: [],
  }
}

/** The step at a state. Its bound is what `errorBound` leaves of the objective; its dual point is the residual A·x − b. */
export function ridgeStep(state: RidgeState, report: RidgeReport, phase: string): RidgeStep {
  report.products = state.products
  const objective = state.objective()
  const proved = report.errorBound < Infinity
  return {
    x: state.x,
    objective,
    bound: proved ? objective - report.errorBound : -Infinity,
    dualPoint: proved ? state.residual : null,
    active: state.x.length,
    phase,
    report,
  }
}

/** Steps before a measured factor is compared with the predicted one. */
const SETTLED = 6
/** A measured log-rate below this part of the predicted one is no coincidence (finite sizes reach 0.75). */
const SLOW = 0.6

/** Measures the contraction of √δ since its start, δ = gᵀM⁻¹g, and warns once when it is far from what was predicted. */
export class Contraction {
  readonly #report: Pick<SketchReport, 'predicted' | 'measured' | 'warnings'>
  #first = 0
  #steps = -1
  #warned: boolean

  /** `warn: false` where a slow step is the method's own business. */
  constructor(
    report: Pick<SketchReport, 'predicted' | 'measured' | 'warnings'>,
    { warn = true }: { readonly warn?: boolean } = {},
  ) {
    this.#report = report
    this.#warned = !warn
  }

  /** A new sketch with the same prediction: measure anew. */
  restart(): void {
    this.#steps = -1
    this.#report.measured = Number.NaN
  }

  /** Takes δ of the next step; nothing is made of a δ at the level of rounding. */
  add(delta: number, noise: boolean): void {
    if (noise || !(delta > 0)) return
    this.#steps++
    if (this.#steps === 0) this.#first = delta
    if (this.#steps < 3) return
    const report = this.#report
    report.measured = (delta / this.#first) ** (0.5 / this.#steps)
    const { predicted, measured } = report
    if (this.#warned || this.#steps < SETTLED || !(predicted < 1)) return
    if (Math.log(measured) <= SLOW * Math.log(predicted)) return
    this.#warned = true
    report.warnings.push(
      `predicted a factor of ${predicted.toFixed(3)} a step, measured ${measured.toFixed(3)}: the sketch does not keep the geometry of this matrix. Take more rows, or another kind (sjlt).`,
    )
  }
}
