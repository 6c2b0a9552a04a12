/**
 * T and L: many more samples than active unknowns.
 * @module
 */
import type { Dense } from '../../src/matrix/dense.ts'
import { patternsOf, planted } from './generator.ts'
import type { ProblemSource } from './problem.ts'

/** Seed 21, n = 20 000, d = 20, twenty planted neurons, P = 300 gates. */
export const T: ProblemSource = tall('T', { n: 20_000, d: 20, hidden: 20, patterns: 300 }, [0.1, 0.01, 0.001])

/** Seed 21, n = 200 000, d = 50, twenty planted neurons, P = 200 gates: 80 MB of X; the n × P matrix is never needed. */
export const L: ProblemSource = tall('L', { n: 200_000, d: 50, hidden: 20, patterns: 200 }, [0.1])

function tall(
  name: string,
  shape: { readonly n: number; readonly d: number; readonly hidden: number; readonly patterns: number },
  fractions: readonly number[],
): ProblemSource {
  return {
    name,
    title: `gated, squared: n = ${shape.n}, d = ${shape.d}, P = ${shape.patterns}, planted network`,
    levels: fractions.map(fraction => ({ fraction })),
    make() {
      const { x, y, gates } = planted(21, shape)
      return {
        name,
        kind: 'gated',
        loss: 'squared',
        outputs: 1,
        x,
        y,
        complete: false,
        ...patternsOf(x, gates as Dense),
      }
    },
  }
}
