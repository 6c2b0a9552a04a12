/**
 * The directions that neurons of optimal networks may have, and which of their contributions are independent.
 * @module
 */
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { maskBit, maskRow, masks } from '../../matrix/masks.ts'
import { axpy, dot, norm } from '../../matrix/vector.ts'
import { cellProjector } from '../../solvers/coneProjection.ts'
import type { Network, PatternSet, TrainingData } from '../model.ts'
import { patternsOf } from './patterns/patternsOf.ts'
import type { Atom } from './recover.ts'

/** Directions with |θᵀφ_u(X)| ≥ (1 − NEAR)·β are offered to the walk. */
const NEAR = 1e-3
/** Contributions count as dependent when less than this part is left of them. */
const DEPENDENT = 1e-9

/** The given gates and the network's own, as vectors: gates of one pattern on the data may differ elsewhere. */
export function gateClass(network: Network, given: PatternSet, x: Dense): PatternSet {
  const own = network.gates ?? dense(0, x.cols)
  const rows = Array.from({ length: given.gates.rows }, (_, k) => rowOf(given.gates, k))
  for (let j = 0; j < own.rows; j++) {
    const gate = rowOf(own, j)
    if (!rows.some(each => each.every((v, a) => v === gate[a]))) rows.push(gate)
  }
  const alone = rows.map(row => patternsOf(x, dense(1, x.cols, row.slice())))
  const live = rows.flatMap((_, k) => (alone[k].masks.patterns > 0 ? [k] : []))
  const all = masks(live.length, x.rows)
  const gates = dense(live.length, x.cols)
  live.forEach((k, at) => {
    all.words.set(maskRow(alone[k].masks, 0), at * all.stride)
    gates.data.set(rows[k], at * x.cols)
  })
  return { masks: all, gates, complete: false }
}

/** Unit directions of each pattern, output and sign whose product with θ comes near β. */
export function directionsOf(
  patterns: PatternSet,
  { x, loss, beta }: TrainingData,
  { theta, kind }: { readonly theta: Float64Array; readonly kind: Network['kind'] },
): Atom[] {
  const [n, d, c] = [x.rows, x.cols, loss.outputs]
  const projector = cellProjector(x)
  const out: Atom[] = []
  for (let output = 0; output < c; output++)
    for (let k = 0; k < patterns.masks.patterns; k++) {
      const q = new Float64Array(d)
      for (let i = 0; i < n; i++) if (maskBit(patterns.masks, k, i)) axpy(-theta[i * c + output], rowOf(x, i), q)
      if (norm(q) < (1 - NEAR) * beta) continue
      if (kind === 'gated') {
        out.push(unit({ w: q, output, sign: 1, gate: rowOf(patterns.gates, k).slice() }))
        continue
      }
      for (const sign of [1, -1] as const) {
        const length = projector.project(
          patterns.masks,
          k,
          q.map(v => sign * v),
        )
        if (length >= (1 - NEAR) * beta) out.push(unit({ w: projector.point.slice(), output, sign, gate: null }))
      }
    }
  return out
}

/**
 * Coordinates of the contributions in an orthonormal basis of their span, and `rank` of them that are independent, the first `kept` among them.
 */
export function independent(
  fits: readonly Float64Array[],
  kept: number,
): { coordinates: Float64Array[]; basis: Float64Array[]; rank: number; completion: number[] } {
  const basis: Float64Array[] = []
  const completion: number[] = []
  const left = fits.map(f => f.slice())
  const largest = fits.reduce((most, f) => Math.max(most, norm(f)), 0)
  const take = (j: number): void => {
    const q = left[j].slice()
    for (const e of basis) axpy(-dot(e, q), e, q)
    const length = norm(q)
    const e = q.map(v => v / length)
    basis.push(e)
    completion.push(j)
    for (const f of left) axpy(-dot(e, f), e, f)
  }
  for (let j = 0; j < kept; j++) if (norm(left[j]) > 1e-12 * norm(fits[j])) take(j)
  for (;;) {
    let [next, most] = [-1, DEPENDENT]
    left.forEach((f, j) => {
      const part = completion.includes(j) || norm(fits[j]) === 0 ? 0 : norm(f) / norm(fits[j])
      if (part > most) [next, most] = [j, part]
    })
    if (next < 0) break
    take(next)
  }
  // In parts of the largest contribution, so that pivots are about 1.
  const scale = largest > 0 ? 1 / largest : 1
  const coordinates = fits.map(f => Float64Array.from(basis, e => scale * dot(e, f)))
  return { coordinates, basis: basis.map(e => e.map(v => scale * v)), rank: basis.length, completion }
}

/** The atom at length 1. */
export function unit(atom: Atom): Atom {
  return scaled(atom, 1 / norm(atom.w))
}

/** The atom with `factor` times its cost. */
export function scaled(atom: Atom, factor: number): Atom {
  return { ...atom, w: atom.w.map(v => factor * v) }
}

/** Whether two atoms of length 1 are one to rounding, their gates included. */
export function sameDirection(a: Atom, b: Atom): boolean {
  if (a.output !== b.output || a.sign !== b.sign || dot(a.w, b.w) < 1 - 1e-12) return false
  const { gate } = b
  return a.gate === null || gate === null || a.gate.every((v, j) => v === gate[j])
}
