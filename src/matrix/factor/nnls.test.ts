import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bruteForceNnls } from '../../../test/oracles/linearAlgebra.ts'
import { NotSolvedError, ShapeError } from '../../errors.ts'
import { key, normals } from '../../random/index.ts'
import { type Dense, dense, fromRows, rowOf } from '../dense.ts'
import { dot } from '../vector.ts'
import { nnls } from './nnls.ts'

const random = (n: number, d: number, seed: number): Dense => dense(n, d, normals(key(seed), n * d))

/** x ≥ 0, the residual as said, gradient ≤ 0, and zero where x > 0: these make x optimal. */
function expectOptimal(columns: Dense, f: Float64Array, solution: ReturnType<typeof nnls>, tolerance = 1e-11): void {
  const { x, residual, passive } = solution
  const fit = new Float64Array(f.length)
  for (let j = 0; j < columns.rows; j++) for (let i = 0; i < f.length; i++) fit[i] += x[j] * rowOf(columns, j)[i]
  const unit = Math.sqrt(dot(f, f)) || 1
  for (let i = 0; i < f.length; i++) expect(Math.abs(f[i] - fit[i] - residual[i])).toBeLessThanOrEqual(tolerance * unit)
  for (let j = 0; j < columns.rows; j++) {
    expect(x[j]).toBeGreaterThanOrEqual(0)
    const size = Math.sqrt(dot(rowOf(columns, j), rowOf(columns, j)))
    const gradient = dot(rowOf(columns, j), residual)
    expect(gradient).toBeLessThanOrEqual(tolerance * size * unit)
    if (x[j] > 0) expect(Math.abs(gradient)).toBeLessThanOrEqual(tolerance * size * unit)
    expect(x[j] > 0).toBe(passive.includes(j))
  }
}

describe('nnls', () => {
  test('agrees with trying every subset, on random small problems', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 6 }), fc.nat(1e6), (n, d, seed) => {
        const columns = random(n, d, seed)
        const f = normals(key(seed, 1), d)
        const solution = nnls(columns, f)
        const value = dot(solution.residual, solution.residual)
        expect(Math.abs(value - bruteForceNnls(columns, f))).toBeLessThan(1e-10)
      }),
      { seed: 1, numRuns: 80 },
    )
  })

  test.each([
    [40, 10],
    [10, 40],
    [1000, 50],
    [100, 100],
  ])('%i columns in R^%i: optimality conditions', (n, d) => {
    const columns = random(n, d, n + d)
    const f = normals(key(7), d)
    const before = columns.data.slice()
    expectOptimal(columns, f, nnls(columns, f))
    expect(columns.data).toEqual(before)
  })

  test('a target inside the cone is met exactly, with at most d columns', () => {
    const columns = random(300, 20, 3)
    const f = new Float64Array(20)
    for (let j = 0; j < 300; j++) for (let i = 0; i < 20; i++) f[i] += columns.data[j * 20 + i] * (j % 3)
    const { x, residual, passive } = nnls(columns, f)
    expect(Math.sqrt(dot(residual, residual) / dot(f, f))).toBeLessThan(1e-13)
    expect(passive.length).toBeLessThanOrEqual(20)
    expect(x.filter(v => v > 0)).toHaveLength(passive.length)
  })

  test('a warm start from the answer takes no step, from a neighbour few, from nonsense the same answer', () => {
    const columns = random(80, 120, 5)
    const f = normals(key(6), 120)
    const cold = nnls(columns, f)
    expect(nnls(columns, f, { passive: cold.passive })).toMatchObject({ iterations: 0 })
    const near = f.map((v, i) => v + 1e-3 * Math.cos(i))
    const warm = nnls(columns, near, { passive: cold.passive })
    expectOptimal(columns, near, warm)
    expect(warm.iterations).toBeLessThan(cold.iterations / 2)
    const odd = nnls(columns, f, { passive: Array.from({ length: 80 }, (_, j) => j) })
    expectOptimal(columns, f, odd)
    for (let j = 0; j < 80; j++) expect(odd.x[j]).toBeCloseTo(cold.x[j], 9)
  })

  test('equal, opposite, dependent and zero columns do no harm', () => {
    const base = random(6, 4, 8)
    const rows = Array.from({ length: 6 }, (_, j) => [...rowOf(base, j)])
    const columns = fromRows([
      ...rows,
      ...rows,
      ...rows.map(r => r.map(v => -v)),
      ...rows.map(r => r.map(v => 1e-9 * v)),
      [0, 0, 0, 0],
      rows[0].map((v, i) => v + 1e-14 * rows[1][i]),
    ])
    for (let seed = 0; seed < 20; seed++) {
      const f = normals(key(seed, 2), 4)
      const { residual } = nnls(columns, f)
      // With opposite columns every target is reachable.
      expect(Math.sqrt(dot(residual, residual))).toBeLessThan(1e-9)
    }
  })

  test.each([0.3, 1, 3, 10])(
    'nearly dependent columns (bumps of width %f): optimality conditions still hold',
    width => {
      const [n, d] = [80, 40]
      const columns = dense(
        n,
        d,
        Float64Array.from({ length: n * d }, (_, k) =>
          Math.exp(-(((k % d) / 4 - Math.floor(k / d) / 8) ** 2) / width ** 2),
        ),
      )
      for (let seed = 0; seed < 5; seed++) {
        const noise = normals(key(seed, 3), d)
        const f = noise.map((v, i) => 0.01 * v + columns.data[10 * d + i] + columns.data[47 * d + i])
        expectOptimal(columns, f, nnls(columns, f), 1e-9)
      }
    },
  )

  test('nothing helps: zero', () => {
    const solution = nnls(
      fromRows([
        [-1, 0],
        [0, -1],
        [-1, -1],
      ]),
      Float64Array.of(1, 2),
    )
    expect(solution).toEqual({
      x: new Float64Array(3),
      residual: Float64Array.of(1, 2),
      passive: new Uint32Array(0),
      iterations: 0,
    })
    expect(nnls(dense(0, 2), Float64Array.of(1, 2)).residual).toEqual(Float64Array.of(1, 2))
  })

  test('scales at the ends of the range', () => {
    const [columns, f] = [random(20, 8, 1), normals(key(2), 8)]
    const plain = nnls(columns, f)
    const scaled = nnls(
      dense(
        20,
        8,
        columns.data.map(v => v * 2 ** 500),
      ),
      f.map(v => v * 2 ** -500),
    )
    expect(scaled.x).toEqual(plain.x.map(v => v * 2 ** -1000))
    expect(scaled.residual).toEqual(plain.residual.map(v => v * 2 ** -500))
  })

  test('refusals', () => {
    expect(() => nnls(dense(3, 2), new Float64Array(3))).toThrow(
      'nnls: the target must have 2 numbers (the length of a column); got 3.',
    )
    expect(() => nnls(dense(3, 2), new Float64Array(3))).toThrow(ShapeError)
    expect(() => nnls(dense(1, 1, Float64Array.of(Number.NaN)), new Float64Array(1))).toThrow(
      'nnls: entries must be finite; got NaN at row 0, column 0.',
    )
    expect(() => nnls(dense(1, 1), new Float64Array(1), { passive: [1] })).toThrow(
      'nnls: passive indices must be in 0..0; got 1.',
    )
    const hard = () => nnls(random(40, 10, 1), normals(key(2), 10), { maxIterations: 2 })
    expect(hard).toThrow('nnls: the passive set must settle within 2 changes; it did not.')
    expect(hard).toThrow(NotSolvedError)
    expect(hard).toThrow(expect.objectContaining({ code: 'E_NNLS' }))
  })
})
