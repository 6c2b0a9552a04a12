/**
 * The dual norm g(θ) = max_{‖u‖≤1} |θᵀφ(Xu)| from above, by the oracles for ReLU networks.
 *
 * - φ is a pair of ReLUs: θᵀφ(Xu) = θ̃ᵀ(X̃u)₊ with X̃ = [X; −X], θ̃ = (s₊θ, −s₋θ). So every upper bound of the ReLU dual norm
 *   is one of g(θ) = max_{‖u‖≤1} |θᵀφ(Xu)|.
 * - Hidden biases that cost nothing: w = (w', b) with only ‖w'‖ counted. Rows are taken from their mean, which b makes up for. With
 *   1ᵀθ = 0 no |b| beyond R = max‖x_i‖ times ‖w'‖ changes θᵀφ(Xw' + b1): there all rows are on one side and θᵀ(Xw' + b1) = θᵀXw'.
 *   Hence the norm over the rows (x_i, τ), whose bias coordinate is b/τ, is a bound for every τ: g_free(θ) ≤ √(1 + R²/τ²)·g_τ(θ).
 *   An exact oracle takes a large τ; relaxations get looser with it, so several are tried.
 * @module
 */
import type { Compute } from '../matrix/compute.ts'
import { compute as sharedCompute } from '../matrix/createCompute.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import type { RankedOracle } from './bestBound.ts'
import type { Oracle } from './certificate.ts'
import { absoluteReach } from './dualNorm.ts'
import type { HomogeneousProgram } from './homogeneousValue.ts'
import { type OracleChoice, upperOracle } from './oracles/chooseOracle.ts'
import { normUp, UNIT, up } from './rounding.ts'

/** The rows over which the ReLU dual norm of θ̃ bounds g(θ), up to `stretch`. */
export interface ReluRows {
  /** X̃: N × p. */
  readonly rows: Dense
  /** g(θ) ≤ stretch·(ReLU dual norm over the exact rows). */
  readonly stretch: number
  /** The hidden vector over X whose pre-activations are X̃u, its penalised part of length 1 (u itself where that is 0). */
  hiddenOf(u: Float64Array): Float64Array
  /** The u of a hidden vector. */
  directionOf(hidden: Float64Array): Float64Array
}

/** τ/R for exact oracles (√(1 + 2⁻²⁴) ≤ 1 + 2⁻²⁵), and those tried for relaxations. */
const FAR = 2 ** 12
const NEAR = [0.5, 1, 2, 4]

/**
 * X̃ of a program: X, and −X below it where φ does not vanish on the left; with a free bias, rows from their mean and τ = ratio·R in the last
 * column.
 */
export function reluRows({ x, slopes, freeBias }: Shape, ratio: number = FAR): ReluRows {
  const [n, p] = [x.rows, x.cols]
  const base = dense(n, p, x.data.slice())
  let stretch = 1
  let centre: Float64Array = new Float64Array(0)
  let far = 1
  if (freeBias) {
    const { centre: mean, radius } = middle(x)
    ;[centre, far] = [mean, ratio * radius]
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < p - 1; j++) base.data[i * p + j] -= centre[j]
      base.data[i * p + p - 1] = far
    }
    stretch = up(Math.sqrt(1 + 1 / (ratio * ratio)), 4)
  }
  const sideways = (w: Float64Array) => centre.reduce((sum, m, j) => sum + m * w[j], 0)
  const ways = {
    hiddenOf(u: Float64Array): Float64Array {
      const w = u.slice()
      if (freeBias) w[p - 1] = u[p - 1] * far - sideways(u)
      const length = Math.hypot(...w.subarray(0, freeBias ? p - 1 : p))
      return length > 0 ? w.map(v => v / length) : w
    },
    directionOf(hidden: Float64Array): Float64Array {
      const u = hidden.slice()
      if (freeBias) u[p - 1] = (hidden[p - 1] + sideways(hidden)) / far
      return u
    },
  }
  if (slopes.negative === 0) return { rows: base, stretch, ...ways }
  const out = dense(2 * n, p)
  out.data.set(base.data)
  base.data.forEach((v, at) => {
    out.data[base.data.length + at] = -v
  })
  return { rows: out, stretch, ...ways }
}

