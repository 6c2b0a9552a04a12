/**
 * The best single ReLU neuron, cell by cell: min_w ½‖(Xw)₊ − y‖² + (ridge/2)‖w‖² for data of rank r ≤ 3.
 *
 * In the cell K_p of an activation pattern the problem is least squares over a cone, and a cone in up to three dimensions is
 * spanned by its extreme rays: w = Σ ρ_k r_k, ρ ≥ 0, so each cell is a non-negative least squares problem in a handful of
 * unknowns. Every cell's minimum has a lower bound by duality (θ with θᵀX r_k ≥ 0 on active rows proves
 * −½‖θ‖² − θᵀy), and the least of them bounds the whole: the certificate is global over all weights.
 * Cells whose inactive and negative targets alone cost more than the best so far are passed over.
 * @module
 */
import { NotSolvedError, UnsupportedError } from '../../errors.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { nnls } from '../../matrix/factor/nnls.ts'
import { svd } from '../../matrix/factor/svd.ts'
import { type Masks, maskBit } from '../../matrix/masks.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { facets } from '../../solvers/interiorPoint/facets.ts'
import { enumeratePatterns, rankUpTo } from '../networks/patterns/enumeratePatterns.ts'

/** A ray that leaves a half-space by less than this is on its boundary. */
const ON_BOUNDARY = 1e-10
/** A bound may exceed the value it bounds by this part of the zero neuron's objective. */
const ROUNDING = 1e-12

export interface ExactNeuron {
  readonly w: Float64Array
  /** ½‖(Xw)₊ − y‖² + (ridge/2)‖w‖² at w. */
  readonly objective: number
  /** No weights have a lower objective. */
  readonly bound: number
  readonly cells: number
  /** Whether every cell was enumerated beyond doubt. */
  readonly complete: boolean
}

/**
 * The global optimum over w ∈ R^d. Cost per cell 6·n flops and a non-negative least squares of n × (rays); yields between cells.
 *
 * @throws UnsupportedError when X has rank above 3, or more cells than `enumeratePatterns` takes.
 */
export function* exactNeuron(x: Dense, y: Float64Array, ridge = 0): Generator<void, ExactNeuron, void> {
  const rank = rankUpTo(x, 3)
  if (rank > 3)
    throw new UnsupportedError(
      `neuron: the exact optimum needs data of rank ≤ 3; got more. Leave out --exact: the relaxation and its polish take any rank.`,
      'E_RANK',
    )
  const zero = 0.5 * dot(y, y)
  let best = { w: new Float64Array(x.cols), objective: zero }
  let bound = zero
  const { vt } = svd(x)
  const basis = dense(rank, x.cols, vt.data.slice(0, rank * x.cols))
  const z = dense(x.rows, rank)
  for (let i = 0; i < x.rows; i++)
    for (let a = 0; a < rank; a++) z.data[i * rank + a] = dot(rowOf(x, i), rowOf(basis, a))
  const { masks, gates, complete } = enumeratePatterns(z)
  const unit = unitRows(z)
  for (let p = 0; p < masks.patterns; p++) {
    if (p % 64 === 63) yield
    let lost = 0
    const active: number[] = []
    for (let i = 0; i < x.rows; i++)
      if (maskBit(masks, p, i)) {
        active.push(i)
        if (y[i] < 0) lost += 0.5 * y[i] * y[i]
      } else lost += 0.5 * y[i] * y[i]
    if (lost >= best.objective) {
      bound = Math.min(bound, lost)
      continue
    }
    const inside = rowOf(gates, p).slice()
    const length = norm(inside)
    for (let a = 0; a < rank; a++) inside[a] /= length
    const rays = extremeRays(masks, p, unit, inside)
    const cell = coneLeastSquares(z, y, active, rays, ridge)
    bound = Math.min(bound, cell.bound)
    if (cell.objective < best.objective) {
      const w = new Float64Array(x.cols)
      for (let a = 0; a < rank; a++) for (let j = 0; j < x.cols; j++) w[j] += cell.v[a] * basis.data[a * x.cols + j]
      best = { w, objective: cell.objective }
    }
  }
  return { ...best, bound: Math.min(bound, best.objective), cells: masks.patterns, complete }
}

