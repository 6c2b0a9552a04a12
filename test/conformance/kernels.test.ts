import { setFlagsFromString } from 'node:v8'
import { expect, test } from 'vitest'
import { type Arena, arena, createRegion } from '../../src/matrix/arena.ts'
import { loadBackend } from '../../src/matrix/backends/load.ts'
import { findOpenblas } from '../../src/matrix/backends/openblas.ts'
import { wasmKernels, workspaceSize } from '../../src/matrix/backends/wasm.ts'
import { compileKernels, instantiateKernels } from '../../src/matrix/backends/wasmModule.ts'
import type { Kernels, Region } from '../../src/matrix/compute.ts'
import { naiveCountSketch, naiveGemm, naiveHadamard } from '../oracles/kernels.ts'
import { expectNear, expectSame, numbers, padded, words } from '../oracles/numbers.ts'

// Laws of `Kernels`, the same for every backend: each kernel against its definition on shapes around the sizes of vectors,
// tiles and blocks, with row distances and transposes, on arrays in the arena and outside. Where an array lies must not
// change a bit. NaN fills whatever must not be read.

/** Hands out arrays in the arena or plain ones, with the same contents. */
type Place = <T extends Float64Array | Float32Array | Uint32Array | Int32Array>(source: T) => T

// Node 20 has the fused build's instructions behind a flag, later ones always.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd')

interface Subject {
  readonly kernels: Kernels
  readonly home: Arena | undefined
}

/** The embedded kernels of one of the two builds. */
function embedded(fused: boolean): Subject {
  const home = arena()
  const module = compileKernels(home.shared, fused)
  if (module?.fused !== fused) throw new Error('This engine does not take the build.')
  const exports = instantiateKernels(module.module, home.memory)
  return { kernels: wasmKernels(exports, home, home.allocate(workspaceSize(exports)) as number), home }
}

const backends: Record<string, () => Subject> = {
  js: () => loadBackend('js'),
  wasm: () => embedded(false),
  'fused wasm': () => embedded(true),
}
const library = findOpenblas()
if (typeof library === 'string') test.skip(library, () => {})
else backends.openblas = () => loadBackend('openblas')
const plain: Place = source => source.slice() as typeof source

function inside(region: Region): Place {
  return source => {
    const make = {
      Float64Array: 'float64',
      Float32Array: 'float32',
      Uint32Array: 'uint32',
      Int32Array: 'int32',
    } as const
    const copy = region[make[source.constructor.name as keyof typeof make]](source.length)
    copy.set(source)
    return copy as typeof source
  }
}

/** Runs `work` on arrays in both places, checks that the bits agree, and returns one result. */
function bothPlaces<T extends ArrayLike<number> | number>(
  backend: Subject,
  work: (kernels: Kernels, place: Place) => T,
): T {
  const region = createRegion(backend.home)
  const outside = work(backend.kernels, plain)
  const within = work(backend.kernels, inside(region))
  const list = (v: ArrayLike<number> | number): ArrayLike<number> => (typeof v === 'number' ? [v] : v)
  // OpenBLAS chooses its code by alignment too, so only there may the last bits differ.
  if (backend.kernels.name === 'openblas') expectNear(list(within), list(outside), 1e-12)
  else expectSame(list(within), list(outside))
  region.dispose()
  return outside
}

const products: [m: number, n: number, k: number][] = [
  [0, 3, 2],
  [3, 0, 2],
  [3, 2, 0],
  [1, 1, 1],
  [1, 5, 3],
  [5, 1, 7],
  [3, 9, 5],
  [4, 4, 4],
  [8, 8, 257],
  [17, 31, 5],
  [255, 3, 2],
  [3, 257, 300],
  [257, 258, 3],
  [129, 9, 256],
]

