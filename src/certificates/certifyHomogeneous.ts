/**
 * Certificates for networks with any activation φ(t) = s₊t (t ≥ 0), s₋t (t < 0), biases penalised or not, and a linear way
 * around the hidden layer:
 *
 *   min  L(Σ_j a_j φ(X w_j) + c·1 + Z V) + β·½Σ_j(‖w_j‖² + a_j²) (+ (β/2)c²) (+ (β/2)‖V‖²).
 *
 * - φ is a pair of ReLUs: θᵀφ(Xu) = θ̃ᵀ(X̃u)₊ with X̃ = [X; −X], θ̃ = (s₊θ, −s₋θ). So every upper bound of the ReLU dual norm
 *   is one of g(θ) = max_{‖u‖≤1} |θᵀφ(Xu)|.
 * - Hidden biases that cost nothing: w = (w', b) with only ‖w'‖ counted. With 1ᵀθ = 0 no b beyond R = max‖x_i‖ per ‖w'‖ changes
 *   θᵀφ(Xw' + b1): there all rows are on one side and θᵀ(Xw' + b1) = θᵀXw'. Hence with τ ≫ R the norm on the rows (x_i, τ), whose
 *   bias coordinate is b/τ, is a bound: g_free(θ) ≤ √(1 + R²/τ²)·g_τ(θ).
 * - c and V by `freeConstants.ts`. Then −L*(θ) − … at any θ with g(θ) ≤ β is a lower bound for every width.
 * @module
 */
import type { Loss } from '../losses/loss.ts'
import { type Dense, dense } from '../matrix/dense.ts'
import type { Certificate, Oracle } from './certificate.ts'
import { assemble } from './assemble.ts'
import { type DualBound, dualBound } from './dualBound.ts'
import { absoluteReach } from './dualNorm.ts'
import { type Beside, withFreeConstants } from './freeConstants.ts'
import { lossAbove } from './networkValue.ts'
import { compensatedSum, down, gamma, normUp, UNIT, up } from './rounding.ts'

/** The class of networks a bound speaks of, over data. */
export interface HomogeneousProgram {
  /** X: n × p, the rows that hidden vectors meet; a ones column last where there are hidden biases. */
  readonly x: Dense
  readonly slopes: { readonly positive: number; readonly negative: number }
  /** Whether the last coordinate of a hidden vector is a bias that costs nothing. */
  readonly freeBias: boolean
  /** Its offset is a constant that all networks of the class share (0 where c is part of them). */
  readonly loss: Loss
  /** β = n·lambda. */
  readonly beta: number
  readonly constant: Beside['constant']
  /** Z: n × q; null without a linear way. */
  readonly linear: Dense | null
}

/** Weights in that class. */
export interface HomogeneousNetwork {
  /** w: m × p. */
  readonly hidden: Dense
  /** a: m × c, each neuron feeding one output. */
  readonly output: Dense
  /** In R^c; 0 where there is none. */
  readonly constant: Float64Array
  /** V: q × c; null without a linear way. */
  readonly linear: Dense | null
}

/** An upper bound of the ReLU dual norm max_{‖u‖≤1, k} |θ_kᵀ(Xu)₊|. */
export interface NormOracle {
  readonly oracle: Oracle
  /** The patterns it runs over, where it does. */
  readonly patterns?: number
  /** A number ≥ max(floor, the norm) for X ∈ R^{N × p} of `reluRows`, θ ∈ R^{N·c}. */
  readonly norm: (theta: Float64Array, floor: number) => number
}

