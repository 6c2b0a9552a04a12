/**
 * Every activation pattern of the data: the cells of the arrangement {x_i·u = 0}, each with a gate strictly inside.
 *
 * m distinct hyperplanes of rank r have at most 2 Σ_{k<r} C(m − 1, k) cells, with equality in general position: m^{r−1}/(r−1)!
 * and more. Worth doing for rank ≤ 3, possible beyond for few samples. With all patterns present the optimum of the
 * ReLU program is the optimum over networks of every width.
 *
 * Steps: drop zero rows, scale the rest to length 1, find the rank and coordinates within the row space (pivoted
 * Gram–Schmidt), merge rows that are parallel, check the count against the cap, find the cells (`cells.ts`), carry them
 * back to all rows.
 * Source of the count: R. Winder, "Partitions of N-space by hyperplanes", 1966; T. Cover, 1965.
 * @module
 */
import { DomainError, UnsupportedError } from '../../../errors.ts'
import { type Dense, dense, rowOf } from '../../../matrix/dense.ts'
import { masks, setMaskBit } from '../../../matrix/masks.ts'
import type { PatternSet } from '../../model.ts'
import { cells, normalise } from './cells.ts'
import { product } from './patternsOf.ts'

/** Directions are taken as known to this (radians): exact ties in data that were standardised stay ties. */
const NOISE = 2 ** -46
/** What is left of a unit row outside the span of others counts as rounding below this. */
const RANK_TOLERANCE = 1e-10

/** How many cells are taken on at most. */
export interface EnumerateOptions {
  /** Most cells that are taken on; default 200 000. */
  readonly cap?: number
}

/** Every pattern of an arrangement, with a vector that realises each. */
export interface Enumeration extends PatternSet {
  /** Cells of the arrangement, the empty pattern included if it is one. */
  readonly cells: number
  /** Rank of X. */
  readonly rank: number
}

/** 2 Σ_{k<rank} C(rows − 1, k): the most cells that `rows` central hyperplanes of that rank can have. */
export function cellBound(rows: number, rank: number): number {
  let [sum, term] = [0, 1]
  for (let k = 0; k < Math.min(rank, rows); k++) {
    sum += term
    term = (term * (rows - 1 - k)) / (k + 1)
  }
  return 2 * sum
}

/**
 * All patterns of X ∈ R^{n × d}, the empty one dropped. Exact up to cells thinner than about 1e-14 radians.
 *
 * Time and memory grow with the count: 872 patterns of 30 × 3 take milliseconds, 100 000 of 317 × 3 about a second.
 *
 * @throws UnsupportedError (E_TOO_MANY_PATTERNS) when the count may exceed the cap; it names the bound.
 * @throws DomainError when X has no non-zero row.
 */
export function enumeratePatterns(x: Dense, options: EnumerateOptions = {}): Enumeration {
  const { cap = 200_000 } = options
  const { basis, rank, unit, live } = rowSpace(x)
  if (rank === 0) throw new DomainError('enumeratePatterns: some row of X must be non-zero; all are 0. Check the data.')
  const { lines, lineOf, signOf } = mergeParallel(unit, rank, live)
  const bound = cellBound(lines.length, rank)
  if (bound > cap)
    throw new UnsupportedError(
      `enumeratePatterns: ${lines.length} distinct rows of rank ${rank} may have ${bound} patterns; the cap is ${cap}. Sample patterns instead, or raise the cap.`,
      'E_TOO_MANY_PATTERNS',
    )
  const rows = new Float64Array(lines.length * rank)
  lines.forEach((i, line) => {
    rows.set(unit.subarray(i * rank, (i + 1) * rank), line * rank)
  })
  const stride = Math.ceil(lines.length / 32)
  const found = cells(rows, rank, new Float64Array(lines.length).fill(NOISE), stride)

  // Back to all rows and to R^d. A gate is the point of its cell in the row space; 1[X g > 0] is what defines the pattern.
  const gates = dense(found.count, x.cols)
  const all = masks(found.count, x.rows)
  let kept = 0
  let agrees = true
  for (let c = 0; c < found.count; c++) {
    const gate = rowOf(gates, kept).fill(0)
    for (let a = 0; a < rank; a++)
      for (let j = 0; j < x.cols; j++) gate[j] += found.points[c * rank + a] * basis[a * x.cols + j]
    let active = 0
    for (const i of live) {
      const bit = (found.words[c * stride + (lineOf[i] >>> 5)] >>> (lineOf[i] & 31)) & 1
      const on = (bit === 1) === signOf[i] > 0
      if (on) {
        setMaskBit(all, kept, i)
        active++
      }
      if (product(x.data, i * x.cols, gate) > 0 !== on) agrees = false
    }
    if (active > 0) kept++
  }
  return {
    masks: { ...all, patterns: kept, words: all.words.slice(0, kept * all.stride) },
    gates: dense(kept, x.cols, gates.data.slice(0, kept * x.cols)),
    complete: agrees,
    cells: found.count,
    rank,
  }
}

