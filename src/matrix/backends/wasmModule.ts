/**
 * The WebAssembly module: which build, compiled once, instantiated per thread.
 * @module
 */
import { fused, type ModuleText, plain } from './generated/kernels.ts'

/** The functions of src/matrix/backends/assembly; addresses are byte offsets, distances count entries. */
export interface Exports {
  workspaceBytes(): number
  dgemm: Product
  sgemm: Product
  gemv: MatrixVector
  gemvT: MatrixVector
  trsm(trans: boolean, m: number, n: number, alpha: number, l: number, ldl: number, b: number, ldb: number): void
  dot(n: number, x: number, y: number): number
  axpy(n: number, alpha: number, x: number, y: number): void
  transpose(rows: number, cols: number, a: number, lda: number, out: number, ldo: number): void
  gatedForward: Gated
  gatedAdjoint: Gated
  maskedSum(words: number, stride: number, patterns: number, count: number, z: number, ldz: number, out: number): void
  maskedSpread(
    words: number,
    stride: number,
    patterns: number,
    count: number,
    r: number,
    out: number,
    ldo: number,
  ): void
  maskedPanel(words: number, d: number, count: number, x: number, ldx: number, out: number, ldo: number): void
  fwht(a: number, rows: number, cols: number): void
  countSketch(
    a: number,
    lda: number,
    rows: number,
    cols: number,
    bucket: number,
    sign: number,
    out: number,
    ldo: number,
  ): void
}

/** C ← alpha·A·B + beta·C with any strides; `work` is a workspace of `workspaceBytes()`. */
export type Product = (
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  rowA: number,
  colA: number,
  b: number,
  rowB: number,
  colB: number,
  beta: number,
  c: number,
  ldc: number,
  work: number,
) => void

/** words, stride, patterns, rows, x, ldx, columns, then u, ldu, f forward and r, g, ldg adjoint; `work` as in the product. */
type Gated = (
  words: number,
  stride: number,
  patterns: number,
  rows: number,
  x: number,
  ldx: number,
  cols: number,
  first: number,
  second: number,
  third: number,
  work: number,
) => void

type MatrixVector = (
  m: number,
  n: number,
  alpha: number,
  a: number,
  lda: number,
  x: number,
  beta: number,
  y: number,
) => void

/** A compiled build. */
export interface KernelModule {
  readonly module: WebAssembly.Module
  /** Whether multiply and add are fused (relaxed SIMD). */
  readonly fused: boolean
}

const compiled = new Map<string, KernelModule>()

/**
 * Compiles the best build that this engine accepts, or undefined when it has no WebAssembly SIMD. Each is compiled once:
 * instances, also those of workers, share the code that the engine has optimised so far.
 */
export function compileKernels(shared: boolean, allowFused = true): KernelModule | undefined {
  if (typeof WebAssembly === 'undefined') return undefined
  for (const build of allowFused ? [fused, plain] : [plain]) {
    const name = `${build === fused} ${shared}`
    const known = compiled.get(name)
    if (known) return known
    const bytes = decode(build, shared)
    if (!WebAssembly.validate(bytes)) continue
    const module = { module: new WebAssembly.Module(bytes), fused: build === fused }
    compiled.set(name, module)
    return module
  }
  return undefined
}

/** The kernels over one memory; instances of several threads share nothing but that memory. */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Exports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Exports
}

/** The same code serves both kinds of memory: no instruction is atomic, and one byte of the import tells the kind. */
function decode(build: ModuleText, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(atob(build.base64), character => character.charCodeAt(0))
  bytes[build.sharedFlag] = shared ? 3 : 1
  return bytes
}
