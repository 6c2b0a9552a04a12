/**
 * From the columns of X back to the features of the table: which columns belong together, and which values a feature takes.
 * @module
 */
import type { Dense } from '../matrix/dense.ts'
import type { ColumnGroup } from '../models/inspection/weightsByFeature.ts'
import { type Encoding, encodedNames, type FeatureEncoding } from './encoding.ts'

/** One value of a feature: as people call it, and as the model takes it. */
export interface GridPoint {
  /** A number; or a category, a truth value, or '(missing)'. */
  readonly at: number | string
  /** Of the feature's columns of X. */
  readonly values: readonly number[]
}

/** What a missing cell is called. */
export const MISSING = '(missing)'

/** The columns of X that each feature of a table became, in the order of the encoding. */
export function columnGroups(encoding: Encoding): ColumnGroup[] {
  let next = 0
  return encoding.map(feature => {
    const width = encodedNames([feature]).length
    const columns = Array.from({ length: width }, (_, k) => next + k)
    next += width
    return { name: feature.column, columns }
  })
}

/**
 * The values at which to look at a feature. Numbers: those that occur, when there are at most `points` of them; else `points`
 * equally spaced ones from the 5th to the 95th percentile of the rows that have one. Texts: every category. A missing cell
 * is a point of its own where training had some.
 *
 * @param group the feature's columns of X, from `columnGroups`.
 */
export function featureGrid(
  feature: FeatureEncoding,
  { x, group, points = 20 }: { readonly x: Dense; readonly group: ColumnGroup; readonly points?: number },
): GridPoint[] {
  if (feature.kind === 'boolean')
    return [
      { at: feature.falseText, values: [0] },
      { at: feature.trueText, values: [1] },
    ]
  if (feature.kind === 'category') {
    const all = feature.missing ? [...feature.categories, MISSING] : feature.categories
    return all.map((at, k) => ({ at, values: all.map((_, other) => (other === k ? 1 : 0)) }))
  }
  const [column, indicator] = group.columns
  const present: number[] = []
  for (let i = 0; i < x.rows; i++)
    if (indicator === undefined || x.data[i * x.cols + indicator] === 0) present.push(x.data[i * x.cols + column])
  const numbers = gridOf(Float64Array.from(present).sort(), points).map(
    (at): GridPoint => ({ at, values: indicator === undefined ? [at] : [at, 0] }),
  )
  return indicator === undefined ? numbers : [...numbers, { at: MISSING, values: [feature.mean, 1] }]
}

/** The quantile q ∈ [0, 1] of numbers in ascending order, linear between neighbours. */
export function quantile(ascending: Float64Array, q: number): number {
  const place = q * (ascending.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, ascending.length - 1)
  return ascending[below] + (place - below) * (ascending[above] - ascending[below])
}

function gridOf(ascending: Float64Array, points: number): number[] {
  if (ascending.length === 0) return []
  const distinct = [...new Set(ascending)]
  if (distinct.length <= points) return distinct
  const [low, high] = [quantile(ascending, 0.05), quantile(ascending, 0.95)]
  // Nearly all rows may share one value.
  if (!(high > low))
    return [distinct[0], low, distinct[distinct.length - 1]].filter((v, k, all) => all.indexOf(v) === k)
  return Array.from({ length: points }, (_, k) => low + (k / (points - 1)) * (high - low))
}
