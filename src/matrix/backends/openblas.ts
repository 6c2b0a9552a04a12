/**
 * The accelerated backend: the system's OpenBLAS through koffi, with Fortran LAPACK from the same library.
 *
 * One thread per call: Nadir's own workers share the work, and skinny products gain nothing from the library's threads.
 * The FFI checks nothing, so every type and length is checked here, and the library must prove itself when it is loaded:
 * 32-bit integers, right results on odd shapes, and a speed that no reference BLAS reaches.
 * @module
 */
import type { Kernels } from '../compute.ts'
import { checkMatrix, checkVector } from './check.ts'
import { jsKernels } from './js.ts'
import { lapack } from './lapack.ts'

/** What a worker needs to load the same library again. */
export interface BlasPaths {
  /** File of the koffi package. */
  readonly koffi: string
  /** File or soname of the library. */
  readonly library: string
}

/** A loaded library that passed its tests. */
export interface Blas {
  readonly paths: BlasPaths
  /** What the library says of itself: version, build, kernel. */
  readonly version: string
  readonly kernels: BlasKernels
}

/** What OpenBLAS does better than the embedded kernels. */
export type BlasKernels = Pick<Kernels, 'gemm' | 'sgemm' | 'gemv' | 'syrk' | 'trsm' | 'dot' | 'axpy'> &
  Pick<Kernels, 'potrf' | 'syevd' | 'gesdd' | 'geqrf'>

/** Calls a function of the library. */
export type Foreign = (...values: unknown[]) => unknown
/** Finds a function by its C declaration; throws when the library lacks it. */
export type Library = (name: string, result: string, parameters: readonly string[]) => Foreign

interface Koffi {
  load(path: string): { func(name: string, result: string, parameters: readonly string[]): Foreign }
}

/** Reference BLAS reaches 4 GFLOP/s, the embedded kernels 20. */
const SLOWEST = 10

const [ROW_MAJOR, PLAIN, TRANSPOSED, LOWER, NON_UNIT, LEFT] = [101, 111, 112, 122, 131, 141]

/**
 * Looks for OpenBLAS: `process.env.NADIR_OPENBLAS` alone when it is set, else where each system keeps it.
 *
 * @returns the library, or the reason why there is none, as a sentence.
 */
export function findOpenblas(): Blas | string {
  const node = globalThis.process
  if (typeof node?.getBuiltinModule !== 'function') return 'openblas: only Node can load a library.'
  let koffi: string
  try {
    koffi = node
      .getBuiltinModule('node:module')
      .createRequire(import.meta.url)
      .resolve('koffi')
  } catch {
    return 'openblas: the optional package koffi is not installed; npm install koffi.'
  }
  const named = node.env.NADIR_OPENBLAS
  let reason = `openblas: no libopenblas was found. ${howToInstall(node.platform)}`
  for (const library of named ? [named] : candidates(node.platform)) {
    try {
      return openBlas({ koffi, library })
    } catch (error) {
      const message = error instanceof Error ? error.message.split('\n')[0] : String(error)
      // A library that is not there is no news, one that is there and refused is.
      if (named || !/load shared library/i.test(message)) reason = `openblas: ${library} was refused: ${message}`
    }
  }
  return reason
}

/** How to get the library on this system. */
export function howToInstall(platform: string): string {
  if (platform === 'darwin') return 'brew install openblas.'
  if (platform === 'win32') return 'Put libopenblas.dll on the PATH, or its path into NADIR_OPENBLAS.'
  return 'apt-get install libopenblas0 (Debian, Ubuntu), dnf install openblas (Fedora), pacman -S openblas (Arch).'
}

function candidates(platform: string): string[] {
  if (platform === 'win32') return ['libopenblas.dll', 'openblas.dll']
  if (platform === 'darwin')
    return ['/opt/homebrew/opt/openblas', '/usr/local/opt/openblas', '/opt/local']
      .map(prefix => `${prefix}/lib/libopenblas.dylib`)
      .concat('libopenblas.dylib')
  return ['libopenblas.so.0', 'libopenblas.so']
}

/**
 * Loads and tests one library.
 *
 * @throws Error with the reason when it cannot be loaded, is not OpenBLAS, or fails a test.
 */
export function openBlas(paths: BlasPaths): Blas {
  const blas = loadOpenblas(paths)
  testResults(blas.kernels)
  testSpeed(blas.kernels)
  return blas
}

