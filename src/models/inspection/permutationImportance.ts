/**
 * Importance by permutation: how much a measure changes when one feature's column is shuffled among the rows.
 *
 * Shuffling breaks the tie between feature and target and keeps the feature's distribution. Columns of one feature (the
 * categories of a text) are shuffled together. A feature that the model does not use has importance exactly 0. Two features
 * that say the same share theirs, so that each may look unimportant. Source: L. Breiman, "Random forests", 2001, section 10.
 * @module
 */
import { DomainError } from '../../errors.ts'
import { type Dense, dense } from '../../matrix/dense.ts'
import { fold, key, permutation } from '../../random/index.ts'
import type { ColumnGroup } from './weightsByFeature.ts'

/** Change of one measure over the repeats. */
export interface Change {
  readonly mean: number
  /** Standard deviation over repeats (n − 1 in the denominator); NaN for one repeat. */
  readonly spread: number
  /** Of each repeat. */
  readonly values: readonly number[]
}

/** What is shuffled, how often, and what is measured. */
export interface PermutationOptions {
  readonly groups: readonly ColumnGroup[]
  /** Named measures of the model on rows, say loss and R². The target is bound in it. */
  readonly measure: (x: Dense) => Readonly<Record<string, number>>
  /** Whole number ≥ 1; default 10. */
  readonly repeats?: number
  /** Default 0. */
  readonly seed?: number
}

/**
 * measure(shuffled) − measure(as it is), for each group in turn. The shuffles are the same for every group, so groups are
 * compared on equal terms. Cost: groups·repeats + 1 measures.
 *
 * @param x X ∈ R^{n × d}; not changed.
 * @throws DomainError when repeats is not a whole number ≥ 1.
 */
export function permutationImportance(x: Dense, options: PermutationOptions): Readonly<Record<string, Change>>[] {
  const { groups, measure, repeats = 10, seed = 0 } = options
  if (!(Number.isInteger(repeats) && repeats >= 1))
    throw new DomainError(`permutationImportance: repeats must be a whole number ≥ 1; got ${repeats}.`)
  const before = measure(x)
  const root = fold(key(seed), 'permutation-importance')
  const orders = Array.from({ length: repeats }, (_, r) => permutation(fold(root, r), x.rows))
  return groups.map(({ columns }) => {
    const after = orders.map(order => measure(shuffled(x, columns, order)))
    return Object.fromEntries(
      Object.keys(before).map(name => [name, changeOf(after.map(values => values[name] - before[name]))]),
    )
  })
}

function shuffled(x: Dense, columns: readonly number[], order: Uint32Array): Dense {
  const out = dense(x.rows, x.cols, x.data.slice())
  for (const j of columns) for (let i = 0; i < x.rows; i++) out.data[i * x.cols + j] = x.data[order[i] * x.cols + j]
  return out
}

function changeOf(values: readonly number[]): Change {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, spread: values.length < 2 ? Number.NaN : Math.sqrt(squares / (values.length - 1)), values }
}
