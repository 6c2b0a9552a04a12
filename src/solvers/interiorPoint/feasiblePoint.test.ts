import { describe, expect, it } from 'vitest'
import { dense } from '../../matrix/dense.ts'
import { maskBit, masks, setMaskBit } from '../../matrix/masks.ts'
import { fold, key, normals } from '../../random/index.ts'
import { pullIntoCone } from './feasiblePoint.ts'

const [n, d] = [40, 5]
const x = dense(n, d, normals(fold(key(8), 'x'), n * d))
const centre = normals(fold(key(8), 'centre'), d)
const m = masks(1, n)

/** σ_i x_i·u as computed in the order of the columns. */
function slack(u: Float64Array, i: number): number {
  let value = 0
  for (let j = 0; j < d; j++) value += x.data[i * d + j] * u[j]
  return maskBit(m, 0, i) ? value : -value
}

for (let i = 0; i < n; i++) if (slack(centre, i) < 0) setMaskBit(m, 0, i)

describe('pullIntoCone', () => {
  it('leaves points inside alone', () => {
    const out = new Float64Array(d)
    expect(pullIntoCone(x, m, 0, centre, centre, out, 0)).toBe(true)
    expect(out).toEqual(centre)
  })

  it('makes every product ≥ 0 as computed, moving no further than it must', () => {
    for (const size of [1, 1e-6, 1e-14]) {
      const noise = normals(fold(key(8), `noise${size}`), d)
      const u = centre.map((v, j) => v + 3 * size * noise[j])
      const out = new Float64Array(d + 2)
      // Inside for small noise: push it out through its nearest wall.
      let wall = 0
      for (let i = 1; i < n; i++) if (slack(u, i) < slack(u, wall)) wall = i
      const row = x.data.subarray(wall * d, (wall + 1) * d)
      const square = row.reduce((sum, v) => sum + v * v, 0)
      const along = row.reduce((sum, v, j) => sum + v * u[j], 0)
      const outside = slack(u, wall) < 0 ? u : u.map((v, j) => v - ((1 + size) * along * row[j]) / square)
      expect(slack(outside, wall)).toBeLessThan(0)
      expect(pullIntoCone(x, m, 0, outside, centre, out, 2)).toBe(true)
      const pulled = out.subarray(2)
      for (let i = 0; i < n; i++) expect(slack(pulled, i)).toBeGreaterThanOrEqual(0)
      const lift = Math.hypot(...pulled.map((v, j) => v - outside[j])) / Math.hypot(...centre)
      let least = 0
      for (let i = 0; i < n; i++) least = Math.max(least, -slack(outside, i) / slack(centre, i))
      expect(lift).toBeLessThanOrEqual(least * (1 + 1e-5) + 1e-15)
    }
  })

  it('gives up without a centre, with zeros', () => {
    const out = new Float64Array(d).fill(7)
    const opposite = centre.map(v => -v)
    expect(pullIntoCone(x, m, 0, opposite, null, out, 0)).toBe(false)
    expect(out.every(v => v === 0)).toBe(true)
  })
})
