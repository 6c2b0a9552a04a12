/**
 * min ‖r + Σ_i σ_i z_i‖ over 0 ≤ σ_i ≤ 1, by coordinate descent: convex, so that the cycles converge to the minimum.
 * @module
 */
import { dot } from '../../matrix/vector.ts'

const SWEEPS = 20_000

/** The minimiser and what is left. Cost |Z|·d a sweep; few vectors are expected. */
export function boxLeastSquares(
  r: Float64Array,
  vectors: readonly Float64Array[],
): { readonly sigma: Float64Array; readonly rest: Float64Array } {
  const sigma = new Float64Array(vectors.length).fill(0.5)
  const squares = vectors.map(z => dot(z, z))
  const rest = r.slice()
  vectors.forEach((z, i) => {
    for (let j = 0; j < rest.length; j++) rest[j] += sigma[i] * z[j]
  })
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let moved = 0
    for (let i = 0; i < vectors.length; i++) {
      if (squares[i] === 0) continue
      const goal = Math.min(1, Math.max(0, sigma[i] - dot(vectors[i], rest) / squares[i]))
      const change = goal - sigma[i]
      if (change === 0) continue
      sigma[i] = goal
      for (let j = 0; j < rest.length; j++) rest[j] += change * vectors[i][j]
      moved = Math.max(moved, Math.abs(change))
    }
    if (moved <= 1e-15) break
  }
  return { sigma, rest }
}
