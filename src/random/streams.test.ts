/** Laws of every stream: any cut gives the same numbers, and the numbers have the distribution that is promised. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DomainError } from '../errors.ts'
import { bits, signs } from './bits.ts'
import { ln, sincos2pi } from './elementary.ts'
import { key } from './key.ts'
import { normals } from './normal.ts'
import { permutation, sampleIndices } from './sample.ts'
import { threefry, u53 } from './threefry.ts'
import { indices, uniforms } from './uniform.ts'

const streams = {
  bits,
  signs,
  uniforms,
  normals,
  indices: (k: ReturnType<typeof key>, count: number, options: { from?: number } = {}) =>
    indices(k, count, { ...options, below: 1000 }),
}

describe.each(Object.entries(streams))('%s', (name, draw) => {
  test('any cut of the stream gives the same numbers', () => {
    const whole = draw(key(3), 600)
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), (from, count) => {
        expect(draw(key(3), count, { from })).toEqual(whole.slice(from, from + count))
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  test('positions beyond 2^32 are other numbers', () => {
    const far = 64 * 2 ** 32
    expect(draw(key(3), 64, { from: far })).not.toEqual(draw(key(3), 64))
    expect(draw(key(3), 10, { from: far + 5 })).toEqual(draw(key(3), 20, { from: far }).slice(5, 15))
  })

  test('another seed or stream gives other numbers', () => {
    expect(draw(key(4), 64)).not.toEqual(draw(key(3), 64))
    expect(draw(key(3, 1), 64)).not.toEqual(draw(key(3), 64))
  })

  test('refuses a bad range', () => {
    expect(() => draw(key(0), -1)).toThrow(`${name}: count must be an integer ≥ 0; got -1.`)
    expect(() => draw(key(0), 1.5)).toThrow(DomainError)
    expect(() => draw(key(0), 1, { from: -2 })).toThrow(`${name}: from must be an integer ≥ 0`)
    expect(() => draw(key(0), 2, { from: 2 ** 53 - 1 })).toThrow(DomainError)
  })
})

test('addresses are the documented ones', () => {
  const k = key(9, 6)
  const block = (p: number) => threefry(k, p, 0, { x0: 0, x1: 0 })
  expect(bits(k, 4)).toEqual(Uint32Array.of(block(0).x0, block(0).x1, block(1).x0, block(1).x1))
  expect(uniforms(k, 1, { from: 7 })[0]).toBe(u53(block(7)))
  expect(indices(k, 1, { from: 7, below: 12 })[0]).toBe(Math.floor(12 * u53(block(7))))
  for (const j of [0, 31, 32, 63, 64, 100]) {
    const b = block(Math.floor(j / 64))
    const word = BigInt(b.x0) | (BigInt(b.x1) << 32n)
    expect(signs(k, 1, { from: j })[0]).toBe((word >> BigInt(j % 64)) & 1n ? -1 : 1)
  }
  const radius = Math.sqrt(-2 * ln((block(2).x0 + 0.5) / 2 ** 32))
  const turn = sincos2pi(block(2).x1 / 2 ** 32, { sin: 0, cos: 0 })
  expect([...normals(k, 2, { from: 4 })]).toEqual([radius * turn.cos, radius * turn.sin])
})

test('normals: moments and the distribution function (Kolmogorov–Smirnov at 1 in 10⁴)', () => {
  const n = 200_000
  const z = normals(key(0), n)
  const moment = (p: number) => z.reduce((s, v) => s + v ** p, 0) / n
  expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n))
  expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
  expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n))
  let cross = 0
  for (let i = 0; i < n; i += 2) cross += z[i] * z[i + 1]
  expect(Math.abs(cross / (n / 2))).toBeLessThan(4 / Math.sqrt(n / 2))
  z.sort()
  let gap = 0
  for (let i = 0; i < n; i++) {
    const f = normalDistribution(z[i])
    gap = Math.max(gap, Math.abs(f - i / n), Math.abs(f - (i + 1) / n))
  }
  expect(gap * Math.sqrt(n)).toBeLessThan(2.23)
})

test('uniforms and indices fill their range evenly; signs balance', () => {
  const cells = new Float64Array(64)
  for (const u of uniforms(key(0), 64_000)) cells[Math.floor(64 * u)]++
  expect(chiSquare(cells, 1000)).toBeLessThan(120) // 63 degrees: beyond 120 once in 10⁵
  cells.fill(0)
  for (const i of indices(key(1), 64_000, { below: 64 })) cells[i]++
  expect(chiSquare(cells, 1000)).toBeLessThan(120)
  expect(Math.abs(signs(key(2), 100_000).reduce((s, v) => s + v, 0))).toBeLessThan(4 * Math.sqrt(100_000))
})

test('sampleIndices: distinct, in range, a prefix of a longer draw, equal to the permutation when full', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(200), fc.nat(1000), (n, m, seed) => {
      const count = Math.min(n, m)
      const drawn = sampleIndices(key(seed), count, { of: n })
      expect(new Set(drawn).size).toBe(count)
      expect(drawn.every(i => i < n)).toBe(true)
      expect(permutation(key(seed), n).slice(0, count)).toEqual(drawn)
    }),
    { seed: 1, numRuns: 300 },
  )
  expect(sampleIndices(key(0), 3, { of: 2 ** 31 })).toHaveLength(3)
  expect(permutation(key(0), 0)).toHaveLength(0)
})

test('permutation: all six orders of three are equally likely', () => {
  const seen = new Map<string, number>()
  for (let seed = 0; seed < 6000; seed++) {
    const order = permutation(key(seed), 3).join('')
    seen.set(order, (seen.get(order) ?? 0) + 1)
  }
  expect(seen.size).toBe(6)
  expect(chiSquare([...seen.values()], 1000)).toBeLessThan(31) // 5 degrees: beyond 31 once in 10⁵
})

test('sampleIndices and indices refuse impossible draws', () => {
  expect(() => sampleIndices(key(0), 3, { of: 2 })).toThrow(
    'sampleIndices: count must not exceed the 2 choices; got 3.',
  )
  expect(() => indices(key(0), 3, { below: 0 })).toThrow(
    'indices: the number of choices must be an integer in 1..2147483648; got 0.',
  )
  expect(() => indices(key(0), 3, { below: 2 ** 31 + 1 })).toThrow(DomainError)
  expect(() => permutation(key(0), -1)).toThrow('permutation: count must be an integer ≥ 0; got -1.')
})

function chiSquare(cells: ArrayLike<number>, expected: number): number {
  let sum = 0
  for (let i = 0; i < cells.length; i++) sum += (cells[i] - expected) ** 2 / expected
  return sum
}

/** Φ(x) by the series of the error function below 3 and its continued fraction above. */
function normalDistribution(x: number): number {
  if (x < 0) return 1 - normalDistribution(-x)
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
  if (x < 3) {
    let term = x
    let sum = x
    for (let k = 3; Math.abs(term) > 1e-17; k += 2) sum += term *= (x * x) / k
    return 0.5 + density * sum
  }
  let fraction = x
  for (let k = 60; k > 0; k--) fraction = x + k / fraction
  return 1 - density / fraction
}
