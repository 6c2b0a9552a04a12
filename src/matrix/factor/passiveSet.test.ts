import { expect, test } from 'vitest'
import { key, normals } from '../../random/index.ts'
import { dot } from '../vector.ts'
import { passiveSet } from './passiveSet.ts'

const base = normals(key(0), 12)
/** Columns that agree to six digits: one pass of Gram–Schmidt loses orthogonality to about 1e-10. */
const columns = [0, 1, 2].map(j => base.map((v, i) => v + 1e-6 * normals(key(j + 1), 12)[i]))

test('nearly equal columns: the residual is orthogonal to them to rounding', () => {
  const f = normals(key(9), 12)
  const set = passiveSet(f)
  columns.forEach((c, j) => {
    expect(set.add(j, c)).toBe(true)
  })
  const residual = f.slice()
  set.solve().forEach((z, p) => {
    columns[set.members[p]].forEach((v, i) => {
      residual[i] -= z * v
    })
  })
  for (const c of columns) {
    const difference = c.map((v, i) => v - base[i])
    const size = Math.sqrt(dot(difference, difference))
    // Along the small differences of the columns, where lost orthogonality shows.
    expect(Math.abs(dot(residual, c))).toBeLessThan(1e-8)
    expect(size).toBeGreaterThan(0)
  }
  const [u, v] = [columns[1].map((x, i) => x - columns[0][i]), columns[2].map((x, i) => x - columns[0][i])]
  expect(Math.abs(dot(residual, u)) / Math.sqrt(dot(u, u))).toBeLessThan(1e-8)
  expect(Math.abs(dot(residual, v)) / Math.sqrt(dot(v, v))).toBeLessThan(1e-8)
})

test('a dependent column is refused and nothing changes', () => {
  const set = passiveSet(normals(key(9), 12))
  set.add(0, columns[0])
  set.add(1, columns[1])
  const before = set.solve()
  expect(
    set.add(
      2,
      columns[0].map((x, i) => 3 * x - 2 * columns[1][i]),
    ),
  ).toBe(false)
  expect(set.add(3, new Float64Array(12))).toBe(false)
  expect([...set.members]).toEqual([0, 1])
  expect(set.solve()).toEqual(before)
})
