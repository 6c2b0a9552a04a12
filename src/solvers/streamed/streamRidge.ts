/**
 * Least squares and ridge regression over rows that are seen only in passes: several targets, a whole path of λ, memory that does not grow with the rows.
 *
 *   f_{t,λ}(β₀, β) = (1/n)·Σ_i w_i·½(β₀ + x_iᵀβ − y_it)² + ½λ·Σ_j (σ_j·β_j)²,   σ_j = 1, or the standard deviation of column j.
 *
 * - `gram`: one pass sums the Gram matrix; each λ is then a factor of side D = d + 1. The answer carries a bound with all roundings counted, often
 *   without a second pass; else a pass for the true gradient and a refinement step or two. Where the matrix is too ill-conditioned for its squares, a pass
 *   for a sketch and one for the Gram matrix of A·T₀, T₀ from the sketch, take over.
 * - `pcg`: one pass sums a sketch, which preconditions conjugate gradients for all targets and all λ, a pass a step; the bound comes from the ridge, or from one
 *   pass for the Gram matrix of A·T₀.
 *
 * Source for the second: V. Rokhlin, M. Tygert, A fast randomized algorithm for overdetermined linear least-squares regression, 2008; for A·T₀: T. Fukaya,
 * R. Kannan, Y. Nakatsukasa, Y. Yamamoto, Y. Yanagisawa, Shifted Cholesky QR for computing the QR factorization of ill-conditioned matrices, 2020.
 * @module
 */
import { DomainError, NotSolvedError, UnsupportedError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { Status } from '../solve.ts'
import { type CertifiedFactor, certifiedFactor, type Gram, seenByGram } from './certifiedFactor.ts'
import { modelsOf, type StreamModel } from './models.ts'
import type { Run, StreamProgress } from './passes.ts'
import type { RowSource } from './rowSource.ts'
import { sketchedBasis } from './sketchedBasis.ts'
import { gramPass, type Program, survey } from './survey.ts'
import { begin, judge, look, type System, step, system } from './systems.ts'

/** How `streamRidge` works. */
export type StreamMethod = 'auto' | 'gram' | 'pcg'

/** The methods of `streamRidge` by name. */
export const STREAM_METHODS: readonly StreamMethod[] = ['auto', 'gram', 'pcg']

/** Which λ: a list, or a number of them spaced evenly in log(λ). */
export type PathOfLambdas =
  | { readonly lambdas: readonly number[] }
  | {
      /** How many; ≥ 1. */
      readonly count: number
      /** The smallest as a part of the largest, in (0, 1). The largest is the sum of the squares of the (standardised) columns over n: there d_λ ≤ 1. */
      readonly ratio: number
    }

/** Program, method and limits of `streamRidge`. */
export interface StreamRidgeOptions {
  /** Default one λ, 0. Each λ ≥ 0, in the mean form above. */
  readonly path?: PathOfLambdas
  /** Default true. */
  readonly intercept?: boolean
  /** σ_j: the (weighted) standard deviation, of the square mean where there is no intercept; default false, 1. */
  readonly standardise?: boolean
  /** Default 'auto': gram up to 2048 columns, else pcg. */
  readonly method?: StreamMethod
  /** Bound on the energy error relative to the target, √(2n(f − f*))/‖√w(y − ȳ)‖, to stop at; default 1e-8. */
  readonly tolerance?: number
  /** Rows of the sketch; default 4·D. */
  readonly rows?: number
  /** Seed of the sketch; default 0. */
  readonly seed?: number
  /** Default 200. */
  readonly maxPasses?: number
  /** Seconds; default none. */
  readonly maxTime?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: StreamProgress) => void
}

/** Models by target and λ, and what they took. */
export interface StreamRidgeSolution {
  /** [target][λ], λ in the order of `lambdas`. */
  readonly models: readonly (readonly StreamModel[])[]
  /** Mean form, largest first. */
  readonly lambdas: readonly number[]
  readonly status: Status
  readonly method: Exclude<StreamMethod, 'auto'>
  /** Why this method. */
  readonly reason: string
  /** n. */
  readonly rows: number
  /** Passes over all rows. */
  readonly passes: number
  /** Rows of the sketch; 0 without one. */
  readonly sketchRows: number
  /** Raw columns that never vary; their coefficients are 0. */
  readonly constant: readonly number[]
  /** Most partial sums and most numbers held at once, the caller's block apart: they grow with the logarithm of n. */
  readonly held: { readonly sums: number; readonly numbers: number }
  readonly seconds: number
  readonly seed: number
  readonly warnings: readonly string[]
}

