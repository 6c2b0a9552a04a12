/**
 * The patterns of given gates: pattern k = 1[X g_k > 0], strict, so a sample on the hyperplane is not active.
 *
 * The products are summed in the order of the features, in plain double precision: prediction uses the same order, so a
 * sample sees the same gates in training and afterwards, on every backend.
 * @module
 */
import { ShapeError } from '../../../errors.ts'
import { type Dense, dense, rowOf } from '../../../matrix/dense.ts'
import { maskCount, maskKey, masks, selectMasks, setMaskBit } from '../../../matrix/masks.ts'
import type { PatternSet } from '../../model.ts'

/**
 * The distinct non-empty patterns of the rows of `gates` over the rows of X, each with the first gate that shows it.
 *
 * The empty pattern is dropped (its neuron is dead on the data). Cost 2·n·d·P flops, memory P·n/8 bytes.
 *
 * @param x X ∈ R^{n × d}.
 * @param gates G ∈ R^{P × d}.
 * @throws ShapeError when X and the gates disagree on d.
 */
export function patternsOf(x: Dense, gates: Dense): PatternSet {
  if (x.cols !== gates.cols)
    throw new ShapeError(
      `patternsOf: gates must have ${x.cols} coordinates, as the data; got ${gates.cols}. Add one for the ones column?`,
    )
  const [n, d] = [x.rows, x.cols]
  const all = masks(gates.rows, n)
  for (let k = 0; k < gates.rows; k++) {
    const g = rowOf(gates, k)
    for (let i = 0; i < n; i++) if (product(x.data, i * d, g) > 0) setMaskBit(all, k, i)
  }
  const seen = new Set<string>()
  const kept: number[] = []
  for (let k = 0; k < gates.rows; k++) {
    const name = maskKey(all, k)
    if (seen.has(name) || maskCount(all, k) === 0) continue
    seen.add(name)
    kept.push(k)
  }
  const own = dense(kept.length, d)
  kept.forEach((k, at) => {
    own.data.set(rowOf(gates, k), at * d)
  })
  return { masks: selectMasks(all, kept), gates: own, complete: false }
}

/** x_i·g for the row starting at `at`, summed from the first feature to the last. */
export function product(x: Float64Array, at: number, g: Float64Array): number {
  let sum = 0
  for (let j = 0; j < g.length; j++) sum += x[at + j] * g[j]
  return sum
}

/**
 * Patterns of two sets together, those of `first` in front and unchanged; complete when either is.
 *
 * @throws ShapeError when the sets are over different data.
 */
export function joinPatterns(first: PatternSet, second: PatternSet): PatternSet {
  const [n, d] = [first.masks.samples, first.gates.cols]
  if (second.masks.samples !== n || second.gates.cols !== d)
    throw new ShapeError(
      `joinPatterns: both sets must be over ${n} samples and ${d} features; got ${second.masks.samples} and ${second.gates.cols}.`,
    )
  const seen = new Set(Array.from({ length: first.masks.patterns }, (_, k) => maskKey(first.masks, k)))
  const fresh: number[] = []
  for (let k = 0; k < second.masks.patterns; k++) {
    const name = maskKey(second.masks, k)
    if (seen.has(name)) continue
    seen.add(name)
    fresh.push(k)
  }
  const old = first.masks.patterns
  const joined = masks(old + fresh.length, n)
  joined.words.set(first.masks.words)
  joined.words.set(selectMasks(second.masks, fresh).words, first.masks.words.length)
  const gates = dense(old + fresh.length, d)
  gates.data.set(first.gates.data)
  fresh.forEach((k, at) => {
    gates.data.set(rowOf(second.gates, k), (old + at) * d)
  })
  return { masks: joined, gates, complete: first.complete || second.complete }
}
