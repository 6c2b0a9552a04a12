/**
 * The fewest neurons that pruning along null vectors gives: linearly independent contributions, at most n per output.
 *
 * Let f_j ∈ R^n be what neuron j adds to its output. When Σ_j b_j f_j = 0 with b ≠ 0, scaling neuron j by 1 − t·b_j keeps the
 * fit for every t. At an optimum the penalty stays too (θᵀf_j = −beta·‖w_j‖ for each active neuron); off it, the sign of b is
 * chosen so that Σ b_j‖w_j‖ ≥ 0 and the penalty does not rise. t = 1/max b_j removes one neuron and turns none negative.
 * Irreducible, not minimum: fewer neurons of other directions may exist.
 * Source: A. Mishkin, M. Pilanci, "Optimal sets and solution paths of ReLU networks", 2023 (pruning); Carathéodory's argument.
 * @module
 */
import { axpy, dot, norm } from '../../matrix/vector.ts'
import type { Network, TrainingData } from '../model.ts'
import { neuronFit } from './network.ts'
import { type Atom, atomsOf, networkOf } from './recover.ts'

/** A contribution counts as dependent when what the others leave of it is shorter than this part of it. */
const DEPENDENT = 1e-9

/**
 * A network of the same fit on the data, no larger penalty, and linearly independent contributions per output.
 *
 * Cost O(n·m²), plus that again for each neuron removed. Neurons of several outputs are split first.
 */
export function minimalWidth(network: Network, { x }: Pick<TrainingData, 'x'>): Network {
  const shape = { features: network.hidden.cols, offset: network.offset }
  const activated = network.activation === undefined ? {} : { activation: network.activation }
  const atoms = atomsOf(network).filter(({ w }) => norm(w) > 0)
  const kept: Atom[] = []
  for (let k = 0; k < network.offset.length; k++) {
    const mine = atoms.filter(({ output }) => output === k)
    const single = { ...networkOf(network.kind, mine, shape), ...activated }
    // The contribution of an atom of unit cost: scaling neurons scales only their costs.
    const units = mine.map((atom, j) => {
      const phi = neuronFit(single, j, x)
      const root = Math.sqrt(norm(atom.w))
      return phi.map(value => (atom.sign * value) / root)
    })
    const costs = independentCosts(
      units,
      mine.map(({ w }) => norm(w)),
    )
    mine.forEach((atom, j) => {
      const factor = costs[j] / norm(atom.w)
      if (costs[j] > 0) kept.push({ ...atom, w: atom.w.map(value => factor * value) })
    })
  }
  return { ...networkOf(network.kind, kept, shape), ...activated }
}

/** Costs c' ≥ 0 with Σ c'_j f_j = Σ c_j f_j, Σ c' ≤ Σ c and the f_j with c'_j > 0 independent. */
function independentCosts(units: readonly Float64Array[], costs: readonly number[]): number[] {
  const c = costs.slice()
  /** Orthonormal basis of the contributions taken so far, and their coordinates in it (upper triangular). */
  let taken: number[] = []
  let basis: Float64Array[] = []
  let coordinates: Float64Array[] = []
  const queue = [...c.keys()].sort((a, b) => c[b] - c[a] || a - b)
  while (queue.length > 0) {
    const j = queue.shift() as number
    const left = units[j].slice()
    const own = new Float64Array(basis.length)
    for (let pass = 0; pass < 2; pass++)
      basis.forEach((q, a) => {
        const along = dot(q, left)
        own[a] += along
        axpy(-along, q, left)
      })
    const length = norm(left)
    if (length > DEPENDENT * norm(units[j])) {
      taken.push(j)
      basis.push(left.map(value => value / length))
      coordinates.push(Float64Array.from([...own, length]))
      continue
    }
    // f_j = Σ a_p f_p over those taken: the null vector is b_j = 1, b_p = −a_p.
    const b = solveUpper(coordinates, own).map(value => -value)
    const saved = b.reduce((sum, value) => sum + value, 1)
    const sign = saved >= 0 ? 1 : -1
    let [largest, removed] = [sign, j]
    taken.forEach((p, a) => {
      // The step ends where the first cost reaches 0.
      const rate = (sign * b[a]) / c[p]
      if (rate > largest / c[removed]) [largest, removed] = [sign * b[a], p]
    })
    if (largest <= 0) continue
    const t = c[removed] / largest
    c[j] = Math.max(0, c[j] - t * sign)
    taken.forEach((p, a) => {
      c[p] = Math.max(0, c[p] - t * sign * b[a])
    })
    c[removed] = 0
    if (removed === j) continue
    // A taken one went: start again without it, the newcomer last.
    queue.unshift(...taken.filter(p => p !== removed), j)
    ;[taken, basis, coordinates] = [[], [], []]
  }
  return c
}

/** Solves R a = v for upper triangular R given by columns. */
function solveUpper(columns: readonly Float64Array[], v: Float64Array): Float64Array {
  const a = v.slice()
  for (let p = a.length - 1; p >= 0; p--) {
    a[p] /= columns[p][p]
    for (let q = 0; q < p; q++) a[q] -= a[p] * columns[p][q]
  }
  return a
}
