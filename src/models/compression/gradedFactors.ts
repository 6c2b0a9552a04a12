/**
 * Factors of odd whole numbers: A ≈ L·diag(s)·Rᵀ with the entries of column k of L and R among ±1, ±3 … ±(2^B − 1), B the bits of that column.
 *
 * Minimises ‖A − L·diag(s)·Rᵀ‖_F by turns, and never raises it:
 *
 *   rows of L   for fixed R and s every row is a lattice problem min_z zᵀGz − 2bᵀz, G = diag(s)RᵀR·diag(s), b = diag(s)Rᵀa. Two starts
 *               are tried, the row as it is and the rounded least-squares solution on a grid of its own (rule `clip`), and from the
 *               better one each coordinate is set to its best value in turn;
 *   rows of R   the same with Aᵀ;
 *   s           coordinate by coordinate, exactly.
 *
 * Plain rounding, as published, leaves what one component loses; here the other components take it up, which matters most at one to four bits. RᵀR is
 * a matrix of whole numbers below 2⁵³ and so is exact.
 * @module
 */
import { type Dense, dense } from '../../matrix/dense.ts'
import { eigh } from '../../matrix/factor/eigh.ts'
import type { Svd } from '../../matrix/factor/svd.ts'
import { packCodes } from './codedLines.ts'
import type { ProductTerm } from './compressed.ts'
import { product } from './leadingFactors.ts'
import { uniformGrid } from './quantizer.ts'

/** L n × m, R d × m, s ∈ R^m (float32 numbers), and the bits of each column. */
export interface GradedFactors {
  readonly left: Dense
  readonly right: Dense
  readonly scale: Float64Array
  readonly leftBits: Uint8Array
  readonly rightBits: Uint8Array
}

/** Factors with ‖A − L·diag(s)·Rᵀ‖²_F. */
export interface GradedState extends GradedFactors {
  readonly squaredError: number
}

const SWEEPS = 3
const SCALE_SWEEPS = 8
const BETWEEN_PAUSES = 1e8
/** Eigenvalues of RᵀR below this part of the largest are not inverted. */
const CUTOFF = 1e-12

/** Rounds the leading singular vectors to the bits given (their number is the rank), and fits s. */
export function roundFactors(
  a: Dense,
  { u, values, vt }: Svd,
  bits: { readonly left: Uint8Array; readonly right: Uint8Array },
): GradedState {
  const m = bits.left.length
  const [left, right] = [dense(a.rows, m), dense(a.cols, m)]
  const scale = new Float64Array(m)
  for (let k = 0; k < m; k++) {
    const x = Float64Array.from({ length: a.rows }, (_, i) => u.data[i * u.cols + k])
    const y = vt.data.slice(k * vt.cols, (k + 1) * vt.cols)
    scale[k] = Math.fround(values[k] * roundInto(x, bits.left[k], left, k) * roundInto(y, bits.right[k], right, k))
  }
  const start = { left, right, scale, leftBits: bits.left, rightBits: bits.right }
  const gram = grams(a, start)
  fitScale(start, gram)
  return { ...start, squaredError: squaredErrorOf(a, start, gram) }
}

/** One round: L, R, s. The error does not rise (a round that would, by rounding, is thrown away). */
export function improveFactors(a: Dense, state: GradedState): GradedState {
  return drained(improving(a, state))
}

/** What a computation with pauses comes to, without pausing. */
export function drained<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const { value, done } = work.next()
    if (done) return value
  }
}

/** `improveFactors` with a pause about every hundred million operations. */
export function* improving(a: Dense, state: GradedState): Generator<undefined, GradedState> {
  const next = yield* turn(a, state)
  const squaredError = squaredErrorOf(a, next, grams(a, next))
  return squaredError < state.squaredError ? { ...next, squaredError } : state
}

/**
 * L, R and s once each. With H ∈ R^{d × d}, L and s minimise ‖(A − L·diag(s)·Rᵀ)·H^½‖_F; R stays with the plain norm, whose minimiser before rounding is
 * the same. Nothing is promised then: keep the better.
 */