for (const [name, load] of Object.entries(backends)) {
  const backend = load()

  for (const [transA, transB] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])
    test(`${name}: gemm and sgemm, transposed ${transA}, ${transB}`, () => {
      for (const [m, n, k] of products)
        for (const [alpha, beta, gap] of [
          [1, 0, 0],
          [-0.5, 1, 3],
          [2, -0.25, 1],
        ]) {
          const [lda, ldb, ldc] = [(transA ? m : k) + gap, (transB ? k : n) + gap, n + gap]
          const a = numbers((transA ? k : m) * lda, 1)
          const b = numbers((transB ? n : k) * ldb, 2)
          const c = numbers(m * ldc, 3)
          if (beta === 0) for (let i = 0; i < m; i++) c.fill(Number.NaN, i * ldc, i * ldc + n)
          const want = naiveGemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
          const got = bothPlaces(backend, (kernels, place) => {
            const out = place(c)
            kernels.gemm(transA, transB, m, n, k, alpha, place(a), lda, place(b), ldb, beta, out, ldc)
            return out
          })
          expectNear(got, want, 1e-13)
          const half = bothPlaces(backend, (kernels, place) => {
            const out = place(Float32Array.from(c))
            const [a32, b32] = [place(Float32Array.from(a)), place(Float32Array.from(b))]
            kernels.sgemm(transA, transB, m, n, k, alpha, a32, lda, b32, ldb, beta, out, ldc)
            return out
          })
          expectNear(half, want, 1e-4)
        }
    })

  test(`${name}: gemm on staged pieces deeper and wider than a tile`, () => {
    for (const [m, n, k] of [[270, 300, 520]]) {
      const [a, b, c] = [numbers(m * k), numbers(k * n, 2), numbers(m * n, 3)]
      const got = bothPlaces(backend, (kernels, place) => {
        const out = place(c)
        kernels.gemm(false, false, m, n, k, 1, place(a), k, place(b), n, 1, out, n)
        return out
      })
      expectNear(got, naiveGemm(false, false, m, n, k, 1, a, k, b, n, 1, c, n), 1e-12)
    }
  })

  test(`${name}: gemv`, () => {
    for (const [m, n] of [
      [0, 3],
      [3, 0],
      [1, 1],
      [5, 3],
      [17, 4],
      [255, 257],
      [3, 9001],
      [9003, 2],
    ])
      for (const trans of [false, true])
        for (const beta of [0, 1, -0.5]) {
          const lda = n + 2
          const [a, x] = [numbers(m * lda), numbers(trans ? m : n, 2)]
          const y = beta === 0 ? new Float64Array(trans ? n : m).fill(Number.NaN) : numbers(trans ? n : m, 3)
          const want = trans
            ? naiveGemm(true, false, n, 1, m, 0.75, a, lda, x, 1, beta, y, 1)
            : naiveGemm(false, false, m, 1, n, 0.75, a, lda, x, 1, beta, y, 1)
          const got = bothPlaces(backend, (kernels, place) => {
            const out = place(y)
            kernels.gemv(trans, m, n, 0.75, place(a), lda, place(x), beta, out)
            return out
          })
          expectNear(got, want, 1e-12)
        }
  })

  test(`${name}: syrk leaves the upper triangle alone`, () => {
    for (const n of [0, 1, 5, 65, 130])
      for (const k of [0, 7, 260])
        for (const trans of [false, true])
          for (const beta of [0, 1, -2]) {
            const [lda, ldc] = [(trans ? n : k) + 1, n + 2]
            const a = numbers((trans ? k : n) * lda)
            const c = numbers(n * ldc, 5)
            if (beta === 0) for (let i = 0; i < n; i++) c.fill(Number.NaN, i * ldc, i * ldc + i + 1)
            const want = naiveGemm(trans, !trans, n, n, k, 1.5, a, lda, a, lda, beta, c, ldc)
            for (let i = 0; i < n; i++) want.set(c.subarray(i * ldc + i + 1, i * ldc + n), i * ldc + i + 1)
            const got = bothPlaces(backend, (kernels, place) => {
              const out = place(c)
              kernels.syrk(trans, n, k, 1.5, place(a), lda, beta, out, ldc)
              return out
            })
            expectNear(got, want, 1e-12)
          }
  })

  test(`${name}: trsm undoes the product with the triangle`, () => {
    for (const m of [1, 2, 5, 64, 65, 150])
      for (const n of [0, 1, 3, 9])
        for (const trans of [false, true]) {
          const [ldl, ldb] = [m + 1, n + 3]
          const l = numbers(m * ldl, 2).map(v => v / m)
          for (let i = 0; i < m; i++) {
            l[i * ldl + i] = 1.5 + i / m
            l.fill(Number.NaN, i * ldl + i + 1, i * ldl + m)
          }
          const lower = l.map(v => (Number.isNaN(v) ? 0 : v))
          const b = numbers(m * ldb, 3)
          const got = bothPlaces(backend, (kernels, place) => {
            const out = place(b)
            kernels.trsm(trans, m, n, 2, place(l), ldl, out, ldb)
            return out
          })
          const back = naiveGemm(trans, false, m, n, m, 0.5, lower, ldl, got, ldb, 0, got, ldb)
          expectNear(back, b, 1e-12)
        }
  })

  test(`${name}: dot and axpy`, () => {
    for (const n of [0, 1, 3, 8, 17, 255, 9001, 20000]) {
      const [x, y] = [numbers(n), numbers(n, 2)]
      expectNear(
        [bothPlaces(backend, (kernels, place) => kernels.dot(place(x), place(y)))],
        [x.reduce((sum, v, i) => sum + v * y[i], 0)],
        1e-12,
      )
      const got = bothPlaces(backend, (kernels, place) => {
        const out = place(y)
        kernels.axpy(-0.3, place(x), out)
        return out
      })
      expectNear(
        got,
        y.map((v, i) => v - 0.3 * x[i]),
        1e-15,
      )
    }
  })

  test(`${name}: transpose`, () => {
    for (const [rows, cols] of [
      [0, 2],
      [1, 1],
      [3, 5],
      [16, 17],
      [33, 257],
      [300, 270],
    ]) {
      const a = numbers(rows * (cols + 1))
      const got = bothPlaces(backend, (kernels, place) => {
        const out = place(new Float64Array(cols * (rows + 2)).fill(7))
        kernels.transpose(rows, cols, place(a), cols + 1, out, rows + 2)
        return out
      })
      expectSame(
        got,
        padded(cols, rows, rows + 2, 7, (j, i) => a[i * (cols + 1) + j]),
      )
    }
  })

  test(`${name}: gated products of blocks of rows`, () => {
    for (const [count, patterns, d] of [
      [0, 2, 3],
      [1, 1, 1],
      [5, 3, 2],
      [31, 17, 3],
      [250, 16, 5],
      [300, 33, 7],
      [257, 5, 67],
      [1100, 7, 4],
      [40, 530, 3],
    ]) {
      const [stride, ldx] = [Math.ceil(count / 32) + 1, d + 1]
      const bits = words(patterns * stride)
      const on = (k: number, i: number) => (bits[k * stride + (i >>> 5)] >>> (i & 31)) & 1
      const [x, u] = [numbers(count * ldx), numbers(patterns * d, 2)]
      const [r, f, g] = [numbers(count, 3), numbers(count, 4), numbers(patterns * d, 5)]
      r.fill(0, 0, Math.floor(count / 4))
      const forward = bothPlaces(backend, (kernels, place) => {
        const into = place(f)
        kernels.gatedForward(place(bits), stride, patterns, count, place(x), ldx, d, place(u), into)
        return into
      })
      const adjoint = bothPlaces(backend, (kernels, place) => {
        const into = place(g)
        kernels.gatedAdjoint(place(bits), stride, patterns, count, place(x), ldx, d, place(r), into)
        return into
      })
      for (let k = 0; k < patterns; k++)
        for (let i = 0; i < count; i++)
          for (let j = 0; j < d && on(k, i) === 1; j++) {
            f[i] += x[i * ldx + j] * u[k * d + j]
            g[k * d + j] += r[i] * x[i * ldx + j]
          }
      expectNear(forward, f, 1e-12)
      expectNear(adjoint, g, 1e-12)
    }
  })

  test(`${name}: masked kernels read no sample beyond the count`, () => {
    for (const count of [0, 1, 3, 4, 5, 31, 33, 200, 255, 256])
      for (const patterns of [0, 1, 2, 5, 300]) {
        const [stride, ld] = [10, count + 3]
        const bits = words(patterns * stride)
        const on = (k: number, i: number) => ((bits[k * stride + (i >>> 5)] >>> (i & 31)) & 1) === 1
        const [z, r, out] = [numbers(patterns * ld), numbers(count, 2), numbers(count, 3)]
        const sum = bothPlaces(backend, (kernels, place) => {
          const into = place(out)
          kernels.maskedSum(place(bits), stride, patterns, count, place(z), ld, into)
          return into
        })
        const wanted = out.map((v, i) => {
          for (let k = 0; k < patterns; k++) if (on(k, i)) v += z[k * ld + i]
          return v
        })
        expectSame(sum, wanted)
        const spread = bothPlaces(backend, (kernels, place) => {
          const into = place(new Float64Array(patterns * ld).fill(9))
          kernels.maskedSpread(place(bits), stride, patterns, count, place(r), into, ld)
          return into
        })
        expectSame(
          spread,
          padded(patterns, count, ld, 9, (k, i) => (on(k, i) ? r[i] : 0)),
        )
        if (patterns === 0) continue
        const panel = bothPlaces(backend, (kernels, place) => {
          const into = place(new Float64Array(patterns * ld).fill(9))
          kernels.maskedPanel(place(bits), patterns, count, place(z), ld, into, ld)
          return into
        })
        const masked = padded(patterns, count, ld, 9, (k, i) => (on(0, i) ? z[k * ld + i] : 0))
        expectSame(panel, masked)
        const own = bothPlaces(backend, (kernels, place) => {
          const into = place(z)
          kernels.maskedPanel(place(bits), patterns, count, into, ld, into, ld)
          return into
        })
        for (let k = 0; k < patterns; k++) own.fill(9, k * ld + count, (k + 1) * ld)
        expectSame(own, masked)
      }
  })

  test(`${name}: fwht is the Hadamard matrix`, () => {
    for (const [rows, cols] of [
      [1, 3],
      [2, 1],
      [4, 1],
      [8, 3],
      [64, 5],
      [256, 1],
      [512, 7],
      [2, 0],
    ]) {
      const a = numbers(rows * cols)
      const got = bothPlaces(backend, (kernels, place) => {
        const out = place(a)
        kernels.fwht(out, rows, cols)
        return out
      })
      expectNear(got, naiveHadamard(a, rows, cols), 1e-12)
    }
  })

  test(`${name}: fwht of more than can be staged is its own inverse`, () => {
    const [rows, cols] = [2 ** 17, 3]
    const a = numbers(rows * cols)
    const got = bothPlaces(backend, (kernels, place) => {
      const out = place(a)
      kernels.fwht(out, rows, cols)
      expect(Math.abs(out[0] - a.reduce((sum, v, i) => sum + (i % cols === 0 ? v : 0), 0))).toBeLessThan(1e-9)
      kernels.fwht(out, rows, cols)
      return out
    })
    expectNear(
      got.map(v => v / rows),
      a,
      1e-12,
    )
  })

  test(`${name}: countSketch`, () => {
    for (const [rows, cols, buckets] of [
      [0, 3, 2],
      [1, 1, 1],
      [50, 3, 7],
      [9000, 5, 20],
      [40, 2, 70000],
      [30, 4, 200000],
    ]) {
      const [a, out] = [numbers(rows * cols), numbers(buckets * cols, 2)]
      const bucket = Int32Array.from(numbers(rows, 3), v => Math.floor((Math.abs(v) * buckets) % buckets))
      const sign = numbers(rows, 4).map(v => (v > 0 ? 1 : -0.5))
      const got = bothPlaces(backend, (kernels, place) => {
        const into = place(out)
        kernels.countSketch(place(a), rows, cols, place(bucket), place(sign), into)
        return into
      })
      expectSame(got, naiveCountSketch(a, rows, cols, bucket, sign, out))
    }
  })

  test(`${name}: refuses what does not fit`, () => {
    const { kernels } = backend
    const v = (length: number) => new Float64Array(length)
    expect(() => kernels.gemm(false, false, 2, 2, 2, 1, v(3), 2, v(4), 2, 0, v(4), 2)).toThrow(
      'gemm A: a 2 × 2 matrix with row distance 2 takes 4 numbers; got 3.',
    )
    expect(() => kernels.gemm(false, false, 2, 2, 2, 1, v(4), 1, v(4), 2, 0, v(4), 2)).toThrow(
      'gemm A: the row distance must be at least the 2 columns; got 1.',
    )
    const single = new Float32Array(4) as unknown as Float64Array
    expect(() => kernels.gemm(false, false, 2, 2, 2, 1, v(4), 2, single, 2, 0, v(4), 2)).toThrow(
      'gemm B: numbers must come as Float64Array; got Float32Array.',
    )
    expect(() => kernels.gemv(false, 2, 2.5, 1, v(9), 3, v(3), 0, v(2))).toThrow(
      'whole numbers in 0..2147483647; got 2.5',
    )
    expect(() => kernels.syrk(false, 3, 1, 1, v(3), 1, 0, v(8), 3)).toThrow('syrk C')
    expect(() => kernels.trsm(false, 2, 2, 1, v(4), 2, v(3), 2)).toThrow('trsm B')
    expect(() => kernels.dot(v(3), v(2))).toThrow('dot y: 3 entries are needed; got 2.')
    expect(() => kernels.axpy(1, v(3), v(2))).toThrow('axpy y: 3 entries are needed; got 2.')
    expect(() => kernels.maskedSum(new Uint32Array(80), 8, 1, 257, v(300), 257, v(300))).toThrow(
      'maskedSum: a block holds 0..256 samples; got 257.',
    )
    expect(() => kernels.maskedSpread(new Uint32Array(7), 8, 1, 256, v(256), v(256), 256)).toThrow(
      'maskedSpread: 8 entries are needed; got 7.',
    )
    expect(() => kernels.fwht(v(12), 6, 2)).toThrow('fwht: the number of rows must be a power of two; got 6.')
    expect(() => kernels.countSketch(v(2), 2, 1, Int32Array.of(0, 3), v(2), v(3))).toThrow(
      'countSketch: buckets must lie in 0..2; got 3 for row 1.',
    )
  })
}
