/**
 * The first pass: the Gram matrix of the rows, or a sketch of them, with what the program needs to be stated: column norms, means, the number of rows.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import type { Gram } from './certifiedFactor.ts'
import { type Coordinates, without } from './coordinates.ts'
import { passOver, type Run } from './passes.ts'
import { gramOf, sketchOf, sketchScale } from './summands.ts'

/** The program in the coordinates: ½‖A·x − b‖² + ½λ·xᵀPx, λ in sum form. */
export interface Program {
  readonly coordinates: Coordinates
  /** n, and Σw. */
  readonly rows: number
  readonly weight: number
  /** Column norms of A, in R^D. */
  readonly norms: Float64Array
  /** First row of AᵀA with an intercept: Σ√w·z_j; zeros without. */
  readonly moments: Float64Array
  /** Diagonal of P: 0 at the intercept. */
  readonly penalty: Float64Array
  /** Aᵀb_t, a row a target. */
  readonly products: Dense
  /** ‖b_t‖, and with an intercept the same less the part of the mean. */
  readonly sizes: Float64Array
  readonly centred: Float64Array
}

/** What the first pass gives. */
export interface Survey {
  readonly program: Program
  /** Present when the Gram matrix was summed. */
  readonly gram: Gram | null
  /** S·A ∈ R^{m × D}, when a sketch was. */
  readonly sketch: Dense | null
}

/** How the first pass is made. */
export interface SurveyOptions {
  readonly standardise: boolean
  /** Rows of the sketch for D columns, or null for the Gram matrix. */
  readonly sketchRows: ((side: number) => number) | null
  readonly seed: number
}

/** Runs it; null when it was stopped. */
export async function survey(run: Run, options: SurveyOptions): Promise<Survey | null> {
  const { sketchRows, seed } = options
  const targets = run.source.targets
  let m = 0
  const sum = await passOver(run, sketchRows === null ? 'gram' : 'sketch', ({ side, intercept }) => {
    if (sketchRows === null) return gramOf(side, targets, null)
    m = sketchRows(side)
    return sketchOf(side, targets, { rows: m, seed, intercept })
  })
  if (sum === null) return null
  const full = run.coordinates as Coordinates
  const width = full.side + targets
  const squares = (j: number) => (sketchRows === null ? sum.data[j * width + j] : sum.data[m * width + j])
  const coordinates = without(
    full,
    Array.from({ length: full.side }, (_, j) => squares(j) === 0),
  )
  run.coordinates = coordinates
  const lead = coordinates.intercept ? 1 : 0
  const left = [
    ...(lead ? [0] : []),
    ...coordinates.kept.map(j => lead + full.kept.indexOf(j)),
    ...Array.from({ length: targets }, (_, t) => full.side + t),
  ]
  if (sketchRows === null) {
    const matrix = dense(left.length, left.length)
    left.forEach((from, i) => {
      left.forEach((to, j) => {
        matrix.data[i * left.length + j] = sum.data[Math.max(from, to) * width + Math.min(from, to)]
      })
    })
    const program = stated(run, coordinates, options, (i, j) => matrix.data[i * left.length + j])
    return { program, gram: { matrix, basis: null, norms: program.norms, rows: run.rows }, sketch: null }
  }
  const side = coordinates.side
  const program = stated(run, coordinates, options, (i, j) => {
    const [from, to] = [left[i], left[j]]
    if (i === j) return sum.data[m * width + from]
    if (i >= side) return sum.data[(m + 2 + i - side) * width + to]
    return sum.data[(m + 1) * width + to]
  })
  const scale = sketchScale(m)
  const sketch = dense(m, side)
  for (let i = 0; i < m; i++)
    for (let k = 0; k < side; k++) sketch.data[i * side + k] = scale * sum.data[i * width + left[k]]
  return { program, gram: null, sketch }
}

/** From the entries (i, j) of the Gram matrix with i = j, i = 0, or i a target. */
function stated(
  run: Run,
  coordinates: Coordinates,
  { standardise }: SurveyOptions,
  entry: (i: number, j: number) => number,
): Program {
  const { side, intercept, kept, unit } = coordinates
  const { targets } = run.source
  const total = run.weight
  if (!(total > 0))
    throw new DomainError('streamRidge: some weight must be above 0; all are 0. Check the weights.', 'E_PARAM_RANGE')
  const norms = Float64Array.from({ length: side }, (_, j) => Math.sqrt(entry(j, j)))
  const moments = Float64Array.from({ length: side }, (_, j) => (intercept ? entry(0, j) : 0))
  const lead = intercept ? 1 : 0
  const penalty = new Float64Array(side)
  kept.forEach((column, k) => {
    const j = lead + k
    // In raw units β = x/u: β² = x²/u²; in units of the deviation (σ·β)² = (σ_z·x)².
    const mean = intercept ? moments[j] / total : 0
    penalty[j] = standardise
      ? Math.max(norms[j] ** 2 / total - mean * mean, 2 ** -40 * (norms[j] ** 2 / total))
      : unit[column] ** -2
  })
  const products = dense(targets, side)
  const sizes = new Float64Array(targets)
  const centred = new Float64Array(targets)
  for (let t = 0; t < targets; t++) {
    for (let j = 0; j < side; j++) products.data[t * side + j] = entry(side + t, j)
    const squares = entry(side + t, side + t)
    sizes[t] = Math.sqrt(squares)
    centred[t] = Math.sqrt(Math.max(0, squares - (intercept ? products.data[t * side] ** 2 / total : 0)))
  }
  return { coordinates, rows: run.rows, weight: total, norms, moments, penalty, products, sizes, centred }
}

/** The Gram matrix of A·T₀, in one more pass; null when it was stopped. */
export async function gramPass(run: Run, { norms }: Program, basis: Dense): Promise<Gram | null> {
  const { targets } = run.source
  const sum = await passOver(run, 'gram', ({ side }) => gramOf(side, targets, basis))
  if (sum === null) return null
  for (let i = 0; i < sum.rows; i++) for (let j = 0; j < i; j++) sum.data[j * sum.cols + i] = sum.data[i * sum.cols + j]
  return { matrix: sum, basis, norms, rows: run.rows }
}
