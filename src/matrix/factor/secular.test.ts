import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loewner, secularRoot } from './secular.ts'

/** Poles that may be very close, weights over many orders of magnitude: what deflation lets through, and more. */
const problems = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 44 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 9 })), {
    minLength: 1,
    maxLength: 40,
  })
  .chain(rows =>
    fc.record({
      rows: fc.constant(rows),
      rho: fc.integer({ min: -6, max: 3 }).map(k => 10 ** k),
      squared: fc.boolean(),
    }),
  )
  .map(({ rows, rho, squared }) => {
    const d = new Float64Array(rows.length)
    // Gaps from 1 down to 2^−44 of the range.
    for (let i = 1; i < d.length; i++) d[i] = d[i - 1] + 2 ** -rows[i][0]
    const z = Float64Array.from(rows, ([, e, m], i) => (i % 2 === 0 ? 1 : -1) * m * 10 ** -e)
    return { count: d.length, d, z, zeta: z.map(v => v * v), rho: squared ? 1 : rho, squared }
  })

test('roots interlace the poles, and vectors made from them are orthonormal and diagonalise', () => {
  fc.assert(
    fc.property(problems, problem => {
      const { count: n, d, zeta, z, rho, squared } = problem
      const differences = new Float64Array(n * n)
      const roots = Array.from({ length: n }, (_, k) =>
        secularRoot(problem, k, differences.subarray(k * n, (k + 1) * n)),
      )
      const mass = rho * zeta.reduce((s, v) => s + v, 0)
      const top = squared ? Math.sqrt(d[n - 1] ** 2 + mass) : d[n - 1] + mass
      for (let k = 0; k < n; k++) {
        expect(roots[k]).toBeGreaterThanOrEqual(d[k])
        expect(roots[k]).toBeLessThanOrEqual(k + 1 < n ? d[k + 1] : top * (1 + 1e-14))
        // Strictly between the poles, as signs of the differences.
        for (let j = 0; j < n; j++) expect(Math.sign(differences[k * n + j])).toBe(j <= k ? -1 : 1)
      }
      const zHat = loewner(problem, z, differences, n)
      for (let j = 0; j < n; j++) expect(Math.abs(zHat[j] / z[j] - 1)).toBeLessThan(1e-8)
      const vectors = roots.map((_, k) => {
        const v = Array.from({ length: n }, (_, j) => zHat[j] / differences[k * n + j])
        const size = Math.hypot(...v)
        return v.map(x => x / size)
      })
      for (let a = 0; a < n; a++)
        for (let b = 0; b <= a; b++) {
          const product = vectors[a].reduce((s, v, j) => s + v * vectors[b][j], 0)
          expect(Math.abs(product - (a === b ? 1 : 0))).toBeLessThan(4e-14)
        }
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('one pole: the closed form', () => {
  const difference = new Float64Array(1)
  const problem = { count: 1, d: Float64Array.of(2), zeta: Float64Array.of(9), rho: 0.5, squared: false }
  expect(secularRoot(problem, 0, difference)).toBe(6.5)
  expect(difference[0]).toBe(-4.5)
  expect(secularRoot({ ...problem, rho: 1, squared: true }, 0, difference)).toBe(Math.sqrt(13))
})
