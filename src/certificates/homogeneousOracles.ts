/**
 * The dual norm g(θ) = max_{‖u‖≤1} |θᵀφ(Xu)| from above, by the oracles for ReLU networks.
 *
 * - φ is a pair of ReLUs: θᵀφ(Xu) = θ̃ᵀ(X̃u)₊ with X̃ = [X; −X], θ̃ = (s₊θ, −s₋θ). So every upper bound of the ReLU dual norm
 *   is one of g(θ) = max_{‖u‖≤1} |θᵀφ(Xu)|.
 * - Hidden biases that cost nothing: w = (w', b) with only ‖w'‖ counted. Rows are taken from their mean, which b makes up for. With
 *   1ᵀθ = 0 no |b| beyond R = max‖x_i‖ times ‖w'‖ changes θᵀφ(Xw' + b1): there all rows are on one side and θᵀ(Xw' + b1) = θᵀXw'.
 *   Hence the norm over the rows (x_i, τ), whose bias coordinate is b/τ, is a bound for every τ: g_free(θ) ≤ √(1 + R²/τ²)·g_τ(θ).
 *   An exact oracle takes a large τ; relaxations get looser with it, so several are tried.
 * - Pooled rows: θ_i meets every row of sample i, θ̃ = share·(s₊θ_{i(k)}, −s₋θ_{i(k)}).
 * - Where both slopes are equal φ is linear, and g(θ) = s·share·max_k ‖Xᵀθ_{i(k)}‖.
 * - Over given patterns only, g is the largest of their cells: a bound for networks in these cells ('restricted').
 * @module
 */
import type { Compute } from '../matrix/compute.ts'
import { compute as sharedCompute } from '../matrix/createCompute.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import { type Masks, masks, setMaskBit } from '../matrix/masks.ts'
import type { RankedOracle } from './bestBound.ts'
import type { Oracle } from './certificate.ts'
import { absoluteReach, gatedDualNorm, reluDualNorm } from './dualNorm.ts'
import type { HomogeneousProgram, Pooling } from './homogeneousValue.ts'
import { arrangementOf } from './oracles/arrangement.ts'
import { type OracleChoice, type UpperOracle, upperOracle } from './oracles/chooseOracle.ts'
import { normByEnumeration } from './oracles/enumeration.ts'
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

/** θ̃, each entry rounded twice at most. */
export function reluTheta(slopes: HomogeneousProgram['slopes'], theta: Float64Array, pooling?: Pooling): Float64Array {
  const { positive, negative } = slopes
  const own = pooling === undefined ? theta : pooledTheta(theta, pooling)
  if (negative === 0) return own.map(t => positive * t)
  const out = new Float64Array(2 * own.length)
  for (let at = 0; at < own.length; at++) {
    out[at] = positive * own[at]
    out[own.length + at] = -negative * own[at]
  }
  return out
}

/** share·θ of the sample of each row. */
function pooledTheta(theta: Float64Array, { sample, samples, share }: Pooling): Float64Array {
  const outputs = theta.length / samples
  return Float64Array.from({ length: sample.length * outputs }, (_, at) => {
    const row = Math.floor(at / outputs)
    return share * theta[sample[row] * outputs + (at % outputs)]
  })
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
 * @param options patterns: cells over the rows of `reluRows`, to which the bound is then restricted (no free bias). rank: enumerate the cells of
 *   the best approximation of this rank, and add σ_{rank+1}‖θ̃‖.
 * @throws UnsupportedError (E_TOO_MANY_PATTERNS) when enumeration is asked for and too large.
 */
export function homogeneousOracles(
  program: Shape & Pick<HomogeneousProgram, 'loss'>,
  options: {
    readonly choice?: OracleChoice
    readonly compute?: Compute
    readonly patterns?: Masks
    readonly rank?: number
  } = {},
): HomogeneousOracle[] {
  const { choice = 'auto', compute = sharedCompute(), patterns, rank } = options
  const { slopes, freeBias, pooling } = program
  const [a, b] = [Math.abs(slopes.positive), Math.abs(slopes.negative)]
  // Rounding: of θ̃, and of the rows that were taken from their mean.
  const units =
    ([a, b].every(s => s === 0 || s === 1) ? 0 : 2 * (a + b)) +
    (freeBias ? 4 * (a + b) : 0) +
    ((pooling?.share ?? 1) === 1 ? 0 : 2 * (a + b))
  const over = (ratio?: number): HomogeneousOracle => {
    const relu = reluRows(program, ratio)
    const upper =
      patterns !== undefined
        ? overCells(relu.rows, patterns)
        : slopes.positive === slopes.negative && !freeBias
          ? overLine(relu.rows, program.x.rows)
          : rank !== undefined
            ? overApproximation(relu.rows, rank, compute)
            : upperOracle(relu.rows, program.loss.outputs, choice, compute)
    const through =
      (norm: RankedOracle['norm']): RankedOracle['norm'] =>
      (theta, floor) => {
        const result = norm(reluTheta(slopes, theta, pooling), floor / relu.stretch)
        const own = pooling === undefined ? theta : pooledTheta(theta, pooling)
        const moved = units === 0 ? 0 : units * UNIT * reach(relu.rows, own, program.x.rows)
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
  return !freeBias || first.exact ? [first] : NEAR.map(over)
}

/** g over the given cells of X̃. */
function overCells(rows: Dense, patterns: Masks): UpperOracle {
  return {
    oracle: 'dictionary',
    exact: true,
    rough: null,
    norm: (theta, floor) => ({
      value: reluDualNorm(rows, patterns, theta, { floor }),
      kind: 'exact',
      oracle: 'dictionary',
      witness: { directions: [], proofs: [] },
    }),
  }
}

/** g ≤ g of the best approximation of X̃ of this rank, and its distance times ‖θ̃‖. */
function overApproximation(rows: Dense, rank: number, compute: Compute): UpperOracle {
  const arrangement = arrangementOf(rows, rank, compute)
  return {
    oracle: 'low-rank',
    exact: false,
    rough: null,
    norm: (theta, floor) => ({
      ...normByEnumeration(rows, theta, { compute, floor, arrangement }),
      kind: 'upper',
      oracle: 'low-rank',
    }),
  }
}

/** φ linear: X̃ = [X; −X] with the first half active is all of it. */
function overLine(rows: Dense, half: number): UpperOracle {
  const all = masks(1, rows.rows)
  for (let i = 0; i < half; i++) setMaskBit(all, 0, i)
  return {
    oracle: 'closed-form',
    exact: true,
    rough: null,
    norm: (theta, floor) => ({
      value: gatedDualNorm(rows, all, theta, { floor }),
      kind: 'exact',
      oracle: 'closed-form',
      witness: { directions: [], proofs: [] },
    }),
  }
}

/** What the rows of an oracle depend on. */
export type Shape = Pick<HomogeneousProgram, 'x' | 'slopes' | 'freeBias' | 'pooling'>

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
