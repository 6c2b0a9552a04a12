/** Refusals, options and small cases of the factorisations; their laws are in test/conformance/factorisations.test.ts. */
import { describe, expect, test } from 'vitest'
import { distance, times } from '../../../test/oracles/linearAlgebra.ts'
import { DomainError, ShapeError } from '../../errors.ts'
import { key, normals } from '../../random/index.ts'
import type { Compute } from '../compute.ts'
import { compute } from '../createCompute.ts'
import { type Dense, dense, fromRows, transpose } from '../dense.ts'
import { cholesky, choleskyPivoted, eigh, leastSquares, qr, svd } from './index.ts'

const random = (m: number, n: number, seed = 0): Dense => dense(m, n, normals(key(seed), m * n))

describe('refusals', () => {
  const holed = fromRows([
    [1, 2, 3],
    [4, 5, Number.NaN],
    [7, 8, 9],
  ])
  test.each([
    ['eigh', eigh],
    ['svd', svd],
    ['qr', qr],
    ['choleskyPivoted', choleskyPivoted],
  ])('%s names the first entry that is not finite', (name, f) => {
    expect(() => f(holed)).toThrow(`${name}: entries must be finite; got NaN at row 1, column 2.`)
    expect(() => f(fromRows([[Infinity]]))).toThrow(DomainError)
  })

  test.each([
    ['eigh', eigh],
    ['cholesky', cholesky],
    ['choleskyPivoted', choleskyPivoted],
  ])('%s wants a square matrix', (name, f) => {
    expect(() => f(dense(2, 3))).toThrow(`${name}: the matrix must be square; got 2 × 3.`)
    expect(() => f(dense(2, 3))).toThrow(ShapeError)
  })

  test('cholesky says what is wrong: not definite, not finite, wrong output', () => {
    const indefinite = fromRows([
      [1, 2],
      [2, 1],
    ])
    expect(() => cholesky(indefinite)).toThrow(
      'cholesky: the matrix must be positive definite; got a pivot that is not positive.',
    )
    expect(() => cholesky(indefinite)).toThrow(expect.objectContaining({ code: 'E_NOT_POSITIVE_DEFINITE' }))
    expect(() => cholesky(dense(3, 3))).toThrow(DomainError)
    expect(() =>
      cholesky(
        fromRows([
          [1, 0],
          [Number.NaN, 1],
        ]),
      ),
    ).toThrow('cholesky: entries must be finite; got NaN at row 1, column 0.')
    expect(() => cholesky(fromRows([[Infinity]]))).toThrow(
      'cholesky: entries must be finite; got Infinity at row 0, column 0.',
    )
    expect(() => cholesky(dense(2, 2), { out: dense(3, 3) })).toThrow('cholesky: out must be 2 × 2; got 3 × 3.')
  })

  test('choleskyPivoted refuses a negative diagonal', () => {
    const a = fromRows([
      [1, 0],
      [0, -1],
    ])
    expect(() => choleskyPivoted(a)).toThrow(
      'choleskyPivoted: the matrix must be positive semidefinite; got -1 at row 1, column 1.',
    )
  })

  test('a failure of LAPACK is an error that says what to use', () => {
    const base = compute()
    const failing = (name: string): Compute => ({ ...base, kernels: { ...base.kernels, [name]: () => false } })
    expect(() => eigh(dense(2, 2), { compute: failing('syevd') })).toThrow(
      'eigh: LAPACK must converge on the 2 × 2 matrix',
    )
    expect(() => svd(dense(2, 2), { compute: failing('gesdd') })).toThrow(
      'svd: LAPACK must converge on the 2 × 2 matrix',
    )
    expect(() => qr(dense(2, 2), { compute: failing('geqrf') })).toThrow('qr: LAPACK must factor the 2 × 2 matrix')
    expect(() => cholesky(random(2, 2), { compute: failing('potrf') })).toThrow('positive definite')
  })
})

test('empty matrices have empty factors', () => {
  expect(eigh(dense(0, 0)).values).toHaveLength(0)
  expect(svd(dense(4, 0)).u).toEqual(dense(4, 0))
  expect(svd(dense(0, 3)).vt).toEqual(dense(0, 3))
  expect(qr(dense(0, 3)).r).toEqual(dense(0, 3))
  expect(cholesky(dense(0, 0))).toEqual(dense(0, 0))
})

test('eigh by hand: rows are the vectors', () => {
  const { values, vectors } = eigh(
    fromRows([
      [2, 0, 0],
      [0, 3, 4],
      [0, 4, 9],
    ]),
  )
  const want = [1, 2, 11]
  want.forEach((v, i) => {
    expect(values[i]).toBeCloseTo(v, 13)
  })
  expect(Math.abs(vectors.data[0 * 3 + 1])).toBeCloseTo(2 / Math.sqrt(5), 13)
  expect(Math.abs(vectors.data[1 * 3 + 0])).toBeCloseTo(1, 13)
})