const GRAM_COLUMNS = 2048
const MOST_COLUMNS = 8192
/** Passes without a better bound before a system is given up. */
const PATIENCE = { cg: 10, refine: 2 }

/**
 * Solves and bounds. The same bits for any blocking of the rows and any number of threads.
 *
 * Memory: (levels + 2)·D² numbers for `gram`, levels = log₂(n/4096); (levels + 2)·m·D for the sketch of `pcg`; both a block of 4096 rows.
 *
 * @throws DomainError (E_PARAM_RANGE) for options out of range, (E_NONFINITE) for entries that are not finite, (E_RANK) for dependent columns without a ridge,
 *   (E_TARGET) for a target that never varies; UnsupportedError beyond 8192 columns.
 */
export async function streamRidge(source: RowSource, options: StreamRidgeOptions = {}): Promise<StreamRidgeSolution> {
  const {
    intercept = true,
    standardise = false,
    method = 'auto',
    tolerance = 1e-8,
    seed = 0,
    maxPasses = 200,
  } = options
  check(source, options)
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const run: Run = {
    source,
    intercept,
    coordinates: null,
    rows: Number.NaN,
    weight: Number.NaN,
    passes: 0,
    held: 0,
    numbers: 0,
    status: null,
    stop: () => (options.signal?.aborted ? 'aborted' : seconds() >= (options.maxTime ?? Infinity) ? 'max-time' : null),
    onProgress: progress => options.onProgress?.({ ...progress, seconds: seconds() }),
  }
  const chosen = method === 'auto' ? (source.cols <= GRAM_COLUMNS ? 'gram' : 'pcg') : method
  const rowsFor = (side: number) => options.rows ?? 4 * side
  const warnings: string[] = []
  const stopped = () =>
    new NotSolvedError(
      `streamRidge: a first answer takes ${chosen === 'gram' ? 'a whole pass' : 'two whole passes'} over the rows; got status ${run.status} before. Allow more time.`,
    )
  const first = await survey(run, { standardise, sketchRows: chosen === 'gram' ? null : rowsFor, seed })
  if (first === null) throw stopped()
  const { program } = first
  requireTargets(program)
  const lambdas = pathOf(options.path, program)
  const found = await (chosen === 'gram' ? byGram(first.gram as Gram) : bySketch(first.sketch as Dense))
  const { systems, sketch } = found
  return {
    models: modelsOf(program, systems, { count: lambdas.length, sketch, status: run.status }),
    lambdas,
    status: run.status ?? (systems.every(s => s.done) ? 'solved' : 'stalled'),
    method: chosen,
    reason: reasonFor(method, source.cols),
    rows: run.rows,
    passes: run.passes,
    sketchRows: sketch?.rows ?? 0,
    constant: Array.from({ length: source.cols }, (_, j) => j).filter(j => !program.coordinates.kept.includes(j)),
    held: { sums: run.held, numbers: run.numbers },
    seconds: seconds(),
    seed,
    warnings,
  }

  async function byGram(gram: Gram): Promise<Found> {
    const factors = factorsOf(gram)
    const systems =
      factors === null ? [] : every((target, l) => fromGram(program, gram, { target, lambda: sum(l) }, factors[l]))
    // From the Gram matrix alone: no second pass where this is enough and the sum of squares has its digits.
    for (const s of systems) {
      s.seen = seenByGram(gram, s, program.penalty)
      judge(s, program)
      s.done = within(s) && s.seen.squaresError <= 1e-9 * s.seen.squares
    }
    await refine(systems)
    if (systems.length > 0 && (run.status !== null || systems.every(s => s.done))) return { systems, sketch: null }
    warnings.push(
      'the columns are too nearly dependent for their Gram matrix: a sketch, and the Gram matrix of columns that it makes nearly orthonormal, took over.',
    )
    const again = await survey(run, { standardise, sketchRows: rowsFor, seed })
    if (again?.sketch == null) {
      if (systems.length === 0) throw stopped()
      return { systems, sketch: null }
    }
    requireRows(again.sketch, lambdas)
    return byBasis(again.sketch, sketchedBasis(again.sketch, sum(lambdas.length - 1), program.penalty).basis, systems)
  }

  async function bySketch(sketch: Dense): Promise<Found> {
    requireRows(sketch, lambdas)
    const side = program.norms.length
    const bases = lambdas.map((_, l) => sketchedBasis(sketch, sum(l), program.penalty))
    const systems = every((target, l) => {
      const gradient = program.products.data.slice(target * side, (target + 1) * side).map(v => -v)
      return system({ target, lambda: sum(l), x: new Float64Array(side), gradient, solve: bases[l].solve })
    })
    for (const s of systems) begin(s)
    if (await conjugate(systems)) return { systems, sketch }
    return byBasis(sketch, bases[bases.length - 1].basis, systems)
  }

  /** The Gram matrix of A·T₀, T₀ from the smallest λ, proves what is there, or gives a first answer where nothing is. */
  async function byBasis(sketch: Dense, basis: Dense, found: readonly System[]): Promise<Found> {
    const gram = await gramPass(run, program, basis)
    const factors = gram && factorsOf(gram)
    if (gram === null || factors === null) {
      if (found.length === 0) throw gram === null ? stopped() : dependent()
      if (gram !== null)
        warnings.push(
          'no more could be proved: the columns are too nearly dependent. Take a larger ridge, or drop columns.',
        )
      return { systems: found, sketch }
    }
    const systems =
      found.length > 0 ? found : every((target, l) => fromGram(program, gram, { target, lambda: sum(l) }, factors[l]))
    found.forEach((s, k) => {
      Object.assign(s, { factor: factors[k % lambdas.length], direction: null, idle: 0 })
      judge(s, program)
      s.done = within(s)
    })
    await refine(systems)
    return { systems, sketch }
  }

  /** λ in sum form. */
  function sum(l: number): number {
    return lambdas[l] * run.rows
  }

  function factorsOf(gram: Gram): CertifiedFactor[] | null {
    const all = lambdas.map((_, l) => certifiedFactor(gram, sum(l), program.penalty))
    return all.every(factor => factor !== null) ? all : null
  }

  function every(make: (target: number, l: number) => System): System[] {
    return Array.from({ length: source.targets }, (_, t) => lambdas.map((_, l) => make(t, l))).flat()
  }

  function within({ best, target }: System): boolean {
    return Math.sqrt(2 * best.bound) <= tolerance * program.centred[target]
  }

  /** Newton steps with certified factors until all are within, or no better. */
  async function refine(systems: readonly System[]): Promise<void> {
    for (;;) {
      const open = systems.filter(s => !s.done && s.idle < PATIENCE.refine)
      if (open.length === 0) return
      if (run.passes >= maxPasses) return void (run.status = 'max-iterations')
      const products = await look(run, program, open)
      if (products === null) return
      open.forEach((s, k) => {
        const before = s.best.bound
        judge(s, program)
        s.idle = s.best.bound < 0.5 * before ? 0 : s.idle + 1
        s.done = within(s)
        if (!s.done) step(s, products[k])
      })
    }
  }

  /** PCG; true when all is proved, or the run was stopped. */
  async function conjugate(systems: readonly System[]): Promise<boolean> {
    // What M says of the error, and M is within a small factor of H.
    const near = (s: System) => s.delta <= 0.1 * (tolerance * program.centred[s.target]) ** 2
    for (;;) {
      const open = systems.filter(s => !s.done)
      if (open.length === 0) return true
      if (open.every(s => s.seen !== null && (near(s) || s.idle >= PATIENCE.cg))) return false
      if (run.passes >= maxPasses) {
        run.status = 'max-iterations'
        return true
      }
      const products = await look(run, program, open)
      if (products === null) return true
      open.forEach((s, k) => {
        judge(s, program)
        s.done = within(s)
        if (!s.done && !near(s)) step(s, products[k])
      })
    }
  }
}

