import { expect, test } from 'vitest'
import { ln, sincos2pi } from './elementary.ts'
import { key } from './key.ts'
import { uniforms } from './uniform.ts'

const buffer = new DataView(new ArrayBuffer(8))
/** Distance to the neighbouring number, of a finite x. */
function ulp(x: number): number {
  buffer.setFloat64(0, Math.abs(x))
  buffer.setBigUint64(0, buffer.getBigUint64(0) + 1n)
  return buffer.getFloat64(0) - Math.abs(x)
}
const ulps = (got: number, want: number) => Math.abs(got - want) / ulp(want)

test('ln: within 1 ulp of Math.log on 200 000 points over all scales and near 1', () => {
  const u = uniforms(key(1), 200_000)
  let worst = 0
  for (let i = 0; i < u.length; i++) {
    const x = i % 4 === 0 ? 1 + (u[i] - 0.5) * 2 ** -(i % 41) : i % 4 === 1 ? 2 ** (2000 * (u[i] - 0.5)) : u[i] || 0.5
    worst = Math.max(worst, ulps(ln(x), Math.log(x)))
  }
  expect(worst).toBeLessThanOrEqual(1)
})

test('ln: the special values', () => {
  expect(ln(1)).toBe(0)
  expect(ln(2)).toBe(Math.LN2)
  expect(ln(0)).toBe(-Infinity)
  expect(ln(Infinity)).toBe(Infinity)
  expect(ln(-1)).toBeNaN()
  expect(ln(Number.NaN)).toBeNaN()
  expect(ulps(ln(5e-324), Math.log(5e-324))).toBeLessThanOrEqual(1)
})

test('sincos2pi: within 1 ulp of the functions at the unrounded angle, on 200 000 points', () => {
  const u = uniforms(key(2), 200_000)
  const got = { sin: 0, cos: 0 }
  let worst = 0
  for (let i = 0; i < u.length; i++) {
    // Half of the points as the normal stream uses them, on the grid of 2^−32.
    const v = i % 2 === 0 ? u[i] : Math.floor(u[i] * 2 ** 32) / 2 ** 32
    sincos2pi(v, got)
    // Exact reduction to an eighth of a turn, then sin(x + t) = sin x + t cos x with t the rounding of the angle.
    const q = Math.round(4 * v)
    const r = v - q / 4
    const x = 2 * Math.PI * r
    // The product 2π·r in two doubles, by splitting r into 26 + 27 bits (the head of 2π likewise).
    const t = productError(2 * Math.PI, r, x) + 2.4492935982947064e-16 * r
    const s = Math.sin(x) + t * Math.cos(x)
    const c = Math.cos(x) - t * Math.sin(x)
    const [sin, cos] = [
      [s, c],
      [c, -s],
      [-s, -c],
      [-c, s],
    ][q & 3]
    worst = Math.max(worst, ulps(got.sin, sin), ulps(got.cos, cos))
  }
  expect(worst).toBeLessThanOrEqual(1)
})

test('sincos2pi: exact on the axes', () => {
  const at = (u: number) => ({ ...sincos2pi(u, { sin: 0, cos: 0 }) })
  expect(at(0)).toEqual({ sin: 0, cos: 1 })
  expect(at(0.25)).toEqual({ sin: 1, cos: -0 })
  expect(at(0.5)).toEqual({ sin: -0, cos: -1 })
  expect(at(0.75)).toEqual({ sin: -1, cos: 0 })
})

/** a·b − p exactly, for p = fl(a·b) (Dekker). */
function productError(a: number, b: number, p: number): number {
  const split = (v: number) => {
    const c = 134217729 * v
    const high = c - (c - v)
    return [high, v - high]
  }
  const [ah, al] = split(a)
  const [bh, bl] = split(b)
  return al * bl - (p - ah * bh - al * bh - ah * bl)
}
