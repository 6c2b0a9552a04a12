/**
 * Folds of cross-validation: a seeded shuffle dealt out in turn, class by class.
 * @module
 */
import { DomainError } from '../errors.ts'
import { fold, key, permutation } from '../random/index.ts'

/**
 * Fold 0 … k − 1 of each of n rows. Sizes differ by one at most; with classes so does each class's share in a fold.
 *
 * @param rows n ≥ k.
 * @throws DomainError unless k is a whole number in 2 … n.
 */
export function foldsOf(
  rows: number,
  options: { readonly folds: number; readonly seed: number; readonly classes?: Float64Array | null },
): Int32Array {
  const { folds, seed, classes = null } = options
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= rows))
    throw new DomainError(
      `crossValidate: folds must be a whole number in 2..${rows} (the number of rows); got ${folds}.`,
    )
  const shuffled = Array.from(permutation(fold(key(seed), 'folds'), rows))
  // Sorting is stable, so rows stay shuffled within their class, and dealing in turn evens out classes and sizes.
  if (classes !== null) shuffled.sort((a, b) => classes[a] - classes[b])
  const out = new Int32Array(rows)
  shuffled.forEach((i, position) => {
    out[i] = position % folds
  })
  return out
}
