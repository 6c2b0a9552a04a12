/**
 * The confusion matrix: entry (a, b) is the weight of the rows of class a that were taken for class b.
 * @module
 */
import { type Dense, dense } from '../matrix/dense.ts'

/**
 * C × C, truth in the rows and prediction in the columns. Cost O(n + C²).
 *
 * @param y class indices 0 … C−1, in R^n.
 * @param predicted class indices, in R^n.
 */
export function confusionMatrix(
  y: Float64Array,
  predicted: Float64Array,
  options: { readonly classes: number; readonly weights?: Float64Array | null },
): Dense {
  const { classes, weights = null } = options
  const out = dense(classes, classes)
  y.forEach((k, i) => {
    out.data[k * classes + predicted[i]] += weights === null ? 1 : weights[i]
  })
  return out
}
