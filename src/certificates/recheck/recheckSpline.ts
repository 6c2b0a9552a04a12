/**
 * The independent re-check of a spline's certificate: the dual constraint and the fit once more, in exact arithmetic.
 *
 * Doubles are integers times powers of two, so Σθ_i, every Σθ_i (±(x_i − a))₊ at a data point and every fitted value are computed
 * without any rounding; only the losses, their conjugates and two last sums round, and carry a bound of that.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import type { Certificate } from '../certificate.ts'
import type { HingeSpline } from '../certifySpline.ts'
import { dualValue, inDomain } from './dualFromDefinition.ts'
import { type LossDescription, lossFromDefinition } from './lossFromDefinition.ts'
import { BoundedSum, ROUND } from './plainSums.ts'
import { type Verdict, verdictOf } from './verdictOf.ts'

/** What a spline and its certificate were made for. */
export interface SplineRecheck {
  /** x ∈ R^n, in any order. */
  readonly x: Float64Array
  readonly loss: LossDescription
  /** β = n·lambda. */
  readonly beta: number
  readonly spline: HingeSpline
}

/**
 * Checks a certificate of `certifySpline` against spline and data.
 *
 * @throws ShapeError for data that do not fit together. Cost: O(n log n + n) operations on big integers.
 */
export function recheckSpline(certificate: Certificate, { x, loss, beta, spline }: SplineRecheck): Verdict {
  const n = x.length
  if (loss.targets.length !== n || loss.outputs !== 1)
    throw new ShapeError(`recheck: x and the targets must be equally many; got ${n} and ${loss.targets.length}.`)
  const problems: string[] = []
  if (certificate.scope !== 'global' || certificate.oracle !== 'closed-form')
    problems.push(
      `scope '${certificate.scope}' with oracle '${certificate.oracle}' is not a claim that can be checked here`,
    )
  const primal = primalOf(spline, { x, loss, beta })
  let dual = 0
  const { witness } = certificate
  if (witness === null || witness.length !== n || !witness.every(Number.isFinite))
    problems.push(`the witness must have ${n} finite numbers; it has not`)
  else {
    if (inDomain(witness, { x: { rows: n }, loss }).moved)
      problems.push('the witness lies outside the domain of the conjugate')
    problems.push(...breaches(x, witness, beta))
    if (problems.length === 0) {
      const { value, error } = dualValue(witness, { x: { rows: n }, loss })
      dual = Math.max(0, ((value - error) * (1 - 8 * ROUND)) / n)
    }
  }
  return verdictOf(certificate, { primal, dual, problems })
}

/** What is wrong with θ as a dual point: its sum, or a kink whose constraint it breaks. Exact. */
export function breaches(x: Float64Array, theta: Float64Array, beta: number): string[] {
  const order = Array.from(x.keys()).sort((a, b) => x[a] - x[b])
  const [t, e] = integersOf(theta)
  const [at, f] = integersOf(x)
  if (t.reduce((sum, v) => sum + v, 0n) !== 0n) return ['the witness must sum to 0; it does not']
  const limit = scaledFloor(beta, -e - f)
  for (const side of [1, -1]) {
    let [slope, value] = [0n, 0n]
    const walk = side > 0 ? [...order].reverse() : order
    for (let k = 0; k + 1 < walk.length; k++) {
      slope += t[walk[k]]
      const step = at[walk[k]] - at[walk[k + 1]]
      value += slope * (step < 0n ? -step : step)
      if ((value < 0n ? -value : value) > limit)
        return [`the witness breaks the constraint of the kink at ${x[walk[k + 1]]}`]
    }
  }
  return []
}

/** L(f) + β Σ|z| in mean form, from above. */
function primalOf(spline: HingeSpline, { x, loss, beta }: Omit<SplineRecheck, 'spline'>): number {
  const n = x.length
  const fit = exactFit(spline, x, loss.offset[0])
  const sample = lossFromDefinition(loss)
  const value = new BoundedSum()
  let excess = 0
  const z = new Float64Array(1)
  for (let i = 0; i < n; i++) {
    z[0] = fit[i]
    const w = loss.weights === null ? 1 : loss.weights[i]
    value.add(w * sample.value(z, i))
    const error = 8 * ROUND * Math.abs(fit[i]) + 1e-290
    excess += w * (Math.abs(sample.slope(z, i, 0)) * (1 + 1e-9) + sample.smoothness * error) * error
  }
  const penalty = new BoundedSum()
  for (const c of spline.coefficients) penalty.add(Math.abs(c))
  const upper = value.value + value.error(32) + excess * (1 + 1e-9) + beta * (penalty.value + penalty.error(4))
  return (upper * (1 + 8 * ROUND)) / n
}

