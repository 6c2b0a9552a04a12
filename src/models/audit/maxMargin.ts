/**
 * The audit of networks trained without weight decay, for separable classes: how near is the margin to the largest there is?
 *
 *   p = min Σ_j ‖w_j‖|a_j|  with y_i f(x_i) ≥ 1 for all i,   A = Σ‖w_j‖|a_j| / γ ≥ p,   γ = min_i y_i f(x_i),
 *   p ≥ B = Σ_i q_i / g(Yq)   for every q ≥ 0 (with yᵀq = 0 where a constant or a bias costs nothing).
 *
 * Logistic loss without decay drives gradient descent to such a margin, slowly; its own slopes q_i are the natural dual point, and q from the
 * balance of the weights, Σ_i q_i y_i φ'(x_i·w_j) x_i = sign(a_j)·ŵ_j, often a better one. Any q gives a bound.
 * Source: Y. Wang, M. Pilanci, The Convex Geometry of Backpropagation, ICLR 2022 (max-margin duals of gradient flow limits).
 * @module
 */
import { type HomogeneousOracle, type HomogeneousProgram, homogeneousValue, zeroSum } from '../../certificates/index.ts'
import { NotSolvedError } from '../../errors.ts'
import { dense } from '../../matrix/dense.ts'
import { nnls } from '../../matrix/factor/nnls.ts'
import { fedBy, hiddenLength, type Measured, preActivation } from './program.ts'

/** How far the margin is from the largest. */
export interface MaxMargin {
  /** γ, at most. */
  readonly margin: number
  /** A, at least: the norm of this network at margin one. */
  readonly primal: number
  /** B, at most: no network of any width has a smaller one. */
  readonly dual: number
  /** (A − B)/A. */
  readonly relativeGap: number
  /** The dual point θ = −Yq behind B. */
  readonly witness: Float64Array
}

/** Largest problem for which q is found from the balance of the weights: rows times weights. */
const LARGE = 2e6
/** Sharpness of q ∝ exp(−s(y f/γ − 1)). */
const SHARPNESS = [1, 3, 10, 30, 100, 300]

/**
 * The margin of the network over its data; null when it does not separate them, when its class has a penalty beside that of the neurons
 * (a penalised constant, a linear way) or a constant that is fixed, or the targets are no two classes.
 */
export function maxMargin(
  measured: Measured,
  program: HomogeneousProgram,
  oracles: readonly HomogeneousOracle[],
): MaxMargin | null {
  const { network, loss, freeBias, outputBias } = measured
  if (loss.name !== 'logistic' && loss.name !== 'squared-hinge') return null
  if (outputBias === 'penalised' || outputBias === 'fixed' || program.linear !== null) return null
  const y = loss.targets
  const { fit, errors } = homogeneousValue(network, program)
  const margins = fit.map((f, i) => y[i] * f)
  const margin = margins.reduce((least, m, i) => Math.min(least, m - errors[i]), Infinity)
  if (!(margin > 0)) return null
  let length = 0
  for (let j = 0; j < network.hidden.rows; j++)
    length += hiddenLength(network, j, freeBias) * Math.abs(network.output.data[j])
  const primal = (length * (1 + 1e-12)) / margin
  const balanced = freeBias || outputBias === 'free'
  let best: { dual: number; witness: Float64Array } | null = null
  for (const q of [
    ...SHARPNESS.map(s => margins.map(m => Math.exp(-s * (m / margin - 1)))),
    ...(balanced ? SHARPNESS.map(s => byClass(margins, y, s / margin)) : []),
    fromBalance(measured, program),
  ]) {
    if (q === null) continue
    const theta = q.map((v, i) => -y[i] * v)
    // Entries move towards 0 only, so q stays ≥ 0.
    const witness = balanced ? zeroSum(theta, 1) : theta
    const total = witness.reduce((sum, t) => sum + Math.abs(t), 0) * (1 - 1e-12)
    if (!(total > 0)) continue
    for (const oracle of oracles) {
      const dual = (total / oracle.norm(witness, 0).value) * (1 - 1e-15)
      if (best === null || dual > best.dual) best = { dual, witness }
    }
  }
  if (best === null) return null
  return { margin, primal, ...best, relativeGap: (primal - best.dual) / primal }
}

/** The same within each class, of sum 1 in both: yᵀq = 0 costs nothing then, however unlike the margins of the classes are. */
function byClass(margins: Float64Array, y: Float64Array, sharpness: number): Float64Array {
  const parts = [1, -1].map(label => {
    const least = margins.reduce((low, m, i) => (y[i] === label ? Math.min(low, m) : low), Infinity)
    const q = margins.map((m, i) => (y[i] === label ? Math.exp(-sharpness * (m - least)) : 0))
    const total = q.reduce((sum, v) => sum + v, 0)
    return q.map(v => (total > 0 ? v / total : 0))
  })
  return parts[0].map((v, i) => v + parts[1][i])
}

/** q ≥ 0 by least squares from the balance of every neuron's weights. */
function fromBalance({ network, loss, freeBias }: Measured, { x, slopes }: HomogeneousProgram): Float64Array | null {
  const [n, p, m] = [x.rows, x.cols, network.hidden.rows]
  if (n * m * p > LARGE) return null
  const rows = dense(n, m * p)
  const target = new Float64Array(m * p)
  for (let j = 0; j < m; j++) {
    const a = network.output.data[j * loss.outputs + fedBy(network, j)]
    const length = hiddenLength(network, j, freeBias)
    if (a === 0 || length === 0) continue
    // Strong neurons count more: their balance holds best.
    const weight = Math.sqrt(length * Math.abs(a))
    preActivation(network, j, x).forEach((t, i) => {
      const s = t >= 0 ? slopes.positive : slopes.negative
      for (let l = 0; l < p; l++) rows.data[i * m * p + j * p + l] = weight * loss.targets[i] * s * x.data[i * p + l]
    })
    for (let l = 0; l < (freeBias ? p - 1 : p); l++)
      target[j * p + l] = (weight * Math.sign(a) * network.hidden.data[j * p + l]) / length
  }
  try {
    return nnls(rows, target).x
  } catch (error) {
    // One candidate fewer: the others stand.
    if (error instanceof NotSolvedError) return null
    throw error
  }
}
