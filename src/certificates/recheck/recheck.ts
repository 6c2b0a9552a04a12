/**
 * The independent re-check: feasibility and value of a certificate once more, from the definition.
 *
 * Shares no code with what made the certificate: no loss, kernel, solver or bound of the library is called, only types are
 * imported. It has its own losses, its own sums with error bounds, its own cone projection and, for a claim about every
 * network, its own enumeration of the patterns in exact arithmetic, or a covering of the sphere where they are too many; what a
 * relaxed oracle proves is proved again from the slopes and weights it left (`provedNorm.ts`).
 *
 * The numbers it returns are proved on their own: `primal` is at least the value at the point, `dual` at most the optimum.
 * For the lower one the witness w is put inside the domain, its dual norm g taken from above, and with t = min(1, β/g)
 * concavity and L*(0) ≤ 0 give −L*(t·w) ≥ t·(−L*(w)).
 * @module
 */
import { ShapeError } from '../../errors.ts'
import type { Dense } from '../../matrix/dense.ts'
import type { Masks } from '../../matrix/masks.ts'
import type { Certificate } from '../certificate.ts'
import type { TwoLayerNetwork } from '../twoLayer.ts'
import { coveringNorm } from './covering.ts'
import { dualNormFromDefinition } from './dualNormFromDefinition.ts'
import { type Bits, exactCells, exactPattern } from './exactCells.ts'
import { type LossDescription, lossFromDefinition, type SampleLoss } from './lossFromDefinition.ts'
import { BoundedSum, ROUND } from './plainSums.ts'
import { provedNorm } from './provedNorm.ts'
import { signedProductsNorm } from './signedProducts.ts'

/** The data a certificate was made for, as `recheck` reads them: nothing computed by the code under check. */
export interface RecheckData {
  readonly x: Dense
  /** Any `Loss` will do; only its data are read. */
  readonly loss: LossDescription
  /** β = n·lambda. */
  readonly beta: number
  /** The patterns the claim runs over; not read for scope 'global'. */
  readonly masks: Masks
  readonly network: TwoLayerNetwork
}

/** A point of the convex program itself, from any program: no network needed. */
export interface ProgramPoint {
  readonly kind: 'relu' | 'gated'
  /**
   * 'gated': u ∈ R^{c·P·d}, output by output. 'relu': (v_0 … v_{P−1}, w_0 … w_{P−1}) ∈ R^{2·P·d}, one output; it is read as a
   * network with these neurons, so a vector that leaves its cone costs nothing but is counted.
   */
  readonly u: Float64Array
  /** Dual points to try beside ∇L at the fit. */
  readonly candidates?: readonly Float64Array[]
}

/** What `recheck` found: whether the claim stands, and the two numbers it proved by itself. */
export interface Verdict {
  /** No problem was found, and both numbers of the claim are proved again (to 1e-10 of the objective). */
  readonly valid: boolean
  /** Proved by the re-check alone, in the public (mean) objective. */
  readonly primal: number
  readonly dual: number
  readonly relativeGap: number
  readonly problems: readonly string[]
}

/** Rows up to which the cells are enumerated; above, the sphere is covered, which needs no list. */
const ENUMERATED = 40

/** Part of the objective by which two provers, each with its own error bounds, may differ. */
const AGREE = 1e-10

/**
 * Checks a certificate of a two-layer network against its network and data.
 *
 * @returns what the re-check proves by itself, and every way in which the certificate claims more.
 * @throws ShapeError for data that do not fit together; UnsupportedError for a claim by enumeration on too many columns (6,
 *   3 for gated networks), which it can neither enumerate nor cover. Cost: 2·n·d·P·c flops for a restricted claim, n·d²·c for a
 *   relaxed oracle.
 */
