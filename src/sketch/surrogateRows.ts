/**
 * Surrogate sketch: rows of A drawn jointly so that inverses are unbiased. A random number of rows, K ~ Poisson(γ), each i by p and over √p_i, is
 * reweighted by det(XᵀX + γλI). Then exactly, with X the unscaled sample and d_λ = tr AᵀA(AᵀA + λI)⁻¹,
 *   E[K] = γ + d_λ,   E[(XᵀX + γλI)⁻¹] = (AᵀA + λI)⁻¹/γ,   E[(XᵀX + γλI)⁻¹Xᵀy_X] = (AᵀA + λI)⁻¹Aᵀy,
 * so γ = m − d_λ gives m rows on average, and S·A = X/√m with λ' = λ(1 − d_λ/m) in place of λ is unbiased up to the factor 1 − d_λ/m.
 *
 * Sampled as the union of Poisson(γ) rows by p and of one determinantal sample with kernel AAᵀ/λ (det(XᵀX + cI) is c^d times a sum of minors).
 *
 * Sources: M. Dereziński, B. Bartan, M. Pilanci, M. Mahoney, Debiasing distributed second order optimization with surrogate sketching and scaled
 * regularization, 2020; determinantal sampling: J. Hough, M. Krishnapur, Y. Peres, B. Virág, Determinantal processes and independence, 2006.
 * @module
 */
import { DomainError } from '../errors.ts'
import { compute } from '../matrix/createCompute.ts'
import { type Dense, dense, rowOf } from '../matrix/dense.ts'
import { eigh } from '../matrix/factor/eigh.ts'
import { dot } from '../matrix/vector.ts'
import { fold, type Key, key, ln, threefry, u53 } from '../random/index.ts'
import { checkRows, checkSizes, outOfRange, type RowDraw } from './draw.ts'
import { entriesDraw } from './entries.ts'
import { probabilities as checked } from './probabilities.ts'

/** Rows, ridge and weights of a surrogate sketch. */
export interface SurrogateOptions {
  /** m > d_λ, rows on average. */
  readonly rows: number
  /** λ > 0. */
  readonly lambda: number
  /** p ∈ R^n, > 0 up to a factor; default uniform. Ridge leverage scores give less variance. */
  readonly probabilities?: ArrayLike<number>
  /** Default 0. */
  readonly seed?: number
}

/** A surrogate distribution bound to a matrix, from which draws are made. */
export interface Surrogate {
  /** d_λ, exact. */
  readonly effectiveDimension: number
  /** γ = m − d_λ. */
  readonly gamma: number
  /** One draw; its rows are about m, and scaled by 1/√(m·p_i). */
  draw(seed: number): RowDraw
}

/**
 * Binds the distribution to A ∈ R^{n × d}. Cost: nd² + d³ once, and n·k² + nd·k a draw, k about d_λ.
 *
 * @throws DomainError (E_PARAM_RANGE) for λ ≤ 0 or weights that are refused; (E_SKETCH_TOO_SMALL) for m ≤ d_λ.
 */
export function surrogate(a: Dense, options: SurrogateOptions): Surrogate {
  const { rows: m, lambda } = options
  const { rows: n, cols: d } = a
  checkRows('surrogate', a, n)
  checkSizes('surrogate', { rows: m, samples: n })
  if (!(lambda > 0 && lambda < Infinity)) throw outOfRange(`surrogate: lambda must be > 0; got ${lambda}.`)
  const p = checked('surrogate', options.probabilities ?? new Float64Array(n).fill(1), n)
  const gram = dense(d, d)
  compute().syrk(true, d, n, 1 / lambda, a.data, d, 0, gram.data, d)
  const { values, vectors } = eigh(gram)
  const chances = values.map(w => Math.max(0, w) / (1 + Math.max(0, w)))
  const effectiveDimension = chances.reduce((sum, c) => sum + c, 0)
  const gamma = m - effectiveDimension
  if (!(gamma > 0))
    throw new DomainError(
      `surrogate: rows must exceed the effective dimension ${effectiveDimension.toPrecision(4)}; got ${m}. Take ${Math.ceil(2 * effectiveDimension)}, or a larger ridge.`,
      'E_SKETCH_TOO_SMALL',
    )
  return {
    effectiveDimension,
    gamma,
    draw(seed) {
      const root = fold(key(seed), 'surrogate')
      const kept = Array.from(chances.keys()).filter(j => uniform(fold(root, 'modes'), j) < chances[j])
      const chosen = [
        ...poissonRows(fold(root, 'poisson'), gamma, p.at),
        ...determinantal(
          a,
          fold(root, 'rows'),
          kept.map(j => rowOf(vectors, j)),
        ),
      ]
      const column = Uint32Array.from(chosen)
      const coefficient = Float64Array.from(column, i => 1 / Math.sqrt(m * p.of(i)))
      const rows = Math.max(1, column.length)
      return entriesDraw(
        'surrogate',
        { rows, samples: n, scale: 1 },
        { row: column.map((_, t) => t), column, coefficient },
      )
    },
  }
}

/** Arrivals of a Poisson process up to time γ, each marked by a row. */
function poissonRows(k: Key, gamma: number, at: (u: number) => number): number[] {
  const out: number[] = []
  for (let t = 0, time = 0; ; t++) {
    // 1 − u is in (0, 1].
    time -= ln(1 - uniform(k, 2 * t))
    if (time > gamma) return out
    out.push(at(uniform(k, 2 * t + 1)))
  }
}

/** A sample of the projection process on span{A·v_j}, one row for each j. */
function determinantal(a: Dense, k: Key, modes: readonly Float64Array[]): number[] {
  const n = a.rows
  const size = modes.length
  const q = dense(n, size)
  for (let i = 0; i < n; i++) for (let j = 0; j < size; j++) q.data[i * size + j] = dot(rowOf(a, i), modes[j])
  // A·v_j are orthogonal; of unit length after this.
  for (let j = 0; j < size; j++) {
    let square = 0
    for (let i = 0; i < n; i++) square += q.data[i * size + j] ** 2
    for (let i = 0; i < n; i++) q.data[i * size + j] /= Math.sqrt(square)
  }
  const left = Float64Array.from({ length: n }, (_, i) => dot(rowOf(q, i), rowOf(q, i)))
  const chosen: number[] = []
  const taken: Float64Array[] = []
  for (let t = 0; t < size; t++) {
    const total = left.reduce((sum, v) => sum + Math.max(0, v), 0)
    let goal = uniform(k, t) * total
    let i = 0
    while (i < n - 1 && !(goal < Math.max(0, left[i]))) goal -= Math.max(0, left[i++])
    // What rounding leaves over falls on the last row that has any chance.
    while (i > 0 && !(left[i] > 0)) i--
    const c = Float64Array.from({ length: n }, (_, r) => dot(rowOf(q, r), rowOf(q, i)))
    for (const before of taken) {
      const share = before[i]
      for (let r = 0; r < n; r++) c[r] -= before[r] * share
    }
    const scale = 1 / Math.sqrt(c[i])
    for (let r = 0; r < n; r++) {
      c[r] *= scale
      left[r] -= c[r] * c[r]
    }
    left[i] = 0
    chosen.push(i)
    taken.push(c)
  }
  return chosen
}

function uniform(k: Key, at: number): number {
  return u53(threefry(k, at, 0, { x0: 0, x1: 0 }))
}
