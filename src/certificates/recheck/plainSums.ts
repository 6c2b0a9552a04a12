/**
 * Sums with an error bound that travels with them: the re-check's own arithmetic.
 * @module
 */

/** 2⁻⁵³. */
export const ROUND: number = 2 ** -53

/** A sum with the sum of absolute values, from which its error follows. */
export class BoundedSum {
  #sum = 0
  #lost = 0
  #size = 0
  #count = 0

  /** Adds a term that is exact, or off by at most a few round-offs of itself (to be told to `error`). */
  add(term: number): void {
    const next = this.#sum + term
    // Knuth's two-sum: what the addition lost, whatever the order of magnitude.
    const back = next - this.#sum
    this.#lost += this.#sum - (next - back) + (term - back)
    this.#sum = next
    this.#size += Math.abs(term)
    this.#count++
  }

  get value(): number {
    return this.#sum + this.#lost
  }

  /** |value − exact| when every term is off by at most `rounds` round-offs of itself. */
  error(rounds: number): number {
    const second = 4 * (this.#count * ROUND) ** 2
    return (rounds * ROUND * (1 + 1e-9) + second) * this.#size + 4 * ROUND * Math.abs(this.value) + 1e-290
  }
}