export function recheck(certificate: Certificate, data: RecheckData): Verdict {
  const { network, x, loss } = data
  checkShapes(data, network.hidden.cols)
  const problems: string[] = []
  const parts = partsOfNetwork(network, x)
  const offset = loss.offset.some((o, k) => o !== network.offset[k])
  if (offset) problems.push('the network has another offset than the loss, so bound and network differ in class')
  if (network.output.cols > 1 && feedsSeveral(network))
    problems.push('a neuron feeds several outputs, which the program charges more for than weight decay does')

  const { scope, oracle, witness } = certificate
  if (
    !(scope === 'stationary'
      ? oracle === 'none'
      : scope === 'global'
        ? oracle === 'enumeration' ||
          (network.kind === 'relu' && (oracle === 'spectral' || oracle === 'sdp' || oracle === 'closed-form'))
        : oracle === 'dictionary')
  )
    problems.push(`scope '${scope}' with oracle '${oracle}' is not a claim that can be checked here`)
  const primal = primalBound(parts, data)
  const points = witness === null ? [] : [witness]
  const norm = normOf(certificate, data, parts, problems)
  const dual = best(points.map(theta => dualFromPoint(theta, norm, data)))
  const slack = AGREE * Math.abs(primal.upper)
  if (scope === 'stationary') {
    if (certificate.dual !== -Infinity || witness !== null) problems.push("scope 'stationary' must claim no bound")
  } else if (witness === null) problems.push('the claim has no witness')
  else {
    if (!(certificate.dual <= dual.value + slack))
      problems.push(`the bound ${certificate.dual} is not proved by its witness, which gives ${dual.value}`)
    problems.push(...dual.problems)
  }
  if (!(certificate.primal >= primal.upper - slack))
    problems.push(`the objective at the weights is ${primal.upper}, above the claim ${certificate.primal}`)
  if (!(certificate.primal <= primal.upper + slack))
    problems.push(`the objective at the weights is ${primal.upper}, far below the claim ${certificate.primal}`)
  if (certificate.dual > certificate.primal) problems.push('the bound is above the objective')
  const gap = certificate.primal - certificate.dual
  if (
    !(Math.abs(certificate.gap - gap) <= slack) ||
    !(Math.abs(certificate.relativeGap * Math.abs(certificate.primal) - gap) <= slack)
  )
    if (scope !== 'stationary') problems.push('gap and relative gap do not follow from the two numbers')
  return verdict(primal.upper, dual.value, problems)
}

/**
 * Primal, dual and gap of any point of the program, proved from the definition: the same judge for every solver.
 *
 * @throws ShapeError when the point does not fit the patterns.
 */
export function certifyPoint(point: ProgramPoint, data: Omit<RecheckData, 'network'>): Verdict {
  const { x, loss, masks } = data
  const size = x.cols * masks.patterns * (point.kind === 'relu' ? 2 : loss.outputs)
  checkShapes(data, x.cols)
  if (point.u.length !== size || (point.kind === 'relu' && loss.outputs !== 1))
    throw new ShapeError(
      `certifyPoint: the point must have ${size} numbers (relu: 2·P·d for one output, gated: c·P·d); got ${point.u.length}.`,
    )
  const patterns = bitsOf(masks)
  const problems: string[] = []
  const parts = partsOfPoint(point, patterns, data, problems)
  const primal = primalBound(parts, data)
  const theta = slopeAt(primal.fit, data)
  const points = [theta, ...(point.candidates ?? [])]
  const scaled = points.map(each => bestOnRay(point.kind, each, patterns, data))
  const norm = (each: Float64Array) => dualNormFromDefinition(point.kind, x, patterns, each, data.beta)
  const dual = best(scaled.map(each => dualFromPoint(each, norm, data)))
  return verdict(primal.upper, dual.value, problems)
}

/** One term coefficient·φ(x·w) of the fit of output k, and what it costs. */
interface Part {
  /** Null: φ is the ReLU. */
  readonly bits: Bits | null
  readonly own: Bits
  readonly w: Float64Array
  readonly output: number
  readonly coefficient: number
  /** Terms whose sum is the penalty, each exact up to 4 round-offs. */
  readonly cost: readonly number[]
}

