/**
 * Compute: the inner loops that everything stands on, behind one interface.
 *
 * Three backends implement `Kernels` (one thread, no shape checks beyond lengths): `js` (the readable twin), `wasm`
 * (embedded, Node and browsers) and `openblas` (FFI). `Compute` adds the arena and the operations that are cut into
 * tasks for workers; the cut depends on the shape alone, never on the number of threads, and no task reduces into
 * another's output, so any number of threads gives the same bits.
 * @module
 */
import type { Dense } from './dense.ts'
import type { Masks } from './masks.ts'

/** The backends there are; `js` runs everywhere. */
export type BackendName = 'wasm' | 'openblas' | 'js'

/**
 * One-thread kernels on row-major float64. `lda` is the distance between rows. Arrays may lie in the arena or not: a
 * backend that needs its own memory stages what lies outside. Length and type are checked, since the FFI does not.
 */
export interface Kernels {
  readonly name: BackendName
  /** C ← alpha·op(A)·op(B) + beta·C, with op(A) m × k, op(B) k × n, C m × n. */
  gemm(
    transA: boolean,
    transB: boolean,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: Float64Array,
    lda: number,
    b: Float64Array,
    ldb: number,
    beta: number,
    c: Float64Array,
    ldc: number,
  ): void
  /** As gemm, in float32. */
  sgemm(
    transA: boolean,
    transB: boolean,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: Float32Array,
    lda: number,
    b: Float32Array,
    ldb: number,
    beta: number,
    c: Float32Array,
    ldc: number,
  ): void
  /** y ← alpha·op(A)·x + beta·y; A is m × n as stored. */
  gemv(
    trans: boolean,
    m: number,
    n: number,
    alpha: number,
    a: Float64Array,
    lda: number,
    x: Float64Array,
    beta: number,
    y: Float64Array,
  ): void
  /** Lower triangle of C ← alpha·op(A)·op(A)ᵀ + beta·C, C n × n; op(A) = A (n × k) or Aᵀ (A stored k × n) when `trans`. */
  syrk(
    trans: boolean,
    n: number,
    k: number,
    alpha: number,
    a: Float64Array,
    lda: number,
    beta: number,
    c: Float64Array,
    ldc: number,
  ): void
  /** B ← alpha·op(L)⁻¹·B, L lower triangular m × m, B m × n. */
  trsm(
    trans: boolean,
    m: number,
    n: number,
    alpha: number,
    l: Float64Array,
    ldl: number,
    b: Float64Array,
    ldb: number,
  ): void
  /** out ← Aᵀ; A is rows × cols. */
  transpose(rows: number, cols: number, a: Float64Array, lda: number, out: Float64Array, ldo: number): void
  dot(x: Float64Array, y: Float64Array): number
  /** y ← y + alpha·x. */
  axpy(alpha: number, x: Float64Array, y: Float64Array): void
  /**
   * out[i] ← out[i] + Σ_k bit(k, i)·x_i·u_k for i < count: rows of X from `x` on, row k of `u` ∈ R^{patterns × d}; `words`
   * starts at the first word of pattern 0 for these rows, pattern k begins `stride` words further.
   */
  gatedForward(
    words: Uint32Array,
    stride: number,
    patterns: number,
    count: number,
    x: Float64Array,
    ldx: number,
    d: number,
    u: Float64Array,
    out: Float64Array,
  ): void
  /** out[k·d + j] ← out[k·d + j] + Σ_i bit(k, i)·r_i·x_ij for i < count; arguments as in gatedForward. */
  gatedAdjoint(
    words: Uint32Array,
    stride: number,
    patterns: number,
    count: number,
    x: Float64Array,
    ldx: number,
    d: number,
    r: Float64Array,
    out: Float64Array,
  ): void
  /**
   * out[i] ← out[i] + Σ_k bit(k, i)·z[k·ldz + i] for i < count ≤ 256: `words` starts at the block's first word of pattern
   * 0, pattern k begins `stride` words further.
   */
  maskedSum(
    words: Uint32Array,
    stride: number,
    patterns: number,
    count: number,
    z: Float64Array,
    ldz: number,
    out: Float64Array,
  ): void
  /** out[k·ldo + i] ← bit(k, i)·r[i] for i < count ≤ 256. */
  maskedSpread(
    words: Uint32Array,
    stride: number,
    patterns: number,
    count: number,
    r: Float64Array,
    out: Float64Array,
    ldo: number,
  ): void
  /** out[j·ldo + i] ← bit(i)·xt[j·ldx + i] for j < d, i < count ≤ 256: the masked panel (D X)ᵀ of one pattern. */
  maskedPanel(
    words: Uint32Array,
    d: number,
    count: number,
    xt: Float64Array,
    ldx: number,
    out: Float64Array,
    ldo: number,
  ): void
  /** Walsh–Hadamard butterflies in place on each column of a (rows = 2^p) × cols matrix, natural order, unnormalised. */
  fwht(a: Float64Array, rows: number, cols: number): void
  /** out[bucket[i]·cols + j] ← out[…] + sign[i]·a[i·cols + j] for i < rows. */
  countSketch(
    a: Float64Array,
    rows: number,
    cols: number,
    bucket: Int32Array,
    sign: Float64Array,
    out: Float64Array,
  ): void
  /** Cholesky factor L in place in the lower triangle; false when not positive definite. Absent: factor/ uses its own. */
  potrf?(n: number, a: Float64Array, lda: number): boolean
  /** Eigenvalues ascending in `w`; row i of `a` becomes eigenvector i (symmetric a, full storage). */
  syevd?(n: number, a: Float64Array, w: Float64Array): boolean
  /** Thin SVD of m × n: u m × r, s r descending, vt r × n, r = min(m, n); `a` is destroyed. */
  gesdd?(m: number, n: number, a: Float64Array, u: Float64Array, s: Float64Array, vt: Float64Array): boolean
  /** Householder QR in place (LAPACK layout on the transpose is the backend's business): r n × n upper, q m × n. */
  geqrf?(m: number, n: number, a: Float64Array, q: Float64Array, r: Float64Array): boolean
}

