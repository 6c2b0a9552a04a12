import { describe, expect, test } from 'vitest'
import { distance, times } from '../../../test/oracles/linearAlgebra.ts'
import { key, normals } from '../../random/index.ts'
import { dense, transpose } from '../dense.ts'
import { cholesky, solveCholesky, solveCholeskyMany, solveTriangular, solveTriangularMany } from './index.ts'

/** Well conditioned, with a triangle of garbage that must not be read. */
function triangle(n: number, upper: boolean, garbage: number) {
  const z = normals(key(n), n * n)
  const t = dense(n, n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      t.data[i * n + j] = i === j ? 3 + Math.abs(z[i]) : upper === j > i ? z[i * n + j] / n : garbage
  return t
}

describe.each([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
])('upper %s, transpose %s', (upper, transposed) => {
  test.each([1, 2, 17, 80])('side %i: the product gives the right-hand side back, one or many', n => {
    const options = { upper, transpose: transposed }
    const clean = triangle(n, upper, 0)
    const t = triangle(n, upper, Number.NaN)
    const matrix = transposed ? transpose(clean) : clean
    const b = dense(n, 1, normals(key(1), n))
    const before = b.data.slice()
    const x = dense(n, 1, solveTriangular(t, b.data, options))
    expect(b.data).toEqual(before)
    expect(distance(times(matrix, x), b)).toBeLessThan(1e-13)

    const many = dense(n, 5, normals(key(2), n * 5))
    const copy = many.data.slice()
    const solved = solveTriangularMany(t, many, options)
    expect(many.data).toEqual(copy)
    expect(distance(times(matrix, solved), many)).toBeLessThan(1e-13)
  })
})

test('solveCholesky and solveCholeskyMany solve with the matrix that was factored', () => {
  const z = dense(30, 40, normals(key(0), 1200))
  const a = times(z, transpose(z))
  const l = cholesky(a)
  const b = dense(30, 3, normals(key(1), 90))
  expect(distance(times(a, solveCholeskyMany(l, b)), b)).toBeLessThan(1e-11)
  const one = b.data.filter((_, i) => i % 3 === 1)
  expect(distance(times(a, dense(30, 1, solveCholesky(l, one))), dense(30, 1, one))).toBeLessThan(1e-11)
})

test('refusals name the rule', () => {
  expect(() => solveTriangular(dense(2, 3), new Float64Array(2))).toThrow(
    'solveTriangular: the matrix must be square; got 2 × 3.',
  )
  expect(() => solveTriangular(dense(2, 2), new Float64Array(3))).toThrow(
    'solveTriangular: the right-hand side must have 2 rows; got 3.',
  )
  expect(() => solveTriangularMany(dense(2, 2), dense(2, 1))).toThrow(
    'solveTriangularMany: the diagonal must not vanish; got 0 at row 0. Use leastSquares.',
  )
})
