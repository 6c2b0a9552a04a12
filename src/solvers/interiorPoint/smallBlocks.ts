/**
 * Many small symmetric matrices at once: Cholesky and solves of G blocks of d × d, packed.
 *
 * A block is its lower triangle row by row, q = d(d+1)/2 numbers: entry (a, b ≤ a) at a(a+1)/2 + b. Blocks lie one after
 * another, so that the rows of a G × q matrix product are blocks ready to be factored.
 * @module
 */

/** q = d(d+1)/2. */
export function packedSize(d: number): number {
  return (d * (d + 1)) / 2
}

/**
 * Overwrites the packed block at `at` by its Cholesky factor L. A pivot that rounding has made too small is lifted to
 * `floor` (a matrix that much nearer to singular cannot be told from a singular one). Cost d³/3 flops.
 */
export function factorBlock(blocks: Float64Array, at: number, d: number, floor: number): void {
  for (let a = 0, row = at; a < d; a++, row += a) {
    for (let b = 0, other = at; b <= a; b++, other += b) {
      let sum = blocks[row + b]
      for (let j = 0; j < b; j++) sum -= blocks[row + j] * blocks[other + j]
      if (b < a) blocks[row + b] = sum / blocks[other + b]
      else blocks[row + a] = Math.sqrt(Math.max(sum, floor))
    }
  }
}

/** v ← (L Lᵀ)⁻¹ v for the factor at `at` and the d numbers of v from `from`. */
export function solveBlock(factors: Float64Array, at: number, d: number, v: Float64Array, from: number): void {
  for (let a = 0, row = at; a < d; a++, row += a) {
    let sum = v[from + a]
    for (let j = 0; j < a; j++) sum -= factors[row + j] * v[from + j]
    v[from + a] = sum / factors[row + a]
  }
  for (let a = d - 1; a >= 0; a--) {
    const row = at + (a * (a + 1)) / 2
    const value = v[from + a] / factors[row + a]
    v[from + a] = value
    for (let j = 0; j < a; j++) v[from + j] -= factors[row + j] * value
  }
}

/** out (packed, lower triangular, from `to`) ← L⁻¹ for the factor at `at`. Cost d³/3 flops. */
export function invertFactor(factors: Float64Array, at: number, d: number, out: Float64Array, to: number): void {
  for (let a = 0; a < d; a++) {
    const row = at + (a * (a + 1)) / 2
    const target = to + (a * (a + 1)) / 2
    const pivot = 1 / factors[row + a]
    for (let b = 0; b < a; b++) {
      let sum = 0
      for (let j = b; j < a; j++) sum -= factors[row + j] * out[to + (j * (j + 1)) / 2 + b]
      out[target + b] = sum * pivot
    }
    out[target + a] = pivot
  }
}

/** out (packed, from `to`) ← out + scale·TᵀT for the packed lower triangular T at `at`. Cost d³/3 flops. */
export function addGram(triangles: Float64Array, at: number, d: number, out: Float64Array, to: number): void {
  for (let j = 0, row = at; j < d; j++, row += j)
    for (let a = 0, target = to; a <= j; a++, target += a) {
      const left = triangles[row + a]
      for (let b = 0; b <= a; b++) out[target + b] += left * triangles[row + b]
    }
}

/** Sum of the diagonal of the packed block at `at`. */
export function traceBlock(blocks: Float64Array, at: number, d: number): number {
  let sum = 0
  for (let a = 0, row = at; a < d; a++, row += a) sum += blocks[row + a]
  return sum
}
