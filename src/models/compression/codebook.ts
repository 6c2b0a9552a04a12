/**
 * Codebooks: the 2^B values that are nearest, in the mean square, to the numbers they stand for (Lloyd's and Max's conditions: every value is the mean
 * of its numbers, every border the middle between two values).
 *
 * One table for a whole matrix, fitted to its entries after division by one scale a line; table and scales are stored and counted.
 * Sources: S. Lloyd, Least squares quantization in PCM, 1982; J. Max, Quantizing for minimum distortion, 1960.
 * @module
 */
import { checkBits } from './quantizer.ts'

const MOST_ROUNDS = 300
const MOST_SAMPLES = 1 << 18

/**
 * 2^bits values in ascending order, fitted to x by Lloyd's iteration from the quantiles. x with no more different numbers than values gets
 * exactly these (the last repeated). Cost n·log n; above 2^18 numbers an evenly spaced part of the sorted ones is used.
 *
 * @throws DomainError (E_PARAM_RANGE) unless bits is a whole number in 1..8.
 */
export function fitCodebook(x: Float64Array, bits: number): Float64Array {
  checkBits('fitCodebook', bits)
  const size = 2 ** bits
  const all = Float64Array.from(x).sort()
  if (all.length === 0) return new Float64Array(size)
  const distinct = distinctOf(all, size)
  if (distinct !== null) return distinct
  const stride = Math.max(1, all.length / MOST_SAMPLES)
  const sorted = Float64Array.from({ length: Math.floor(all.length / stride) }, (_, i) => all[Math.floor(i * stride)])
  const sums = new Float64Array(sorted.length + 1)
  for (let i = 0; i < sorted.length; i++) sums[i + 1] = sums[i] + sorted[i]
  // Half quantiles, half an even spread: quantiles alone leave the tails, which weigh most in the square, to one value.
  const [low, high] = [sorted[0], sorted[sorted.length - 1]]
  const levels = Float64Array.from({ length: size }, (_, c) => {
    const part = (c + 0.5) / size
    return 0.5 * sorted[Math.floor(part * sorted.length)] + 0.5 * (low + part * (high - low))
  })
  for (let round = 0; round < MOST_ROUNDS; round++) {
    let moved = 0
    let from = 0
    for (let c = 0; c < size; c++) {
      const border = c + 1 < size ? (levels[c] + levels[c + 1]) / 2 : Infinity
      const end = c + 1 < size ? firstAbove(sorted, border, from) : sorted.length
      if (end > from) {
        const mean = (sums[end] - sums[from]) / (end - from)
        moved = Math.max(moved, Math.abs(mean - levels[c]))
        levels[c] = mean
      }
      from = end
    }
    // Rounding may put two equal means in the wrong order.
    levels.sort()
    if (moved <= 1e-9 * (high - low)) break
  }
  return levels
}

/** The position of the nearest value of an ascending table; the lower one at a tie. */
export function nearestLevel(levels: ArrayLike<number>, x: number): number {
  let [low, high] = [0, levels.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    if (x <= (levels[middle] + levels[middle + 1]) / 2) high = middle
    else low = middle + 1
  }
  return low
}

function distinctOf(sorted: Float64Array, most: number): Float64Array | null {
  const found: number[] = []
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && sorted[i] === sorted[i - 1]) continue
    if (found.length === most) return null
    found.push(sorted[i])
  }
  return Float64Array.from({ length: most }, (_, c) => found[Math.min(c, found.length - 1)])
}

/** The first position ≥ from whose number is above `border`. */
function firstAbove(sorted: Float64Array, border: number, from: number): number {
  let [low, high] = [from, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] > border) high = middle
    else low = middle + 1
  }
  return low
}
