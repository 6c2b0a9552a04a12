/**
 * The direct method: factor, solve, and take residual steps until the gradient is noise.
 *
 * λ > 0: Cholesky of AᵀA + λI (n ≥ d), or of AAᵀ + λI with x = Aᵀz (n < d); QR where rounding leaves neither definite. λ = 0: QR of A, or for dependent columns
 * the solution of least norm by SVD.
 *
 * Error: with QR, f(x) − f(x*) = ½‖Qᵀ(Ax − b)‖² since range(Q) ⊇ range(A); with a factor of H as preconditioner as all others.
 * @module
 */
import { type Dense, transpose } from '../../matrix/dense.ts'
import { leastSquares } from '../../matrix/factor/leastSquares.ts'
import { qr } from '../../matrix/factor/qr.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { solveCholesky, solveTriangular } from '../../matrix/factor/triangular.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { errorBounds } from './errorBounds.ts'
import { iteratePcg, type RidgeSolver } from './pcg.ts'
import { identityPreconditioner, ridgedFactor, ridgedRowFactor, sketchedHessian, triangular } from './preconditioner.ts'
import { type RidgeReport, type RidgeStep, ridgeReport, ridgeStep } from './report.ts'
import { acceptsRidge, type RidgeProblem, type RidgeState, ridgeState } from './ridgeProblem.ts'

const RANK_CUTOFF = 1e-12

/** The comparison for everything sketched, and the best choice up to many hundred columns. Cost n·d² + d³/3 flops with a ridge, 4n·d² without. */
export function directRidge({ seed = 0 }: { readonly seed?: number } = {}): RidgeSolver {
  return {
    name: 'direct',
    reference: 'Golub and Van Loan, Matrix Computations, 4th ed., 2013, chapter 5',
    accepts: acceptsRidge,
    *iterate(problem, context) {
      const stated = problem as RidgeProblem
      const report = ridgeReport('direct')
      const state = ridgeState(stated, context.start)
      yield ridgeStep(state, report, 'factor')
      if (stated.lambda === 0) return yield* orthogonal(stated, state, report)
      const { matrix } = stated.operator
      const bounds = errorBounds(stated, report, { tolerance: context.tolerance, seed })
      if (matrix.rows < matrix.cols) return yield* dual(stated, state, report)
      const lower = ridgedFactor(matrix, stated.lambda)
      const m = lower ? triangular(transpose(lower), matrix.rows) : sketchedHessian(matrix, stated.lambda)
      // One step of PCG solves it; the next ones are iterative refinement.
      yield* iteratePcg(stated, state, m, { report, bounds })
    },
  }
}

/** n < d: x = Aᵀz with (AAᵀ + λI)z = b, refined on its own gradient. */
function* dual(problem: RidgeProblem, state: RidgeState, report: RidgeReport): Generator<RidgeStep, void, void> {
  const { operator, lambda, target } = problem
  const lower = ridgedRowFactor(operator.matrix, lambda)
  const bounds = errorBounds(problem, report, { tolerance: 0, seed: 0 })
  if (lower === undefined) {
    report.warnings.push('the rows are too nearly dependent for this ridge: plain CG takes over.')
    yield* iteratePcg(problem, state, identityPreconditioner, { report, bounds })
    return
  }
  state.x.set(operator.applyT(solveCholesky(lower, target)))
  state.refresh()
  let best = Infinity
  for (;;) {
    for (const _ of bounds.update(state, identityPreconditioner, Infinity)) yield ridgeStep(state, report, 'spectrum')
    yield ridgeStep(state, report, 'solve')
    const size = norm(state.gradient)
    if (!(size < 0.5 * best)) return
    best = size
    const p = correction(problem, lower, state)
    state.move(1, p, operator.apply(p))
  }
}

/** −H⁻¹g = (Aᵀ(AAᵀ + λI)⁻¹Ag − g)/λ. */
function correction({ operator, lambda }: RidgeProblem, lower: Dense, { gradient }: RidgeState): Float64Array {
  const inner = operator.applyT(solveCholesky(lower, operator.apply(gradient)))
  return gradient.map((g, j) => (inner[j] - g) / lambda)
}

/** λ = 0. */
function* orthogonal(problem: RidgeProblem, state: RidgeState, report: RidgeReport): Generator<RidgeStep, void, void> {
  const { operator, target } = problem
  const { matrix } = operator
  const { q, r } = qr(matrix)
  const project = () => Float64Array.from({ length: q.cols }, (_, k) => column(q.data, q.cols, k, state.residual))
  const prove = (part: Float64Array) => {
    report.errorBound = 0.5 * dot(part, part)
    report.boundBy = 'orthogonality'
  }
  const diagonal = Array.from({ length: r.rows }, (_, j) => r.data[j * r.cols + j])
  const full = r.rows === r.cols && Math.min(...diagonal) > RANK_CUTOFF * Math.max(...diagonal)
  if (!full) {
    const { x, rank } = leastSquares(matrix, target)
    report.warnings.push(
      `the ${matrix.cols} columns have rank ${rank}: of the many solutions this is the one of least norm, and its bound is for a matrix of that rank. A ridge makes it unique.`,
    )
    state.x.set(x)
    state.refresh()
    // Only the first columns of Q·U span what A of this rank does; the others would count residual that no x can remove.
    const { u } = svd(r)
    const all = project()
    prove(Float64Array.from({ length: rank }, (_, k) => column(u.data, u.cols, k, all)))
    yield ridgeStep(state, report, 'svd')
    return
  }
  let best = Infinity
  for (;;) {
    const part = project()
    prove(part)
    yield ridgeStep(state, report, 'solve')
    // Each round is a solve for what is left: the second is iterative refinement.
    const size = norm(part)
    if (!(size < 0.5 * best)) return
    best = size
    const p = solveTriangular(r, part, { upper: true }).map(v => -v)
    state.move(1, p, operator.apply(p))
  }
}

function column(data: Float64Array, cols: number, k: number, y: Float64Array): number {
  let sum = 0
  for (let i = 0; i < y.length; i++) sum += data[i * cols + k] * y[i]
  return sum
}
