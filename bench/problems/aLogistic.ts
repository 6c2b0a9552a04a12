/**
 * A-logistic: A's inputs and gates, labels ±1 = sign(y − median y).
 * @module
 */
import { dataOfA } from './A.ts'
import { patternsOf } from './generator.ts'
import type { ProblemSource } from './problem.ts'

/** Logistic loss log(1 + e^{−yf}), no intercept. */
export const aLogistic: ProblemSource = {
  name: 'A-logistic',
  title: "gated, logistic: A's inputs and gates, y above its median or not",
  levels: [{ lambda: 0.01 }, { lambda: 0.001 }],
  make() {
    const { x, y, gates } = dataOfA()
    const [below] = cuts(y, 2)
    const labels = y.map(value => (value > below ? 1 : -1))
    return {
      name: 'A-logistic',
      kind: 'gated',
      loss: 'logistic',
      outputs: 1,
      x,
      y: labels,
      complete: false,
      ...patternsOf(x, gates),
    }
  },
}

/** The parts − 1 values that cut y into `parts` equally large classes: the largest of each class but the last. */
export function cuts(y: Float64Array, parts: number): number[] {
  const sorted = y.slice().sort()
  return Array.from({ length: parts - 1 }, (_, k) => sorted[Math.floor(((k + 1) * y.length) / parts) - 1])
}