/** Loads a library without the tests, as workers do after the calling thread has passed it. */
export function loadOpenblas(paths: BlasPaths): Blas {
  const load = globalThis.process.getBuiltinModule('node:module').createRequire(paths.koffi)
  const handle = (load(paths.koffi) as Koffi).load(paths.library)
  const library: Library = (name, result, parameters) => handle.func(name, result, parameters)
  const version = String(library('openblas_get_config', 'str', [])()).trim()
  if (version.includes('USE64BITINT'))
    throw new Error('it counts in 64-bit integers (an ILP64 build); install the usual one, with 32-bit integers.')
  library('openblas_set_num_threads', 'void', ['int'])(1)
  return { paths, version, kernels: { ...basics(library), ...lapack(library) } }
}

/** OpenBLAS where it is better, the embedded kernels for the rest. */
export function openblasKernels(blas: Blas, embedded: Kernels): Kernels {
  return { ...embedded, ...blas.kernels, name: 'openblas' }
}

function basics(library: Library): BlasKernels {
  const [int, real, array] = ['int', 'double', 'double *']
  const product = ['int', 'int', 'int', 'int', 'int', 'int']
  const dgemm = library('cblas_dgemm', 'void', [...product, real, array, int, array, int, real, array, int])
  const sgemm = library('cblas_sgemm', 'void', [
    ...product,
    ...['float', 'float *', 'int', 'float *', 'int', 'float', 'float *', 'int'],
  ])
  const dgemv = library('cblas_dgemv', 'void', [int, int, int, int, real, array, int, array, int, real, array, int])
  const dsyrk = library('cblas_dsyrk', 'void', [int, int, int, int, int, real, array, int, real, array, int])
  const dtrsm = library('cblas_dtrsm', 'void', [...product, int, real, array, int, array, int])
  const ddot = library('cblas_ddot', real, [int, array, int, array, int])
  const daxpy = library('cblas_daxpy', 'void', [int, real, array, int, array, int])
  const flag = (trans: boolean) => (trans ? TRANSPOSED : PLAIN)
  // The library wants row distances of at least the row, even when there is only one row or none.
  const distance = (ld: number, cols: number) => Math.max(1, ld, cols)

  return {
    gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      checkMatrix('gemm A', a, transA ? k : m, transA ? m : k, lda, 'Float64Array')
      checkMatrix('gemm B', b, transB ? n : k, transB ? k : n, ldb, 'Float64Array')
      checkMatrix('gemm C', c, m, n, ldc, 'Float64Array')
      if (m === 0 || n === 0) return
      const [da, db, dc] = [distance(lda, transA ? m : k), distance(ldb, transB ? k : n), distance(ldc, n)]
      dgemm(ROW_MAJOR, flag(transA), flag(transB), m, n, k, alpha, a, da, b, db, beta, c, dc)
    },
    sgemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      checkMatrix('sgemm A', a, transA ? k : m, transA ? m : k, lda, 'Float32Array')
      checkMatrix('sgemm B', b, transB ? n : k, transB ? k : n, ldb, 'Float32Array')
      checkMatrix('sgemm C', c, m, n, ldc, 'Float32Array')
      if (m === 0 || n === 0) return
      const [da, db, dc] = [distance(lda, transA ? m : k), distance(ldb, transB ? k : n), distance(ldc, n)]
      sgemm(ROW_MAJOR, flag(transA), flag(transB), m, n, k, alpha, a, da, b, db, beta, c, dc)
    },
    gemv(trans, m, n, alpha, a, lda, x, beta, y) {
      checkMatrix('gemv A', a, m, n, lda, 'Float64Array')
      checkVector('gemv x', x, trans ? m : n, 'Float64Array')
      checkVector('gemv y', y, trans ? n : m, 'Float64Array')
      // Scaled here: the library skips empty products, and versions differ in whether 0·NaN is 0.
      if (beta !== 1) for (let i = 0; i < (trans ? n : m); i++) y[i] = beta === 0 ? 0 : beta * y[i]
      if (m === 0 || n === 0) return
      dgemv(ROW_MAJOR, flag(trans), m, n, alpha, a, distance(lda, n), x, 1, 1, y, 1)
    },
    syrk(trans, n, k, alpha, a, lda, beta, c, ldc) {
      checkMatrix('syrk A', a, trans ? k : n, trans ? n : k, lda, 'Float64Array')
      checkMatrix('syrk C', c, n, n, ldc, 'Float64Array')
      if (n === 0) return
      const da = distance(lda, trans ? n : k)
      dsyrk(ROW_MAJOR, LOWER, flag(trans), n, k, alpha, a, da, beta, c, distance(ldc, n))
    },
    trsm(trans, m, n, alpha, l, ldl, b, ldb) {
      checkMatrix('trsm L', l, m, m, ldl, 'Float64Array')
      checkMatrix('trsm B', b, m, n, ldb, 'Float64Array')
      if (m === 0 || n === 0) return
      const [dl, db] = [distance(ldl, m), distance(ldb, n)]
      dtrsm(ROW_MAJOR, LEFT, LOWER, flag(trans), NON_UNIT, m, n, alpha, l, dl, b, db)
    },
    dot(x, y) {
      checkVector('dot x', x, x.length, 'Float64Array')
      checkVector('dot y', y, x.length, 'Float64Array')
      return x.length === 0 ? 0 : Number(ddot(x.length, x, 1, y, 1))
    },
    axpy(alpha, x, y) {
      checkVector('axpy x', x, x.length, 'Float64Array')
      checkVector('axpy y', y, x.length, 'Float64Array')
      if (x.length > 0) daxpy(x.length, alpha, x, 1, y, 1)
    },
  }
}

