/**
 * The independent re-check of certificates of networks with any activation of degree one, pooled rows included: own rows, own patterns in
 * exact arithmetic (or a covering of the sphere, or the proofs of a relaxed oracle), own value.
 *
 * With X̃ = [X; −X] and τ = share·[s₊θ_{i(k)}; −s₋θ_{i(k)}], the dual norm is that of ReLU networks over X̃ at τ.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import type { Masks } from '../../matrix/masks.ts'
import type { Certificate } from '../certificate.ts'
import type { HomogeneousProgram } from '../homogeneousValue.ts'
import { coveringNorm } from './covering.ts'
import { dualValue, inDomain } from './dualFromDefinition.ts'
import { dualNormFromDefinition } from './dualNormFromDefinition.ts'
import { type Bits, exactCells, exactPattern } from './exactCells.ts'
import { type LossDescription, lossFromDefinition } from './lossFromDefinition.ts'
import { BoundedSum, ROUND } from './plainSums.ts'
import { provedNorm } from './provedNorm.ts'
import { type Verdict, verdictOf } from './verdictOf.ts'

/** What a network and its certificate were made for. */
export interface HomogeneousRecheck extends Pick<HomogeneousProgram, 'x' | 'slopes' | 'pooling'> {
  readonly loss: LossDescription
  /** β = n·lambda. */
  readonly beta: number
  /** u: m × d and v: m × 1. */
  readonly network: { readonly hidden: Dense; readonly output: Dense }
  /** The patterns of a restricted claim, over X or over X̃. */
  readonly masks?: Masks
}

/** Rows up to which cells are enumerated; above, the sphere is covered. */
const ENUMERATED = 40

/**
 * Checks a certificate of `certifyHomogeneous` for a program with one output, no constant or linear way beside the hidden layer and no
 * biases that cost nothing.
 *
 * @throws ShapeError for data that do not fit together; UnsupportedError for a claim by enumeration on more columns than can be covered (6).
 */
export function recheckHomogeneous(certificate: Certificate, data: HomogeneousRecheck): Verdict {
  const { x, slopes, pooling, loss, beta, network, masks } = data
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
  const possible =
    scope === 'global'
      ? linear
        ? oracle === 'closed-form'
        : oracle === 'enumeration' || oracle === 'low-rank' || relaxed
      : scope === 'restricted' && oracle === 'dictionary'
  if (!possible) problems.push(`scope '${scope}' with oracle '${oracle}' is not a claim that can be checked here`)
  const primal = primalOf(data)
  let dual = 0
  if (witness === null || witness.length !== n || !witness.every(Number.isFinite))
    problems.push(`the witness must have ${n} finite numbers; it has not`)
  else if (possible) {
    const domain = inDomain(witness, { x: { rows: n }, loss })
    if (domain.moved) problems.push('the witness lies outside the domain of the conjugate')
    const norm = normOf(domain.theta)
    if (norm > beta * (1 + 1e-12)) problems.push(`the witness has dual norm ${norm}, above ${beta}`)
    const { value, error } = dualValue(domain.theta, { x: { rows: n }, loss })
    const shrink = norm <= beta ? 1 : (beta / norm) * (1 - 4 * ROUND)
    // 0 is always a bound: no loss and no penalty is negative.
    dual = Math.max(0, (shrink * (value - error) * (1 - 8 * ROUND)) / n)
  }
  return verdictOf(certificate, { primal, dual, problems })

  function normOf(theta: Float64Array): number {
    const doubled = slopes.negative === 0 ? x : twice(x)
    const tau = new Float64Array(doubled.rows)
    let reach = 0
    for (let k = 0; k < x.rows; k++) {
      const t = (pooling?.share ?? 1) * theta[pooling === undefined ? k : pooling.sample[k]]
      tau[k] = slopes.positive * t
      if (doubled.rows > x.rows) tau[x.rows + k] = -slopes.negative * t
      const length = Math.hypot(...x.data.subarray(k * x.cols, (k + 1) * x.cols))
      reach += length * (Math.abs(slopes.positive) + Math.abs(slopes.negative)) * Math.abs(t)
    }
    return found() + 4 * ROUND * reach * (1 + 1e-9)

    function found(): number {
      if (linear) {
        const half = new Uint8Array(doubled.rows).fill(1, 0, x.rows)
        return dualNormFromDefinition('gated', doubled, [half], tau, beta)
      }
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
          ? exactCells(x).map(both)
          : [...bitsOf(masks).map(both), ...ownPatterns(network.hidden, doubled)]
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

function bitsOf(m: Masks | undefined): Bits[] {
  if (m === undefined) return []
  return Array.from({ length: m.patterns }, (_, k) =>
    Uint8Array.from({ length: m.samples }, (_v, i) => (m.words[k * m.stride + (i >>> 5)] >>> (i & 31)) & 1),
  )
}

function ownPatterns(hidden: Dense, rows: Dense): Bits[] {
  return Array.from({ length: hidden.rows }, (_, j) =>
    exactPattern(rows, hidden.data.slice(j * hidden.cols, (j + 1) * hidden.cols)),
  )
}

/** The objective from above, in mean form. */
function primalOf({ x, slopes, pooling, loss, beta, network }: HomogeneousRecheck): number {
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
  for (const w of [...network.hidden.data, ...network.output.data]) penalty.add((w * w) / 2)
  const upper = value.value + value.error(32) + excess * (1 + 1e-9) + beta * (penalty.value + penalty.error(8))
  return (upper * (1 + 8 * ROUND)) / n
}
