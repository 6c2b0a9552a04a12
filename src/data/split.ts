/**
 * Train and test rows.
 * @module
 */
import { DomainError } from '../errors.ts'
import { fold, key, permutation } from '../random/index.ts'

/** How rows are divided into those to train on and those held out. */
export interface SplitOptions {
  /** Share of the rows that is held out, in (0, 1); default 0.25. */
  readonly test?: number
  /** Default 0. */
  readonly seed?: number
  /** Class indices in R^n: each class is then split in the same share. */
  readonly classes?: Float64Array
}

/**
 * Splits rows 0 … n−1 at random into train and test, each in ascending order. Every part gets at least one row.
 *
 * @throws DomainError when n < 2 or the share is not in (0, 1).
 */
export function trainTestSplit(n: number, options: SplitOptions = {}): { train: number[]; test: number[] } {
  const { test: share = 0.25, seed = 0, classes } = options
  if (!(n >= 2)) throw new DomainError(`trainTestSplit: at least two rows are needed; got ${n}. Add data.`)
  if (!(share > 0 && share < 1))
    throw new DomainError(`trainTestSplit: the test share must be in (0, 1); got ${share}. Try 0.25.`)
  const shuffled = Array.from(permutation(fold(key(seed), 'split'), n))
  const strata = new Map<number, number[]>()
  for (const i of shuffled) {
    const k = classes?.[i] ?? 0
    const rows = strata.get(k)
    if (rows === undefined) strata.set(k, [i])
    else rows.push(i)
  }
  const test: number[] = []
  const train: number[] = []
  for (const rows of strata.values()) {
    const count = Math.round(share * rows.length)
    test.push(...rows.slice(0, count))
    train.push(...rows.slice(count))
  }
  if (test.length === 0) test.push(train.pop() as number)
  if (train.length === 0) train.push(test.pop() as number)
  const ascending = (a: number, b: number) => a - b
  return { train: train.sort(ascending), test: test.sort(ascending) }
}
