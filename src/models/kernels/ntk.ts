/**
 * The neural tangent kernel of gated ReLU networks, in closed form and as weights of the kernels of single gates.
 *
 *   κ(x, x') = x·x' (π − ∠(x, x'))/(2π) = Σ_i P(g ∈ K_i)·1[x ∈ i]·1[x' ∈ i]·x·x',   g ~ N(0, I),
 *
 * since two points are seen by the same random gate with probability (π − ∠)/(2π). So at infinite width gradient flow uses
 * one fixed mixture of the kernels D_i X Xᵀ D_i; `multipleKernel.ts` finds the best one.
 * The angle is 2·atan2(‖x̂ − x̂'‖, ‖x̂ + x̂'‖): an arccosine would lose half the digits near 0 and π.
 * Source: T. Dwaraknath, T. Ergen, M. Pilanci, Fixing the NTK: From Neural Network Linearizations to Exact Convex Programs,
 * 2023 (the equality of both forms is checked numerically here, not quoted).
 * @module
 */
import { DomainError, ShapeError } from '../../errors.ts'
import { type Dense, dense, rowOf } from '../../matrix/dense.ts'
import { dot, norm } from '../../matrix/vector.ts'
import { type Key, normals } from '../../random/index.ts'
import type { PatternSet } from '../model.ts'
import { patternOf, placesOf } from '../networks/recover.ts'

/**
 * κ(a_i, b_j) for all rows of A ∈ R^{m × d} and B ∈ R^{n × d}, in R^{m × n}; rows of zeros give 0. Cost 4·m·n·d flops.
 *
 * @throws ShapeError when A and B have different numbers of columns.
 */
export function ntkKernel(a: Dense, b: Dense = a): Dense {
  if (a.cols !== b.cols)
    throw new ShapeError(`ntkKernel: both must have equally many columns; got ${a.cols} and ${b.cols}.`)
  const out = dense(a.rows, b.rows)
  const [ua, ub] = [unitRows(a), unitRows(b)]
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < b.rows; j++) {
      let [difference, sum] = [0, 0]
      for (let k = 0; k < a.cols; k++) {
        const [p, q] = [ua.data[i * a.cols + k], ub.data[j * b.cols + k]]
        difference += (p - q) * (p - q)
        sum += (p + q) * (p + q)
      }
      const angle = 2 * Math.atan2(Math.sqrt(difference), Math.sqrt(sum))
      out.data[i * b.rows + j] = (dot(rowOf(a, i), rowOf(b, j)) * (Math.PI - angle)) / (2 * Math.PI)
    }
  return out
}

function unitRows(x: Dense): Dense {
  const out = dense(x.rows, x.cols, x.data.slice())
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(out, i)
    const length = norm(row)
    if (length > 0) for (let k = 0; k < row.length; k++) row[k] /= length
  }
  return out
}

/**
 * NTK weights of given patterns: P(g ∈ K_i) for g ~ N(0, I), made to sum to 1 over the patterns given.
 *
 * Exact (arc lengths) for two columns; else the frequencies of `draws` gates, of which those in other cells are left out.
 *
 * @param patterns of X ∈ R^{n × d}.
 * @throws DomainError when no draw falls into any of the cells.
 */
export function ntkWeights(
  x: Dense,
  patterns: PatternSet,
  options: { readonly draws: number; readonly key: Key },
): Float64Array {
  const place = placesOf(patterns.masks)
  const weights = new Float64Array(patterns.masks.patterns)
  const add = (gate: Float64Array, weight: number) => {
    const at = place(patternOf(x, gate))
    if (at !== undefined) weights[at] += weight
  }
  if (x.cols === 2) {
    const bounds = [0, 2 * Math.PI]
    for (let i = 0; i < x.rows; i++) {
      const [first, second] = rowOf(x, i)
      if (first === 0 && second === 0) continue
      const normal = Math.atan2(second, first)
      for (const turn of [-0.5, 0.5, 1.5, 2.5]) {
        const angle = normal + turn * Math.PI
        if (angle > 0 && angle < 2 * Math.PI) bounds.push(angle)
      }
    }
    bounds.sort((p, q) => p - q)
    for (let k = 1; k < bounds.length; k++) {
      const middle = (bounds[k] + bounds[k - 1]) / 2
      add(Float64Array.of(Math.cos(middle), Math.sin(middle)), bounds[k] - bounds[k - 1])
    }
  } else {
    const gates = normals(options.key, options.draws * x.cols)
    for (let k = 0; k < options.draws; k++) add(gates.subarray(k * x.cols, (k + 1) * x.cols), 1)
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (!(total > 0))
    throw new DomainError(
      `ntkWeights: some of ${options.draws} gates must fall into the cells given; none did. Draw more gates.`,
    )
  return weights.map(weight => weight / total)
}
