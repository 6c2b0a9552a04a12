/** Laws of every factorisation on every backend: reconstruction, orthonormality, order, agreement with naive twins. */
import { describe, expect, test } from 'vitest'
import { PeerError } from '../../src/errors.ts'
import type { BackendName, Compute } from '../../src/matrix/compute.ts'
import { createCompute } from '../../src/matrix/createCompute.ts'
import { type Dense, dense, transpose } from '../../src/matrix/dense.ts'
import { cholesky, eigh, qr, svd } from '../../src/matrix/factor/index.ts'
import { key, normals } from '../../src/random/index.ts'
import {
  distance,
  identity,
  jacobiEigenvalues,
  jacobiSingularValues,
  scaleRows,
  times,
} from '../oracles/linearAlgebra.ts'

const EPS = 2 ** -52

function fill(m: number, n: number, entry: (i: number, j: number) => number): Dense {
  return dense(
    m,
    n,
    Float64Array.from({ length: m * n }, (_, k) => entry(Math.floor(k / n), k % n)),
  )
}
function random(m: number, n: number, seed = 0): Dense {
  return dense(m, n, normals(key(seed), m * n))
}
const largest = (a: Dense) => a.data.reduce((s, v) => Math.max(s, Math.abs(v)), 0)

/** Square and symmetric: sizes across block borders, clusters, deflation, scales at the ends of the range. */
const symmetric: Record<string, Dense> = {
  '1 × 1': fill(1, 1, () => -3),
  '2 × 2': fill(2, 2, (i, j) => i + j),
  zero: dense(20, 20),
  identity: identity(40),
  ones: fill(33, 33, () => 1),
  diagonal: fill(30, 30, (i, j) => (i === j ? ((i * 7) % 30) - 15 : 0)),
  'Wilkinson 65': fill(65, 65, (i, j) => (i === j ? Math.abs(i - 32) : Math.abs(i - j) === 1 ? 1 : 0)),
  'glued Wilkinson': fill(84, 84, (i, j) =>
    i === j ? Math.abs((i % 21) - 10) : Math.abs(i - j) === 1 ? (Math.max(i, j) % 21 === 0 ? 1e-9 : 1) : 0,
  ),
  Laplace: fill(64, 64, (i, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)),
  graded: fill(40, 40, (i, j) => 10 ** (-(i + j) / 5) * Math.cos(i * j)),
  'tiny block': fill(40, 40, (i, j) => (i < 20 !== j < 20 ? 0 : Math.cos(i * j) * (i < 20 ? 1 : 1e-200))),
  '1e150': fill(35, 35, (i, j) => 1e150 * Math.cos(i * j)),
  '1e-150': fill(35, 35, (i, j) => 1e-150 * Math.cos(i * j)),
  '1e±150': fill(30, 30, (i, j) => 10 ** (150 - 5 * (i + j)) * Math.cos(i * j)),
}
for (const n of [3, 5, 31, 32, 33, 64, 65, 100]) {
  const z = random(n, n, n)
  symmetric[`random ${n}`] = fill(n, n, (i, j) => z.data[i * n + j] + z.data[j * n + i])
}
{
  const z = random(70, 3)
  symmetric['rank 3 of 70'] = times(z, transpose(z))
}

const general: Record<string, Dense> = {
  ...symmetric,
  'shift (nilpotent)': fill(50, 50, (i, j) => Number(j === i + 1)),
}
for (const [m, n] of [
  [1, 5],
  [5, 1],
  [3, 2],
  [2, 3],
  [33, 32],
  [32, 33],
  [90, 40],
  [40, 90],
  [200, 5],
])
  general[`random ${m} × ${n}`] = random(m, n, m + n)
general['rank 2 of 50 × 30'] = times(random(50, 2), random(2, 30, 1))
general['zero columns'] = fill(20, 12, (i, j) => (j % 3 === 0 ? 0 : Math.sin(i * j + i)))
general['columns 1e±150'] = fill(40, 20, (i, j) => 10 ** (150 - 15 * j) * Math.cos(i * j + i))
general.Kahan = fill(60, 60, (i, j) => (i === j ? 0.9 ** i : j > i ? -0.43 * 0.9 ** i : 0))

/** The naive twins are slow: once a matrix is enough for all backends. */
const known = new Map<string, Float64Array>()
function once(name: string, compute: () => Float64Array): Float64Array {
  const value = known.get(name) ?? compute()
  known.set(name, value)
  return value
}

function open(backend: BackendName): Compute | null {
  try {
    return createCompute({ backend, threads: 1 })
  } catch (error) {
    if (error instanceof PeerError) return null
    throw error
  }
}

