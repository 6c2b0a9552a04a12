import { test } from 'vitest'
import { findOpenblas } from '../../src/matrix/backends/openblas.ts'
import type { BackendName } from '../../src/matrix/compute.ts'
import { createCompute } from '../../src/matrix/createCompute.ts'
import { dense } from '../../src/matrix/dense.ts'
import { type Masks, masks, setMaskBit } from '../../src/matrix/masks.ts'
import { naiveAdjoint, naiveForward, naiveGemm, naiveGram, naiveOuter } from '../oracles/kernels.ts'
import { expectNear, numbers } from '../oracles/numbers.ts'

// Laws of `Compute` on every backend: each shared operation against its definition, on shapes that cross the blocks of
// 256 rows, 256 patterns, 256 columns and the slabs of 2048 rows, and are empty.

const library = findOpenblas()
const backends: BackendName[] = ['js', 'wasm']
if (typeof library === 'string') test.skip(library, () => {})
else backends.push('openblas')

function patterns(count: number, samples: number, start = 3): Masks {
  const m = masks(count, samples)
  const draw = numbers(count * samples, start)
  for (let k = 0; k < count; k++) for (let i = 0; i < samples; i++) if (draw[k * samples + i] > 0) setMaskBit(m, k, i)
  return m
}

const near = (got: ArrayLike<number>, want: ArrayLike<number>, tolerance = 1e-11) => expectNear(got, want, tolerance)

const shapes: [n: number, d: number, p: number][] = [
  [0, 3, 2],
  [1, 1, 1],
  [5, 3, 1],
  [37, 1, 17],
  [255, 2, 5],
  [256, 7, 3],
  [257, 5, 130],
  [600, 3, 20],
  [40, 300, 1],
  [300, 90, 3],
  [4500, 3, 5],
  [4200, 2, 300],
]

for (const backend of backends) {
  const compute = createCompute({ backend, threads: 1 })

  test.each(shapes)(`${backend}: forward and adjoint, n = %i, d = %i, P = %i`, (n, d, p) => {
    const x = dense(n, d, numbers(n * d))
    const m = patterns(p, n)
    const u = numbers(p * d, 5)
    const r = numbers(n, 6)
    near(compute.gatedForward(x, m, u, new Float64Array(n).fill(Number.NaN)), naiveForward(x, m, u))
    near(compute.gatedAdjoint(x, m, r, new Float64Array(p * d).fill(Number.NaN)), naiveAdjoint(x, m, r))
  })

  test.each(shapes.filter(([, d, p]) => d * p < 320))(`${backend}: gram, n = %i, d = %i, P = %i`, (n, d, p) => {
    const x = dense(n, d, numbers(n * d))
    const left = patterns(p, n)
    const right = patterns(2, n, 9)
    const w = numbers(n, 8).map(Math.abs)
    const fresh = (length: number) => new Float64Array(length).fill(Number.NaN)
    near(compute.gatedGram(x, left, left, fresh((p * d) ** 2)), naiveGram(x, left, left))
    near(compute.gatedGram(x, left, left, fresh((p * d) ** 2), w), naiveGram(x, left, left, w))
    near(compute.gatedGram(x, left, right, fresh(2 * p * d * d), w), naiveGram(x, left, right, w))
  })

  test.each([
    [1, 1, 1],
    [37, 3, 5],
    [300, 2, 3],
    [257, 4, 140],
  ])(`${backend}: outer, n = %i, d = %i, P = %i`, (n, d, p) => {
    const x = dense(n, d, numbers(n * d))
    const m = patterns(p, n)
    const factors = numbers(p * d * d, 4)
    const out = numbers(n * n, 2)
    const want = naiveOuter(x, m, factors).map((v, at) => v + out[at])
    compute.gatedOuter(x, m, factors, out)
    for (let i = 0; i < n; i++) near(out.subarray(i * n, i * n + i + 1), want.subarray(i * n, i * n + i + 1), 1e-10)
  })

  test(`${backend}: gemm and syrk in tiles`, () => {
    const [m, n, k] = [520, 270, 20]
    const [a, b, c] = [numbers(m * k), numbers(k * n, 2), numbers(m * n, 3)]
    const want = naiveGemm(true, true, m, n, k, 2, a, m, b, k, 0.5, c, n)
    compute.gemm(true, true, m, n, k, 2, a, m, b, k, 0.5, c, n)
    near(c, want)
    const s = numbers(m * m, 4)
    const square = naiveGemm(false, true, m, m, k, -1, a, k, a, k, 2, s, m)
    compute.syrk(false, m, k, -1, a, k, 2, s, m)
    for (let i = 0; i < m; i++) near(s.subarray(i * m, i * m + i + 1), square.subarray(i * m, i * m + i + 1))
  })
}
