/**
 * Chooses a backend and gives the solvers their `Compute`.
 * @module
 */
import { DomainError, ShapeError } from '../errors.ts'
import { createRegion } from './arena.ts'
import { type Backend, loadBackend } from './backends/load.ts'
import { processors } from './backends/pool.ts'
import type { BackendName, Compute } from './compute.ts'
import type { Dense } from './dense.ts'
import type { Masks } from './masks.ts'
import { adjointUnits, gramUnits, slabCount } from './operations.ts'
import { pairGram, pairsPay } from './pairGram.ts'
import { createRunner, type Runner } from './runner.ts'

/** What may be chosen; `auto` takes OpenBLAS where it is found and sound, else WebAssembly. */
export interface ComputeOptions {
  readonly backend?: 'auto' | BackendName
  /** Threads in all, the calling one included; at least 1. Default: the processors there are. */
  readonly threads?: number
}

/**
 * A `Compute` on the given backend.
 *
 * @throws DomainError for an unknown backend or a number of threads below 1.
 * @throws PeerError when a backend is named and cannot run here.
 */
export function createCompute(options: ComputeOptions = {}): Compute {
  const { backend = 'auto', threads = processors() } = options
  if (!['auto', 'wasm', 'openblas', 'js'].includes(backend))
    throw new DomainError(`createCompute: backend must be auto, wasm, openblas or js; got ${backend}.`)
  if (!(Number.isInteger(threads) && threads >= 1))
    throw new DomainError(`createCompute: threads must be a whole number ≥ 1; got ${threads}.`)
  const loaded = loadBackend(backend)
  return computeOver(loaded, createRunner(loaded, threads))
}

let chosen: ComputeOptions | undefined
let shared: Compute | undefined

/** The one `Compute` of this process, made when first asked for: NADIR_BACKEND and NADIR_THREADS, else the best there is. */
export function compute(): Compute {
  shared ??= createCompute(chosen ?? environment())
  return shared
}

/** Sets what `compute()` will be from now on; a `Compute` already made is closed. */
export function configureCompute(options: ComputeOptions): Compute {
  const next = createCompute({ ...environment(), ...options })
  shared?.close()
  chosen = options
  shared = next
  return next
}

function environment(): ComputeOptions {
  const env = globalThis.process?.env ?? {}
  return {
    ...(env.NADIR_BACKEND ? { backend: env.NADIR_BACKEND as BackendName } : {}),
    ...(env.NADIR_THREADS ? { threads: Number(env.NADIR_THREADS) } : {}),
  }
}

function computeOver(loaded: Backend, runner: Runner): Compute {
  const { kernels, notes, home, blas, module } = loaded
  const { run, pool } = runner
  const region = () => createRegion(home)

  /** Runs a sum over rows in slabs, each into an array of its own, and adds them up in order. */
  function inSlabs(
    samples: number,
    units: number,
    out: Float64Array,
    work: (slabs: number, partials: Float64Array) => void,
  ): void {
    const slabs = slabCount(samples, units)
    const held = region()
    const partials = held.float64((slabs - 1) * out.length)
    work(slabs, partials)
    for (let slab = 1; slab < slabs; slab++)
      kernels.axpy(1, partials.subarray((slab - 1) * out.length, slab * out.length), out)
    held.dispose()
  }

  function adjoint(x: Dense, m: Masks, r: Float64Array, out: Float64Array): void {
    inSlabs(x.rows, adjointUnits(m.patterns), out, (slabs, partials) =>
      run({
        operation: 'gatedAdjoint',
        numbers: [x.rows, x.cols, m.patterns, m.stride, slabs],
        arrays: [x.data, m.words, r, out, partials],
      }),
    )
  }

  return {
    backend: kernels.name,
    threads: 1 + (pool?.workers ?? 0),
    kernels,
    notes,
    details: {
      ...(blas ? { library: { path: blas.paths.library, version: blas.version } } : {}),
      ...(module ? { fused: module.fused } : {}),
      shared: home?.shared ?? false,
      helped: () => pool?.helped() ?? 0,
    },
    region,
    gatedForward(x, m, u, out) {
      checkGated('gatedForward', x, m)
      checkLength('gatedForward u', u, m.patterns * x.cols)
      checkLength('gatedForward out', out, x.rows)
      run({
        operation: 'gatedForward',
        numbers: [x.rows, x.cols, m.patterns, m.stride],
        arrays: [x.data, m.words, u, out],
      })
      return out
    },
    gatedAdjoint(x, m, r, out) {
      checkGated('gatedAdjoint', x, m)
      checkLength('gatedAdjoint r', r, x.rows)
      checkLength('gatedAdjoint out', out, m.patterns * x.cols)
      adjoint(x, m, r, out)
      return out
    },
    gatedGram(x, left, right, out, w) {
      const [n, d] = [x.rows, x.cols]
      checkGated('gatedGram', x, left)
      checkGated('gatedGram', x, right)
      checkLength('gatedGram out', out, left.patterns * d * right.patterns * d)
      if (w) checkLength('gatedGram w', w, n)
      if (right === left && pairsPay(left.patterns, d)) {
        const held = region()
        pairGram(x, left, out, { w, adjoint, region: held })
        held.dispose()
        return out
      }
      const symmetric = right === left ? 1 : 0
      const units = gramUnits(left.patterns * d, right.patterns * d, symmetric)
      inSlabs(n, units, out, (slabs, partials) =>
        run({
          operation: 'gatedGram',
          numbers: [n, d, left.patterns, right.patterns, left.stride, right.stride, symmetric, w ? 1 : 0, slabs],
          arrays: [x.data, left.words, right.words, out, partials, w ?? partials],
        }),
      )
      return out
    },
    gatedOuter(x, m, factors, out) {
      const [n, d] = [x.rows, x.cols]
      checkGated('gatedOuter', x, m)
      checkLength('gatedOuter factors', factors, m.patterns * d * d)
      checkLength('gatedOuter out', out, n * n)
      // Patterns in panels of about 512 rows of Y: deep enough for the product to run at full speed.
      const panel = Math.max(1, Math.floor(512 / Math.max(1, d)))
      const held = region()
      const y = held.float64(Math.min(panel, m.patterns) * d * n)
      for (let k = 0; k < m.patterns; k += panel) {
        const patterns = Math.min(panel, m.patterns - k)
        run({
          operation: 'gatedFactors',
          numbers: [n, d, patterns, m.stride],
          arrays: [x.data, m.words.subarray(k * m.stride), factors.subarray(k * d * d), y],
        })
        run({ operation: 'syrk', numbers: [1, n, patterns * d, 1, n, 1, n], arrays: [y, out] })
      }
      held.dispose()
      return out
    },
    gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
      run({
        operation: 'gemm',
        numbers: [transA ? 1 : 0, transB ? 1 : 0, m, n, k, alpha, lda, ldb, beta, ldc],
        arrays: [a, b, c],
      })
    },
    syrk(trans, n, k, alpha, a, lda, beta, c, ldc) {
      run({ operation: 'syrk', numbers: [trans ? 1 : 0, n, k, alpha, lda, beta, ldc], arrays: [a, c] })
    },
    ready: async () => pool?.ready(),
    close: runner.close,
  }
}

function checkGated(who: string, x: Dense, m: Masks): void {
  if (m.samples !== x.rows)
    throw new ShapeError(`${who}: masks must cover the ${x.rows} rows of X; got ${m.samples} samples.`)
}

function checkLength(who: string, array: Float64Array, length: number): void {
  if (array.length !== length) throw new ShapeError(`${who}: ${length} numbers are needed; got ${array.length}.`)
}
