/**
 * The gated program as multiple kernel learning, by iterative reweighting: squared loss, moderate n.
 *
 * With ‖u‖ = min_{η > 0} ½(‖u‖²/η + η) the group lasso min ½‖A u − y‖² + β Σ ‖u_i‖ is
 *   min_{η ≥ 0}  (β/2) yᵀ(K_η + βI)⁻¹y + (β/2) Σ η_i,   K_η = Σ_i η_i D_i X Xᵀ D_i,
 * convex in η; at fixed η it is kernel ridge regression, α = (K_η + βI)⁻¹y, u_i = η_i XᵀD_iα, and the best η at fixed u is
 * η_i = ‖u_i‖. The two in turn, with η_i = √(‖u_i‖² + ε²) and ε falling, since a weight that is zero stays zero.
 * −βα is a dual point: the bound comes free. Convergence is sublinear, as weights of inactive gates die like 1/k: it is how
 * a kernel turns into the network, not the way to many digits.
 * Cost n²·P·d + n³/3 flops a step. Memory n².
 * Source: T. Dwaraknath, T. Ergen, M. Pilanci, Fixing the NTK, 2023; the variational form is that of multiple kernel learning,
 * F. Bach, Consistency of the group lasso and multiple kernel learning, 2008.
 * @module
 */
import { dense } from '../matrix/dense.ts'
import { cholesky } from '../matrix/factor/cholesky.ts'
import { dot, norm } from '../matrix/vector.ts'
import {
  acceptsGated,
  type GatedProgram,
  gatedProgram,
  groupPenalty,
  isSquared,
  quadraticBound,
} from './gatedProgram.ts'
import { solveFactor } from './interiorPoint/solveFactor.ts'
import type { CompositeProblem, Problem } from './problem.ts'
import type { Solver, SolverContext, Step } from './solver.ts'

const EPSILON = { first: 1e-3, fall: 0.7, last: 1e-14 }
/** Steps of the golden section for the best scale of weights, over this many orders of magnitude. */
const SCALE = { steps: 80, decades: 12 }
const GOLDEN = (Math.sqrt(5) - 1) / 2

/** Kernel ridge regression with the kernel Σ η_i D_i X Xᵀ D_i. */
export interface KernelPoint {
  /** (K_η + βI)⁻¹y, in R^n. */
  readonly alpha: Float64Array
  /** u_i = η_i XᵀD_iα, P × d. */
  readonly u: Float64Array
  /** (β/2)(yᵀα + Σ η_i): at least the group lasso's value at u. */
  readonly objective: number
}

/** The solver from weights η in R^P; without them from the best multiple of equal weights, or from the lengths of a start. */
export function reweightedKernels(eta?: Float64Array): Solver {
  return {
    name: 'reweighted-kernels',
    reference: 'Dwaraknath, Ergen and Pilanci, Fixing the NTK, 2023',
    accepts(problem) {
      const gated = acceptsGated(problem)
      if (gated !== true) return gated
      return isSquared((problem as CompositeProblem).loss) || 'its loss is not squared; use proximalNewton.'
    },
    iterate(problem: Problem, context: SolverContext) {
      const { program, rowScale } = gatedProgram(problem as CompositeProblem)
      return reweight(program, rowScale, eta ?? startOf(program, context))
    },
  }
}

function* reweight(
  program: GatedProgram,
  rowScale: Float64Array | null,
  first: Float64Array,
): Generator<Step, void, void> {
  const { x, masks, beta, compute } = program
  const [n, d] = [x.rows, x.cols]
  const eta = first.slice()
  const xi = new Float64Array(n)
  const dualPoint = new Float64Array(n)
  const correlations = new Float64Array(masks.patterns * d)
  let bound = -Infinity
  for (let epsilon = EPSILON.first; ; epsilon = Math.max(EPSILON.fall * epsilon, EPSILON.last)) {
    const { alpha, u } = kernelPoint(program, eta)
    // The residual A u − y is −βα.
    for (let i = 0; i < n; i++) xi[i] = -beta * alpha[i]
    compute.gatedAdjoint(x, masks, xi, correlations)
    const claim = quadraticBound(program, xi, correlations, d)
    if (claim.bound > bound) {
      bound = claim.bound
      for (let i = 0; i < n; i++) dualPoint[i] = claim.scale * xi[i] * (rowScale === null ? 1 : rowScale[i])
    }
    let active = 0
    for (let i = 0; i < eta.length; i++) {
      const length = norm(u.subarray(i * d, (i + 1) * d))
      if (length > 0) active++
      eta[i] = Math.sqrt(length * length + epsilon * epsilon)
    }
    const objective = 0.5 * dot(xi, xi) + groupPenalty(u, d, beta)
    yield { x: u, objective, bound, dualPoint, active, phase: 'reweighting' }
  }
}

