/**
 * Fewer neurons for the same function: duplicates become one, dead ones go.
 *
 * - Gated neurons with one pattern on the data and one output are one linear map under one gate: their vectors add.
 * - ReLU neurons of one sign and output whose directions (nearly) agree become one with the sum of their vectors. Optimal
 *   neurons like to lie on the boundary of cells, so neighbouring cells return the same direction twice. Directions from a
 *   solver agree only roughly; a merger is kept when the objective of the network does not rise (by 1e-9 of itself in all).
 *   Since ‖a + b‖ ≤ ‖a‖ + ‖b‖ it usually falls a little.
 * - A neuron that is 0 on every sample only costs.
 * @module
 */
import { maskBit, maskKey } from '../../matrix/masks.ts'
import { dot, norm } from '../../matrix/vector.ts'
import type { Network, TrainingData } from '../model.ts'
import { networkObjective } from './network.ts'
import { product } from './patterns/patternsOf.ts'
import { type Atom, atomsOf, networkOf, patternOf } from './recover.ts'

/** Directions farther apart than this cosine are not tried. */
const ALIKE = 1 - 1e-4
/** How much the objective may rise in all, as a part of itself. */
const SLACK = 1e-9

/**
 * The merged network. For networks whose neurons each feed one output its objective is at most (1 + 1e-9) times the old one.
 *
 * Cost O(n·d·m), and n·c for every pair tried.
 */
export function mergeNeurons(network: Network, data: TrainingData): Network {
  const shape = { features: network.hidden.cols, offset: network.offset }
  const atoms = atomsOf(network).filter(({ w }) => norm(w) > 0)
  if (network.kind === 'gated') return networkOf('gated', mergeGates(atoms, data), shape)
  const { atoms: kept, limit } = mergeAtoms(atoms, w => positivePart(data, w), data)
  const merged = networkOf('relu', kept, shape)
  // Sums and differences carry rounding; what counts is the network itself.
  return networkObjective(merged, data) <= limit * (1 + 1e-12) ? merged : network
}

/**
 * Atoms of one direction as one, dead ones left out, and what the objective may be at most.
 *
 * @param feature w ↦ what the neuron w gives on the data, in R^n; of degree one in w.
 */
export function mergeAtoms(
  atoms: readonly Atom[],
  feature: (w: Float64Array) => Float64Array,
  { loss, beta }: Pick<TrainingData, 'loss' | 'beta'>,
): { readonly atoms: Atom[]; readonly limit: number } {
  const [n, c] = [loss.samples, loss.outputs]
  const fitted = new Float64Array(n * c)
  const fits = atoms.map(({ w }) => feature(w))
  const alive = atoms.map((_, j) => fits[j].some(value => value !== 0))
  let penalty = 0
  atoms.forEach(({ w, output, sign }, j) => {
    penalty += norm(w)
    for (let i = 0; i < n; i++) fitted[i * c + output] += sign * fits[j][i]
  })
  const limit = (1 + SLACK) * (loss.value(fitted) + beta * penalty)
  penalty = 0
  for (const [j, { w }] of atoms.entries()) if (alive[j]) penalty += norm(w)

  const order = [...atoms.keys()].filter(j => alive[j]).sort((a, b) => norm(atoms[b].w) - norm(atoms[a].w) || a - b)
  const kept: { atom: Atom; fit: Float64Array }[] = []
  for (const j of order) {
    let [atom, fit] = [atoms[j], fits[j]]
    for (let p = 0; p < kept.length; p++) {
      const other = kept[p]
      if (!alike(other.atom, atom)) continue
      const w = other.atom.w.map((value, a) => value + atom.w[a])
      const joint = feature(w)
      const trial = fitted.slice()
      const k = atom.output
      for (let i = 0; i < n; i++) trial[i * c + k] += atom.sign * (joint[i] - fit[i] - other.fit[i])
      const cost = penalty - norm(atom.w) - norm(other.atom.w) + norm(w)
      if (loss.value(trial) + beta * cost > limit) continue
      fitted.set(trial)
      penalty = cost
      kept.splice(p, 1)
      ;[atom, fit] = [{ ...atom, w }, joint]
      // The sum points elsewhere by a little: look at the others again.
      p = -1
    }
    kept.push({ atom, fit })
  }
  return { atoms: kept.map(({ atom }) => atom), limit }
}

function alike(a: Atom, b: Atom): boolean {
  return a.sign === b.sign && a.output === b.output && dot(a.w, b.w) >= ALIKE * norm(a.w) * norm(b.w)
}

function positivePart({ x }: TrainingData, w: Float64Array): Float64Array {
  return Float64Array.from({ length: x.rows }, (_, i) => Math.max(product(x.data, i * x.cols, w), 0))
}

/** Adds up vectors under equal patterns; drops those whose gate is closed on every sample, or which vanish where it is open. */
function mergeGates(atoms: readonly Atom[], { x }: TrainingData): Atom[] {
  const places = new Map<string, Atom>()
  for (const atom of atoms) {
    const pattern = patternOf(x, atom.gate as Float64Array)
    let alive = false
    for (let i = 0; i < x.rows; i++) if (maskBit(pattern, 0, i)) alive ||= product(x.data, i * x.cols, atom.w) !== 0
    if (!alive) continue
    const name = `${atom.output}:${maskKey(pattern, 0)}`
    const before = places.get(name)
    places.set(name, before === undefined ? atom : { ...before, w: before.w.map((value, a) => value + atom.w[a]) })
  }
  return [...places.values()]
}
