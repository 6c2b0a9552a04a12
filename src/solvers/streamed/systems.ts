/**
 * Many ridge systems with one matrix, H_λ·x = Aᵀb_t for several targets t and weights λ, moved together: one pass over the rows gives each of them its true
 * gradient at x and H·p for its direction p.
 *
 * PCG with the line search on the true gradient, so that nothing drifts; or, once a factor is certified, Newton steps, which are refinement. A bound on the
 * error is computed at every point visited and the best point kept; a system within its tolerance is frozen.
 * @module
 */
import { dense } from '../../matrix/dense.ts'
import { dot } from '../../matrix/vector.ts'
import { gamma, SAFETY } from '../sketched/rounding.ts'
import { absolute, applyT, type CertifiedFactor, type Seen, sumLength } from './certifiedFactor.ts'
import { passOver, type Run } from './passes.ts'
import { productsOf } from './summands.ts'
import type { Program } from './survey.ts'

/** How a bound was met. */
export type StreamBoundBy = 'ridge' | 'gram' | 'none'

/** One system, and where it is. */
export interface System {
  readonly target: number
  /** In sum form. */
  readonly lambda: number
  readonly x: Float64Array
  /** ∇f(x), by recurrence between passes. */
  gradient: Float64Array
  /** Direction of the next step, −(approximately H⁻¹·gradient); null where none is wanted. */
  direction: Float64Array | null
  /** gᵀM⁻¹g of the last step. */
  delta: number
  lowest: number
  solve: (g: Float64Array) => Float64Array
  factor: CertifiedFactor | null
  readonly best: { x: Float64Array; squares: number; bound: number; boundBy: StreamBoundBy; first: number }
  /** What the last pass found at x. */
  seen: Seen | null
  steps: number
  /** Steps that brought nothing. */
  idle: number
  done: boolean
}

/** A system at x with a gradient there. */
export function system(
  at: Pick<System, 'target' | 'lambda' | 'x' | 'gradient' | 'solve'>,
  factor: CertifiedFactor | null = null,
): System {
  const best = { x: at.x.slice(), squares: Number.NaN, bound: Infinity, boundBy: 'none' as const, first: 0 }
  return {
    ...at,
    factor,
    best,
    direction: null,
    delta: Infinity,
    lowest: Infinity,
    seen: null,
    steps: 0,
    idle: 0,
    done: false,
  }
}

/** Sets the first direction of conjugate gradients. */
export function begin(s: System): void {
  const z = s.solve(s.gradient)
  s.delta = dot(s.gradient, z)
  s.direction = z.map(v => -v)
}

/** One pass for some systems: sets `seen`, and gives H·p for each direction; null when the run was stopped. */
export async function look(run: Run, program: Program, systems: readonly System[]): Promise<Float64Array[] | null> {
  const side = program.norms.length
  const k = systems.length
  const points = dense(2 * k, side)
  systems.forEach((s, i) => {
    points.data.set(s.x, i * side)
    if (s.direction !== null) points.data.set(s.direction, (k + i) * side)
  })
  const { targets } = run.source
  const basis = systems[0].factor?.basis ?? null
  const targetOf = systems.map(s => s.target)
  const sum = await passOver(run, systems[0].factor === null ? 'pcg' : 'refine', () =>
    productsOf(points, { targetOf, targets, basis }),
  )
  if (sum === null) return null
  const { norms, penalty, sizes, rows } = program
  return systems.map((s, i) => {
    const row = (at: number) => sum.data.slice(at * sum.cols, at * sum.cols + side)
    const squares = sum.data[i * sum.cols + side]
    let mass = sizes[s.target]
    for (let j = 0; j < side; j++) mass += norms[j] * Math.abs(s.x[j])
    // |A|ᵀ|residual| ≤ d·‖residual‖, and the residual itself is off by γ_{D+10}·(|A||x| + |b|).
    const off = gamma(side + 10) * mass * SAFETY
    const summed = gamma(sumLength(rows) + 4) * Math.sqrt(squares) * SAFETY + off
    const ridge = s.x.map((v, j) => s.lambda * penalty[j] * v)
    const ridgeError = ridge.map(v => gamma(side + 6) * Math.abs(v))
    const [part, partError] = basis === null ? [ridge, ridgeError] : [applyT(basis, ridge), absolute(basis, ridgeError)]
    const gradient = row(i)
    const error = new Float64Array(side)
    for (let j = 0; j < side; j++) {
      const slip = s.factor === null || basis === null ? 0 : s.factor.slips[j] * (Math.sqrt(squares) + off)
      const column = s.factor === null || basis === null ? norms[j] : s.factor.columns[j]
      gradient[j] += part[j]
      error[j] = (column * summed + slip) * SAFETY + partError[j] + gamma(2) * Math.abs(gradient[j])
    }
    s.seen = { gradient, inBasis: basis !== null, error, squares, squaresError: 2 * summed * mass }
    const hp = row(k + i)
    if (s.direction !== null) for (let j = 0; j < side; j++) hp[j] += s.lambda * penalty[j] * s.direction[j]
    return hp
  })
}

