/**
 * From the vectors of a convex program to the weights of a network, and back to vectors.
 *
 * A vector w ≠ 0 of output k with sign s is the neuron u = w/√‖w‖, v = s·√‖w‖·e_k: balanced (‖u‖ = |v|), so its weight decay
 * ½(‖u‖² + v²) is ‖w‖, what the program pays. A product u·v has no better split, by the inequality of the means.
 * @module
 */
import { type Dense, dense } from '../../matrix/dense.ts'
import { type Masks, maskKey, masks, setMaskBit } from '../../matrix/masks.ts'
import { norm } from '../../matrix/vector.ts'
import type { Network } from '../model.ts'
import { product } from './patterns/patternsOf.ts'

/** One neuron that feeds one output: s·φ(x; w), with the gate it has, if it is gated. */
export interface Atom {
  /** w ∈ R^d; its length is what the neuron costs. */
  readonly w: Float64Array
  readonly output: number
  readonly sign: 1 | -1
  readonly gate: Float64Array | null
}

/** The network of these atoms, balanced; zero vectors are left out. */
export function networkOf(
  kind: Network['kind'],
  atoms: readonly Atom[],
  shape: { readonly features: number; readonly offset: Float64Array },
): Network {
  const alive = atoms.filter(({ w }) => norm(w) > 0)
  const { features: d, offset } = shape
  const hidden = dense(alive.length, d)
  const output = dense(alive.length, offset.length)
  const gates = kind === 'gated' ? dense(alive.length, d) : null
  alive.forEach(({ w, output: k, sign, gate }, j) => {
    const root = Math.sqrt(norm(w))
    for (let a = 0; a < d; a++) hidden.data[j * d + a] = w[a] / root
    output.data[j * offset.length + k] = sign * root
    if (gates !== null && gate !== null) gates.data.set(gate, j * d)
  })
  return { kind, hidden, output, gates, offset: offset.slice() }
}

/**
 * The atoms of a network: a neuron that feeds several outputs becomes one atom for each, |v_k|·u with the sign of v_k (for a
 * gated neuron the sign goes into w).
 */
export function atomsOf({ kind, hidden, output, gates }: Network): Atom[] {
  const d = hidden.cols
  const atoms: Atom[] = []
  for (let j = 0; j < hidden.rows; j++)
    for (let k = 0; k < output.cols; k++) {
      const v = output.data[j * output.cols + k]
      if (v === 0) continue
      const factor = kind === 'gated' ? v : Math.abs(v)
      const w = hidden.data.slice(j * d, (j + 1) * d).map(value => factor * value)
      const gate = gates === null ? null : gates.data.slice(j * d, (j + 1) * d)
      atoms.push({ w, output: k, sign: kind === 'relu' && v < 0 ? -1 : 1, gate })
    }
  return atoms
}

/** The pattern 1[X g > 0] of one vector. */
export function patternOf(x: Dense, g: Float64Array): Masks {
  const pattern = masks(1, x.rows)
  for (let i = 0; i < x.rows; i++) if (product(x.data, i * x.cols, g) > 0) setMaskBit(pattern, 0, i)
  return pattern
}

/** Finds the place of a single pattern among many. */
export function placesOf(all: Masks): (pattern: Masks) => number | undefined {
  const places = new Map(Array.from({ length: all.patterns }, (_, p) => [maskKey(all, p), p]))
  return pattern => places.get(maskKey(pattern, 0))
}

/** out[at …] ← out[at …] + w. */
export function addAt(out: Float64Array, at: number, w: Float64Array): void {
  for (let j = 0; j < w.length; j++) out[at + j] += w[j]
}
