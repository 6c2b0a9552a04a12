/**
 * The semidefinite oracle: the best bound that slopes and a diagonal can prove (Shor's relaxation of each half).
 *
 *   min over κ ∈ [0,1]^N of max over V with unit rows of ‖ZᵀV‖_F,   Z = (z_0(κ); z_i)   (`diagonalBound.ts`)
 *
 * The mixing method maximises over V by V_i ← Bᵀz_i/‖Bᵀz_i‖, B ← ZᵀV. With W = BBᵀ, tr W = 1, its objective is
 * Σ_i √(z_iᵀWz_i), concave in the d × d matrix W, so V need never be formed: one step is B ← S·B with S = Σ z_i z_iᵀ/y_i,
 * y_i = ‖Bᵀz_i‖. It never falls, a start of full rank reaches the maximum, and every y on the way proves a bound.
 * For the slopes: at W the best κ is the point of a zonotope nearest to ½Z_Pᵀ1 in the norm of W, and by Danskin's theorem the
 * step towards it descends; it is halved until it does.
 *
 * Within √(π/2) of the maximum when there are no t_i < 0 (Nesterov), without bound when there are.
 * Source: P. Wang, W. Chang, Z. Kolter, The Mixing method, 2017 (row by row on V; here all rows at once, in d × d); C. Helmberg and others for
 * the relaxation's dual.
 * @module
 */
import type { Compute } from '../../matrix/compute.ts'
import { compute as sharedCompute } from '../../matrix/createCompute.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import { norm } from '../../matrix/vector.ts'
import { centreOf, diagonalBound } from './diagonalBound.ts'
import { type HalfProof, halvesOf, type OracleResult } from './oracle.ts'
import { nearestSlopes } from './search.ts'
import { NOTHING, spectralWeights, squaredLengths } from './spectral.ts'

/** Effort of the relaxation. */
export interface SdpOptions {
  readonly compute?: Compute
  /** Relative accuracy of the relaxation; default 1e-7. Any accuracy gives a valid bound. */
  readonly accuracy?: number
  /** Slopes are moved at most this often; default 40, fewer for large data. */
  readonly moves?: number
}

/** A solved relaxation: its proofs, and the factors B of W = BBᵀ for rounding, in the order of the halves. */
export interface SdpResult extends OracleResult {
  readonly factors: readonly Dense[]
}

const STEPS = 200
/** Steps of one half, over all slopes tried. */
const MOST_STEPS = 3000
/** Multiplications that one call may cost, roughly. */
const BUDGET = 2e10

/**
 * A number ≥ g(θ), at most the spectral one, with slopes and weights that prove it.
 *
 * Cost 4·n·d² + O(d³) flops a step, some 100 to 1000 steps for each output and sign, cut to about 2e10 in all.
 */
export function normBySdp(x: Dense, theta: Float64Array, options: SdpOptions = {}): SdpResult {
  const { compute = sharedCompute(), accuracy = 1e-7, moves = 40 } = options
  const halves = halvesOf(theta, x.rows)
  const steps = Math.min(MOST_STEPS, BUDGET / (halves.length * (4 * x.data.length * x.cols + 20 * x.cols ** 3 + 1)))
  const squares = squaredLengths(x)
  let value = 0
  const proofs: HalfProof[] = []
  const factors: Dense[] = []
  for (const { output, sign, t } of halves) {
    const { weights: first } = spectralWeights(x, t, squares, compute)
    const solved = relax(x, t, first, { compute, accuracy, moves, steps, squares })
    factors.push(solved.factor)
    const bounds = [first, solved.weights].map(weights => diagonalBound(x, t, weights, compute))
    proofs.push({ form: 'diagonal', output, sign, weights: bounds[1] <= bounds[0] ? solved.weights : first })
    value = Math.max(value, Math.min(...bounds))
  }
  return { value, kind: 'upper', oracle: 'sdp', witness: { directions: [], proofs }, factors }
}

interface Mixed {
  readonly weights: Float64Array
  readonly factor: Dense
  /** √(Σy·λ_max(S)), without rounding. */
  readonly bound: number
}

