/**
 * Calibration: of the rows that were given about the probability p, which share came true?
 * @module
 */

/** Rows whose probability lies in one bin. */
export interface CalibrationBin {
  /** The bin is [low, high), the last one [low, high]. */
  readonly low: number
  readonly high: number
  /** Sum of the weights of its rows (their number, without weights). */
  readonly weight: number
  /** Mean probability of its rows. */
  readonly predicted: number
  /** Share of its rows (by weight) for which it came true. */
  readonly observed: number
}

/**
 * Bins of equal width over [0, 1]; empty ones are left out. Cost O(n).
 *
 * @param happened 1 where it came true, else 0, in R^n.
 * @param probability the probability given to it, in R^n.
 */
export function calibrationBins(
  happened: Float64Array,
  probability: Float64Array,
  options: { readonly weights?: Float64Array | null; readonly bins?: number } = {},
): CalibrationBin[] {
  const { weights = null, bins = 10 } = options
  const sums = Array.from({ length: bins }, () => ({ weight: 0, predicted: 0, observed: 0 }))
  probability.forEach((p, i) => {
    const bin = sums[Math.min(bins - 1, Math.floor(p * bins))]
    const w = weights === null ? 1 : weights[i]
    bin.weight += w
    bin.predicted += w * p
    bin.observed += w * happened[i]
  })
  return sums.flatMap(({ weight, predicted, observed }, k) =>
    weight > 0
      ? [{ low: k / bins, high: (k + 1) / bins, weight, predicted: predicted / weight, observed: observed / weight }]
      : [],
  )
}
