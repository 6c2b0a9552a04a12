/**
 * A-multinomial: A's inputs and gates, three classes by the terciles of y.
 * @module
 */
import { dataOfA } from './A.ts'
import { cuts } from './aLogistic.ts'
import { patternsOf } from './generator.ts'
import type { ProblemSource } from './problem.ts'

/** Cross-entropy on three outputs, one group u_{c,k} ∈ R^d for each class and pattern, no intercept. */
export const aMultinomial: ProblemSource = {
  name: 'A-multinomial',
  title: "gated, multinomial: A's inputs and gates, y in three classes by its terciles",
  levels: [{ lambda: 0.01 }, { lambda: 0.001 }],
  make() {
    const { x, y, gates } = dataOfA()
    const [low, high] = cuts(y, 3)
    const labels = y.map(value => (value > high ? 2 : value > low ? 1 : 0))
    return {
      name: 'A-multinomial',
      kind: 'gated',
      loss: 'multinomial',
      outputs: 3,
      x,
      y: labels,
      complete: false,
      ...patternsOf(x, gates),
    }
  },
}