interface Found {
  readonly systems: readonly System[]
  readonly sketch: Dense | null
}

/** The solution by the factor, refined on the Gram matrix where that is of A itself; before any bound. */
function fromGram(
  { norms, products, penalty }: Program,
  gram: Gram,
  { target, lambda }: { readonly target: number; readonly lambda: number },
  factor: CertifiedFactor,
): System {
  const side = norms.length
  const x = factor.solve(products.data.slice(target * side, (target + 1) * side))
  for (let round = 0; round < 2 && gram.basis === null; round++) {
    const z = factor.solve(seenByGram(gram, { target, lambda, x }, penalty).gradient)
    for (let j = 0; j < side; j++) x[j] -= z[j]
  }
  return system({ target, lambda, x, gradient: new Float64Array(side), solve: g => factor.solve(g) }, factor)
}

function listed(path: PathOfLambdas | undefined): number[] {
  return path !== undefined && 'lambdas' in path ? [...path.lambdas].sort((a, b) => b - a) : [0]
}

function pathOf(path: PathOfLambdas | undefined, { norms, moments, penalty, coordinates, rows }: Program): number[] {
  if (path === undefined || 'lambdas' in path) return listed(path)
  let top = 0
  for (let j = coordinates.intercept ? 1 : 0; j < norms.length; j++)
    top += (norms[j] ** 2 - (coordinates.intercept ? moments[j] ** 2 / norms[0] ** 2 : 0)) / penalty[j] / rows
  const { count, ratio } = path
  return Array.from({ length: count }, (_, k) => top * ratio ** (count === 1 ? 0 : k / (count - 1)))
}