/** min ½‖(z·v)₊ − y‖² + (ridge/2)‖v‖² over v in the cone of `rays`, where just the rows `active` are on; and a lower bound. */
function coneLeastSquares(
  z: Dense,
  y: Float64Array,
  active: readonly number[],
  rays: readonly Float64Array[],
  ridge: number,
): { v: Float64Array; objective: number; bound: number } {
  const [m, rank] = [active.length, z.cols]
  const size = m + (ridge > 0 ? rank : 0)
  const columns = dense(rays.length, size)
  const target = new Float64Array(size)
  active.forEach((i, at) => {
    target[at] = y[i]
    // A ray of the cell has nothing below 0 here but rounding.
    rays.forEach((ray, k) => {
      columns.data[k * size + at] = Math.max(0, dot(rowOf(z, i), ray))
    })
  })
  if (ridge > 0)
    rays.forEach((ray, k) => {
      for (let a = 0; a < rank; a++) columns.data[k * size + m + a] = Math.sqrt(ridge) * ray[a]
    })
  const { x: rho, residual } = nnls(columns, target)
  const v = new Float64Array(rank)
  rays.forEach((ray, k) => {
    for (let a = 0; a < rank; a++) v[a] += rho[k] * ray[a]
  })
  let constant = 0
  const on = new Set(active)
  for (let i = 0; i < y.length; i++) if (!on.has(i)) constant += 0.5 * y[i] * y[i]
  // θ = E ρ − target, moved along (1, …, 1; 0) until it is feasible: Eᵀ of that is ≥ 0.
  const theta = residual.map(value => -value)
  let shift = 0
  for (let k = 0; k < rays.length; k++) {
    const column = rowOf(columns, k)
    const inner = dot(column, theta)
    if (inner >= 0) continue
    const sum = column.subarray(0, m).reduce((total, value) => total + value, 0)
    shift = Math.max(shift, -inner / sum)
  }
  for (let at = 0; at < m; at++) theta[at] += shift
  const objective = constant + 0.5 * dot(residual, residual)
  const dual = constant - 0.5 * dot(theta, theta) - dot(theta, target)
  if (dual > objective + ROUNDING * (constant + 0.5 * dot(target, target)))
    throw new NotSolvedError(
      `neuron: a bound must not exceed the value it bounds; got ${dual} above ${objective}. This is a fault in nadir: please report it.`,
      'E_BOUND_ABOVE_PRIMAL',
    )
  return { v, objective, bound: Number.isFinite(dual) ? dual : Number.NEGATIVE_INFINITY }
}

/** Unit extreme rays of the cell of pattern p around `inside` (unit, rank ≤ 3). */
function extremeRays(
  masks: Masks,
  p: number,
  rows: { readonly unit: Float64Array; readonly index: Int32Array },
  inside: Float64Array,
): Float64Array[] {
  const rank = inside.length
  if (rank === 1) return [inside]
  const normals = Array.from(facets(masks, p, rows, inside), k =>
    rows.unit.slice(k * rank, (k + 1) * rank).map(value => (maskBit(masks, p, rows.index[k]) ? value : -value)),
  )
  const candidates: Float64Array[] = []
  if (rank === 2) for (const [a, b] of normals) candidates.push(Float64Array.of(-b, a), Float64Array.of(b, -a))
  else
    for (let i = 0; i < normals.length; i++)
      for (let j = 0; j < i; j++) {
        const [a, b] = [normals[i], normals[j]]
        const ray = a.map((_, k) => a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3])
        const length = norm(ray)
        if (length < ON_BOUNDARY) continue
        candidates.push(
          ray.map(value => value / length),
          ray.map(value => -value / length),
        )
      }
  return candidates.filter(ray => normals.every(normal => dot(normal, ray) >= -ON_BOUNDARY))
}

function unitRows(z: Dense): { unit: Float64Array; index: Int32Array } {
  const index = Int32Array.from(Array.from({ length: z.rows }, (_, i) => i).filter(i => norm(rowOf(z, i)) > 0))
  const unit = new Float64Array(index.length * z.cols)
  index.forEach((i, at) => {
    const length = norm(rowOf(z, i))
    for (let a = 0; a < z.cols; a++) unit[at * z.cols + a] = z.data[i * z.cols + a] / length
  })
  return { unit, index }
}