export function* turn(a: Dense, factors: GradedFactors, h?: Dense): Generator<undefined, GradedFactors> {
  const { leftBits, rightBits } = factors
  const afterLeft = yield* improveSide(a, factors.left, factors.right, factors.scale, leftBits, 'none', h)
  const afterRight = yield* improveSide(a, factors.right, afterLeft.own, afterLeft.scale, rightBits, 'left')
  const next = { leftBits, rightBits, left: afterLeft.own, right: afterRight.own, scale: afterRight.scale }
  fitScale(next, grams(a, next, h))
  return next
}

interface Side {
  readonly own: Dense
  readonly scale: Float64Array
}

/** The better of two starts for one factor, after coordinate descent. `transposed` says that A is to be read as Aᵀ. */
function* improveSide(
  a: Dense,
  own: Dense,
  partner: Dense,
  scale: Float64Array,
  bits: Uint8Array,
  transposed: 'none' | 'left',
  h?: Dense,
): Generator<undefined, Side> {
  const m = scale.length
  const weighted = h === undefined ? partner : product(h, partner)
  const reach = product(a, weighted, transposed)
  const gram = product(partner, weighted, 'left')
  const kept: Side = { own: dense(own.rows, m, own.data.slice()), scale }
  const keptValue = yield* descend(kept, bits, reach, gram)
  // On a grid of its own: the least-squares solution reach·gram⁺, rounded.
  const relaxed = product(reach, pseudoInverse(gram))
  const fresh: Side = { own: dense(own.rows, m), scale: new Float64Array(m) }
  const column = new Float64Array(own.rows)
  for (let k = 0; k < m; k++) {
    for (let i = 0; i < own.rows; i++) column[i] = relaxed.data[i * m + k]
    fresh.scale[k] = Math.fround(roundInto(column, bits[k], fresh.own, k))
  }
  return (yield* descend(fresh, bits, reach, gram)) < keptValue ? fresh : kept
}

/**
 * Coordinate descent on Σ_rows zᵀGz − 2bᵀz over odd z, G = diag(s)·gram·diag(s), b = s ∘ reach; z is overwritten. Returns the sum reached.
 */
function* descend(
  { own: z, scale: s }: Side,
  bits: Uint8Array,
  reach: Dense,
  gram: Dense,
): Generator<undefined, number> {
  const m = s.length
  const g = dense(m, m)
  for (let k = 0; k < m; k++) for (let l = 0; l < m; l++) g.data[k * m + l] = s[k] * s[l] * gram.data[k * m + l]
  const lines = Array.from({ length: m }, (_, k) => g.data.subarray(k * m, (k + 1) * m))
  const tops = Float64Array.from(bits, b => 2 ** b - 1)
  // G·z − b for all rows at once; then only what a change adds.
  const slopes = product(z, g)
  const pause = Math.max(1, Math.ceil(BETWEEN_PAUSES / (SWEEPS * m * m)))
  let total = 0
  for (let i = 0; i < z.rows; i++) {
    if (i % pause === pause - 1) yield
    const [row, slope] = [z.data.subarray(i * m, (i + 1) * m), slopes.data.subarray(i * m, (i + 1) * m)]
    for (let k = 0; k < m; k++) slope[k] -= s[k] * reach.data[i * m + k]
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      let changed = false
      for (let k = 0; k < m; k++) {
        const curvature = lines[k][k]
        if (!(curvature > 0)) continue
        const best = nearestOdd(row[k] - slope[k] / curvature, tops[k])
        const change = best - row[k]
        if (change === 0) continue
        row[k] = best
        const line = lines[k]
        for (let l = 0; l < m; l++) slope[l] += change * line[l]
        changed = true
      }
      if (!changed) break
    }
    for (let k = 0; k < m; k++) total += row[k] * (slope[k] - s[k] * reach.data[i * m + k])
  }
  return total
}

function nearestOdd(x: number, top: number): number {
  const odd = 2 * Math.floor(x / 2) + 1
  return Math.max(-top, Math.min(top, odd))
}