function dependent(): DomainError {
  return new DomainError(
    'streamRidge: the columns must be independent, or the ridge larger; to working accuracy they are not. Drop columns.',
    'E_RANK',
  )
}

function reasonFor(method: StreamMethod, cols: number): string {
  if (method !== 'auto') return 'as asked'
  return cols <= GRAM_COLUMNS
    ? `one pass for the Gram matrix: ${cols} columns, at most ${GRAM_COLUMNS}`
    : `one pass for a sketch, and a pass for each step: ${cols} columns, more than ${GRAM_COLUMNS}`
}

function requireTargets({ centred, coordinates, sizes }: Program): void {
  centred.forEach((size, t) => {
    if (coordinates.intercept && !(size > 1e-13 * sizes[t]))
      throw new DomainError(
        `streamRidge: a target must vary; target ${t} is the same in every row. Choose another.`,
        'E_TARGET',
      )
  })
}

function requireRows(sa: Dense, lambdas: readonly number[]): void {
  if (sa.rows < sa.cols && Math.min(...lambdas) === 0)
    throw new DomainError(
      `streamRidge: without a ridge the sketch must have at least ${sa.cols} rows; got ${sa.rows}. Take ${4 * sa.cols}.`,
      'E_SKETCH_TOO_SMALL',
    )
}

function check(
  { cols, targets }: RowSource,
  { path, tolerance = 1e-8, rows, method = 'auto' }: StreamRidgeOptions,
): void {
  const bad = (message: string) => new DomainError(`streamRidge: ${message}`, 'E_PARAM_RANGE')
  if (!(tolerance > 0)) throw bad(`tolerance must be > 0; got ${tolerance}. 1e-8 is usual.`)
  if (!(cols >= 1 && targets >= 1)) throw bad(`columns and targets are needed; got ${cols} and ${targets}.`)
  if (!STREAM_METHODS.includes(method)) throw bad(`method must be one of ${STREAM_METHODS.join(', ')}; got ${method}.`)
  if (rows !== undefined && !(Number.isInteger(rows) && rows >= 1))
    throw bad(`rows of the sketch must be a whole number ≥ 1; got ${rows}.`)
  if (cols > MOST_COLUMNS)
    throw new UnsupportedError(
      `streamRidge: at most ${MOST_COLUMNS} columns are taken, since factors of that side are kept; got ${cols}. Use solveRidge with method cg.`,
    )
  if (path === undefined) return
  if ('lambdas' in path) {
    const wrong = path.lambdas.find(lambda => !(lambda >= 0 && lambda < Infinity))
    if (path.lambdas.length === 0 || wrong !== undefined)
      throw bad(`lambdas must be numbers ≥ 0; got ${wrong ?? 'none'}.`)
  } else if (!(Number.isInteger(path.count) && path.count >= 1 && path.ratio > 0 && path.ratio < 1))
    throw bad(`a path needs a whole count ≥ 1 and a ratio in (0, 1); got ${path.count} and ${path.ratio}.`)
}
