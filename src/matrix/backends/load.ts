/**
 * Finds the backend that can run here.
 * @module
 */
import { PeerError } from '../../errors.ts'
import { type Arena, arena, createRegion } from '../arena.ts'
import type { BackendName, Kernels } from '../compute.ts'
import { jsKernels } from './js.ts'
import { type Blas, findOpenblas, openblasKernels } from './openblas.ts'
import { warmUp, wasmKernels, workspaceSize } from './wasm.ts'
import { compileKernels, instantiateKernels, type KernelModule } from './wasmModule.ts'

/** A backend made ready for the calling thread. */
export interface Backend {
  readonly kernels: Kernels
  /** One plain sentence for each thing that was decided. */
  readonly notes: readonly string[]
  /** Absent where there is no WebAssembly at all. */
  readonly home: Arena | undefined
  readonly module: KernelModule | undefined
  readonly blas: Blas | undefined
  /** Bytes of arena that one thread's kernels need. */
  readonly workspace: number
}

/**
 * Loads `wanted`; `auto` takes the first of openblas, wasm and js that runs here, and notes why others did not.
 *
 * @throws PeerError when a named backend cannot run here.
 */
export function loadBackend(wanted: 'auto' | BackendName): Backend {
  const notes: string[] = []
  const home = typeof WebAssembly === 'undefined' ? undefined : arena()
  const module = home && compileKernels(home.shared)
  if (wanted === 'js') return { kernels: jsKernels, notes, home, module: undefined, blas: undefined, workspace: 0 }
  if (!home || !module) {
    const reason = 'wasm: this engine has no WebAssembly SIMD.'
    if (wanted !== 'auto') throw new PeerError(`${reason} Use the backend js, which is about five times slower.`)
    return { kernels: jsKernels, notes: [reason], home, module: undefined, blas: undefined, workspace: 0 }
  }
  const exports = instantiateKernels(module.module, home.memory)
  const workspace = workspaceSize(exports)
  const work = home.allocate(workspace)
  if (work === undefined) throw new PeerError('wasm: the arena has no room for a workspace. Dispose of regions first.')
  const embedded = wasmKernels(exports, home, work)
  const room = createRegion(home)
  warmUp(embedded, room.float64(20000))
  room.dispose()
  const common = { notes, home, module, workspace }
  if (wanted !== 'wasm') {
    const blas = findOpenblas()
    if (typeof blas !== 'string') return { ...common, kernels: openblasKernels(blas, embedded), blas }
    if (wanted === 'openblas') throw new PeerError(`${blas} Or use the backend wasm.`)
    notes.push(blas)
  }
  return { ...common, kernels: embedded, blas: undefined }
}
