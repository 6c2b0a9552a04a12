/**
 * Sampled activation patterns: Gaussian gates, duplicates dropped.
 *
 * Seeing every pattern this way is hopeless already for moderate d, yet the optimum over the sample comes near the
 * full one quickly, as neighbouring cells are nearly exchangeable. What is lost is not known from the sample alone: a
 * certificate over it is `restricted`.
 * @module
 */
import { DomainError } from '../../../errors.ts'
import { type Dense, dense } from '../../../matrix/dense.ts'
import { type Key, normals } from '../../../random/index.ts'
import type { PatternSet } from '../../model.ts'
import { patternsOf } from './patternsOf.ts'

/**
 * Patterns of `count` gates g ~ N(0, I_d), distinct and not empty, hence at most `count` of them.
 *
 * The first P gates of a larger draw under the same key are those of the smaller one. Cost 2·n·d·count flops.
 *
 * @param x X ∈ R^{n × d}; standardised columns, else the largest column decides every pattern.
 * @param count draws ≥ 1.
 * @throws DomainError when count is not a whole number ≥ 1, or every draw shows the empty pattern.
 * @see A. Mishkin, A. Sahiner, M. Pilanci, "Fast Convex Optimization for Two-Layer ReLU Networks", 2022, section on
 *   sampled patterns.
 */
export function samplePatterns(x: Dense, count: number, key: Key): PatternSet {
  if (!(Number.isInteger(count) && count >= 1))
    throw new DomainError(`samplePatterns: count must be a whole number ≥ 1; got ${count}.`)
  const found = patternsOf(x, dense(count, x.cols, normals(key, count * x.cols)))
  if (found.masks.patterns === 0)
    throw new DomainError(
      `samplePatterns: at least one gate must be active on some sample; none of ${count} is. Draw more, or check that X is not zero.`,
    )
  return found
}