/** X̃ (and τ instead of 1 in the last column where that bias is free): the rows over which a `NormOracle` must be valid. */
export function reluRows({ x, slopes, freeBias }: Pick<HomogeneousProgram, 'x' | 'slopes' | 'freeBias'>): Dense {
  const far = freeBias ? farBias(x) : 1
  const two = slopes.negative !== 0
  const out = dense(two ? 2 * x.rows : x.rows, x.cols)
  out.data.set(x.data)
  if (freeBias) for (let i = 0; i < x.rows; i++) out.data[(i + 1) * x.cols - 1] = far
  if (two) for (let at = 0; at < x.data.length; at++) out.data[x.data.length + at] = -out.data[at]
  return out
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

/** A power of two ≥ 2¹⁷·max‖x_i‖: so large that R²/τ² does not matter, so small that rounding does not. */
export function farBias(x: Dense): number {
  let most = 0
  for (let i = 0; i < x.rows; i++) most = Math.max(most, normUp(x.data.slice(i * x.cols, (i + 1) * x.cols - 1)))
  return most === 0 ? 1 : 2 ** (Math.ceil(Math.log2(most)) + 17)
}

/** g(θ) = max_{‖u‖≤1} |θᵀφ(Xu)| from above by an oracle. With a free bias, θ must add up to 0 exactly. */
export function homogeneousNorm(
  { x, slopes, freeBias }: Pick<HomogeneousProgram, 'x' | 'slopes' | 'freeBias'>,
  { norm }: NormOracle,
  theta: Float64Array,
  floor = 0,
): number {
  // √(1 + R²/τ²) ≤ 1 + 2⁻³⁵.
  const stretch = freeBias ? 1 + 2 ** -34 : 1
  const top = norm(reluTheta(slopes, theta), floor / stretch)
  const exact = [slopes.positive, slopes.negative].every(s => Math.abs(s) === 1 || s === 0)
  // Rounding of θ̃, in both copies of the rows.
  const moved = exact ? 0 : 4 * UNIT * steepest(slopes) * reach({ x, freeBias }, theta)
  return up(up(stretch * top) + moved)
}

/**
 * The certificate of a network of the class, valid for every width: `dual ≤ inf ≤ primal` in the mean objective.
 *
 * @param oracles upper bounds of the dual norm over `reluRows(program)`; the bound that comes out highest is reported.
 * @param candidates dual points in R^{n·c} to try beside ∇L at the fit.
 * Scope 'global' throughout; 'stationary' when no candidate is finite or there is no oracle.
 */
export function certifyHomogeneous(
  network: HomogeneousNetwork,
  program: HomogeneousProgram,
  options: {
    readonly oracles: readonly NormOracle[]
    readonly candidates?: readonly Float64Array[]
    /** What the class is called in the statement. */
    readonly subject: string
  },
): Certificate {
  const { x, loss, beta, constant, linear, freeBias, slopes } = program
  const { oracles, candidates = [], subject } = options
  const n = loss.samples
  const { upper, fit } = homogeneousValue(network, program)
  const dual = withFreeConstants(loss, { constant, balanced: freeBias, linear, beta })
  // How far rounding of θ can move g: |θᵀφ(Xu)| ≤ s·(|X|ᵀ|θ|·|u|), with R per ‖w'‖ for the bias that is free.
  const scale = 2 ** Math.max(0, Math.ceil(Math.log2(steepest(slopes)))) * (freeBias ? 2 : 1)
  const far = freeBias ? farBias(x) * 2 ** -17 : 1
  const moves = dense(
    x.rows,
    x.cols,
    x.data.map((v, at) => scale * (freeBias && at % x.cols === x.cols - 1 ? far : v)),
  )
  let best: (DualBound & { oracle: NormOracle }) | null = null
  for (const oracle of oracles)
    for (const candidate of [loss.gradient(fit), ...candidates]) {
      const found = dualBound({ x: moves, loss: dual, beta }, candidate, (theta, { floor = 0 }) =>
        homogeneousNorm(program, oracle, theta, floor),
      )
      if (found !== null && (best === null || found.lower > best.lower)) best = { ...found, oracle }
    }
  return assemble(up(upper / n), best === null ? null : { lower: down(best.lower / n), witness: best.witness }, {
    scope: 'global',
    oracle: best?.oracle.oracle ?? 'none',
    subject,
    ...(best?.oracle.patterns !== undefined && { patterns: best.oracle.patterns }),
  })
}

/** The objective in sum form from above, and the computed fit without the offset of the loss. Cost 2·n·p·m. */
export function homogeneousValue(
  network: HomogeneousNetwork,
  program: HomogeneousProgram,
): { readonly upper: number; readonly fit: Float64Array } {
  const { hidden, output, constant, linear } = network
  const { x, loss, beta, freeBias, slopes } = program
  const [n, p, m, c] = [x.rows, x.cols, hidden.rows, loss.outputs]
  const fit = new Float64Array(n * c)
  const terms = new Float64Array(n * c)
  const steep = steepest(slopes)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let [t, size] = [0, 0]
      for (let l = 0; l < p; l++) {
        const v = x.data[i * p + l] * hidden.data[j * p + l]
        t += v
        size += Math.abs(v)
      }
      const h = (t >= 0 ? slopes.positive : slopes.negative) * t
      for (let k = 0; k < c; k++) {
        const a = output.data[j * c + k]
        if (a === 0) continue
        fit[i * c + k] += a * h
        // φ is Lipschitz, so a sign lost to rounding costs no more than the rounding itself.
        terms[i * c + k] += Math.abs(a) * steep * size
      }
    }
    for (let k = 0; k < c; k++) {
      let sum = constant[k]
      let size = Math.abs(constant[k])
      if (linear !== null && program.linear !== null)
        for (let l = 0; l < linear.rows; l++) {
          const v = program.linear.data[i * linear.rows + l] * linear.data[l * c + k]
          sum += v
          size += Math.abs(v)
        }
      fit[i * c + k] += sum
      terms[i * c + k] += size
    }
  }
  const operations = p + m + (linear?.rows ?? 0) + 6
  const errors = terms.map(size => up(gamma(operations) * size, operations + 2))
  const squares = (values: Float64Array, counts: (at: number) => boolean = () => true) =>
    Array.from(values, (w, at) => (counts(at) ? w * w : 0))
  const decay = compensatedSum([
    ...squares(hidden.data, at => !(freeBias && at % p === p - 1)),
    ...squares(output.data),
    ...(program.constant === 'penalised' ? squares(constant) : []),
    ...(linear === null ? [] : squares(linear.data)),
  ])
  return { upper: up(lossAbove(loss, fit, errors) + up(0.5 * beta * decay, 8), 4), fit }
}

function steepest({ positive, negative }: HomogeneousProgram['slopes']): number {
  return Math.max(Math.abs(positive), Math.abs(negative))
}

/** ‖|X|ᵀ|θ_k|‖ of the worst output, with τ for a free bias. */
function reach({ x, freeBias }: Pick<HomogeneousProgram, 'x' | 'freeBias'>, theta: Float64Array): number {
  const rows = reluRows({ x, freeBias, slopes: { positive: 1, negative: 0 } })
  const outputs = theta.length / x.rows
  let most = 0
  for (let k = 0; k < outputs; k++)
    most = Math.max(
      most,
      absoluteReach(
        rows,
        theta.filter((_value, at) => at % outputs === k),
      ),
    )
  return most
}