function partsOfNetwork({ kind, hidden, output, gates }: TwoLayerNetwork, x: Dense): Part[] {
  const [d, c] = [hidden.cols, output.cols]
  const parts: Part[] = []
  for (let j = 0; j < hidden.rows; j++) {
    const w = hidden.data.slice(j * d, (j + 1) * d)
    const v = output.data.slice(j * c, (j + 1) * c)
    const gate = kind === 'gated' && gates ? gates.data.slice(j * d, (j + 1) * d) : w
    const own = exactPattern(x, gate)
    const cost = [...w, ...v].map(value => (value * value) / 2)
    const fed = Math.max(
      0,
      v.findIndex(value => value !== 0),
    )
    for (let k = 0; k < c; k++)
      if (k === fed || v[k] !== 0)
        parts.push({
          bits: kind === 'gated' ? own : null,
          own,
          w,
          output: k,
          coefficient: v[k],
          cost: k === fed ? cost : [],
        })
  }
  return parts
}

function partsOfPoint(
  { kind, u }: ProgramPoint,
  patterns: readonly Bits[],
  { x }: Omit<RecheckData, 'network'>,
  problems: string[],
): Part[] {
  const d = x.cols
  const parts: Part[] = []
  let outside = 0
  for (let g = 0; g * d < u.length; g++) {
    const w = u.slice(g * d, (g + 1) * d)
    if (w.every(value => value === 0)) continue
    const bits = patterns[g % patterns.length]
    const half = Math.floor(g / patterns.length)
    const own = kind === 'relu' ? exactPattern(x, w) : bits
    const cost = [Math.hypot(...w) * (1 + 4 * (d + 4) * ROUND)]
    if (kind === 'relu' && leaves(x, bits, w)) outside++
    parts.push({
      bits: kind === 'relu' ? null : bits,
      own,
      w,
      output: kind === 'relu' ? 0 : half,
      coefficient: kind === 'relu' && half === 1 ? -1 : 1,
      cost,
    })
  }
  if (outside > 0) problems.push(`${outside} vectors leave their cones by more than 1e-6 of their length`)
  return parts
}

function leaves(x: Dense, bits: Bits, w: Float64Array): boolean {
  const length = Math.hypot(...w)
  for (let i = 0; i < x.rows; i++) {
    let [product, square] = [0, 0]
    for (let j = 0; j < x.cols; j++) {
      product += x.data[i * x.cols + j] * w[j]
      square += x.data[i * x.cols + j] ** 2
    }
    if ((bits[i] === 1 ? product : -product) < -1e-6 * length * Math.sqrt(square)) return true
  }
  return false
}

/** The objective from above, in mean form, and the fit. */
function primalBound(parts: readonly Part[], data: Omit<RecheckData, 'network'>): { upper: number; fit: Float64Array } {
  const { x, loss, beta } = data
  const [n, d, c] = [x.rows, x.cols, loss.outputs]
  const sample = lossFromDefinition(loss)
  const fit = new Float64Array(n * c)
  const value = new BoundedSum()
  const z = new Float64Array(c)
  const reach = new Float64Array(c)
  let excess = 0
  for (let i = 0; i < n; i++) {
    reach.fill(0)
    for (const { bits, own, w, output, coefficient } of parts) {
      if ((bits ?? own)[i] === 0) continue
      let [inner, size] = [0, 0]
      for (let j = 0; j < d; j++) {
        const term = x.data[i * d + j] * w[j]
        inner += term
        size += Math.abs(term)
      }
      fit[i * c + output] += coefficient * inner
      reach[output] += Math.abs(coefficient) * size
    }
    const weight = loss.weights === null ? 1 : loss.weights[i]
    let widest = 0
    for (let k = 0; k < c; k++) {
      z[k] = fit[i * c + k] + loss.offset[k]
      widest = Math.max(widest, Math.abs(fit[i * c + k]) + Math.abs(loss.offset[k]))
    }
    value.add(weight * sample.value(z, i))
    for (let k = 0; k < c; k++) {
      const error = (d + parts.length + 4) * 1.01 * ROUND * reach[k] + 8 * ROUND * widest
      excess += weight * (Math.abs(sample.slope(z, i, k)) * (1 + 1e-9) + sample.smoothness * error) * error
    }
  }
  const penalty = new BoundedSum()
  for (const { cost } of parts) for (const term of cost) penalty.add(term)
  const upper = value.value + value.error(32) + excess * (1 + 1e-9) + beta * (penalty.value + penalty.error(8))
  return { upper: (upper * (1 + 8 * ROUND)) / n, fit }
}

