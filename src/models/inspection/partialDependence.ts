/**
 * Partial dependence: the mean prediction when one feature is set to a value in every row, and all else stays as it is.
 *
 *   PD(t) = Σ_i w_i f(x_i with the feature at t) / Σ_i w_i
 *
 * It shows the feature's effect averaged over the others. Where features go together, it averages over rows that do not
 * occur. Source: J. Friedman, "Greedy function approximation", 2001, section 8.2.
 * @module
 */
import { ShapeError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'

/** The feature and the values it takes in turn. */
export interface DependenceOptions {
  /** Columns of the feature. */
  readonly columns: readonly number[]
  /** Values of those columns at each point of the grid. */
  readonly grid: readonly ArrayLike<number>[]
  /** What is averaged: predictions of rows, n × C. */
  readonly predict: (x: Dense) => Dense
  /** Sample weights ≥ 0 in R^n. */
  readonly weights?: Float64Array | null
}

/**
 * Mean predictions, grid × C. Cost: one prediction of all rows a point.
 *
 * @param x X ∈ R^{n × d}; not changed.
 * @throws ShapeError when a point of the grid has another number of values than there are columns.
 */
export function partialDependence(x: Dense, options: DependenceOptions): Dense {
  const { columns, grid, predict, weights = null } = options
  const set = dense(x.rows, x.cols, x.data.slice())
  let total = 0
  for (let i = 0; i < x.rows; i++) total += weights === null ? 1 : weights[i]
  const means = grid.map(point => {
    if (point.length !== columns.length)
      throw new ShapeError(
        `partialDependence: a point needs one value a column; got ${point.length} for ${columns.length} columns.`,
      )
    for (let i = 0; i < x.rows; i++)
      columns.forEach((j, k) => {
        set.data[i * x.cols + j] = point[k]
      })
    const f = predict(set)
    const mean = new Float64Array(f.cols)
    for (let i = 0; i < f.rows; i++) {
      const w = weights === null ? 1 : weights[i]
      for (let k = 0; k < f.cols; k++) mean[k] += (w / total) * f.data[i * f.cols + k]
    }
    return mean
  })
  const out = dense(grid.length, means[0]?.length ?? 0)
  means.forEach((mean, at) => {
    out.data.set(mean, at * out.cols)
  })
  return out
}