for (const backend of ['js', 'wasm', 'openblas'] as const) {
  const compute = open(backend)
  describe.skipIf(compute === null)(`on ${backend}`, () => {
    const options = compute ? { compute } : {}

    test.each(Object.entries(symmetric))('eigh: %s', (name, a) => {
      const before = a.data.slice()
      const { values, vectors } = eigh(a, options)
      const n = a.rows
      expect(a.data).toEqual(before)
      const scale = largest(a) || 1
      const tolerance = 8 * n * EPS
      expect(distance(times(vectors, transpose(vectors)), identity(n))).toBeLessThan(tolerance)
      const unit = fill(n, n, (i, j) => a.data[i * n + j] / scale)
      const w = values.map(v => v / scale)
      expect(distance(times(transpose(vectors), scaleRows(w, vectors)), unit)).toBeLessThan(tolerance)
      for (let i = 1; i < n; i++) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1])
      const twin = once(`eigh ${name}`, () => jacobiEigenvalues(unit))
      expect(distance(dense(1, n, w), dense(1, n, twin))).toBeLessThan(tolerance)
    })

    test.each(Object.entries(general))('svd: %s', (name, a) => {
      const before = a.data.slice()
      const { u, values, vt } = svd(a, options)
      const side = Math.min(a.rows, a.cols)
      expect(a.data).toEqual(before)
      expect([u.rows, u.cols, values.length, vt.rows, vt.cols]).toEqual([a.rows, side, side, side, a.cols])
      const scale = largest(a) || 1
      const tolerance = 8 * Math.max(a.rows, a.cols) * EPS
      expect(distance(times(transpose(u), u), identity(side))).toBeLessThan(tolerance)
      expect(distance(times(vt, transpose(vt)), identity(side))).toBeLessThan(tolerance)
      const unit = dense(
        a.rows,
        a.cols,
        a.data.map(v => v / scale),
      )
      const s = values.map(v => v / scale)
      expect(distance(times(u, scaleRows(s, vt)), unit)).toBeLessThan(tolerance)
      for (let i = 0; i < side; i++) expect(values[i]).toBeGreaterThanOrEqual(i + 1 < side ? values[i + 1] : 0)
      if (largest(a) === 0) expect(values).toEqual(new Float64Array(side))
      const twin = once(`svd ${name}`, () => jacobiSingularValues(unit))
      expect(distance(dense(1, side, s), dense(1, side, twin))).toBeLessThan(tolerance)
    })

    test.each(Object.entries(general))('qr: %s', (_, a) => {
      const { q, r } = qr(a, options)
      const side = Math.min(a.rows, a.cols)
      expect([q.rows, q.cols, r.rows, r.cols]).toEqual([a.rows, side, side, a.cols])
      expect(distance(times(transpose(q), q), identity(side))).toBeLessThan(8 * a.rows * EPS)
      for (let i = 0; i < side; i++) {
        expect(r.data[i * a.cols + i]).toBeGreaterThanOrEqual(0)
        for (let j = 0; j < i; j++) expect(r.data[i * a.cols + j]).toBe(0)
      }
      // Column by column: each keeps its own scale.
      const product = times(q, r)
      for (let j = 0; j < a.cols; j++) {
        const column = (x: Dense) =>
          dense(
            a.rows,
            1,
            Float64Array.from({ length: a.rows }, (_, i) => x.data[i * a.cols + j]),
          )
        const size = largest(column(a))
        expect(distance(column(product), column(a))).toBeLessThanOrEqual(8 * a.rows * EPS * size)
      }
    })

    test.each([1, 2, 5, 63, 64, 65, 130, 200])('cholesky: a positive definite matrix of side %i', n => {
      const z = random(n, n + 3, n)
      const a = times(z, transpose(z))
      const before = a.data.slice()
      const l = cholesky(a, options)
      expect(a.data).toEqual(before)
      expect(distance(times(l, transpose(l)), a)).toBeLessThan(4 * n * EPS * largest(a))
      for (let i = 0; i < n; i++) {
        expect(l.data[i * n + i]).toBeGreaterThan(0)
        for (let j = i + 1; j < n; j++) expect(l.data[i * n + j]).toBe(0)
      }
      // Only the lower triangle is read, and the output may be the input.
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) a.data[i * n + j] = Number.NaN
      expect(cholesky(a, { ...options, out: a })).toBe(a)
      expect(distance(a, l)).toBe(0)
    })

    test('cholesky: scales from 1e-150 to 1e150 in one matrix', () => {
      const n = 31
      const s = Float64Array.from({ length: n }, (_, i) => 10 ** (75 - 5 * i))
      const z = random(n, n + 3)
      const a = scaleRows(s, transpose(scaleRows(s, times(z, transpose(z)))))
      const l = cholesky(a, options)
      const inverse = s.map(v => 1 / v)
      const unit = scaleRows(inverse, l)
      const want = scaleRows(inverse, transpose(scaleRows(inverse, a)))
      expect(distance(times(unit, transpose(unit)), want)).toBeLessThan(1e-12)
    })

    test('singular values near rounding of the largest are right: nothing was squared', () => {
      const n = 40
      const { q: u } = qr(random(n, n, 1), options)
      const { q: v } = qr(random(n, n, 2), options)
      const s = Float64Array.from({ length: n }, (_, i) => 10 ** (-i / 3))
      const { values } = svd(times(u, scaleRows(s, transpose(v))), options)
      for (let i = 0; i < n; i++) expect(Math.abs(values[i] - s[i])).toBeLessThan(1e-14)
      expect(Math.abs(values[30] - 1e-10)).toBeLessThan(1e-14)
    })
  })
}
