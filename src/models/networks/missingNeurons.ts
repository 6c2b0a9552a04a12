/**
 * Pricing: neurons that a ReLU network lacks, found by ascent.
 *
 * With θ = ∇L at the fit of an optimal network over some patterns, that network is optimal over all of them exactly when
 *   |θ_kᵀ(X u)₊| ≤ beta   for all ‖u‖ ≤ 1 and every output k.
 * A direction above beta is a neuron whose cell is missing, and adding the cell lowers the optimum. The search is a climb of
 * s·θᵀ(Xu)₊ on the sphere from random and from the network's own directions, s = ±1. It is not concave: finding none proves
 * nothing, which is why a certificate over sampled patterns stays `restricted`.
 * Source: column generation over neurons as in Y. Bengio et al., "Convex neural networks", 2005; the oracle is the dual
 * constraint of Pilanci and Ergen 2020.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import { maskKey } from '../../matrix/masks.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { type Key, normals } from '../../random/index.ts'
import type { Network, TrainingData } from '../model.ts'
import { fitOf } from './network.ts'
import { product } from './patterns/patternsOf.ts'
import { type Atom, patternOf } from './recover.ts'

/** How hard missing neurons are searched for. */
export interface PricingOptions {
  readonly key: Key
  /** Random starts for each output and sign; default 40, fewer for large data. */
  readonly starts?: number
  /** Most neurons returned; default 40. */
  readonly most?: number
  /** A climb ends when a step gains less than this part; default 1e-9. */
  readonly settled?: number
}

/** A neuron the network lacks. */
export interface Missing {
  /** Its unit direction, output and sign. */
  readonly atom: Atom
  /** |θᵀ(Xu)₊| > beta. */
  readonly value: number
}

/** Steps of one climb. */
const STEPS = 30
/** Multiplications that one call may cost, roughly. */
const BUDGET = 4e8
/** A direction counts as violated beyond beta by this part. */
const MARGIN = 1e-6

/**
 * Directions with |θ_kᵀ(Xu)₊| > beta, worst first, one a pattern, output and sign; empty when none was found.
 *
 * Yields after each climb. Cost at most 120·starts·n·d·c multiplications, cut to about 4e8.
 */
export function* missingNeurons(
  network: Network,
  data: TrainingData,
  options: PricingOptions,
): Generator<void, Missing[], void> {
  const { x, loss, beta } = data
  const { key, most = 40, settled = 1e-9 } = options
  const c = loss.outputs
  const room = Math.floor(BUDGET / (2 * STEPS * 2 * c * Math.max(1, x.data.length)))
  const starts = Math.max(4, Math.min(options.starts ?? 40, room))
  const theta = loss.gradient(fitOf(network, x))
  const random = normals(key, starts * x.cols)
  const found = new Map<string, Missing>()
  for (let k = 0; k < c; k++)
    for (const sign of [1, -1] as const) {
      // A positive neuron lowers the loss where θ is negative.
      const t = Float64Array.from({ length: x.rows }, (_, i) => -sign * theta[i * c + k])
      for (const from of startsFor(network, k, random, x, starts)) {
        const { u, value } = climb(x, t, from, settled)
        yield
        if (!(value > beta * (1 + MARGIN))) continue
        const name = `${k}${sign}${maskKey(patternOf(x, u), 0)}`
        if (value > (found.get(name)?.value ?? 0))
          found.set(name, { atom: { w: u, output: k, sign, gate: null }, value })
      }
    }
  return [...found.values()].sort((a, b) => b.value - a.value).slice(0, most)
}

/** Random directions, and those of the network's neurons of output k (at most as many). */
function startsFor(network: Network, k: number, random: Float64Array, x: Dense, starts: number): Float64Array[] {
  const c = network.output.cols
  const own: Float64Array[] = []
  for (let j = 0; j < network.hidden.rows && own.length < starts; j++)
    if (network.output.data[j * c + k] !== 0) own.push(network.hidden.data.slice(j * x.cols, (j + 1) * x.cols))
  return [...own, ...Array.from({ length: starts }, (_, s) => random.slice(s * x.cols, (s + 1) * x.cols))]
}

/** Climbs tᵀ(Xu)₊ on the unit sphere, never down. */
function climb(x: Dense, t: Float64Array, from: Float64Array, settled: number): { u: Float64Array; value: number } {
  let u = scaled(from)
  let g = slope(x, t, u)
  let value = dot(g, u)
  let step = 1
  for (let k = 0; k < STEPS; k++) {
    const length = norm(g)
    if (length === 0) break
    // On the sphere only the part of g beside u counts; a step of 1 goes to the direction u + g/‖g‖.
    const next = scaled(u.map((v, j) => v + (step * (g[j] - value * u[j])) / length))
    const nextSlope = slope(x, t, next)
    const nextValue = dot(nextSlope, next)
    if (nextValue > value) {
      const gained = nextValue - value
      ;[u, g, value] = [next, nextSlope, nextValue]
      step = Math.min(4, 1.5 * step)
      if (gained < settled * Math.abs(value)) break
    } else {
      step /= 4
      if (step < 1e-6) break
    }
  }
  return { u, value }
}

/** XᵀD t with D = diag(1[Xu > 0]): tᵀ(Xu)₊ is its product with u. */
function slope(x: Dense, t: Float64Array, u: Float64Array): Float64Array {
  const d = x.cols
  const out = new Float64Array(d)
  for (let i = 0, at = 0; i < x.rows; i++, at += d) {
    if (t[i] === 0 || !(product(x.data, at, u) > 0)) continue
    for (let j = 0; j < d; j++) out[j] += t[i] * x.data[at + j]
  }
  return out
}

function scaled(u: Float64Array): Float64Array {
  const length = norm(u)
  return length > 0 ? u.map(v => v / length) : u.slice()
}