/** f(x_i) + offset, each rounded once. */
function exactFit({ constant, knots, sides, coefficients }: HingeSpline, x: Float64Array, offset: number) {
  const m = knots.length
  const [place, f] = integersOf(Float64Array.of(...knots, ...x))
  const [size, e] = integersOf(Float64Array.of(...coefficients))
  const [base, g] = integersOf(Float64Array.of(constant, offset))
  const common = Math.min(e + f, g)
  const shift = BigInt(e + f - common)
  const start = (base[0] + base[1]) << BigInt(g - common)
  // f(x) = start + A·x − B, where A and B sum over the hinges that are on: one sweep from each side.
  const slopes = new Array<bigint>(x.length).fill(0n)
  const shifts = new Array<bigint>(x.length).fill(0n)
  for (const side of [1, -1]) {
    const samples = Array.from(x.keys()).sort((a, b) => side * (x[a] - x[b]))
    const hinges = Array.from(knots.keys())
      .filter(j => sides[j] === side)
      .sort((a, b) => side * (knots[a] - knots[b]))
    let [a, b, next] = [0n, 0n, 0]
    for (const i of samples) {
      for (; next < hinges.length && side * (x[i] - knots[hinges[next]]) > 0; next++) {
        a += size[hinges[next]]
        b += size[hinges[next]] * place[hinges[next]]
      }
      slopes[i] += BigInt(side) * a
      shifts[i] += BigInt(side) * b
    }
  }
  return Float64Array.from(x, (_, i) => toNumber(start + ((slopes[i] * place[m + i] - shifts[i]) << shift), common))
}

const view = new DataView(new ArrayBuffer(8))

/** values = integers·2^exponent. */
function integersOf(values: Float64Array): [bigint[], number] {
  const parts = Array.from(values, (v): [bigint, number] => {
    view.setFloat64(0, v)
    const bits = view.getBigUint64(0)
    const power = Number((bits >> 52n) & 0x7ffn)
    const m = (bits & 0xfffffffffffffn) | (power === 0 ? 0n : 1n << 52n)
    return [bits >> 63n ? -m : m, (power || 1) - 1075]
  })
  const least = parts.reduce((low, [m, e]) => (m === 0n ? low : Math.min(low, e)), Infinity)
  if (least === Infinity) return [parts.map(() => 0n), 0]
  return [parts.map(([m, e]) => (m === 0n ? 0n : m << BigInt(e - least))), least]
}

/** ⌊value·2^shift⌋ for value ≥ 0. */
function scaledFloor(value: number, shift: number): bigint {
  const [[m], e] = integersOf(Float64Array.of(value))
  const by = e + shift
  return by >= 0 ? m << BigInt(by) : m >> BigInt(-by)
}

/** m·2^e, off by at most 2 round-offs. */
function toNumber(m: bigint, e: number): number {
  const size = (m < 0n ? -m : m).toString(2).length
  const cut = Math.max(0, size - 128)
  const head = Number(m >> BigInt(cut))
  const power = e + cut
  // In two steps, as 2^power may be out of range where the product is not.
  const half = Math.trunc(power / 2)
  return head * 2 ** half * 2 ** (power - half)
}

/**
 * Checks a certificate of `certifyInterpolation` against the points: the constraint and θᵀy without rounding, the norm from slopes.
 *
 * @param points x ∈ R^n ascending and distinct, y ∈ R^n.
 */
export function recheckInterpolation(
  certificate: Certificate,
  { x, y }: { readonly x: Float64Array; readonly y: Float64Array },
): Verdict {
  const n = x.length
  const problems: string[] = []
  if (certificate.scope !== 'global' || certificate.oracle !== 'closed-form')
    problems.push(
      `scope '${certificate.scope}' with oracle '${certificate.oracle}' is not a claim that can be checked here`,
    )
  const variation = new BoundedSum()
  let size = 0
  const slope = (k: number) => (y[k + 1] - y[k]) / (x[k + 1] - x[k])
  for (let k = 1; k + 1 < n; k++) {
    variation.add(Math.abs(slope(k) - slope(k - 1)))
    size += 4 * (Math.abs(slope(k)) + Math.abs(slope(k - 1)))
  }
  const ends = n < 2 ? 0 : Math.abs(slope(0) + slope(n - 2))
  const own = n < 2 ? 0 : 4 * (Math.abs(slope(0)) + Math.abs(slope(n - 2)))
  const total = variation.value + variation.error(2)
  const primal = (total + Math.max(total, ends)) / 2 + (size + own) * ROUND * (1 + n * ROUND) * 2
  let dual = 0
  const { witness } = certificate
  if (witness === null || witness.length !== n || !witness.every(Number.isFinite))
    problems.push(`the witness must have ${n} finite numbers; it has not`)
  else {
    problems.push(...breaches(x, witness, 1))
    if (problems.length === 0) {
      const [t, e] = integersOf(witness)
      const [at, f] = integersOf(y)
      const value = toNumber(
        t.reduce((sum, v, i) => sum + v * at[i], 0n),
        e + f,
      )
      dual = Math.max(0, value * (1 - 4 * ROUND))
    }
  }
  return verdictOf(certificate, { primal, dual, problems })
}
