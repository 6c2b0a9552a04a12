/**
 * Data of a planted ReLU network, in a recipe that any language can repeat: what the race problems of `bench/` are made of.
 *
 * mulberry32 gives uniforms; a normal number is √(−2 ln u₁) cos(2πu₂) of two fresh ones. Order of draws: X row by row, hidden
 * weights row by row (divided by √d), output weights, noise. y = (X Wᵀ)₊ a + 0.1 e.
 * @module
 */

/** X as rows, and y. */
export interface PlantedData {
  readonly x: number[][]
  readonly y: number[]
}

/** Draws it. */
export function plantedNetwork(shape: {
  readonly seed: number
  readonly samples: number
  readonly features: number
  readonly neurons: number
}): PlantedData {
  const { samples: n, features: d, neurons: h } = shape
  const normal = normalsFrom(shape.seed)
  const row = (length: number): number[] => Array.from({ length }, normal)
  const x = Array.from({ length: n }, () => row(d))
  const w = Array.from({ length: h }, () => row(d).map(z => z / Math.sqrt(d)))
  const a = row(h)
  const noise = row(n)
  const dot = (u: number[], v: number[]): number => u.reduce((sum, uk, k) => sum + uk * v[k], 0)
  const y = x.map((xi, i) => w.reduce((sum, wj, j) => sum + a[j] * Math.max(0, dot(xi, wj)), 0.1 * noise[i]))
  return { x, y }
}

function normalsFrom(seed: number): () => number {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return () => {
    const u1 = 1 - uniform()
    const u2 = uniform()
    return Math.sqrt(-2 * Math.log(u1)) * Math.cos(2 * Math.PI * u2)
  }
}