function slopeAt(fit: Float64Array, { loss, x }: Omit<RecheckData, 'network'>): Float64Array {
  const sample = lossFromDefinition(loss)
  const c = loss.outputs
  const theta = new Float64Array(fit.length)
  for (let i = 0; i < x.rows; i++) {
    const z = Float64Array.from(loss.offset, (o, k) => fit[i * c + k] + o)
    const weight = loss.weights === null ? 1 : loss.weights[i]
    for (let k = 0; k < c; k++) theta[i * c + k] = weight * sample.slope(z, i, k)
  }
  return theta
}

/** The best point of the ray through θ that its dual norm allows, put inside the domain. */
function bestOnRay(
  kind: 'relu' | 'gated',
  theta: Float64Array,
  patterns: readonly Bits[],
  data: Omit<RecheckData, 'network'>,
): Float64Array {
  const at = (s: number) =>
    inDomain(
      theta.map(v => s * v),
      data,
    ).theta
  const phi = (s: number) => dualValue(at(s), data).value
  const free = concaveTop(phi, 4)
  if (free <= 0) return at(0)
  const limit = dualNormFromDefinition(kind, data.x, patterns, at(1), data.beta / free)
  return at(concaveTop(phi, Math.min(4, data.beta / limit)))
}

/** argmax of a concave function on [0, end], by ternary search; the end itself where the function still rises. */
function concaveTop(phi: (s: number) => number, end: number): number {
  let [low, high] = [0, end]
  for (let k = 0; k < 90; k++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3]
    if (phi(a) < phi(b)) low = a
    else high = b
  }
  const inside = (low + high) / 2
  return phi(end) >= phi(inside) ? end : inside
}

/** The dual norm of a point from above, by whatever the claim says it rests on. */
function normOf(
  { scope, oracle, proofs = [] }: Certificate,
  { network, x, beta, masks }: RecheckData,
  parts: readonly Part[],
  problems: string[],
): (theta: Float64Array) => number {
  const { kind } = network
  if (scope === 'global' && oracle === 'closed-form') return theta => signedProductsNorm(x, theta)
  if (scope === 'global' && oracle !== 'enumeration')
    return theta => {
      // At 0 there is nothing to prove.
      if (theta.every(value => value === 0)) return 0
      const found = provedNorm(x, theta, proofs)
      problems.push(...found.problems)
      return found.norm
    }
  if (scope === 'global' && kind === 'relu' && (x.rows > ENUMERATED || x.cols > 3))
    return theta => coveringNorm(x, theta, beta)
  const patterns = scope === 'global' ? exactCells(x) : bitsOf(masks)
  if (scope !== 'global' || kind === 'gated') addOwn(patterns, parts)
  return theta => dualNormFromDefinition(kind, x, patterns, theta, beta)
}

/** What a dual point proves, in mean form, and what was wrong with it. */
function dualFromPoint(
  point: Float64Array,
  normAt: (theta: Float64Array) => number,
  data: Omit<RecheckData, 'network'>,
): { value: number; problems: string[] } {
  const { x, loss, beta } = data
  if (point.length !== x.rows * loss.outputs || !point.every(Number.isFinite))
    return { value: 0, problems: [`the witness must have ${x.rows * loss.outputs} finite numbers; it has not`] }
  const { theta, moved } = inDomain(point, data)
  const problems = moved ? ['the witness lies outside the domain of the conjugate'] : []
  const norm = normAt(theta)
  if (norm > beta * (1 + 1e-12)) problems.push(`the witness has dual norm ${norm}, above ${beta}`)
  const { value, error } = dualValue(theta, data)
  const shrink = Math.min(1, beta / norm) * (1 - 4 * ROUND)
  // 0 is always a bound: no loss and no penalty is negative.
  const lower = Math.max(0, (norm <= beta ? 1 : shrink) * (value - error))
  return { value: (lower * (1 - 8 * ROUND)) / x.rows, problems }
}

