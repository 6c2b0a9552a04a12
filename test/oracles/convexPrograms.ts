/**
 * Naive solver of the gated and the ReLU program: accelerated proximal gradient with restarts on plain loops over every
 * pattern, with the cone of each written out. For tiny data.
 */

import type { TwoLayerNetwork } from '../../src/certificates/index.ts'
import type { Loss } from '../../src/losses/index.ts'
import { type Dense, dense } from '../../src/matrix/dense.ts'
import { type Masks, maskBit, masks, setMaskBit } from '../../src/matrix/masks.ts'
import { coneGroupL2, groupL2, type Penalty, separableSum } from '../../src/penalties/index.ts'

export interface Program {
  readonly kind: 'relu' | 'gated'
  readonly x: Dense
  readonly loss: Loss
  readonly beta: number
  readonly bits: readonly Uint8Array[]
}

/** Groups in the order of `ProgramPoint`: gated c·P of them, relu 2·P. */
export function solveNaively({ kind, x, loss, beta, bits }: Program, iterations: number): Float64Array {
  const [n, d, c] = [x.rows, x.cols, loss.outputs]
  const parts = kind === 'relu' ? 2 : c
  const size = parts * bits.length * d
  const penalty: Penalty =
    kind === 'gated'
      ? groupL2(size, { groupSize: d, beta })
      : separableSum(
          Array.from({ length: 2 * bits.length }, (_, g) => coneGroupL2(coneOf(x, bits[g % bits.length]), { beta })),
        )
  const forward = (u: Float64Array) => {
    const fit = new Float64Array(n * c)
    each(u, (i, k, at, sign) => {
      for (let j = 0; j < d; j++) fit[i * c + k] += sign * x.data[i * d + j] * u[at + j]
    })
    return fit
  }
  const adjoint = (r: Float64Array) => {
    const out = new Float64Array(size)
    each(out, (i, k, at, sign) => {
      for (let j = 0; j < d; j++) out[at + j] += sign * x.data[i * d + j] * r[i * c + k]
    })
    return out
  }
  function each(_u: Float64Array, visit: (i: number, k: number, at: number, sign: number) => void): void {
    for (let p = 0; p < parts; p++)
      for (let g = 0; g < bits.length; g++)
        for (let i = 0; i < n; i++)
          if (bits[g][i] === 1)
            visit(i, kind === 'relu' ? 0 : p, (p * bits.length + g) * d, kind === 'relu' && p === 1 ? -1 : 1)
  }
  // ‖A‖² by power iteration on a positive start.
  let probe = new Float64Array(n * c).fill(1).map((v, i) => v + 0.1 * Math.sin(i))
  let square = 1
  for (let k = 0; k < 60; k++) {
    const next = forward(adjoint(probe))
    square = Math.sqrt(next.reduce((s, v) => s + v * v, 0))
    probe = next.map(v => v / square)
  }
  const step = 1 / (1.02 * square * loss.smoothness)
  let u = new Float64Array(size)
  let v = u
  let t = 1
  for (let k = 0; k < iterations; k++) {
    const slope = adjoint(loss.gradient(forward(v)))
    const next = new Float64Array(size)
    penalty.prox(
      v.map((value, i) => value - step * slope[i]),
      step,
      next,
    )
    const turned = next.reduce((s, value, i) => s + (v[i] - value) * (value - u[i]), 0) > 0
    const after = turned ? 1 : (1 + Math.sqrt(1 + 4 * t * t)) / 2
    const momentum = turned ? 0 : (t - 1) / after
    const before = u
    v = next.map((value, i) => value + momentum * (value - before[i]))
    u = next
    t = after
  }
  return u
}

/** The network of a point: balanced neurons, gates given by `gates` (P × d) for 'gated'. */
export function networkOfPoint(
  { kind, x, loss, bits }: Program,
  u: Float64Array,
  gates: Dense | null,
): TwoLayerNetwork {
  const [d, c] = [x.cols, loss.outputs]
  const groups = Array.from({ length: u.length / d }, (_, g) => g).filter(g => length(u, g, d) > 0)
  const hidden = dense(groups.length, d)
  const output = dense(groups.length, c)
  const chosen = kind === 'gated' ? dense(groups.length, d) : null
  groups.forEach((g, j) => {
    const root = Math.sqrt(length(u, g, d))
    for (let l = 0; l < d; l++) hidden.data[j * d + l] = u[g * d + l] / root
    const part = Math.floor(g / bits.length)
    output.data[j * c + (kind === 'relu' ? 0 : part)] = kind === 'relu' && part === 1 ? -root : root
    const k = g % bits.length
    if (chosen && gates) chosen.data.set(gates.data.subarray(k * d, (k + 1) * d), j * d)
  })
  return { kind, hidden, output, gates: chosen, offset: loss.offset.slice() }
}

export function maskOf(bits: readonly Uint8Array[], n: number): Masks {
  const out = masks(bits.length, n)
  bits.forEach((pattern, k) => {
    for (let i = 0; i < n; i++) if (pattern[i] === 1) setMaskBit(out, k, i)
  })
  return out
}

/** A vector inside each cell, by seeded directions. */
export function gatesOf(x: Dense, bits: readonly Uint8Array[]): Dense {
  const out = dense(bits.length, x.cols)
  const wanted = new Map(bits.map((pattern, k) => [pattern.join(''), k]))
  for (let trial = 0; trial < 4e5 && wanted.size > 0; trial++) {
    const g = Float64Array.from({ length: x.cols }, (_, j) => {
      const v = Math.sin(127.1 * (trial + 1) + 311.7 * (j + 1)) * 43758.5453
      return v - Math.floor(v) - 0.5
    })
    const key = Array.from({ length: x.rows }, (_, i) => {
      let z = 0
      for (let j = 0; j < x.cols; j++) z += x.data[i * x.cols + j] * g[j]
      return z > 0 ? 1 : 0
    }).join('')
    const k = wanted.get(key)
    if (k === undefined) continue
    wanted.delete(key)
    out.data.set(g, k * x.cols)
  }
  if (wanted.size > 0) throw new RangeError(`gatesOf: ${wanted.size} cells were not met`)
  return out
}

export function bitsOfMasks(m: Masks): Uint8Array[] {
  return Array.from({ length: m.patterns }, (_, k) =>
    Uint8Array.from({ length: m.samples }, (_v, i) => (maskBit(m, k, i) ? 1 : 0)),
  )
}

function coneOf(x: Dense, pattern: Uint8Array): Dense {
  return dense(
    x.rows,
    x.cols,
    x.data.map((v, at) => (pattern[Math.floor(at / x.cols)] === 1 ? v : -v)),
  )
}

function length(u: Float64Array, g: number, d: number): number {
  return Math.hypot(...u.subarray(g * d, (g + 1) * d))
}
