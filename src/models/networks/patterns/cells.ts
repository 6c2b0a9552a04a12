/**
 * Cells of a central arrangement {x_k·u = 0} of rank r, facet by facet.
 *
 * Every cell has a facet on some hyperplane x_i⊥, and the facets there are the cells of the arrangement that the other
 * hyperplanes cut out of x_i⊥, of rank r − 1. So: restrict to each x_i⊥, recurse down to the plane, and give every cell
 * found there two neighbours, one on each side of x_i. A cell comes up once a facet; the sum of a unit vector inside each
 * of its facets lies strictly inside the cell, because no hyperplane holds all facets. No linear programs, no step sizes.
 *
 * Degenerate positions: rows that become parallel within x_i⊥ are one line there. What counts as parallel is decided by
 * the error of each row's direction, carried along (a restriction divides it by the length that is left), so thin cells
 * are told from rounding. Cost O(m^{r−1}·(log m + m/32)).
 * @module
 */
import { type Cells, sweep } from './sweep.ts'

/** A restricted row is zero (the row is parallel to the hyperplane's normal) when shorter than this many times its error. */
const SAFETY = 8

/**
 * The cells of m unit rows (zero rows are ignored) in R^rank that span R^rank, rank ≥ 1.
 *
 * @param rows m × rank, row-major.
 * @param noise bound of the error of each row's direction, in R^m.
 * @param stride words a cell takes, ≥ m/32.
 */
export function cells(rows: Float64Array, rank: number, noise: Float64Array, stride: number): Cells {
  if (rank === 1) return onTheLine(rows, stride)
  if (rank === 2) return sweep(rows, noise, stride)
  const m = noise.length
  const places = new Map<string, number>()
  let words = new Uint32Array(64 * stride)
  let points = new Float64Array(64 * rank)
  const bits = new Uint32Array(stride)
  const done = new Uint8Array(m)
  for (let i = 0; i < m; i++) {
    const own = rows.subarray(i * rank, (i + 1) * rank)
    if (done[i] === 1 || isZero(own)) continue
    const { reflect, rest, restNoise, parallel } = restriction(rows, rank, noise, i)
    for (const { row } of parallel) done[row] = 1
    const facets = cells(rest, rank - 1, restNoise, stride)
    const facet = new Float64Array(rank)
    for (let c = 0; c < facets.count; c++) {
      facet.set(facets.points.subarray(c * (rank - 1), (c + 1) * (rank - 1)), 1)
      facet[0] = 0
      reflect(facet)
      for (const side of [1, -1]) {
        bits.set(facets.words.subarray(c * stride, (c + 1) * stride))
        for (const { row, sign } of parallel) if (sign === side) bits[row >>> 5] |= 1 << (row & 31)
        add(facet)
      }
    }
  }
  const count = places.size
  for (let c = 0; c < count; c++) normalise(points.subarray(c * rank, (c + 1) * rank))
  return { count, words: words.slice(0, count * stride), points: points.slice(0, count * rank) }

  /** Puts `point` on the boundary of the cell `bits`. */
  function add(point: Float64Array): void {
    const name = String.fromCharCode(...new Uint16Array(bits.buffer))
    let place = places.get(name)
    if (place === undefined) {
      place = places.size
      places.set(name, place)
      if ((place + 1) * stride > words.length) {
        words = grown(words, new Uint32Array(2 * words.length))
        points = grown(points, new Float64Array(2 * points.length))
      }
      words.set(bits, place * stride)
    }
    for (let j = 0; j < rank; j++) points[place * rank + j] += point[j]
  }
}

/** The other rows within x_i⊥, in an orthonormal basis of it; and the rows parallel to x_i with their side. */
function restriction(
  rows: Float64Array,
  rank: number,
  noise: Float64Array,
  i: number,
): {
  reflect: (v: Float64Array) => void
  rest: Float64Array
  restNoise: Float64Array
  parallel: { row: number; sign: number }[]
} {
  const m = noise.length
  // Householder: v = x_i ± e_1, H = I − 2vvᵀ/vᵀv takes x_i to ∓e_1, so coordinates 2 … r of H x_k are those within x_i⊥.
  const v = rows.slice(i * rank, (i + 1) * rank)
  v[0] += v[0] >= 0 ? 1 : -1
  let square = 0
  for (const value of v) square += value * value
  const reflect = (x: Float64Array): void => {
    let along = 0
    for (let j = 0; j < rank; j++) along += v[j] * x[j]
    for (let j = 0; j < rank; j++) x[j] -= (2 * along * v[j]) / square
  }
  const rest = new Float64Array(m * (rank - 1))
  const restNoise = new Float64Array(m)
  const parallel: { row: number; sign: number }[] = []
  const x = new Float64Array(rank)
  for (let k = 0; k < m; k++) {
    x.set(rows.subarray(k * rank, (k + 1) * rank))
    if (isZero(x)) continue
    let along = 0
    for (let j = 0; j < rank; j++) along += x[j] * rows[i * rank + j]
    reflect(x)
    const error = noise[k] + noise[i]
    const left = x.subarray(1)
    const length = normalise(left)
    if (length <= SAFETY * error) {
      parallel.push({ row: k, sign: along > 0 ? 1 : -1 })
      continue
    }
    rest.set(left, k * (rank - 1))
    restNoise[k] = error / length
  }
  return { reflect, rest, restNoise, parallel }
}

/** In R^1 there are two cells. */
function onTheLine(rows: Float64Array, stride: number): Cells {
  const words = new Uint32Array(2 * stride)
  rows.forEach((value, k) => {
    if (value !== 0) words[(value > 0 ? 0 : stride) + (k >>> 5)] |= 1 << (k & 31)
  })
  return { count: 2, words, points: Float64Array.of(1, -1) }
}

/** Scales to length 1 (zero stays zero); returns the length before. */
export function normalise(v: Float64Array): number {
  let square = 0
  for (const value of v) square += value * value
  const length = Math.sqrt(square)
  if (length > 0) for (let j = 0; j < v.length; j++) v[j] /= length
  return length
}

function isZero(v: Float64Array): boolean {
  return v.every(value => value === 0)
}

function grown<T extends Uint32Array | Float64Array>(old: T, larger: T): T {
  larger.set(old)
  return larger
}