/** Bounds the error at x from what was seen there, and keeps the best point. */
export function judge(s: System, program: Program): void {
  if (s.seen === null) return
  const { gradient, error, squares, inBasis } = s.seen
  const tries: [number, StreamBoundBy][] = [
    [provedByPenalty(s, program), s.lambda > 0 ? 'ridge' : 'none'],
    [s.factor?.bound(s.seen) ?? Infinity, 'gram'],
  ]
  const [bound, boundBy] = tries.reduce((least, next) => (next[0] < least[0] ? next : least))
  // Before anything is proved the latest point is the best known.
  if (!(bound < s.best.bound || (bound === Infinity && s.best.bound === Infinity))) return
  s.best.x.set(s.x)
  // T₀ is upper triangular: its first column only scales the gradient of the intercept.
  const scale = inBasis ? Math.abs(s.factor?.basis?.data[0] ?? 1) : 1
  Object.assign(s.best, { squares, bound, boundBy, first: (Math.abs(gradient[0]) + error[0]) / scale })
}

/** Moves x, given H·p of the last pass. */
export function step(s: System, hp: Float64Array): void {
  if (s.seen === null) return
  const { gradient } = s.seen
  s.steps++
  if (s.factor !== null) {
    const z = s.seen.inBasis ? s.factor.solveInBasis(gradient) : s.factor.solve(gradient)
    for (let j = 0; j < z.length; j++) s.x[j] -= z[j]
    return
  }
  const p = s.direction as Float64Array
  const curvature = dot(p, hp)
  const length = curvature > 0 ? -dot(gradient, p) / curvature : 0
  for (let j = 0; j < p.length; j++) {
    s.x[j] += length * p[j]
    s.gradient[j] = gradient[j] + length * hp[j]
  }
  const z = s.solve(s.gradient)
  const next = dot(s.gradient, z)
  for (let j = 0; j < p.length; j++) p[j] = -z[j] + (next / s.delta) * p[j]
  s.idle = next < s.lowest ? 0 : s.idle + 1
  s.lowest = Math.min(next, s.lowest)
  s.delta = next
}

/**
 * From H ⪰ λP: with the intercept (weight W, moments m) taken out, f(x) − f(x*) ≤ g₀²/(2W) + Σ_j (g_j − m_j·g₀/W)²/(2λp_j), gradients with
 * what they may be off by. Infinity without a ridge.
 */
export function provedByPenalty(
  { lambda, seen }: System,
  { penalty, moments, norms, coordinates, rows }: Program,
): number {
  if (!(lambda > 0) || seen === null || seen.inBasis) return Infinity
  const { gradient, error } = seen
  let [sum, j] = [0, 0]
  let [lead, weight] = [0, 1]
  if (coordinates.intercept) {
    lead = Math.abs(gradient[0]) + error[0]
    weight = norms[0] ** 2
    sum = (lead * lead) / (2 * weight)
    j = 1
  }
  for (; j < gradient.length; j++) {
    const taken = (moments[j] / weight) * gradient[0] * (coordinates.intercept ? 1 : 0)
    const off = coordinates.intercept
      ? (Math.abs(moments[j]) * error[0] + gamma(sumLength(rows) + 8) * norms[0] * norms[j] * lead) / weight
      : 0
    sum += (Math.abs(gradient[j] - taken) + error[j] + off) ** 2 / (2 * lambda * penalty[j])
  }
  return sum * SAFETY
}
