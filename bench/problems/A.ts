/**
 * A: the gated race problem of medium size.
 * @module
 */
import type { Dense } from '../../src/matrix/dense.ts'
import { patternsOf, planted } from './generator.ts'
import type { ProblemSource } from './problem.ts'

/** Seed 3, n = 500, d = 20, ten planted neurons, P = 200 gates. Optimum at lambda 0.01: 0.0848565081. */
export const A: ProblemSource = {
  name: 'A',
  title: 'gated, squared: n = 500, d = 20, P = 200, planted network',
  levels: [{ lambda: 0.01 }, { lambda: 0.001 }],
  make() {
    const { x, y, gates } = dataOfA()
    return {
      name: 'A',
      kind: 'gated',
      loss: 'squared',
      outputs: 1,
      x,
      y,
      complete: false,
      ...patternsOf(x, gates),
    }
  },
}

/** The data that A and its classification variants share. */
export function dataOfA(): { x: Dense; y: Float64Array; gates: Dense } {
  const { x, y, gates } = planted(3, { n: 500, d: 20, hidden: 10, patterns: 200 })
  return { x, y, gates: gates as Dense }
}