/**
 * Kernel ridge regression at weights η ∈ R^P, η ≥ 0. Cost n²·P·d + n³/3 flops, memory n².
 */
export function kernelPoint({ x, masks, y, beta, compute }: GatedProgram, eta: Float64Array): KernelPoint {
  const [n, d] = [x.rows, x.cols]
  const kernel = weightedKernel({ x, masks, y, beta, compute }, eta)
  for (let i = 0; i < n; i++) kernel[i * n + i] += beta
  const factor = dense(n, n, kernel)
  cholesky(factor, { compute, out: factor })
  const alpha = y.slice()
  solveFactor(n, kernel, alpha)
  const u = compute.gatedAdjoint(x, masks, alpha, new Float64Array(eta.length * d))
  let sum = 0
  for (let i = 0; i < eta.length; i++) {
    sum += eta[i]
    for (let j = i * d; j < (i + 1) * d; j++) u[j] *= eta[i]
  }
  return { alpha, u, objective: (beta / 2) * (dot(y, alpha) + sum) }
}

/** K_η, n × n. */
export function weightedKernel({ x, masks, compute }: GatedProgram, eta: Float64Array): Float64Array {
  const d = x.cols
  const roots = new Float64Array(eta.length * d * d)
  for (let i = 0; i < eta.length; i++) {
    const root = Math.sqrt(eta[i])
    for (let a = 0; a < d; a++) roots[(i * d + a) * d + a] = root
  }
  const out = new Float64Array(x.rows * x.rows)
  compute.gatedOuter(x, masks, roots, out)
  for (let i = 0; i < x.rows; i++) for (let j = 0; j < i; j++) out[j * x.rows + i] = out[i * x.rows + j]
  return out
}

/**
 * The multiple t ≥ 0 of kernel K (n × n, symmetric) of least (β/2)(yᵀ(tK + βI)⁻¹y + t·total), and that value.
 *
 * Convex in t; golden section on log t over 12 decades around the scale of K. Cost SCALE.steps factorisations of n³/3 flops.
 */
export function bestMultiple(
  kernel: Float64Array,
  total: number,
  { y, beta, compute }: Pick<GatedProgram, 'y' | 'beta' | 'compute'>,
): { multiple: number; objective: number } {
  const n = y.length
  const work = new Float64Array(n * n)
  const alpha = new Float64Array(n)
  let trace = 0
  for (let i = 0; i < n; i++) trace += kernel[i * n + i]
  const objectiveAt = (t: number) => {
    for (let i = 0; i < work.length; i++) work[i] = t * kernel[i]
    for (let i = 0; i < n; i++) work[i * n + i] += beta
    const factor = dense(n, n, work)
    cholesky(factor, { compute, out: factor })
    alpha.set(y)
    solveFactor(n, work, alpha)
    return (beta / 2) * (dot(y, alpha) + t * total)
  }
  const none = 0.5 * dot(y, y)
  if (!(trace > 0)) return { multiple: 0, objective: none }
  const centre = Math.log((beta * n) / trace)
  const half = (SCALE.decades / 2) * Math.LN10
  let [low, high] = [centre - half, centre + half]
  let [a, b] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)]
  let [fa, fb] = [objectiveAt(Math.exp(a)), objectiveAt(Math.exp(b))]
  for (let k = 0; k < SCALE.steps; k++) {
    if (fa <= fb) {
      high = b
      b = a
      fb = fa
      a = high - GOLDEN * (high - low)
      fa = objectiveAt(Math.exp(a))
    } else {
      low = a
      a = b
      fa = fb
      b = low + GOLDEN * (high - low)
      fb = objectiveAt(Math.exp(b))
    }
  }
  const [at, objective] = fa <= fb ? [a, fa] : [b, fb]
  return objective < none ? { multiple: Math.exp(at), objective } : { multiple: 0, objective: none }
}

function startOf(program: GatedProgram, { start }: SolverContext): Float64Array {
  const [P, d] = [program.masks.patterns, program.x.cols]
  const lengths = Float64Array.from({ length: P }, (_, i) => (start ? norm(start.subarray(i * d, (i + 1) * d)) : 0))
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0)
  if (longest > 0) return lengths.map(length => Math.sqrt(length * length + (EPSILON.first * longest) ** 2))
  const equal = new Float64Array(P).fill(1 / P)
  const { multiple } = bestMultiple(weightedKernel(program, equal), 1, program)
  return equal.map(weight => multiple * weight)
}
