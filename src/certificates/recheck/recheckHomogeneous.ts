/**
 * The independent re-check of certificates of networks with any activation of degree one, pooled rows included: own rows, own patterns in
 * exact arithmetic (or a covering of the sphere, or the proofs of a relaxed oracle), own value.
 *
 * With X̃ = [X; −X] and τ = share·[s₊θ_{i(k)}; −s₋θ_{i(k)}], the dual norm is that of ReLU networks over X̃ at τ. A constant costs (1ᵀθ)²/(2β), or asks
 * for 1ᵀθ = 0 in exact arithmetic where it is free; a linear way Z costs ‖Zᵀθ‖²/(2β). With free hidden biases rows are taken from the middle of the data, the ones
 * become ρ·R, R the radius, and g ≤ √(1 + 1/ρ²) times the norm over those rows.
 * @module
 */
import { ShapeError, UnsupportedError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import type { Masks } from '../../matrix/masks.ts'
import type { Certificate } from '../certificate.ts'
import type { HomogeneousProgram } from '../homogeneousValue.ts'
import { coveringNorm } from './covering.ts'
import { dualValue, inDomain } from './dualFromDefinition.ts'
import { dualNormFromDefinition } from './dualNormFromDefinition.ts'
import { type Bits, bitsOf, exactCells, exactPattern } from './exactCells.ts'
import { type LossDescription, lossFromDefinition } from './lossFromDefinition.ts'
import { BoundedSum, ROUND } from './plainSums.ts'
import { provedNorm } from './provedNorm.ts'
import { signedProductsNorm } from './signedProducts.ts'
import { type Verdict, verdictOf } from './verdictOf.ts'

/** What a network and its certificate were made for. */
export interface HomogeneousRecheck
  extends Pick<HomogeneousProgram, 'x' | 'slopes' | 'pooling'>,
    Partial<Pick<HomogeneousProgram, 'constant' | 'linear' | 'freeBias'>> {
  readonly loss: LossDescription
  /** β = n·lambda. */
  readonly beta: number
  /** u: m × d and v: m × 1. */
  readonly network: {
    readonly hidden: Dense
    readonly output: Dense
    readonly constant?: Float64Array
    readonly linear?: Dense | null
  }
  /** The patterns of a restricted claim, over X or over X̃. */
  readonly masks?: Masks
}

/** Rows up to which cells are enumerated; above, the sphere is covered. */
const ENUMERATED = 40
/** ρ, and what two ways of treating free biases may differ by. */
const FAR = 2 ** 12
const AGREE_FREE = 1e-6

/**
 * Checks a certificate of `certifyHomogeneous` for a program with one output.
 *
 * @throws ShapeError for data that do not fit together; UnsupportedError for a claim by enumeration on more columns than can be covered (6),
 *   or with free hidden biases by a relaxed oracle, or for more than 40 rows of several inputs.
 */
export function recheckHomogeneous(certificate: Certificate, data: HomogeneousRecheck): Verdict {
  const { slopes, pooling, loss, beta, network, masks, constant = 'none', linear: way = null, freeBias = false } = data
  const { x } = data
  const n = pooling?.samples ?? x.rows
  if (
    loss.targets.length !== n ||
    network.hidden.cols !== x.cols ||
    loss.outputs !== 1 ||
    (pooling !== undefined && (pooling.sample.length !== x.rows || pooling.sample.some(i => !(i >= 0 && i < n))))
  )
    throw new ShapeError(
      `recheck: rows, targets and weights must fit together; got ${n} and ${loss.targets.length} samples, ${x.cols} and ${network.hidden.cols} inputs, ${loss.outputs} outputs.`,
    )
  const problems: string[] = []
  const { scope, oracle, witness, proofs = [] } = certificate
  const linear = slopes.positive === slopes.negative
  const relaxed = oracle === 'sdp' || oracle === 'spectral'
  if (freeBias && oracle !== 'enumeration' && scope === 'global')
    throw new UnsupportedError(
      'recheck: a relaxed bound with free hidden biases is not checked again. Trust the certificate less, or use --oracle enumeration.',
    )
  const possible =
    scope === 'global'
      ? linear
        ? oracle === 'closed-form'
        : ['enumeration', 'low-rank', 'closed-form'].includes(oracle) || relaxed
      : scope === 'restricted' && oracle === 'dictionary'
  if (!possible) problems.push(`scope '${scope}' with oracle '${oracle}' is not a claim that can be checked here`)
  // Rows that lie close to the ones direction make the cones of a covering too many.
  if (freeBias && x.rows > ENUMERATED && x.cols > 2)
    throw new UnsupportedError(
      `recheck: free hidden biases are checked again for at most ${ENUMERATED} rows, or one input; got ${x.rows} rows of ${x.cols - 1} inputs. Penalise them, or trust the certificate less.`,
    )
  const primal = primalOf(data)
  let dual = 0
  if (witness === null || witness.length !== n || !witness.every(Number.isFinite))
    problems.push(`the witness must have ${n} finite numbers; it has not`)
  else if (possible) {
    const domain = inDomain(witness, { x: { rows: n }, loss })
    if (domain.moved) problems.push('the witness lies outside the domain of the conjugate')
    if ((constant === 'free' || freeBias) && !sumsToZero(domain.theta))
      problems.push('the witness must sum to 0 where a constant costs nothing; it does not')
    const norm = normOf(domain.theta)
    if (norm > beta * (1 + (freeBias ? AGREE_FREE : 1e-12)))
      problems.push(`the witness has dual norm ${norm}, above ${beta}`)
    const { value, error } = dualValue(domain.theta, { x: { rows: n }, loss })
    const beside = besideCost(domain.theta, { constant, way, beta })
    const shrink = norm <= beta ? 1 : (beta / norm) * (1 - 4 * ROUND)
    // 0 is always a bound: no loss and no penalty is negative.
    dual = Math.max(0, (shrink * (value - error - beside) * (1 - 8 * ROUND)) / n)
    if (problems.some(each => each.includes('sum to 0'))) dual = 0
  }
  return verdictOf(certificate, { primal, dual, problems }, freeBias ? AGREE_FREE : undefined)

  function normOf(theta: Float64Array): number {
    const own = freeBias ? fromTheMiddle(x) : { rows: x, stretch: 1 }
    const doubled = slopes.negative === 0 ? own.rows : twice(own.rows)
    const tau = new Float64Array(doubled.rows)
    let reach = 0
    for (let k = 0; k < x.rows; k++) {
      const t = (pooling?.share ?? 1) * theta[pooling === undefined ? k : pooling.sample[k]]
      tau[k] = slopes.positive * t
      if (doubled.rows > x.rows) tau[x.rows + k] = -slopes.negative * t
      const length = Math.hypot(...own.rows.data.subarray(k * x.cols, (k + 1) * x.cols))
      reach += length * (Math.abs(slopes.positive) + Math.abs(slopes.negative)) * Math.abs(t)
    }
    return own.stretch * (found() + 6 * ROUND * reach * (1 + 1e-9))

    function found(): number {
      if (linear) {
        const half = new Uint8Array(doubled.rows).fill(1, 0, x.rows)
        return dualNormFromDefinition('gated', doubled, [half], tau, beta)
      }
      if (oracle === 'closed-form') return signedProductsNorm(doubled, tau)
      if (relaxed) {
        if (tau.every(value => value === 0)) return 0
        const proved = provedNorm(doubled, tau, proofs)
        problems.push(...proved.problems)
        return proved.norm
      }
      if (scope === 'global' && (x.rows > ENUMERATED || x.cols > 3)) return coveringNorm(doubled, tau, beta)
      const both = (bits: Bits): Bits =>
        bits.length === doubled.rows ? bits : Uint8Array.of(...bits, ...bits.map(b => 1 - b))
      const patterns =
        scope === 'global'
          ? exactCells(own.rows).map(both)
          : [...(masks === undefined ? [] : bitsOf(masks)).map(both), ...ownPatterns(network.hidden, doubled)]
      return dualNormFromDefinition('relu', doubled, patterns, tau, beta)
    }
  }
}

/** [X; −X]. */
function twice(x: Dense): Dense {
  const out = dense(2 * x.rows, x.cols)
  x.data.forEach((v, at) => {
    out.data[at] = v
    out.data[x.data.length + at] = -v
  })
  return out
}

/** Whether the entries add up to 0 in exact arithmetic. */
function sumsToZero(theta: Float64Array): boolean {
  const ones = new Float64Array(theta.length).fill(1)
  return [1, -1].every(
    sign =>
      exactPattern(
        dense(
          1,
          theta.length,
          theta.map(v => sign * v),
        ),
        ones,
      )[0] === 0,
  )
}

/** What the constant and the linear way take off the dual value, from above. */
function besideCost(
  theta: Float64Array,
  { constant, way, beta }: { readonly constant: string; readonly way: Dense | null; readonly beta: number },
): number {
  const square = (sum: BoundedSum, rounds: number) => (Math.abs(sum.value) + sum.error(rounds)) ** 2
  let total = 0
  if (constant === 'penalised') {
    const sum = new BoundedSum()
    for (const v of theta) sum.add(v)
    total += square(sum, 0)
  }
  for (let j = 0; way !== null && j < way.cols; j++) {
    const sum = new BoundedSum()
    for (let i = 0; i < way.rows; i++) sum.add(way.data[i * way.cols + j] * theta[i])
    total += square(sum, 1)
  }
  return (total / (2 * beta)) * (1 + 1e-12)
}

/** Rows less the middle of every column, ρ·R in place of the ones. */
function fromTheMiddle(x: Dense): { rows: Dense; stretch: number } {
  const p = x.cols
  const rows = dense(x.rows, p, x.data.slice())
  for (let j = 0; j < p - 1; j++) {
    let [low, high] = [Infinity, -Infinity]
    for (let i = 0; i < x.rows; i++) [low, high] = [Math.min(low, x.data[i * p + j]), Math.max(high, x.data[i * p + j])]
    for (let i = 0; i < x.rows; i++) rows.data[i * p + j] -= low / 2 + high / 2
  }
  let radius = 0
  for (let i = 0; i < x.rows; i++) radius = Math.max(radius, Math.hypot(...rows.data.subarray(i * p, (i + 1) * p - 1)))
  const far = radius === 0 ? 1 : 2 ** Math.ceil(Math.log2(FAR * radius))
  for (let i = 0; i < x.rows; i++) rows.data[(i + 1) * p - 1] = far
  return { rows, stretch: Math.sqrt(1 + (radius / far) ** 2) * (1 + 1e-12) }
}

function ownPatterns(hidden: Dense, rows: Dense): Bits[] {
  return Array.from({ length: hidden.rows }, (_, j) =>
    exactPattern(rows, hidden.data.slice(j * hidden.cols, (j + 1) * hidden.cols)),
  )
}

/** The objective from above, in mean form. */
function primalOf(data: HomogeneousRecheck): number {
  const { x, slopes, pooling, loss, beta, network, constant = 'none', linear = null, freeBias = false } = data
  const [n, d] = [pooling?.samples ?? x.rows, x.cols]
  const share = pooling?.share ?? 1
  const fit = Array.from({ length: n }, () => new BoundedSum())
  const error = new Float64Array(n)
  const most = Math.max(Math.abs(slopes.positive), Math.abs(slopes.negative))
  for (let k = 0; k < x.rows; k++)
    for (let j = 0; j < network.hidden.rows; j++) {
      const i = pooling === undefined ? k : pooling.sample[k]
      const inner = new BoundedSum()
      for (let a = 0; a < d; a++) inner.add(x.data[k * d + a] * network.hidden.data[j * d + a])
      const v = network.output.data[j] * share
      const t = inner.value
      fit[i].add(v * (t >= 0 ? slopes.positive : slopes.negative) * t)
      error[i] += Math.abs(v) * most * inner.error(1) * (1 + 1e-9)
    }
  for (let i = 0; i < n; i++) {
    if (network.constant !== undefined) fit[i].add(network.constant[0])
    if (linear !== null && network.linear)
      for (let a = 0; a < linear.cols; a++) fit[i].add(linear.data[i * linear.cols + a] * network.linear.data[a])
  }
  const sampleLoss = lossFromDefinition(loss)
  const value = new BoundedSum()
  let excess = 0
  const z = new Float64Array(1)
  for (let i = 0; i < n; i++) {
    z[0] = fit[i].value + loss.offset[0]
    const e = error[i] + fit[i].error(4) + 8 * ROUND * (Math.abs(z[0]) + Math.abs(loss.offset[0]))
    const w = loss.weights === null ? 1 : loss.weights[i]
    value.add(w * sampleLoss.value(z, i))
    excess += w * (Math.abs(sampleLoss.slope(z, i, 0)) * (1 + 1e-9) + sampleLoss.smoothness * e) * e
  }
  const penalty = new BoundedSum()
  const counted = network.hidden.data.filter((_, at) => !(freeBias && at % d === d - 1))
  const beside = [
    ...(constant === 'penalised' && network.constant ? network.constant : []),
    ...(network.linear?.data ?? []),
  ]
  for (const w of [...counted, ...network.output.data, ...beside]) penalty.add((w * w) / 2)
  const upper = value.value + value.error(32) + excess * (1 + 1e-9) + beta * (penalty.value + penalty.error(8))
  return (upper * (1 + 8 * ROUND)) / n
}
