/**
 * From systems in coordinates to models in raw units, with their bounds, fit and generalised cross-validation.
 *
 * GCV(λ) = (Σwr²/n)/(1 − (d_λ + 1)/n)² estimates the error on new rows from the fit alone; d_λ is exact where a factor was certified, else from the sketch.
 * Source: G. Golub, M. Heath, G. Wahba, Generalized cross-validation as a method for choosing a good ridge parameter, 1979.
 * @module
 */
import { type Dense, dense } from '../../matrix/dense.ts'
import { dot } from '../../matrix/vector.ts'
import { sketchedDimension, sketchedSpectrum } from '../sketched/effectiveDimension.ts'
import { errorStatement } from '../sketched/errorStatement.ts'
import type { Status } from '../solve.ts'
import { toRaw } from './coordinates.ts'
import type { Program } from './survey.ts'
import type { StreamBoundBy, System } from './systems.ts'

/** One model of `streamRidge`, in raw units. */
export interface StreamModel {
  /** Mean form. */
  readonly lambda: number
  /** In R^d; 0 for columns that never vary. */
  readonly coefficients: Float64Array
  readonly intercept: number
  /** f of the page above: mean of the losses and the penalty. */
  readonly objective: number
  /** f(here) − min f ≤ this, rounding included; Infinity when nothing is proved. */
  readonly errorBound: number
  /** √(2n·errorBound)/‖√w(y − ȳ)‖. */
  readonly relativeError: number
  readonly boundBy: StreamBoundBy
  readonly statement: string
  readonly status: Status
  /** Steps after the first answer. */
  readonly iterations: number
  /** d_λ without the intercept; NaN when it is not known. */
  readonly effectiveDimension: number
  /** NaN when d_λ is not known, or does not leave a degree of freedom. */
  readonly gcv: number
  readonly r2: number
  readonly rmse: number
}

/** Columns up to which the spectrum of a sketch is computed. */
const ESTIMATE_COLUMNS = 600

/** [target][λ]. */
export function modelsOf(
  program: Program,
  systems: readonly System[],
  { count, sketch, status }: { readonly count: number; readonly sketch: Dense | null; readonly status: Status | null },
): StreamModel[][] {
  const estimate = dimensions(program, systems, sketch)
  const all = systems.map(s => modelOf(program, s, { status, estimate }))
  return Array.from({ length: all.length / count }, (_, t) => all.slice(t * count, (t + 1) * count))
}

function modelOf(
  program: Program,
  s: System,
  { status, estimate }: { readonly status: Status | null; readonly estimate: (s: System) => number },
): StreamModel {
  const { coordinates, rows, weight, penalty, centred, norms } = program
  const { x, squares, bound, boundBy, first } = s.best
  const { coefficients, intercept, size } = toRaw(x, coordinates, s.target)
  const scale = coordinates.unit[coordinates.cols + s.target] ** 2
  // The intercept is rounded once more on its way to raw units: f moves by at most |g₀|·size + ½W·size².
  const moved = size === 0 ? 0 : first * size + 0.5 * norms[0] ** 2 * size * size
  const proved = bound + moved
  const ridge = dot(
    x.map((v, j) => v * penalty[j]),
    x,
  )
  const effectiveDimension = estimate(s)
  const left = 1 - (effectiveDimension + (coordinates.intercept ? 1 : 0)) / rows
  const relativeError = proved === 0 ? 0 : Math.sqrt(2 * proved) / centred[s.target]
  const errorBound = (proved * scale) / rows
  return {
    lambda: s.lambda / rows,
    coefficients,
    intercept,
    objective: (0.5 * (squares + s.lambda * ridge) * scale) / rows,
    errorBound,
    relativeError,
    boundBy: bound < Infinity ? boundBy : 'none',
    statement: errorStatement({ errorBound, relativeError, boundBy: bound < Infinity ? boundBy : 'none' }),
    status: s.done ? 'solved' : (status ?? 'stalled'),
    iterations: s.steps,
    effectiveDimension,
    gcv: left > 0 ? (squares * scale) / rows / (left * left) : Number.NaN,
    r2: 1 - squares / centred[s.target] ** 2,
    rmse: Math.sqrt((squares * scale) / weight),
  }
}

function dimensions(program: Program, systems: readonly System[], sketch: Dense | null): (s: System) => number {
  const lead = program.coordinates.intercept ? 1 : 0
  const penalised = program.norms.length - lead
  let spectrum: Float64Array | null = null
  if (systems.some(s => s.factor === null && s.lambda > 0) && sketch !== null && penalised <= ESTIMATE_COLUMNS)
    spectrum = sketchedSpectrum(reduced(program, sketch))
  return s => {
    if (s.factor !== null) return s.factor.dimension - lead
    if (s.lambda === 0) return penalised
    return spectrum === null ? Number.NaN : sketchedDimension(spectrum, sketch?.rows ?? 0, s.lambda)
  }
}

/** The sketch with the intercept taken out and the columns in units of their penalty: its ridge is λI. */
function reduced({ coordinates, norms, moments, penalty }: Program, sketch: Dense): Dense {
  const lead = coordinates.intercept ? 1 : 0
  const out = dense(sketch.rows, sketch.cols - lead)
  for (let i = 0; i < sketch.rows; i++)
    for (let j = lead; j < sketch.cols; j++) {
      const mean = lead === 1 ? moments[j] / norms[0] ** 2 : 0
      const centred = sketch.data[i * sketch.cols + j] - mean * sketch.data[i * sketch.cols]
      out.data[i * out.cols + j - lead] = centred / Math.sqrt(penalty[j])
    }
  return out
}

/** The model of least GCV of one target; the first where none has one. */
export function chooseByGcv(models: readonly StreamModel[]): number {
  let best = -1
  models.forEach(({ gcv }, k) => {
    if (Number.isFinite(gcv) && (best < 0 || gcv < models[best].gcv)) best = k
  })
  return Math.max(0, best)
}
