/**
 * The dual norm of a point from above, by plain loops over the patterns: the re-check's own.
 *
 *   gated  max_{k, c} ‖Xᵀ D_k θ_c‖;   relu  max_{k, ±, c} min_{α ≥ 0} ‖±Xᵀ D_k θ_c + (2D_k − I)Xᵀα‖.
 * @module
 */
import type { Dense } from '../../matrix/dense.ts'
import type { Bits } from './exactCells.ts'
import { BoundedSum, ROUND } from './plainSums.ts'

/**
 * A number ≥ max(floor, dual norm over `patterns`); groups whose norm is surely below `floor` are not looked at again.
 *
 * Cost: 2·n·d·P·c flops, and for 'relu' an active-set projection for each cell that could matter.
 */
export function dualNormFromDefinition(
  kind: 'relu' | 'gated',
  x: Dense,
  patterns: readonly Bits[],
  theta: Float64Array,
  floor: number,
): number {
  const [n, d] = [x.rows, x.cols]
  const outputs = theta.length / n
  let upper = floor
  for (let c = 0; c < outputs; c++) {
    const sizes = new Float64Array(d)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < d; j++) sizes[j] += Math.abs(x.data[i * d + j] * theta[i * outputs + c])
    const slack = (n + 4) * 1.01 * ROUND * Math.hypot(...sizes)
    const rough = patterns.map(bits => {
      const sums = new Float64Array(d)
      for (let i = 0; i < n; i++)
        if (bits[i] === 1) for (let j = 0; j < d; j++) sums[j] += x.data[i * d + j] * theta[i * outputs + c]
      return Math.hypot(...sums) * (1 + 1e-13) + slack
    })
    const order = [...rough.keys()].sort((a, b) => rough[b] - rough[a])
    for (const k of order) {
      if (rough[k] <= upper) break
      const bits = patterns[k]
      const sums = Array.from({ length: d }, () => new BoundedSum())
      for (let i = 0; i < n; i++)
        if (bits[i] === 1) for (let j = 0; j < d; j++) sums[j].add(x.data[i * d + j] * theta[i * outputs + c])
      const q = Float64Array.from(sums, sum => sum.value)
      const error = Math.hypot(...sums.map(sum => sum.error(1))) * (1 + 1e-12)
      for (const sign of kind === 'relu' ? [1, -1] : [1]) {
        const length =
          kind === 'relu'
            ? coneLength(
                x,
                bits,
                q.map(v => sign * v),
                upper - error,
              )
            : Math.hypot(...q)
        upper = Math.max(upper, Math.min(rough[k], (length + error) * (1 + 2e-15 * (d + 4))))
      }
    }
  }
  return upper
}

/**
 * The length of the projection of q on {u : K u ≥ 0}, K = (2D − I)X, from above: ‖q + Kᵀα‖ at some α ≥ 0. Ends early below
 * `enough`.
 *
 * Active sets on the normal equations; a wrong active set is only loose.
 */
function coneLength(x: Dense, bits: Bits, q: Float64Array, enough: number): number {
  const d = x.cols
  const row = (i: number) => x.data.subarray(i * d, (i + 1) * d).map(v => (bits[i] === 1 ? v : -v))
  const times = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, j) => sum + v * b[j], 0)
  const scale = Math.hypot(...q)
  const barred = new Set<number>()
  let active: { i: number; k: Float64Array; alpha: number }[] = []
  let u = q.slice()

  for (let round = 0; round < 20 * d + 100 && Math.hypot(...u) > 0.999 * enough; round++) {
    let [next, least] = [-1, -1e-13 * scale]
    for (let i = 0; i < x.rows; i++) {
      let [product, square] = [0, 0]
      for (let j = 0; j < d; j++) {
        product += x.data[i * d + j] * u[j]
        square += x.data[i * d + j] ** 2
      }
      if (square === 0) continue
      const depth = (bits[i] === 1 ? product : -product) / Math.sqrt(square)
      if (depth < least && !barred.has(i) && !active.some(each => each.i === i)) [next, least] = [i, depth]
    }
    if (next < 0) break
    active.push({ i: next, k: row(next), alpha: 0 })
    for (;;) {
      const goal = solve(
        active.map(a => active.map(b => times(a.k, b.k))),
        active.map(a => -times(a.k, q)),
      )
      if (goal === null) {
        barred.add(next)
        active = active.filter(each => each.i !== next)
        break
      }
      const blocked = active.map((each, at) => (goal[at] > 0 ? 1 : each.alpha / (each.alpha - goal[at] || 1)))
      const step = Math.min(1, ...blocked)
      active = active
        .map((each, at) => ({ ...each, alpha: each.alpha + step * (goal[at] - each.alpha), blocked: blocked[at] }))
        .filter(each => step === 1 || each.blocked > step)
      if (step === 1 || active.length === 0) break
    }
    u = q.slice()
    for (const { k, alpha } of active) for (let j = 0; j < d; j++) u[j] += alpha * k[j]
  }

  const sums = Array.from({ length: d }, (_, j) => {
    const sum = new BoundedSum()
    sum.add(q[j])
    for (const { k, alpha } of active) sum.add(Math.max(0, alpha) * k[j])
    return sum
  })
  return Math.hypot(...sums.map(sum => sum.value)) + Math.hypot(...sums.map(sum => sum.error(1)))
}

/** Solution of a small symmetric system by elimination with pivots; null when it is singular. */
function solve(matrix: number[][], right: number[]): number[] | null {
  const a = matrix.map((line, i) => [...line, right[i]])
  const size = a.length
  for (let p = 0; p < size; p++) {
    let pivot = p
    for (let i = p + 1; i < size; i++) if (Math.abs(a[i][p]) > Math.abs(a[pivot][p])) pivot = i
    if (!(Math.abs(a[pivot][p]) > 1e-12 * Math.abs(matrix[p][p]))) return null
    ;[a[p], a[pivot]] = [a[pivot], a[p]]
    for (let i = p + 1; i < size; i++) {
      const factor = a[i][p] / a[p][p]
      for (let j = p; j <= size; j++) a[i][j] -= factor * a[p][j]
    }
  }
  for (let p = size - 1; p >= 0; p--) {
    for (let j = p + 1; j < size; j++) a[p][size] -= a[p][j] * a[j][size]
    a[p][size] /= a[p][p]
  }
  return a.map(line => line[size])
}
