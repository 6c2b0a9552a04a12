/**
 * The objective of a network or of a point of the program from above, term by term from the definition.
 *
 * Both are read as a list of parts coefficient·φ(x·w), φ the ReLU or a fixed gate. Rounding of the fit is carried through the
 * loss by its slope and smoothness, and added.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import type { TwoLayerNetwork } from '../twoLayer.ts'
import { type Bits, exactPattern } from './exactCells.ts'
import { lossFromDefinition } from './lossFromDefinition.ts'
import { BoundedSum, ROUND } from './plainSums.ts'
import type { ProgramData } from './recheckData.ts'

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

/** One term coefficient·φ(x·w) of the fit of output k, and what it costs. */
export interface Part {
  /** Null: φ is the ReLU. */
  readonly bits: Bits | null
  readonly own: Bits
  readonly w: Float64Array
  readonly output: number
  readonly coefficient: number
  /** Terms whose sum is the penalty, each exact up to 4 round-offs. */
  readonly cost: readonly number[]
}

/** The neurons, one part an output that they feed. */
export function partsOfNetwork({ kind, hidden, output, gates }: TwoLayerNetwork, x: Dense): Part[] {
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

/** The vectors of a point that are not zero; says how many leave their cones. */
export function partsOfPoint(
  { kind, u }: ProgramPoint,
  patterns: readonly Bits[],
  { x }: ProgramData,
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
export function primalBound(parts: readonly Part[], data: ProgramData): { upper: number; fit: Float64Array } {
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

/** ∇L at the fit. */
export function slopeAt(fit: Float64Array, { loss, x }: ProgramData): Float64Array {
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