describe('choleskyPivoted', () => {
  test('finds the rank and reconstructs a semidefinite matrix from few columns', () => {
    const z = random(50, 7)
    const a = times(z, transpose(z))
    const { factor, pivots, rank } = choleskyPivoted(a)
    expect(rank).toBe(7)
    expect([factor.rows, factor.cols]).toEqual([50, 7])
    expect(distance(times(factor, transpose(factor)), a)).toBeLessThan(1e-12)
    // Rows of L at the pivots form a lower triangle.
    pivots.forEach((p, k) => {
      for (let j = k + 1; j < rank; j++) expect(factor.data[p * rank + j]).toBe(0)
      expect(factor.data[p * rank + k]).toBeGreaterThan(0)
    })
    expect(new Set(pivots).size).toBe(rank)
    // Even when told to go on into the rounding, no row is taken twice.
    const further = choleskyPivoted(a, { tolerance: 0 })
    expect(new Set(further.pivots).size).toBe(further.rank)
  })

  test('is Cholesky up to the order of rows when the matrix is definite', () => {
    const z = random(30, 40)
    const a = times(z, transpose(z))
    const { factor, pivots, rank } = choleskyPivoted(a)
    expect(rank).toBe(30)
    const permuted = dense(30, 30)
    const rows = dense(30, 30)
    pivots.forEach((p, i) => {
      pivots.forEach((q, j) => {
        permuted.data[i * 30 + j] = a.data[p * 30 + q]
      })
      rows.data.set(factor.data.subarray(p * 30, (p + 1) * 30), i * 30)
    })
    expect(distance(rows, cholesky(permuted))).toBeLessThan(1e-11)
  })

  test('stops at maxRank and at the tolerance, leaving no diagonal above it', () => {
    const a = dense(20, 20)
    for (let i = 0; i < 20; i++) a.data[i * 21] = 10 ** -i
    expect(choleskyPivoted(a, { maxRank: 3 }).pivots).toEqual(Uint32Array.of(0, 1, 2))
    expect(choleskyPivoted(a, { tolerance: 1.5e-6 }).rank).toBe(6)
    expect(choleskyPivoted(dense(4, 4)).rank).toBe(0)
  })
})

describe('leastSquares', () => {
  const normalEquations = (a: Dense, r: Float64Array) => times(transpose(a), dense(a.rows, 1, r)).data
  const size = (v: Float64Array) => v.reduce((s, x) => Math.max(s, Math.abs(x)), 0)

  test.each([
    [30, 7],
    [7, 7],
    [7, 30],
    [1, 1],
    [100, 40],
  ])('%i × %i of full rank: residual orthogonal to the columns, x in the row space', (m, n) => {
    const [a, b] = [random(m, n, m), normals(key(9), m)]
    const { x, residual, rank } = leastSquares(a, b)
    expect(rank).toBe(Math.min(m, n))
    expect(size(normalEquations(a, residual))).toBeLessThan(1e-11)
    const fit = times(a, dense(n, 1, x)).data
    expect(size(b.map((v, i) => v - fit[i] - residual[i]))).toBeLessThan(1e-12)
    if (m < n) expect(distanceToRowSpace(a, x)).toBeLessThan(1e-12)
  })

  test.each([
    [30, 12],
    [12, 30],
    [20, 20],
  ])('%i × %i of rank 5: the solution of least norm', (m, n) => {
    const a = times(random(m, 5, 1), random(5, n, 2))
    const b = normals(key(3), m)
    const { x, residual, rank } = leastSquares(a, b)
    expect(rank).toBe(5)
    expect(size(normalEquations(a, residual))).toBeLessThan(1e-11)
    expect(distanceToRowSpace(a, x)).toBeLessThan(1e-12)
  })

  test('a nearly singular triangle without a small diagonal entry is recognised', () => {
    // Ones above the diagonal of −1: the smallest singular value halves with every column.
    const n = 70
    const a = dense(n, n)
    for (let i = 0; i < n; i++) for (let j = i; j < n; j++) a.data[i * n + j] = i === j ? 1 : -1
    expect(leastSquares(a, normals(key(0), n)).rank).toBe(n - 1)
  })

  test('a zero matrix gives zero, and a wrong length is refused', () => {
    expect(leastSquares(dense(3, 2), Float64Array.of(1, 2, 3))).toEqual({
      x: new Float64Array(2),
      residual: Float64Array.of(1, 2, 3),
      rank: 0,
    })
    expect(() => leastSquares(dense(3, 2), new Float64Array(2))).toThrow(
      'leastSquares: the right-hand side must have 3 numbers; got 2.',
    )
    expect(() => leastSquares(dense(1, 1), Float64Array.of(Number.NaN))).toThrow(
      'leastSquares right-hand side: entries must be finite; got NaN at row 0, column 0.',
    )
  })

  /** Largest entry of x − V·Vᵀ·x over right vectors of non-negligible singular value. */
  function distanceToRowSpace(a: Dense, x: Float64Array): number {
    const { values, vt } = svd(a)
    const rest = x.slice()
    for (let k = 0; k < values.length && values[k] > 1e-10 * values[0]; k++) {
      const row = vt.data.subarray(k * a.cols, (k + 1) * a.cols)
      const s = row.reduce((sum, v, j) => sum + v * x[j], 0)
      for (let j = 0; j < rest.length; j++) rest[j] -= s * row[j]
    }
    return size(rest)
  }
})