/** Rounds a vector to odd numbers into column k of `out`; returns half the step of its grid. */
function roundInto(x: Float64Array, bits: number, out: Dense, k: number): number {
  const half = uniformGrid(x, bits, 'clip').step / 2
  const top = 2 ** bits - 1
  for (let i = 0; i < x.length; i++) out.data[i * out.cols + k] = half > 0 ? nearestOdd(x[i] / half, top) : 1
  return half
}

interface Grams {
  /** LᵀL ∘ RᵀR. */
  readonly both: Float64Array
  /** diag(LᵀAR). */
  readonly reach: Float64Array
}

function grams(a: Dense, { left, right }: GradedFactors, h?: Dense): Grams {
  const m = left.cols
  const weighted = h === undefined ? right : product(h, right)
  const [leftGram, rightGram] = [product(left, left, 'left'), product(right, weighted, 'left')]
  const image = product(a, weighted)
  const reach = new Float64Array(m)
  for (let i = 0; i < a.rows; i++) for (let k = 0; k < m; k++) reach[k] += left.data[i * m + k] * image.data[i * m + k]
  return { both: leftGram.data.map((v, t) => v * rightGram.data[t]), reach }
}

/** Minimises the error over s, coordinate by coordinate, to float32 numbers; s is overwritten. */
function fitScale({ scale }: GradedFactors, { both, reach }: Grams): void {
  const m = scale.length
  for (let sweep = 0; sweep < SCALE_SWEEPS; sweep++)
    for (let k = 0; k < m; k++) {
      let rest = reach[k]
      for (let l = 0; l < m; l++) if (l !== k) rest -= both[k * m + l] * scale[l]
      scale[k] = both[k * m + k] > 0 ? Math.fround(rest / both[k * m + k]) : 0
    }
}

function squaredErrorOf(a: Dense, { scale }: GradedFactors, { both, reach }: Grams): number {
  const m = scale.length
  let sum = 0
  for (let i = 0; i < a.data.length; i++) sum += a.data[i] * a.data[i]
  for (let k = 0; k < m; k++) {
    sum -= 2 * scale[k] * reach[k]
    for (let l = 0; l < m; l++) sum += scale[k] * scale[l] * both[k * m + l]
  }
  return Math.max(0, sum)
}

/** The Moore–Penrose inverse of a positive semidefinite matrix. */
function pseudoInverse(gram: Dense): Dense {
  const { values, vectors } = eigh(gram)
  const m = gram.rows
  const least = CUTOFF * (values[m - 1] ?? 0)
  const scaled = dense(m, m)
  for (let e = 0; e < m; e++)
    if (values[e] > least && values[e] > 0)
      for (let k = 0; k < m; k++) scaled.data[e * m + k] = vectors.data[e * m + k] / values[e]
  return product(scaled, vectors, 'left')
}

/** The factors as a coded term: L whole numbers, R with a float32 scale for each row. */
export function gradedTerm({ left, right, scale, leftBits, rightBits }: GradedFactors): ProductTerm {
  return {
    kind: 'product',
    left: {
      ...{ lines: scale.length, length: left.rows, grid: 'integer', shared: false, bits: leftBits },
      ...{ parameters: new Float32Array(0), levels: new Float32Array(0), codes: oddCodes(left, leftBits) },
    },
    right: {
      ...{ lines: scale.length, length: right.rows, grid: 'symmetric', shared: false, bits: rightBits },
      ...{ parameters: Float32Array.from(scale), levels: new Float32Array(0), codes: oddCodes(right, rightBits) },
    },
  }
}

/** L·diag(s)·Rᵀ. */
export function gradedImage({ left, right, scale }: GradedFactors): Dense {
  const m = scale.length
  return product(
    left,
    dense(
      right.rows,
      m,
      right.data.map((v, t) => v * scale[t % m]),
    ),
    'right',
  )
}

function oddCodes(z: Dense, bits: Uint8Array): Uint8Array {
  const codes = new Uint8Array(z.data.length)
  for (let k = 0; k < z.cols; k++)
    for (let i = 0; i < z.rows; i++) codes[k * z.rows + i] = (z.data[i * z.cols + k] + 2 ** bits[k] - 1) / 2
  return packCodes(codes, bits, z.rows)
}