function relax(
  x: Dense,
  t: Float64Array,
  first: Float64Array,
  options: { compute: Compute; accuracy: number; moves: number; steps: number; squares: Float64Array },
): Mixed {
  const { compute, accuracy, moves, squares } = options
  const d = x.cols
  const positive = Array.from(t.keys()).filter(i => t[i] > 0)
  const rows = dense(positive.length, d)
  positive.forEach((i, at) => {
    for (let j = 0; j < d; j++) rows.data[at * d + j] = 0.5 * t[i] * x.data[i * d + j]
  })
  const scaled = squares.map((square, i) => square * t[i] * t[i])
  let left = options.steps
  const mixAt = (slopes: Float64Array, start: Dense): Mixed => {
    const found = mix(rows, centreOf(x, t, slopes).z, start, {
      compute,
      accuracy,
      steps: Math.min(STEPS, Math.max(3, left)),
    })
    left -= found.steps
    const weights = Float64Array.from([found.y[0], ...slopes])
    positive.forEach((i, at) => {
      weights[1 + i] = found.y[1 + at]
    })
    return { weights, factor: found.factor, bound: found.bound }
  }
  const slopesOf = (weights: Float64Array) => weights.slice(1).map((weight, i) => (t[i] < 0 ? weight : 0))

  let best = mixAt(slopesOf(first), identity(d))
  for (let move = 0; move < moves && left > 0; move++) {
    const slopes = slopesOf(best.weights)
    const target = slopes.slice()
    const seen = dense(x.rows, d)
    compute.gemm(false, false, x.rows, d, d, 1, x.data, d, best.factor.data, d, 0, seen.data, d)
    const lengths = squaredLengths(seen).map((square, i) => square * t[i] * t[i])
    nearestSlopes(seen, t, lengths, target, centreOf(seen, t, target).z, 20)
    let better: Mixed | null = null
    for (let share = 1; share > 0.02 && better === null && left > 0; share /= 2) {
      const tried = mixAt(
        slopes.map((k, i) => k + share * (target[i] - k)),
        best.factor,
      )
      if (tried.bound < best.bound) better = tried
    }
    if (better === null) break
    const gained = best.bound - better.bound
    best = better
    if (gained < accuracy * best.bound) break
  }
  // W must keep full rank to find its way from here; the slopes of a shortest z_0 are one more start.
  const other = new Float64Array(t.length).fill(0.5)
  nearestSlopes(x, t, scaled, other, centreOf(x, t, other).z, 50)
  if (left > 0) {
    const tried = mixAt(
      other.map((k, i) => (t[i] < 0 ? k : 0)),
      identity(d),
    )
    if (tried.bound < best.bound) best = tried
  }
  return best
}

/** The mixing method for fixed slopes: weights y (y_0 first) whose bound is within `accuracy` of the relaxation. */
function mix(
  rows: Dense,
  zero: Float64Array,
  start: Dense,
  options: { compute: Compute; accuracy: number; steps: number },
): { y: Float64Array; factor: Dense; bound: number; steps: number } {
  const { compute, accuracy, steps } = options
  const [m, d] = [rows.rows, rows.cols]
  // A little of the identity: a direction that W has lost could not come back.
  const b = dense(
    d,
    d,
    start.data.map((v, at) => v + (at % (d + 1) === 0 ? 1e-3 * norm(start.data) : 0)),
  )
  const scale = (data: Float64Array) => {
    const length = norm(data)
    if (length > 0) for (let at = 0; at < data.length; at++) data[at] /= length
  }
  scale(b.data)
  const z = dense(m + 1, d)
  z.data.set(zero)
  z.data.set(rows.data, d)
  const seen = new Float64Array((m + 1) * d)
  const shrunk = new Float64Array((m + 1) * d)
  const s = dense(d, d)
  const y = new Float64Array(m + 1)
  const next = new Float64Array(d * d)
  let best = { y: y.slice(), bound: Infinity }
  let step = 0
  for (; step < steps; step++) {
    compute.gemm(false, false, m + 1, d, d, 1, z.data, d, b.data, d, 0, seen, d)
    let total = 0
    for (let i = 0; i <= m; i++) {
      let square = 0
      for (let j = i * d; j < (i + 1) * d; j++) square += seen[j] * seen[j]
      y[i] = Math.sqrt(square)
      total += y[i]
    }
    if (!(total > 0)) return { y: y.fill(1), factor: b, bound: 0, steps: step }
    for (let i = 0; i <= m; i++) {
      y[i] = Math.max(y[i], 1e-9 * (total / (m + 1)), NOTHING)
      const root = 1 / Math.sqrt(y[i])
      for (let j = i * d; j < (i + 1) * d; j++) shrunk[j] = root * z.data[j]
    }
    compute.syrk(true, d, m + 1, 1, shrunk, d, 0, s.data, d)
    for (let i = 0; i < d; i++) for (let j = i + 1; j < d; j++) s.data[i * d + j] = s.data[j * d + i]
    if (step % 5 === 4 || step === steps - 1) {
      const sum = y.reduce((a, v) => a + v, 0)
      const bound = Math.sqrt(sum * Math.max(0, eigh(s, { compute }).values[d - 1]))
      if (bound < best.bound) best = { y: y.slice(), bound }
      if (best.bound <= total * (1 + accuracy)) break
    }
    compute.gemm(false, false, d, d, d, 1, s.data, d, b.data, d, 0, next, d)
    b.data.set(next)
    scale(b.data)
  }
  return { y: best.y, factor: b, bound: best.bound, steps: step + 1 }
}

function identity(d: number): Dense {
  const out = dense(d, d)
  for (let j = 0; j < d; j++) out.data[j * d + j] = 1
  return out
}