/** A slice of memory that all backends and workers can see. */
export interface Region {
  float64(length: number): Float64Array
  float32(length: number): Float32Array
  uint32(length: number): Uint32Array
  int32(length: number): Int32Array
  /** Copies into the region (or returns `source` itself when it lies there already). */
  own(source: Float64Array): Float64Array
  ownMasks(m: Masks): Masks
  /** Gives everything back; views handed out must not be used any more. */
  dispose(): void
}

/** What runs under a `Compute`. */
export interface ComputeDetails {
  /** Path or soname of the BLAS library and what it says of itself. */
  readonly library?: { readonly path: string; readonly version: string }
  /** Whether the embedded kernels fuse multiply and add; absent when there are none. */
  readonly fused?: boolean
  /** Whether the arena is shared between threads. */
  readonly shared: boolean
  /** Tasks that workers (not the calling thread) have done so far. */
  helped(): number
}

/** What the solvers use. Shapes: X n × d, masks P × n, U P × d (one group a row), f and r in R^n. */
export interface Compute {
  readonly backend: BackendName
  readonly threads: number
  readonly kernels: Kernels
  /** What was decided and why, one plain sentence each (library found, refused or absent …); for `nadir doctor`. */
  readonly notes: readonly string[]
  readonly details: ComputeDetails
  region(): Region
  /** f_i = Σ_k bit(k, i)·x_i·u_k. Cost 2·n·d·P flops; streamed, memory P·256. */
  gatedForward(x: Dense, m: Masks, u: Float64Array, out: Float64Array): Float64Array
  /** Row k of out ∈ R^{P × d} = Σ_i bit(k, i)·r_i·x_i. Cost 2·n·d·P flops. */
  gatedAdjoint(x: Dense, m: Masks, r: Float64Array, out: Float64Array): Float64Array
  /**
   * Rows of the Gram matrix A_LᵀA_R with A_k = D_k X (optionally row weights w ≥ 0 inside): out is (|L|·d) × (|R|·d),
   * block (a, b) = Xᵀ D_a W D_b X. When `right` is `left` only blocks b ≤ a are sure to be filled, then mirrored.
   */
  gatedGram(x: Dense, left: Masks, right: Masks, out: Float64Array, w?: Float64Array): Float64Array
  /** Lower triangle of C ← Σ_k D_k X M_k Xᵀ D_k + C with M_k = F_kᵀF_k, F (P·d) × d stacked row-wise: out n × n. */
  gatedOuter(x: Dense, m: Masks, factors: Float64Array, out: Float64Array): Float64Array
  /** Tiled over workers; as Kernels.gemm. */
  gemm(
    transA: boolean,
    transB: boolean,
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: Float64Array,
    lda: number,
    b: Float64Array,
    ldb: number,
    beta: number,
    c: Float64Array,
    ldc: number,
  ): void
  /** Tiled over workers; as Kernels.syrk. */
  syrk(
    trans: boolean,
    n: number,
    k: number,
    alpha: number,
    a: Float64Array,
    lda: number,
    beta: number,
    c: Float64Array,
    ldc: number,
  ): void
  /** Starts the workers and resolves when all are at work; without it they help as they come. */
  ready(): Promise<void>
  /** Ends the workers; what is asked for later is done by the calling thread alone. */
  close(): void
}
