/**
 * Data that any language can make again: mulberry32 uniforms, Box–Muller normals, and the planted two-layer network.
 *
 * Uniform: mulberry32 with a 32-bit seed, in [0, 1). Normal: √(−2 ln u₁)·cos(2π u₂) with u₁ = 1 − next(), u₂ = next();
 * two uniforms a normal, nothing cached. These are the numbers of the published races, not of `src/random`.
 * @module
 */
import { type Dense, dense } from '../../src/matrix/dense.ts'
import { type Masks, maskCount, maskKey, masks, selectMasks, setMaskBit } from '../../src/matrix/masks.ts'

/** Draws standard normals. */
export interface Draws {
  uniform(): number
  normal(): number
  /** rows × cols normals, row by row. */
  matrix(rows: number, cols: number): Dense
}

/** mulberry32 from a 32-bit seed. */
export function draws(seed: number): Draws {
  let state = seed | 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const normal = (): number => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    return radius * Math.cos(2 * Math.PI * uniform())
  }
  const matrix = (rows: number, cols: number): Dense => {
    const out = dense(rows, cols)
    for (let i = 0; i < out.data.length; i++) out.data[i] = normal()
    return out
  }
  return { uniform, normal, matrix }
}

export interface Planted {
  /** n × d. */
  readonly x: Dense
  /** relu(X Wᵀ) a + noise·e, in R^n. */
  readonly y: Float64Array
  /** G, d × P as drawn; null when P = 0. */
  readonly gates: Dense | null
}

/** A planted ReLU network of `hidden` neurons; drawn in the order X, W (then / √d), a, e, G. */
export function planted(
  seed: number,
  shape: { readonly n: number; readonly d: number; readonly hidden: number; readonly patterns: number },
  noise = 0.1,
): Planted {
  const { n, d, hidden, patterns } = shape
  const random = draws(seed)
  const x = random.matrix(n, d)
  const w = random.matrix(hidden, d)
  for (let i = 0; i < w.data.length; i++) w.data[i] /= Math.sqrt(d)
  const a = random.matrix(hidden, 1).data
  const y = random.matrix(n, 1).data
  for (let i = 0; i < n; i++) {
    y[i] *= noise
    for (let h = 0; h < hidden; h++) {
      let z = 0
      for (let j = 0; j < d; j++) z += x.data[i * d + j] * w.data[h * d + j]
      if (z > 0) y[i] += z * a[h]
    }
  }
  return { x, y, gates: patterns > 0 ? random.matrix(d, patterns) : null }
}

/** Distinct non-zero patterns 1[X g_k > 0] of the columns of `gates` (d × P), with the gates kept (P' × d). */
export function patternsOf(x: Dense, gates: Dense): { readonly masks: Masks; readonly gates: Dense } {
  const [n, d, count] = [x.rows, x.cols, gates.cols]
  const all = masks(count, n)
  const g = new Float64Array(d)
  const kept: number[] = []
  const seen = new Set<string>()
  for (let k = 0; k < count; k++) {
    for (let j = 0; j < d; j++) g[j] = gates.data[j * count + k]
    for (let i = 0, at = 0; i < n; i++) {
      let z = 0
      for (let j = 0; j < d; j++, at++) z += x.data[at] * g[j]
      if (z > 0) setMaskBit(all, k, i)
    }
    const key = maskKey(all, k)
    if (maskCount(all, k) === 0 || seen.has(key)) continue
    seen.add(key)
    kept.push(k)
  }
  const rows = dense(kept.length, d)
  kept.forEach((k, at) => {
    for (let j = 0; j < d; j++) rows.data[at * d + j] = gates.data[j * count + k]
  })
  return { masks: selectMasks(all, kept), gates: rows }
}
