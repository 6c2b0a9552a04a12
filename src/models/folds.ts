/**
 * Folds of cross-validation: a seeded shuffle dealt out in turn, class by class, or whole groups at a time.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'
import { fold, key, permutation } from '../random/index.ts'

/**
 * Fold 0 … k − 1 of each of n rows. Sizes differ by one at most; with classes so does each class's share in a fold. With groups
 * the rows of a group stay together (classes are then not looked at): the largest group first, each goes to the smallest fold.
 *
 * @param rows n ≥ k.
 * @throws DomainError unless k is a whole number in 2 … n, and no larger than the number of groups; ShapeError when there is not one group a row.
 */
export function foldsOf(
  rows: number,
  options: {
    readonly folds: number
    readonly seed: number
    readonly classes?: Float64Array | null
    readonly groups?: ArrayLike<number | string>
  },
): Int32Array {
  const { folds, seed, classes = null, groups } = options
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= rows))
    throw new DomainError(
      `crossValidate: folds must be a whole number in 2..${rows} (the number of rows); got ${folds}.`,
    )
  const shuffled = Array.from(permutation(fold(key(seed), 'folds'), rows))
  if (groups !== undefined) return groupedFolds(shuffled, groups, folds)
  // Sorting is stable, so rows stay shuffled within their class, and dealing in turn evens out classes and sizes.
  if (classes !== null) shuffled.sort((a, b) => classes[a] - classes[b])
  const out = new Int32Array(rows)
  shuffled.forEach((i, position) => {
    out[i] = position % folds
  })
  return out
}

function groupedFolds(shuffled: readonly number[], groups: ArrayLike<number | string>, folds: number): Int32Array {
  if (groups.length !== shuffled.length)
    throw new ShapeError(
      `crossValidate: there must be one group a row; got ${groups.length} for ${shuffled.length} rows.`,
    )
  const members = new Map<number | string, number[]>()
  for (const i of shuffled) {
    const rows = members.get(groups[i])
    if (rows === undefined) members.set(groups[i], [i])
    else rows.push(i)
  }
  if (members.size < folds)
    throw new DomainError(
      `crossValidate: there must be at least as many groups as folds; got ${members.size} groups for ${folds} folds. Ask for fewer folds.`,
    )
  const out = new Int32Array(shuffled.length)
  const sizes = new Int32Array(folds)
  for (const rows of [...members.values()].sort((a, b) => b.length - a.length)) {
    const smallest = sizes.indexOf(Math.min(...sizes))
    sizes[smallest] += rows.length
    for (const i of rows) out[i] = smallest
  }
  return out
}