/** θ̃, rounded entry by entry. */
export function reluTheta(slopes: HomogeneousProgram['slopes'], theta: Float64Array): Float64Array {
  const { positive, negative } = slopes
  if (negative === 0) return theta.map(t => positive * t)
  const out = new Float64Array(2 * theta.length)
  for (let at = 0; at < theta.length; at++) {
    out[at] = positive * theta[at]
    out[theta.length + at] = -negative * theta[at]
  }
  return out
}

/** g(θ) = max_{‖u‖≤1, k} |θ_kᵀφ(Xu)| from above, by one oracle over certain rows. With a free bias, θ_k must add up to 0 exactly. */
export interface HomogeneousOracle extends RankedOracle {
  readonly oracle: Oracle
  /** Whether it is g itself, up to rounding and a part of 2⁻²⁵ with a free bias. */
  readonly exact: boolean
  readonly relu: ReluRows
}

/**
 * The oracles for a program: an exact one where it is affordable, else relaxations (for a free bias with several τ).
 *
 * @throws UnsupportedError (E_TOO_MANY_PATTERNS) when enumeration is asked for and too large.
 */
export function homogeneousOracles(
  program: Shape & Pick<HomogeneousProgram, 'loss'>,
  options: { readonly choice?: OracleChoice; readonly compute?: Compute } = {},
): HomogeneousOracle[] {
  const { choice = 'auto', compute = sharedCompute() } = options
  const over = (ratio?: number): HomogeneousOracle => {
    const relu = reluRows(program, ratio)
    const upper = upperOracle(relu.rows, program.loss.outputs, choice, compute)
    const { slopes, freeBias } = program
    const [a, b] = [Math.abs(slopes.positive), Math.abs(slopes.negative)]
    // Rounding: of θ̃, and of the rows that were taken from their mean.
    const units = ([a, b].every(s => s === 0 || s === 1) ? 0 : 2 * (a + b)) + (freeBias ? 4 * (a + b) : 0)
    const through =
      (norm: RankedOracle['norm']): RankedOracle['norm'] =>
      (theta, floor) => {
        const result = norm(reluTheta(slopes, theta), floor / relu.stretch)
        const moved = units === 0 ? 0 : units * UNIT * reach(relu.rows, theta, program.loss.samples)
        return { ...result, value: up(relu.stretch * up(result.value + moved)) }
      }
    return {
      oracle: upper.oracle,
      exact: upper.exact,
      relu,
      norm: through(upper.norm),
      rough: upper.rough && through(upper.rough),
    }
  }
  const first = over()
  return !program.freeBias || first.exact ? [first] : NEAR.map(over)
}

/** What the rows of an oracle depend on. */
export type Shape = Pick<HomogeneousProgram, 'x' | 'slopes' | 'freeBias'>

/** A point amid the rows, to few digits, and a power of two ≥ the distance of any row from it (without the last column). */
export function middle(x: Dense): { centre: Float64Array; radius: number } {
  const [n, p] = [x.rows, x.cols]
  const centre = new Float64Array(p - 1)
  for (let j = 0; j < p - 1; j++) {
    for (let i = 0; i < n; i++) centre[j] += x.data[i * p + j] / n
    centre[j] = Number.isFinite(Math.fround(centre[j])) ? Math.fround(centre[j]) : 0
  }
  let most = 0
  for (let i = 0; i < n; i++) most = Math.max(most, up(normUp(centre.map((m, j) => Math.abs(x.data[i * p + j] - m)))))
  return { centre, radius: most === 0 ? 1 : 2 ** Math.ceil(Math.log2(most) + 1e-9) }
}

/** ‖|X|ᵀ|θ_k|‖ of the worst output over the first n rows. */
function reach(rows: Dense, theta: Float64Array, n: number): number {
  const x = dense(n, rows.cols, rows.data.slice(0, n * rows.cols))
  const outputs = theta.length / n
  let most = 0
  for (let k = 0; k < outputs; k++)
    most = Math.max(
      most,
      absoluteReach(
        x,
        theta.filter((_value, at) => at % outputs === k),
      ),
    )
  return most
}
