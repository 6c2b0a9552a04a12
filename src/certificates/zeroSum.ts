/**
 * Dual points whose entries add up to 0 exactly: what a constant that costs nothing asks of them.
 *
 * With f = … + c·1 and c free, −L*(θ) is a lower bound only if 1ᵀθ = 0 without rounding: whatever is left over, a large c
 * multiplies. Entries are put on a grid so coarse that every partial sum is exact, and the surplus is taken off entries of its own
 * sign. Entries only move towards 0, so θ stays in the domain of every loss whose domain is a box around 0.
 * @module
 */

/**
 * θ' next to θ ∈ R^{n·c} (sample-major) with Σ_i θ'_ik = 0 for each output k, in exact arithmetic. Moves by about the sum that was
 * there and n·2⁻⁵² of the largest entry. Cost O(n·c).
 */
export function zeroSum(theta: Float64Array, outputs: number): Float64Array {
  const out = theta.slice()
  for (let k = 0; k < outputs; k++) balance(out, k, outputs)
  return out
}

function balance(theta: Float64Array, first: number, step: number): void {
  let largest = 0
  let count = 0
  for (let at = first; at < theta.length; at += step) {
    largest = Math.max(largest, Math.abs(theta[at]))
    count++
  }
  if (largest === 0) return
  // count·largest ≤ 2⁵²·grid: sums of whole multiples of the grid stay below 2⁵³ of them.
  const grid = 2 ** (Math.ceil(Math.log2(largest) + Math.log2(count)) - 51)
  if (!(grid > 0)) {
    for (let at = first; at < theta.length; at += step) theta[at] = 0
    return
  }
  let [plus, minus] = [0, 0]
  for (let at = first; at < theta.length; at += step) {
    const steps = Math.trunc(theta[at] / grid)
    theta[at] = steps * grid + 0
    if (steps > 0) plus += steps
    else minus -= steps
  }
  const sign = plus >= minus ? 1 : -1
  let surplus = Math.abs(plus - minus)
  if (surplus === 0) return
  const total = Math.max(plus, minus)
  const share = surplus / total
  for (let at = first; at < theta.length; at += step) {
    const steps = (sign * theta[at]) / grid
    if (!(steps > 0)) continue
    const cut = Math.min(steps, surplus, Math.floor(steps * share))
    theta[at] = sign * (steps - cut) * grid + 0
    surplus -= cut
  }
  for (let at = first; at < theta.length && surplus > 0; at += step) {
    const steps = (sign * theta[at]) / grid
    if (!(steps > 0)) continue
    const cut = Math.min(steps, surplus)
    theta[at] = sign * (steps - cut) * grid + 0
    surplus -= cut
  }
}
