/**
 * The ROC curve: which share of class 1 is found, against which share of class 0 is taken for it, as the threshold falls.
 * @module
 */

/** One threshold: rows with a score of at least it are taken for class 1. */
export interface RocPoint {
  /** +∞ at the start, where nothing is taken for class 1. */
  readonly threshold: number
  /** Share of class 0 (by weight) taken for class 1. */
  readonly falsePositive: number
  /** Share of class 1 (by weight) taken for class 1. */
  readonly truePositive: number
}

/**
 * The corners of the curve, from (0, 0) to (1, 1): one for each different score. The area under it by trapezoids is `auc`.
 * Empty when a class does not occur. Cost O(n log n).
 *
 * @param y class indices 0 and 1, in R^n.
 * @param scores larger for class 1, in R^n.
 * @param weights sample weights ≥ 0 in R^n; null for all 1.
 */
export function rocCurve(y: Float64Array, scores: Float64Array, weights: Float64Array | null = null): RocPoint[] {
  const w = (i: number) => (weights === null ? 1 : weights[i])
  let [positives, negatives] = [0, 0]
  y.forEach((k, i) => {
    if (k === 1) positives += w(i)
    else negatives += w(i)
  })
  if (!(positives > 0 && negatives > 0)) return []
  const order = Array.from(y.keys()).sort((a, b) => scores[b] - scores[a])
  const points: RocPoint[] = [{ threshold: Infinity, falsePositive: 0, truePositive: 0 }]
  let [right, wrong] = [0, 0]
  for (let at = 0; at < order.length; ) {
    const threshold = scores[order[at]]
    for (; at < order.length && scores[order[at]] === threshold; at++)
      if (y[order[at]] === 1) right += w(order[at])
      else wrong += w(order[at])
    points.push({ threshold, falsePositive: wrong / negatives, truePositive: right / positives })
  }
  return points
}
