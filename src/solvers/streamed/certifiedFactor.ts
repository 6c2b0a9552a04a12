/**
 * A factor of H = AᵀA + λP with a proof that it is one: M⁻¹ = T·Tᵀ, T = T₀·T₁, and TᵀHT ⪰ μI with every rounding counted, so that
 *   f(x) − f(x*) = ½·gᵀH⁻¹g ≤ ‖Tᵀg‖²/(2μ)   for g = ∇f(x).
 *
 * Ĝ is the Gram matrix of A·T₀ as summed over n rows (T₀ = I, or from a sketch when A is too ill-conditioned for that). With u = 2⁻⁵³, γ_k = k·u/(1 − k·u),
 * column norms d_k of A, q_i = √Ĥ_ii ≥ the column norms of A·T₀, v = |T₀|ᵀd and t_i = γ₄q_i (+ γ_{D+2}v_i for the product with T₀):
 *   |H − Ĥ|_ij ≤ (γ_N + γ_{D+4})·q_i·q_j + t_i·q_j + q_i·t_j + t_i·t_j,   N = 4096 + levels of the tree,
 * by the Cauchy–Schwarz inequality. With a = |T₁|ᵀq and b = |T₁|ᵀt, and B̂ the computed T₁ᵀĤT₁ (two products, each off by at most γ_D|·||·|),
 *   μ ≥ 1 − ‖B̂ − I‖_F − (γ_N + 4γ_{D+4})‖a‖² − 2‖a‖‖b‖ − ‖b‖².
 * T₁ is only a candidate: how it was computed does not enter.
 * Source for the rounding: N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed. 2002, chapters 3 and 13.
 * @module
 */
import { compute } from '../../matrix/createCompute.ts'
import { type Dense, dense, transpose } from '../../matrix/dense.ts'
import { solveTriangularMany } from '../../matrix/factor/triangular.ts'
import { norm } from '../../matrix/vector.ts'
import { CHUNK } from '../../sketch/draw.ts'
import { factorOrNothing } from '../sketched/preconditioner.ts'
import { gamma, SAFETY } from '../sketched/rounding.ts'

/** What one pass found out about A and the targets. */
export interface Gram {
  /** Of [A·T₀ | B], symmetric, (D + c)². */
  readonly matrix: Dense
  /** T₀ ∈ R^{D × D}, or null for I. */
  readonly basis: Dense | null
  /** Column norms of A, in R^D. */
  readonly norms: Float64Array
  /** n. */
  readonly rows: number
}

/** T, and what it proves. */
export interface CertifiedFactor {
  /** T·Tᵀ·g ≈ H⁻¹g. */
  solve(g: Float64Array): Float64Array
  /** T·T₁ᵀ·h, for h = T₀ᵀg. */
  solveInBasis(h: Float64Array): Float64Array
  /** ≥ ½·gᵀH⁻¹g for the g that was seen, whatever it is within its error. */
  bound(seen: Seen): number
  /** T₀ (null for I), q, and t: what a sum over A·T₀ may be off by. */
  readonly basis: Dense | null
  readonly columns: Float64Array
  readonly slips: Float64Array
  /** μ in [0.5, 1]. */
  readonly least: number
  /** tr(AᵀA·H⁻¹), from T: the effective dimension, the intercept counted as 1. */
  readonly dimension: number
}

/** Roundings of a sum over n rows by chunks and tree, in units of u. */
export function sumLength(rows: number): number {
  return CHUNK + Math.ceil(Math.log2(Math.max(2, rows / CHUNK))) + 4
}

/**
 * Factors and proves; null when the Gram matrix is too ill-conditioned for a proof (μ < ½).
 *
 * Cost: 3·D³ flops. `penalty` is the diagonal of P ≥ 0.
 */
export function certifiedFactor(gram: Gram, lambda: number, penalty: Float64Array): CertifiedFactor | null {
  const { basis, norms } = gram
  const side = norms.length
  const h = ridged(gram, lambda, penalty)
  const lower = factorOrNothing(dense(side, side, h.data.slice()))
  if (lower === undefined) return null
  const inner = transpose(solveTriangularMany(lower, identity(side)))
  const excess = product(true, inner, product(false, h, inner))
  for (let i = 0; i < side; i++) excess.data[i * side + i] -= 1
  const q = Float64Array.from({ length: side }, (_, i) => Math.sqrt(h.data[i * side + i]))
  const outer = basis === null ? norms : absolute(basis, norms)
  const t = q.map((v, i) => gamma(4) * v + (basis === null ? 0 : gamma(side + 2) * outer[i]))
  const [a, b] = [norm(absolute(inner, q)), norm(absolute(inner, t))]
  const slack = (gamma(sumLength(gram.rows)) + 4 * gamma(side + 4)) * a * a + 2 * a * b + b * b
  const least = 1 - (norm(excess.data) + slack) * SAFETY
  if (!(least >= 0.5)) return null
  const through = (g: Float64Array) => (basis === null ? g : applyT(basis, g))
  const back = (half: Float64Array) => {
    const z = apply(inner, half)
    return basis === null ? z : apply(basis, z)
  }
  return {
    least,
    dimension: side - lambda * penalised(basis === null ? inner : product(false, basis, inner), penalty),
    basis,
    columns: q,
    slips: t,
    solve: g => back(applyT(inner, through(g))),
    solveInBasis: h => back(applyT(inner, h)),
    bound({ gradient, error, inBasis }) {
      // What the gradient may be off by, and the roundings of the products with T.
      const off = gradient.map((v, i) => Math.abs(v) * 2 * gamma(side + 2) + error[i])
      const reach = norm(absolute(inner, basis === null || inBasis ? off : absolute(basis, off)))
      const size = norm(applyT(inner, inBasis ? gradient : through(gradient)))
      return ((size + reach) ** 2 / (2 * least)) * SAFETY
    },
  }
}

