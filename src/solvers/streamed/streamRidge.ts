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
import { DomainError, NotSolvedError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import { breathe } from '../solve.ts'
import { type CertifiedFactor, certifiedFactor, type Gram, seenByGram } from './certifiedFactor.ts'
import { modelsOf } from './models.ts'
import type { Run } from './passes.ts'
import type { RowSource } from './rowSource.ts'
import { type SketchedBasis, sketchedBasis } from './sketchedBasis.ts'
import {
  checkOptions,
  chooseMethod,
  pathOf,
  requireRows,
  requireTargets,
  type StreamRidgeOptions,
  type StreamRidgeSolution,
} from './streamOptions.ts'
import { gramPass, type Program, survey } from './survey.ts'
import { begin, judge, look, type System, step, system } from './systems.ts'

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
  checkOptions(source, options)
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
  const { method: chosen, reason } = chooseMethod(method, source.cols)
  const rowsFor = (side: number) => options.rows ?? 4 * side
  const warnings: string[] = []
  const stopped = () =>
    new NotSolvedError(
      `streamRidge: a first answer takes ${chosen === 'gram' ? 'a whole pass' : 'two whole passes'} over the rows; got status ${run.status} before. Allow more time.`,
    )
  const first = await survey(run, { standardise, sketchRows: chosen === 'gram' ? null : rowsFor, seed })
  if (first === null) throw stopped()
  const { program } = first
  requireTargets(program, source)
  const lambdas = pathOf(options.path, program)
  const found = await (chosen === 'gram' ? byGram(first.gram as Gram) : bySketch(first.sketch as Dense))
  const { systems, sketch } = found
  return {
    models: modelsOf(program, systems, { count: lambdas.length, sketch, status: run.status }),
    lambdas,
    status: run.status ?? (systems.every(s => s.done) ? 'solved' : 'stalled'),
    method: chosen,
    reason,
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
    const factors = await factorsOf(gram)
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
    const bases: SketchedBasis[] = []
    for (let l = 0; l < lambdas.length; l++) {
      bases.push(sketchedBasis(sketch, sum(l), program.penalty))
      await breathe()
    }
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
    const factors = gram && (await factorsOf(gram))
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

  async function factorsOf(gram: Gram): Promise<CertifiedFactor[] | null> {
    const all: CertifiedFactor[] = []
    for (let l = 0; l < lambdas.length; l++) {
      const factor = certifiedFactor(gram, sum(l), program.penalty)
      if (factor === null) return null
      all.push(factor)
      await breathe()
    }
    return all
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

function dependent(): DomainError {
  return new DomainError(
    'streamRidge: the columns must be independent, or the ridge larger; to working accuracy they are not. Drop columns.',
    'E_RANK',
  )
}
