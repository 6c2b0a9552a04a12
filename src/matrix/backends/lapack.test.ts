import { expect, test } from 'vitest'
import { naiveGemm } from '../../../test/oracles/kernels.ts'
import { expectNear, numbers } from '../../../test/oracles/numbers.ts'
import { loadBackend } from './load.ts'

// Each factorisation is judged by what it must reproduce. Without OpenBLAS on the machine there is nothing to test.
const { kernels } = loadBackend('auto')
const { potrf, syevd, gesdd, geqrf } = kernels
const shapes = [
  [1, 1],
  [5, 3],
  [3, 5],
  [40, 40],
  [70, 33],
]
const product = (m: number, n: number, k: number, a: Float64Array, b: Float64Array, transA = false, transB = false) =>
  naiveGemm(transA, transB, m, n, k, 1, a, transA ? m : k, b, transB ? k : n, 0, new Float64Array(m * n), n)
const identity = (n: number) => Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))

test.runIf(potrf)('potrf: L Lᵀ = A, the upper half untouched; refuses an indefinite matrix', () => {
  for (const n of [1, 5, 65]) {
    const [g, lda] = [numbers(n * n), n + 2]
    const s = product(n, n, n, g, g, false, true).map((v, i) => v + (i % (n + 1) === 0 ? 1 : 0))
    const a = new Float64Array(n * lda).fill(7)
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * lda + j] = s[i * n + j]
    expect(potrf?.(n, a, lda)).toBe(true)
    const l = new Float64Array(n * n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < lda; j++)
        if (j <= i) l[i * n + j] = a[i * lda + j]
        else expect(a[i * lda + j]).toBe(7)
    expectNear(product(n, n, n, l, l, false, true), s, 1e-12)
  }
  expect(potrf?.(2, Float64Array.of(1, 0, 2, 1), 2)).toBe(false)
})

test.runIf(syevd)('syevd: rows are eigenvectors, values ascend', () => {
  for (const n of [1, 4, 60]) {
    const g = numbers(n * n)
    const s = g.map((v, at) => v + g[(at % n) * n + Math.floor(at / n)])
    const [v, w] = [s.slice(), new Float64Array(n)]
    expect(syevd?.(n, v, w)).toBe(true)
    expect([...w].sort((p, q) => p - q)).toEqual([...w])
    expectNear(product(n, n, n, v, v, false, true), identity(n), 1e-12)
    expectNear(
      product(n, n, n, v, s),
      v.map((value, at) => value * w[Math.floor(at / n)]),
      1e-11,
    )
  }
})

test.runIf(gesdd)('gesdd: U S Vᵀ = A with orthonormal factors, values descend', () => {
  for (const [m, n] of shapes) {
    const [a, r] = [numbers(m * n), Math.min(m, n)]
    const [u, s, vt] = [new Float64Array(m * r), new Float64Array(r), new Float64Array(r * n)]
    expect(gesdd?.(m, n, a.slice(), u, s, vt)).toBe(true)
    expect([...s].sort((p, q) => q - p)).toEqual([...s])
    expectNear(product(r, r, m, u, u, true, false), identity(r), 1e-12)
    expectNear(product(r, r, n, vt, vt, false, true), identity(r), 1e-12)
    expectNear(
      product(
        m,
        n,
        r,
        u.map((v, at) => v * s[at % r]),
        vt,
      ),
      a,
      1e-12,
    )
  }
})

test.runIf(geqrf)('geqrf: Q R = A, Q orthonormal, R upper triangular', () => {
  for (const [m, n] of shapes.filter(([rows, cols]) => rows >= cols)) {
    const a = numbers(m * n)
    const [q, r] = [new Float64Array(m * n), new Float64Array(n * n)]
    expect(geqrf?.(m, n, a.slice(), q, r)).toBe(true)
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) expect(r[i * n + j]).toBe(0)
    expectNear(product(n, n, m, q, q, true, false), identity(n), 1e-12)
    expectNear(product(m, n, n, q, r), a, 1e-12)
  }
})

test.runIf(gesdd)('refuses what does not fit', () => {
  const v = (length: number) => new Float64Array(length)
  expect(() => potrf?.(3, v(8), 3)).toThrow('potrf: a 3 × 3 matrix with row distance 3 takes 9 numbers; got 8.')
  expect(() => syevd?.(3, v(9), v(2))).toThrow('syevd w: 3 entries are needed; got 2.')
  expect(() => gesdd?.(3, 2, v(6), v(5), v(2), v(4))).toThrow('gesdd u')
  expect(() => geqrf?.(3, 2, v(6), v(6), v(3))).toThrow('geqrf r')
})