/** Ĝ + λ·T₀ᵀPT₀, the part of the targets left out. */
export function ridged({ matrix, basis, norms }: Gram, lambda: number, penalty: Float64Array): Dense {
  const side = norms.length
  const h = dense(side, side)
  for (let i = 0; i < side; i++) h.data.set(matrix.data.subarray(i * matrix.cols, i * matrix.cols + side), i * side)
  if (lambda === 0) return h
  if (basis === null) for (let i = 0; i < side; i++) h.data[i * side + i] += lambda * penalty[i]
  else {
    const scaled = dense(side, side)
    for (let i = 0; i < side; i++)
      for (let j = 0; j < side; j++)
        scaled.data[i * side + j] = Math.sqrt(lambda * penalty[i]) * basis.data[i * side + j]
    const squares = product(true, scaled, scaled)
    for (let k = 0; k < h.data.length; k++) h.data[k] += squares.data[k]
  }
  return h
}

/** ∇f, and how far it may be off: what a pass, or the Gram matrix alone, tells about a point. */
export interface Seen {
  /** ∇f(x), or T₀ᵀ∇f(x). */
  readonly gradient: Float64Array
  readonly inBasis: boolean
  /** |gradient − ∇f(x)| ≤ this, in R^D. */
  readonly error: Float64Array
  /** ‖A·x − b‖², and how far that may be off. */
  readonly squares: number
  readonly squaresError: number
}

/** What a Gram matrix with T₀ = I tells about x, without another pass. Cost 2D² flops. */
export function seenByGram(
  gram: Gram,
  { target, lambda, x }: { readonly target: number; readonly lambda: number; readonly x: Float64Array },
  penalty: Float64Array,
): Seen {
  const { matrix, norms, rows } = gram
  const side = norms.length
  const width = matrix.cols
  const b = (i: number) => matrix.data[i * width + side + target]
  const gradient = new Float64Array(side)
  let [squares, mass] = [b(side + target), Math.sqrt(b(side + target))]
  for (let i = 0; i < side; i++) {
    let fit = 0
    for (let j = 0; j < side; j++) fit += matrix.data[i * width + j] * x[j]
    // ‖Ax − b‖² = bᵀb + xᵀ(AᵀAx − Aᵀb) − xᵀAᵀb.
    squares += x[i] * (fit - b(i)) - x[i] * b(i)
    gradient[i] = fit - b(i) + lambda * penalty[i] * x[i]
    mass += norms[i] * Math.abs(x[i])
  }
  // Sums over n rows, products with D numbers, and 4 roundings of each entry of A and b.
  const level = (gamma(sumLength(rows)) + gamma(2 * side + 20)) * SAFETY
  const error = norms.map((d, i) => level * d * mass + gamma(5) * lambda * penalty[i] * Math.abs(x[i]))
  return { gradient, inBasis: false, error, squares: Math.max(0, squares), squaresError: 2 * level * mass * mass }
}

/** A matrix product A·B or Aᵀ·B of square ones. */
export function product(transposed: boolean, a: Dense, b: Dense): Dense {
  const n = a.rows
  const out = dense(n, n)
  compute().gemm(transposed, false, n, n, n, 1, a.data, n, b.data, n, 0, out.data, n)
  return out
}

/** |A|ᵀ·v for v ≥ 0. */
export function absolute(a: Dense, v: Float64Array): Float64Array {
  const out = new Float64Array(a.cols)
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) out[j] += Math.abs(a.data[i * a.cols + j]) * v[i]
  return out
}

function apply(a: Dense, v: Float64Array): Float64Array {
  const out = new Float64Array(a.rows)
  compute().kernels.gemv(false, a.rows, a.cols, 1, a.data, a.cols, v, 0, out)
  return out
}

/** Aᵀ·v. */
export function applyT(a: Dense, v: Float64Array): Float64Array {
  const out = new Float64Array(a.cols)
  compute().kernels.gemv(true, a.rows, a.cols, 1, a.data, a.cols, v, 0, out)
  return out
}

/** ‖P^½T‖_F². */
function penalised(t: Dense, penalty: Float64Array): number {
  let sum = 0
  for (let i = 0; i < t.rows; i++) for (let j = 0; j < t.cols; j++) sum += penalty[i] * t.data[i * t.cols + j] ** 2
  return sum
}

function identity(side: number): Dense {
  const out = dense(side, side)
  for (let i = 0; i < side; i++) out.data[i * side + i] = 1
  return out
}