/** −L*(θ) and a bound of its error, θ inside the domain. */
export function dualValue(
  theta: Float64Array,
  { x, loss }: Pick<RecheckData, 'loss'> & { readonly x: { readonly rows: number } },
): { value: number; error: number } {
  const sample = lossFromDefinition(loss)
  const c = loss.outputs
  const sum = new BoundedSum()
  let rounds = 0
  for (let i = 0; i < x.rows; i++) {
    const weight = loss.weights === null ? 1 : loss.weights[i]
    for (let k = 0; k < c; k++) sum.add(theta[i * c + k] * loss.offset[k])
    if (weight === 0) continue
    const t = theta.slice(i * c, (i + 1) * c).map(v => v / weight)
    sum.add(-weight * sample.conjugate(t, i))
    rounds += weight * sample.conjugateError(t, i)
  }
  return { value: sum.value, error: sum.error(4) + rounds * ROUND * (1 + 1e-9) }
}

/** The point itself when every sample lies in the domain exactly; else a copy moved inside. */
export function inDomain(
  theta: Float64Array,
  { x, loss }: Pick<RecheckData, 'loss'> & { readonly x: { readonly rows: number } },
): { theta: Float64Array; moved: boolean } {
  const sample: SampleLoss = lossFromDefinition(loss)
  const c = loss.outputs
  const out = theta.slice()
  let moved = false
  for (let i = 0; i < x.rows; i++) {
    const row = out.subarray(i * c, (i + 1) * c)
    const weight = loss.weights === null ? 1 : loss.weights[i]
    if (sample.contains(row, weight, i)) continue
    sample.repair(row, weight, i)
    moved = true
  }
  return { theta: out, moved }
}

function bitsOf(masks: Masks): Bits[] {
  return Array.from({ length: masks.patterns }, (_, k) =>
    Uint8Array.from(
      { length: masks.samples },
      (_value, i) => (masks.words[k * masks.stride + (i >>> 5)] >>> (i & 31)) & 1,
    ),
  )
}

/** The patterns of neurons that work and are not there yet. */
function addOwn(patterns: Bits[], parts: readonly Part[]): void {
  const seen = new Set(patterns.map(bits => bits.join('')))
  for (const { own, w, coefficient } of parts) {
    const key = own.join('')
    if (seen.has(key) || coefficient === 0 || w.every(value => value === 0)) continue
    seen.add(key)
    patterns.push(own)
  }
}

function feedsSeveral({ output }: TwoLayerNetwork): boolean {
  return Array.from({ length: output.rows }, (_, j) =>
    output.data.subarray(j * output.cols, (j + 1) * output.cols),
  ).some(row => row.filter(v => v !== 0).length > 1)
}

function checkShapes({ x, loss, masks }: Omit<RecheckData, 'network'>, d: number): void {
  const n = loss.targets.length / (loss.name === 'multinomial' ? 1 : loss.outputs)
  if (x.rows !== n || masks.samples !== n || d !== x.cols)
    throw new ShapeError(
      `recheck: X, targets, patterns and weights must fit together; got ${x.rows} × ${x.cols}, ${n} samples, ${masks.samples} bits, ${d} inputs.`,
    )
}

function best(found: readonly { value: number; problems: string[] }[]): { value: number; problems: string[] } {
  return found.reduce((a, b) => (b.value > a.value ? b : a), found[0] ?? { value: 0, problems: [] })
}

function verdict(primal: number, dual: number, problems: readonly string[]): Verdict {
  const gap = Math.max(0, primal - dual)
  return { valid: problems.length === 0, primal, dual, relativeGap: gap === 0 ? 0 : gap / Math.abs(primal), problems }
}
