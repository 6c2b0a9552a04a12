/** Laws of every operator, against the matrix it stands for. A new operator joins by one row. */
import { describe, expect, test } from 'vitest'
import { createCompute } from '../../src/matrix/createCompute.ts'
import { csrFromDense, csrOperator } from '../../src/matrix/csr.ts'
import { type Dense, dense, rowOf, transpose } from '../../src/matrix/dense.ts'
import { denseOperator } from '../../src/matrix/denseOperator.ts'
import { gatedOperator } from '../../src/matrix/gated.ts'
import { maskBit, masks, setMaskBit } from '../../src/matrix/masks.ts'
import type { GroupedOperator } from '../../src/matrix/operator.ts'
import { separableOperator } from '../../src/matrix/separable.ts'
import { bits, key, normals } from '../../src/random/index.ts'
import { distance, times } from '../oracles/linearAlgebra.ts'

interface Row {
  readonly operator: GroupedOperator
  /** The matrix, written out from the definition. */
  readonly matrix: Dense
  /** Groups to restrict to; default the last and the first. */
  readonly active?: readonly number[]
}

function gated(n: number, d: number, patterns: number): Row {
  const x = dense(n, d, normals(key(n), n * d))
  const words = bits(key(d), n * patterns)
  const m = masks(patterns, n)
  for (let k = 0; k < patterns; k++) for (let i = 0; i < n; i++) if (words[k * n + i] & 1) setMaskBit(m, k, i)
  const matrix = dense(n, patterns * d)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < patterns; k++) if (maskBit(m, k, i)) matrix.data.set(rowOf(x, i), i * matrix.cols + k * d)
  return { operator: gatedOperator(x, m, createCompute({ backend: 'wasm', threads: 1 })), matrix }
}

function separable(): Row {
  const { operator, matrix } = gated(40, 3, 5)
  const c = 2
  const out = dense(matrix.rows * c, matrix.cols * c)
  for (let i = 0; i < matrix.rows; i++)
    for (let k = 0; k < c; k++) out.data.set(rowOf(matrix, i), (i * c + k) * out.cols + k * matrix.cols)
  return {
    operator: separableOperator(operator as ReturnType<typeof gatedOperator>, c),
    matrix: out,
    active: [4, 0, 9, 5],
  }
}

function random(n: number, m: number): Dense {
  return dense(n, m, normals(key(n + m), n * m))
}

function sparse(n: number, m: number): Dense {
  const keep = bits(key(m), n * m)
  const a = random(n, m)
  return dense(
    n,
    m,
    a.data.map((v, i) => (keep[i] % 5 === 0 ? v : 0)),
  )
}

const wasm = createCompute({ backend: 'wasm', threads: 1 })
const js = createCompute({ backend: 'js', threads: 1 })
const rows: Record<string, Row> = {
  'gated 300 × (7·4)': gated(300, 4, 7),
  'gated, one sample': gated(1, 3, 2),
  'separable, two outputs': separable(),
  'dense 50 × (8·3), wasm': {
    operator: denseOperator(random(50, 24), { groupSize: 3, compute: wasm }),
    matrix: random(50, 24),
  },
  'dense 9 × 20, js': { operator: denseOperator(random(9, 20), { compute: js }), matrix: random(9, 20) },
  'csr 60 × (10·2)': { operator: csrOperator(csrFromDense(sparse(60, 20)), { groupSize: 2 }), matrix: sparse(60, 20) },
  'csr with empty rows': { operator: csrOperator(csrFromDense(dense(5, 4))), matrix: dense(5, 4) },
}

const column = (v: Float64Array) => dense(v.length, 1, v)
const dot = (x: Float64Array, y: Float64Array) => x.reduce((s, v, i) => s + v * y[i], 0)

describe.each(Object.entries(rows))('%s', (_, { operator, matrix, active = [operator.groups - 1, 0] }) => {
  const { rows: n, cols } = operator
  const x = normals(key(1, 1), cols)
  const y = normals(key(1, 2), n)
  const columnsOf = (chosen: readonly number[]) => {
    const g = operator.groupSize
    const out = dense(n, chosen.length * g)
    for (let i = 0; i < n; i++)
      chosen.forEach((group, k) => {
        out.data.set(rowOf(matrix, i).subarray(group * g, (group + 1) * g), i * out.cols + k * g)
      })
    return out
  }

  test('shape: groups fill the columns', () => {
    expect([n, cols]).toEqual([matrix.rows, matrix.cols])
    expect(operator.groups * operator.groupSize).toBe(cols)
  })

  test('apply and applyT are the products; inputs stay, a given buffer is overwritten and returned', () => {
    const [x0, y0] = [x.slice(), y.slice()]
    expect(distance(column(operator.apply(x)), times(matrix, column(x)))).toBeLessThan(1e-12)
    expect(distance(column(operator.applyT(y)), times(transpose(matrix), column(y)))).toBeLessThan(1e-12)
    const [out, outT] = [new Float64Array(n).fill(Number.NaN), new Float64Array(cols).fill(Number.NaN)]
    expect(operator.apply(x, out)).toBe(out)
    expect(operator.applyT(y, outT)).toBe(outT)
    expect(out).toEqual(operator.apply(x))
    expect(outT).toEqual(operator.applyT(y))
    expect([x, y]).toEqual([x0, y0])
  })

  test('adjoint: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩', () => {
    const [left, right] = [dot(operator.apply(x), y), dot(x, operator.applyT(y))]
    expect(Math.abs(left - right)).toBeLessThan(1e-11)
  })

  test('block forms act on each row', () => {
    const [many, manyT] = [random(3, cols), random(3, n)]
    expect(distance(operator.applyBlock(many), times(many, transpose(matrix)))).toBeLessThan(1e-12)
    expect(distance(operator.applyTBlock(manyT), times(manyT, matrix))).toBeLessThan(1e-12)
    const out = dense(3, n, new Float64Array(3 * n).fill(Number.NaN))
    expect(operator.applyBlock(many, out)).toBe(out)
    expect(distance(out, times(many, transpose(matrix)))).toBeLessThan(1e-12)
  })

  test('correlations are the norms of Aᵀr group by group', () => {
    const [g, product] = [operator.groupSize, times(transpose(matrix), column(y)).data]
    const got = operator.correlations(y)
    expect(got).toHaveLength(operator.groups)
    for (let k = 0; k < operator.groups; k++)
      expect(Math.abs(got[k] - Math.hypot(...product.subarray(k * g, (k + 1) * g)))).toBeLessThan(1e-12)
    const out = new Float64Array(operator.groups)
    expect(operator.correlations(y, out)).toBe(out)
    expect(out).toEqual(got)
  })

  test('restrict takes groups in the order given; gram is their Gram matrix', () => {
    const part = operator.restrict(active)
    expect([part.groups, part.groupSize, part.rows]).toEqual([active.length, operator.groupSize, n])
    const chosen = columnsOf(active)
    const z = normals(key(2), part.cols)
    expect(distance(column(part.apply(z)), times(chosen, column(z)))).toBeLessThan(1e-12)
    expect(distance(operator.gram(active), times(transpose(chosen), chosen))).toBeLessThan(1e-11)
    expect(operator.restrict([]).cols).toBe(0)
    expect(() => operator.restrict([operator.groups])).toThrow(`; got ${operator.groups}.`)
  })
})