/**
 * Rank of X up to `most` (as soon as it is known to be larger, `most + 1`). Cost O(n·d·most).
 */
export function rankUpTo(x: Dense, most: number): number {
  return rowSpace(x, most + 1).rank
}

/** An orthonormal basis of the row space (rank × d), the unit rows in its coordinates (n × rank), and the non-zero rows. */
function rowSpace(
  x: Dense,
  most = Infinity,
): { basis: Float64Array; rank: number; unit: Float64Array; live: number[] } {
  const [n, d] = [x.rows, x.cols]
  const left = x.data.slice()
  const live: number[] = []
  for (let i = 0; i < n; i++) {
    const row = left.subarray(i * d, (i + 1) * d)
    // First by the largest entry, so that squares stay in range.
    const largest = row.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
    if (largest === 0) continue
    for (let j = 0; j < d; j++) row[j] /= largest
    normalise(row)
    live.push(i)
  }
  const scaled = left.slice()
  const basis: Float64Array[] = []
  while (basis.length < Math.min(d, most)) {
    let [pivot, longest] = [-1, RANK_TOLERANCE]
    for (const i of live) {
      let square = 0
      for (let j = i * d; j < (i + 1) * d; j++) square += left[j] * left[j]
      const length = Math.sqrt(square)
      if (length > longest) [pivot, longest] = [i, length]
    }
    if (pivot < 0) break
    const q = left.slice(pivot * d, (pivot + 1) * d)
    normalise(q)
    // Once more against the others: a short remainder has lost its orthogonality.
    for (const other of basis) project(q, 0, other)
    normalise(q)
    basis.push(q)
    for (const i of live) project(left, i * d, q)
  }
  const rank = basis.length
  const unit = new Float64Array(n * rank)
  for (const i of live) {
    const own = unit.subarray(i * rank, (i + 1) * rank)
    basis.forEach((q, a) => {
      own[a] = product(scaled, i * d, q)
    })
    normalise(own)
  }
  const flat = new Float64Array(rank * d)
  basis.forEach((q, a) => {
    flat.set(q, a * d)
  })
  return { basis: flat, rank, unit, live }
}

/** Takes the part along the unit vector q out of the row at `at`. */
function project(rows: Float64Array, at: number, q: Float64Array): void {
  const along = product(rows, at, q)
  for (let j = 0; j < q.length; j++) rows[at + j] -= along * q[j]
}

/** One line for rows equal up to sign: sorted by an arbitrary direction, so only neighbours need comparing. */
function mergeParallel(
  unit: Float64Array,
  rank: number,
  live: readonly number[],
): { lines: number[]; lineOf: Int32Array; signOf: Float64Array } {
  const n = unit.length / rank
  const lineOf = new Int32Array(n)
  const signOf = new Float64Array(n)
  // A fixed direction in general position: equal rows agree in it, others hardly ever do.
  const probe = Float64Array.from({ length: rank }, (_, j) => Math.SQRT2 ** (j % 7) - 0.37 * j)
  const key = new Float64Array(n)
  for (const i of live) key[i] = Math.abs(product(unit, i * rank, probe))
  const order = [...live].sort((a, b) => key[a] - key[b] || a - b)
  const lines: number[] = []
  let from = 0
  order.forEach((i, position) => {
    while (key[i] - key[order[from]] > 1e-12) from++
    signOf[i] = 1
    for (let p = from; p < position; p++) {
      const k = order[p]
      const dot = product(unit, i * rank, unit.subarray(k * rank, (k + 1) * rank))
      let [plus, minus] = [0, 0]
      for (let a = 0; a < rank; a++) {
        plus += (unit[i * rank + a] - unit[k * rank + a]) ** 2
        minus += (unit[i * rank + a] + unit[k * rank + a]) ** 2
      }
      if (Math.sqrt(Math.min(plus, minus)) <= 2 * NOISE) {
        lineOf[i] = lineOf[k]
        signOf[i] = dot > 0 ? signOf[k] : -signOf[k]
        return
      }
    }
    lineOf[i] = lines.length
    lines.push(i)
  })
  return { lines, lineOf, signOf }
}