/** The products on odd shapes against plain loops, with NaN wherever beta = 0 forbids reading. */
function testResults(kernels: BlasKernels): void {
  for (const [m, n, k] of [
    [1, 1, 1],
    [3, 17, 5],
    [33, 9, 65],
    [70, 67, 129],
  ])
    for (const [transA, transB] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ]) {
      const [lda, ldb] = [transA ? m : k, transB ? k : n]
      const a = Float64Array.from({ length: m * k }, (_, i) => ((i * 7919) % 101) / 50 - 1)
      const b = Float64Array.from({ length: k * n }, (_, i) => ((i * 104729) % 89) / 44 - 1)
      for (const beta of [0, 0.5]) {
        const want = new Float64Array(m * n).fill(beta)
        const got = want.map(v => (beta === 0 ? Number.NaN : v))
        jsKernels.gemm(transA, transB, m, n, k, 1.5, a, lda, b, ldb, beta, want, n)
        kernels.gemm(transA, transB, m, n, k, 1.5, a, lda, b, ldb, beta, got, n)
        compare('dgemm', got, want, 1e-12 * k)
        const single = Float32Array.from(want).fill(beta === 0 ? Number.NaN : beta)
        const [a32, b32] = [Float32Array.from(a), Float32Array.from(b)]
        kernels.sgemm(transA, transB, m, n, k, 1.5, a32, lda, b32, ldb, beta, single, n)
        compare('sgemm', single, want, 1e-5 * k)
        const square = new Float64Array(m * m).fill(beta === 0 ? Number.NaN : beta)
        const lower = square.slice()
        jsKernels.syrk(transA, m, k, -1, a, lda, beta, square, m)
        kernels.syrk(transA, m, k, -1, a, lda, beta, lower, m)
        for (let i = 0; i < m; i++) {
          const row = [i * m, i * m + i + 1] as const
          compare('dsyrk', lower.subarray(...row), square.subarray(...row), 1e-12 * k)
        }
      }
      const right = b.subarray(0, n)
      const [got, want] = [new Float64Array(m), new Float64Array(m)]
      const columns = b.slice(0, m * n).fill(0.5, Math.min(b.length, m * n))
      if (columns.length === m * n) {
        jsKernels.gemv(false, m, n, 2, columns, n, right, 0, want)
        kernels.gemv(false, m, n, 2, columns, n, right, 0, got)
        compare('dgemv', got, want, 1e-12 * n)
      }
    }
}

function compare(name: string, got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void {
  for (let i = 0; i < want.length; i++)
    if (!(Math.abs(got[i] - want[i]) <= tolerance))
      throw new Error(`its ${name} is wrong (${got[i]} instead of ${want[i]}); see OPENBLAS_CORETYPE.`)
}

/** Several tries, since a busy machine makes any one of them slow. */
function testSpeed(kernels: BlasKernels): void {
  const n = 256
  const [a, c] = [new Float64Array(n * n).fill(0.5), new Float64Array(n * n)]
  let best = 0
  for (let attempt = 0; attempt < 24 && best < SLOWEST; attempt++) {
    const start = performance.now()
    kernels.gemm(false, false, n, n, n, 1, a, n, a, n, 0, c, n)
    best = Math.max(best, (2 * n ** 3) / (performance.now() - start) / 1e6)
  }
  if (best < SLOWEST)
    throw new Error(`it reaches ${best.toFixed(1)} GFLOP/s, the embedded kernels are faster (a reference BLAS?).`)
}
