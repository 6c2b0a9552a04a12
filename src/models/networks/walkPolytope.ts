/**
 * Walks along the edges of a polytope {c ≥ 0 : A c = b} to the vertex where a linear function is largest: the simplex method.
 *
 * From the vertex with basis B, the prices y solve A_Bᵀy = a_B; a column with a_j > A_jᵀy enters, the first that reaches 0 leaves. Largest gain
 * first, Bland's rule where steps gain nothing, which ends every circle. Prices prove the maximum: aᵀc ≤ bᵀy where Aᵀy ≥ a.
 * Source: G. Dantzig, Linear Programming and Extensions, 1963; R. Bland, 1977.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'

/** A vertex: the columns of its basis, one for each row of A, and their values (others are 0). */
export interface Vertex {
  readonly basis: readonly number[]
  readonly values: Float64Array
  /** y: one for each row of A. */
  readonly prices: Float64Array
  readonly steps: number
}

/** A reduced cost above this part of the largest |a_j| is worth a step. */
const GAIN = 1e-10
/** Entries of a direction below this part of its largest are 0. */
const PIVOT = 1e-10
const STALLED = 20

/**
 * The vertex with the largest aᵀc that is met within `limit` steps.
 *
 * @param columns A as rows: row j of `columns` ∈ R^{k × m} is column j of A. @param start a basis with A_B regular and A_B⁻¹b ≥ 0 (to rounding).
 * Cost m³ + k·m flops a step.
 */
export function walkPolytope(
  columns: Dense,
  options: {
    readonly b: Float64Array
    readonly objective: Float64Array
    readonly start: readonly number[]
    readonly limit?: number
  },
): Vertex {
  const { b, objective: a, start } = options
  const [k, m] = [columns.rows, columns.cols]
  const limit = options.limit ?? 20 * (k + m) + 100
  const basis = [...start]
  const size = a.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
  const column = (j: number) => columns.data.subarray(j * m, (j + 1) * m)
  let [values, prices]: [Float64Array, Float64Array] = [new Float64Array(m), new Float64Array(m)]
  let stalled = 0
  let steps = 0
  for (; steps <= limit; steps++) {
    const factor = factorise(basis.map(column), m)
    if (factor === null) break
    values = factor.solve(b).map(v => Math.max(0, v))
    prices = factor.solveTransposed(Float64Array.from(basis, j => a[j]))
    if (steps === limit) break
    const entering = mostWorth(stalled > STALLED)
    if (entering < 0) break
    const direction = factor.solve(column(entering))
    const largest = direction.reduce((most, v) => Math.max(most, Math.abs(v)), 0)
    let [leaving, step] = [-1, Infinity]
    for (let at = 0; at < m; at++) {
      if (!(direction[at] > PIVOT * largest)) continue
      const reach = values[at] / direction[at]
      const sooner = reach < step || (reach === step && basis[at] < basis[leaving])
      if (sooner) [leaving, step] = [at, reach]
    }
    // No end in this direction: only where nothing bounds the values, which the caller's constraints do.
    if (leaving < 0) break
    stalled = step > 0 ? 0 : stalled + 1
    basis[leaving] = entering
  }
  return { basis, values, prices, steps }

  function mostWorth(bland: boolean): number {
    let [found, most] = [-1, GAIN * size]
    for (let j = 0; j < k; j++) {
      if (basis.includes(j)) continue
      let worth = a[j]
      for (let at = 0; at < m; at++) worth -= columns.data[j * m + at] * prices[at]
      if (worth > most) {
        if (bland) return j
        ;[found, most] = [j, worth]
      }
    }
    return found
  }
}

/** LU with row pivots of the matrix with these columns; null when it is singular to rounding. */
function factorise(
  columns: readonly Float64Array[],
  m: number,
): { solve(v: Float64Array): Float64Array; solveTransposed(v: Float64Array): Float64Array } | null {
  const lu = Array.from({ length: m }, (_, i) => Float64Array.from({ length: m }, (_value, j) => columns[j][i]))
  const order = Array.from({ length: m }, (_, i) => i)
  for (let p = 0; p < m; p++) {
    let pivot = p
    for (let i = p + 1; i < m; i++) if (Math.abs(lu[i][p]) > Math.abs(lu[pivot][p])) pivot = i
    if (!(Math.abs(lu[pivot][p]) > 1e-13)) return null
    ;[lu[p], lu[pivot]] = [lu[pivot], lu[p]]
    ;[order[p], order[pivot]] = [order[pivot], order[p]]
    for (let i = p + 1; i < m; i++) {
      const factor = lu[i][p] / lu[p][p]
      lu[i][p] = factor
      if (factor !== 0) for (let j = p + 1; j < m; j++) lu[i][j] -= factor * lu[p][j]
    }
  }
  return {
    solve(v) {
      const out = Float64Array.from(order, i => v[i])
      for (let i = 0; i < m; i++) for (let j = 0; j < i; j++) out[i] -= lu[i][j] * out[j]
      for (let i = m - 1; i >= 0; i--) {
        for (let j = i + 1; j < m; j++) out[i] -= lu[i][j] * out[j]
        out[i] /= lu[i][i]
      }
      return out
    },
    solveTransposed(v) {
      const out = v.slice()
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < i; j++) out[i] -= lu[j][i] * out[j]
        out[i] /= lu[i][i]
      }
      for (let i = m - 1; i >= 0; i--) for (let j = i + 1; j < m; j++) out[i] -= lu[j][i] * out[j]
      const back = new Float64Array(m)
      order.forEach((i, at) => {
        back[i] = out[at]
      })
      return back
    },
  }
}
