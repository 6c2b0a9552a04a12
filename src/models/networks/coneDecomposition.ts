/**
 * From a gated ReLU network to a ReLU network with the same values on the training rows.
 *
 * A gated neuron contributes D X u, with D = diag(1[X g > 0]) the pattern of its gate. With K = (2D − I)X, every u is a difference
 * v − w of vectors of the cone {K v ≥ 0}, on which the ReLU has that pattern: w the shortest with K w ≥ max(−K u, 0), and v = u + w.
 * Then D X u = (X v)₊ − (X w)₊, two ReLU neurons for one gated.
 * The fit is kept and the norms grow, by 2 to 8 where gates are few and rows not many, without bound where all patterns are used: the objective
 * of what comes out is an upper bound of the ReLU optimum and nothing more. Use it where ReLU weights must be handed on, or to start.
 * Source: A. Mishkin, A. Sahiner, M. Pilanci, "Fast Convex Optimization for Two-Layer ReLU Networks: Equivalent Model Classes and
 * Cone Decompositions", 2022.
 * @module
 */
import { DomainError, ShapeError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { leastDistance } from '../../matrix/factor/leastDistance.ts'
import { norm } from '../../matrix/vector.ts'
import type { Network } from '../model.ts'
import { product } from './patterns/patternsOf.ts'
import { type Atom, atomsOf, networkOf } from './recover.ts'

/**
 * The ReLU network (balanced, at most two neurons for one) whose values on the rows of X ∈ R^{n × d} are those of a gated one.
 *
 * @param network as `fit` returns it, `model.network`; X in its coordinates (ones column included, if there is one).
 * @throws DomainError for a network that is not gated, and for a gate on the edge of its cell, whose pattern no vector has strictly.
 *   ShapeError when X has other columns. Cost: an NNLS of (d + 1) × n a neuron.
 */
export function coneDecomposition(network: Network, x: Dense): Network {
  if (network.kind !== 'gated')
    throw new DomainError(`coneDecomposition: the network must be a gated one; got kind '${network.kind}'.`)
  if (x.cols !== network.hidden.cols)
    throw new ShapeError(`coneDecomposition: X must have ${network.hidden.cols} columns; got ${x.cols}.`)
  const atoms: Atom[] = []
  for (const { w: u, output, gate } of atomsOf(network)) {
    const cone = coneOf(x, gate as Float64Array)
    const missing = new Float64Array(cone.rows)
    for (let i = 0; i < cone.rows; i++) missing[i] = Math.max(0, -product(cone.data, i * cone.cols, u))
    const scale = missing.reduce((a, b) => Math.max(a, b), 0)
    if (scale === 0) {
      atoms.push({ w: u, output, sign: 1, gate: null })
      continue
    }
    const nearest = leastDistance(
      cone,
      missing.map(h => h / scale),
    )
    if (nearest === null)
      throw new DomainError(
        'coneDecomposition: no vector lies inside the cell of a gate, so its pattern is none of a ReLU neuron. Draw other gates.',
      )
    const w = nearest.u.map(value => scale * value)
    atoms.push(
      { w: u.map((value, j) => value + w[j]), output, sign: 1, gate: null },
      { w, output, sign: -1, gate: null },
    )
  }
  return networkOf('relu', atoms, { features: x.cols, offset: network.offset })
}

/** Rows of (2D − I)X at unit length, zero rows left out. */
function coneOf(x: Dense, gate: Float64Array): Dense {
  const d = x.cols
  const rows: number[] = []
  for (let i = 0; i < x.rows; i++) {
    const row = x.data.subarray(i * d, (i + 1) * d)
    const length = norm(row)
    if (length === 0) continue
    const sign = product(x.data, i * d, gate) > 0 ? 1 : -1
    for (const value of row) rows.push((sign * value) / length)
  }
  return dense(rows.length / d, d, Float64Array.from(rows))
}
